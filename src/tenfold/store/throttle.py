"""Login throttling: guessing a password or a code becomes slow."""

import hmac
from datetime import timedelta

from tenfold.store.database import Conn

WINDOW = timedelta(minutes=15)
FAILURES_PER_PAIR = 5  # of one name from one address
FAILURES_PER_ADDRESS = 50
FAILURES_PER_NAME = 100


class Throttle:
    """Slows down guessing: counts failed logins by name, by address and by both together.

    `kind` tells apart what is guessed. Only keyed hashes are kept, and only for WINDOW. The pair has the
    tightest limit, so that a stranger who fails on purpose does not lock a name out everywhere.
    """

    def __init__(
        self,
        secret: bytes,
        name: str,
        address: str,
        *,
        kind: str = "login",
        per_name: int = FAILURES_PER_NAME,
    ) -> None:
        def key(*parts: str) -> bytes:
            return hmac.digest(secret, "\0".join((kind, *parts)).encode(), "sha256")[:16]

        folded = name.strip().casefold()
        self._limits = {
            key("pair", folded, address): FAILURES_PER_PAIR,
            key("address", address): FAILURES_PER_ADDRESS,
            key("name", folded): per_name,
        }

    def blocked(self, conn: Conn) -> bool:
        """True while one of the limits is reached."""
        rows = conn.execute(
            "SELECT key, count(*) FROM login_failures WHERE key = ANY(%s) AND at > now() - %s::interval"
            " GROUP BY key",
            [list(self._limits), WINDOW],
        )
        return any(count >= self._limits[bytes(key)] for key, count in rows)

    def failed(self, conn: Conn) -> None:
        """Note one failure."""
        conn.execute("DELETE FROM login_failures WHERE at < now() - %s::interval", [WINDOW])
        conn.execute("INSERT INTO login_failures (key) SELECT unnest(%s::bytea[])", [list(self._limits)])

    def succeeded(self, conn: Conn) -> None:
        """Forget the failures of this name from this address."""
        conn.execute("DELETE FROM login_failures WHERE key = %s", [next(iter(self._limits))])
