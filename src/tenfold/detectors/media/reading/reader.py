"""The words of a picture: lines are found, read in Arabic and in Latin letters, and put in order."""

import resource
from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np

from tenfold.detectors.media.colours import Pixels
from tenfold.detectors.media.reading import lines
from tenfold.detectors.media.reading.arabic import Tesseract
from tenfold.detectors.media.reading.latin import Recogniser
from tenfold.detectors.media.reading.places import Finder, Place, joined
from tenfold.events import Line

FIRST_LOOK: Final = 416  # pixels of the longer side at which text is looked for
SECOND_LOOK: Final = 960  # where the first found any that is small
SMALL: Final = 20.0  # pixels of a line's height at the first look, with its margin
SHARPEST: Final = 2048  # pixels of the longer side from which lines are cut
SURE_LATIN: Final = 0.8  # of 1, and at least LATIN_DENSITY: Arabic is not tried
LATIN_DENSITY: Final = 0.5  # letters a line has at least, for each time it is as wide as high
LEAST_SURE: Final = 0.5  # of a line that is told
LONGEST: Final = 300  # characters of a line that are told
CPU_SECONDS: Final = 5.0  # for the lines of one picture; the largest come first


class Reader:
    """Reads pictures. Not for several threads at once."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        self._finder = Finder()
        self._latin = Recogniser()
        self._arabic = Tesseract()

    def read(self, pixels: Pixels) -> list[Line]:
        """The lines of a picture in the order in which they are read; none where it says nothing."""
        pixels = _shrunk(pixels)
        until = _spent() + CPU_SECONDS
        found = []
        for place in self._places(pixels):
            if _spent() > until:
                break
            text, sure = self._line(lines.cut(pixels, place))
            text = "".join(letter for letter in text if letter.isprintable())[:LONGEST]
            if sure >= LEAST_SURE and any(map(str.isalnum, text)):
                found.append((place, Line(text, _box(place, pixels), round(sure, 2))))
        return [line for _, line in _in_order(found)]

    def warm(self, pixels: Pixels) -> None:
        """Use every part once, so that nothing is left to be loaded."""
        self._finder.find(pixels, FIRST_LOOK)
        self._latin.read(pixels)
        self._arabic.read(lines.forms(pixels))

    def _places(self, pixels: Pixels) -> list[Place]:
        """Pictures without text cost one look at a small copy."""
        found = self._finder.find(pixels, FIRST_LOOK)
        scale = min(1.0, FIRST_LOOK / max(pixels.shape[:2]))
        if scale < 1 and any(min(place.size) * scale < SMALL for place in found):
            found = self._finder.find(pixels, SECOND_LOOK)
        return joined(found)

    def _line(self, line: Pixels) -> tuple[str, float]:
        latin, sure = self._latin.read(line)
        latin = latin.strip()
        dense = len(latin.replace(" ", "")) >= LATIN_DENSITY * line.shape[1] / line.shape[0]
        if dense and sure >= SURE_LATIN:
            return latin, sure
        arabic, sure_too = self._arabic.read(lines.forms(line))
        return (arabic, sure_too) if sure_too >= sure or not dense else (latin, sure)


def _shrunk(pixels: Pixels) -> Pixels:
    rows, columns = pixels.shape[:2]
    scale = SHARPEST / max(rows, columns)
    if scale >= 1:
        return np.ascontiguousarray(pixels)
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _box(place: Place, pixels: Pixels) -> tuple[int, int, int, int]:
    """Left, top, right and bottom in thousandths of the picture's sides."""
    sides = np.array(pixels.shape[1::-1])
    around = np.clip(
        np.concatenate([place.corners.min(0), place.corners.max(0)]) * 1000 / np.tile(sides, 2), 0, 1000
    )
    left, top, right, bottom = (round(float(one)) for one in around)
    return left, top, right, bottom


def _in_order(found: Iterable[tuple[Place, Line]]) -> list[tuple[Place, Line]]:
    """From above to below; side by side from the right where there is much Arabic, else from the left."""
    rows: list[list[tuple[Place, Line]]] = []
    for one in sorted(found, key=lambda one: float(one[0].corners[:, 1].mean())):
        middle = float(one[0].corners[:, 1].mean())
        row = rows[-1] if rows else []
        if row and abs(middle - float(row[0][0].corners[:, 1].mean())) < min(one[0].size) / 2:
            row.append(one)
        else:
            rows.append([one])
    for row in rows:
        letters = "".join(line.text for _, line in row)
        arabic = sum("\u0600" <= letter <= "\u06ff" for letter in letters) > len(letters) / 3
        row.sort(key=lambda one: float(one[0].corners[:, 0].mean()), reverse=arabic)
    return [one for row in rows for one in row]


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
