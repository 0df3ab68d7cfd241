"""Returns as rules and people see them: the signal `return` beside each link that linkage found."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from tenfold.evidence import Signal, SignalKind
from tenfold.linkage.ledger import Judged
from tenfold.store.link_decisions import Pair, Verdict, ordered
from tenfold.store.signals import Link
from tenfold.subjects import Subject, SubjectKind

RETURN = SignalKind(
    name="return",
    title="Return of a closed account",
    score_means="the calibrated probability that the people of a closed account run this one, too",
    details={"closed": "str", "level": "str", "held_back": "str", "model": "str", "bits": "float"},
)
DETECTOR = "linkage"
DECIDED = "decided"  # in place of a version: a person said so
TOLD_APART = "told_apart"  # a person said so of others of the same people's accounts


def written(judged: Iterable[Judged]) -> tuple[list[Link], list[Signal]]:
    """Links and their signals, as the store keeps them. All must have a level."""
    links, signals = [], []
    for one in judged:
        items = msgspec.to_builtins(one.items)
        links.append(_link(one, items))
        signals.append(_signal(one, items))
    return links, signals


def origin(judged: Judged) -> str:
    """What a link is said to come from."""
    return f"model:{judged.model}"


def as_signal(judged: Judged) -> Signal:
    """One signal a closed account; its details hold the whole waterfall."""
    return _signal(judged, msgspec.to_builtins(judged.items))


def as_link(judged: Judged) -> Link:
    """As the store keeps it. `judged` must have a level."""
    return _link(judged, msgspec.to_builtins(judged.items))


def _link(judged: Judged, items: list[dict[str, Any]]) -> Link:
    assert judged.level is not None
    first, second = ordered(judged.closed, judged.new)
    return Link(
        account_a=first,
        account_b=second,
        bits=judged.bits,
        probability=judged.probability,
        level=judged.level,
        evidence=items,
        origin=origin(judged),
        closed=judged.closed,
        model=judged.model,
        held_back=judged.held_back,
    )


def _signal(judged: Judged, items: list[dict[str, Any]]) -> Signal:
    details: dict[str, Any] = {
        "closed": judged.closed,
        "bits": judged.bits,
        "prior_bits": judged.prior_bits,
        "level": judged.level,
        "model": judged.model,
        "items": items,
    }
    if judged.held_back:
        details["held_back"] = judged.held_back
    return Signal(
        subject=Subject(SubjectKind.ACCOUNT, judged.new),
        name=RETURN.name,
        key=judged.closed,
        score=judged.probability,
        detector=DETECTOR,
        version=judged.model,
        details=details,
    )


def decided(
    judged: Judged, verdicts: Mapping[Pair, Verdict], apart: Collection[Pair] = frozenset()
) -> Judged:
    """With what a person decided about the pair: `different` shows nothing, `same` is likely whatever the
    evidence came to. Otherwise a pair (closed, new) in `apart` is possible at most, because others of the
    same people's accounts were told apart."""
    verdict = verdicts.get(ordered(judged.closed, judged.new), "unsure")
    if verdict == "unsure":
        if judged.level == "likely" and (judged.closed, judged.new) in apart:
            return msgspec.structs.replace(judged, level="possible", held_back=TOLD_APART)
        return judged
    if verdict == "different":
        return msgspec.structs.replace(judged, level=None, held_back=DECIDED)
    return msgspec.structs.replace(judged, level="likely", held_back=None)
