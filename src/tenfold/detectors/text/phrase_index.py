"""Finds a great many phrases in a batch of normalised text at once, by hashes of runs of words.

A phrase is words with one space between them, and so is the text: a phrase occurs where a run of whole words
has its hash. Hashes of all runs come from one cumulative sum (Karp and Rabin's polynomial, modulo 2**64),
so a level of the search is a handful of array operations: every word that begins some phrase, of those every
pair that begins some phrase, and so on until nothing is left. What is found is confirmed by comparing the
text itself, so the hash decides about speed only.

Arabic writes conjunctions, prepositions, the article and pronouns together with the word. They are taken off
here, under rules that keep short terms from being found inside innocent words.
"""

from collections.abc import Iterable, Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.text.fold_table import SPACE, Codes
from tenfold.detectors.text.normalise import Mask, encode

Hashes = NDArray[np.uint64]
Places = NDArray[np.intp]
Bits = NDArray[np.uint8]

_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2**64
_INVERSE = pow(_BASE, -1, 2**64)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_FILTER_PLACES_PER_PHRASE = 16  # one in 16 innocent words passes the filter and costs a binary search

_ALEF, _LAM = ord("ا"), ord("ل")
_WAW_LETTER, _FA_LETTER = ord("و"), ord("ف")
_PREPOSITIONS = np.isin(np.arange(64) + _ALEF, [ord(c) for c in "بكلس"])  # by code less alef
_SUFFIXES = tuple(encode(suffix) for suffix in ("ه", "ك", "ها", "هم", "هن", "كم", "كن", "نا"))
# On its own h is a feminine ending more often than a pronoun (17 of 30 such words in real tweets), and y
# makes adjectives: the one counts only after the t of a ta marbuta ("رايته"), the other never.
_H = _SUFFIXES[0]
_SUFFIX_ENDS = np.isin(np.arange(64) + _ALEF, [suffix[-1] for suffix in _SUFFIXES])  # by code less alef

# What was taken off a word before it matched.
_WAW = 1  # the conjunction that begins every other sentence
_LETTER = 2  # another one-letter word: f, b, k, l, s
_ARTICLE = 4
_TO_THE = 8  # "lil": l and the article, whose alef is not written
_SUFFIX = 16

# Letters a phrase must have to be found with this taken off: shorter ones occur inside other words
# ("تاب", repented, in "كتاب", book).
_MINIMUM_LETTERS = {_WAW: 3, _LETTER: 4, _ARTICLE: 3, _TO_THE: 3, _SUFFIX: 4}
_MINIMUM = np.array(
    [max((n for what, n in _MINIMUM_LETTERS.items() if taken & what), default=0) for taken in range(32)]
)

_LEAST_WITH_SUFFIX = _MINIMUM_LETTERS[_SUFFIX] + 1

# What a known run of words is.
_TERM = 1  # a phrase
_GOES_ON = 2  # the beginning of a longer phrase
_AFTER_TO_THE = 4  # a phrase without its article: only what "lil" was taken from may match
_BEFORE_SUFFIX = 8  # a phrase with the t that ta marbuta becomes: only before a suffix


class Hit(msgspec.Struct, frozen=True):
    """A phrase at [start, end) of the searched codes; the word's clitics are outside."""

    phrase: str
    start: int
    end: int


class PhraseIndex:
    """An index of phrases in normal form; immutable. Building takes about 5 µs a phrase."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self.phrases = frozenset(phrases)
        flags: dict[str, int] = {}
        for phrase in self.phrases:
            _add(flags, phrase, _TERM)
            if phrase.startswith("ال") and len(phrase) > 4:
                _add(flags, phrase[2:], _AFTER_TO_THE)
            if phrase.endswith("ه") and len(phrase) >= _MINIMUM_LETTERS[_SUFFIX]:
                _add(flags, phrase[:-1] + "ت", _BEFORE_SUFFIX)
        hashes = _hash_all(list(flags))
        order = np.argsort(hashes)
        self._hashes = hashes[order]
        self._flags = np.fromiter(flags.values(), dtype=np.uint8, count=len(flags))[order]
        bits = max(10, (len(flags) * _FILTER_PLACES_PER_PHRASE - 1).bit_length())
        self._shift = np.uint64(64 - bits)
        self._filter = np.zeros(1 << bits, dtype=np.bool_)
        self._filter[self._filter_places(self._hashes)] = True

    def __len__(self) -> int:
        return len(self.phrases)

    def find(self, text: str, codes: Codes, starts: Places, ends: Places) -> list[Hit]:
        """All occurrences in a normalised text whose words start and end at these positions.

        `codes` are those of `text`, which ends with a separator. Occurrences overlap where phrases do.
        """
        if not self.phrases or not len(starts):
            return []
        hasher = _Hasher(codes)
        start, word, taken = _with_clitics_off(codes, starts, ends)
        hits: list[Hit] = []
        while len(start):
            end = ends[word]
            for found in self._before_suffixes(hasher, codes, start, end, taken):
                hits.extend(self._confirmed(text, *found))
            kept, flags = self._look_up(hasher(start, end))
            start, end, word, taken = start[kept], end[kept], word[kept], taken[kept]
            hits.extend(self._confirmed(text, start, end, taken, flags))
            on = np.flatnonzero((flags & _GOES_ON).astype(bool) & (word + 1 < len(starts)))
            on = on[(codes[end[on]] == SPACE) & (starts[word[on] + 1] == end[on] + 1)]  # within one text
            start, word, taken = start[on], word[on] + 1, taken[on]
        return hits

    def _before_suffixes(
        self, hasher: "_Hasher", codes: Codes, start: Places, end: Places, taken: Bits
    ) -> Iterator[tuple[Places, Places, Bits, Bits]]:
        """Places where a phrase ends before a pronoun that is written together with it."""
        last = codes[end - 1]
        maybe = np.flatnonzero(
            _SUFFIX_ENDS[np.minimum(last - _ALEF, 63)] & (end - start >= _LEAST_WITH_SUFFIX)
        )
        start, end, taken, last = start[maybe], end[maybe], taken[maybe], last[maybe]
        before = codes[end - 2]
        for suffix in _SUFFIXES:
            mask = last == suffix[-1]
            if len(suffix) == 2:
                mask &= before == suffix[0]
            with_suffix = np.flatnonzero(mask)
            first = start[with_suffix]
            stem_end = end[with_suffix] - len(suffix)
            long_enough = stem_end - first >= _MINIMUM_LETTERS[_SUFFIX]
            with_suffix, first, stem_end = with_suffix[long_enough], first[long_enough], stem_end[long_enough]
            kept, flags = self._look_up(hasher(first, stem_end))
            if suffix is _H:
                flags &= np.uint8(_BEFORE_SUFFIX)
            yield first[kept], stem_end[kept], taken[with_suffix[kept]] | np.uint8(_SUFFIX), flags

    def _confirmed(self, text: str, start: Places, end: Places, taken: Bits, flags: Bits) -> Iterator[Hit]:
        """Of runs of words with known hashes, those that are phrases indeed."""
        letters = end - start + np.where(taken & _TO_THE, 2, 0)
        whole = flags & (_TERM | _AFTER_TO_THE | _BEFORE_SUFFIX) > 0
        rows = np.flatnonzero(whole & (letters >= _MINIMUM[taken]))
        columns = (column[rows].tolist() for column in (start, end, taken, flags))
        for first, last, off, flag in zip(*columns, strict=True):
            for phrase in _meant(text[first:last], off, flag):
                if phrase in self.phrases:
                    yield Hit(phrase, first, last)

    def _look_up(self, hashes: Hashes) -> tuple[Places, Bits]:
        """Which of the hashes are known, and their flags."""
        passed = np.flatnonzero(self._filter[self._filter_places(hashes)])
        hashes = hashes[passed]
        places = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        known = self._hashes[places] == hashes
        return passed[known], self._flags[places[known]]

    def _filter_places(self, hashes: Hashes) -> Hashes:
        mixed: Hashes = ((hashes ^ (hashes >> np.uint64(32))) * _MIX) >> self._shift
        return mixed


def _add(flags: dict[str, int], phrase: str, flag: int) -> None:
    flags[phrase] = flags.get(phrase, 0) | flag
    at = phrase.find(" ")
    while at > 0:
        beginning = phrase[:at]
        flags[beginning] = flags.get(beginning, 0) | _GOES_ON
        at = phrase.find(" ", at + 1)


def _meant(written: str, taken: int, flag: int) -> Iterator[str]:
    """The phrases that these written letters can stand for."""
    if flag & _TERM:
        yield written
    if flag & _AFTER_TO_THE and taken & _TO_THE:
        yield "ال" + written
    if flag & _BEFORE_SUFFIX and taken & _SUFFIX:
        yield written[:-1] + "ه"


class _Candidates(msgspec.Struct, frozen=True):
    """Where phrases can begin: a position, the number of the word there, and what was taken off it."""

    start: Places
    word: Places
    taken: Bits

    def past(self, mask: Mask, letters: int, what: int, ends: Places) -> "_Candidates":
        """Those under the mask, moved past so many letters, if two letters of the word are left."""
        start, word = self.start[mask] + letters, self.word[mask]
        left = ends[word] - start >= 2
        word = word[left]
        return _Candidates(start[left], word, np.full(len(word), what, dtype=np.uint8))


def _with_clitics_off(codes: Codes, starts: Places, ends: Places) -> tuple[Places, Places, Bits]:
    """Where a phrase can begin: at each word, and after the clitics written together with it.

    Returns the positions, the number of the word, and what was taken off. With the article taken off, the
    letters before it count no more: it tells even short words apart.
    """
    nothing = np.zeros(len(starts), dtype=np.uint8)
    arabic = np.flatnonzero((codes[starts] >= _ALEF) & (ends - starts >= 3))
    plain = _Candidates(starts[arabic], arabic, nothing[arabic])
    first = codes[plain.start]
    waw = plain.past(first == _WAW_LETTER, 1, _WAW, ends)
    fa = plain.past(first == _FA_LETTER, 1, _LETTER, ends)
    either = _join(plain, waw, fa)
    first, second = codes[either.start], codes[either.start + 1]
    preposition = either.past(_PREPOSITIONS[np.minimum(first - _ALEF, 63)], 1, _LETTER, ends)
    to_the = either.past((first == _LAM) & (second == _LAM), 2, _TO_THE, ends)
    before_article = _join(either, preposition)
    first, second = codes[before_article.start], codes[before_article.start + 1]
    article = before_article.past((first == _ALEF) & (second == _LAM), 2, _ARTICLE, ends)
    whole = _Candidates(starts, np.arange(len(starts), dtype=np.intp), nothing)
    everything = _join(whole, waw, fa, preposition, to_the, article)
    return everything.start, everything.word, everything.taken


def _join(*parts: _Candidates) -> _Candidates:
    return _Candidates(
        np.concatenate([part.start for part in parts]),
        np.concatenate([part.word for part in parts]),
        np.concatenate([part.taken for part in parts]),
    )


class _Hasher:
    """Hashes of any ranges of an array of codes, after one pass over it."""

    def __init__(self, codes: Codes) -> None:
        powers, self._inverses = _powers(len(codes) + 1)
        self._sums = np.zeros(len(codes) + 1, dtype=np.uint64)
        np.cumsum((codes + np.uint64(1)) * powers[: len(codes)], out=self._sums[1:])

    def __call__(self, start: Places, end: Places) -> Hashes:
        hashes: Hashes = (self._sums[end] - self._sums[start]) * self._inverses[start]
        return hashes


_POWERS: list[Hashes] = [np.ones(1, dtype=np.uint64), np.ones(1, dtype=np.uint64)]


def _powers(size: int) -> tuple[Hashes, Hashes]:
    """Powers of the base and of its inverse, at least so many; kept, and grown by doubling."""
    powers, inverses = _POWERS
    if len(powers) < size:
        grown = max(size, 2 * len(powers))
        for place, base in enumerate((_BASE, _INVERSE)):
            factors = np.full(grown, base, dtype=np.uint64)
            factors[0] = 1
            _POWERS[place] = np.cumprod(factors)
        powers, inverses = _POWERS
    return powers, inverses


def _hash_all(phrases: list[str]) -> Hashes:
    """The hash of each whole phrase."""
    if not phrases:
        return np.zeros(0, dtype=np.uint64)
    codes = encode("\n".join(phrases) + "\n")
    ends = np.flatnonzero(codes < SPACE)
    starts = np.concatenate(([0], ends[:-1] + 1))
    return _Hasher(codes)(starts, ends)
