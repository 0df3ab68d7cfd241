"""Keep no longer than the operator says: old events go by whole partitions, old sessions by row."""

import re
from datetime import datetime

from psycopg import sql

from tenfold.store.database import Conn

SESSIONS_AT_ONCE = 10_000
_PARTITION = re.compile(r"events_(\d{6})")


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
            conn.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
            dropped.append(name)
    conn.execute(
        """
        DELETE FROM sessions WHERE seq IN (
            SELECT seq FROM sessions WHERE started_at < to_date(%s, 'YYYYMM') LIMIT %s)
        """,
        [first_kept, SESSIONS_AT_ONCE],
    )
    return dropped


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
