"""Handles and names: equal letters, equal sound, or how alike they are spelt."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from tenfold.linkage import names
from tenfold.linkage.comparisons import Comparisons, Found, Pairs
from tenfold.linkage.keys import KeyKind
from tenfold.linkage.kinds import Kind, Level
from tenfold.linkage.ordering import once
from tenfold.linkage.rarity import millibits

NEAR_NAME = 0.4  # names.similarity; below, names are simply different
QUICK_NAME = 0.55  # Jaro-Winkler of letters or consonants, below which no finer measure is taken
NEAR_SCALE = 15_000  # thousandths of a bit for the rest of the likeness: up to nine bits

# The column, the keys of letters and those of sound.
_OF = {
    Kind.HANDLE: ("handles", KeyKind.HANDLE_SKELETON, KeyKind.HANDLE_PHONETIC),
    Kind.NAME: ("names", KeyKind.NAME_SKELETON, KeyKind.NAME_PHONETIC),
}


class Spelt(NamedTuple):
    """Of one kind of names, `near`, (n,): the pairs that share no key of it, yet are not so far apart that
    the finer measure would find them different."""

    kind: Kind
    near: NDArray[np.bool_]

    def take(self, pairs: Pairs) -> "Spelt":
        """Of these pairs only."""
        return Spelt(self.kind, self.near[pairs])


def compare_names(made: Comparisons, found: Found) -> tuple[Spelt, ...]:
    """Of handles and of names: equal letters, else equal sound; `compare_spelling` does the rest."""
    spelt = tuple(_by_keys(made, found, kind) for kind in _OF)
    _successors(made)
    for one in spelt:
        pairs = np.flatnonzero(one.near)
        one.near[pairs] = _promising(made, one.kind, pairs)
    return spelt


def compare_spelling(made: Comparisons, spelt: Sequence[Spelt]) -> None:
    """How alike the names are that share no key, handles and names in one batch."""
    rest = [np.flatnonzero(one.near) for one in spelt]
    kinds = np.repeat([int(one.kind) for one in spelt], [len(some) for some in rest])
    pairs = np.concatenate(rest)
    read = [_Read(made, one.kind, some) for one, some in zip(spelt, rest, strict=True)]
    before = np.cumsum([0, *(len(one.words) for one in read[:-1])])
    left, right = np.concatenate([first + one.sides for first, one in zip(before, read, strict=True)], axis=1)
    words = [words for one in read for words in one.words]
    alike = names.alike(words, [said for one in read for said in one.particles], left, right)
    over = alike >= NEAR_NAME
    made.level[pairs[over], kinds[over]] = Level.NEAR
    made.strength[pairs[over], kinds[over]] = _strength(alike[over])


class _Read:
    """The names of one kind of these pairs, those of each account once: `words` and `particles`; `sides`, of
    shape (2, pairs), says which of them each pair compares."""

    def __init__(self, made: Comparisons, kind: Kind, pairs: Pairs) -> None:
        column = _OF[kind][0]
        left, ones = once(made.left_rows[pairs], len(made.left))
        right, others = once(made.right_rows[pairs], len(made.right))
        self.words, self.particles = (
            made.left.form_of(column, form, left) + made.right.form_of(column, form, right)
            for form in ("words", "particles")
        )
        self.sides = np.stack([ones, len(left) + others])


def most_alike(made: Comparisons, spelt: Sequence[Spelt]) -> None:
    """As if all names that `compare_spelling` would measure were spelt the same."""
    for one in spelt:
        made.level[one.near, one.kind] = Level.NEAR
        made.strength[one.near, one.kind] = _strength(np.ones(1, np.float32))


def _strength(alike: NDArray[np.float32]) -> NDArray[np.int64]:
    strength: NDArray[np.int64] = np.rint(NEAR_SCALE * (alike - NEAR_NAME)).astype(np.int64)
    return strength


def _by_keys(made: Comparisons, found: Found, kind: Kind) -> Spelt:
    column, letters, sound = _OF[kind]
    rest = made.left.named(column, made.left_rows) & made.right.named(column, made.right_rows)
    made.level[rest, kind] = Level.DIFFERENT
    for key, level in ((sound, Level.SOUND), (letters, Level.LETTERS)):
        if not found.any(key):
            continue
        touched = found.of_kind(key).pair
        made.level[touched, kind] = Level.MISSING
        rest[touched] = False
        pair, accounts = found.fewest(key)
        population = found.rarity.of_populations(
            made.left.form_of(column, "population", made.left_rows[pair])
        )
        made.level[pair, kind] = level
        made.accounts[pair, kind] = accounts
        made.strength[pair, kind] = np.maximum(made.strength[pair, kind], millibits(population, accounts))
    return Spelt(kind, rest)


def _promising(made: Comparisons, kind: Kind, pairs: Pairs) -> NDArray[np.bool_]:
    """Whose letters or, where these are far apart, consonants are not: a look before the finer measure."""
    column = _OF[kind][0]
    promising = np.zeros(len(pairs), np.bool_)
    for form in ("letters", "sound"):
        rest = np.flatnonzero(~promising)
        left = made.left.form_of(column, form, made.left_rows[pairs[rest]])
        right = made.right.form_of(column, form, made.right_rows[pairs[rest]])
        alike = process.cpdist(left, right, scorer=JaroWinkler.similarity, dtype=np.float32)
        alike[[not (a and b) for a, b in zip(left, right, strict=True)]] = 0.0
        promising[rest] = alike >= QUICK_NAME
    return promising


def _successors(made: Comparisons) -> None:
    """Of handles of equal letters, which are the other with another number at its end."""
    same = np.flatnonzero(made.level[:, Kind.HANDLE] == Level.LETTERS)
    if not len(same):
        return
    left = made.left.latest("handles", made.left_rows[same])
    right = made.right.latest("handles", made.right_rows[same])
    made.level[same[names.succeeds(left, right) == 1], Kind.HANDLE] = Level.SUCCESSOR
