"""A border of one colour around a picture: what it leaves of it."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

TOLERANCE: Final = 24  # of 255 by which the pixels of a border may differ from its colour
BORDER_SHARE: Final = 0.98  # of a row or column that must have the border's colour
LEAST_LEFT: Final = 0.25  # of each side; where a border would leave less, the picture is nearly blank

Pixels = NDArray[np.uint8]


def inner_box(pixels: Pixels) -> tuple[int, int, int, int] | None:
    """What a border of one colour leaves of a picture (rows x columns, or x 3): left, top, right, bottom.

    None where there is no border, or little within it.
    """
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    top, bottom = _border(pixels)
    left, right = _border(pixels[top:bottom].transpose(1, 0, 2))
    rows, columns = pixels.shape[:2]
    if (bottom - top, right - left) == (rows, columns):
        return None
    if bottom - top < LEAST_LEFT * rows or right - left < LEAST_LEFT * columns:
        return None
    return left, top, right, bottom


def _border(pixels: Pixels) -> tuple[int, int]:
    """Which rows lie between the border above and the one below, as a half-open range."""
    first = _rows_of_one_colour(pixels)
    last = len(pixels) - _rows_of_one_colour(pixels[first:][::-1])
    return first, last


def _rows_of_one_colour(pixels: Pixels) -> int:
    """How many rows from the first on have the colour of the first."""
    if not pixels.size:
        return 0
    colour = np.median(pixels[0], axis=0).astype(np.int16)
    low, high = (np.clip(colour + step, 0, 255).astype(np.uint8) for step in (-TOLERANCE, TOLERANCE))
    start, count = 0, 1
    while start < len(pixels):
        rows = pixels[start : start + count]
        alike = np.ones(rows.shape[:2], np.bool_)
        for channel, (least, most) in enumerate(zip(low, high, strict=True)):  # long inner loops are fast
            alike &= (rows[..., channel] >= least) & (rows[..., channel] <= most)
        near = alike.mean(axis=1)
        if near.min() < BORDER_SHARE:
            return start + int(np.argmax(near < BORDER_SHARE))
        start, count = start + count, 2 * count
    return len(pixels)
