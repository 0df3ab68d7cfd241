"""The hashes of pictures and frames that the store has, in an index of this process."""

import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.media.bands import codes_of
from tenfold.detectors.media.index import HashIndex
from tenfold.store import media_hashes
from tenfold.store.database import Conn


class HeldHashes:
    """An index that follows the store. One thread updates and searches."""

    def __init__(self) -> None:
        self.index = HashIndex()
        self._seen = ""  # the snapshot up to which changes are read

    def begin_after(self, conn: Conn, number: int) -> None:
        """Leave out the hashes up to this number; before anything is held."""
        self.index.last = number
        self._seen = media_hashes.snapshot(conn)

    def update(self, conn: Conn) -> NDArray[np.uint32]:
        """Hold all hashes that are in the store now, and let go of what went.

        Returns the numbers of hashes that were held and whose entry no longer answers as it did.
        """
        loading = self.index.last == 0
        self._seen = media_hashes.snapshot(conn) if loading else self._seen
        while page := media_hashes.pdq_after(conn, self.index.last):
            self.index.add(numbers_of(page.numbers), codes_of(page.hashes))
        if loading:
            self.index.freeze()
        changes = media_hashes.changes_since(conn, self._seen)
        self._seen = changes.seen
        if changes.gone:
            self.index.remove(numbers_of(changes.gone))
        return numbers_of(changes.other)


def numbers_of(packed: bytes) -> NDArray[np.uint32]:
    """Numbers of 4 bytes each, big-endian."""
    return np.frombuffer(packed, ">u4").astype(np.uint32)
