"""What became of deliveries: every try with its time and answer, and how many stand where."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try of a delivery; `status` None: the receiver gave no answer, `error` says why."""

    delivery_id: UUID
    at: datetime
    seconds: float
    status: int | None
    error: str | None


def attempts(conn: Conn, delivery_ids: Iterable[UUID]) -> dict[UUID, list[Attempt]]:
    """The tries of deliveries, in their order."""
    found: dict[UUID, list[Attempt]] = {}
    with conn.cursor(row_factory=class_row(Attempt)) as cursor:
        cursor.execute(
            """
            SELECT delivery_id, at, seconds, status, error FROM delivery_attempts
            WHERE delivery_id = ANY(%s) ORDER BY id
            """,
            [list(delivery_ids)],
        )
        for one in cursor:
            found.setdefault(one.delivery_id, []).append(one)
    return found


def forget_attempts(conn: Conn, before: datetime) -> int:
    """Forget tries made before a time; the deliveries stay. Returns how many."""
    return conn.execute("DELETE FROM delivery_attempts WHERE at < %s", [before]).rowcount


def counts(conn: Conn) -> dict[int, dict[str, int]]:
    """Deliveries of each webhook by state."""
    found: dict[int, dict[str, int]] = {}
    rows = conn.execute("SELECT webhook_id, state, count(*) FROM deliveries GROUP BY webhook_id, state")
    for webhook_id, state, number in rows:
        found.setdefault(webhook_id, {})[state] = number
    return found
