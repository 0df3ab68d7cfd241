"""Known pictures in this process: which entries of banks are near a hash."""

import random
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec
from anyio import to_thread
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

    async def near(self, digits: str) -> list[Near]:
        """Entries with a PDQ hash within 31 bits of this one, the nearest first.

        No thread and no database is asked, unless what is held is old, or an entry may have expired.
        """
        code = codes_of(bytes.fromhex(digits))
        if self._is_old():
            await to_thread.run_sync(self._renew)
        apart, hits, others = self._search(code)
        if others:
            hits |= await to_thread.run_sync(self._asked, others)
        return _nearest(apart, hits)

    def picture(self, digits: str) -> list[Near]:
        """As `near`, for a thread."""
        if self._is_old():
            self._renew()
        apart, hits, others = self._search(codes_of(bytes.fromhex(digits)))
        return _nearest(apart, hits | self._asked(others) if others else hits)

    def all_near(self, codes: Codes) -> Found:
        """Every pair of a query and a hash within 31 bits: row of query, number, distance. For a thread."""
        if self._is_old():
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
        """Distances by the number of the hash, entries that are known, and numbers to ask about."""
        with self._lock:
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
        """Hold what was added since, and let go of what went. One thread does, the others wait for it."""
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
    drawn = str(random.randrange(SEEDS)) if seed is None else seed  # noqa: S311 - a sample, no secret
    asked = {
        bank: ratio >= 1 or random.Random(f"{drawn}:{bank}").random() < ratio  # noqa: S311
        for bank, ratio in {one.hit.bank: one.hit.ratio for one in matching}.items()
    }
    return [one for one in matching if asked[one.hit.bank]]


def of_banks(near: Sequence[Near], names: Collection[str]) -> list[Near]:
    """Those of these banks; all if none is named."""
    return [one for one in near if one.hit.bank in names] if names else list(near)
