"""Calibration: what share of pairs with so many bits really are one person's; and the prior's shift."""

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.model import posts_seen
from tenfold.linkage.parameters import CURVES, Curve, Parameters

Floats = NDArray[np.float64]

LEAST_PAIRS = 40  # of one step, so that its share is no accident
PSEUDO = 0.5  # pairs added to each side of a step (Jeffreys' prior): no share is 0 or 1
REACH = 40.0  # bits below the first step, in which log2 odds fall as bits do
WINDOW = (-4.0, 6.0)  # bits between which a pair may be the one or the other: where shifts are measured
SHIFT_PULL = 5.0  # pairs' worth of no shift
_STEPS = 30
_LN2 = math.log(2.0)


class Tried(msgspec.Struct):
    """Pairs of one platform of which the truth is known: `bits`, `posts` of the newer account, `same`; all
    (n,). `population`: accounts of the platform."""

    bits: Floats
    posts: NDArray[np.int64]
    same: NDArray[np.bool_]
    population: int


def aligned(given: Parameters, tried: Sequence[Tried]) -> Parameters:
    """The parameters with `by_size` and `per_doubled_posts` such that equal bits mean equal odds on small and
    on large platforms, after few posts and after many; each platform weighs the same.

    Logistic regression of the truth on bits, posts and size (Newton's method), between the bits of WINDOW.
    """
    sizes = given.by_size[0]
    rows, labels, weights = [], [], []
    for one in tried:
        inside = (one.bits > WINDOW[0]) & (one.bits < WINDOW[1])
        if not inside.any():
            continue
        size = [float(np.interp(math.log2(one.population), sizes, each)) for each in np.eye(len(sizes))]
        count = int(inside.sum())
        fixed = np.tile([1.0, *size], (count, 1))
        rows.append(np.column_stack([fixed, one.bits[inside], posts_seen(one.posts[inside])]))
        labels.append(one.same[inside])
        weights.append(np.full(count, 1.0 / math.sqrt(count)))
    if not rows:
        return given
    weight = np.concatenate(weights)
    found = _logistic(np.concatenate(rows), np.concatenate(labels), weight * len(weight) / weight.sum())
    slope = float(found[-2])
    shifts = [
        round(old + float(new) / slope, 4) for old, new in zip(given.by_size[1], found[1:-2], strict=True)
    ]
    shifts = _onwards(sizes, shifts, max(math.log2(one.population) for one in tried))
    posts = max(0.0, round(given.per_doubled_posts - float(found[-1]) / slope, 4))
    return msgspec.structs.replace(given, by_size=(sizes, tuple(shifts)), per_doubled_posts=posts)


def _onwards(sizes: Sequence[float], shifts: list[float], largest: float) -> list[float]:
    """Beyond the largest platform the line of the last two sizes goes on."""
    for place in range(2, len(sizes)):
        if sizes[place - 1] >= largest:
            rise = (shifts[place - 1] - shifts[place - 2]) / (sizes[place - 1] - sizes[place - 2])
            shifts[place] = round(shifts[place - 1] + rise * (sizes[place] - sizes[place - 1]), 4)
    return shifts


def _logistic(design: Floats, same: NDArray[np.bool_], weight: Floats) -> Floats:
    """Coefficients in bits; all but the first and the slope of bits are pulled towards 0."""
    pull = np.full(design.shape[1], SHIFT_PULL)
    pull[[0, -2]] = 1e-6
    theta = np.zeros(design.shape[1])
    theta[-2] = 1.0
    for _ in range(_STEPS):
        probability = 1.0 / (1.0 + np.exp2(-np.clip(design @ theta, -60, 60)))
        bend = weight * np.maximum(probability * (1 - probability), 1e-9)
        gradient = design.T @ (weight * (same - probability)) / _LN2 - pull * theta
        step = np.linalg.solve((design * bend[:, None]).T @ design + np.diag(pull), gradient)
        theta = theta + step
        if np.abs(step).max() < 1e-6:
            break
    return theta


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


def curve(bits: Floats, same: NDArray[np.bool_]) -> Curve:
    """What bits mean in pairs like these, straight between the steps; beyond the last one nothing more."""
    where, share, pairs = steps(bits, same)
    hits = share * pairs
    odds = np.log2((hits + PSEUDO) / (pairs - hits + PSEUDO))
    odds = np.maximum.accumulate(odds)
    first, last = float(where[0]), float(where[-1])
    knots = [(first - REACH, float(odds[0]) - REACH), *zip(where.tolist(), odds.tolist(), strict=True)]
    knots.append((last + REACH, float(odds[-1])))
    return tuple(round(place, 3) for place, _ in knots), tuple(round(value, 3) for _, value in knots)


def calibrated(given: Parameters, bits: Floats, same: NDArray[np.bool_]) -> Parameters:
    """The parameters with one curve for all pairs, from these."""
    return msgspec.structs.replace(given, calibration=curve(bits, same), copyable=None, alike=None, worn=None)


def shifted(given: Parameters, trained_share: float, share: float) -> Parameters:
    """The parameters for a platform where `share` of the new accounts are returns instead of `trained_share`:
    prior-shift correction (Saerens et al. 2002), a constant on the log2 odds. ValueError outside (0, 1)."""
    if not (0 < share < 1 and 0 < trained_share < 1):
        raise ValueError(f"shares of returns lie between 0 and 1: {trained_share}, {share}")
    change = math.log2(share / (1 - share)) - math.log2(trained_share / (1 - trained_share))
    moved = [(bits, tuple(round(value + change, 3) for value in odds)) for bits, odds in given.curves]
    return msgspec.structs.replace(given, **dict(zip(CURVES, moved, strict=True)))
