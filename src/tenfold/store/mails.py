"""The outbox of mails: written in the transaction that causes them, claimed and sent outside of any.

Claiming moves `next_at` to the end of a lease and commits. Who dies in between leaves a mail that falls due
again under the same id, which is its Message-ID.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from psycopg.rows import class_row

from tenfold.store.accounts import as_records
from tenfold.store.database import Conn
from tenfold.store.people import Locale


class NewMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to write: to one address, in that person's language, as plain text."""

    recipient: str
    locale: Locale
    subject: str
    body: str
    threat_id: int | None = None


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A claimed mail; `attempts` counts this one."""

    id: UUID
    recipient: str
    locale: Locale
    subject: str
    body: str
    attempts: int
    created_at: datetime


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one attempt: `state` sent, pending (again at `next_at`) or dead."""

    id: UUID
    state: str
    next_at: datetime | None = None
    error: str | None = None


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as operators see it: without its text."""

    id: UUID
    threat_id: int | None
    recipient: str
    state: str
    attempts: int
    next_at: datetime
    created_at: datetime
    sent_at: datetime | None
    last_error: str | None


def write(conn: Conn, mails: Sequence[NewMail], now: datetime) -> list[UUID]:
    """Queue mails, due at once; returns their ids."""
    rows = conn.execute(
        """
        INSERT INTO mails (threat_id, recipient, locale, subject, body, next_at, created_at)
        SELECT threat_id, recipient, locale, subject, body, %(now)s, %(now)s
        FROM jsonb_to_recordset(%(rows)s) AS row (threat_id bigint, recipient text, locale text,
            subject text, body text)
        ORDER BY recipient RETURNING id
        """,
        {"rows": as_records(mails), "now": now},
    )
    return [row[0] for row in rows]


def claim(conn: Conn, limit: int, lease: timedelta, now: datetime) -> list[Due]:
    """Take mails that are due, the oldest first."""
    cursor = conn.cursor(row_factory=class_row(Due))
    cursor.execute(
        """
        UPDATE mails SET attempts = attempts + 1, next_at = %(now)s + %(lease)s
        WHERE id IN (SELECT id FROM mails WHERE state = 'pending' AND next_at <= %(now)s
                     ORDER BY next_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        RETURNING id, recipient, locale, subject, body, attempts, created_at
        """,
        {"now": now, "lease": lease, "limit": limit},
    )
    return sorted(cursor.fetchall(), key=lambda due: due.id)


def wanted(conn: Conn, mail_id: UUID) -> bool:
    """Whether a claimed mail is still to be sent: it may have been cancelled since."""
    row = conn.execute("SELECT state = 'pending' FROM mails WHERE id = %s", [mail_id]).fetchone()
    return bool(row and row[0])


def record(conn: Conn, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write what became of attempts; a mail cancelled in the meantime stays cancelled unless it went out."""
    rows = sorted((msgspec.structs.asdict(outcome) for outcome in outcomes), key=lambda row: str(row["id"]))
    conn.execute(
        """
        UPDATE mails SET state = told.state, next_at = coalesce(told.next_at, mails.next_at),
            last_error = told.error, sent_at = CASE WHEN told.state = 'sent' THEN %(now)s END
        FROM jsonb_to_recordset(%(rows)s) AS told (id uuid, state text, next_at timestamptz, error text)
        WHERE mails.id = told.id AND (mails.state = 'pending' OR told.state = 'sent')
        """,
        {"rows": as_records(rows), "now": now},
    )


def cancel_pages(conn: Conn, threat_id: int) -> int:
    """Cancel what was not sent about a threat; returns how many mails."""
    return conn.execute(
        "UPDATE mails SET state = 'cancelled' WHERE threat_id = %s AND state = 'pending'", [threat_id]
    ).rowcount


def expire(conn: Conn, before: datetime, error: str) -> int:
    """Give up mails written before a time that were never sent; returns how many."""
    return conn.execute(
        "UPDATE mails SET state = 'dead', last_error = %s WHERE state = 'pending' AND created_at < %s",
        [error, before],
    ).rowcount


def again(conn: Conn, now: datetime) -> int:
    """Send all dead mails again; returns how many."""
    return conn.execute(
        "UPDATE mails SET state = 'pending', attempts = 0, next_at = %s, created_at = %s"
        " WHERE state = 'dead'",
        [now, now],
    ).rowcount


def latest(conn: Conn, *, state: str | None = None, limit: int = 50) -> list[Mail]:
    """Mails, newest first; all, or those in one state."""
    cursor = conn.cursor(row_factory=class_row(Mail))
    cursor.execute(
        """
        SELECT id, threat_id, recipient, state, attempts, next_at, created_at, sent_at, last_error FROM mails
        WHERE %(state)s::text IS NULL OR state = %(state)s ORDER BY id DESC LIMIT %(limit)s
        """,
        {"state": state, "limit": limit},
    )
    return cursor.fetchall()


def one(conn: Conn, mail_id: UUID) -> Mail | None:
    """One mail."""
    cursor = conn.cursor(row_factory=class_row(Mail))
    cursor.execute(
        """
        SELECT id, threat_id, recipient, state, attempts, next_at, created_at, sent_at, last_error FROM mails
        WHERE id = %s
        """,
        [mail_id],
    )
    return cursor.fetchone()
