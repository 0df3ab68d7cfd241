"""Looks at a track of a film: which of its frames are kept, hashed as wholes and within what moves.

A look is kept when it shows something and differs from the last kept one, at the latest after a second. So
cuts and pans are kept where they happen, whatever the speed of a copy. Runs in the confined process only.
"""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.media import frames
from tenfold.detectors.media.colours import Pixels
from tenfold.detectors.media.pdq import LEAST_QUALITY, SIDE
from tenfold.detectors.media.shots import Shots
from tenfold.detectors.media.stretch import Grey, Hashed, Stretch, hash_grey

LOOKS: Final = 0.25  # seconds between two
LONGEST_GAP: Final = 1.0  # seconds after which a frame is kept even if nothing has changed
LONGEST_STILL: Final = 600.0  # seconds that one frame stands; a time further ahead is no sound one
LONGEST_BACK: Final = 1.0  # seconds that frames may come out of order
STEP: Final = 20  # bits by which a frame must differ to be kept before: a copy's nearest is within 31 then
MAX_SECONDS: Final = 4 * 3600.0  # of a film that are looked at
POSTER: Final = 320  # pixels of the longer side


class Looked:
    """The frames of one track of a film as they come; `rate` a second where they do not tell their times."""

    def __init__(self, rate: float) -> None:
        self._rate = rate if rate > 0 else 25.0
        self.seconds = 0.0
        self.frames_seen = 0
        self.poster: Pixels | None = None
        self.best = 0  # quality of the poster
        self._start = self._at = 0.0  # when the film began, where the frame before stands
        self._next = 0.0
        self._gap = LOOKS
        self._last: tuple[float, NDArray[np.uint8]] | None = None
        self._stretch = Stretch()
        self._found: list[Hashed] = []
        self.shots = Shots()

    def take(self, frame: Any) -> None:
        """One decoded frame."""
        self.frames_seen += 1
        at = self._at = self._shown_at(frame.time)
        self.seconds = max(self.seconds, at)
        if at >= MAX_SECONDS or at + 1e-6 < self._next:
            return
        self._next = at + self._gap
        self._look(at, frame)

    def _shown_at(self, time: float | None) -> float:
        """Seconds from the first frame. Where times jump, back or far ahead, it goes on from the frame
        before: a film that was put together of several, or made to hide, is looked at to its end."""
        if self.frames_seen == 1:
            self._start = time or 0.0
            return 0.0
        if time is None:
            return self._at + 1 / self._rate
        at = time - self._start
        if not self._at - LONGEST_BACK <= at <= self._at + LONGEST_STILL:
            at = self._at + 1 / self._rate
            self._start = time - at
        return at

    def _look(self, at: float, frame: Any) -> None:
        grey = _upright(
            frame.reformat(SIDE, SIDE, "gray", interpolation="AREA", threads=1).to_ndarray(), frame.rotation
        )
        self._stretch.look(grey)
        code, quality = hash_grey(grey)
        if quality < LEAST_QUALITY:
            return
        bits = np.frombuffer(code, np.uint8)
        if self._last is not None:
            soon = at - self._last[0] < LONGEST_GAP - 1e-6
            if soon and _apart(bits, self._last[1]) <= STEP:
                return
        self._last = (at, bits)
        self._found.append(Hashed(round(at * 1000), code, False))
        self._stretch.keep(round(at * 1000), grey)
        self.shots.take(at, bits, frame)
        if quality > self.best:
            self.best, self.poster = quality, _small(frame)
        if self._stretch.full:
            self.finish()
            self._stretch = Stretch()

    def finish(self) -> None:
        """End the stretch; a long film is thinned, and looked at less often from here on."""
        self._found += self._stretch.trimmed()
        self._stretch = Stretch()
        if len(self._found) > frames.MAX_FRAMES // 2:
            self._found = self._found[::2]
            self._gap *= 2

    @property
    def found(self) -> list[Hashed]:
        """The kept frames."""
        return self._found[: frames.MAX_FRAMES]


def packed(tracks: Iterable[Looked]) -> bytes:
    """The kept frames of all tracks, as frames.py writes them."""
    found = sorted((one for track in tracks for one in track.found), key=lambda one: one.at)
    found = found[:: -(-len(found) // frames.MAX_FRAMES) or 1]
    return frames.pack([one.at for one in found], [one.code for one in found], [one.trimmed for one in found])


def _apart(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> int:
    """How many bits differ."""
    return int(np.bitwise_count(left ^ right).sum())


def _upright(grey: Grey, rotation: int) -> Grey:
    """As it is shown: phones film lying on their side and say so."""
    return np.ascontiguousarray(np.rot90(grey, round((rotation or 0) / 90) % 4))


def _small(frame: Any) -> Pixels:
    factor = min(1.0, POSTER / max(frame.width, frame.height))
    size = [max(2, round(side * factor / 2) * 2) for side in (frame.width, frame.height)]
    rgb = frame.reformat(*size, "rgb24", interpolation="AREA", threads=1).to_ndarray()
    return np.ascontiguousarray(np.rot90(rgb, round((frame.rotation or 0) / 90) % 4))
