"""What figures about threats are made of."""

from datetime import date, datetime

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """One record in the period in which it was first said. `waited`: minutes until a person looked, None
    while nobody has; `in_time`: whether within the clock, None while it runs."""

    begins: date
    level: str
    information: bool
    target_kind: str
    language: str | None
    outcome: str | None
    assessed: bool
    sources: int
    accounts: int
    waited: float | None
    in_time: bool | None


def counted(conn: Conn, since: datetime, until: datetime, unit: str) -> list[Counted]:
    """Records first said in [since, until), with the day or month (UTC) of that; parts of others are left
    out."""
    cursor = conn.cursor(row_factory=class_row(Counted))
    cursor.execute(
        """
        SELECT date_trunc(%(unit)s, first_at AT TIME ZONE 'UTC')::date AS begins, level, information,
        target_kind,
            language, outcome, assessed_at IS NOT NULL OR outcome IS NOT NULL AS assessed, sources, accounts,
            (extract(epoch FROM seen_at - opened_at) / 60)::float8 AS waited,
            CASE WHEN seen_at IS NOT NULL THEN in_time WHEN due_at < now() THEN false END AS in_time
        FROM threats WHERE first_at >= %(since)s AND first_at < %(until)s AND merged_into IS NULL
        """,
        {"unit": unit, "since": since, "until": until},
    )
    return cursor.fetchall()


def posts(conn: Conn, since: datetime, until: datetime, unit: str) -> dict[date, int]:
    """How many posts were read that were written in the days from `since` to before `until`, by day or
    month."""
    rows = conn.execute(
        """
        SELECT date_trunc(%(unit)s, day)::date, sum(posts)::bigint FROM threat_read
        WHERE day >= (%(since)s AT TIME ZONE 'UTC')::date
          AND day <= ((%(until)s - interval '1 microsecond') AT TIME ZONE 'UTC')::date
        GROUP BY 1
        """,
        {"unit": unit, "since": since, "until": until},
    )
    return {day: int(count) for day, count in rows}
