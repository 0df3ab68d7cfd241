"""Names and handles: how alike two are, whether one follows the other, to which population one belongs.

Measured by the bench `link-names` and on the simulation's names: of 3,000 pairs of an Arabic name in two
spellings 95 % have a similarity of 0.58 or more, of pairs of different names 1 in 1,000 more than 0.65,
Arabic and other names alike. Short names stay lower across scripts: others might be spelt so too.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.text.evasion import LEET_LATIN
from tenfold.linkage.likeness import likeness
from tenfold.linkage.phonetic import phonetic
from tenfold.linkage.populations import population
from tenfold.linkage.skeleton import folded, skeleton
from tenfold.linkage.spelling import MOST_WORDS, spelling

__all__ = ["alike", "particles", "phonetic", "population", "similarity", "skeleton", "succeeds", "words"]

_OTHER_PARTICLES = np.float32(0.95)  # what a likeness is worth when kunya, article or additions differ
_DISGUISED = np.float32(0.95)  # and when it takes reading digits as letters
_LOOKS = str.maketrans({character: letter for character, letter in LEET_LATIN.items() if character.isdigit()})
_ROUNDING = 1e-5
_find_digit = re.compile("[0-9]").search
Numbers = NDArray[np.int64]
_number_at_end = re.compile(r"(.*?)[ ]*([0-9]*)[ ]*", re.DOTALL).fullmatch


def similarity(left: Sequence[str], right: Sequence[str]) -> NDArray[np.float32]:
    """How probable it is that one name or handle spells the other, pair by pair: 0 to 1, float32.

    1 where both are the same but for looks, numbers and particles; symmetric; 0 where either has no letter.
    Words are matched in any order, and words of one without a partner in the other lower the figure; so does
    a different kunya or article, a little. ValueError when the sides differ in length.
    """
    if len(left) != len(right):
        raise ValueError(f"similarity compares pairs, but got {len(left)} names and {len(right)}")
    numbers: dict[str, int] = {}
    one, other = (
        np.array([numbers.setdefault(text, len(numbers)) for text in side], np.int64)
        for side in (left, right)
    )
    return alike(list(map(words, numbers)), list(map(particles, numbers)), one, other)


def words(text: str) -> str:
    """The words that a name is compared by, one space apart."""
    return " ".join(spelling(text).words)


def particles(text: str) -> str:
    """The kunyas, articles and additions of a name, by what they say, as a list of lines."""
    return "".join(f"{saying}\n" for saying in sorted(spelling(text).particles))


def alike(
    words_of: Sequence[str], particles_of: Sequence[str], one: Numbers, other: Numbers
) -> NDArray[np.float32]:
    """`similarity` of names one[i] and other[i], which are given by their `words` and `particles`."""
    spelt = _Spelt(words_of, particles_of)
    lettered = (spelt.counts[one] > 0) & (spelt.counts[other] > 0)
    values: NDArray[np.float32] = (lettered & (one == other)).astype(np.float32)
    places = np.flatnonzero(lettered & (one != other))
    if len(places):
        values[places] = _compare(spelt, *spelt.ordered(one[places], other[places]))
    return values


class _Spelt:
    """n names as words by number: `counts` (n,) of words, `places` (n, MOST_WORDS) of each,
    `wholes` (n,) written together, `looks` (n,) the same with digits read as letters, `shares`
    (n, MOST_WORDS) the square roots of the shares that words have of their name's letters. `texts`: words."""

    def __init__(self, words_of: Sequence[str], particles_of: Sequence[str]) -> None:
        self._names = [text.split(" ")[:MOST_WORDS] if text else [] for text in words_of]
        wholes = [text.replace(" ", "") for text in words_of]
        flat = list(chain.from_iterable(self._names))
        numbers = _numbered(chain(flat, wholes))
        self.counts = np.array(list(map(len, self._names)), np.int64)
        within = np.arange(MOST_WORDS) < self.counts[:, None]
        self.places = np.zeros(within.shape, np.int64)
        self.places[within] = list(map(numbers.__getitem__, flat))
        self.wholes = np.array(list(map(numbers.__getitem__, wholes)), np.int64)
        self.disguised = np.zeros(len(wholes), np.bool_)
        self.looks = self.wholes.copy()
        for name in np.flatnonzero(~np.array(list(map(str.isalpha, wholes)), np.bool_)).tolist():
            if _find_digit(wholes[name]):
                self.disguised[name] = True
                self.looks[name] = numbers.setdefault(wholes[name].translate(_LOOKS), len(numbers))
        sayings = _numbered(particles_of)
        self.particles = np.array(list(map(sayings.__getitem__, particles_of)), np.int64)
        lengths = np.zeros(within.shape, np.float32)
        lengths[within] = list(map(len, flat))
        self.shares: NDArray[np.float32] = np.sqrt(lengths / np.maximum(lengths.sum(1, keepdims=True), 1))
        self.texts = list(numbers)

    def ordered(self, one: Numbers, other: Numbers) -> tuple[Numbers, Numbers]:
        """Both names of each pair, first the one whose words come first."""
        names = self._names
        turned = np.array([names[a] > names[b] for a, b in zip(one.tolist(), other.tolist(), strict=True)])
        return np.where(turned, other, one), np.where(turned, one, other)


def _numbered(texts: Iterable[str]) -> dict[str, int]:
    """Each text once, with its number."""
    return {text: number for number, text in enumerate(dict.fromkeys(texts))}


def _compare(spelt: _Spelt, left: Numbers, right: Numbers) -> NDArray[np.float32]:
    """All comparisons of words that the pairs need, each once; then the best for each pair."""
    few, many = spelt.counts[left], spelt.counts[right]
    wholes = np.flatnonzero((few == 1) | (few != many))
    several = np.flatnonzero((few > 1) | (many > 1))
    within = np.arange(MOST_WORDS)
    cells = (within < few[several, None])[:, :, None] & (within < many[several, None])[:, None, :]
    pair, row, column = np.nonzero(cells)
    disguised = np.flatnonzero(spelt.disguised[left] | spelt.disguised[right])
    one = [spelt.wholes[left[wholes]], spelt.places[left[several[pair]], row], spelt.looks[left[disguised]]]
    other = [
        spelt.wholes[right[wholes]],
        spelt.places[right[several[pair]], column],
        spelt.looks[right[disguised]],
    ]
    figures = _of_words(spelt.texts, np.concatenate(one), np.concatenate(other))
    of_wholes, of_cells, of_looks = np.split(figures, np.cumsum([len(wholes), len(pair)]))
    values = np.zeros(len(left), dtype=np.float32)
    values[wholes] = of_wholes
    table = np.zeros(cells.shape, dtype=np.float32)
    table[cells] = of_cells
    matched = _matched(table, spelt.shares[left[several]], spelt.shares[right[several]])
    values[several] = np.maximum(values[several], matched)
    values[disguised] = np.maximum(values[disguised], _DISGUISED * of_looks)
    values[spelt.particles[left] != spelt.particles[right]] *= _OTHER_PARTICLES
    return values


def _of_words(texts: Sequence[str], one: Numbers, other: Numbers) -> NDArray[np.float32]:
    """The likeness of words by number; each pair of them is compared once."""
    pairs, places = np.unique(one << 32 | other, return_inverse=True)
    left, right = (pairs >> 32).tolist(), (pairs & 0xFFFFFFFF).tolist()
    return likeness([texts[word] for word in left], [texts[word] for word in right])[places]


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
        best = worth.reshape(len(worth), MOST_WORDS**2).argmax(1)
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
