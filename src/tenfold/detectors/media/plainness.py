"""Hashes that say little: of pictures that show one edge or corner and nothing else.

What such a picture's frequencies are down it is the same in every column, but for its sign. So the hash, read
as 16 x 16 signs, is nearly the product of one column and one row: 32 bits that decide 256. Two of these agree
in most bits though their pictures have nothing in common. PDQ's own quality does not tell them: an edge is
steep.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.media.bands import Codes
from tenfold.detectors.media.pdq import BITS

PLAIN: Final = 0.6  # of 1: of 10,000 parts of photographs 1 in 800 is plainer, of whole pictures none
PLAIN_NEAR: Final = 12  # bits by which plain ones may differ; pairs of different pictures were met from 20 on
_SIDE = 16


def plainness(codes: Codes) -> NDArray[np.float64]:
    """How near each hash is to the product of a column and a row, 1/16 to 1; the same of turned hashes.

    It is the share of the largest singular value in the sum of squares, which is BITS.
    """
    bits = np.unpackbits(np.ascontiguousarray(codes).view(np.uint8), axis=1)
    signs = bits.reshape(-1, _SIDE, _SIDE) * 2.0 - 1
    return np.asarray(np.linalg.svd(signs, compute_uv=False)[:, 0] ** 2 / BITS)


def telling(queries: Codes, of: NDArray[np.int64], distances: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which pairs say that two pictures are one: rows of queries and distances, as a search gives them."""
    kept = distances <= PLAIN_NEAR
    asked, places = np.unique(of[~kept], return_inverse=True)
    if len(asked):
        kept[~kept] = (plainness(queries[asked]) <= PLAIN)[places]
    return kept
