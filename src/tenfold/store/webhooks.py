"""Webhooks: who receives messages, of which types, signed with which secret."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

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


def enabled(conn: Conn) -> list[int]:
    """Ids of the webhooks that are switched on."""
    return [row[0] for row in conn.execute("SELECT id FROM webhooks WHERE enabled ORDER BY id")]


def rotate(conn: Conn, webhook_id: int, sealed_secret: str, until: datetime) -> None:
    """Sign with a new secret; with the old one too until a time."""
    conn.execute(
        "UPDATE webhooks SET old_secret = secret, old_secret_until = %s, secret = %s WHERE id = %s",
        [until, sealed_secret, webhook_id],
    )
