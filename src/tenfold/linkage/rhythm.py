"""When an account posts: do two accounts keep the same hours?"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from tenfold.fingerprint import HOURS

_HOUR_US = 3_600_000_000
LEAST = 20  # hours with posts, below which nothing is said
MOST_BITS = 3.0


def hours(times_us: Iterable[int]) -> tuple[int, ...]:
    """24 counts: in how many different hours (of some day) it posted, by hour of the day, UTC.

    A burst of posts within one hour counts once: such posts are no independent observations.
    """
    times = np.fromiter(times_us, dtype=np.int64)
    if not len(times):
        return ()
    spoken = np.unique(times // _HOUR_US)
    return tuple(np.bincount(spoken % HOURS, minlength=HOURS).tolist())


def similarity(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float32]:
    """log2 likelihood ratio "same habits", pair by pair of (n, 24) counts; 0 where either has few posts."""
    a, b = left.astype(np.float64), right.astype(np.float64)
    few = np.minimum(a.sum(axis=1), b.sum(axis=1))
    p = (a + 1) / (a + 1).sum(axis=1, keepdims=True)
    q = (b + 1) / (b + 1).sum(axis=1, keepdims=True)
    overlap = np.sqrt(p * q).sum(axis=1)
    bits = np.clip(20 * (overlap - 0.95), -MOST_BITS, MOST_BITS / 3) * np.minimum(few / 200, 1.0)
    return np.where(few >= LEAST, bits, 0.0).astype(np.float32)
