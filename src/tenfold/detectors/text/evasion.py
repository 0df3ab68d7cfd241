"""Second readings of texts that seem to hide words: leetspeak, spaced-out or held-down letters, run-together
hashtags.

Each reading is a guess, so it never replaces the normal form: it is searched beside it, and only what rests
on a changed character counts. Few texts call for one, and only those are read again.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.text.fold_table import SPACE, Codes, fold_table
from tenfold.detectors.text.normalise import BOUNDARY, Mask, NormalBatch, Positions, decode, fold

Places = NDArray[np.intp]

# What a digit or symbol stands for beside letters. The Arabic digits are drawn like Arabic letters.
LEET_LATIN = dict(zip("0134567892@$!|€+¡", "oieasgtbgzasilet" + "i", strict=True))
LEET_ARABIC = dict(zip("1١۱٥۵٩۹", "اااههوو", strict=True))
_LEET_SECOND = LEET_LATIN | dict.fromkeys("1!", "l")
_SYMBOLS = "@!|€+¡"  # letters only within a word: at its edge they are punctuation
_LEET_SIZE = 0x20AD
_LONGEST_NUMBER = 3  # more digits in a row are a number: covid2019, user48213
_LAST_DIGIT = ord("9")  # in normal forms letters come after it

_SPACED_LETTERS = 4  # so many single letters in a row are a word spaced out
_SPACED_LONGEST = 64  # of which so many are looked at


def _leet_table(letters: Mapping[str, str]) -> Codes:
    table = np.zeros(_LEET_SIZE, dtype=np.uint32)
    for character, letter in letters.items():
        table[ord(character)] = ord(letter)
    return table


_LATIN_TABLE, _ARABIC_TABLE, _SECOND_TABLE = map(_leet_table, (LEET_LATIN, LEET_ARABIC, _LEET_SECOND))
_SYMBOL_TABLE = _leet_table(dict.fromkeys(_SYMBOLS, "a")) > 0


class Reading(msgspec.Struct, frozen=True):
    """Texts of a batch read in another way.

    `codes` and `origin` are like those of the NormalBatch that was read, `origin` pointing into its `source`;
    `changed[i]` is whether the reading changed something at code i.
    """

    form: str
    codes: Codes
    origin: Positions
    changed: Mask


class SpacedRun(msgspec.Struct, frozen=True):
    """Single letters in a row, joined: `letters[i]` is at `places[i]` of the normal codes.

    `joined[i]` is whether letter i belongs to the word of the letter before it (no wider gap between them).
    """

    letters: str
    places: list[int]
    joined: list[bool]


# Leetspeak


def leet(batch: NormalBatch) -> Iterator[Reading]:
    """Digits and symbols beside letters read as letters; "1" and "!" first as i, then as l."""
    found = _leet_places(batch.source)
    if found is None:
        return
    places, arabic = found
    codes = np.minimum(batch.source[places], _LEET_SIZE - 1)
    first = np.where(arabic, _ARABIC_TABLE[codes], _LATIN_TABLE[codes])
    second = np.where(arabic, _ARABIC_TABLE[codes], _SECOND_TABLE[codes])
    texts = np.searchsorted(batch.begins, places, side="right") - 1
    readable = first > 0
    if readable.any():
        yield _read_as(batch, texts[readable], places[readable], first[readable])
    again = readable & np.isin(texts, texts[second != first])
    if again.any():
        yield _read_as(batch, texts[again], places[again], second[again])


def _leet_places(source: Codes) -> tuple[Places, Mask] | None:
    """Positions of digits and symbols that may stand for letters, and whether those would be Arabic ones."""
    clipped = np.minimum(source, _LEET_SIZE - 1)
    places = np.flatnonzero((_LATIN_TABLE[clipped] > 0) | (_ARABIC_TABLE[clipped] > 0))
    if not len(places):
        return None
    begins = np.concatenate(([True], np.diff(places) > 1))
    run = np.cumsum(begins) - 1
    firsts = places[begins]
    lasts = places[np.append(begins[1:], True)]
    table = fold_table().codes
    left = table[source[firsts - 1]] > _LAST_DIGIT
    right = table[source[lasts + 1]] > _LAST_DIGIT
    symbol = _SYMBOL_TABLE[clipped[places]]
    digits = np.bincount(run, weights=~symbol)
    run_ok = (left | right) & (digits <= _LONGEST_NUMBER)
    edge = ((places == firsts[run]) & ~left[run]) | ((places == lasts[run]) & ~right[run])
    kept = run_ok[run] & ~(symbol & edge)
    beside = table[np.where(left, source[firsts - 1], source[lasts + 1])]
    arabic = (beside >= 0x600) & (beside < 0x700)
    return places[kept], arabic[run][kept]


def _read_as(batch: NormalBatch, texts: Places, places: Places, letters: Codes) -> Reading:
    """Fold the texts again with these letters at these places of the source."""
    again = np.unique(texts)
    begins = batch.begins[again] - 1  # each with the boundary before it
    lengths = batch.begins[again + 1] - 1 - begins
    boundaries = np.concatenate(([0], np.cumsum(lengths)))
    shift = begins - boundaries[:-1]
    source = np.append(
        batch.source[np.arange(boundaries[-1]) + np.repeat(shift, lengths)], np.uint32(BOUNDARY)
    )
    read_as = source.copy()
    places = places - shift[np.searchsorted(again, texts)]
    read_as[places] = letters
    normal = fold(source, read_as, boundaries)
    # A boundary counts with the text before it: spans end there.
    text = np.maximum(np.searchsorted(boundaries, normal.origin, side="left") - 1, 0)
    origin = normal.origin + shift[np.minimum(text, len(shift) - 1)].astype(np.int32)
    changed = np.zeros(len(source), dtype=np.bool_)
    changed[places] = True
    return Reading("leet", normal.codes, origin, changed[normal.origin[:-1]])


# Letters spaced out


def spaced_runs(batch: NormalBatch) -> list[SpacedRun]:
    """Where four or more single letters stand in a row ("b a n n e r", "ا.ل.ر.ا.ي.ة")."""
    starts, ends = batch.words
    single = ends - starts == 1
    same_text = batch.codes[starts[1:] - 1] == SPACE
    follows = single[1:] & single[:-1] & (starts[1:] == starts[:-1] + 2) & same_text
    enough = np.flatnonzero(follows[2:] & follows[1:-1] & follows[:-2])
    if not len(enough):
        return []
    runs = []
    first_of_run = np.concatenate(([True], np.diff(enough) > 1))
    last_of_run = np.append(first_of_run[1:], True)
    for first, last in zip(enough[first_of_run], enough[last_of_run] + 3, strict=True):
        places = starts[first : min(last + 1, first + _SPACED_LONGEST)]
        letters = batch.codes[places]
        if 2 * np.count_nonzero(letters > _LAST_DIGIT) >= len(letters):
            runs.append(_spaced_run(batch, places, letters))
    return runs


def _spaced_run(batch: NormalBatch, places: Places, letters: Codes) -> SpacedRun:
    gaps = np.diff(batch.origin[places])
    wide = gaps > gaps.min()
    if 3 * np.count_nonzero(wide) > len(places):  # gaps at random divide no words
        wide[:] = False
    clipped = np.minimum(letters, _LEET_SIZE - 1)
    meant = np.where(_LATIN_TABLE[clipped] > 0, _LATIN_TABLE[clipped], letters).astype(np.uint32)
    return SpacedRun(decode(meant), places.tolist(), [False, *(~wide).tolist()])


def unspaced(batch: NormalBatch, runs: Sequence[SpacedRun]) -> Reading:
    """The texts that hold the runs, with the runs' letters joined to words."""
    drop = np.zeros(len(batch.codes), dtype=np.bool_)
    changed = np.zeros(len(batch.codes), dtype=np.bool_)
    codes = batch.codes.copy()
    for run in runs:
        codes[run.places] = [ord(letter) for letter in run.letters]
        joined = np.array(run.places)[run.joined]
        drop[joined - 1] = True
        changed[joined] = True
    texts = np.unique(np.searchsorted(batch.bounds, [run.places[0] for run in runs]) - 1)
    kept = _codes_of(batch, texts)
    kept = kept[~drop[kept]]
    return Reading("spaced", codes[kept], _origin(batch, kept), changed[kept])


# Letters held down


def doubled_words(phrases: Sequence[str]) -> dict[str, list[str]]:
    """Words of the phrases that are spelt with a double letter, by what is left with single letters."""
    found: dict[str, list[str]] = {}
    for word in {word for phrase in phrases for word in phrase.split(" ")}:
        single = "".join(letter for letter, _ in groupby(word))
        if single != word:
            found.setdefault(single, []).append(word)
    return found


def unstretched(batch: NormalBatch, doubled: Mapping[str, Sequence[str]]) -> Reading | None:
    """Texts where a held-down letter stands for a double one of a known word ("bannnner": banner)."""
    starts, ends = batch.words
    places = batch.stretched
    repeats = np.ones(len(batch.codes), dtype=np.intp)
    if not doubled or not len(places):
        return None
    numbers, first = np.unique(np.searchsorted(starts, places, side="right") - 1, return_index=True)
    for number, held in zip(numbers.tolist(), np.split(places, first[1:]), strict=True):
        start, end = int(starts[number]), int(ends[number])
        word = batch.text[start:end]
        known = doubled.get("".join(letter for letter, _ in groupby(word)))
        if known:
            repeats[start:end] = _spelling(word, set((held - start).tolist()), known)
    texts = np.unique(np.searchsorted(batch.bounds, np.flatnonzero(repeats > 1)) - 1)
    if not len(texts):
        return None
    kept = _codes_of(batch, texts)
    kept = np.repeat(kept, repeats[kept])
    return Reading("stretched", batch.codes[kept], _origin(batch, kept), repeats[kept] > 1)


def _spelling(word: str, held: set[int], known: Sequence[str]) -> list[int]:
    """How often to write each letter of `word` to make it a known one; only held letters may change."""
    for candidate in known:
        counts = [1] * len(word)
        at = 0
        for (_, letters), (_, wanted) in zip(groupby(word), groupby(candidate), strict=True):
            have, want = len(list(letters)), len(list(wanted))
            if at in held:
                counts[at] = want
            elif have != want:
                break
            at += have
        else:
            return counts
    return [1] * len(word)


# Hashtags


def hashtag_words(batch: NormalBatch) -> list[tuple[int, int]]:
    """The words [start, end) of the normal codes that follow a number sign directly."""
    signs = np.flatnonzero(batch.source == ord("#"))
    starts, ends = batch.words
    if not len(signs) or not len(starts):
        return []
    begins = batch.origin[starts]
    numbers = np.minimum(np.searchsorted(begins, signs), len(starts) - 1)
    numbers = np.unique(numbers[begins[numbers] == signs + 1])
    return list(zip(starts[numbers].tolist(), ends[numbers].tolist(), strict=True))


def unjoined(batch: NormalBatch, tags: Sequence[tuple[int, int]]) -> Reading | None:
    """Hashtags divided at capitals and numbers, each alone: "#AshenBanner2026" is ashen banner 2026."""
    kept: list[int] = []
    codes: list[int] = [BOUNDARY]
    for start, end in tags:
        written = [chr(code) for code in batch.source[batch.origin[start:end]]]
        cuts = [i for i in range(1, len(written)) if _cut_between(written[i - 1], written[i])]
        if cuts:
            for at in range(start, end):
                if at - start in cuts:
                    codes.append(SPACE)
                    kept.append(at)
                codes.append(int(batch.codes[at]))
                kept.append(at)
            codes.append(BOUNDARY)
            kept.append(end)
    if not kept:
        return None
    places = np.array([kept[0], *kept], dtype=np.intp)
    all_changed = np.ones(len(places), dtype=np.bool_)
    return Reading("hashtag", np.array(codes, dtype=np.uint32), _origin(batch, places), all_changed)


def _cut_between(left: str, right: str) -> bool:
    return (right.isupper() and not left.isupper()) or (left.isalpha() != right.isalpha())


def _codes_of(batch: NormalBatch, texts: Places) -> Places:
    """The positions of these texts' codes, each text with the boundary after it; one boundary before all."""
    begins = batch.bounds[texts] + 1
    lengths = batch.bounds[texts + 1] + 1 - begins
    ends = np.cumsum(lengths)
    inside = np.arange(ends[-1]) + np.repeat(begins - (ends - lengths), lengths)
    return np.concatenate((batch.bounds[texts[:1]], inside))


def _origin(batch: NormalBatch, kept: Places) -> Positions:
    return np.append(batch.origin[kept], np.int32(len(batch.source)))
