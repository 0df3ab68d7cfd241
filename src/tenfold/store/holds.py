"""Legal holds and preserved copies: what must not be forgotten while a referral needs it.

A copy is canonical JSON: keys sorted, no spaces, UTF-8. Its SHA-256 is checked by the database itself.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from psycopg.rows import class_row

from tenfold.store.accounts import as_records
from tenfold.store.database import Conn
from tenfold.subjects import Subject

LIFTED_FOR = timedelta(days=30)  # a hold can be lifted by mistake: its copies go this much later


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """What is preserved of one subject, or of one field of it."""

    subject: Subject
    field: str = ""
    content: dict[str, Any]

    @property
    def text(self) -> str:
        """As canonical JSON."""
        return msgspec.json.encode(self.content, order="sorted").decode()


class Preserved(msgspec.Struct, frozen=True, kw_only=True):
    """A copy as it is kept; `sha256` in hex is that of `content`."""

    subject_kind: str
    subject_id: str
    field: str
    content: str
    sha256: str
    at: datetime

    @property
    def key(self) -> str:
        """`post:p-1:text`, `account:a-1`."""
        return ":".join(filter(None, (self.subject_kind, self.subject_id, self.field)))


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A subject that is held for a referral."""

    subject_kind: str
    subject_id: str
    referral_id: int
    reason: str
    placed_by: str
    placed_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None


def digest(text: str) -> str:
    """SHA-256 of a text's UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def preserve(conn: Conn, referral_id: int, copies: Sequence[Copy], now: datetime) -> None:
    """Keep copies; one that is kept already stays as it is."""
    rows = [
        {
            "kind": copy.subject.kind.value,
            "id": copy.subject.id,
            "field": copy.field,
            "content": (text := copy.text),
            "sha256": digest(text),
        }
        for copy in sorted(copies, key=lambda copy: (copy.subject, copy.field))
    ]
    conn.execute(
        """
        INSERT INTO preserved (referral_id, subject_kind, subject_id, field, content, sha256, at)
        SELECT %s, kind, id, field, content, sha256, %s
        FROM jsonb_to_recordset(%s) AS row (kind text, id text, field text, content text, sha256 text)
        ON CONFLICT DO NOTHING
        """,
        [referral_id, now, as_records(rows)],
    )


def preserved(conn: Conn, referral_id: int) -> list[Preserved]:
    """The copies of a referral, in the order in which they were kept."""
    cursor = conn.cursor(row_factory=class_row(Preserved))
    cursor.execute(
        """
        SELECT subject_kind, subject_id, field, content, sha256, at FROM preserved
        WHERE referral_id = %s ORDER BY id
        """,
        [referral_id],
    )
    return cursor.fetchall()


def place(
    conn: Conn, subjects: Iterable[Subject], *, threat_id: int, referral_id: int, reason: str, actor: str,
    now: datetime,
) -> None:  # fmt: skip
    """Hold subjects for a referral; those held for it already stay so."""
    rows = [{"kind": one.kind.value, "id": one.id} for one in sorted(set(subjects))]
    conn.execute(
        """
        INSERT INTO legal_holds
            (subject_kind, subject_id, threat_id, referral_id, reason, placed_by, placed_at)
        SELECT kind, id, %s, %s, %s, %s, %s FROM jsonb_to_recordset(%s) AS row (kind text, id text)
        ON CONFLICT (referral_id, subject_kind, subject_id) DO NOTHING
        """,
        [threat_id, referral_id, reason, actor, now, as_records(rows)],
    )


def lift(conn: Conn, referral_id: int, actor: str, now: datetime) -> int:
    """Hold nothing more for a referral; returns how many subjects it held."""
    return conn.execute(
        "UPDATE legal_holds SET lifted_by = %s, lifted_at = %s WHERE referral_id = %s AND lifted_at IS NULL",
        [actor, now, referral_id],
    ).rowcount


def of_referral(conn: Conn, referral_id: int) -> list[Hold]:
    """What was held for a referral."""
    cursor = conn.cursor(row_factory=class_row(Hold))
    cursor.execute(
        """
        SELECT subject_kind, subject_id, referral_id, reason, placed_by, placed_at, lifted_by, lifted_at
        FROM legal_holds WHERE referral_id = %s ORDER BY subject_kind, subject_id
        """,
        [referral_id],
    )
    return cursor.fetchall()


def forget_lifted(conn: Conn, now: datetime) -> int:
    """Forget the copies and events of what was lifted long enough ago; returns how many copies."""
    gone = conn.execute(
        """
        DELETE FROM preserved WHERE referral_id IN (
            SELECT referral_id FROM legal_holds GROUP BY referral_id
            HAVING bool_and(coalesce(lifted_at < %s, false)))
        """,
        [now - LIFTED_FOR],
    ).rowcount
    conn.execute(
        """
        DELETE FROM held_events WHERE NOT EXISTS (
            SELECT FROM legal_holds WHERE subject_kind = 'account' AND subject_id = account
              AND coalesce(lifted_at > %s, true))
        """,
        [now - LIFTED_FOR],
    )
    return gone
