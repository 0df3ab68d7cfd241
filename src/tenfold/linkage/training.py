"""Training: weights from pairs that are known to be one person's or not.

Logistic regression on whole bits, with bounds that keep every weight's meaning, pulled towards the weights it
starts from. Pairs with equal findings are one pattern with counts, so cost follows patterns, not pairs.
"""

import math
from collections.abc import Iterable

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.compare import Comparisons
from tenfold.linkage.kinds import ABOUT, TIES, Kind, Level
from tenfold.linkage.ledger import Family
from tenfold.linkage.model import Model, pieces, posts_seen
from tenfold.linkage.parameters import AGAINST, SEGMENTS, Parameters, Weight, name_of
from tenfold.linkage.starting import RARE, by_hand, levels

Floats = NDArray[np.float64]

FINE, COARSE = 1_000, 4_000  # strengths are taken in whole bits, beyond 16 bits in steps of four
HOPELESS, THINNED = -7.0, 10  # pairs of two people with so few bits: one in ten stands for all
PRIOR_PULL = 0.1  # of the weights': what share of pairs are one person's is a platform's own
MIDDLE = 16.0  # log2 of a middling population: keeps prior and per_doubling apart
PASSES = 4  # of damping and caps, which depend on the weights themselves
NEWTON_STEPS = 6
SWEEPS = 60
MOST_SLOPE = 1.2  # bits for a bit of rarity
# Where many copy others' looks, a look tells nothing beside what else was copied. For platforms where nobody
# does, simulated ones leave it so much of the weight that was set by hand; decisions may take all.
LEAST_OF_START = 0.25
MOST_A_DOUBLING, MOST_SHIFT = 1.5, 60.0  # bits that twice as many posts take; that the prior may be
SIZES = (10.0, 11.5, 13.0, 15.0, 17.0, 19.0, 20.0)  # log2 of accounts, at which the prior is learned
MOST_AGAINST = -3.0  # bits: what differs is changed easily
TIME_LIMITS = (-3.0, 4.0)
_LN2 = math.log(2.0)


class Patterns(msgspec.Struct, kw_only=True):
    """Distinct findings: `level` int8 and `strength` int64, both (n, len(Kind)); `population` and `posts`
    (n,) as log2 (model.posts_seen); how many pairs of one person (`same`) and of two (`other`) show each."""

    level: NDArray[np.int8]
    strength: NDArray[np.int64]
    population: Floats
    posts: Floats
    same: Floats
    other: Floats


def patterns(found: Iterable[tuple[Comparisons, NDArray[np.bool_]]], start: Parameters) -> Patterns:
    """Count the findings of labelled comparisons; those that `start` finds hopeless are thinned."""
    model = Model(start)
    rows, labels, weights = [], [], []
    for comparisons, same in found:
        hopeless = ~same & (model.score(comparisons).bits < HOPELESS)
        kept = ~hopeless | (np.cumsum(hopeless) % THINNED == 1)
        weights.append(np.where(hopeless, float(THINNED), 1.0)[kept])
        strength = comparisons.strength[kept]
        step = np.where(np.abs(strength) < 16_000, FINE, COARSE)
        strength = np.rint(strength / step).astype(np.int64) * step
        population = np.full((len(strength), 1), round(100 * math.log2(comparisons.population)))
        posts = np.rint(100.0 * posts_seen(comparisons.posts[kept]))[:, None]
        rows.append(np.hstack([comparisons.level[kept], strength, population, posts]).astype(np.int32))
        labels.append(same[kept])
    table = np.ascontiguousarray(np.concatenate(rows))
    whole = table.view(np.dtype((np.void, table.dtype.itemsize * table.shape[1]))).ravel()
    _, first, number = np.unique(whole, return_index=True, return_inverse=True)
    label, weight = np.concatenate(labels), np.concatenate(weights)
    kinds, distinct = len(Kind), table[first]
    return Patterns(
        level=distinct[:, :kinds].astype(np.int8),
        strength=distinct[:, kinds : 2 * kinds].astype(np.int64),
        population=distinct[:, -2] / 100.0,
        posts=distinct[:, -1] / 100.0,
        same=np.bincount(number, label * weight, len(first)).astype(np.float64),
        other=np.bincount(number, ~label * weight, len(first)).astype(np.float64),
    )


def select(known: Patterns, some: NDArray[np.bool_]) -> Patterns:
    """Some of the patterns."""
    return Patterns(**{name: getattr(known, name)[some] for name in Patterns.__struct_fields__})


def fit(
    known: Patterns, start: Parameters, version: str, *, pull: float, platforms: bool = False
) -> Parameters:
    """Weights for these patterns. `pull`: how many pairs' worth each weight's start counts. With `platforms`
    the patterns are of many, so that what size and posts take from the prior can be learned, too."""
    layout = _Layout(start, platforms)
    theta = layout.start
    given = start
    for _ in range(PASSES):
        design = layout.design(known, Model(given))
        theta = _solve(design, known, layout, theta, pull)
        given = layout.parameters(theta, start, version)
    return given


class _Layout:
    """Which place of the vector is which weight, with its bounds; the last ones are the prior of 2**MIDDLE
    accounts, per_doubling (which stays), per_doubled_posts, and the bits of `by_size`."""

    def __init__(self, start: Parameters, platforms: bool) -> None:
        self.places: list[tuple[Kind, Level]] = [(kind, level) for kind in Kind for level in levels(kind)]
        width = 1 + SEGMENTS
        self.sizes = SIZES if platforms else start.by_size[0]
        self.prior = len(self.places) * width
        size = self.prior + 3 + len(self.sizes)
        self.low, self.high, self.start = np.zeros(size), np.zeros(size), np.zeros(size)
        for number, (kind, level) in enumerate(self.places):
            weight = start.weights.get(name_of(kind, level), Weight())
            part = slice(number * width, (number + 1) * width)
            self.start[part] = (weight.base, *weight.slopes)
            self.low[part], self.high[part] = _bounds(kind, level)
            if platforms and level not in AGAINST and level != Level.HOUSED and kind != Kind.GAP:
                self.low[part][1:] = LEAST_OF_START * np.array(by_hand(kind, level).slopes)
        self.start[self.prior] = start.prior - MIDDLE * start.per_doubling
        self.start[self.prior + 1 : self.prior + 3] = start.per_doubling, start.per_doubled_posts
        self.start[self.prior + 3 :] = np.interp(self.sizes, *start.by_size)
        self.low[self.prior :], self.high[self.prior :] = self.start[self.prior :], self.start[self.prior :]
        self.low[self.prior], self.high[self.prior] = -MOST_SHIFT, MOST_SHIFT
        if platforms:
            self.low[self.prior + 2], self.high[self.prior + 2] = 0.0, MOST_A_DOUBLING
            self.low[self.prior + 3 :], self.high[self.prior + 3 :] = -MOST_SHIFT, MOST_SHIFT

    def design(self, known: Patterns, model: Model) -> NDArray[np.float32]:
        """What each weight is multiplied with in each pattern, damping and caps of `model` applied."""
        raw = model.contributions(known.level, known.strength)
        combined = model.combined(raw)
        support = raw > 1e-9
        factor = np.where(support, combined / np.where(support, raw, 1.0), 1.0)
        factor = np.where(support, factor, model.damping_of_absent())
        parts = pieces(known.strength)
        design = np.zeros((len(known.level), len(self.start)), np.float32)
        width = 1 + SEGMENTS
        for number, (kind, level) in enumerate(self.places):
            rows = np.flatnonzero(known.level[:, kind] == level)
            share = factor[rows, kind] if level not in AGAINST else np.ones(len(rows))
            design[rows, number * width] = share
            design[rows, number * width + 1 : (number + 1) * width] = parts[rows, kind] * share[:, None]
        design[:, self.prior], design[:, self.prior + 1] = 1.0, MIDDLE - known.population
        design[:, self.prior + 2] = -known.posts
        for place in range(len(self.sizes)):
            one = np.eye(len(self.sizes))[place]
            design[:, self.prior + 3 + place] = np.interp(known.population, self.sizes, one)
        return design

    def parameters(self, theta: Floats, start: Parameters, version: str) -> Parameters:
        """The vector as parameters, rounded as it is stored."""
        width = 1 + SEGMENTS
        weights = {}
        for number, (kind, level) in enumerate(self.places):
            values = [round(float(value), 4) + 0.0 for value in theta[number * width : (number + 1) * width]]
            if level == Level.HOUSED:  # never more than where something else is alike
                values = list(map(min, values, theta[(number - 1) * width : number * width].tolist()))
            weights[name_of(kind, level)] = Weight(values[0], tuple(values[1:]))
        prior, _, posts, *sizes = (round(float(value), 4) for value in theta[self.prior :])
        return msgspec.structs.replace(
            start,
            version=version,
            weights=weights,
            prior=round(prior + MIDDLE * start.per_doubling, 4),
            per_doubled_posts=posts,
            by_size=(self.sizes, tuple(sizes)),
        )


def _bounds(kind: Kind, level: Level) -> tuple[Floats, Floats]:
    """Lowest and highest base and slopes: agreement never speaks against, a common value says nothing."""
    low, high = np.zeros(1 + SEGMENTS), np.zeros(1 + SEGMENTS)
    if ABOUT[kind].family == Family.TIME:
        low[0], high[0] = TIME_LIMITS
    elif level == Level.DIFFERENT:
        low[0] = MOST_AGAINST
    elif level == Level.UNLIKE:
        low[1:] = -MOST_SLOPE
    elif kind in TIES:
        high[1:] = MOST_SLOPE
    else:
        high[1 : 1 + (RARE if ABOUT[kind].copyable else RARE + 1)] = MOST_SLOPE
    return low, high


def _solve(
    design: NDArray[np.float32],
    known: Patterns,
    layout: _Layout,
    theta: Floats,
    pull: float,
) -> Floats:
    """Newton's method; each step's quadratic is solved within the bounds by coordinate descent."""
    weight = known.same + known.other
    held = np.full(len(theta), pull)
    held[layout.prior :] = PRIOR_PULL * pull
    used = np.flatnonzero(design.any(axis=0))
    design, held, start = design[:, used], held[used], layout.start[used]
    low, high = layout.low[used], layout.high[used]
    whole, theta = theta.copy(), theta[used]
    for _ in range(NEWTON_STEPS):
        odds = np.clip(design @ theta, -60, 60)
        probability = 1.0 / (1.0 + np.exp2(-odds))
        slope = (known.same - weight * probability) * _LN2
        bend = np.maximum(weight * probability * (1 - probability), 1e-9) * _LN2 * _LN2
        gradient = design.T @ slope.astype(np.float32) - held * (theta - start)
        scaled = design * np.sqrt(bend).astype(np.float32)[:, None]
        hessian = (scaled.T @ scaled).astype(np.float64) + np.diag(held)
        step = _bounded(hessian, gradient, low - theta, high - theta)
        theta = np.clip(theta + step, low, high)
        if np.abs(step).max() < 1e-3:
            break
    whole[used] = theta
    return whole


def _bounded(hessian: Floats, gradient: Floats, low: Floats, high: Floats) -> Floats:
    """The step that maximises gradient @ step - step @ hessian @ step / 2 between low and high."""
    step = np.zeros(len(gradient))
    rest = gradient.copy()
    diagonal = np.diag(hessian)
    for _ in range(SWEEPS):
        moved = 0.0
        for i in range(len(step)):
            value = min(max(step[i] + rest[i] / diagonal[i], low[i]), high[i])
            change = value - step[i]
            if change:
                step[i] = value
                rest -= change * hessian[:, i]
                moved = max(moved, abs(change))
        if moved < 1e-5:
            break
    return step
