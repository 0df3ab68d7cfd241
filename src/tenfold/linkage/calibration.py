"""Calibration: what share of pairs with so many bits really are one person's; and the prior's shift."""

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.parameters import Parameters

Floats = NDArray[np.float64]

LEAST_PAIRS = 40  # of one step, so that its share is no accident
PSEUDO = 0.5  # pairs added to each side of a step (Jeffreys' prior): no share is 0 or 1
REACH = 40.0  # bits, beyond which log2 odds stay as they are


def steps(bits: Floats, same: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Isotonic regression (pool adjacent violators, Ayer et al. 1955) of `same` on bits, in steps of at
    least LEAST_PAIRS pairs: mean bits, share of one person, pairs of each step."""
    order = np.argsort(bits, kind="stable")
    cuts = np.arange(0, len(order), LEAST_PAIRS)
    pairs = np.diff(np.append(cuts, len(order))).astype(np.float64)
    hits = np.add.reduceat(same[order].astype(np.float64), cuts)
    where = np.add.reduceat(bits[order], cuts)
    pooled: list[list[float]] = []
    for hit, pair, place in zip(hits.tolist(), pairs.tolist(), where.tolist(), strict=True):
        pooled.append([hit, pair, place])
        while len(pooled) > 1 and pooled[-2][0] * pooled[-1][1] >= pooled[-1][0] * pooled[-2][1]:
            last = pooled.pop()
            pooled[-1] = [a + b for a, b in zip(pooled[-1], last, strict=True)]
    table = np.array(pooled)
    return table[:, 2] / table[:, 1], table[:, 0] / table[:, 1], table[:, 1]


def calibrated(given: Parameters, bits: Floats, same: NDArray[np.bool_]) -> Parameters:
    """The parameters with a calibration from these pairs, straight between the steps."""
    where, share, pairs = steps(bits, same)
    hits = share * pairs
    odds = np.log2((hits + PSEUDO) / (pairs - hits + PSEUDO))
    odds = np.maximum.accumulate(odds)
    first, last = float(where[0]), float(where[-1])
    knots = [(first - REACH, float(odds[0]) - REACH), *zip(where.tolist(), odds.tolist(), strict=True)]
    knots.append((last + REACH, float(odds[-1]) + REACH))
    kept = tuple(round(place, 3) for place, _ in knots), tuple(round(value, 3) for _, value in knots)
    return msgspec.structs.replace(given, calibration=kept)


def shifted(given: Parameters, trained_share: float, share: float) -> Parameters:
    """The parameters for a platform where `share` of the new accounts are returns instead of `trained_share`:
    prior-shift correction (Saerens et al. 2002), a constant on the log2 odds. ValueError outside (0, 1)."""
    if not (0 < share < 1 and 0 < trained_share < 1):
        raise ValueError(f"shares of returns lie between 0 and 1: {trained_share}, {share}")
    change = math.log2(share / (1 - share)) - math.log2(trained_share / (1 - trained_share))
    bits, odds = given.calibration
    moved = tuple(round(value + change, 3) for value in odds)
    return msgspec.structs.replace(given, calibration=(bits, moved))
