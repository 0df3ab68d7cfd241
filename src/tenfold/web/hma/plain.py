"""Which entry a hash is of, in memory: so a known picture is answered for without asking the store."""

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tenfold.store import media_contents
from tenfold.store.database import Conn
from tenfold.store.media_contents import Hit, WireBank

PAGE: Final = 1_000_000  # numbers of hashes that are read at once


class PlainEntries:
    """Entries that match whenever their bank does, by the number of each hash; of others the store is asked.

    10 bytes a number. One thread at a time updates or reads.
    """

    def __init__(self) -> None:
        self._last = 0
        # By number; 0: of no plain entry.
        self._contents = np.zeros(0, np.int64)
        self._places = np.zeros(0, np.int16)  # of banks, from 1
        self._ids: list[str] = []  # banks in the order of their places
        self._banks: dict[str, WireBank] = {}

    def update(self, conn: Conn, last: int, changed: NDArray[np.uint32]) -> None:
        """Know the entries of hashes up to the number `last`; those that `changed` are plain no more."""
        self._banks = {bank.id: bank for bank in media_contents.banks(conn)}
        self._ids += sorted(self._banks.keys() - set(self._ids))
        while self._last < last:
            upto = min(self._last + PAGE, last)
            self._read(conn, upto)
            self._last = upto
        self._contents[changed[changed <= self._last]] = 0

    def hits(self, numbers: Iterable[int]) -> tuple[dict[int, Hit], list[int]]:
        """The plain entries of these hashes by number, and the numbers of the others."""
        found, others = {}, []
        for number in numbers:
            content = int(self._contents[number]) if number <= self._last else 0
            bank = self._banks.get(self._ids[self._places[number] - 1]) if content else None
            if bank is None:
                others.append(number)
            else:
                found[number] = Hit(
                    number=number, content=content, bank=bank.name, ratio=bank.ratio, matches=bank.enabled
                )
        return found, others

    def _read(self, conn: Conn, upto: int) -> None:
        page = media_contents.plain(conn, self._last, upto, self._ids)
        if upto >= len(self._contents):
            room = max(upto + 1, 5 * len(self._contents) // 4)
            self._contents = np.resize(self._contents, room)
            self._places = np.resize(self._places, room)
        self._contents[self._last + 1 : upto + 1] = 0
        places = np.frombuffer(page.banks, ">i2")
        of_banks = places > 0
        numbers = np.frombuffer(page.numbers, ">i4")[of_banks]
        self._contents[numbers] = np.frombuffer(page.contents, ">i8")[of_banks]
        self._places[numbers] = places[of_banks]
