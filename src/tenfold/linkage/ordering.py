"""Sorting and counting of integers in numpy, where what is known of them saves most of the work."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


def order(keys: Numbers) -> Numbers:
    """As np.argsort, of keys whose high bits mostly tell them from each other.

    Integers of a key's beginning and its place are sorted several times faster than places by key. Where two
    keys begin alike without being the same, which is seen then, the slow way is gone.
    """
    bits = len(keys).bit_length()
    begins = keys >> bits << bits
    begins |= np.arange(len(keys))
    begins.sort()
    begins &= (1 << bits) - 1
    ascending = keys[begins]
    in_order = (ascending[1:] >= ascending[:-1]).all()
    return begins if in_order else np.argsort(keys, kind="stable").astype(np.int64)


def begins_new(ascending: Numbers) -> NDArray[np.bool_]:
    """Which of these differ from the one before."""
    new = np.ones(len(ascending), np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=new[1:])
    return new


def distinct(keys: Numbers) -> tuple[Numbers, Numbers]:
    """Each key once, ascending, and where each of `keys` stands among them: np.unique, by `order`."""
    places = order(keys)
    ascending = keys[places]
    new = begins_new(ascending)
    numbers = np.empty(len(keys), np.int64)
    numbers[places] = np.cumsum(new) - 1
    return ascending[new], numbers


def once(rows: Numbers, size: int) -> tuple[Numbers, Numbers]:
    """The same for rows of a table of `size`, without sorting."""
    named = np.zeros(size, np.bool_)
    named[rows] = True
    return named.nonzero()[0], (named.cumsum() - 1)[rows]


def portions(groups: Numbers, size: int) -> list[tuple[int, int]]:
    """Slices of at least `size` rows, but for the last, that part no group whose rows stand together."""
    ends = np.append(np.flatnonzero(np.diff(groups)) + 1, len(groups))
    found, start = [], 0
    while start < len(groups):
        place = min(int(np.searchsorted(ends, start + size)), len(ends) - 1)
        found.append((start, int(ends[place])))
        start = int(ends[place])
    return found


def spread(starts: Numbers, rows: Numbers) -> tuple[Numbers, Numbers]:
    """Of lists that begin at `starts` (and end where the next begins), each entry of those in `rows`: its
    place in `rows`, and where it is."""
    begin = starts[rows]
    lengths = starts[rows + 1] - begin
    places = np.repeat(np.arange(len(rows)), lengths)
    before = np.cumsum(lengths) - lengths
    return places, np.arange(len(places)) + np.repeat(begin - before, lengths)
