"""How a piece of text was read when a term was found in it: word by word, with what was changed.

Case, vowel signs and the spellings of alef, ya and ta marbuta need no explanation; homoglyphs, leetspeak,
tatweel, invisible characters, letters spaced out or held down do.
"""

import unicodedata
from collections.abc import Iterator
from typing import Final

import msgspec

from tenfold.detectors.text import evasion
from tenfold.detectors.text.fold_table import SPACE, Codes
from tenfold.detectors.text.normalise import NormalBatch, Positions, normalise, normalise_batch

LONGEST: Final = 400  # code points of a piece that is explained

_SPELLINGS: Final = str.maketrans("أإآٱىة", "اااايه")


class Word(msgspec.Struct, frozen=True):
    """One word. `start` and `end` are its range of code points in the original, `changed` the ranges within
    that were read as something else; `read` is what it was read as."""

    start: int
    end: int
    changed: list[tuple[int, int]]
    read: str


def explained(text: str, start: int, end: int, term: str) -> list[Word]:
    """The words of text[start:end] as they were read when `term` was found there; empty when it stands there
    as everybody would write it, or when it is not known how it was found."""
    piece = text[start:end]
    wanted = normalise(term).text.replace(" ", "")
    if not wanted or len(piece) > LONGEST or _plainly(term) in _plainly(piece):
        return []
    for codes, origin in _readings(normalise_batch([text]), term):
        inside = [
            (int(code), int(at) - 1)
            for code, at in zip(codes.tolist(), origin.tolist(), strict=False)
            if code >= SPACE and start <= at - 1 < end
        ]
        read = "".join(chr(code) for code, _ in inside)
        if wanted in read.replace(" ", ""):
            return [_word(text, word, after) for word, after in _words(inside, end)]
    return []


def _plainly(text: str) -> str:
    """A text as people compare texts by eye."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(unicodedata.normalize("NFC", kept).translate(_SPELLINGS).split())


def _readings(batch: NormalBatch, term: str) -> Iterator[tuple[Codes, Positions]]:
    """Every way to read the text, the plainest first."""
    yield batch.codes, batch.origin
    for reading in evasion.leet(batch):
        yield reading.codes, reading.origin
    stretched = evasion.unstretched(batch, evasion.doubled_words([normalise(term).text]))
    joined = evasion.unjoined(batch, evasion.hashtag_words(batch))
    runs = evasion.spaced_runs(batch)
    for other in (stretched, joined, evasion.unspaced(batch, runs) if runs else None):
        if other is not None:
            yield other.codes, other.origin


def _words(read: list[tuple[int, int]], end: int) -> Iterator[tuple[list[tuple[int, int]], int]]:
    """Runs of letters with their places, and where the original goes on after each."""
    word: list[tuple[int, int]] = []
    for code, at in [*read, (SPACE, end)]:
        if code != SPACE:
            word.append((code, at))
        elif word:
            yield word, at
            word = []


def _word(text: str, letters: list[tuple[int, int]], after: int) -> Word:
    edges = [at for _, at in letters[1:]] + [after]
    changed = [
        (at, edge)
        for (code, at), edge in zip(letters, edges, strict=True)
        if edge > at and _folded(text[at:edge]) != chr(code)
    ]
    return Word(letters[0][1], after, changed, "".join(chr(code) for code, _ in letters))


def _folded(written: str) -> str:
    """A letter as everybody would read it; what is hidden in it stays."""
    marks = "".join(letter for letter in written if not unicodedata.combining(letter))
    return marks.casefold().translate(_SPELLINGS)
