"""Keep no longer than the operator says: old events go by whole partitions, old sessions by row.

What is under legal hold (store/holds.py) stays: events about held accounts are set aside before their
month goes.
"""

import re
from datetime import datetime, timedelta

import msgspec
from psycopg import sql

from tenfold.store import closures, uploads
from tenfold.store.chosen import Kept
from tenfold.store.database import Conn

SESSIONS_AT_ONCE = 10_000
_PARTITION = re.compile(r"events_(\d{6})")
_HELD = """EXISTS (SELECT FROM legal_holds WHERE subject_kind = 'account' AND subject_id = {}
    AND lifted_at IS NULL)"""
_OLD_SESSION = f"started_at < to_date(%s, 'YYYYMM') AND NOT {_HELD.format('sessions.account')}"


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """What goes next: months of events with about how many events, sessions on the platform, fingerprints of
    closed accounts, uploaded files."""

    months: list[str]
    events: int
    sessions: int
    closures: int
    uploads: int


def forget(conn: Conn, months: int, now: datetime) -> list[str]:
    """Drop partitions of events that came more than `months` whole months ago, and sessions as old.

    A partition whose events still wait is kept. Returns the names of the partitions dropped. The keys
    that make sending twice harmless stay: they are digests, and hold nothing of the event.
    """
    first_kept = _month_before(now, months)
    dropped = list(_old_partitions(conn, first_kept))
    for name in dropped:
        _set_aside(conn, name)
        conn.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
    conn.execute(
        f"DELETE FROM sessions WHERE seq IN (SELECT seq FROM sessions WHERE {_OLD_SESSION} LIMIT %s)",
        [first_kept, SESSIONS_AT_ONCE],
    )
    return dropped


def due(conn: Conn, kept: Kept, now: datetime) -> Due:
    """What the next runs would erase if things were kept so long. Nothing is changed."""
    going = {}
    sessions = 0
    if kept.retention_months:
        first_kept = _month_before(now, kept.retention_months)
        going = _old_partitions(conn, first_kept)
        sessions = _number(conn, f"SELECT count(*) FROM sessions WHERE {_OLD_SESSION}", [first_kept])
    stored_before = now - timedelta(days=kept.media_retention_days)
    return Due(
        months=[name.removeprefix("events_") for name in going],
        events=sum(going.values()),
        sessions=sessions,
        closures=closures.due(conn, now, days=kept.closure_retention_days),
        uploads=uploads.due(conn, stored_before) if kept.media_retention_days else 0,
    )


def _old_partitions(conn: Conn, first_kept: str) -> dict[str, int]:
    """Names of the months of events that may go, with about how many events they hold."""
    rows = conn.execute(
        """
        SELECT relname, reltuples::bigint FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'events'::regclass ORDER BY relname
        """
    ).fetchall()
    found = {}
    for name, about in rows:
        match = _PARTITION.fullmatch(name)
        if match and match[1] < first_kept and not _still_wanted(conn, match[1]):
            # -1: PostgreSQL has not looked yet, as it does not at tables that are small.
            found[name] = about if about >= 0 else _counted(conn, name)
    return found


def _counted(conn: Conn, partition: str) -> int:
    row = conn.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(partition))).fetchone()
    return int(row[0]) if row else 0


def _number(conn: Conn, statement: str, values: list[object]) -> int:
    row = conn.execute(statement.encode(), values).fetchone()
    return int(row[0]) if row else 0


def _set_aside(conn: Conn, partition: str) -> None:
    """Keep the events about held accounts."""
    conn.execute(
        sql.SQL(
            """
            INSERT INTO held_events (seq, received_at, account, body)
            SELECT seq, received_at, body ->> 'account', body FROM {} WHERE {} ON CONFLICT DO NOTHING
            """
        ).format(sql.Identifier(partition), sql.SQL(_HELD.format("body ->> 'account'")))
    )


def _month_before(now: datetime, months: int) -> str:
    count = now.year * 12 + now.month - 1 - months
    return f"{count // 12:04d}{count % 12 + 1:02d}"


def _still_wanted(conn: Conn, month: str) -> bool:
    row = conn.execute(
        """
        WITH wanted AS (SELECT received_at FROM event_queue UNION ALL SELECT received_at FROM event_poison)
        SELECT EXISTS (
            SELECT FROM wanted WHERE to_char(received_at AT TIME ZONE 'UTC', 'YYYYMM') = %s)
        """,
        [month],
    ).fetchone()
    return bool(row and row[0])
