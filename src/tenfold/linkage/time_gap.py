"""The time from a closure to the creation of another account, in steps."""

import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.kinds import Level
from tenfold.linkage.table import NEVER

DAY_US = 86_400_000_000
AFTER = (
    (1, Level.DAY),
    (3, Level.DAYS),
    (7, Level.WEEK),
    (14, Level.FORTNIGHT),
    (31, Level.MONTH),
    (92, Level.QUARTER),
)


def levels(closed_us: NDArray[np.int64], created_us: NDArray[np.int64]) -> NDArray[np.int8]:
    """A Level for each pair; MISSING where either time is NEVER."""
    known = (closed_us != NEVER) & (created_us != NEVER)
    days = np.where(known, created_us - np.where(known, closed_us, 0), 0) / DAY_US
    level = np.full(len(days), Level.LATER, np.int8)
    for limit, name in reversed(AFTER):
        level[days < limit] = name
    level[days < 0] = Level.BEFORE
    return np.where(known, level, np.int8(Level.MISSING))
