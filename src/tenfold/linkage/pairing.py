"""Candidates by a join in memory, for training and evaluation: which closed and newer accounts to compare.

The first look that every path takes: rarity of shared keys that at most MAX_ACCOUNTS accounts show, best of
each kind, summed over kinds, in whole thousandths of a bit.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.candidates import BEST, floor_of
from tenfold.linkage.keys import KIND_BITS, KIND_MASK, MAX_ACCOUNTS, Keys
from tenfold.linkage.rarity import Rarity, millibits
from tenfold.linkage.table import NEVER, Rows, Table

_EXPANDED = 4_000_000  # shared keys at once


class Pairs(NamedTuple):
    """Rows of the closed and of the newer accounts, and the first look's thousandths of a bit."""

    closed: Rows
    newer: Rows
    bits: NDArray[np.int64]


def candidates(closed: Table, newer: Table, rarity: Rarity) -> Pairs:
    """The BEST of every newer account; never an account with itself, or with one that was created later."""
    index, floor = _Index(closed, rarity), floor_of(rarity.population)
    own = {account: row for row, account in enumerate(closed.account)}
    same = np.array([own.get(account, -1) for account in newer.account], np.int64)
    parts = [_best(index, newer, rows, same, floor) for rows in index.portions(newer)]
    if not parts:
        return Pairs(*(np.empty(0, np.int64) for _ in range(3)))
    return Pairs(*(np.concatenate(column) for column in zip(*parts, strict=True)))


class _Index:
    """Keys of the closed accounts that find candidates: for each, its rarity and who shows it."""

    def __init__(self, closed: Table, rarity: Rarity) -> None:
        order = np.argsort(closed.keys, kind="stable")
        keys = closed.keys[order]
        rows = np.repeat(np.arange(len(closed)), np.diff(closed.starts))[order]
        accounts = rarity.accounts_of(keys)
        useful = (accounts > 0) & (accounts <= MAX_ACCOUNTS)
        self.rows = rows[useful]
        self.created_us = closed.created_us
        self.keys, self.starts, self.counts = np.unique(keys[useful], return_index=True, return_counts=True)
        self.bits = millibits(rarity.population, accounts[useful][self.starts])

    def found(self, keys: Keys) -> NDArray[np.int64]:
        """The place of each key, -1 for one that finds nobody."""
        if not len(self.keys):
            return np.full(len(keys), -1)
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[places] == keys, places, -1)

    def portions(self, newer: Table) -> Iterator[Rows]:
        """Rows of the newer accounts, so many at once as share about _EXPANDED keys with closed ones."""
        places = self.found(newer.keys)
        sizes = np.where(places >= 0, self.counts[places], 0) if len(self.keys) else np.zeros(len(places))
        total = np.concatenate(([0], np.cumsum(sizes)))[newer.starts]
        start = 0
        while start < len(newer):
            stop = int(np.searchsorted(total, total[start] + _EXPANDED, side="right")) - 1
            stop = min(max(stop, start + 1), len(newer))
            yield np.arange(start, stop)
            start = stop


def _best(index: _Index, newer: Table, rows: Rows, same: Rows, floor: int) -> Pairs:
    place, keys = newer.keys_of_rows(rows)
    found = index.found(keys)
    place, found = place[found >= 0], found[found >= 0]
    counts = index.counts[found]
    steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    closed = index.rows[np.repeat(index.starts[found], counts) + steps]
    kind = np.repeat(index.keys[found] & KIND_MASK, counts)
    bits = np.repeat(index.bits[found], counts)
    newer_row = rows[np.repeat(place, counts)]
    other = closed != same[newer_row]
    width = int(closed.max(initial=0)) + 1
    pair = newer_row[other] * width + closed[other]
    look = _first_look(pair << KIND_BITS | kind[other], bits[other])
    kept = look[1] >= floor
    pair, bits = look[0][kept], look[1][kept]
    begun, created = index.created_us[pair % width], newer.created_us[pair // width]
    fit = (begun <= created) | (created == NEVER)
    return _ranked(pair[fit] % width, pair[fit] // width, bits[fit])


def _first_look(
    coded: NDArray[np.int64], bits: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each pair once, and the sum over kinds of its best bits."""
    order = np.argsort(coded)
    coded, bits = coded[order], bits[order]
    if not len(coded):
        return coded, bits
    starts = np.flatnonzero(np.diff(coded, prepend=coded[0] - 1))
    best = np.maximum.reduceat(bits, starts)
    pair = coded[starts] >> KIND_BITS
    firsts = np.flatnonzero(np.diff(pair, prepend=pair[0] - 1))
    return pair[firsts], np.add.reduceat(best, firsts)


def _ranked(closed: Rows, newer: Rows, bits: NDArray[np.int64]) -> Pairs:
    """The BEST of each newer account; of equal ones, the earlier row."""
    order = np.lexsort((closed, -bits, newer))
    closed, newer, bits = closed[order], newer[order], bits[order]
    starts = np.flatnonzero(np.diff(newer, prepend=-1))
    rank = np.arange(len(newer)) - np.repeat(starts, np.diff(np.append(starts, len(newer))))
    kept = rank < BEST
    return Pairs(closed[kept], newer[kept], bits[kept])
