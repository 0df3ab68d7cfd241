"""People who live together share a home, and often a device: is there anything else that tells of one person?

Where nothing is, the home and the device are those of housemates until more is known: level HOUSED.
"""

import math

import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.comparisons import Comparisons
from tenfold.linkage.kinds import FEW, HOME, Kind, Level

LEAST_RARE = 4_000  # thousandths of a bit: what one in sixteen shows is no home
_SAME = (Level.SOUND, Level.LETTERS, Level.SUCCESSOR, Level.EQUAL, Level.SHARED, Level.FAINT)
_IS_SAME = np.isin(np.arange(len(Level)), _SAME)
_NAMES, _PROFILE = [Kind.HANDLE, Kind.NAME], [Kind.BIO, Kind.AVATAR, Kind.BANNER]
_MATERIAL = [Kind.URL, Kind.MEDIA, Kind.TEXT]
_ALONE = [*_NAMES, *_PROFILE, Kind.EMAIL, Kind.PHONE, Kind.ANNOUNCES, Kind.ANNOUNCED]
_TOGETHER = (_NAMES, [Kind.BIO], [Kind.AVATAR, Kind.BANNER], _MATERIAL)  # of each the rarest
# Agreement tells of one person rather than of chance where at most so many accounts show it (as doublings),
# and never more than one in 32; relatives' names are spelt alike up to 5 bits. Housemates read the same pages
# and take to the same pictures: what is commoner tells only together, and must be rarer by this much.
_TELLING_ACCOUNTS, _TELLING_BITS, _MORE = 8.0, 5.0, 2_000
_SPELT_ALIKE = 5_250


def homes(made: Comparisons) -> None:
    """Tell housemates: pairs that share a home or a device that few show, and nothing else that tells."""
    shared = made.level[:, HOME] == Level.SHARED
    few = shared & (made.accounts[:, HOME] <= FEW) & (made.strength[:, HOME] >= LEAST_RARE)
    if not few.any():
        return
    housed = few.any(axis=1) & ~_alike(made)
    for column, kind in enumerate(HOME):
        made.level[housed & shared[:, column], kind] = Level.HOUSED


def _alike(made: Comparisons) -> NDArray[np.bool_]:
    """Pairs of which something tells of one person that housemates have no reason to share: they have
    friends in common, and write more alike than others (measured on simulated ones; see docs/linkage.md)."""
    level, strength = made.level, made.strength
    least = round(1000 * max(math.log2(made.population) - _TELLING_ACCOUNTS, _TELLING_BITS))
    spelt = (level[:, _NAMES] == Level.NEAR) & (strength[:, _NAMES] >= _SPELT_ALIKE)
    agrees = _IS_SAME[level]
    agrees[:, _PROFILE] |= level[:, _PROFILE] == Level.NEAR
    rarity = np.where(agrees, strength, 0)
    together = sum(rarity[:, kinds].max(axis=1) for kinds in _TOGETHER)
    alone = rarity[:, _ALONE].max(axis=1) >= least
    return np.asarray(spelt.any(axis=1) | alone | (together >= least + _MORE))
