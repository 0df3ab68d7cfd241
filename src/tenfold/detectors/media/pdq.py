"""PDQ, a hash of 256 bits that stays nearly the same when a picture is resized, recompressed or recoloured.

The algorithm is that of https://github.com/facebook/ThreatExchange/tree/main/pdq ("PDQ & TMK + PDQF", Meta,
2019): luma, two passes of a box filter, every eighth pixel, the lowest 16 x 16 frequencies without the
constant one, one bit each for "above the median". The filter and the sampling are linear and act on rows and
columns alone, so that here they are one matrix on each side of the picture.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

SIDE: Final = 512  # pixels that a picture is brought to, as the reference implementation does with large ones
BITS: Final = 256
NEAR: Final = 31  # differing bits up to which two pictures count as the same; unrelated ones: 128 +- 8
LEAST_QUALITY: Final = 50  # below it a hash says little: blank pictures, plain gradients

_BLOCKS = 64
_BOX = SIDE // (2 * _BLOCKS)  # pixels of the filter's window
_BOX_AFTER = (_BOX + 2) // 2  # of which this many stand at and after the pixel, fewer at the edges

Luma = NDArray[np.float32]  # SIDE x SIDE, 0 to 255
Bits = NDArray[np.bool_]  # BITS; bit k of the number that the hexadecimal form writes


def luma_of(rgb: NDArray[np.uint8]) -> Luma:
    """Brightness of a picture of SIDE x SIDE x 3 in the order red, green, blue."""
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    return np.asarray(rgb.astype(np.float32) @ weights, np.float32)


def hash_of(luma: Luma) -> tuple[Bits, int]:
    """The hash and its quality, 0 to 100: how much there is to see in the picture."""
    return hash_of_small(np.asarray(_SHRINK @ luma @ _SHRINK.T, np.float32))


def hashes_of_turns(luma: Luma) -> list[tuple[Bits, int]]:
    """The hashes and qualities of the picture turned and mirrored, in the order of turns.TURNS.

    Turning the picture is reversing or exchanging the matrices around it: two large products are enough.
    """
    halves = [np.asarray(rows @ luma, np.float32) for rows in (_SHRINK, _REVERSED)]
    small = [[half @ columns.T for columns in (_SHRINK, _REVERSED)] for half in halves]
    turned = (
        small[0][0], small[0][1].T, small[1][1], small[1][0].T,
        small[0][1], small[0][0].T, small[1][0], small[1][1].T,
    )  # fmt: skip
    return [hash_of_small(one) for one in turned]


def hash_of_small(small: NDArray[np.float32]) -> tuple[Bits, int]:
    """The hash and quality of a picture that was filtered and brought to 64 x 64 already."""
    waves = np.asarray(_WAVES @ small @ _WAVES.T, np.float32)
    median = np.partition(waves, BITS // 2 - 1, axis=None)[BITS // 2 - 1]
    return (waves > median).ravel(), _quality(small)


def to_hex(bits: Bits) -> str:
    """64 lower-case hexadecimal digits, the highest bit first."""
    return np.packbits(bits[::-1]).tobytes().hex()


def from_hex(text: str) -> Bits:
    """The bits of 64 hexadecimal digits."""
    return np.unpackbits(np.frombuffer(bytes.fromhex(text), np.uint8)).astype(np.bool_)[::-1]


def _quality(small: NDArray[np.float32]) -> int:
    steps = (np.diff(small, axis=0), np.diff(small, axis=1))
    total = sum(int(np.abs(np.trunc(step * np.float32(100) / np.float32(255))).sum()) for step in steps)
    return min(100, total // 90)


def _box() -> NDArray[np.float64]:
    """The box filter along one side: row i averages the pixels that pixel i of the result is made of."""
    made = np.zeros((SIDE, SIDE))
    for i in range(SIDE):
        window = slice(max(0, i + _BOX_AFTER - _BOX), min(SIDE, i + _BOX_AFTER))
        made[i, window] = 1 / (window.stop - window.start)
    return made


def _shrink() -> NDArray[np.float32]:
    """Filtering twice, then the pixel in the middle of each block."""
    middles = (2 * np.arange(_BLOCKS) + 1) * SIDE // (2 * _BLOCKS)
    return (_box() @ _box())[middles].astype(np.float32)


def _waves() -> NDArray[np.float32]:
    """The discrete cosine transform's rows 1 to 16 for 64 samples."""
    row, column = np.arange(1, 17)[:, None], np.arange(_BLOCKS)[None, :]
    made = np.sqrt(2 / _BLOCKS) * np.cos(np.pi / (2 * _BLOCKS) * row * (2 * column + 1))
    return np.asarray(made, np.float32)


_SHRINK, _WAVES = _shrink(), _waves()
_REVERSED = np.ascontiguousarray(_SHRINK[:, ::-1])
