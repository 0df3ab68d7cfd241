"""What waits for one person, and who looks at a case just now."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn

HERE_FOR: Final = timedelta(seconds=45)  # after a page last said that it is open
SHOWN: Final = 50


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message: `kind` is mention, hand_over or language; `text` is the note that goes with it."""

    id: int
    case_id: int
    kind: str
    author: str
    text: str
    at: datetime
    seen_at: datetime | None


def send(
    conn: Conn, users: Iterable[int], *, case_id: int, kind: str, author: str, note_id: int, now: datetime
) -> None:
    """One message to each of these users."""
    conn.execute(
        """
        INSERT INTO inbox (user_id, case_id, kind, author, note_id, at)
        SELECT unnest(%s::bigint[]), %s, %s, %s, %s, %s
        """,
        [sorted(set(users)), case_id, kind, author, note_id, now],
    )


def of(conn: Conn, user_id: int) -> list[Message]:
    """The user's last messages, those not seen yet first, then newest first."""
    cursor = conn.cursor(row_factory=class_row(Message))
    cursor.execute(
        """
        SELECT inbox.id, inbox.case_id, kind, inbox.author, text, inbox.at, seen_at
        FROM inbox JOIN case_notes ON case_notes.id = note_id
        WHERE user_id = %s ORDER BY (seen_at IS NOT NULL), inbox.id DESC LIMIT %s
        """,
        [user_id, SHOWN],
    )
    return cursor.fetchall()


def unseen(conn: Conn, user_id: int) -> int:
    """How many messages the user has not seen."""
    row = conn.execute(
        "SELECT count(*) FROM inbox WHERE user_id = %s AND seen_at IS NULL", [user_id]
    ).fetchone()
    return int(row[0]) if row else 0


def saw(conn: Conn, user_id: int, case_id: int | None, now: datetime) -> None:
    """Note that the user has seen the messages about a case, or all."""
    conn.execute(
        """
        UPDATE inbox SET seen_at = %(now)s
        WHERE user_id = %(user)s AND seen_at IS NULL AND (%(case)s::bigint IS NULL OR case_id = %(case)s)
        """,
        {"now": now, "user": user_id, "case": case_id},
    )


def here(conn: Conn, case_id: int, user_id: int, now: datetime) -> list[int]:
    """Note that the user has the case's page open; returns who else has."""
    conn.execute("DELETE FROM presence WHERE at < %s", [now - HERE_FOR])
    conn.execute(
        """
        INSERT INTO presence (case_id, user_id, at) VALUES (%s, %s, %s)
        ON CONFLICT (case_id, user_id) DO UPDATE SET at = excluded.at
        """,
        [case_id, user_id, now],
    )
    rows = conn.execute(
        "SELECT user_id FROM presence WHERE case_id = %s AND user_id <> %s ORDER BY user_id",
        [case_id, user_id],
    )
    return [row[0] for row in rows]
