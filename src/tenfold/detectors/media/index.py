"""The PDQ hashes of all banks in memory: a large frozen part, and what came since, which is scanned."""

import threading
from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.media.bands import Codes, Found, FrozenHashes, distances, joined
from tenfold.detectors.media.pdq import BITS, NEAR

LEAST_SCANNED: Final = 4_096  # hashes that are scanned rather than frozen: 0.1 ms a look-up
SCANNED_SHARE: Final = 50  # of the frozen part that may wait: one in fifty
GONE_SHARE: Final = 8  # of all that may be gone and still in memory: one in eight
_WORDS = BITS // 64


class _Next(msgspec.Struct, frozen=True):
    """A frozen part, its numbers, and how many fresh hashes went into it."""

    frozen: FrozenHashes
    numbers: NDArray[np.uint32]
    taken: int


class HashIndex:
    """Hashes with the numbers that the store gave them. What was added is found by the next search.

    When enough was added or has gone, a thread freezes all anew while searches go on; one thread adds,
    removes and searches. Memory at rest is 100 bytes a hash, and twice that while a new frozen part is made.
    """

    def __init__(self) -> None:
        self.last = 0  # the highest number held
        self._numbers = np.zeros(0, np.uint32)  # of all, frozen ones first
        self._frozen = FrozenHashes(np.zeros((0, _WORDS), np.uint64))
        self._fresh = np.zeros((0, _WORDS), np.uint64)  # with room to grow
        self._fresh_count = 0
        self._gone = np.zeros(0, np.uint32)  # numbers that are held and no longer found
        self._next: _Next | None = None
        self._freezing: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._frozen) + self._fresh_count - len(self._gone)

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

    def remove(self, numbers: NDArray[np.uint32]) -> None:
        """Find these numbers no more, and let go of their hashes when enough are gone."""
        self._take_over()
        places = np.searchsorted(self._numbers, numbers)
        inside = places < len(self._numbers)
        held = numbers[inside][self._numbers[places[inside]] == numbers[inside]]
        self._gone = np.union1d(self._gone, held)
        self._freeze_soon()

    def search(self, queries: Codes, near: int = NEAR) -> Found:
        """Every pair of a query and a hash within `near` bits: row of the query, number, distance."""
        self._take_over()
        found = self._frozen.search(queries, near)
        if self._fresh_count:
            found = joined([found, *self._scan(queries, near)])
        of, rows, distance = found
        if not len(rows):
            return found
        numbers = self._numbers[rows]
        if len(self._gone):
            there = ~np.isin(numbers, self._gone)
            of, numbers, distance = of[there], numbers[there], distance[there]
        return of, numbers.astype(np.int64), distance

    def _scan(self, queries: Codes, near: int) -> Iterator[Found]:
        fresh = self._fresh[: self._fresh_count]
        for row, query in enumerate(queries):
            apart = distances(fresh, query[None])
            close = np.flatnonzero(apart <= near)
            yield np.full(len(close), row), close + len(self._frozen), apart[close].astype(np.uint8)

    def freeze(self) -> None:
        """Freeze all there is now, and wait for it: after loading, when nobody searches yet."""
        if self._freezing:
            self._freezing.join()
            self._take_over()
        if self._fresh_count or len(self._gone):
            self._make(self._fresh_count, self._gone)
            self._take_over()

    def _freeze_soon(self) -> None:
        enough = max(LEAST_SCANNED, len(self._frozen) // SCANNED_SHARE)
        many_gone = len(self._gone) > max(LEAST_SCANNED, len(self._numbers) // GONE_SHARE)
        if self._freezing is None and (self._fresh_count > enough or many_gone):
            arguments = (self._fresh_count, self._gone)
            self._freezing = threading.Thread(target=self._make, args=arguments, daemon=True)
            self._freezing.start()

    def _make(self, count: int, gone: NDArray[np.uint32]) -> None:
        """The next frozen part: the present one and the first `count` fresh hashes without what is gone."""
        codes = np.concatenate([self._frozen.codes, self._fresh[:count]])
        numbers = self._numbers[: len(codes)]
        kept = ~np.isin(numbers, gone)
        self._next = _Next(FrozenHashes(codes[kept]), numbers[kept], count)

    def _take_over(self) -> None:
        """Use the new frozen part, if there is one."""
        made = self._next
        if made is None:
            return
        if self._freezing:
            self._freezing.join()
        later = self._numbers[len(self._frozen) + made.taken :]
        self._fresh = self._fresh[made.taken : self._fresh_count].copy()
        self._fresh_count = len(self._fresh)
        self._numbers = np.concatenate([made.numbers, later])
        self._gone = np.intersect1d(self._gone, self._numbers)
        self._frozen, self._next, self._freezing = made.frozen, None, None
