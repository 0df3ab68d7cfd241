"""Known pictures in this process: which entries of banks are near a hash."""

import random
import threading
import time
from collections.abc import Collection, Sequence
from typing import Final

import msgspec
from anyio import to_thread
from litestar.di import NamedDependency
from psycopg_pool import ConnectionPool

from tenfold.detectors.media.bands import Codes, codes_of
from tenfold.detectors.media.held import HeldHashes
from tenfold.store import media_contents
from tenfold.store.database import Conn
from tenfold.store.media_contents import Hit

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
        self._lock = threading.Lock()
        self._looked: float | None = None

    async def near(self, digits: str) -> list[Near]:
        """Entries with a PDQ hash within 31 bits of this one, the nearest first.

        Where nothing is near, which is soon known, no thread and no database is asked.
        """
        code = codes_of(bytes.fromhex(digits))
        if self._is_old():
            await to_thread.run_sync(self._renew)
        apart = self._search(code)
        return await to_thread.run_sync(self._entries, apart) if apart else []

    def picture(self, digits: str) -> list[Near]:
        """As `near`, for a thread."""
        if self._is_old():
            self._renew()
        apart = self._search(codes_of(bytes.fromhex(digits)))
        return self._entries(apart) if apart else []

    def file(self, md5: str) -> list[Near]:
        """Entries of a file."""
        with self._pool.connection() as conn:
            return [Near(hit, 0) for hit in media_contents.by_md5(conn, md5)]

    def _search(self, code: Codes) -> dict[int, int]:
        """Distances by the number of the hash."""
        with self._lock:
            _, numbers, distances = self._held.index.search(code)
        return dict(zip(numbers.tolist(), distances.tolist(), strict=True))

    def _entries(self, apart: dict[int, int]) -> list[Near]:
        with self._pool.connection() as conn:
            hits = media_contents.by_numbers(conn, sorted(apart))
        nearest: dict[int, Near] = {}
        for number, hit in hits.items():
            known = nearest.get(hit.content)
            if known is None or apart[number] < known.distance:
                nearest[hit.content] = Near(hit, apart[number])
        return sorted(nearest.values(), key=lambda near: (near.distance, near.hit.content))

    def _is_old(self) -> bool:
        return self._looked is None or time.monotonic() - self._looked >= FRESH_SECONDS

    def _renew(self) -> None:
        """Hold what was added since, and let go of what went. One thread does, the others wait for it."""
        with self._lock:
            if self._is_old():
                now = time.monotonic()
                with self._pool.connection() as conn:
                    self._held.update(conn)
                self._looked = now


Index = NamedDependency[Lookup]  # what handlers write for their parameter `index`


def chosen(near: Sequence[Near], *, seed: str | None, everything: bool) -> list[Near]:
    """Those that match now, of banks that are asked of this upload: a bank with the ratio 0.2 is asked of one
    in five. The same seed asks the same banks; `everything` asks all."""
    matching = [one for one in near if one.hit.matches]
    if everything:
        return matching
    drawn = str(random.randrange(SEEDS)) if seed is None else seed  # noqa: S311 - a sample, no secret
    asked = {
        bank: random.Random(f"{drawn}:{bank}").random() < ratio  # noqa: S311
        for bank, ratio in {one.hit.bank: one.hit.ratio for one in matching}.items()
    }
    return [one for one in matching if asked[one.hit.bank]]


def of_banks(near: Sequence[Near], names: Collection[str]) -> list[Near]:
    """Those of these banks; all if none is named."""
    return [one for one in near if one.hit.bank in names] if names else list(near)
