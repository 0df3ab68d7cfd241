"""When people are awake: how the day, the week and the time zone shape activity."""

import numpy as np
from numpy.typing import NDArray

# Relative activity by local hour: trough before dawn, a first peak at noon, the high one at night.
BY_HOUR = np.array(
    [5, 3, 2, 1.2, 1, 1.3, 2.5, 4, 5.5, 6.5, 7, 7.5, 8.5, 8, 7.5, 7, 7, 7.5, 8, 9, 10.5, 11, 10, 7.5],
    dtype=np.float64,
)
WEEKEND = 1.25  # people write a quarter more when they are free
ARABIC_WEEKEND = (4, 5)  # Friday and Saturday; Monday is 0
LATIN_WEEKEND = (5, 6)

# Hours from UTC and share of people, by name culture.
ARABIC_ZONES = ((3, 0.45), (2, 0.30), (1, 0.15), (4, 0.06), (-5, 0.04))
LATIN_ZONES = ((0, 0.28), (-5, 0.27), (1, 0.15), (-8, 0.12), (5, 0.08), (10, 0.06), (3, 0.04))


def zones(size: int, arabic: NDArray[np.bool_], generator: np.random.Generator) -> NDArray[np.int8]:
    """Hours from UTC of `size` people."""
    drawn = np.empty(size, dtype=np.int8)
    for culture, table in ((arabic, ARABIC_ZONES), (~arabic, LATIN_ZONES)):
        hours, shares = np.array(table, dtype=np.float64).T
        drawn[culture] = generator.choice(hours.astype(np.int8), int(culture.sum()), p=shares / shares.sum())
    return drawn


def intensity(hours_since_epoch: NDArray[np.int64], zone: int, arabic: bool) -> NDArray[np.float64]:
    """Relative activity in each given hour (UTC) of people `zone` hours from UTC."""
    local = hours_since_epoch + zone
    weekday = (local // 24 + 3) % 7  # 1970-01-01 was a Thursday
    free = np.isin(weekday, ARABIC_WEEKEND if arabic else LATIN_WEEKEND)
    return BY_HOUR[local % 24] * np.where(free, WEEKEND, 1.0)
