"""The hashes of pictures and frames that the store has, in an index of this process."""

import numpy as np

from tenfold.detectors.media.bands import codes_of
from tenfold.detectors.media.index import HashIndex
from tenfold.store import media_hashes
from tenfold.store.database import Conn


class HeldHashes:
    """An index that follows the store. One thread updates and searches."""

    def __init__(self) -> None:
        self.index = HashIndex()
        self._gone = 0  # how far the list of hashes that went is read

    def update(self, conn: Conn) -> None:
        """Hold all hashes that are in the store now, and let go of what went."""
        loading = self.index.last == 0
        self._gone = media_hashes.last_gone(conn) if loading else self._gone
        while page := media_hashes.pdq_after(conn, self.index.last):
            numbers = np.frombuffer(page.numbers, ">i4").astype(np.uint32)
            self.index.add(numbers, codes_of(page.hashes))
        if loading:
            self.index.freeze()
        self._gone, gone = media_hashes.gone_after(conn, self._gone)
        if gone:
            self.index.remove(np.array(gone, np.uint32))
