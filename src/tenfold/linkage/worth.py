"""What sharing a key is worth to the model: the small table of integers with which engines find candidates.

It stands in for the whole comparison, which only pairs that may come to something get: for each kind of key, and
for each number of accounts that show it, the bits that the model gives for it alone, in thousandths.
"""

import math

import msgspec
import numpy as np
import pyarrow as pa

from tenfold.linkage.keys import KeyKind
from tenfold.linkage.kinds import ABOUT, TIES, Kind, Level
from tenfold.linkage.model import Model
from tenfold.linkage.rarity import millibits

# Bits that a pair may yet gain from what keys do not tell: the time since the closure, style, rhythm, names spelt
# alike. docs/sweeps.md has what is lost by it.
SLACK_BITS = 4.0
OPEN_BITS = 4.0  # more than that: pairs of which neither account is closed
WEAK_FOR_OPEN = frozenset(
    {KeyKind.NETWORK, KeyKind.DOMAIN, KeyKind.BIO_SHINGLE, KeyKind.AVATAR_BAND, KeyKind.BANNER_BAND}
    | {KeyKind.GROUP, KeyKind.FOLLOWS, KeyKind.MENTIONS, KeyKind.FOLLOWED_BY, KeyKind.MENTIONED_BY}
)
_FINDINGS = {
    KeyKind.HANDLE_SKELETON: (Kind.HANDLE, Level.LETTERS),
    KeyKind.HANDLE_PHONETIC: (Kind.HANDLE, Level.SOUND),
    KeyKind.NAME_SKELETON: (Kind.NAME, Level.LETTERS),
    KeyKind.NAME_PHONETIC: (Kind.NAME, Level.SOUND),
    KeyKind.BIO: (Kind.BIO, Level.EQUAL),
    KeyKind.BIO_SHINGLE: (Kind.BIO, Level.NEAR),
    KeyKind.AVATAR: (Kind.AVATAR, Level.EQUAL),
    KeyKind.AVATAR_BAND: (Kind.AVATAR, Level.NEAR),
    KeyKind.BANNER: (Kind.BANNER, Level.EQUAL),
    KeyKind.BANNER_BAND: (Kind.BANNER, Level.NEAR),
    KeyKind.SELF: (Kind.ANNOUNCED, Level.SHARED),
} | {about.key: (kind, Level.SHARED) for kind, about in ABOUT.items() if about.key is not None}


class Worth(msgspec.Struct, kw_only=True):
    """`points`: int64 (64, cap + 1), thousandths of a bit by KeyKind and number of accounts; 0 below 2
    accounts. `evidence`: int64 (64,), the Kind that a key is evidence of: of one Kind the best key counts,
    or all together where `summed` (bool, (64,)) says so."""

    points: np.ndarray
    evidence: np.ndarray
    summed: np.ndarray

    def table(self) -> pa.Table:
        """(kind, accounts, evidence, summed, points), for engines."""
        kinds, accounts = np.nonzero(self.points)
        return pa.table(
            {
                "kind": pa.array(kinds, pa.int64()),
                "accounts": pa.array(accounts, pa.int64()),
                "evidence": pa.array(self.evidence[kinds], pa.int64()),
                "summed": pa.array(self.summed[kinds].astype(np.int64)),
                "points": pa.array(self.points[kinds, accounts], pa.int64()),
            }
        )


def worth(model: Model, population: int, cap: int) -> Worth:
    """The table for keys that 2 to `cap` accounts show."""
    accounts = np.arange(2, cap + 1)
    strength = millibits(population, accounts)
    points = np.zeros((64, cap + 1), np.int64)
    evidence, summed = np.zeros(64, np.int64), np.zeros(64, np.bool_)
    for key, (kind, level) in _FINDINGS.items():
        levels = np.zeros((len(accounts), len(Kind)), np.int8)
        strengths = np.zeros((len(accounts), len(Kind)), np.int64)
        levels[:, kind], strengths[:, kind] = level, strength
        found = np.rint(1000.0 * model.contributions(levels, strengths)[:, kind]).astype(np.int64)
        points[key, 2:] = np.maximum(found, 0)
        evidence[key], summed[key] = kind, kind in TIES
    return Worth(points=points, evidence=evidence, summed=summed)


def floor(model: Model, population: int, slack_bits: float = SLACK_BITS) -> int:
    """Points that a pair must have, in thousandths of a bit: with `slack_bits` more it would be shown."""
    given = model.parameters
    odds = math.log2(given.possible / (1.0 - given.possible))
    bits, calibrated = given.calibration
    needed = float(np.interp(odds, calibrated, bits)) - model.prior_bits(population)
    return max(1, round(1000 * (needed - slack_bits)))
