"""Avatars and banners: equal, an edit of each other, or faintly alike."""

import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.comparisons import Comparisons, Found, clear
from tenfold.linkage.keys import MAX_ACCOUNTS, KeyKind
from tenfold.linkage.kinds import Kind, Level
from tenfold.linkage.ordering import once
from tenfold.linkage.rarity import millibits
from tenfold.linkage.table import Rows, Table

NEAR_PICTURE = 31  # of 256 bits: the threshold of a PDQ match
FAINT_PICTURE = 56  # random pictures are 128 +- 8 apart


def compare_pictures(made: Comparisons, found: Found, kind: Kind, whole: KeyKind, band: KeyKind) -> None:
    """Equal pictures, else the least distance; as rare as the commonest of the bands that they share.

    An emblem that many wear in slightly different forms is common, though each form is rare: bands tell.
    Where none is shared, the picture is taken for as common as a key that still finds candidates.
    """
    both = found.both(whole)
    if not both.any() and not found.any(whole, band):
        return
    made.level[both, kind] = Level.DIFFERENT
    distance = _distances(made, kind)
    made.distance[:, kind] = distance
    near = (distance >= 0) & (distance <= FAINT_PICTURE)
    made.level[near, kind] = np.where(distance[near] <= NEAR_PICTURE, Level.NEAR, Level.FAINT)
    muted = np.zeros(len(made), np.bool_)
    for key in (whole, band):
        if not found.any(key):
            continue
        touched, _, accounts = found.of(key)
        muted[touched[accounts == 0]] = True
        groups = found.of_kind(key)
        made.accounts[groups.pair, kind] = np.maximum(made.accounts[groups.pair, kind], groups.most)
        if key == whole:
            made.level[groups.pair[groups.keys > 0], kind] = Level.EQUAL
    agreeing = np.flatnonzero(near | (made.level[:, kind] == Level.EQUAL))
    counted = made.accounts[agreeing, kind]
    shown_by = np.where(counted > 0, np.maximum(counted, 2), MAX_ACCOUNTS)
    made.strength[agreeing, kind] = millibits(made.population, shown_by)
    made.count[agreeing, kind] = 1
    made.accounts[made.strength[:, kind] == 0, kind] = 0
    clear(made, np.flatnonzero(muted), kind)


def _distances(made: Comparisons, kind: Kind) -> NDArray[np.int32]:
    """The least distance between a picture of one and a picture of the other; -1 where there is none."""
    name = "avatars" if kind == Kind.AVATAR else "banners"
    right_place, right_words = _pictures(made.right, name, made.right_rows)
    if not len(right_place):
        return np.full(len(made), -1, np.int32)
    left_place, left_words = _pictures(made.left, name, made.left_rows)
    least = np.full(len(made), 257, np.int32)
    starts = np.searchsorted(right_place, left_place)
    counts = np.searchsorted(right_place, left_place, side="right") - starts
    for number in range(int(counts.max(initial=0))):
        some = np.flatnonzero(counts > number)
        differing = left_words[some] ^ right_words[starts[some] + number]
        bits = np.bitwise_count(differing).sum(axis=1, dtype=np.int32)
        np.minimum.at(least, left_place[some], bits)
    return np.where(least > 256, -1, least).astype(np.int32)


def _pictures(table: Table, column: str, rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """As `Table.pictures_of`, but each account's are read once, in however many rows it stands."""
    read, places = once(rows, len(table))
    owner, words = table.pictures_of(column, read)
    starts = np.searchsorted(owner, np.arange(len(read) + 1))
    counts = np.diff(starts)[places]
    place = np.repeat(np.arange(len(rows)), counts)
    begin = np.repeat(starts[places] - (np.cumsum(counts) - counts), counts)
    return place, words[np.arange(len(place)) + begin]
