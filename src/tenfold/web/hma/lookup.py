"""Known pictures in this process: which entries of banks are near a hash."""

import random
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec
from litestar.di import NamedDependency
from psycopg_pool import ConnectionPool

from tenfold.detectors.media.bands import Codes, Found, codes_of
from tenfold.detectors.media.held import HeldHashes
from tenfold.store import media_contents
from tenfold.store.database import Conn
from tenfold.store.media_contents import Hit
from tenfold.web.hma.plain import PlainEntries

FRESH_SECONDS: Final = 0.2  # how long what was added may go unnoticed
SEEDS: Final = 2**32  # how many seeds there are to draw


class Near(msgspec.Struct, frozen=True):
    """An entry that is near, and by how many bits."""

    hit: Hit
    distance: int


class Lookup:
    """An index of the hashes in all banks of media, filled when it is first asked. For several threads."""

    def __init__(self, pool: ConnectionPool[Conn]) -> None:
        self._pool = pool
        self._held = HeldHashes()
        self._plain = PlainEntries()
        self._lock = threading.Lock()
        self._looked: float | None = None

    def at_hand(self, digits: str) -> list[Near] | None:
        """Entries with a PDQ hash within 31 bits of this one, the nearest first, from memory alone; for the
        event loop, which waits for nothing.

        None where a thread must see to it: what is held is old or being renewed, or the store has to be asked
        whether an entry still matches.
        """
        if self._is_old() or not self._lock.acquire(blocking=False):
            return None
        try:
            apart, hits, others = self._search(codes_of(bytes.fromhex(digits)))
        finally:
            self._lock.release()
        return None if others else _nearest(apart, hits)

    def near(self, digits: str) -> list[Near]:
        """As `at_hand`, for a thread, which asks the store where it must."""
        self._renew()
        with self._lock:
            apart, hits, others = self._search(codes_of(bytes.fromhex(digits)))
        return _nearest(apart, hits | self._asked(others) if others else hits)

    def all_near(self, codes: Codes) -> Found:
        """Every pair of a query and a hash within 31 bits: row of query, number, distance. For a thread."""
        self._renew()
        with self._lock:
            return self._held.index.search(codes)

    def file(self, md5: str) -> list[Near]:
        """Entries of a file."""
        with self._pool.connection() as conn:
            return [Near(hit, 0) for hit in media_contents.by_md5(conn, md5)]

    @contextmanager
    def changing(self) -> Iterator[Conn]:
        """A connection for changes that the next look-up sees; commits when the block ends well."""
        with self._pool.connection() as conn:
            yield conn
        with self._lock:
            self._looked = None

    def _search(self, code: Codes) -> tuple[dict[int, int], dict[int, Hit], list[int]]:
        """Distances by the number of the hash, entries that are known, and numbers to ask about. The lock is
        held by the caller."""
        _, numbers, distances = self._held.index.search(code)
        if not len(numbers):
            return {}, {}, []
        apart = dict(zip(numbers.tolist(), distances.tolist(), strict=True))
        return apart, *self._plain.hits(apart)

    def _asked(self, numbers: Sequence[int]) -> dict[int, Hit]:
        with self._pool.connection() as conn:
            return media_contents.by_numbers(conn, numbers)

    def _is_old(self) -> bool:
        return self._looked is None or time.monotonic() - self._looked >= FRESH_SECONDS

    def _renew(self) -> None:
        """If it is time, hold what was added since, and let go of what went. One thread does, the others wait
        for it."""
        if not self._is_old():
            return
        with self._lock:
            if self._is_old():
                now = time.monotonic()
                with self._pool.connection() as conn:
                    changed = self._held.update(conn)
                    self._plain.update(conn, self._held.index.last, changed)
                self._looked = now


def _nearest(apart: Mapping[int, int], hits: Mapping[int, Hit]) -> list[Near]:
    """Each entry by the nearest of its hashes."""
    nearest: dict[int, Near] = {}
    for number, hit in hits.items():
        known = nearest.get(hit.content)
        if known is None or apart[number] < known.distance:
            nearest[hit.content] = Near(hit, apart[number])
    return sorted(nearest.values(), key=lambda near: (near.distance, near.hit.content))


Index = NamedDependency[Lookup]  # what handlers write for their parameter `index`


def chosen(near: Sequence[Near], *, seed: str | None, everything: bool) -> list[Near]:
    """Those that match now, of banks that are asked of this upload: a bank with the ratio 0.2 is asked of one
    in five. The same seed asks the same banks; `everything` asks all."""
    matching = [one for one in near if one.hit.matches]
    if everything:
        return matching
    if all(one.hit.ratio >= 1 for one in matching):
        return matching
    drawn = str(random.randrange(SEEDS)) if seed is None else seed  # noqa: S311 - a sample, no secret
    asked = {
        bank: ratio >= 1 or random.Random(f"{drawn}:{bank}").random() < ratio  # noqa: S311
        for bank, ratio in {one.hit.bank: one.hit.ratio for one in matching}.items()
    }
    return [one for one in matching if asked[one.hit.bank]]


def of_banks(near: Sequence[Near], names: Collection[str]) -> list[Near]:
    """Those of these banks; all if none is named."""
    return [one for one in near if one.hit.bank in names] if names else list(near)
