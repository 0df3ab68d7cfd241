"""Which shared keys a pair rests on: without one of them it would not have been a candidate."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.worth import Worth

Numbers = NDArray[np.int64]


class Rows(NamedTuple):
    """Keys that pairs share: the pair, ascending; the Kind that the key is evidence of; its points."""

    pair: Numbers
    evidence: Numbers
    points: Numbers


def needed_keys(worth: Worth, shared: Rows, spare: Numbers, asked: NDArray[np.bool_]) -> Numbers:
    """Which rows that are asked about their pair needs, ascending; `spare` by pair are the points beyond what
    it needs with all of them."""
    pair, evidence, points = shared
    # No key takes away more than its points and what it adds as one of several.
    candidates = np.flatnonzero(asked & (points + worth.more[evidence] > spare[pair]))
    if not len(candidates):
        return candidates
    chosen = np.unique(pair[candidates])
    whole = np.zeros(len(spare), np.int64)
    rows = np.flatnonzero(np.isin(pair, chosen))
    number, total = _summed(worth, pair[rows], evidence[rows], points[rows])
    whole[number] = total
    # Each candidate has a copy of its pair's rows without it.
    start, stop = np.searchsorted(pair, pair[candidates]), np.searchsorted(pair, pair[candidates], "right")
    copy = np.repeat(np.arange(len(candidates)), stop - start)
    row = (
        np.arange(len(copy)) - np.repeat(np.cumsum(stop - start) - (stop - start), stop - start) + start[copy]
    )
    others = row != candidates[copy]
    copy, row = copy[others], row[others]
    left = np.zeros(len(candidates), np.int64)
    number, total = _summed(worth, copy, evidence[row], points[row])
    left[number] = total
    lost = whole[pair[candidates]] - left
    return candidates[lost > spare[pair[candidates]]]


def _summed(worth: Worth, pair: Numbers, evidence: Numbers, points: Numbers) -> tuple[Numbers, Numbers]:
    """The points of each pair that has any."""
    order = np.lexsort((points, evidence, pair))
    pair, evidence, points = pair[order], evidence[order], points[order]
    last = np.flatnonzero((np.diff(pair, append=-1) != 0) | (np.diff(evidence, append=-1) != 0))
    agreed = worth.agreement(evidence[last], points[last], np.diff(last, prepend=-1))
    return worth.together(pair[last], evidence[last], agreed)
