"""The detector of threats: which texts are worth reading, and what is read in them."""

import re
from collections.abc import Sequence

import numpy as np

from tenfold.detectors.base import TextItem
from tenfold.detectors.text.arabizi import is_arabizi
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.detectors.threat.entries import ARABIC, ARABIZI, ENGLISH
from tenfold.detectors.threat.learned import Model, shipped
from tenfold.detectors.threat.lexicon import Lexicon, lexicons, sayings
from tenfold.detectors.threat.marked import Marked, said
from tenfold.detectors.threat.reading import readings
from tenfold.detectors.threat.symbols import symbols
from tenfold.detectors.threat.telling import KIND, NOTHING, Read, signal, worth_telling
from tenfold.evidence import Signal

_ARABIC_FIRST, _ARABIC_LAST = 0x0621, 0x064A
_DIGIT_LETTER = re.compile(r"[a-z][23579](?:[a-z]|\b)|\b[23579][a-z]{2}")
_ENGLISH = frozenset({
    "the", "and", "you", "is", "are", "of", "to", "in", "it", "that", "this", "for", "with", "my", "your",
    "was", "not", "i", "he", "she", "they", "we", "will", "have", "on", "at", "as", "but", "all", "do",
    "what", "so", "just", "can", "me", "by", "from", "our", "his", "her",
})  # fmt: skip
# Words of Arabic in Latin letters that no other language writes so: threats have few words, often no digits.
_OF_ARABIZI = frozenset({
    "wallah", "wallahi", "wallahy", "walla", "lazem", "lazim", "kolohom", "kollohom", "kolhom",
    "kolloko", "kollokom", "kolkom", "kollon", "kollkon", "kamlin", "bokra", "bukra", "enta", "enti",
    "ento", "inta", "ghadi", "kalb", "lkelb", "welad", "weladak", "wladak", "bentak", "ebnak", "beitak",
    "baitak", "darek", "darak", "maktab", "elmaktab", "maktabko", "maktabkom", "sekkin", "sekkina",
    "sakakeen", "rosas", "mowazafeen", "mowazaf", "mudir", "modeer", "mudirkom", "dmaghak", "rasak",
    "reglek", "reglak", "batnak", "dammak", "kharoof", "yalla", "inshallah", "nefsi", "baddi", "badde",
    "baddna", "elleila", "shababna", "regalatna",
})  # fmt: skip


class ThreatDetector:
    """Reads threats. It needs no bank; threads may share it."""

    name = "threat"
    version = "3"
    kinds = (KIND,)

    def __init__(self, model: Model | None = None) -> None:
        self._model = model or shipped()
        self._lexicons = lexicons()
        self._sayings = sayings()

    def detect(self, items: Sequence[TextItem]) -> list[list[Signal]]:
        """Signals for each item, in the order of the items."""
        return self.detect_prepared(PreparedBatch(items))

    def detect_prepared(self, batch: PreparedBatch) -> list[list[Signal]]:
        """The same for a batch that is in normal form already.

        The learned model is asked about the texts alone in which there is something to tell: it moves the
        score and never makes a signal.
        """
        signals: list[list[Signal]] = [[] for _ in batch.items]
        found = [(number, one) for number, one in enumerate(self.read(batch)) if worth_telling(one)]
        likely = self.learned([batch.texts[number] for number, _ in found], [one for _, one in found])
        for (number, one), probability in zip(found, likely, strict=True):
            item = batch.items[batch.owners[number]]
            signals[batch.owners[number]].append(
                signal(item, batch.fields[number], one, probability, (self.name, self.version))
            )
        return signals

    def read(self, batch: PreparedBatch) -> list[Read]:
        """What the rules read in each text of a batch."""
        return [self._read_one(batch, number, lexicon) for number, lexicon in enumerate(self._choose(batch))]

    def learned(self, texts: Sequence[str], found: Sequence[Read]) -> list[float]:
        """How much texts read like threats and incitement to the learned model, 0 to 1, by their words, what
        the rules found in each, and their meaning."""
        return self._model.probabilities(texts, [symbols(one.marked, one.all) for one in found])

    def _read_one(self, batch: PreparedBatch, number: int, lexicon: Lexicon) -> Read:
        text = _text(batch, number)
        words = text.split(" ")
        patterns = self._sayings.which(text, words)
        if not patterns and not lexicon.promises(words):
            return NOTHING
        marked = Marked(batch.normal, number, batch.texts[number], lexicon)
        start = int(batch.normal.bounds[number]) + 1
        found = readings(marked, said(marked, self._sayings, patterns, text, start))
        return Read(min(found, key=lambda reading: reading.rank, default=None), tuple(found), marked)

    def _choose(self, batch: PreparedBatch) -> list[Lexicon]:
        """The lexicon of each text: of Arabic when a letter of it is there, then of Arabizi."""
        codes, begins = batch.normal.codes, batch.normal.bounds[:-1]
        if not len(begins):
            return []
        arabic = np.add.reduceat((codes >= _ARABIC_FIRST) & (codes <= _ARABIC_LAST), begins, dtype=np.intp)
        return [
            self._lexicons[ARABIC] if of_arabic else self._latin(_text(batch, number))
            for number, of_arabic in enumerate(arabic.tolist())
        ]

    def _latin(self, text: str) -> Lexicon:
        of_arabizi = self._lexicons[ARABIZI]
        if _DIGIT_LETTER.search(text) and (is_arabizi(text) or _may_be_arabizi(text)):
            return of_arabizi
        words = set(text.split(" "))
        telling = _DIGIT_LETTER.search(text) or not _OF_ARABIZI.isdisjoint(words)
        if telling and _ENGLISH.isdisjoint(words) and of_arabizi.promises(words):
            return of_arabizi
        return self._lexicons[ENGLISH]


def _text(batch: PreparedBatch, number: int) -> str:
    """The normal form of a text."""
    start, end = batch.normal.bounds[number : number + 2].tolist()
    return batch.normal.text[start + 1 : end]


def _may_be_arabizi(text: str) -> bool:
    """Digits used as letters and no English beside them: short threats have too few words for
    `is_arabizi`."""
    words = text.split(" ")
    return len(_DIGIT_LETTER.findall(text)) >= 2 and _ENGLISH.isdisjoint(words)
