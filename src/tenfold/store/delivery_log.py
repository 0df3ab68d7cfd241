"""What became of deliveries: how each stands, every try with its time and answer; and sending one again."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn


class Delivery(msgspec.Struct, kw_only=True):
    """A delivery as operators see it."""

    id: UUID
    webhook_id: int
    webhook: str
    action_id: int | None
    type: str
    state: str
    attempts: int
    next_at: datetime
    created_at: datetime
    delivered_at: datetime | None
    last_status: int | None
    last_error: str | None


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


def redeliver(conn: Conn, delivery_id: UUID, now: datetime) -> Delivery | None:
    """Send a dead or delivered message again, under its old id; None if there is none in such a state."""
    found = conn.execute(
        """
        UPDATE deliveries SET state = 'pending', attempts = 0, next_at = %s, delivered_at = NULL
        WHERE id = %s AND state IN ('dead', 'delivered') RETURNING id
        """,
        [now, delivery_id],
    ).fetchone()
    return delivery(conn, delivery_id) if found else None


_DELIVERY = """
    SELECT deliveries.id, webhook_id, webhooks.name AS webhook, action_id, type, state, attempts, next_at,
           deliveries.created_at, delivered_at, last_status, last_error
    FROM deliveries JOIN webhooks ON webhooks.id = webhook_id
"""


def delivery(conn: Conn, delivery_id: UUID) -> Delivery | None:
    """One delivery."""
    cursor = conn.cursor(row_factory=class_row(Delivery))
    cursor.execute(_DELIVERY + "WHERE deliveries.id = %s", [delivery_id])
    return cursor.fetchone()


def deliveries(
    conn: Conn,
    *,
    webhook_id: int | None = None,
    state: str | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[Delivery]:
    """Deliveries, newest first; `before` is the last id of the page before."""
    conditions = ["true"]
    if webhook_id is not None:
        conditions.append("webhook_id = %(webhook_id)s")
    if state is not None:
        conditions.append("state = %(state)s")
    if before is not None:
        conditions.append("deliveries.id < %(before)s")
    cursor = conn.cursor(row_factory=class_row(Delivery))
    cursor.execute(
        _DELIVERY + f"WHERE {' AND '.join(conditions)} ORDER BY deliveries.id DESC LIMIT %(limit)s",
        {"webhook_id": webhook_id, "state": state, "before": before, "limit": limit},
    )
    return cursor.fetchall()
