"""Back-tests that people asked for: waiting, running, done; how far they are, and what came of them."""

from datetime import datetime
from typing import Any, Literal

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn

State = Literal["waiting", "running", "done", "failed", "stopped"]
KEPT_DAYS = 90  # a report holds texts of users, and the past that it speaks of is soon another
LOST_SECONDS = 60  # a worker that has not said for so long that it goes on is taken for dead


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One back-test. `events` of `total` are replayed; `report` is `lab.report.Report` as JSON once done."""

    id: int
    live: str
    draft: str
    asked_by: str
    asked_at: datetime
    since: datetime | None
    state: State
    events: int
    total: int
    ended_at: datetime | None
    error: str
    report: dict[str, Any] | None


_LOST = "seen_at < %(now)s - make_interval(secs => %(lost)s)"
_COLUMNS = "id, live, draft, asked_by, asked_at, since, state, events, total, ended_at, error, report"


def ask(conn: Conn, *, live: str, draft: str, actor: str, since: datetime | None) -> int:
    """Let a worker do it; returns its number. The same one that waits or runs already is not asked twice."""
    row = conn.execute(
        """
        SELECT id FROM backtests WHERE live = %s AND draft = %s AND state IN ('waiting', 'running') LIMIT 1
        """,
        [live, draft],
    ).fetchone()
    row = (
        row
        or conn.execute(
            "INSERT INTO backtests (live, draft, asked_by, since) VALUES (%s, %s, %s, %s) RETURNING id",
            [live, draft, actor, since],
        ).fetchone()
    )
    assert row is not None
    return int(row[0])


def claim(conn: Conn, now: datetime) -> Asked | None:
    """The oldest that waits, or whose worker is gone; None while another runs or none waits."""
    cursor = conn.cursor(row_factory=class_row(Asked))
    cursor.execute(
        f"""
        UPDATE backtests SET state = 'running', seen_at = %(now)s WHERE id = (
            SELECT id FROM backtests
            WHERE state = 'waiting' OR (state = 'running' AND {_LOST})
            ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
        AND NOT EXISTS (SELECT FROM backtests WHERE state = 'running' AND NOT {_LOST})
        RETURNING {_COLUMNS}
        """,
        {"now": now, "lost": LOST_SECONDS},
    )
    return cursor.fetchone()


def going_on(conn: Conn, id_: int, events: int, total: int, now: datetime) -> bool:
    """Note how far it is; False when somebody stopped it."""
    row = conn.execute(
        """
        UPDATE backtests SET events = %s, total = %s, seen_at = %s WHERE id = %s AND state = 'running'
        RETURNING 1
        """,
        [events, total, now, id_],
    ).fetchone()
    return row is not None


def end(
    conn: Conn, id_: int, state: State, now: datetime, *, report: bytes | None = None, error: str = ""
) -> None:
    """It is done, has failed, or waits again."""
    conn.execute(
        """
        UPDATE backtests SET state = %(state)s, report = %(report)s::jsonb, error = %(error)s, seen_at = NULL,
            ended_at = CASE WHEN %(state)s = 'waiting' THEN NULL ELSE %(now)s::timestamptz END
        WHERE id = %(id)s AND state = 'running'
        """,
        {"state": state, "report": report and report.decode(), "error": error, "now": now, "id": id_},
    )


def stop(conn: Conn, id_: int, now: datetime) -> None:
    """It is wanted no longer."""
    conn.execute(
        """
        UPDATE backtests SET state = 'stopped', ended_at = %s
        WHERE id = %s AND state IN ('waiting', 'running')
        """,
        [now, id_],
    )


def forget(conn: Conn, now: datetime) -> int:
    """Erase back-tests that ended more than KEPT_DAYS ago; returns how many."""
    return conn.execute(
        "DELETE FROM backtests WHERE ended_at < %s - make_interval(days => %s)", [now, KEPT_DAYS]
    ).rowcount


def get(conn: Conn, id_: int) -> Asked | None:
    """One back-test."""
    cursor = conn.cursor(row_factory=class_row(Asked))
    cursor.execute(f"SELECT {_COLUMNS} FROM backtests WHERE id = %s", [id_])
    return cursor.fetchone()


def of_draft(conn: Conn, draft: str) -> list[Asked]:
    """The last few of a version, the newest first, without their reports."""
    columns = _COLUMNS.replace("report", "NULL AS report")
    cursor = conn.cursor(row_factory=class_row(Asked))
    cursor.execute(f"SELECT {columns} FROM backtests WHERE draft = %s ORDER BY id DESC LIMIT 10", [draft])
    return cursor.fetchall()
