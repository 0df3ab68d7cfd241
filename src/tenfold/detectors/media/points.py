"""Points of a picture: where there is a corner or a blob, how large, how it is turned, and what is around it.

What is around a point is a SIFT descriptor (Lowe 2004) as square roots (Arandjelovic, Zisserman 2012), of
which one bit each says whether it is above the usual. So what is around two points differs in few of 128
bits when they show the same; turning, scaling and recolouring a picture hardly change it. Written, a
picture's points are a head (version, width, height) and 22 bytes a point, the strongest first.
"""

import struct
from typing import Final, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

SIDE: Final = 512  # pixels of the longer side of the picture in which points are looked for
LARGEST_SIDE: Final = 1023  # pixels of that side where pictures in it were looked at by themselves
MOST: Final = 500  # points of one picture
CODE_BITS: Final = 128
VERSION: Final = 1

_HEAD = struct.Struct("<BHH")
_POINT: Final = np.dtype([("x", "<u2"), ("y", "<u2"), ("size", "u1"), ("angle", "u1"), ("code", "<u8", 2)])
_FRACTION = 64  # places are written in sixty-fourths of a pixel
_SIZE_STEPS = 16  # sizes in sixteenths of an octave
_ANGLE_STEPS = 256  # of a full turn
LONGEST: Final = _HEAD.size + MOST * _POINT.itemsize  # bytes

Codes = NDArray[np.uint64]  # n x 2
Places = NDArray[np.complex128]  # x + iy


def count(written: bytes) -> int:
    """How many points were written; of none at all 0."""
    return max(0, len(written) - _HEAD.size) // _POINT.itemsize


class PointsError(ValueError):
    """What is wrong with points as they were written."""


def _mirror_table() -> NDArray[np.int64]:
    """Where each value of a descriptor stands in that of the mirrored picture.

    A descriptor is 4 rows across a point's direction x 4 columns along it x 8 directions relative to it.
    """
    rows, columns, directions = np.meshgrid(np.arange(4), np.arange(4), np.arange(8), indexing="ij")
    return (((3 - rows) * 4 + columns) * 8 + (8 - directions) % 8).ravel()


MIRROR: Final = _mirror_table()


class Points(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Points of one picture, n of each, in pixels of the picture as it was looked at: `width` x `height`.

    `sizes` are diameters; `angles` are radians, clockwise from the right.
    """

    width: int
    height: int
    places: Places
    sizes: NDArray[np.float64]
    angles: NDArray[np.float64]
    codes: Codes

    def __len__(self) -> int:
        return len(self.places)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Points as `to_bytes` wrote them; raises PointsError."""
        if len(data) < _HEAD.size or (len(data) - _HEAD.size) % _POINT.itemsize:
            raise PointsError(f"{len(data)} bytes are no points of a picture: something was cut off")
        if len(data) > LONGEST:
            raise PointsError(f"{len(data):,} bytes of points; at most {LONGEST:,} belong to one picture")
        version, width, height = _HEAD.unpack_from(data)
        if version != VERSION:
            raise PointsError(f"points of version {version}; this Tenfold reads version {VERSION}")
        if not (1 <= width <= LARGEST_SIDE and 1 <= height <= LARGEST_SIDE):
            raise PointsError(
                f"points of a picture of {width} x {height} pixels; at most {LARGEST_SIDE} x {LARGEST_SIDE}"
            )
        rows = np.frombuffer(data, _POINT, offset=_HEAD.size)
        return cls(
            width=width,
            height=height,
            places=rows["x"] / _FRACTION + 1j * (rows["y"] / _FRACTION),
            sizes=np.exp2(rows["size"] / _SIZE_STEPS),
            angles=rows["angle"] * (2 * np.pi / _ANGLE_STEPS),
            codes=np.ascontiguousarray(rows["code"]).astype(np.uint64),
        )

    def to_bytes(self) -> bytes:
        """22 bytes a point and a head."""
        rows = np.empty(len(self), _POINT)
        rows["x"] = np.clip(np.rint(self.places.real * _FRACTION), 0, 65535)
        rows["y"] = np.clip(np.rint(self.places.imag * _FRACTION), 0, 65535)
        rows["size"] = np.clip(np.rint(np.log2(np.maximum(self.sizes, 1)) * _SIZE_STEPS), 0, 255)
        rows["angle"] = np.rint(self.angles * (_ANGLE_STEPS / (2 * np.pi))).astype(np.int64) % _ANGLE_STEPS
        rows["code"] = self.codes
        return _HEAD.pack(VERSION, self.width, self.height) + rows.tobytes()

    def first(self, count: int) -> "Points":
        """The strongest of them."""
        part = slice(count)
        return Points(
            width=self.width,
            height=self.height,
            places=self.places[part],
            sizes=self.sizes[part],
            angles=self.angles[part],
            codes=self.codes[part],
        )

    def mirrored(self) -> "Points":
        """About the points of the mirrored picture."""
        bits = np.unpackbits(self.codes.view(np.uint8).reshape(-1, CODE_BITS // 8), axis=1)
        return Points(
            width=self.width,
            height=self.height,
            places=self.width - self.places.conjugate(),
            sizes=self.sizes,
            angles=np.pi - self.angles,
            codes=np.packbits(bits.take(MIRROR, axis=1), axis=1).view(np.uint64),
        )
