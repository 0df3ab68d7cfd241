"""Which part of one recording is which part of another, told from pairs of times that look alike."""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

SPEEDS: Final = tuple(round(0.7 + 0.025 * step, 3) for step in range(31))  # 0.7 to 1.45
LONGEST_GAP: Final = 12.0  # seconds without a pair that still lie within one part of a film

Times = NDArray[np.float64]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds `start` to `end` of the one are `entry_start` to `entry_end` of the other.

    `pairs`: which pairs say so; `moments`: how many different times of the first they are of.
    """

    start: float
    end: float
    entry_start: float
    entry_end: float
    moments: int
    pairs: NDArray[np.int64]


def align(
    times: Times,
    entry_times: Times,
    tolerance: float,
    speeds: tuple[float, ...] = SPEEDS,
    gap: float = LONGEST_GAP,
) -> Part | None:
    """The part that most moments agree on; None when there are no pairs.

    `times[i]` looks like `entry_times[i]`. At one speed, all pairs of one part have about the same
    difference: for each speed the fullest window of differences is sought, then a line is laid through it.
    """
    if not len(times):
        return None
    best = np.zeros(0, np.int64)
    most = (0, 0.0)
    for speed in speeds:
        found = _fullest(entry_times - speed * times, 2 * tolerance)
        score = (len(np.unique(times[found])), -abs(speed - 1))
        if score > most:
            best, most = found, score
    best = _through(times, entry_times, best, tolerance)
    best = _longest_run(times, best, gap)
    return Part(
        start=float(times[best].min()),
        end=float(times[best].max()),
        entry_start=float(entry_times[best].min()),
        entry_end=float(entry_times[best].max()),
        moments=len(np.unique(times[best])),
        pairs=best,
    )


def _fullest(differences: Times, width: float) -> NDArray[np.int64]:
    """The pairs within the window of this width that holds most."""
    order = np.argsort(differences, kind="stable")
    ranked = differences[order]
    ends = np.searchsorted(ranked, ranked + width, side="right")
    first = int(np.argmax(ends - np.arange(len(ranked))))
    return order[first : ends[first]]


def _through(
    times: Times, entry_times: Times, chosen: NDArray[np.int64], tolerance: float
) -> NDArray[np.int64]:
    """The pairs near the straight line through the chosen ones, if those are not fewer."""
    if len(np.unique(times[chosen])) < 3:
        return chosen
    slope, start = np.polyfit(times[chosen], entry_times[chosen], 1)
    near = np.flatnonzero(np.abs(entry_times - slope * times - start) <= tolerance)
    kept = slope > 0 and len(np.unique(times[near])) >= len(np.unique(times[chosen]))
    return near if kept else chosen


def _longest_run(times: Times, chosen: NDArray[np.int64], gap: float) -> NDArray[np.int64]:
    """Of pairs on a line those of the fullest stretch without a long gap."""
    order = chosen[np.argsort(times[chosen], kind="stable")]
    cuts = np.flatnonzero(np.diff(times[order]) > gap) + 1
    runs = np.split(order, cuts)
    return max(runs, key=lambda run: len(np.unique(times[run])))
