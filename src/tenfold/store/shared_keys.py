"""Values that a person marked as shared: agreeing on them says nothing until the mark ends."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn


class SharedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A mark. `kind` is that of the key in lower case; `until` None: until it is taken away."""

    key: int
    kind: str
    reason: str
    marked_by: str
    marked_at: datetime
    until: datetime | None


def mark(conn: Conn, key: int, *, kind: str, reason: str, marked_by: str, until: datetime | None) -> None:
    """Mark a value as shared; a mark that is there already is replaced."""
    conn.execute(
        """
        INSERT INTO shared_keys (key, kind, reason, marked_by, until) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, reason = excluded.reason,
            marked_by = excluded.marked_by, marked_at = now(), until = excluded.until
        """,
        [key, kind, reason, marked_by, until],
    )


def unmark(conn: Conn, key: int) -> bool:
    """Take a mark away; False when there is none."""
    return conn.execute("DELETE FROM shared_keys WHERE key = %s", [key]).rowcount == 1


def in_force(conn: Conn, keys: Iterable[int]) -> set[int]:
    """Those of `keys` that are marked now."""
    rows = conn.execute(
        "SELECT key FROM shared_keys WHERE key = ANY(%s) AND (until IS NULL OR until > now())",
        [list(keys)],
        prepare=True,
    )
    return {row[0] for row in rows}


def list_all(conn: Conn) -> list[SharedKey]:
    """Every mark, the newest first, ended ones too."""
    cursor = conn.cursor(row_factory=class_row(SharedKey))
    cursor.execute(
        "SELECT key, kind, reason, marked_by, marked_at, until FROM shared_keys ORDER BY marked_at DESC, key"
    )
    return cursor.fetchall()
