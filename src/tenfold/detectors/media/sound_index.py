"""Sounds of all banks in memory: pairs of peaks by what they have in common, and where two sounds run alike.

After A. Wang (ISMIR 2003): a peak and another one soon after it make a landmark, of both bands and the time
between. A landmark of an upload that stands in an entry, too, is a pair of times; many pairs on one line are
a match (alignment.py). The time between is rounded on a logarithmic scale and looked up one step to each
side, so that a few percent of another tempo change little.
"""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.media.alignment import Part, align
from tenfold.detectors.media.sounds import STEPS_A_SECOND, Peaks

FAN: Final = 8  # landmarks that begin with one peak: the next ones that are neither too near nor too far
NEAREST, FURTHEST = 4, 110  # steps between both, 0.1 to 2.6 s
BANDS_APART: Final = 96  # of 10.8 Hz
TIMES_A_DOUBLING: Final = 8  # places of the logarithmic scale of times
TOLERANCE: Final = 0.12  # seconds that a landmark may lie beside the line
SPEEDS: Final = tuple(round(0.9 + 0.01 * step, 2) for step in range(21))
GAP: Final = 3.0  # seconds without a landmark in common that still lie within one part
LEAST_MOMENTS: Final = 28  # that must agree; of 68,000 unrelated pairs with LEAST_RATE the most had 24
LEAST_RATE: Final = 2.0  # of them a second; copies have 4 to 7
FULL_RATE: Final = 3.0  # from which on a match scores in full
MOST_ALIKE: Final = 400  # places at which one landmark is looked at; what stands more often says nothing
MOST_PAIRS: Final = 20_000  # of one entry that are aligned


class Heard(msgspec.Struct, frozen=True):
    """A sound of a bank by its number, and which part of both runs alike."""

    number: int
    part: Part


class _Landmarks(msgspec.Struct, frozen=True):
    """Sorted by key: keys, numbers of sounds, steps."""

    keys: NDArray[np.uint32]
    numbers: NDArray[np.uint32]
    steps: NDArray[np.uint32]


def landmarks(peaks: Peaks) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Of every landmark: its bands (two in one number), its place on the scale of times, its first step."""
    count = len(peaks)
    bands, places, steps = [], [], []
    made = np.zeros(count, np.int64)
    for ahead in range(1, 8 * FAN):
        first, second = peaks[: count - ahead], peaks[ahead:]
        between = second[:, 0] - first[:, 0]
        apart = second[:, 1] - first[:, 1]
        good = (between >= NEAREST) & (between <= FURTHEST) & (np.abs(apart) < BANDS_APART)
        good &= made[: len(first)] < FAN
        made[: len(first)] += good
        bands.append((first[good, 1] >> 1 << 7) + (apart[good] + BANDS_APART >> 1))
        places.append(np.rint(TIMES_A_DOUBLING * np.log2(between[good])).astype(np.int64))
        steps.append(first[good, 0])
    if not bands:
        empty = np.zeros(0, np.int64)
        return empty, empty, empty
    return np.concatenate(bands), np.concatenate(places), np.concatenate(steps)


def _keys(bands: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.uint32]:
    return (bands << 6 | places & 63).astype(np.uint32)


class SoundIndex:
    """Sounds with the numbers that the store gave them."""

    def __init__(self) -> None:
        self.last = 0  # the highest number held
        self._parts: list[_Landmarks] = []

    def __len__(self) -> int:
        return sum(len(part.keys) for part in self._parts)

    def add(self, number: int, peaks: Peaks) -> None:
        """Hold one more sound; numbers rise. Parts of like size become one."""
        bands, places, steps = landmarks(peaks)
        keys = _keys(bands, places)
        made = _Landmarks(keys, np.full(len(keys), number, np.uint32), steps.astype(np.uint32))
        self._parts.append(_sorted([made]))
        self.last = number
        while len(self._parts) > 1 and len(self._parts[-2].keys) <= 2 * len(self._parts[-1].keys):
            self._parts[-2:] = [_sorted(self._parts[-2:])]

    def search(self, peaks: Peaks) -> list[Heard]:
        """Every sound that runs alike with this one for a while."""
        bands, places, steps = landmarks(peaks)
        keys = np.concatenate([_keys(bands, places + off) for off in (-1, 0, 1)])
        own = np.tile(steps, 3)
        found = [_pairs(part, keys, own) for part in self._parts]
        if not found:
            return []
        numbers, times, entry_times = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.argsort(numbers, kind="stable")
        cuts = np.flatnonzero(np.diff(numbers[order])) + 1
        heard = []
        for places_of in np.split(order, cuts):
            part = _alike(times[places_of][:MOST_PAIRS], entry_times[places_of][:MOST_PAIRS])
            if part is not None:
                heard.append(Heard(int(numbers[places_of[0]]), part))
        return heard


def _sorted(parts: list[_Landmarks]) -> _Landmarks:
    keys = np.concatenate([part.keys for part in parts])
    order = np.argsort(keys, kind="stable")
    numbers = np.concatenate([part.numbers for part in parts])
    steps = np.concatenate([part.steps for part in parts])
    return _Landmarks(keys[order], numbers[order], steps[order])


def _pairs(
    held: _Landmarks, keys: NDArray[np.uint32], own: NDArray[np.int64]
) -> tuple[NDArray[np.uint32], NDArray[np.float64], NDArray[np.float64]]:
    """Numbers of sounds, seconds of the upload and of the sound, of every landmark in common."""
    starts = np.searchsorted(held.keys, keys)
    counts = np.searchsorted(held.keys, keys, side="right") - starts
    counts[counts > MOST_ALIKE] = 0
    owners = np.repeat(np.arange(len(keys)), counts)
    at = np.arange(len(owners)) + np.repeat(starts - (np.cumsum(counts) - counts), counts)
    return held.numbers[at], own[owners] / STEPS_A_SECOND, held.steps[at] / STEPS_A_SECOND


def _alike(times: NDArray[np.float64], entry_times: NDArray[np.float64]) -> Part | None:
    """The part in which both run alike, if it is no chance."""
    if len(times) < LEAST_MOMENTS:
        return None
    part = align(times, entry_times, TOLERANCE, SPEEDS, GAP)
    if part is None or part.moments < LEAST_MOMENTS:
        return None
    return part if part.moments >= LEAST_RATE * (part.end - part.start) else None
