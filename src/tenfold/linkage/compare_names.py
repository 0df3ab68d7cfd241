"""Handles and names: equal letters, equal sound, or how alike they are spelt."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from tenfold.linkage import names
from tenfold.linkage.comparisons import Comparisons, Found, Pairs
from tenfold.linkage.keys import KeyKind
from tenfold.linkage.kinds import Kind, Level
from tenfold.linkage.rarity import millibits
from tenfold.linkage.table import Shown

NEAR_NAME = 0.4  # names.similarity; below, names are simply different
QUICK_NAME = 0.55  # Jaro-Winkler of letters or consonants, below which no finer measure is taken
NEAR_SCALE = 15_000  # thousandths of a bit for the rest of the likeness: up to nine bits

# The column, the keys of letters and those of sound.
_OF = {
    Kind.HANDLE: ("handles", KeyKind.HANDLE_SKELETON, KeyKind.HANDLE_PHONETIC),
    Kind.NAME: ("names", KeyKind.NAME_SKELETON, KeyKind.NAME_PHONETIC),
}


class _Kept(NamedTuple):
    """The latest names of each pair, of one kind, and those pairs that share no key of it."""

    kind: Kind
    firsts: list[str]
    seconds: list[str]
    rest: list[int]


def compare_names(made: Comparisons, found: Found) -> None:
    """Of handles and of names: equal letters, else equal sound, else how alike the latest are spelt."""
    handles = _by_keys(made, found, Kind.HANDLE)
    _successors(made, handles.firsts, handles.seconds)
    _by_spelling(made, (handles, _by_keys(made, found, Kind.NAME)))


def _by_keys(made: Comparisons, found: Found, kind: Kind) -> _Kept:
    column, letters, sound = _OF[kind]
    left, right = getattr(made.left.columns, column), getattr(made.right.columns, column)
    firsts = [_first(left, row) for row in made.left_rows.tolist()]
    seconds = [_first(right, row) for row in made.right_rows.tolist()]
    shown = np.array([bool(a and b) for a, b in zip(firsts, seconds, strict=True)])
    made.level[shown, kind] = Level.DIFFERENT
    for key, level in ((sound, Level.SOUND), (letters, Level.LETTERS)):
        if not found.any(key):
            continue
        touched = found.of(key)[0]
        made.level[touched, kind] = Level.MISSING
        shown[touched] = False
        pair, accounts = found.fewest(key)
        population = found.rarity.of_names([firsts[i] for i in pair.tolist()])
        made.level[pair, kind] = level
        made.accounts[pair, kind] = accounts
        made.strength[pair, kind] = np.maximum(made.strength[pair, kind], millibits(population, accounts))
    return _Kept(kind, firsts, seconds, np.flatnonzero(shown).tolist())


def _by_spelling(made: Comparisons, kept: Sequence[_Kept]) -> None:
    """How alike the names are that share no key, handles and names in one batch."""
    pairs = np.array([pair for one in kept for pair in one.rest], np.int64)
    kinds = np.array([one.kind for one in kept for _ in one.rest], np.int64)
    firsts = [one.firsts[pair] for one in kept for pair in one.rest]
    seconds = [one.seconds[pair] for one in kept for pair in one.rest]
    near = _promising(firsts, seconds)
    alike = names.similarity([firsts[i] for i in near.tolist()], [seconds[i] for i in near.tolist()])
    over = alike >= NEAR_NAME
    pairs, kinds = pairs[near[over]], kinds[near[over]]
    made.level[pairs, kinds] = Level.NEAR
    made.strength[pairs, kinds] = np.rint(NEAR_SCALE * (alike[over] - NEAR_NAME)).astype(np.int64)


def _promising(firsts: Sequence[str], seconds: Sequence[str]) -> Pairs:
    """Those whose letters or consonants are not far apart: a quick look before the finer measure."""
    best = np.zeros(len(firsts), np.float32)
    if not len(best):
        return np.empty(0, np.int64)
    for form in (names.skeleton, names.phonetic):
        known = {text: form(text) for text in {*firsts, *seconds}}
        left, right = [known[text] for text in firsts], [known[text] for text in seconds]
        alike = process.cpdist(left, right, scorer=JaroWinkler.similarity, dtype=np.float32)
        alike[[not (a and b) for a, b in zip(left, right, strict=True)]] = 0.0
        best = np.maximum(best, alike)
    return np.flatnonzero(best >= QUICK_NAME)


def _first(shown: Shown, row: int) -> str:
    return shown[row][0] if shown[row] else ""


def _successors(made: Comparisons, firsts: list[str], seconds: list[str]) -> None:
    same = np.flatnonzero(made.level[:, Kind.HANDLE] == Level.LETTERS)
    if not len(same):
        return
    next_ones = names.succeeds([firsts[i] for i in same.tolist()], [seconds[i] for i in same.tolist()])
    made.level[same[next_ones == 1], Kind.HANDLE] = Level.SUCCESSOR
