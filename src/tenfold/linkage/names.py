"""Names and handles: how alike two are, whether one follows the other, to which population one belongs.

Measured by the bench `link-names` and on the simulation's names: of 3,000 pairs of an Arabic name in two
spellings 95 % have a similarity of 0.58 or more, of pairs of different names 1 in 1,000 more than 0.65,
Arabic and other names alike. Short names stay lower across scripts: others might be spelt so too.
"""

import re
from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.text.evasion import LEET_LATIN
from tenfold.linkage.likeness import likeness
from tenfold.linkage.phonetic import phonetic
from tenfold.linkage.populations import population
from tenfold.linkage.skeleton import folded, skeleton
from tenfold.linkage.spelling import MOST_WORDS, Spelling, spelling

__all__ = ["phonetic", "population", "similarity", "skeleton", "succeeds"]

_OTHER_PARTICLES = np.float32(0.95)  # what a likeness is worth when kunya, article or additions differ
_DISGUISED = np.float32(0.95)  # and when it takes reading digits as letters
_LOOKS = str.maketrans({character: letter for character, letter in LEET_LATIN.items() if character.isdigit()})
_ROUNDING = 1e-5
_find_digit = re.compile("[0-9]").search
_number_at_end = re.compile(r"(.*?)[ ]*([0-9]*)[ ]*", re.DOTALL).fullmatch


def similarity(left: Sequence[str], right: Sequence[str]) -> NDArray[np.float32]:
    """How probable it is that one name or handle spells the other, pair by pair: 0 to 1, float32.

    1 where both are the same but for looks, numbers and particles; symmetric; 0 where either has no letter.
    Words are matched in any order, and words of one without a partner in the other lower the figure; so does
    a different kunya or article, a little. ValueError when the sides differ in length.
    """
    if len(left) != len(right):
        raise ValueError(f"similarity compares pairs, but got {len(left)} names and {len(right)}")
    values = np.zeros(len(left), dtype=np.float32)
    places, first, second = [], [], []
    for place, (one, other) in enumerate(zip(left, right, strict=True)):
        if one == other:
            values[place] = bool(spelling(one).whole)
            continue
        a, b = spelling(one), spelling(other)
        if a.whole and b.whole:
            places.append(place)
            first.append(a if a.words <= b.words else b)
            second.append(b if a.words <= b.words else a)
    if places:
        values[places] = _compare(first, second)
    return values


def _compare(left: Sequence[Spelling], right: Sequence[Spelling]) -> NDArray[np.float32]:
    """All comparisons of words that the pairs need, in one batch; then the best for each pair."""
    one: list[str] = []
    other: list[str] = []
    wholes: list[int] = []  # whose whole each of the first comparisons is
    for place, (a, b) in enumerate(zip(left, right, strict=True)):
        if len(a.words) == 1 or len(a.words) != len(b.words):
            wholes.append(place)
            one.append(a.whole)
            other.append(b.whole)
    cells: list[int] = []  # which cell of the pairs' tables each of the others fills
    for place, (a, b) in enumerate(zip(left, right, strict=True)):
        if len(a.words) > 1 or len(b.words) > 1:
            one += [word for word in a.words for _ in b.words]
            other += b.words * len(a.words)
            for row in range(place * MOST_WORDS, place * MOST_WORDS + len(a.words)):
                cells += range(row * MOST_WORDS, row * MOST_WORDS + len(b.words))
    disguised = [
        place
        for place, (a, b) in enumerate(zip(left, right, strict=True))
        if _find_digit(a.whole) or _find_digit(b.whole)
    ]
    one += [left[place].whole.translate(_LOOKS) for place in disguised]
    other += [right[place].whole.translate(_LOOKS) for place in disguised]
    of_wholes, of_cells, of_looks = np.split(likeness(one, other), [len(wholes), len(wholes) + len(cells)])
    values = np.zeros(len(left), dtype=np.float32)
    values[wholes] = of_wholes
    table = np.zeros(len(left) * MOST_WORDS**2, dtype=np.float32)
    table[cells] = of_cells
    matched = _matched(table.reshape(-1, MOST_WORDS, MOST_WORDS), _shares(left), _shares(right))
    values = np.maximum(values, matched)
    values[disguised] = np.maximum(values[disguised], _DISGUISED * of_looks)
    differ = [a.particles != b.particles for a, b in zip(left, right, strict=True)]
    values[differ] *= _OTHER_PARTICLES
    return values


def _shares(names: Sequence[Spelling]) -> NDArray[np.float32]:
    """Square roots of the shares that words have of their name's letters: (names, MOST_WORDS)."""
    words = [name.words for name in names]
    counts = np.fromiter(map(len, words), dtype=np.intp, count=len(words))
    lengths = np.zeros((len(names), MOST_WORDS), dtype=np.float32)
    lengths[np.arange(MOST_WORDS) < counts[:, None]] = [len(word) for word in chain.from_iterable(words)]
    shares: NDArray[np.float32] = np.sqrt(lengths / lengths.sum(1, keepdims=True))
    return shares


def _matched(
    table: NDArray[np.float32], left: NDArray[np.float32], right: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The likeness of names whose words are matched one to one, the best match first.

    A match counts with the geometric mean of the words' shares of their names, so that the sum is 1 when all
    words have like partners, and the less the more is left over.
    """
    worth = table * left[:, :, None] * right[:, None, :]
    total = np.zeros(len(table), dtype=np.float32)
    rows = np.arange(len(table))
    for _ in range(MOST_WORDS):
        best = worth.reshape(len(worth), -1).argmax(1)
        i, j = np.divmod(best, MOST_WORDS)
        gain = worth[rows, i, j]
        if not gain.any():
            break
        total += gain
        worth[rows, i, :] = 0
        worth[rows, :, j] = 0
    return np.where(total > 1 - _ROUNDING, np.float32(1), total)


def succeeds(left_handles: Sequence[str], right_handles: Sequence[str]) -> NDArray[np.int8]:
    """1 where the second handle is the first with another number at its end (none is one too), else 0."""
    if len(left_handles) != len(right_handles):
        raise ValueError(f"succeeds compares pairs, but got {len(left_handles)} and {len(right_handles)}")
    values = np.zeros(len(left_handles), dtype=np.int8)
    for place, (left, right) in enumerate(zip(left_handles, right_handles, strict=True)):
        first, second = _number_at_end(folded(left)), _number_at_end(folded(right))
        if first and second and first[1] and first[2] != second[2]:
            values[place] = first[1] == second[1]
    return values
