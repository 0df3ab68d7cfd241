"""How good links are: measures over pairs and over accounts, with the intervals that their counts allow."""

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

BINS = 10
Z = 1.96  # 95 %


class Share(msgspec.Struct, frozen=True):
    """`hits` of `of`, with Wilson's interval (1927) of 95 %."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """The share; 0 of nothing is 0."""
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Lowest and highest share that 95 % confidence leaves."""
        if not self.of:
            return 0.0, 1.0
        p, n, z2 = self.value, self.of, Z * Z
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = Z / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)


def share(flags: Flags) -> Share:
    """How many are true."""
    return Share(int(flags.sum()), len(flags))


def average_precision(score: Floats, same: Flags, sought: int | None = None) -> float:
    """Mean precision at each pair of one person, best first (ties averaged by their order); `sought` counts
    also those that never became a pair. 0 when nothing is sought."""
    order = np.argsort(-score, kind="stable")
    hits = same[order]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    total = int(hits.sum()) if sought is None else sought
    return float(precision[hits].sum() / total) if total else 0.0


def calibration_error(probability: Floats, same: Flags) -> float:
    """Expected calibration error: |mean probability - share| over BINS equal widths, weighted by pairs."""
    if not len(probability):
        return 0.0
    number = np.minimum((probability * BINS).astype(np.int64), BINS - 1)
    pairs = np.bincount(number, minlength=BINS)
    shown = np.bincount(number, probability, BINS)
    true = np.bincount(number, same, BINS)
    return float(np.abs(shown - true).sum() / pairs.sum())


def reliability(probability: Floats, same: Flags) -> list[tuple[float, float, int]]:
    """Mean probability, share of one person and pairs of each of BINS equal widths that has any."""
    number = np.minimum((probability * BINS).astype(np.int64), BINS - 1)
    rows = []
    for place in range(BINS):
        inside = number == place
        if inside.any():
            rows.append((float(probability[inside].mean()), float(same[inside].mean()), int(inside.sum())))
    return rows


def threshold(best: Floats, honest: int, rate: float) -> float:
    """The least score at which at most `rate` of `honest` accounts are flagged. `best`: the best score of
    each honest account that has any pair."""
    allowed = math.floor(rate * honest)
    if allowed >= len(best):
        return -math.inf
    return float(np.nextafter(np.sort(best)[::-1][allowed], math.inf))


def rate_ratio(first: Share, second: Share) -> tuple[float, float, float]:
    """Ratio of two shares, and its 95 % interval on the log scale (Katz et al. 1978, half a case added)."""
    a, b = (first.hits + 0.5) / (first.of + 0.5), (second.hits + 0.5) / (second.of + 0.5)
    spread = Z * math.sqrt(
        max(
            0.0,
            1 / (first.hits + 0.5) - 1 / (first.of + 0.5) + 1 / (second.hits + 0.5) - 1 / (second.of + 0.5),
        )
    )
    ratio = a / b
    return ratio, ratio * math.exp(-spread), ratio * math.exp(spread)


def best_of(accounts: NDArray[np.int64], score: Floats, size: int) -> Floats:
    """The best score of each account 0..size-1; minus infinity for those without a pair."""
    best = np.full(size, -np.inf)
    np.maximum.at(best, accounts, score)
    return best


def quantiles(values: Sequence[float], at: Sequence[float] = (0.5, 0.9)) -> list[float]:
    """Quantiles of values; empty for none."""
    return [float(value) for value in np.quantile(np.array(values), at)] if len(values) else []
