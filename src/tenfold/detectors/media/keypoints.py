"""Finding the points of a picture. Runs in the confined process: OpenCV works on strangers' pixels here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tenfold.detectors.media.points import MOST, SIDE, Points

LEAST_CONTRAST: Final = 0.006  # of 0.04 that are usual: flat posters and soft skies have no more
USUAL: Final = np.load(
    Path(__file__).with_name("usual_descriptor.npy"), allow_pickle=False
)  # 128 floats: above it, a bit is set

Descriptors = NDArray[np.float32]  # n x 128

cv2.setNumThreads(1)
_SIFT = cv2.SIFT.create(nfeatures=3 * MOST, contrastThreshold=LEAST_CONTRAST)
_CELLS = 8  # across and down, among which the points that are kept are spread
_CROWD = 4.0  # points of a cell after which a further one counts half of what it would in an empty one


def features(image: Image.Image) -> bytes:
    """The points of a picture of any mode and size, as they are written; empty when there are none."""
    grey = shrunk(image)
    found, descriptors = described(grey)
    if not found:
        return b""
    places = np.array([point.pt for point in found]).reshape(-1, 2)
    return Points(
        width=grey.shape[1],
        height=grey.shape[0],
        places=places[:, 0] + 1j * places[:, 1],
        sizes=np.array([point.size for point in found]),
        angles=np.deg2rad([point.angle for point in found]),
        codes=np.packbits(descriptors > USUAL, axis=1).view(np.uint64),
    ).to_bytes()


def shrunk(image: Image.Image) -> NDArray[np.uint8]:
    """The picture in grey, its proportions kept, at most SIDE x SIDE."""
    share = min(1.0, SIDE / max(image.size))
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    return np.asarray(image.convert("L").resize(size, Image.Resampling.BOX))


def described(grey: NDArray[np.uint8]) -> tuple[list[cv2.KeyPoint], Descriptors]:
    """At most MOST points, the best first, and the square roots of their descriptors, which sum to 1."""
    found, raw = _SIFT.detectAndCompute(np.ascontiguousarray(grey), None)
    if not found:
        return [], np.zeros((0, 128), np.float32)
    chosen = _spread(found, grey.shape[0], grey.shape[1])[:MOST]
    descriptors = np.asarray(raw, np.float32)[chosen]
    sums = descriptors.sum(axis=1, keepdims=True)
    return [found[place] for place in chosen], np.sqrt(descriptors / np.maximum(sums, 1))


def _spread(found: Sequence[cv2.KeyPoint], rows: int, columns: int) -> list[int]:
    """All points, the clearest first, but so that a caption does not crowd out the picture behind it."""
    crowds: dict[tuple[int, int], int] = {}
    worth = {}
    for place in sorted(range(len(found)), key=lambda place: -found[place].response):
        x, y = found[place].pt
        cell = (int(y * _CELLS / rows), int(x * _CELLS / columns))
        crowd = crowds.get(cell, 0)
        crowds[cell] = crowd + 1
        worth[place] = found[place].response / (1 + crowd / _CROWD)
    return sorted(worth, key=lambda place: -worth[place])
