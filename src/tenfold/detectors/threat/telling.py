"""What the signal `threat` tells of a reading: its details, every factor and mention with its place."""

from collections.abc import Sequence

import msgspec

from tenfold.detectors.base import TextItem
from tenfold.detectors.threat import levels
from tenfold.detectors.threat.factors import Factor, described
from tenfold.detectors.threat.marked import Marked
from tenfold.detectors.threat.mentions import mentions
from tenfold.detectors.threat.reading import Reading
from tenfold.detectors.threat.targets import ADDRESSED, VAGUE
from tenfold.evidence import Signal, SignalKind, Span

KIND = SignalKind(
    name="threat",
    title="Threatens people, or tells of a threat",
    score_means=(
        "strength of the threat: 0.45 and more for T3, 0.65 T2, 0.8 T1, 0.92 T0; "
        "below 0.4 somebody else's words"
    ),
    details={
        "level": "str",
        "ungated": "str",
        "reasons": "set",
        "speech_act": "str",
        "says": "str",
        "act": "str",
        "target_kind": "str",
        "target": "str",
        "imminence_hours": "float",
        "specificity": "int",
        "gates": "set",
        "gated": "bool",
        "review": "bool",
        "reported_against": "set",
        "learned": "float",
        "protectee": "bool",  # set when it is recorded: it names somebody who is watched over
        "raised": "set",  # likewise: how its author goes on; cadence, fixation, return
    },
)
RECORDS = ("factors", "targets")  # details that are lists of records: for people, rules cannot ask about them
STRENGTHS = {levels.T0: 0.92, levels.T1: 0.8, levels.T2: 0.65, levels.T3: 0.45, levels.NONE: 0.2}
_TOLD = frozenset({"reported", "quoted", "news", "victim_report", "counter_speech", "condemnation"})


class Read(msgspec.Struct, frozen=True):
    """What the rules read in a text: the worst threat, all threats, and its words. All are empty for a text
    in which nothing promises any."""

    worst: Reading | None = None
    all: tuple[Reading, ...] = ()
    marked: Marked | None = None


NOTHING = Read()


def strength(level: str, learned: float) -> float:
    """The score of a level, which the model raises within it; what is gated stays below 0.4."""
    if level == levels.NONE:
        return min(0.39, STRENGTHS[levels.NONE] + 0.15 * learned)
    base = STRENGTHS[level]
    above = [STRENGTHS[each] for each in levels.ORDER if STRENGTHS[each] > base]
    return base + (min(above, default=1.0) - base) * 0.98 * learned


def worth_telling(read: Read) -> bool:
    """Whether a text threatens somebody, tells of a threat, or wants a person's look."""
    worst = read.worst
    if worst is None:
        return False
    told = worst.gates & _TOLD and "negated" not in worst.gates
    return worst.level != levels.NONE or bool(told) or worst.review


def signal(item: TextItem, field: str, read: Read, learned: float, detector: tuple[str, str]) -> Signal:
    """The signal of a text that is worth telling. `detector`: name and version."""
    worst, text = read.worst, read.marked
    if worst is None or text is None:
        raise ValueError("nothing was read in this text: ask worth_telling first")
    marks = {(factor.first, factor.last) for factor in worst.factors} | {worst.at}
    if worst.aim:
        marks.add(described(text, worst.aim))
    return Signal(
        subject=item.subject,
        name=KIND.name,
        score=round(strength(worst.level, learned), 4),
        detector=detector[0],
        version=detector[1],
        key=field,
        spans=tuple(Span(field, *text.span(first, last)) for first, last in sorted(marks)),
        details={**_details(text, read, worst), "learned": round(learned, 4)},
    )


def _details(text: Marked, read: Read, worst: Reading) -> dict[str, object]:
    aim = worst.aim
    kind = "" if aim is None else VAGUE if aim.kind == ADDRESSED else aim.kind
    details: dict[str, object] = {
        "level": worst.level,
        "ungated": worst.ungated,
        "reasons": list(worst.reasons),
        "speech_act": _speech_act(worst),
        "says": worst.says,
        "act": worst.act,
        "target_kind": kind or VAGUE,
        "target": _words(text, described(text, aim)) if aim else "",
        "specificity": levels.specificity(frozenset(factor.factor for factor in worst.factors)),
        "gates": sorted(worst.gates),
        "gated": bool(worst.gates),
        "review": worst.review,
        "reported_against": _against(text, read.all),
        "factors": _factors(text, worst),
        "targets": [msgspec.to_builtins(one) for one in mentions(text, read.all)],
    }
    if worst.hours is not None:
        details["imminence_hours"] = worst.hours
    return details


def _speech_act(reading: Reading) -> str:
    """The gate that names it, or the act itself."""
    return next((gate for gate in levels.GATES if gate in reading.gates), reading.says)


def _against(text: Marked, found: Sequence[Reading]) -> list[str]:
    """Whom threats are told to be against that are somebody else's words."""
    told = [
        one.aim
        for one in found
        if one.aim
        and (one.aim.certain or one.aim.kind != VAGUE)
        and one.gates & _TOLD
        and "negated" not in one.gates
    ]
    return sorted({_words(text, described(text, aim)) for aim in told})[:20]


def _factors(text: Marked, worst: Reading) -> list[dict[str, object]]:
    rows = [Factor("act", *worst.at, worst.act), *worst.factors]
    if worst.aim:
        rows.append(Factor("target", *described(text, worst.aim), worst.aim.kind))
    return [
        {
            "factor": row.factor,
            "span": list(text.span(row.first, row.last)),
            "value": row.value or _words(text, (row.first, row.last)),
        }
        for row in sorted(rows, key=lambda row: (row.first, row.last, row.factor))
    ]


def _words(text: Marked, at: tuple[int, int]) -> str:
    first, last = text.span(*at)
    return text.original[first:last]
