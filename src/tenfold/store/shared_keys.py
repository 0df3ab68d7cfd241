"""Values that a person marked as shared: agreeing on them says nothing until the mark ends."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn

LOOKED_AT = 1_000  # accounts that show a value are looked at again when it is marked; many more are no return


class SharedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A mark. `kind` is that of the key in lower case; `until` None: until it is taken away; `decision` is
    the one on a link with which it came."""

    key: int
    kind: str
    reason: str
    marked_by: str
    marked_at: datetime
    until: datetime | None
    decision: int | None = None


def mark(
    conn: Conn,
    key: int,
    *,
    kind: str,
    reason: str,
    marked_by: str,
    until: datetime | None,
    decision: int | None = None,
) -> None:
    """Mark a value as shared; a mark that is there already is replaced. Links that rest on it are looked at
    again."""
    conn.execute(
        """
        INSERT INTO shared_keys (key, kind, reason, marked_by, until, decision)
        VALUES (%s, %s, %s, %s, %s, %s)
        ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, reason = excluded.reason,
            marked_by = excluded.marked_by, marked_at = now(), until = excluded.until,
            decision = excluded.decision
        """,
        [key, kind, reason, marked_by, until, decision],
    )
    _look_again(conn, key)


def unmark(conn: Conn, key: int) -> bool:
    """Take a mark away; False when there is none. Accounts that show the value are looked at again, if a
    closed one showed it."""
    gone = conn.execute("DELETE FROM shared_keys WHERE key = %s", [key]).rowcount == 1
    if gone:
        conn.execute(
            """
            INSERT INTO links_due (account, step)
            SELECT account, 'look' FROM account_keys
            WHERE key = %(key)s AND EXISTS (SELECT FROM closure_keys WHERE closure_keys.key = %(key)s)
            LIMIT %(most)s
            """,
            {"key": key, "most": LOOKED_AT},
        )
    return gone


def unmark_of(conn: Conn, decisions: Iterable[int]) -> list[int]:
    """Take away the marks that came with these decisions on links; returns their keys."""
    rows = conn.execute(
        "SELECT key FROM shared_keys WHERE decision = ANY(%s) ORDER BY key", [list(decisions)]
    ).fetchall()
    return [key for (key,) in rows if unmark(conn, key)]


def _look_again(conn: Conn, key: int) -> None:
    """Accounts that show the key and have candidates or links to closed accounts."""
    conn.execute(
        """
        INSERT INTO links_due (account, step)
        SELECT account, 'look' FROM (
            SELECT account FROM account_keys WHERE account_keys.key = %s LIMIT %s) AS showing
        WHERE EXISTS (SELECT FROM link_watch WHERE link_watch.account = showing.account)
           OR EXISTS (SELECT FROM links WHERE account_a = showing.account AND model <> '')
           OR EXISTS (SELECT FROM links WHERE account_b = showing.account AND model <> '')
        """,
        [key, LOOKED_AT],
    )


def all_in_force(conn: Conn) -> set[int]:
    """Every key that is marked now."""
    return {
        row[0] for row in conn.execute("SELECT key FROM shared_keys WHERE until IS NULL OR until > now()")
    }


def list_all(conn: Conn) -> list[SharedKey]:
    """Every mark, the newest first, ended ones too."""
    cursor = conn.cursor(row_factory=class_row(SharedKey))
    cursor.execute(
        """
        SELECT key, kind, reason, marked_by, marked_at, until, decision FROM shared_keys
        ORDER BY marked_at DESC, key
        """
    )
    return cursor.fetchall()
