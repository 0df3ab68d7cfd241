"""Which pairs may be shown at all, told before all of them is compared: by the most that they may come to."""

import math
from bisect import bisect_left
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.comparisons import Comparisons
from tenfold.linkage.kinds import HOME, Kind, Level
from tenfold.linkage.model import Model
from tenfold.linkage.parameters import AGAINST, KNOTS, Parameters, Weight, name_of

_ROUNDING = 0.05  # of bits: items are rounded one by one
_STEP = 100  # thousandths of a bit: strength is rounded up to it, of what speaks against down
_STEPS = round(1000 * KNOTS[-1]) // _STEP + 1
_FIRST = np.arange(len(Kind)) * len(Level)
_UP = np.array([0 if level in AGAINST else _STEP - 1 for level in Level])  # by level


class Bound:
    """A model's sum at its highest. More evidence never lowers it: no weight of agreement falls with
    strength, what is damped still adds, and a cap only stops the sum of its family from growing."""

    def __init__(self, model: Model) -> None:
        self._model = Model(_highest(model.parameters))
        self._bits = _table(self._model)
        given = model.parameters
        odds = math.log2(given.possible / (1.0 - given.possible))
        self._needed = min(_bits_at(odds, *curve) for curve in given.curves)

    def may_be_shown(self, most: Comparisons) -> NDArray[np.bool_]:
        """Pairs whose probability reaches `possible` if all that is open comes to what `most` says; none is
        left out that would have a level."""
        steps = np.minimum((np.abs(most.strength) + _UP[most.level]) // _STEP, _STEPS - 1)
        raw = self._bits.take((_FIRST + most.level) * _STEPS + steps)
        before = self._model.prior_bits(most.population) - self._model.posted(most.posts)
        bits = before + self._model.combined(raw).sum(axis=1) + _ROUNDING
        return np.asarray(bits >= self._needed)


def _bits_at(odds: float, bits: Sequence[float], calibrated: Sequence[float]) -> float:
    """From how many bits on a curve is at these odds or above; both ascend."""
    place = bisect_left(calibrated, odds)
    if place == 0:
        return -math.inf
    if place == len(bits):
        return math.inf
    low, high = calibrated[place - 1 : place + 1]
    return bits[place - 1] + (odds - low) / (high - low) * (bits[place] - bits[place - 1])


def _table(model: Model) -> NDArray[np.float64]:
    """Bits of every kind and level at each step of strength: (len(Kind), len(Level), _STEPS)."""
    strength = np.repeat(_STEP * np.arange(_STEPS)[:, None], len(Kind), axis=1)
    bits = [model.contributions(np.full_like(strength, level, np.int8), strength).T for level in Level]
    return np.ascontiguousarray(np.stack(bits, axis=1))


def _highest(given: Parameters) -> Parameters:
    """Where comparing may yet find housemates, what is shared counts as whichever weighs more."""
    weights = dict(given.weights)
    for kind in HOME:
        _raise(weights, kind, Level.SHARED, (Level.SHARED, Level.HOUSED))
    return msgspec.structs.replace(given, weights=weights)


def _raise(weights: dict[str, Weight], kind: Kind, level: Level, of: Sequence[Level]) -> None:
    """Let a level weigh as much as any of some, at every strength."""
    found = [weights.get(name_of(kind, one), Weight()) for one in of]
    slopes = tuple(max(column) for column in zip(*(weight.slopes for weight in found), strict=True))
    weights[name_of(kind, level)] = Weight(max(weight.base for weight in found), slopes)
