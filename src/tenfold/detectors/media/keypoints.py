"""Finding the points of a picture. Runs in the confined process: OpenCV works on strangers' pixels here.

Points are looked for in the whole picture and, closer, in each picture that stands in it (panels.py): that in
a screenshot is small, and most points of the whole would be of the text around it.
"""

from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import Final

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tenfold.detectors.media.panels import Box
from tenfold.detectors.media.points import LARGEST_SIDE, MOST, SIDE, Points

LEAST_CONTRAST: Final = 0.006  # of 0.04 that are usual: flat posters and soft skies have no more
USUAL: Final = np.load(
    Path(__file__).with_name("usual_descriptor.npy"), allow_pickle=False
)  # 128 floats: above it, a bit is set

Descriptors = NDArray[np.float32]  # n x 128

cv2.setNumThreads(1)
_SIFT = cv2.SIFT.create(nfeatures=2 * MOST, contrastThreshold=LEAST_CONTRAST)
_CELLS = 8  # across and down, among which the points that are kept are spread
LOOKED_INTO: Final = 3  # pictures in a picture
CLOSER: Final = 1.3  # times smaller than the whole that a picture in it must be to be looked at by itself
CLOSER_SIDE: Final = (
    320  # pixels of its longer side then; at 512 a look costs twice as much and no more is known
)
_CROWD = 4.0  # points of a cell after which a further one counts half of what it would in an empty one


class _Found(msgspec.Struct, frozen=True):
    """Points as rows of place, diameter and angle, in pixels of the picture; the best first."""

    places: NDArray[np.complex128]
    sizes: NDArray[np.float64]
    angles: NDArray[np.float64]
    codes: NDArray[np.uint64]


def features(image: Image.Image, boxes: Iterable[Box] = (), most: int = MOST) -> bytes:
    """The points of a picture of any mode and size, as they are written; empty when there are none.

    `boxes`: where pictures stand in it, in its own pixels.
    """
    whole = (0, 0, *image.size)
    looks = [(whole, SIDE), *((box, CLOSER_SIDE) for box in _closer(whole, boxes))]
    found = [_found(image, box, side) for box, side in looks]
    turns = zip_longest(*([(part, row) for row in range(len(part.places))] for part in found))
    taken = [one for one in chain.from_iterable(turns) if one is not None][:most]
    if not taken:
        return b""
    seen = max(_share(box, side) for box, side in looks)
    scale = min(seen, LARGEST_SIDE / max(image.size))
    return Points(
        width=max(1, round(image.width * scale)),
        height=max(1, round(image.height * scale)),
        places=np.array([part.places[row] for part, row in taken], np.complex128) * scale,
        sizes=np.array([part.sizes[row] for part, row in taken]) * scale,
        angles=np.array([part.angles[row] for part, row in taken]),
        codes=np.array([part.codes[row] for part, row in taken]),
    ).to_bytes()


def _closer(whole: Box, boxes: Iterable[Box]) -> list[Box]:
    """The boxes that are worth a look of their own: each is smaller than whatever holds it."""
    chosen: list[Box] = []
    for box in boxes:
        holding = [one for one in (whole, *chosen) if _holds(one, box)]
        if len(chosen) < LOOKED_INTO and all(
            _share(box, SIDE) >= CLOSER * _share(one, SIDE) for one in holding
        ):
            chosen.append(box)
    return chosen


def _holds(outer: Box, inner: Box) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]


def _share(box: Box, side: int) -> float:
    """How much smaller what is in a box is looked at, when its longer side may have so many pixels."""
    return min(1.0, side / max(box[2] - box[0], box[3] - box[1]))


def _found(image: Image.Image, box: Box, side: int) -> _Found:
    grey = shrunk(image.crop(box), side)
    found, descriptors = described(grey)
    scale = (box[2] - box[0]) / grey.shape[1]
    places = np.array([point.pt for point in found]).reshape(-1, 2)
    return _Found(
        places=box[0] + 1j * box[1] + scale * (places[:, 0] + 1j * places[:, 1]),
        sizes=np.array([point.size for point in found]) * scale,
        angles=np.deg2rad([point.angle for point in found]),
        codes=np.packbits(descriptors > USUAL, axis=1).view(np.uint64),
    )


def shrunk(image: Image.Image, side: int = SIDE) -> NDArray[np.uint8]:
    """The picture in grey, its proportions kept, at most `side` x `side`."""
    share = _share((0, 0, *image.size), side)
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
