"""Lines of text cut out of a picture and laid straight, and their black-on-white forms to be tried."""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.media.colours import Pixels
from tenfold.detectors.media.reading.places import Place

HEIGHT: Final = 48  # pixels of a line that is cut out
WIDEST: Final = 1600
_HAT: Final = 25  # pixels, wider than a stroke of a line of that height
_COLOURS: Final = 4  # into which a line's pixels are parted: ink, its outline, and two of the ground

Grey = NDArray[np.uint8]


def cut(pixels: Pixels, place: Place) -> Pixels:
    """The line that stands at a place, HEIGHT pixels high and level."""
    wide, high = place.size
    width = int(np.clip(round(wide * HEIGHT / max(high, 1.0)), 8, WIDEST))
    square = np.array([[0, 0], [width, 0], [width, HEIGHT], [0, HEIGHT]], np.float32)
    turned = cv2.getPerspectiveTransform(place.corners, square)
    how = cv2.INTER_AREA if high > HEIGHT * 1.2 else cv2.INTER_CUBIC
    line = cv2.warpPerspective(pixels, turned, (width, HEIGHT), flags=how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(line, np.uint8)


def forms(line: Pixels) -> Iterator[Grey]:
    """Dark letters on a light ground, as far as each guess is right; in the order in which they pay best.

    Light letters, dark letters, the lightest of four colours, the darkest of them (an outline is no part of
    either), and what is lighter than all around it.
    """
    grey = np.asarray(cv2.cvtColor(line, cv2.COLOR_RGB2GRAY), np.uint8)
    yield 255 - grey
    yield grey
    lightest, darkest = _extremes(line)
    yield lightest
    yield darkest
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_HAT, _HAT))
    hat = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, disc)
    yield np.asarray(cv2.threshold(hat, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)[1], np.uint8)


def _extremes(line: Pixels) -> tuple[Grey, Grey]:
    """Only the lightest and only the darkest of the line's colours (k-means), black on white."""
    cv2.setRNGSeed(0)
    flat = line.reshape(-1, 3).astype(np.float32)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 10, 1.0)
    _, labels, middles = cv2.kmeans(flat, _COLOURS, np.empty(0, np.int32), stop, 1, cv2.KMEANS_PP_CENTERS)
    of = labels.reshape(line.shape[:2])
    light = middles.sum(axis=1)
    lightest, darkest = (
        np.where(of == one, 0, 255).astype(np.uint8) for one in (light.argmax(), light.argmin())
    )
    return lightest, darkest
