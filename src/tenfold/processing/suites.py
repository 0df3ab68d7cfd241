"""The text detectors with the banks as they are now."""

import time

from tenfold.detectors.text.suite import TextSuite
from tenfold.store import banks
from tenfold.store.database import Conn

LOOK_SECONDS = 0.5  # between looks at the banks' revision


class CurrentSuite:
    """Keeps a TextSuite and rebuilds what a changed bank concerns, within half a second of the change."""

    def __init__(self) -> None:
        self._suite: TextSuite | None = None
        self._revision = -1
        self._looked_at = 0.0

    def get(self, conn: Conn) -> TextSuite:
        """The suite to use for the next batch."""
        now = time.monotonic()
        if self._suite is not None and now - self._looked_at < LOOK_SECONDS:
            return self._suite
        self._looked_at = now
        revision = banks.revision(conn)
        if self._suite is None or revision != self._revision:
            loaded = banks.load_banks(conn)
            self._suite = self._suite.updated(loaded) if self._suite else TextSuite(loaded)
            self._revision = revision
        return self._suite
