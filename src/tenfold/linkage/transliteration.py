"""How probable it is that Latin letters spell an Arabic name: a learned alignment of letters.

Each Latin letter, given its two neighbours and the ends of the word, stands for none, one or two Arabic
letters; the probability of an Arabic spelling given a Latin one is the sum over all alignments. The numbers
behind it (soft counts from expectation maximisation on 55,000 pairs, `scripts/train_names.py`) are shipped as
`name_weights.npz`; unseen neighbourhoods fall back on smaller ones. Digits of the chat alphabet are letters.
The right Latin spelling is the likeliest of 20,000 for 4 in 5 names that nothing was learned from.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.spelling import spelt

Floats = NDArray[np.float32]
Integers = NDArray[np.int32]

LATIN = "abcdefghijklmnopqrstuvwxyz2356789"
ARABIC = "ابتثجحخدذرزسشصضطظعغفقكلمنهويپچژگڤةىأإآئؤء"
LONGEST = 32  # letters of a name that are looked at
FLOOR = 1e-4  # probability of any one Arabic letter for a Latin one; chosen on the choice part
_TWO_LETTERS = FLOOR**2  # of any two that were hardly ever seen for one
# How many observations the next smaller neighbourhood is worth; chosen on the choice part.
_WORTH_OF_NONE, _WORTH_OF_ONE, _WORTH_OF_TWO = 1.0, 8.0, 20.0
_IN_LATIN, _IN_ARABIC = frozenset(LATIN), frozenset(ARABIC)
# Digits of the chat alphabet were not in the data: beside them letters sound as beside these.
_NEIGHBOUR_LIKE = dict(zip("2356789", "hhhthqs", strict=True))
_PAIRS = 512  # at once: what is looked up for all letters of a pair is some kilobytes
_NONE = 0  # column of the table for a silent letter; then come ARABIC, pairs of letters, and all other pairs


def latin_letters(text: str) -> str:
    """The Latin letters (and digits that are letters of the chat alphabet) of a text, folded."""
    return "".join(letter for letter in spelt(text) if letter in _IN_LATIN)


def arabic_letters(text: str) -> str:
    """The Arabic letters of a text; forms of hamza and ta marbuta stay, they tell vowels."""
    return "".join(letter for letter in spelt(text) if letter in _IN_ARABIC)


class Model(msgspec.Struct, frozen=True):
    """`table[left, letter, right, column]`: the probability of what a Latin letter stands for between two
    others (0 is the end of the word). `pairs[a, b]`: the column of two Arabic letters."""

    table: Floats
    pairs: Integers


def probabilities(counts: NDArray[np.float64]) -> Floats:
    """The model's table from soft counts (left, letter, right, column).

    A neighbourhood's distribution is its counts plus those of the product of the two one-sided ones, each
    of which falls back likewise on the letter alone.
    """
    alone = counts.sum((0, 2))
    alone = alone + _WORTH_OF_NONE / alone.shape[-1]
    alone /= alone.sum(-1, keepdims=True)
    after = _smoothed(counts.sum(2), alone, _WORTH_OF_ONE)
    before = _smoothed(counts.sum(0), alone[:, None], _WORTH_OF_ONE)
    both = after[:, :, None] * (before / alone[:, None])
    both /= both.sum(-1, keepdims=True)
    return _smoothed(counts, both, _WORTH_OF_TWO).astype(np.float32)


def _smoothed(counts: NDArray[np.float64], prior: NDArray[np.float64], worth: float) -> NDArray[np.float64]:
    smoothed: NDArray[np.float64] = (counts + worth * prior) / (counts.sum(-1, keepdims=True) + worth)
    return smoothed


def model_of(counts: NDArray[np.float64], pairs: Sequence[str]) -> Model:
    """The model of soft counts whose columns are: nothing, each of ARABIC, each of `pairs`."""
    table = probabilities(counts) + np.float32(FLOOR)
    for digit, letter in _NEIGHBOUR_LIKE.items():
        own, like = LATIN.index(digit) + 1, LATIN.index(letter) + 1
        table[own] = table[like]
        table[:, :, own] = table[:, :, like]
    rest = np.full((*table.shape[:-1], 1), _TWO_LETTERS, dtype=np.float32)
    columns = np.full((len(ARABIC), len(ARABIC)), table.shape[-1], dtype=np.int32)
    for column, pair in enumerate(pairs, 1 + len(ARABIC)):
        columns[ARABIC.index(pair[0]), ARABIC.index(pair[1])] = column
    return Model(np.concatenate([table, rest], axis=-1), columns)


@cache
def weights() -> dict[str, NDArray[Any]]:
    """What was learned, by name; see `scripts/train_names.py`."""
    with (files("tenfold.linkage") / "name_weights.npz").open("rb") as file, np.load(file) as arrays:
        return dict(arrays)


@cache
def shipped() -> Model:
    """The model in the package, made once a process."""
    learned = weights()
    pairs = [str(pair) for pair in learned["pairs"]]
    side = len(LATIN) + 1
    counts = np.zeros((side, side, side, 1 + len(ARABIC) + len(pairs)))
    counts.reshape(-1)[learned["places"]] = learned["counts"] / 16
    return model_of(counts, pairs)


@cache
def _numbers(alphabet: str) -> Integers:
    table = np.zeros(0x700, dtype=np.int32)
    table[[ord(letter) for letter in alphabet]] = np.arange(1, len(alphabet) + 1)
    return table


def encoded(words: Sequence[str], alphabet: str) -> tuple[Integers, Integers]:
    """Words as rows of numbers from 1, padded with 0 (as many as the longest needs), and their lengths."""
    table = _numbers(alphabet)
    lengths = np.fromiter(map(len, words), dtype=np.int32, count=len(words))
    letters = table[np.frombuffer("".join(words).encode("utf-32-le"), dtype=np.uint32)]
    rows = np.zeros((len(words), int(lengths.max(initial=0))), dtype=np.int32)
    rows[np.arange(rows.shape[1]) < lengths[:, None]] = letters
    return rows, lengths


def neighbourhoods(rows: Integers) -> tuple[Integers, Integers, Integers]:
    """The letter to the left of each letter, the letter itself, and the one to its right."""
    wide = np.zeros((rows.shape[0], rows.shape[1] + 2), dtype=np.int32)
    wide[:, 1:-1] = rows
    return wide[:, :-2], rows, wide[:, 2:]


def log_likelihoods(arabic: Sequence[str], latin: Sequence[str]) -> Floats:
    """Natural logarithm of P(Arabic spelling | Latin spelling), pair by pair.

    Words are letters as `arabic_letters` and `latin_letters` give them, the first LONGEST of which count;
    -inf where either is empty or one is too long for the other.
    """
    rows, lengths = encoded([word[:LONGEST] for word in latin], LATIN)
    order = np.argsort(-lengths, kind="stable")
    rows, lengths = rows[order], lengths[order]
    spelt, ends = encoded([arabic[place][:LONGEST] for place in order], ARABIC)
    values = np.full(len(latin), -np.inf, dtype=np.float32)
    if not rows.size or not spelt.size:
        return values
    for start in range(0, len(rows), _PAIRS):
        part = slice(start, start + _PAIRS)
        with np.errstate(divide="ignore"):
            values[order[part]] = np.log(_likelihoods(rows[part], lengths[part], spelt[part], ends[part]))
    values[order[(ends == 0) | (lengths == 0)]] = -np.inf
    return values


def _likelihoods(rows: Integers, lengths: Integers, spelt: Integers, ends: Integers) -> NDArray[np.float64]:
    """P(spelling | row), the longest row first. Each Latin letter stands for none, one or two Arabic ones."""
    model = shipped()
    side, width = model.table.shape[0], model.table.shape[-1]
    rows = rows[:, : lengths[0]]
    left, letter, right = neighbourhoods(rows)
    bases = ((((left * side + letter) * side + right) * width).astype(np.intp)).T[:, :, None]
    table = model.table.reshape(-1)
    two_letters = model.pairs[spelt[:, :-1] - 1, spelt[:, 1:] - 1]
    none = table.take(bases + _NONE, mode="clip").astype(np.float64)  # once, not at every step
    one = table.take(bases + spelt, mode="clip").astype(np.float64)  # the column of a letter is its number
    two = table.take(bases + two_letters, mode="clip").astype(np.float64)
    forward = np.zeros((len(rows), spelt.shape[1] + 1))
    forward[:, 0] = 1.0
    active = np.searchsorted(-lengths, -np.arange(rows.shape[1]), side="left").tolist()
    for step, count in enumerate(active):
        reach = min(2 * step + 2, spelt.shape[1])  # Arabic letters that so many Latin ones can stand for
        now = forward[:count, : reach + 1]
        by_one = now[:, :-1] * one[step, :count, :reach]
        by_two = now[:, :-2] * two[step, :count, : reach - 1]
        now *= none[step, :count]
        np.add(now[:, 1:], by_one, out=now[:, 1:])
        np.add(now[:, 2:], by_two, out=now[:, 2:])
    return np.asarray(forward[np.arange(len(rows)), ends])


def log_priors(arabic: Sequence[str]) -> Floats:
    """Natural logarithm of the probability that a name is spelt so in Arabic, by pairs of letters."""
    rows, lengths = encoded([word[:LONGEST] for word in arabic], ARABIC)
    rows = np.pad(rows, ((0, 0), (1, 1)))
    steps = _follows()[rows[:, :-1], rows[:, 1:]]
    priors: Floats = np.where(np.arange(steps.shape[1]) <= lengths[:, None], steps, np.float32(0)).sum(1)
    return priors


@cache
def _follows() -> Floats:
    return weights()["follows"].astype(np.float32)


@cache
def _likeliest() -> tuple[list[str], NDArray[np.intp]]:
    """What letters can stand for, and the likeliest of these for (left, letter, right)."""
    meanings = ["", *ARABIC, *map(str, weights()["pairs"])]
    return meanings, shipped().table[..., : len(meanings)].argmax(-1)


def readings(latin: Sequence[str]) -> list[str]:
    """The likeliest Arabic spelling of each Latin word, letter by letter."""
    meanings, likeliest = _likeliest()
    rows, lengths = encoded([word[:LONGEST] for word in latin], LATIN)
    columns = likeliest[neighbourhoods(rows)].tolist()
    return [
        "".join([meanings[column] for column in row[:length]])
        for row, length in zip(columns, lengths.tolist(), strict=True)
    ]
