"""A text as a reader of threats sees it: words with their meanings, sentences, clauses and quotations."""

import re
from bisect import bisect_right
from collections.abc import Sequence

import msgspec
import numpy as np

from tenfold.detectors.text.normalise import NormalBatch
from tenfold.detectors.threat.entries import ARABIC, ENGLISH, Entry, Saying
from tenfold.detectors.threat.lexicon import Lexicon
from tenfold.detectors.threat.sayings import Sayings

MOST_WORDS = 2_000  # of one text that are read: what bounds the time for a hostile one
_SENTENCE = frozenset(".!?؟\n…;؛🛑")
_CLAUSE = frozenset(',،:-—–|(«“„"')
_PLAIN = frozenset({" ", "", "'", "’", "#", " @", " #"})  # what stands between words and ends nothing
_OPEN = {"«": "»", "“": "”", "„": "”", "‹": "›", "「": "」"}
_SINGLE = re.compile("['‘’]")
_TO_PARTICLE = 6  # words after a verb in which its particle stands: "gun them down"
_QUOTED_MOST = 400  # characters that one pair of marks may hold


class Mark(msgspec.Struct, frozen=True):
    """An entry of the lexicon at words [first, last)."""

    entry: Entry
    first: int
    last: int


class Marked:
    """The words of one text with what they mean.

    `words` are in normal form, `starts` and `ends` their places in the original, `gaps[i]` what is written
    before word
    i (and `gaps[len]` after the last). `sentences[i]` and `clauses[i]` number the stretch word i belongs to.
    """

    def __init__(self, normal: NormalBatch, number: int, original: str, lexicon: Lexicon) -> None:
        self.original = original
        self.language = lexicon.language
        self._place_words(normal, number)
        self.marks: dict[str, list[Mark]] = {}
        for mark in _marks(self.words, lexicon):
            self.marks.setdefault(mark.entry.role, []).append(mark)
        self.quoted = self._quotations()

    def _place_words(self, normal: NormalBatch, number: int) -> None:
        every, every_end = normal.words
        low, high = every.searchsorted(normal.bounds[number : number + 2]).tolist()
        high = min(high, low + MOST_WORDS)
        begins, stops = every[low:high], every_end[low:high]
        self._at: list[int] = begins.tolist()
        self.words = [normal.text[start:end] for start, end in zip(self._at, stops.tolist(), strict=True)]
        origin, begin = normal.origin, normal.begins[number]
        self.starts: list[int] = (origin[begins] - begin).tolist()
        self.ends: list[int] = (np.maximum(origin[stops], origin[stops - 1] + 1) - begin).tolist()
        places = zip([0, *self.ends], [*self.starts, len(self.original)], strict=True)
        self.gaps = [self.original[end:start] for end, start in places]
        sentence = clause = 0
        self.sentences: list[int] = []
        self.clauses: list[int] = []
        for gap in self.gaps[:-1]:
            if gap not in _PLAIN:
                ends = _ends_sentence(gap)
                sentence += ends
                clause += ends or not _CLAUSE.isdisjoint(gap)
            self.sentences.append(sentence)
            self.clauses.append(clause)

    def _quotations(self) -> list[bool]:
        """Which words stand between quotation marks."""
        quoted = [False] * len(self.words)
        for first, last in _quotations(self.original):
            for i in range(bisect_right(self.starts, first), len(self.words)):
                if self.starts[i] >= last:
                    break
                quoted[i] = True
        return quoted

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Where words [first, last) stand in the original."""
        return self.starts[first], self.ends[last - 1]

    def word_at(self, character: int, base: int) -> int:
        """The word that holds a character of the normal form that begins at `base` of the batch."""
        return max(0, bisect_right(self._at, base + character) - 1)

    def role(self, role: str) -> Sequence[Mark]:
        """Marks of a role, in their order."""
        return self.marks.get(role, ())

    def has(self, role: str, first: int, last: int) -> bool:
        """Whether a mark of the role lies within words [first, last)."""
        return any(first <= mark.first and mark.last <= last for mark in self.role(role))

    def covered(self, role: str, i: int) -> bool:
        """Whether word i is a part of a mark of the role."""
        return any(mark.first <= i < mark.last for mark in self.role(role))

    def last_before(self, role: str, first: int, last: int) -> Mark | None:
        """The last mark of the role within words [first, last)."""
        inside = [mark for mark in self.role(role) if first <= mark.first and mark.last <= last]
        return max(inside, key=lambda mark: (mark.last, -mark.first), default=None)

    def sentence(self, i: int) -> tuple[int, int]:
        """The words [first, last) of the sentence of word i."""
        return _stretch(self.sentences, i)

    def clause(self, i: int) -> tuple[int, int]:
        """The words [first, last) of the clause of word i."""
        return _stretch(self.clauses, i)

    def mentioned(self, i: int) -> bool:
        """Whether word i is a handle, "@name"."""
        return self.gaps[i].endswith(("@", "＠"))


class Said(msgspec.Struct, frozen=True):
    """A way of speaking at words [first, last)."""

    saying: Saying
    first: int
    last: int


def said(marked: Marked, sayings: Sayings, numbers: list[int], normal: str, base: int) -> list[Said]:
    """Where the ways of speaking with these numbers stand."""
    language = ARABIC if marked.language == ARABIC else marked.language
    found = []
    for start, end, saying in sayings.find(normal, numbers, language):
        if marked.words:
            first, last = marked.word_at(start, base), marked.word_at(max(start, end - 1), base) + 1
            if marked.sentences[first] == marked.sentences[last - 1]:
                found.append(Said(saying, first, last))
    return found


def _marks(words: Sequence[str], lexicon: Lexicon) -> list[Mark]:
    found = []
    for i, word in enumerate(words):
        for entry in lexicon.look(word):
            needs = entry.needs if lexicon.language == ENGLISH else ""
            if not needs or _follows(needs, words, i + 1):
                found.append(Mark(entry, i, i + 1))
        bare = word[1:] if lexicon.language == ARABIC and word[:1] in "وف" else word
        for phrase, entry in (
            *lexicon.phrases.get(word, ()),
            *(lexicon.phrases.get(bare, ()) if bare != word else ()),
        ):
            last = i + len(phrase)
            if words[i + 1 : last] == list(phrase[1:]):
                found.append(Mark(entry, i, last))
    return found


def _follows(needs: str, words: Sequence[str], first: int) -> bool:
    """Whether a verb's particle follows it; "out of" and "down to" tell where to."""
    near = words[first : first + _TO_PARTICLE]
    if needs not in near:
        return False
    after = words[first + near.index(needs) + 1 : first + near.index(needs) + 2]
    return needs not in ("out", "down") or after not in (["of"], ["to"])


def _ends_sentence(gap: str) -> bool:
    return not _SENTENCE.isdisjoint(gap) and (gap != ".")


def _stretch(numbers: Sequence[int], i: int) -> tuple[int, int]:
    first = last = i
    while first and numbers[first - 1] == numbers[i]:
        first -= 1
    while last < len(numbers) and numbers[last] == numbers[i]:
        last += 1
    return first, last


def _quotations(text: str) -> list[tuple[int, int]]:
    """Ranges between quotation marks: paired ones, and straight ones taken two by two."""
    found = []
    for opening, closing in _OPEN.items():
        place = text.find(opening)
        while place >= 0:
            end = text.find(closing, place + 1, place + _QUOTED_MOST)
            if end < 0:
                break
            found.append((place, end))
            place = text.find(opening, end)
    for mark in ('"', "”", "''"):
        places = [i for i in range(len(text)) if text.startswith(mark, i)] if mark in text else []
        if mark == "”" and "“" in text:
            continue
        found += [
            (first, last)
            for first, last in zip(places[::2], places[1::2], strict=False)
            if last - first < _QUOTED_MOST
        ]
    return found + _single_quotations(text)


def _single_quotations(text: str) -> list[tuple[int, int]]:
    """Ranges between single quotation marks, which are apostrophes inside words."""
    found = []
    opened = -1
    for quote in _SINGLE.finditer(text):
        i = quote.start()
        before, after = text[i - 1 : i] or " ", text[i + 1 : i + 2] or " "
        if opened < 0 and not before.isalnum() and after.isalnum():
            opened = i
        elif opened >= 0 and not after.isalnum() and not before.isspace():
            if i - opened < _QUOTED_MOST and " " in text[opened:i]:
                found.append((opened, i))
            opened = -1
    return found
