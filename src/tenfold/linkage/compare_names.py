"""Handles and names: equal letters, equal sound, or how alike they are spelt."""

from collections.abc import Sequence

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from tenfold.linkage import names
from tenfold.linkage.comparisons import Comparisons, Found, Pairs
from tenfold.linkage.keys import KeyKind
from tenfold.linkage.kinds import Kind, Level
from tenfold.linkage.rarity import millibits

NEAR_NAME = 0.4  # names.similarity; below, names are simply different
QUICK_NAME = 0.55  # Jaro-Winkler of letters or consonants, below which no finer measure is taken
NEAR_SCALE = 15_000  # thousandths of a bit for the rest of the likeness: up to nine bits


def compare_names(made: Comparisons, found: Found, kind: Kind, letters: KeyKind, sound: KeyKind) -> None:
    """Equal letters, else equal sound, else how alike the latest are spelt."""
    left, right = (
        (made.left.columns.handles, made.right.columns.handles)
        if kind == Kind.HANDLE
        else (made.left.columns.names, made.right.columns.names)
    )
    firsts = [_first(left, row) for row in made.left_rows.tolist()]
    seconds = [_first(right, row) for row in made.right_rows.tolist()]
    shown = np.array([bool(a and b) for a, b in zip(firsts, seconds, strict=True)])
    made.level[shown, kind] = Level.DIFFERENT
    rest = shown.copy()
    for key, level in ((sound, Level.SOUND), (letters, Level.LETTERS)):
        touched = found.of(key)[0]
        made.level[touched, kind] = Level.MISSING
        rest[touched] = False
        pair, accounts = found.fewest(key)
        population = found.rarity.of_names([firsts[i] for i in pair.tolist()])
        made.level[pair, kind] = level
        made.accounts[pair, kind] = accounts
        made.strength[pair, kind] = np.maximum(made.strength[pair, kind], millibits(population, accounts))
    if kind == Kind.HANDLE:
        _successors(made, firsts, seconds)
    near = _promising(np.flatnonzero(rest), firsts, seconds)
    alike = names.similarity([firsts[i] for i in near.tolist()], [seconds[i] for i in near.tolist()])
    over = alike >= NEAR_NAME
    made.level[near[over], kind] = Level.NEAR
    made.strength[near[over], kind] = np.rint(NEAR_SCALE * (alike[over] - NEAR_NAME)).astype(np.int64)


def _promising(pairs: Pairs, firsts: list[str], seconds: list[str]) -> Pairs:
    """Those whose letters or consonants are not far apart: a quick look before the finer measure."""
    chosen = pairs.tolist()
    best = np.zeros(len(chosen), np.float32)
    for form in (names.skeleton, names.phonetic):
        known = {text: form(text) for text in {firsts[i] for i in chosen} | {seconds[i] for i in chosen}}
        left, right = [known[firsts[i]] for i in chosen], [known[seconds[i]] for i in chosen]
        alike = process.cpdist(left, right, scorer=JaroWinkler.similarity, dtype=np.float32)
        empty = np.array([not (a and b) for a, b in zip(left, right, strict=True)], np.bool_)
        best = np.maximum(best, np.where(empty, 0.0, alike))
    return pairs[best >= QUICK_NAME]


def _first(shown: Sequence[tuple[str, ...]], row: int) -> str:
    return shown[row][0] if shown[row] else ""


def _successors(made: Comparisons, firsts: list[str], seconds: list[str]) -> None:
    same = np.flatnonzero(made.level[:, Kind.HANDLE] == Level.LETTERS)
    next_ones = names.succeeds([firsts[i] for i in same.tolist()], [seconds[i] for i in same.tolist()])
    made.level[same[next_ones == 1], Kind.HANDLE] = Level.SUCCESSOR
