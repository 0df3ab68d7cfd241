"""The outbox: one delivery row for each message that must reach a webhook.

Claiming a delivery moves `next_at` to the end of a lease and commits; the message is sent outside of any
transaction; then the outcome is recorded. Who dies in between leaves a delivery that falls due again
when the lease ends, with the same id.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What every enabled webhook shall receive that asked for its type, `wait_s` seconds from now."""

    type: str
    body: dict[str, Any]
    action_id: int | None = None
    wait_s: float = 0.0


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A claimed delivery; `attempts` counts this one. `body` is the JSON text to send."""

    id: UUID
    webhook_id: int
    name: str
    url: str
    secret: str
    body: str
    attempts: int
    action_id: int | None
    old_secret: str | None = None  # signs, too, for a while after a rotation


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one attempt: `state` delivered, pending (again at `next_at`) or dead."""

    id: UUID
    state: str
    next_at: datetime | None = None
    status: int | None = None
    error: str | None = None
    seconds: float = 0.0  # that the attempt took


def enqueue(
    conn: Conn, messages: Sequence[Message], now: datetime, webhook_id: int | None = None
) -> list[UUID]:
    """Queue messages for every enabled webhook that asked for their type, or for one whatever it asked for;
    returns the ids of the deliveries."""
    rows = [msgspec.structs.asdict(message) | {"n": n} for n, message in enumerate(messages)]
    found = conn.execute(
        """
        INSERT INTO deliveries (webhook_id, action_id, type, body, next_at, created_at)
        SELECT webhooks.id, row.action_id, row.type, row.body, %(now)s + row.wait_s * interval '1 s', %(now)s
        FROM jsonb_to_recordset(%(rows)s::jsonb)
            AS row (n int, action_id bigint, type text, body jsonb, wait_s float)
        CROSS JOIN webhooks
        WHERE CASE WHEN %(only)s::bigint IS NULL THEN webhooks.enabled AND row.type = ANY(webhooks.types)
              ELSE webhooks.id = %(only)s END
        ORDER BY row.n, webhooks.id
        RETURNING id
        """,
        {"now": now, "rows": msgspec.json.encode(rows).decode(), "only": webhook_id},
    )
    return [row[0] for row in found]


def claim(conn: Conn, free: Mapping[int, int], lease: timedelta, now: datetime) -> list[Due]:
    """Take due deliveries, for each webhook at most as many as it has `free` slots.

    Webhooks are asked one by one, so one with a long queue leaves the others theirs.
    """
    cursor = conn.cursor(row_factory=class_row(Due))
    slots = [{"webhook": webhook, "slots": slots} for webhook, slots in free.items() if slots > 0]
    cursor.execute(
        """
        UPDATE deliveries SET attempts = attempts + 1, next_at = %(now)s + %(lease)s
        FROM webhooks
        WHERE webhooks.id = deliveries.webhook_id AND deliveries.id IN (
            SELECT due.id
            FROM jsonb_to_recordset(%(slots)s::jsonb) AS free (webhook bigint, slots int)
            CROSS JOIN LATERAL (
                SELECT id FROM deliveries waiting
                WHERE waiting.webhook_id = free.webhook AND waiting.state = 'pending'
                  AND waiting.next_at <= %(now)s
                ORDER BY waiting.next_at LIMIT free.slots FOR UPDATE SKIP LOCKED
            ) AS due)
        RETURNING deliveries.id, webhook_id, name, url, secret, body::text AS body, attempts, action_id,
            CASE WHEN old_secret_until > %(now)s THEN old_secret END AS old_secret
        """,
        {"now": now, "lease": lease, "slots": msgspec.json.encode(slots).decode()},
    )
    return sorted(cursor.fetchall(), key=lambda due: due.id)


def record(conn: Conn, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write what became of attempts; a delivery cancelled in the meantime stays cancelled."""
    rows = sorted((msgspec.structs.asdict(outcome) for outcome in outcomes), key=lambda row: str(row["id"]))
    conn.execute(
        """
        WITH told AS (
            SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb)
                AS row (id uuid, state text, next_at timestamptz, status int, error text, seconds real)
        ), tried AS (
            INSERT INTO delivery_attempts (delivery_id, at, seconds, status, error)
            SELECT told.id, %(now)s, seconds, status, error FROM told JOIN deliveries USING (id)
        ), locked AS (
            SELECT deliveries.id FROM deliveries JOIN told USING (id)
            WHERE deliveries.state = 'pending' ORDER BY deliveries.id FOR UPDATE OF deliveries
        )
        UPDATE deliveries SET state = told.state, next_at = COALESCE(told.next_at, deliveries.next_at),
            last_status = told.status, last_error = told.error,
            delivered_at = CASE WHEN told.state = 'delivered' THEN %(now)s END
        FROM told JOIN locked USING (id)
        WHERE deliveries.id = told.id
        """,
        {"rows": msgspec.json.encode(rows).decode(), "now": now},
    )


def actions_at_rest(conn: Conn, action_ids: Iterable[int]) -> tuple[list[int], list[int]]:
    """Of these actions: those that every webhook has taken, and those that none will ever take."""
    rows = conn.execute(
        """
        SELECT action_id, bool_or(state = 'delivered') FROM deliveries
        WHERE action_id = ANY(%s) AND state <> 'cancelled'
        GROUP BY action_id HAVING NOT bool_or(state = 'pending')
            AND (NOT bool_or(state = 'dead') OR NOT bool_or(state = 'delivered'))
        ORDER BY action_id
        """,
        [list(action_ids)],
    ).fetchall()
    return [row[0] for row in rows if row[1]], [row[0] for row in rows if not row[1]]


def cancel(conn: Conn, action_ids: Iterable[int]) -> int:
    """Cancel what has not been delivered of actions; returns how many deliveries."""
    return conn.execute(
        """
        UPDATE deliveries SET state = 'cancelled'
        WHERE id IN (SELECT id FROM deliveries WHERE action_id = ANY(%s) AND state IN ('pending', 'dead')
                     ORDER BY id FOR UPDATE)
        """,
        [list(action_ids)],
    ).rowcount


def cancel_pages(conn: Conn, threat_id: int) -> int:
    """Cancel what has not been delivered of the pages about a threat; returns how many deliveries."""
    return conn.execute(
        """
        UPDATE deliveries SET state = 'cancelled'
        WHERE id IN (SELECT id FROM deliveries
                     WHERE type = 'threat.page' AND state = 'pending'
                       AND (body -> 'data' ->> 'threat')::bigint = %s
                     ORDER BY id FOR UPDATE)
        """,
        [threat_id],
    ).rowcount
