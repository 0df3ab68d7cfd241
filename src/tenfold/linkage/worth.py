"""What sharing a key is worth to the model: the small table of integers with which engines find candidates.

It stands in for the whole comparison, which only pairs that may come to something get: for each kind of key,
and for each number of accounts that show it, the bits that the model gives for it alone, in thousandths.
"""

import math

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tenfold.linkage import time_gap
from tenfold.linkage.compare_sets import MOST_TIE
from tenfold.linkage.keys import KIND_MASK, KeyKind
from tenfold.linkage.kinds import ABOUT, TIES, Kind, Level
from tenfold.linkage.ledger import Family
from tenfold.linkage.model import Model
from tenfold.linkage.parameters import KNOTS
from tenfold.linkage.rarity import millibits

# Bits that a pair may yet gain from what keys and time do not tell: style, rhythm, names spelt alike.
# docs/sweeps.md has what is lost by it.
SLACK_BITS = 2.0
FINDS_OPEN = 2000  # points that the rarest key of a kind is worth at least, to find open accounts by
OPEN_BITS = 2.0  # more than that: pairs of which neither account is closed
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
    accounts. `evidence`: int64 (64,), the Kind that a key is evidence of. Of one Kind the best key counts,
    and each further one `more`, up to `most` (both int64 (len(Kind),); only ties have more than one).

    Kinds of one family are damped and capped as the model does: `family` (len(Kind),) of a kind, `damping`
    (in thousandths) and `cap` (in points) of a family. `gap` (len(Level),): those of the time from a closure.
    """

    points: np.ndarray
    evidence: np.ndarray
    more: np.ndarray
    most: np.ndarray
    family: np.ndarray
    damping: np.ndarray
    cap: np.ndarray
    gap: np.ndarray

    def useful(self, counts: pa.Table, muted: NDArray[np.int64], open_cap: int) -> pa.Table:
        """Of (key, accounts, closed), ascending by key, the keys that find somebody: (key, place, evidence,
        points, open_points), places 0, 1, ... Points between open accounts only for kinds that are strong
        enough to tie them, where 2 to `open_cap` open accounts show the key."""
        key, accounts, closed = (counts[name].to_numpy() for name in ("key", "accounts", "closed"))
        kind = key & KIND_MASK
        cap = self.points.shape[1]
        points = self.points[kind, np.where((accounts < cap) & (closed > 0), accounts, 0)]
        strong = np.isin(kind, sorted(set(self.finders(FINDS_OPEN)) - WEAK_FOR_OPEN))
        still = accounts - closed
        open_points = self.points[kind, np.where(strong & (still <= open_cap), still, 0)]
        kept = ((points > 0) | (open_points > 0)) & ~np.isin(key, muted)
        return pa.table(
            {
                "key": pa.array(key[kept], pa.int64()),
                "place": pa.array(np.arange(np.count_nonzero(kept)), pa.int32()),
                "evidence": pa.array(self.evidence[kind[kept]], pa.int64()),
                "points": pa.array(points[kept], pa.int64()),
                "open_points": pa.array(open_points[kept], pa.int64()),
            }
        )

    def agreement(
        self, evidence: NDArray[np.int64], best: NDArray[np.int64], count: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Points of `count` shared keys of a kind of evidence, of which the best one has `best`."""
        most = self.most[evidence]
        several = np.minimum(best + (count - 1) * self.more[evidence], most)
        return np.where(most > 0, several, best)

    def together(
        self, pair: NDArray[np.int64], evidence: NDArray[np.int64], agreed: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Each pair once, and the points of all its kinds of evidence, which are given ascending by pair and
        kind, each once, with the points of each (`agreement`)."""
        if not len(pair):
            return pair, agreed
        family = self.family[evidence]
        first = np.flatnonzero((np.diff(pair, prepend=-1) != 0) | (np.diff(family, prepend=-1) != 0))
        best, total = np.maximum.reduceat(agreed, first), np.add.reduceat(agreed, first)
        family, pair = family[first], pair[first]
        total = np.minimum(best + (total - best) * self.damping[family] // 1000, self.cap[family])
        first = np.flatnonzero(np.diff(pair, prepend=-1))
        return pair[first], np.add.reduceat(total, first)

    def after(self, closed_us: NDArray[np.int64], created_us: NDArray[np.int64]) -> NDArray[np.int64]:
        """Points of the time from a closure to a creation; 0 where it is not known."""
        return np.asarray(self.gap[time_gap.levels(closed_us, created_us)], np.int64)

    def finders(self, least: int) -> list[int]:
        """Kinds of keys that are worth at least so many points where they are rare."""
        return np.flatnonzero(self.points.max(axis=1) >= least).tolist()


def worth(model: Model, population: int, cap: int) -> Worth:
    """The table for keys that 2 to `cap` accounts show."""
    accounts = np.arange(2, cap + 1)
    strength = millibits(population, accounts)
    points = np.zeros((64, cap + 1), np.int64)
    evidence = np.zeros(64, np.int64)
    for key, (kind, level) in _FINDINGS.items():
        found = _bits_of(model, kind, level, np.minimum(strength, MOST_TIE) if kind in TIES else strength)
        points[key, 2:] = np.maximum(found, 0)
        evidence[key] = kind
    more, most = np.zeros(len(Kind), np.int64), np.zeros(len(Kind), np.int64)
    for kind in TIES:
        first, second, whole = _bits_of(
            model, kind, Level.SHARED, np.array([MOST_TIE, 2 * MOST_TIE, round(1000 * KNOTS[-1])])
        )
        more[kind], most[kind] = second - first, whole
    given, families = model.parameters, list(Family)
    none = np.zeros(1, np.int64)
    return Worth(
        points=points,
        evidence=evidence,
        more=more,
        most=most,
        family=np.array([families.index(ABOUT[kind].family) for kind in Kind]),
        damping=np.array([round(1000 * given.damping[family]) for family in families]),
        cap=np.array([round(1000 * given.caps[family]) for family in families]),
        gap=np.array([_bits_of(model, Kind.GAP, level, none)[0] for level in Level]),
    )


def _bits_of(model: Model, kind: Kind, level: Level, strength: NDArray[np.int64]) -> NDArray[np.int64]:
    """What the model gives for one finding alone, in thousandths of a bit."""
    levels = np.zeros((len(strength), len(Kind)), np.int8)
    strengths = np.zeros((len(strength), len(Kind)), np.int64)
    levels[:, kind], strengths[:, kind] = level, strength
    return np.rint(1000.0 * model.contributions(levels, strengths)[:, kind]).astype(np.int64)


def floor(model: Model, population: int, slack_bits: float = SLACK_BITS) -> int:
    """Points that a pair must have, in thousandths of a bit: with `slack_bits` more it would be shown."""
    given = model.parameters
    odds = math.log2(given.possible / (1.0 - given.possible))
    least = min(float(np.interp(odds, calibrated, bits)) for bits, calibrated in given.curves)
    needed = least - model.prior_bits(population)
    return max(1, round(1000 * (needed - slack_bits)))
