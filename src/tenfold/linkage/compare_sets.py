"""Values of which two accounts may share several (tokens, links, media, ties), and bios."""

import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.comparisons import Comparisons, Found, Pairs, clear
from tenfold.linkage.keys import KeyKind
from tenfold.linkage.kinds import ABOUT, SETS, TIES, Kind, Level
from tenfold.linkage.rarity import millibits

MOST_TIE = 12_000  # thousandths of a bit a tie: circles of friends do not grow with the platform
LEAST_TIES = 5  # fewer ties that differ say nothing
_KEYS = [key for kind in SETS if (key := ABOUT[kind].key)]
_LEAST = np.array([LEAST_TIES if kind in TIES else 1 for kind in SETS])
_LOG_FACTORIAL = np.concatenate(([0.0], np.cumsum(np.log2(np.arange(1, 1_025)))))  # log2 k!


def sets(made: Comparisons, found: Found) -> None:
    """Values of which two accounts may share several: tokens, links, media, ties."""
    both = np.minimum(found.left[:, _KEYS], found.right[:, _KEYS]) >= _LEAST
    made.level[:, SETS] = np.where(both, Level.DIFFERENT, Level.MISSING)
    for kind, key in zip(SETS, _KEYS, strict=True):
        if found.any(key):
            _shared(made, found, kind, key)


def _shared(made: Comparisons, found: Found, kind: Kind, key: KeyKind) -> None:
    pair, _, accounts = found.of(key)
    made.level[pair, kind] = Level.MISSING  # where all that is shared is muted
    kept = accounts > 0
    pair, accounts = pair[kept], accounts[kept]
    bits = millibits(made.population, accounts)
    if kind in TIES:
        made.strength[:, kind] = _tied(found, key, pair, bits)
    else:
        np.maximum.at(made.strength[:, kind], pair, bits)
    made.count[:, kind] = np.bincount(pair, minlength=len(made))
    rarest, fewest = found.fewest(key)
    made.accounts[rarest, kind] = fewest
    made.level[rarest, kind] = Level.SHARED


def _tied(found: Found, key: KeyKind, pair: Pairs, bits: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rarity of all shared ties, less what comes of having many: of m and n ties, chance alone lets
    lambda = m * n * 2**-rarity be shared, and k of them with lambda**k / k! (Poisson's tail). Half of
    that is taken off, because those who know one another share more than chance has it.
    """
    size = len(found.left)
    shared_ties = np.bincount(pair, minlength=size)
    chances = np.log2(np.maximum(found.left[:, key].astype(np.float64) * found.right[:, key], 1.0))
    orders = _LOG_FACTORIAL[np.minimum(shared_ties, len(_LOG_FACTORIAL) - 1)]
    total = np.bincount(pair, np.minimum(bits, MOST_TIE), size) - 500.0 * (shared_ties * chances - orders)
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
        touched = found.of(key)[0]
        made.level[touched, Kind.BIO] = Level.MISSING
        pair, accounts = found.fewest(key)
        made.level[pair, Kind.BIO] = level
        made.accounts[pair, Kind.BIO] = accounts
        bits = millibits(made.population, accounts)
        made.strength[pair, Kind.BIO] = np.maximum(made.strength[pair, Kind.BIO], bits)
