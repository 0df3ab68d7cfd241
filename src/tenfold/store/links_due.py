"""What linkage has still to do: accounts to settle (keep or erase their closure), closures to hunt with,
accounts to look at again.

Whoever closes or restores an account only appends a row here. Each step looks at the state that the account
has by then, so rows may come twice and in any order.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec
from psycopg.rows import class_row

from tenfold.store.accounts import as_records
from tenfold.store.database import Conn

LINKING_LOCK = 0x7E4F0C1  # an arbitrary number: one worker at a time does what is due

MAX_TRIES = 3

Step = Literal["settle", "hunt", "look"]


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A row: `at` is when the account was closed or restored, `reason` the platform's word for it, `state`
    what the account became then, if it is known."""

    id: int
    account: str
    step: Step
    at: datetime
    reason: str
    state: str = ""


def note(conn: Conn, accounts: Iterable[str], at: datetime, reason: str = "", state: str = "") -> None:
    """Accounts were closed, deleted or restored (`state` says what they became, if it is known): their
    closures must be settled."""
    _append(conn, "settle", [(account, at, reason) for account in sorted(set(accounts))], state)


def note_hunt(conn: Conn, accounts: Iterable[str], at: datetime) -> None:
    """Closures were kept: once all that work beside this transaction have ended, hunt with them."""
    _append(conn, "hunt", [(account, at, "") for account in sorted(set(accounts))])


def note_look(conn: Conn, accounts: Iterable[str], at: datetime) -> None:
    """What is known of accounts has changed (a value was marked as shared, say): judge their links anew."""
    _append(conn, "look", [(account, at, "") for account in sorted(set(accounts))])


def _append(conn: Conn, step: Step, rows: Iterable[tuple[str, datetime, str]], state: str = "") -> None:
    records = [{"account": account, "at": at, "reason": reason} for account, at, reason in rows]
    if records:
        conn.execute(
            """
            INSERT INTO links_due (account, step, at, reason, state)
            SELECT account, %s, at, reason, %s
            FROM jsonb_to_recordset(%s) AS row (account text, at timestamptz, reason text)
            """,
            [step, state, as_records(records)],
        )


def any_due(conn: Conn) -> bool:
    """Whether anything waits that may succeed."""
    row = conn.execute(
        "SELECT EXISTS (SELECT FROM links_due WHERE tries < %s)", [MAX_TRIES], prepare=True
    ).fetchone()
    return bool(row and row[0])


def claim(conn: Conn, step: Step, at_most: int) -> list[Due]:
    """Take what is due off the list, oldest first; it is back when the transaction does not commit.

    What failed before comes alone, and no more after MAX_TRIES. Nothing while another transaction does what
    is due.
    """
    row = conn.execute("SELECT pg_try_advisory_xact_lock(%s)", [LINKING_LOCK], prepare=True).fetchone()
    if not (row and row[0]):
        return []
    cursor = conn.cursor(row_factory=class_row(Due))
    cursor.execute(
        """
        WITH ready AS (
            SELECT id, tries FROM links_due
            WHERE step = %(step)s AND tries < %(tries)s
              AND (step <> 'hunt' OR xid < pg_snapshot_xmin(pg_current_snapshot())
                   OR at < now() - interval '10 minutes')  -- restored from a backup, the number means nothing
            ORDER BY tries, id LIMIT %(most)s FOR UPDATE SKIP LOCKED
        ), taken AS (
            SELECT id FROM ready WHERE tries = 0
            UNION ALL
            (SELECT id FROM ready WHERE NOT EXISTS (SELECT FROM ready AS fresh WHERE fresh.tries = 0)
             ORDER BY tries, id LIMIT 1)
        )
        DELETE FROM links_due USING taken WHERE links_due.id = taken.id
        RETURNING links_due.id, account, step, at, reason, state
        """,
        {"step": step, "most": at_most, "tries": MAX_TRIES},
        prepare=True,
    )
    return sorted(cursor.fetchall(), key=lambda due: due.id)


def failed(conn: Conn, ids: Iterable[int]) -> None:
    """Count that these could not be done."""
    conn.execute("UPDATE links_due SET tries = tries + 1 WHERE id = ANY(%s)", [list(ids)])


def count(conn: Conn) -> int:
    """How many rows wait, those that failed too often not among them."""
    row = conn.execute("SELECT count(*) FROM links_due WHERE tries < %s", [MAX_TRIES]).fetchone()
    assert row is not None
    return int(row[0])
