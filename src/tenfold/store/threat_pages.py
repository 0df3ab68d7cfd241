"""Which threats are calling people, how often they have, and when they do next."""

from datetime import datetime
from typing import Literal

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn

Ended = Literal["seen", "spent", "closed"]


class Paging(msgspec.Struct, frozen=True, kw_only=True):
    """How the calling for one threat stands. `next_at` is None once it ended: somebody looked (`seen`),
    nobody did in any round (`spent`), or the record was closed, into another perhaps (`closed`)."""

    threat_id: int
    started_at: datetime
    rounds: int
    next_at: datetime | None
    ended_as: Ended | None


_COLUMNS = "threat_id, started_at, rounds, next_at, ended_as"


def start(conn: Conn, threat_id: int, now: datetime) -> bool:
    """Begin to call, or begin anew what had ended; False if it goes on already."""
    return (
        conn.execute(
            """
            INSERT INTO threat_pages (threat_id, started_at, next_at) VALUES (%(id)s, %(now)s, %(now)s)
            ON CONFLICT (threat_id) DO UPDATE SET started_at = excluded.started_at, rounds = 0,
                next_at = excluded.next_at, ended_as = NULL
            WHERE threat_pages.next_at IS NULL
            """,
            {"id": threat_id, "now": now},
        ).rowcount
        == 1
    )


def due(conn: Conn, now: datetime, limit: int) -> list[Paging]:
    """What has to call now, locked until the end of the transaction; others that look get others."""
    cursor = conn.cursor(row_factory=class_row(Paging))
    cursor.execute(
        f"""
        SELECT {_COLUMNS} FROM threat_pages WHERE next_at <= %s
        ORDER BY next_at LIMIT %s FOR UPDATE SKIP LOCKED
        """,
        [now, limit],
    )
    return cursor.fetchall()


def called(conn: Conn, threat_id: int, next_at: datetime) -> int:
    """Note a round and when the next is due; returns its number, from 1."""
    row = conn.execute(
        "UPDATE threat_pages SET rounds = rounds + 1, next_at = %s WHERE threat_id = %s RETURNING rounds",
        [next_at, threat_id],
    ).fetchone()
    assert row is not None, "started before"
    return int(row[0])


def end(conn: Conn, threat_id: int, ended_as: Ended) -> bool:
    """Call no more; False if nobody was being called."""
    return (
        conn.execute(
            "UPDATE threat_pages SET next_at = NULL, ended_as = %s"
            " WHERE threat_id = %s AND next_at IS NOT NULL",
            [ended_as, threat_id],
        ).rowcount
        == 1
    )


def load(conn: Conn, threat_id: int) -> Paging | None:
    """How the calling for a threat stands; None if it never called."""
    cursor = conn.cursor(row_factory=class_row(Paging))
    cursor.execute(f"SELECT {_COLUMNS} FROM threat_pages WHERE threat_id = %s", [threat_id])
    return cursor.fetchone()


def waiting(conn: Conn) -> int:
    """How many T0 and T1 wait for a person: nobody has acted since their clock began."""
    row = conn.execute(
        """
        SELECT count(*) FROM threats
        WHERE urgency <= 1 AND status <> 'closed' AND due_at IS NOT NULL AND NOT information
        """
    ).fetchone()
    return int(row[0]) if row else 0
