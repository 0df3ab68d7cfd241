"""The few frames of a film that are known by their points, too: one of each scene, spread over its length.

A still from the film that was cropped, captioned or put into a frame is known by them.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tenfold.detectors.media import keypoints
from tenfold.detectors.media.answers import Shot
from tenfold.detectors.media.points import SIDE

MOST: Final = 12  # of one film
POINTS: Final = 200  # of one shot
APART: Final = 80  # bits by which a frame's hash differs from the last shot's: another scene, or another view
LONGEST: Final = 8.0  # seconds after which the same scene is another shot


class Shots:
    """Gathers shots as frames come; a long film's are thinned, and fall less often from there on."""

    def __init__(self) -> None:
        self._found: list[Shot] = []
        self._last: tuple[float, NDArray[np.uint8]] | None = None
        self._gap = 0.0

    def take(self, at: float, code: NDArray[np.uint8], frame: Any) -> None:
        """A frame of the film at `at` seconds that shows something, with its hash (32 bytes)."""
        if self._last is not None:
            since, apart = at - self._last[0], int(np.bitwise_count(code ^ self._last[1]).sum())
            if since < self._gap or (apart < APART and since < max(LONGEST, 2 * self._gap)):
                return
        self._last = (at, code)
        points = keypoints.features(_seen(frame), most=POINTS)
        if points:
            self._found.append(Shot(round(at * 1000), points))
        if len(self._found) > 2 * MOST:
            self._found = self._found[::2]
            self._gap = max(2 * self._gap, at / (2 * MOST))

    def spread(self) -> list[Shot]:
        """At most MOST of them, evenly."""
        count = len(self._found)
        if count <= MOST:
            return self._found
        return [self._found[place] for place in np.linspace(0, count - 1, MOST).round().astype(int)]


def _seen(frame: Any) -> Image.Image:
    """The frame in grey, upright, its longer side at most SIDE."""
    share = min(1.0, SIDE / max(frame.width, frame.height))
    wide, high = (max(2, round(side * share / 2) * 2) for side in (frame.width, frame.height))
    grey = frame.reformat(wide, high, "gray", interpolation="AREA", threads=1).to_ndarray()
    return Image.fromarray(np.rot90(grey, round((frame.rotation or 0) / 90) % 4))
