"""Where lines of text stand in a picture: a network says of each pixel how sure it is within a line.

The network (PP-OCRv6 small) is run by OpenCV. Lines are where it says more than LEAST, grown to the letters'
own height: it was trained on shrunk lines (differentiable binarisation, Liao et al. 2020, section 3.3).
"""

from typing import Any, Final

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.media.colours import Pixels
from tenfold.detectors.media.reading import weights

LEAST: Final = 0.3  # of 1, of a pixel
LEAST_MEAN: Final = 0.5  # over a line
GROWN: Final = 1.6  # times area by perimeter, by which a line is grown on each side
LEAST_HEIGHT: Final = 6.0  # pixels of the shrunk picture; smaller letters cannot be read
MOST_LINES: Final = 60  # of a picture, the largest
MOST_TALLER: Final = 1.7  # of two pieces of one line, the one than the other
MOST_SLANT: Final = 0.15  # sine of the angle between them
WORD_GAP: Final = 0.6  # of their height, between their margins
_STEP: Final = 32  # of which the network wants both sides to be multiples

Corners = NDArray[np.float32]  # 4 x 2: from where a line would begin in Latin script, clockwise, in pixels


class Place(msgspec.Struct, frozen=True):
    """Where a line stands, and how sure that is, of 1."""

    corners: Corners
    score: float

    @property
    def size(self) -> tuple[float, float]:
        """Its width and height in pixels."""
        a, b, c, d = self.corners
        return (
            float(max(np.linalg.norm(b - a), np.linalg.norm(c - d))),
            float(max(np.linalg.norm(d - a), np.linalg.norm(c - b))),
        )


class Finder:
    """Finds lines. Not for several threads at once."""

    def __init__(self) -> None:
        self._network = cv2.dnn.readNetFromONNX(str(weights.onnx(weights.FINDS)))

    def find(self, pixels: Pixels, side: int) -> list[Place]:
        """The lines of a picture, its longer side brought to `side` pixels at most, in no order."""
        rows, columns = pixels.shape[:2]
        factor = min(1.0, side / max(rows, columns))
        height, width = (max(_STEP, round(one * factor / _STEP) * _STEP) for one in (rows, columns))
        small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
        given = cv2.dnn.blobFromImage(small, 1 / 127.5, mean=(127.5, 127.5, 127.5), swapRB=True)
        self._network.setInput(given)
        sure = self._network.forward()[0, 0]
        scale = np.array([columns / width, rows / height], np.float32)
        return [
            Place(_in_order(found.corners * scale), found.score)
            for found in sorted(_lines(sure), key=lambda one: -one.size[0] * one.size[1])[:MOST_LINES]
        ]


def joined(places: list[Place]) -> list[Place]:
    """The same with neighbours on one line as one place: words that stand apart are read better together."""
    left, whole = list(places), []
    while left:
        one = left.pop()
        other = next((number for number, two in enumerate(left) if _go_on(one, two)), None)
        if other is None:
            whole.append(one)
        else:
            left.append(_around(one, left.pop(other)))
    return whole


def _go_on(one: Place, other: Place) -> bool:
    """Whether one line goes on in another: as high, on one level, with no more than a gap between words."""
    (wide, high), (other_wide, other_high) = one.size, other.size
    along = one.corners[1] - one.corners[0]
    along = along / max(float(np.linalg.norm(along)), 1e-6)
    way = other.corners.mean(axis=0) - one.corners.mean(axis=0)
    turned = other.corners[1] - other.corners[0]
    slant = abs(float(along[0] * turned[1] - along[1] * turned[0])) / max(float(np.linalg.norm(turned)), 1e-6)
    low = min(high, other_high)
    return (
        max(high, other_high) < MOST_TALLER * low
        and slant < MOST_SLANT
        and abs(float(along[0] * way[1] - along[1] * way[0])) < low / 3
        and abs(float(along @ way)) - (wide + other_wide) / 2 < WORD_GAP * low
    )


def _around(one: Place, other: Place) -> Place:
    corners = cv2.boxPoints(cv2.minAreaRect(np.concatenate([one.corners, other.corners])))
    return Place(_in_order(np.asarray(corners, np.float32)), min(one.score, other.score))


def _lines(sure: NDArray[np.float32]) -> list[Place]:
    mask = cv2.dilate((sure > LEAST).astype(np.uint8), np.ones((2, 2), np.uint8))
    outlines, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for outline in map(np.asarray, outlines):
        middle, (wide, high), angle = cv2.minAreaRect(outline)
        if min(wide, high) < LEAST_HEIGHT / 2:
            continue
        score = _mean_within(sure, outline)
        if score < LEAST_MEAN:
            continue
        more = 2 * GROWN * wide * high / (2 * (wide + high))
        if min(wide, high) + more < LEAST_HEIGHT:
            continue
        corners = cv2.boxPoints((middle, (wide + more, high + more), angle))
        found.append(Place(np.asarray(corners, np.float32), score))
    return found


def _mean_within(sure: NDArray[np.float32], outline: NDArray[Any]) -> float:
    left, top, wide, high = cv2.boundingRect(outline)
    mask = np.zeros((high, wide), np.uint8)
    cv2.fillPoly(mask, [outline - np.array([left, top])], 1)
    return float(cv2.mean(sure[top : top + high, left : left + wide], mask)[0])


def _in_order(corners: Corners) -> Corners:
    """From the upper left corner clockwise, the longer side first, unless a line clearly stands upright."""
    middle = corners.mean(axis=0)
    around = corners[np.argsort(np.arctan2(*(corners - middle).T[::-1]))]
    first = int(np.argmin(around.sum(axis=1)))
    return np.roll(around, -first, axis=0).astype(np.float32)
