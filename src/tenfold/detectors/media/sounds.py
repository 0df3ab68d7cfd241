"""What a sound is known by: peaks of its spectrum, which noise, compression and voices leave standing.

After A. Wang, "An Industrial-Strength Audio Search Algorithm" (ISMIR 2003). A peak is the loudest point of
its neighbourhood in time and pitch. Packed it is 5 bytes: its step in time (3, big-endian), its band (2).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE: Final = 11_025  # samples a second
WINDOW: Final = 1_024  # samples, 93 ms; a band is 10.8 Hz wide
STEP: Final = 256  # samples, 23 ms
STEPS_A_SECOND: Final = RATE / STEP
LOWEST, HIGHEST = 14, 372  # bands, 150 to 4,000 Hz: what telephones and low bit rates keep
AROUND: Final = (9, 13)  # steps and bands on each side over which a peak is the loudest
PEAKS_A_SECOND: Final = 14  # the loudest, second by second
LEAST_LOUD: Final = 1e-4  # of full scale: what is below is silence
PEAK: Final = 5  # bytes
MAX_PEAKS: Final = 3_700 * PEAKS_A_SECOND  # of one sound, a little more than an hour
MOST_AT_ONCE: Final = RATE * 300  # samples of one piece that are listened to

_CHUNK = RATE * 30  # samples that are turned into a spectrum at once
_WINDOWING = np.hanning(WINDOW).astype(np.float32)

Peaks = NDArray[np.int64]  # n x 2: step and band, by step


class SoundError(ValueError):
    """Why bytes are no sound's peaks."""


class Listener:
    """Takes samples as they are decoded, gives the peaks."""

    RATE: Final = RATE

    def __init__(self) -> None:
        self.seconds = 0.0
        self._waiting: list[NDArray[np.float32]] = []
        self._count = 0
        self._done = 0  # steps whose peaks are found
        self._found: list[Peaks] = []

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Mono samples, -1 to 1, at RATE; of very many, those of the next minutes."""
        self.seconds += len(samples) / RATE
        for start in range(0, min(len(samples), MOST_AT_ONCE), _CHUNK):
            piece = samples[start : start + _CHUNK]
            self._waiting.append(piece)
            self._count += len(piece)
            if self._count >= _CHUNK:
                self._work()

    def finish(self) -> bytes:
        """All peaks, packed."""
        self._work()
        if not self._found:
            return b""
        return pack(np.concatenate(self._found)[:MAX_PEAKS])

    def _work(self) -> None:
        if not self._waiting:
            return
        samples = np.nan_to_num(np.concatenate(self._waiting), nan=0, posinf=0, neginf=0)
        steps = max(0, (len(samples) - WINDOW) // STEP + 1)
        if steps:
            peaks = peaks_of(samples)
            self._found.append(peaks + np.array([self._done, 0]))
            self._done += steps
        rest = samples[steps * STEP :]
        self._waiting, self._count = [rest], len(rest)


def peaks_of(samples: NDArray[np.float32]) -> Peaks:
    """The peaks of a piece of sound."""
    if len(samples) < WINDOW:
        return np.zeros((0, 2), np.int64)
    pieces = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::STEP]
    spectrum = np.abs(np.fft.rfft(pieces * _WINDOWING, axis=1)[:, LOWEST:HIGHEST]).astype(np.float32)
    loud = np.log(np.maximum(spectrum, LEAST_LOUD * WINDOW / 4))
    highest = _highest_around(loud, AROUND[0], axis=0)
    highest = _highest_around(highest, AROUND[1], axis=1)
    steps, bands = np.nonzero((loud >= highest) & (spectrum > LEAST_LOUD * WINDOW / 4))
    return _loudest(steps, bands + LOWEST, loud[steps, bands])


def _highest_around(values: NDArray[np.float32], reach: int, axis: int) -> NDArray[np.float32]:
    """The largest value within `reach` places on each side."""
    around = [(0, 0), (0, 0)]
    around[axis] = (reach, reach)
    padded = np.pad(values, around, constant_values=-np.inf)
    found = padded
    width = 1  # of the windows whose largest values `found` holds
    while width * 2 <= 2 * reach + 1:
        found = np.maximum(_cut(found, 0, -width, axis), _cut(found, width, None, axis))
        width *= 2
    rest = 2 * reach + 1 - width
    return np.maximum(_cut(found, 0, -rest, axis), _cut(found, rest, None, axis)) if rest else found


def _cut(values: NDArray[np.float32], start: int, stop: int | None, axis: int) -> NDArray[np.float32]:
    return values[start:stop] if axis == 0 else values[:, start:stop]


def _loudest(steps: NDArray[np.int64], bands: NDArray[np.int64], loud: NDArray[np.float32]) -> Peaks:
    """The loudest peaks of each second, by time."""
    seconds = (steps / STEPS_A_SECOND).astype(np.int64)
    order = np.lexsort((-loud, seconds))
    firsts = np.searchsorted(seconds[order], seconds[order])
    taken = order[np.arange(len(order)) - firsts < PEAKS_A_SECOND]
    chosen = np.stack([steps[taken], bands[taken]], axis=1)
    return np.asarray(chosen[np.lexsort((chosen[:, 1], chosen[:, 0]))], np.int64)


def pack(peaks: Peaks) -> bytes:
    """As bytes."""
    rows = np.empty((len(peaks), PEAK), np.uint8)
    rows[:, :3] = peaks[:, :1].astype(">u4").view(np.uint8).reshape(-1, 4)[:, 1:]
    rows[:, 3:] = peaks[:, 1:].astype(">u2").view(np.uint8).reshape(-1, 2)
    return rows.tobytes()


def unpack(packed: bytes) -> Peaks:
    """The peaks of such bytes, by time; raises SoundError."""
    if not packed or len(packed) % PEAK or len(packed) > MAX_PEAKS * PEAK:
        raise SoundError(
            f"{len(packed):,} bytes; a sound's peaks are {PEAK} each, 1 to {MAX_PEAKS:,} of them"
        )
    rows = np.frombuffer(packed, np.uint8).reshape(-1, PEAK).astype(np.int64)
    peaks = np.stack([rows[:, 0] << 16 | rows[:, 1] << 8 | rows[:, 2], rows[:, 3] << 8 | rows[:, 4]], axis=1)
    if (np.diff(peaks[:, 0]) < 0).any() or peaks[:, 1].max() >= HIGHEST:
        raise SoundError("its peaks are out of order, or of no band that is listened to")
    return peaks
