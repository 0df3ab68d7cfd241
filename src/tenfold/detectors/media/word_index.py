"""Which entries have points like those of an upload? An inverted index of points by words, in memory.

A point's code is cut into two halves, and each half stands for the nearest of 1,024 middles that were
learned; the two are its word (Babenko and Lempitsky: The Inverted Multi-Index, 2012). An upload's points are
looked up under a few words each. Points there that look alike vote for their entry and for how it would be
turned and scaled (Jegou, Douze, Schmid: Hamming Embedding and Weak Geometric Consistency, 2008); chance
scatters over the latter.
"""

import threading
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.media.points import Codes, Points

WORDS: Final = 1024  # of each half
PROBED: Final = 2  # nearest words of each half under which an upload's point is looked up
NEAR: Final = 20  # differing bits up to which a point votes
INDEXED: Final = 300  # points of an entry, the strongest
CANDIDATES: Final = 12  # entries that are compared point by point
LEAST_FRESH: Final = 60_000  # points beside the frozen ones before all are frozen anew
FRESH_SHARE: Final = 8  # or one in so many

_MIDDLES = np.load(Path(__file__).with_name("words.npy"), allow_pickle=False)  # 2 x WORDS codes of 64 bits
_AT_ONCE = 4_096
_TURNS, _OCTAVES = 8, 32  # bins of turn and scale that are told apart
_BINS = 2 * _TURNS * _OCTAVES  # in two grids, half a bin apart


class _Postings(msgspec.Struct, frozen=True):
    """Points in the order of their words: word, row of the entry, code, angle and size in 1/256 and 1/16."""

    words: NDArray[np.uint32]
    rows: NDArray[np.uint32]
    codes: Codes
    angles: NDArray[np.uint8]
    sizes: NDArray[np.uint8]

    def joined(self, other: "_Postings") -> "_Postings":
        """Both, in order."""
        words = np.concatenate([self.words, other.words])
        order = np.argsort(words, kind="stable")
        return _Postings(
            words[order],
            np.concatenate([self.rows, other.rows])[order],
            np.concatenate([self.codes, other.codes])[order],
            np.concatenate([self.angles, other.angles])[order],
            np.concatenate([self.sizes, other.sizes])[order],
        )

    @property
    def bytes(self) -> int:
        """Memory."""
        return sum(part.nbytes for part in (self.words, self.rows, self.codes, self.angles, self.sizes))


_NONE = _Postings(
    np.zeros(0, np.uint32),
    np.zeros(0, np.uint32),
    np.zeros((0, 2), np.uint64),
    np.zeros(0, np.uint8),
    np.zeros(0, np.uint8),
)


class WordIndex:
    """Points of entries, found from the moment they are added. Only one thread may call it.

    What is added stands beside the frozen points and is searched like them. Freezing anew happens in a
    thread of its own.
    """

    def __init__(self) -> None:
        self._frozen, self._fresh = _NONE, _NONE
        self._numbers = np.zeros(0, np.int64)  # of the entries, by row
        self._frozen_rows = 0
        self._freezing: threading.Thread | None = None
        self._next: tuple[_Postings, int] | None = None
        self.last = 0  # the highest number that is here

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def bytes(self) -> int:
        """Memory at rest."""
        return self._frozen.bytes + self._fresh.bytes + self._numbers.nbytes

    def add(self, numbers: list[int], entries: list[Points]) -> None:
        """Hold the points of more entries; their numbers are higher than `last` and rise."""
        if not numbers:
            return
        self._take_over()
        first = len(self._numbers)
        self._numbers = np.concatenate([self._numbers, np.array(numbers, np.int64)])
        self._fresh = self._fresh.joined(_postings([entry.first(INDEXED) for entry in entries], first))
        self.last = numbers[-1]
        if self._freezing is None and len(self._fresh.words) > max(
            LEAST_FRESH, len(self._frozen.words) // FRESH_SHARE
        ):
            self._freezing = threading.Thread(target=self._make, args=[len(self)], daemon=True)
            self._freezing.start()

    def keep(self, numbers: NDArray[np.int64]) -> None:
        """Let go of all entries but these."""
        if self._freezing:
            self._freezing.join()
            self._take_over()
        stay = np.isin(self._numbers, numbers)
        rows = np.cumsum(stay) - 1
        self._frozen, self._fresh = (_left(part, stay, rows) for part in (self._frozen, self._fresh))
        self._frozen_rows = int(stay[: self._frozen_rows].sum())
        self._numbers = self._numbers[stay]

    def freeze(self) -> None:
        """Freeze all there is now, and wait for it."""
        self._make(len(self))
        self._take_over()

    def candidates(self, upload: Points, most: int = CANDIDATES) -> list[int]:
        """Numbers of the entries that get most votes, the likeliest first."""
        self._take_over()
        held = [part for part in (self._frozen, self._fresh) if len(part.words)]
        if not len(upload) or not held:
            return []
        words = _nearest(upload.codes, PROBED)
        parts = [_votes(part, upload, words) for part in held]
        of, keys = (np.concatenate(column) for column in zip(*parts, strict=True))
        # A point that looks like many says little about each.
        weights = 1 / np.sqrt(np.bincount(of, minlength=len(upload)))[of]
        found, places = np.unique(keys, return_inverse=True)
        sums = np.bincount(places, weights)
        rows = found // _BINS
        order = np.argsort(-sums, kind="stable")
        best = list(dict.fromkeys(rows[order[: most * _BINS]].tolist()))[:most]
        return [int(self._numbers[row]) for row in best]

    def _make(self, rows: int) -> None:
        self._next = self._frozen.joined(self._fresh), rows

    def _take_over(self) -> None:
        """Use the newly frozen points, if there are some."""
        made = self._next
        if made is None:
            return
        if self._freezing:
            self._freezing.join()
        self._frozen, self._frozen_rows = made
        rows = np.arange(len(self._numbers))
        self._fresh = _left(self._fresh, rows >= self._frozen_rows, rows)
        self._next, self._freezing = None, None


def _left(part: _Postings, stay: NDArray[np.bool_], rows: NDArray[np.int64]) -> _Postings:
    """The points of entries that stay (by row), under their new rows."""
    left = stay[part.rows]
    return _Postings(
        part.words[left],
        rows[part.rows[left]].astype(np.uint32),
        part.codes[left],
        part.angles[left],
        part.sizes[left],
    )


def _nearest(codes: Codes, count: int) -> NDArray[np.int64]:
    """The words of each point: n x count squared."""
    halves = []
    for half in (0, 1):
        apart = np.bitwise_count(codes[:, None, half] ^ _MIDDLES[half])
        halves.append(np.argpartition(apart, count - 1, axis=1)[:, :count])
    return (halves[0][:, :, None] * WORDS + halves[1][:, None, :]).reshape(len(codes), count * count)


def _steps(points: Points) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Angles in 1/256 of a turn and sizes in sixteenths of an octave."""
    angles = np.rint(points.angles * (128 / np.pi)).astype(np.int64).astype(np.uint8)
    return angles, np.clip(np.rint(np.log2(points.sizes) * 16), 0, 255).astype(np.uint8)


def _postings(entries: list[Points], first: int) -> _Postings:
    """Points of entries whose rows begin at `first`, in order of their words."""
    codes = np.concatenate([entry.codes for entry in entries])
    rows = np.repeat(np.arange(first, first + len(entries)), [len(entry) for entry in entries])
    words = np.concatenate(
        [np.zeros((0, 1), np.int64)]
        + [_nearest(codes[start : start + _AT_ONCE], 1) for start in range(0, len(codes), _AT_ONCE)]
    )[:, 0]
    steps = [_steps(entry) for entry in entries]
    order = np.argsort(words, kind="stable")
    return _Postings(
        words[order].astype(np.uint32),
        rows[order].astype(np.uint32),
        codes[order],
        np.concatenate([angles for angles, _ in steps])[order],
        np.concatenate([sizes for _, sizes in steps])[order],
    )


def _votes(
    part: _Postings, upload: Points, words: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each pair of points that look alike, twice: the upload's point, and entry with turn and scale."""
    asked = words.ravel().astype(np.uint32)
    starts = np.searchsorted(part.words, asked, "left")
    counts = np.searchsorted(part.words, asked, "right") - starts
    of = np.repeat(np.repeat(np.arange(len(upload)), words.shape[1]), counts)
    places = np.arange(len(of)) + np.repeat(starts - (np.cumsum(counts) - counts), counts)
    apart = np.bitwise_count(part.codes[places] ^ upload.codes[of]).sum(axis=1)
    close = apart <= NEAR
    of, places = of[close], places[close]
    angles, sizes = _steps(upload)
    turn = (angles[of] - part.angles[places]).astype(np.int64)  # of a full turn, as 8 bits wrap
    scale = sizes[of].astype(np.int64) - part.sizes[places] + 256
    width, height = 256 // _TURNS, 512 // _OCTAVES
    keys = part.rows[places].astype(np.int64) * _BINS
    first = turn // width * _OCTAVES + scale // height
    shifted = (turn + width // 2) % 256 // width * _OCTAVES + np.minimum(
        (scale + height // 2) // height, _OCTAVES - 1
    )
    return np.concatenate([of, of]), np.concatenate([keys + first, keys + _BINS // 2 + shifted])
