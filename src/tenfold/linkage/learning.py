"""Learning from what people decided about links: their verdicts, and the evidence that they were shown."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import numpy as np

from tenfold.linkage import evaluation, training
from tenfold.linkage.kinds import Kind
from tenfold.linkage.ledger import Item
from tenfold.linkage.model import Model
from tenfold.linkage.parameters import Parameters, ParametersError, place_of
from tenfold.linkage.training import Patterns
from tenfold.store.link_decisions import LinkDecision

LEAST = 30  # decisions of each sort: fewer say more of their authors than of the platform
PULL = 20.0  # pairs' worth that the present weight of everything counts
FOLDS = 5
TYPICAL_POSTS = 3.0  # doublings (model.posts_seen): a decision does not keep how many posts there were


class TooFewError(ValueError):
    """There are not enough decisions to learn from; says how many are there and how many are needed."""


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """New parameters, and what they rest on: decisions of each sort, and how they do on decisions that were
    kept aside in turn, beside the model used before: mean surprise in bits (log loss), and calibration."""

    parameters: Parameters
    same: int
    different: int
    surprise: float
    surprise_before: float
    calibration_error: float
    calibration_error_before: float


def learn(decisions: Sequence[LinkDecision], start: Parameters, population: int, now: datetime) -> Learned:
    """Train on decisions with evidence, pulled towards `start`. Raises TooFewError."""
    usable = [one for one in decisions if one.verdict in ("same", "different") and one.evidence]
    same = sum(one.verdict == "same" for one in usable)
    different = len(usable) - same
    if min(same, different) < LEAST:
        raise TooFewError(
            f"{same} decisions say 'same' and {different} 'different' (with evidence); "
            f"at least {LEAST} of each are needed. Decide more links in the console, then train again"
        )
    version = f"{now:%Y%m%d-%H%M%S}-decisions"
    known = patterns(usable, population)
    fitted = training.fit(known, start, version, pull=PULL)
    before, after = _kept_aside(known, start)
    labels = known.same > 0
    learned = Learned(
        parameters=fitted,
        same=same,
        different=different,
        surprise=surprise(after, labels),
        surprise_before=surprise(before, labels),
        calibration_error=evaluation.calibration_error(after, labels),
        calibration_error_before=evaluation.calibration_error(before, labels),
    )
    report = msgspec.to_builtins(learned) | {"from": start.version, "at": now.isoformat()}
    del report["parameters"]
    return msgspec.structs.replace(learned, parameters=msgspec.structs.replace(fitted, report=report))


def patterns(decisions: Iterable[LinkDecision], population: int) -> Patterns:
    """One row a decision, from the evidence that was shown; what added nothing then was not kept."""
    rows = [(_finding(one.evidence), one.verdict == "same") for one in decisions]
    same = np.array([verdict for _, verdict in rows])
    return Patterns(
        level=np.array([level for (level, _, _), _ in rows], np.int8).reshape(-1, len(Kind)),
        strength=np.array([strength for (_, strength, _), _ in rows], np.int64).reshape(-1, len(Kind)),
        population=np.array([math.log2(max(shown or population, 2)) for (_, _, shown), _ in rows]),
        posts=np.full(len(rows), TYPICAL_POSTS),
        same=same.astype(np.float64),
        other=(~same).astype(np.float64),
    )


def _finding(evidence: list[dict[str, Any]]) -> tuple[list[int], list[int], int | None]:
    """Levels and strengths by kind, and the population; items of kinds that are no more are passed over."""
    level, strength = [0] * len(Kind), [0] * len(Kind)
    population = None
    for raw in evidence:
        try:
            item = msgspec.convert(raw, Item)
            kind, found = place_of(f"{item.kind}.{item.level}")
        except (msgspec.ValidationError, ParametersError):
            continue
        level[kind] = int(found)
        strength[kind] = round(1000 * (item.rarity or 0.0))
        population = item.population or population
    return level, strength, population


def _kept_aside(known: Patterns, start: Parameters) -> tuple[training.Floats, training.Floats]:
    """Probabilities of each decision by the model before, and by one that was trained without it."""
    before = _probabilities(known, start)
    after = before.copy()
    for fold in range(FOLDS):
        aside = np.arange(len(known.same)) % FOLDS == fold
        if aside.all() or not aside.any():
            continue
        part = training.select(known, ~aside)
        after[aside] = _probabilities(known, training.fit(part, start, "fold", pull=PULL))[aside]
    return before, after


def _probabilities(known: Patterns, given: Parameters) -> training.Floats:
    model = Model(given)
    items = model.combined(model.contributions(known.level, known.strength))
    bits = items.sum(axis=1) + given.prior - given.per_doubling * known.population
    bits += np.interp(known.population, *given.by_size) - given.per_doubled_posts * known.posts
    return np.asarray(1.0 / (1.0 + np.exp2(-np.interp(bits, *given.calibration))))


def surprise(probability: training.Floats, same: evaluation.Flags) -> float:
    """Mean of -log2 of the probability that was given to what turned out true; 0 is perfect, 1 a coin."""
    given = np.clip(np.where(same, probability, 1.0 - probability), 1e-9, 1.0)
    return float(-np.log2(given).mean())
