"""The detector of threats: which texts are worth reading, and what is read in them."""

import re
from collections.abc import Sequence

import numpy as np

from tenfold.detectors.base import TextItem
from tenfold.detectors.text.arabizi import is_arabizi
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.detectors.threat.learned import PROMISING, Model, probability, shipped
from tenfold.detectors.threat.lexicon import ARABIC, ARABIZI, ENGLISH, Lexicon, lexicons, sayings
from tenfold.detectors.threat.marked import Marked, said
from tenfold.detectors.threat.reading import Reading, readings
from tenfold.detectors.threat.symbols import symbols
from tenfold.detectors.threat.telling import KIND, Read, signal, strength
from tenfold.evidence import Signal

_ARABIC_LETTER = re.compile("[\u0621-\u064a]")
_DIGIT_LETTER = re.compile(r"[a-z][23579](?:[a-z]|\b)|\b[23579][a-z]{2}")
_ENGLISH = frozenset({
    "the", "and", "you", "is", "are", "of", "to", "in", "it", "that", "this", "for", "with", "my", "your",
    "was", "not", "i",
})  # fmt: skip


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
            told = signal(batch.items[owner], batch.fields[number], read, self.name, self.version)
            if told:
                found[owner].append(told)
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
    return Read(strength(worst, learned), learned, worst, tuple(read), marked)


def _may_be_arabizi(text: str) -> bool:
    """Digits used as letters and no English beside them: short threats have too few words for
    `is_arabizi`."""
    words = text.split(" ")
    return len(_DIGIT_LETTER.findall(text)) >= 2 and _ENGLISH.isdisjoint(words)
