"""A stretch of a film: its kept frames, and the box in which anything moves.

Bars above and below, a still frame around the film, a film within a standing picture: all of them stand still
while the film moves. So the box is where brightness changes during the stretch, and each frame is hashed as a
whole and within the box.
"""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tenfold.detectors.media import pdq
from tenfold.detectors.media.borders import LEAST_LEFT, inner_box
from tenfold.detectors.media.pdq import LEAST_QUALITY, SIDE

KEPT: Final = 64  # frames of one stretch, 16 to 64 s
CHANGE: Final = 20  # of 255 by which a pixel must change to have moved; compression changes it by a few
MOVING: Final = 0.05  # of a row or column that must have moved
LEAST_CUT: Final = 0.015  # of a side; what cuts less needs no hash of its own

Grey = NDArray[np.uint8]  # SIDE x SIDE
Box = tuple[int, int, int, int]  # left, top, right, bottom


class Hashed(msgspec.Struct, frozen=True):
    """One frame: milliseconds from the start, hash (32 bytes), whether hashed within the box."""

    at: int
    code: bytes
    trimmed: bool


def hash_grey(grey: Grey) -> tuple[bytes, int]:
    """PDQ as 32 bytes, and its quality."""
    bits, quality = pdq.hash_of(grey.astype(np.float32))
    return np.packbits(bits[::-1]).tobytes(), quality


class Stretch:
    """Gathers looks at a film until enough frames of it are kept."""

    def __init__(self) -> None:
        self._kept: list[tuple[int, Grey]] = []
        self._low: Grey | None = None
        self._high: Grey | None = None

    def look(self, grey: Grey) -> None:
        """A frame that was looked at, whether or not it is kept."""
        if self._low is None or self._high is None:
            self._low, self._high = grey.copy(), grey.copy()
            return
        np.minimum(self._low, grey, out=self._low)
        np.maximum(self._high, grey, out=self._high)

    def keep(self, at: int, grey: Grey) -> None:
        """A frame whose hash is kept."""
        self._kept.append((at, grey))

    @property
    def full(self) -> bool:
        """Whether it is time for the next stretch."""
        return len(self._kept) >= KEPT

    def trimmed(self) -> list[Hashed]:
        """The kept frames within the box that show something; none where nothing stands still."""
        box = self.box()
        if box is None:
            return []
        found = []
        for at, grey in self._kept:
            inner = Image.fromarray(grey).resize((SIDE, SIDE), Image.Resampling.BILINEAR, box)
            code, quality = hash_grey(np.asarray(inner))
            if quality >= LEAST_QUALITY:
                found.append(Hashed(at, code, True))
        return found

    def box(self) -> Box | None:
        """Where it moves, or, in a standing picture, what its border leaves; None for the whole."""
        if self._low is None or self._high is None:
            return None
        moved = (self._high - self._low) > CHANGE
        if not moved.any():
            return inner_box(self._low)
        top, bottom = _span(moved.mean(axis=1) > MOVING)
        left, right = _span(moved[top:bottom].mean(axis=0) > MOVING) if bottom > top else (0, 0)
        wide, high = (right - left) / SIDE, (bottom - top) / SIDE
        if min(wide, high) < LEAST_LEFT or min(wide, high) > 1 - LEAST_CUT:
            return None
        return left, top, right, bottom


def _span(true: NDArray[np.bool_]) -> tuple[int, int]:
    """From the first to after the last."""
    places = np.flatnonzero(true)
    return (int(places[0]), int(places[-1]) + 1) if len(places) else (0, 0)
