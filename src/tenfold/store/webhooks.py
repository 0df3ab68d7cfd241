"""Webhooks and the outbox: one delivery row for each message that must reach a webhook.

Claiming a delivery moves `next_at` to the end of a lease and commits; the message is sent outside of any
transaction; then the outcome is recorded. Who dies in between leaves a delivery that falls due again
when the lease ends, with the same id.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn

ACTION_ORDERED: Final = "action.ordered"
THREAT_PAGE: Final = "threat.page"
TYPES: Final = (ACTION_ORDERED, THREAT_PAGE)  # that a webhook can ask for; tests come to any


class Webhook(msgspec.Struct, kw_only=True):
    """A receiver of messages of some `types`. `secret` is sealed; `disabled_reason` says why it was switched
    off, if it was."""

    id: int
    name: str
    url: str
    secret: str
    enabled: bool
    created_at: datetime
    disabled_reason: str | None
    types: list[str]
    old_secret_until: datetime | None = None  # until then the secret before the last rotation signs, too


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


def add(
    conn: Conn, name: str, url: str, sealed_secret: str, types: Sequence[str] = (ACTION_ORDERED,)
) -> int | None:
    """Add a webhook; None if the name is taken."""
    row = conn.execute(
        """
        INSERT INTO webhooks (name, url, secret, types) VALUES (%s, %s, %s, %s)
        ON CONFLICT DO NOTHING RETURNING id
        """,
        [name, url, sealed_secret, sorted(set(types))],
    ).fetchone()
    return int(row[0]) if row else None


_COLUMNS = "id, name, url, secret, enabled, created_at, disabled_reason, types, old_secret_until"


def load_all(conn: Conn) -> list[Webhook]:
    """All webhooks by id."""
    cursor = conn.cursor(row_factory=class_row(Webhook))
    cursor.execute(f"SELECT {_COLUMNS} FROM webhooks ORDER BY id")
    return cursor.fetchall()


def load(conn: Conn, webhook_id: int) -> Webhook | None:
    """One webhook."""
    cursor = conn.cursor(row_factory=class_row(Webhook))
    cursor.execute(f"SELECT {_COLUMNS} FROM webhooks WHERE id = %s", [webhook_id])
    return cursor.fetchone()


def change(
    conn: Conn,
    webhook_id: int,
    *,
    name: str,
    url: str,
    enabled: bool,
    disabled_reason: str | None,
    types: Sequence[str] | None = None,
) -> bool:
    """Change a webhook; without `types` it receives what it did. False if there is none,
    psycopg.errors.UniqueViolation if the name is taken."""
    return (
        conn.execute(
            """
            UPDATE webhooks SET name = %s, url = %s, enabled = %s, disabled_reason = %s,
                types = coalesce(%s, types)
            WHERE id = %s
            """,
            [name, url, enabled, disabled_reason, types and sorted(set(types)), webhook_id],
        ).rowcount
        == 1
    )


def disable(conn: Conn, webhook_id: int, reason: str) -> list[int]:
    """Switch a webhook off for good: what waits for it is dead. Returns the actions concerned."""
    conn.execute(
        "UPDATE webhooks SET enabled = false, disabled_reason = %s WHERE id = %s", [reason, webhook_id]
    )
    rows = conn.execute(
        """
        UPDATE deliveries SET state = 'dead', last_error = %s
        WHERE id IN (SELECT id FROM deliveries WHERE webhook_id = %s AND state = 'pending'
                     ORDER BY id FOR UPDATE)
        RETURNING action_id
        """,
        [reason, webhook_id],
    )
    return sorted({row[0] for row in rows if row[0] is not None})


def remove(conn: Conn, webhook_id: int) -> bool:
    """Remove a webhook with its deliveries; False if there is none."""
    conn.execute("DELETE FROM deliveries WHERE webhook_id = %s", [webhook_id])
    return conn.execute("DELETE FROM webhooks WHERE id = %s", [webhook_id]).rowcount == 1


def any_enabled(conn: Conn, type_: str) -> bool:
    """Whether anybody receives messages of a type."""
    row = conn.execute(
        "SELECT EXISTS (SELECT 1 FROM webhooks WHERE enabled AND %s = ANY(types))", [type_]
    ).fetchone()
    return bool(row and row[0])


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


def enabled(conn: Conn) -> list[int]:
    """Ids of the webhooks that are switched on."""
    return [row[0] for row in conn.execute("SELECT id FROM webhooks WHERE enabled ORDER BY id")]


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


def rotate(conn: Conn, webhook_id: int, sealed_secret: str, until: datetime) -> None:
    """Sign with a new secret; with the old one too until a time."""
    conn.execute(
        "UPDATE webhooks SET old_secret = secret, old_secret_until = %s, secret = %s WHERE id = %s",
        [until, sealed_secret, webhook_id],
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
