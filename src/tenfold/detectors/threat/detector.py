"""The detector of threats: which texts are worth reading, what is read in them, and the signal that says
so."""

import re
from collections.abc import Sequence

import msgspec
import numpy as np

from tenfold.detectors.base import TextItem
from tenfold.detectors.text.arabizi import is_arabizi
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.detectors.threat import levels
from tenfold.detectors.threat.factors import Factor, described
from tenfold.detectors.threat.gates import ORDER as GATES
from tenfold.detectors.threat.learned import PROMISING, Model, probability, shipped
from tenfold.detectors.threat.lexicon import ARABIC, ARABIZI, ENGLISH, Lexicon, lexicons, sayings
from tenfold.detectors.threat.marked import Marked, said
from tenfold.detectors.threat.reading import Reading, readings
from tenfold.detectors.threat.symbols import symbols
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
        "speech_act": "str",
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
    },
)
STRENGTHS = {levels.T0: 0.92, levels.T1: 0.8, levels.T2: 0.65, levels.T3: 0.45, levels.NONE: 0.2}
_TOLD = frozenset({"reported", "quoted", "news", "victim_report", "counter_speech", "condemnation"})
_ARABIC_LETTER = re.compile("[\u0621-\u064a]")
_DIGIT_LETTER = re.compile(r"[a-z][23579](?:[a-z]|\b)|\b[23579][a-z]{2}")
_ENGLISH = frozenset(
    [
        "the",
        "and",
        "you",
        "is",
        "are",
        "of",
        "to",
        "in",
        "it",
        "that",
        "this",
        "for",
        "with",
        "my",
        "your",
        "was",
        "not",
        "i",
    ]
)


class Read(msgspec.Struct, frozen=True):
    """The worst threat of a text, all threats, and the strength of both rules and model."""

    strength: float
    learned: float
    worst: Reading | None = None
    all: tuple[Reading, ...] = ()
    marked: Marked | None = None


class ThreatDetector:
    """Reads threats. It needs no bank; threads may share it."""

    name = "threat"
    version = "1"
    kinds = (KIND,)

    def __init__(self, model: Model | None = None) -> None:
        self._model = model or shipped()
        self._lexicons = lexicons()
        self._sayings = sayings()

    def detect(self, items: Sequence[TextItem]) -> list[list[Signal]]:
        """Signals for each item, in the order of the items."""
        return self.detect_prepared(PreparedBatch(items))

    def detect_prepared(self, batch: PreparedBatch) -> list[list[Signal]]:
        """The same for a batch that is in normal form already."""
        found: list[list[Signal]] = [[] for _ in batch.items]
        for number, read in enumerate(self.read(batch)):
            owner = batch.owners[number]
            signal = _signal(batch.items[owner], batch.fields[number], read)
            if signal:
                found[owner].append(signal)
        return found

    def read(self, batch: PreparedBatch) -> list[Read]:
        """What stands in each text of a batch."""
        if not len(batch):
            return []
        logits = self._model.logits(batch.normal)
        found = [self._read_one(batch, number) for number in range(len(batch))]
        for number, (marked, all_found) in enumerate(found):
            logits[number] += self._model.of_symbols(symbols(marked, all_found))
        promising = np.flatnonzero(logits > PROMISING)
        if len(promising):
            logits[promising] += self._model.of_meaning([batch.texts[number] for number in promising])
        return [_judged(one, probability(logit)) for one, logit in zip(found, logits.tolist(), strict=True)]

    def _read_one(self, batch: PreparedBatch, number: int) -> tuple[Marked | None, list[Reading]]:
        """The words of a text and the threats in it; None for a text in which nothing promises any."""
        normal = batch.normal
        start, end = int(normal.bounds[number]) + 1, int(normal.bounds[number + 1])
        text = normal.text[start:end]
        lexicon = self._lexicon(text)
        patterns = self._sayings.which(text)
        if not patterns and not lexicon.promises(text.split(" ")):
            return None, []
        marked = Marked(normal, number, batch.texts[number], lexicon)
        return marked, readings(marked, said(marked, self._sayings, patterns, text, start))

    def _lexicon(self, text: str) -> Lexicon:
        if _ARABIC_LETTER.search(text):
            return self._lexicons[ARABIC]
        if _DIGIT_LETTER.search(text) and (is_arabizi(text) or _may_be_arabizi(text)):
            return self._lexicons[ARABIZI]
        return self._lexicons[ENGLISH]


def _judged(found: tuple[Marked | None, list[Reading]], learned: float) -> Read:
    marked, read = found
    worst = min(read, key=lambda reading: reading.rank, default=None)
    return Read(_strength(worst, learned), learned, worst, tuple(read), marked)


def _may_be_arabizi(text: str) -> bool:
    """Digits used as letters and no English beside them: short threats have too few words for
    `is_arabizi`."""
    words = text.split(" ")
    return len(_DIGIT_LETTER.findall(text)) >= 2 and _ENGLISH.isdisjoint(words)


def _strength(worst: Reading | None, learned: float) -> float:
    """The rules' strength, which the model raises within its level; gates hold both down."""
    if worst is None:
        return learned * 0.6
    if worst.level == levels.NONE:
        return min(0.39, STRENGTHS[levels.NONE] + 0.15 * learned)
    base = STRENGTHS[worst.level]
    above = [STRENGTHS[each] for each in levels.ORDER if STRENGTHS[each] > base]
    return base + (min(above, default=1.0) - base) * 0.98 * learned


def _signal(item: TextItem, field: str, read: Read) -> Signal | None:
    worst = read.worst
    if worst is None or read.marked is None:
        return None
    if worst.level == levels.NONE and not (
        (worst.gates & _TOLD and "negated" not in worst.gates) or worst.review
    ):
        return None
    text = read.marked
    spans = sorted(
        {(factor.first, factor.last) for factor in worst.factors} | {worst.at} | _aimed(text, worst)
    )
    return Signal(
        subject=item.subject,
        name=KIND.name,
        score=round(read.strength, 4),
        detector=ThreatDetector.name,
        version=ThreatDetector.version,
        key=field,
        spans=tuple(Span(field, *text.span(first, last)) for first, last in spans),
        details=_details(text, read, worst),
    )


def _aimed(text: Marked, reading: Reading) -> set[tuple[int, int]]:
    return {described(text, reading.aim)} if reading.aim else set()


def _details(text: Marked, read: Read, worst: Reading) -> dict[str, object]:
    aim = worst.aim
    kind = "" if aim is None else VAGUE if aim.kind == ADDRESSED else aim.kind
    details: dict[str, object] = {
        "level": worst.level,
        "speech_act": _speech_act(worst),
        "act": worst.act,
        "target_kind": kind or VAGUE,
        "target": _words(text, described(text, aim)) if aim else "",
        "specificity": levels.specificity(frozenset(factor.factor for factor in worst.factors)),
        "gates": sorted(worst.gates),
        "gated": bool(worst.gates),
        "review": worst.review,
        "reported_against": _against(text, read.all),
        "factors": _factors(text, worst),
        "learned": round(read.learned, 4),
    }
    if worst.hours is not None:
        details["imminence_hours"] = worst.hours
    return details


def _speech_act(reading: Reading) -> str:
    """The gate that names it, or the act itself."""
    return next((gate for gate in GATES if gate in reading.gates), reading.says)


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
