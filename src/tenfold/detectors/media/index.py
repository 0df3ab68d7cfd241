"""The PDQ hashes of all banks in memory: a large frozen part, and what came since, which is scanned."""

import threading
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.media.bands import Codes, Found, FrozenHashes, distances, joined
from tenfold.detectors.media.pdq import BITS, NEAR

LEAST_SCANNED: Final = 4_096  # hashes that are scanned rather than frozen: 0.1 ms a look-up
SCANNED_SHARE: Final = 50  # of the frozen part that may wait: one in fifty
_WORDS = BITS // 64


class HashIndex:
    """Hashes with the numbers that the store gave them. What was added is found by the next search.

    When enough was added, a thread freezes all anew while searches go on; one thread adds and searches.
    Memory at rest is 100 bytes a hash, and twice that while a new frozen part is made.
    """

    def __init__(self) -> None:
        self.last = 0  # the highest number held
        self._numbers = np.zeros(0, np.uint32)  # of all, frozen ones first
        self._frozen = FrozenHashes(np.zeros((0, _WORDS), np.uint64))
        self._fresh = np.zeros((0, _WORDS), np.uint64)  # with room to grow
        self._fresh_count = 0
        self._next: FrozenHashes | None = None
        self._freezing: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._frozen) + self._fresh_count

    @property
    def bytes(self) -> int:
        """Memory at rest."""
        return self._frozen.bytes + self._numbers.nbytes + self._fresh.nbytes

    def add(self, numbers: NDArray[np.uint32], codes: Codes) -> None:
        """Hold more hashes; their numbers are higher than `last` and rise."""
        if not len(codes):
            return
        self._take_over()
        self._numbers = np.concatenate([self._numbers, numbers])
        count = self._fresh_count + len(codes)
        if count > len(self._fresh):
            room = np.empty((max(count, 2 * len(self._fresh)), _WORDS), np.uint64)
            room[: self._fresh_count] = self._fresh[: self._fresh_count]
            self._fresh = room
        self._fresh[self._fresh_count : count] = codes
        self._fresh_count = count
        self.last = int(numbers[-1])
        self._freeze_soon()

    def search(self, queries: Codes, near: int = NEAR) -> Found:
        """Every pair of a query and a hash within `near` bits: row of the query, number, distance."""
        self._take_over()
        fresh = self._fresh[: self._fresh_count]
        parts = [self._frozen.search(queries, near)]
        for row, query in enumerate(queries if len(fresh) else queries[:0]):
            apart = distances(fresh, query[None])
            close = np.flatnonzero(apart <= near)
            parts.append((np.full(len(close), row), close + len(self._frozen), apart[close].astype(np.uint8)))
        of, rows, distance = joined(parts)
        return of, self._numbers[rows].astype(np.int64), distance

    def freeze(self) -> None:
        """Freeze all there is now, and wait for it: after loading, when nobody searches yet."""
        if self._freezing:
            self._freezing.join()
            self._take_over()
        if self._fresh_count:
            self._make(self._fresh_count)
            self._take_over()

    def _freeze_soon(self) -> None:
        enough = max(LEAST_SCANNED, len(self._frozen) // SCANNED_SHARE)
        if self._freezing is None and self._fresh_count > enough:
            self._freezing = threading.Thread(target=self._make, args=[self._fresh_count], daemon=True)
            self._freezing.start()

    def _make(self, count: int) -> None:
        """The next frozen part, of the present one and the first `count` fresh hashes."""
        self._next = FrozenHashes(np.concatenate([self._frozen.codes, self._fresh[:count]]))

    def _take_over(self) -> None:
        """Use the new frozen part, if there is one."""
        made = self._next
        if made is None:
            return
        if self._freezing:
            self._freezing.join()
        taken = len(made) - len(self._frozen)
        self._fresh = self._fresh[taken : self._fresh_count].copy()
        self._fresh_count = len(self._fresh)
        self._frozen, self._next, self._freezing = made, None, None
