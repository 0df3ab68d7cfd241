"""The eye of a worker for protectees: the list in memory, read again when it was changed."""

from collections.abc import Sequence
from datetime import UTC, datetime

from tenfold.store import protectees
from tenfold.store.database import Conn
from tenfold.threats.protectees.index import Index, Text
from tenfold.threats.protectees.matches import Match

__all__ = ["Text", "Watch"]


class Watch:
    """Finds protectees in texts; one for a worker's life. `secret` is the installation's."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.revision = -1  # of the list that texts were searched for last; -1: for none yet
        self._index = Index((), secret)

    def find(self, conn: Conn, texts: Sequence[Text]) -> list[list[Match]]:
        """For each text the protectees that it names, at most one match each, in the order of their places.

        Every text is searched, so give only those that carry a threat; for none nothing is asked.
        """
        if not texts:
            return []
        revision = protectees.revision(conn)
        if revision != self.revision:
            self._index = Index(protectees.watched(conn), self._secret)
            self.revision = revision
        return self._index.find(texts, datetime.now(UTC))
