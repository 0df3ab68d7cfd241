"""Keep no longer than the operator says: old events go by whole partitions, old sessions by row.

What is under legal hold (store/holds.py) stays: events about held accounts are set aside before their
month goes.
"""

import re
from datetime import datetime

from psycopg import sql

from tenfold.store.database import Conn

SESSIONS_AT_ONCE = 10_000
_PARTITION = re.compile(r"events_(\d{6})")
_HELD = """EXISTS (SELECT FROM legal_holds WHERE subject_kind = 'account' AND subject_id = {}
    AND lifted_at IS NULL)"""


def forget(conn: Conn, months: int, now: datetime) -> list[str]:
    """Drop partitions of events that came more than `months` whole months ago, and sessions as old.

    A partition whose events still wait is kept. Returns the names of the partitions dropped. The keys
    that make sending twice harmless stay: they are digests, and hold nothing of the event.
    """
    first_kept = _month_before(now, months)
    rows = conn.execute(
        """
        SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'events'::regclass ORDER BY relname
        """
    ).fetchall()
    dropped = []
    for (name,) in rows:
        match = _PARTITION.fullmatch(name)
        if match and match[1] < first_kept and not _still_wanted(conn, match[1]):
            _set_aside(conn, name)
            conn.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
            dropped.append(name)
    conn.execute(
        f"""
        DELETE FROM sessions WHERE seq IN (
            SELECT seq FROM sessions WHERE started_at < to_date(%s, 'YYYYMM')
                AND NOT {_HELD.format("sessions.account")} LIMIT %s)
        """,
        [first_kept, SESSIONS_AT_ONCE],
    )
    return dropped


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
