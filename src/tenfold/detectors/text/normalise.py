"""The normal form of text, and the way back: words of folded letters with one space between them.

Folded are letter case, compatibility forms, diacritics and harakat, tatweel, the spellings of alef, ya,
ta marbuta and hamza, Persian and other look-alikes, digits of every script, invisible characters, and letters
held down ("bannnner", "الراااية"). Whatever is no letter or digit separates words. Evasions that need a guess
(leetspeak, spaced-out letters) are not part of it: see `evasion`.

Everything is done to a whole batch at once with one table of code points and masks; the masks are also the
way back to the original, so `span` costs nothing until it is asked.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.text.fold_table import EXPANDS, LOOK_ALIKES, SPACE, Codes, fold_table, look_alikes

Positions = NDArray[np.int32]
Mask = NDArray[np.bool_]

BOUNDARY = 0x0A  # stands before and after every text of a batch and occurs nowhere else in a normal form


def encode(text: str) -> Codes:
    """The code points of a string, lone surrogates and all."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def decode(codes: Codes) -> str:
    """The string of code points that hold no surrogates (a normal form never does)."""
    return codes.tobytes().decode("utf-32-le")


class Normal(msgspec.Struct, frozen=True):
    """The normal form of one text.

    `origin[i]` is where character i of `text` comes from; one element more is the end of the original.
    """

    text: str
    origin: Positions

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The range [start, end) of `text` as a range of code points of the original; needs start < end.

        It ends where the next character begins, so it covers marks, invisible characters and repeats that
        vanished.
        """
        return source_span(self.origin, start, end)


def source_span(origin: Positions, start: int, end: int) -> tuple[int, int]:
    """The range of the source that characters [start, end) of a normal form come from; see `Normal.span`."""
    return int(origin[start]), max(int(origin[end]), int(origin[end - 1]) + 1)


class NormalBatch:
    """Normal forms of many texts in one array.

    `codes`: folded code points, uint32; BOUNDARY before the first text and after each; no two spaces together
    and none at the beginning of a text. `origin`: for each of `codes` (and one past the end) its position in
    the joined original, `source`. `bounds[i]`: the position in `codes` of the BOUNDARY before text i
    (len(texts) + 1 of them).
    `stretched`: positions in `codes` of letters that were repeated three times or more.
    """

    def __init__(self, source: Codes, codes: Codes, origin: Positions, stretched: Positions) -> None:
        self.source = source
        self.codes = codes
        self.origin = origin
        self.stretched = stretched
        self.bounds: NDArray[np.intp] = np.flatnonzero(codes == BOUNDARY)

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @cached_property
    def text(self) -> str:
        """All normal forms joined; `text[i]` is the character of `codes[i]`."""
        return decode(self.codes)

    @cached_property
    def words(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Where each word of the batch starts and ends (exclusive), as positions in `codes`."""
        spaces = self.codes <= SPACE
        starts = np.flatnonzero(spaces[:-1] & ~spaces[1:]) + 1
        ends = np.flatnonzero(~spaces[:-1] & spaces[1:]) + 1
        return starts, ends

    @cached_property
    def word_texts(self) -> NDArray[np.intp]:
        """Of which text each word is: an index for every word."""
        return np.searchsorted(self.bounds, self.words[0]) - 1

    @cached_property
    def begins(self) -> NDArray[np.intp]:
        """Where each text begins in `source`, and one past the end of the last (plus its boundary)."""
        return np.asarray(self.origin[self.bounds] + 1, dtype=np.intp)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The range [start, end) of `codes`, within one text, as code points of that text's original."""
        _, first, last = self.locate(*source_span(self.origin, start, end))
        return first, last

    def locate(self, first: int, last: int) -> tuple[int, int, int]:
        """The text in which the range [first, last) of `source` lies, and the range within that text."""
        number = int(np.searchsorted(self.begins, first, side="right")) - 1
        begin = int(self.begins[number])
        return number, first - begin, last - begin

    def __getitem__(self, index: int) -> Normal:
        start, end = int(self.bounds[index]) + 1, int(self.bounds[index + 1])
        if end > start and self.codes[end - 1] == SPACE:
            end -= 1
        begin = int(self.origin[start - 1]) + 1
        origin = self.origin[start : end + 1] - begin
        return Normal(self.text[start:end], origin)


def normalise(text: str) -> Normal:
    """The normal form of one text; use `normalise_batch` for many."""
    return normalise_batch([text])[0]


def normalise_batch(texts: Sequence[str]) -> NormalBatch:
    """The normal forms of texts, in their order. Any Python string is taken, lone surrogates too."""
    source, boundaries = join(texts)
    return fold(source, source, boundaries)


def join(texts: Sequence[str]) -> tuple[Codes, NDArray[np.intp]]:
    """The code points of all texts with a BOUNDARY around each, and where the boundaries are."""
    source = encode("\n" + "\n".join(texts) + "\n" if texts else "\n")
    lengths = np.fromiter(map(len, texts), dtype=np.intp, count=len(texts))
    boundaries = np.zeros(len(texts) + 1, dtype=np.intp)
    np.cumsum(lengths + 1, out=boundaries[1:])
    return source, boundaries


def fold(source: Codes, read_as: Codes, boundaries: NDArray[np.intp]) -> NormalBatch:
    """Fold joined texts. `read_as` is `source`, or the same with some characters taken for others."""
    table = fold_table()
    folded = table.codes[read_as]
    folded[boundaries] = BOUNDARY
    _fold_look_alikes(read_as, folded)
    origin: Positions | None = None
    if folded.max() >= EXPANDS:
        folded, origin = _expand(folded, table.expansions)
    kept = np.flatnonzero(folded)
    if len(kept) != len(folded):
        folded = folded[kept]
        origin = kept.astype(np.int32) if origin is None else origin[kept]
    drop, stretched = _repeats(folded)
    spaces = folded <= SPACE
    drop[1:] |= spaces[:-1] & (folded[1:] == SPACE)
    kept = np.flatnonzero(~drop)
    origin = kept.astype(np.int32) if origin is None else origin[kept]
    origin = np.append(origin, np.int32(len(source)))
    return NormalBatch(
        source,
        folded[kept],
        origin,
        np.searchsorted(kept, stretched).astype(np.int32),
    )


def _expand(folded: Codes, expansions: tuple[Codes, ...]) -> tuple[Codes, Positions]:
    """Put the characters of expansions in their places; also where each character comes from."""
    places = np.flatnonzero(folded >= EXPANDS)
    parts = [expansions[i] for i in folded[places] - EXPANDS]
    counts = np.ones(len(folded), dtype=np.intp)
    counts[places] = [len(part) for part in parts]
    origin = np.repeat(np.arange(len(folded), dtype=np.int32), counts)
    expanded = folded[origin]
    expanded[expanded >= EXPANDS] = np.concatenate(parts)
    return expanded, origin


def _repeats(folded: Codes) -> tuple[Mask, NDArray[np.intp]]:
    """Which characters repeat the one before in a run of three or more, and where such runs begin.

    Digits are exempt, and so are words of one letter alone ("www", "ههههه"): their length can be their sense.
    """
    drop = np.zeros(len(folded), dtype=np.bool_)
    same = folded[1:] == folded[:-1]
    thirds = np.flatnonzero(same[1:] & same[:-1] & (folded[2:] > ord("9"))) + 2
    if not len(thirds):
        return drop, thirds
    first_of_run = np.concatenate(([True], np.diff(thirds) > 1))
    last_of_run = np.append(first_of_run[1:], True)
    starts, ends = thirds[first_of_run] - 2, thirds[last_of_run] + 1
    within_word = (folded[starts - 1] > SPACE) | (folded[ends] > SPACE)
    starts, ends = starts[within_word], ends[within_word]
    change = np.zeros(len(folded) + 1, dtype=np.int8)
    change[starts + 1] = 1
    change[ends] = -1
    drop[:] = np.cumsum(change[:-1], dtype=np.int8)
    return drop, starts


def _fold_look_alikes(read_as: Codes, folded: Codes) -> None:
    """Replace, in place, Cyrillic, Greek and Armenian letters that stand for Latin ones.

    They do in a word that mixes them with Latin letters, and in a word of look-alikes alone when no letter
    of the text shows that its author does write that script.
    """
    strict, loose = look_alikes()
    places = np.flatnonzero(_in_range(read_as) | _in_range(folded))
    if not len(places):
        return
    boundary = folded == BOUNDARY
    texts = np.cumsum(boundary)[places]
    words = np.cumsum(boundary | (folded == SPACE))
    # Characters with expansions count as Latin, so that folding twice is folding once.
    latin = ((folded >= ord("a")) & (folded <= ord("z"))) | (folded >= EXPANDS)
    mixed = _any_by(words, latin)[words[places]]
    letters = np.where(mixed, _look_up(loose, read_as[places], folded[places]), 0)
    strictly = _look_up(strict, read_as[places], folded[places])
    writes_it = np.zeros(len(boundary), dtype=np.bool_)  # by text number
    writes_it[texts[(letters == 0) & (strictly == 0)]] = True
    letters = np.where(writes_it[texts] | (letters > 0), letters, strictly)
    change = letters > 0
    folded[places[change]] = letters[change]


def _in_range(codes: Codes) -> Mask:
    first, last = LOOK_ALIKES
    return (codes >= first) & (codes < last)


def _look_up(table: Codes, read_as: Codes, folded: Codes) -> Codes:
    """The Latin letter that a character as written, or else its folded form, is drawn like; 0 for none."""
    first, last = LOOK_ALIKES
    written = table[np.clip(read_as, first, last) - first]
    return np.where(written > 0, written, table[np.clip(folded, first, last) - first])


def _any_by(groups: NDArray[Any], mask: Mask) -> Mask:
    """For each group number, whether the mask is true anywhere in the group."""
    found = np.zeros(int(groups[-1]) + 1, dtype=np.bool_)
    found[groups[mask]] = True
    return found
