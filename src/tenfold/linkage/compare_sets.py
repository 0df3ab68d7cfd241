"""Values of which two accounts may share several (tokens, links, media, ties), and bios."""

import numpy as np

from tenfold.linkage.comparisons import Comparisons, Found, Groups, Pairs, clear
from tenfold.linkage.keys import KeyKind
from tenfold.linkage.kinds import ABOUT, SETS, TIES, Kind, Level
from tenfold.linkage.rarity import millibits

MOST_TIE = 12_000  # thousandths of a bit a tie: circles of friends do not grow with the platform
LEAST_TIES = 5  # fewer ties that differ say nothing
_SETS = np.array(SETS)
_KEYS = np.array([ABOUT[kind].key for kind in SETS])
_LEAST = np.array([LEAST_TIES if kind in TIES else 1 for kind in SETS])
_KIND = np.full(len(KeyKind) + 1, -1)  # by kind of key
_KIND[_KEYS] = SETS
_TIED = np.isin(np.arange(len(Kind)), TIES)
_LOG_FACTORIAL = np.concatenate(([0.0], np.cumsum(np.log2(np.arange(1, 1_025)))))  # log2 k!


def sets(made: Comparisons, found: Found) -> None:
    """Values of which two accounts may share several: tokens, links, media, ties."""
    both = np.minimum(found.left[:, _KEYS], found.right[:, _KEYS]) >= _LEAST
    made.level[:, _SETS] = np.where(both, Level.DIFFERENT, Level.MISSING)
    bits = millibits(made.population, found.accounts)
    tied = found.sums(np.where(found.accounts > 0, np.minimum(bits, MOST_TIE), 0))
    some = np.flatnonzero(_KIND[found.groups.kind] >= 0)
    groups = found.groups.take(some)
    kind = _KIND[groups.kind]
    strength = np.where(
        _TIED[kind], _tied(found, groups, tied[some]), millibits(made.population, groups.fewest)
    )
    counts = groups.keys > 0  # where all that is shared is muted, it is as if nothing were shown
    made.level[groups.pair, kind] = np.where(counts, Level.SHARED, Level.MISSING)
    made.strength[groups.pair, kind] = np.where(counts, strength, 0)
    made.accounts[groups.pair, kind] = groups.fewest
    made.count[groups.pair, kind] = groups.keys


def _tied(found: Found, groups: Groups, bits: Pairs) -> Pairs:
    """Rarity of all shared ties, less what comes of having many: of m and n ties, chance alone lets
    lambda = m * n * 2**-rarity be shared, and k of them with lambda**k / k! (Poisson's tail). Half of
    that is taken off, because those who know one another share more than chance has it.
    """
    left, right = found.left[groups.pair, groups.kind], found.right[groups.pair, groups.kind]
    chances = np.log2(np.maximum(left.astype(np.float64) * right, 1.0))
    orders = _LOG_FACTORIAL[np.minimum(groups.keys, len(_LOG_FACTORIAL) - 1)]
    total = bits - 500.0 * (groups.keys * chances - orders)
    return np.rint(np.maximum(total, 0.0)).astype(np.int64)


def nested(made: Comparisons) -> None:
    """Of an address and its network, of a page and its host, only the narrower counts."""
    for narrow, wide in ((Kind.ADDRESS, Kind.NETWORK), (Kind.URL, Kind.DOMAIN)):
        clear(made, np.flatnonzero(made.level[:, narrow] == Level.SHARED), wide)


def bios(made: Comparisons, found: Found) -> None:
    """The whole text, else runs of words; as rare as the rarest of what is shared."""
    made.level[found.both(KeyKind.BIO), Kind.BIO] = Level.DIFFERENT
    for key, level in ((KeyKind.BIO_SHINGLE, Level.NEAR), (KeyKind.BIO, Level.EQUAL)):
        if not found.any(key):
            continue
        made.level[found.of_kind(key).pair, Kind.BIO] = Level.MISSING
        pair, accounts = found.fewest(key)
        made.level[pair, Kind.BIO] = level
        made.accounts[pair, Kind.BIO] = accounts
        bits = millibits(made.population, accounts)
        made.strength[pair, Kind.BIO] = np.maximum(made.strength[pair, Kind.BIO], bits)
