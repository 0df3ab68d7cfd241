"""Sources of threats: the texts that carried them, and what is counted over them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import class_row

from tenfold.store.accounts import as_records
from tenfold.store.database import Conn
from tenfold.subjects import Subject


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A text that carried a threat. `at`: when it was said, `seen_at`: when it was read; `gone_at`: since
    when the platform shows it no longer."""

    threat_id: int
    subject_kind: str
    subject_id: str
    field: str
    account: str | None
    at: datetime
    seen_at: datetime
    level: str
    language: str | None
    text: str
    text_sha256: str  # lower-case hex
    details: dict[str, Any]
    gone_at: datetime | None


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """A subject that was edited or deleted at a time: what of it is still shown (field, digest in hex); by
    whom, where only an author's own word counts."""

    subject: Subject
    at: datetime
    kept: Sequence[tuple[str, str]] = ()
    account: str | None = None


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What the sources of a record come to. `soonest`: the fewest hours until an act, None where none
    says."""

    threat_id: int
    sources: int
    accounts: int
    first_at: datetime
    last_at: datetime
    information: bool
    soonest: float | None
    protected: bool


_FIELDS = """threat_id, subject_kind, subject_id, field, account, at, seen_at, level, language, text,
    encode(text_sha256, 'hex') AS text_sha256, details, gone_at"""
_GRAVEST = "threat_rank(level), at, subject_kind, subject_id, field, threat_sources.text_sha256"


def add(conn: Conn, sources: Sequence[Source]) -> set[tuple[str, str, str, str]]:
    """Keep sources; one that is known keeps its record and its first time, takes the new reading, and is gone
    or there as the new one is. Returns those that were not known: subject, field, digest."""
    rows = sorted(sources, key=lambda one: (one.subject_kind, one.subject_id, one.field, one.text_sha256))
    found = conn.execute(
        """
        INSERT INTO threat_sources AS known (threat_id, subject_kind, subject_id, field, text_sha256,
            account, at, seen_at, level, language, text, details, gone_at)
        SELECT threat_id, subject_kind, subject_id, field, decode(text_sha256, 'hex'),
            account, at, seen_at, level, language, text, details, gone_at
        FROM jsonb_to_recordset(%s) AS row (threat_id bigint, subject_kind text, subject_id text, field text,
            text_sha256 text, account text, at timestamptz, seen_at timestamptz, level text, language text,
            text text, details jsonb, gone_at timestamptz)
        ON CONFLICT (subject_kind, subject_id, field, text_sha256) DO UPDATE SET
            at = least(known.at, excluded.at), level = excluded.level, details = excluded.details,
            language = excluded.language, gone_at = excluded.gone_at
        RETURNING subject_kind, subject_id, field, encode(text_sha256, 'hex'), xmax = 0
        """,
        [as_records(rows)],
    )
    return {(kind, id_, field, digest) for kind, id_, field, digest, new in found if new}


def mark_gone(conn: Conn, gone: Iterable[Gone]) -> None:
    """Mark sources that the platform shows no longer. Nothing is waited for where no subject has any."""
    rows = [
        {
            "kind": one.subject.kind.value,
            "id": one.subject.id,
            "at": one.at,
            "account": one.account,
            "kept": [f"{field}:{digest}" for field, digest in one.kept],
        }
        for one in sorted(gone, key=lambda one: one.subject)
    ]
    conn.execute(
        """
        UPDATE threat_sources SET gone_at = row.at
        FROM jsonb_to_recordset(%s) AS row (kind text, id text, at timestamptz, account text, kept text[])
        WHERE subject_kind = row.kind AND subject_id = row.id AND gone_at IS NULL
          AND (row.account IS NULL OR threat_sources.account = row.account)
          AND field || ':' || encode(text_sha256, 'hex') <> ALL (row.kept)
        """,
        [as_records(rows)],
        prepare=True,
    )


def summaries(conn: Conn, threats: Iterable[int]) -> dict[int, Summary]:
    """What the sources of records come to."""
    cursor = conn.cursor(row_factory=class_row(Summary))
    cursor.execute(
        """
        SELECT threat_id, count(DISTINCT (subject_kind, subject_id))::int AS sources,
            count(DISTINCT account)::int AS accounts, min(at) AS first_at, max(at) AS last_at,
            bool_and(level = 'N') AS information,
            min((details ->> 'imminence_hours')::float8) FILTER (WHERE level <> 'N') AS soonest,
            coalesce(bool_or((details ->> 'protectee')::boolean), false) AS protected
        FROM threat_sources WHERE threat_id = ANY(%s) GROUP BY threat_id
        """,
        [sorted(set(threats))],
    )
    return {row.threat_id: row for row in cursor}


def gravest(conn: Conn, threats: Iterable[int]) -> dict[int, Source]:
    """The source by which each record is described: of the highest level, the first."""
    cursor = conn.cursor(row_factory=class_row(Source))
    cursor.execute(
        f"""
        SELECT DISTINCT ON (threat_id) {_FIELDS} FROM threat_sources WHERE threat_id = ANY(%s)
        ORDER BY threat_id, {_GRAVEST}
        """,
        [sorted(set(threats))],
    )
    return {row.threat_id: row for row in cursor}


def page(conn: Conn, threat_id: int, *, limit: int, offset: int = 0) -> list[Source]:
    """Sources of a record, the gravest first."""
    cursor = conn.cursor(row_factory=class_row(Source))
    cursor.execute(
        f"SELECT {_FIELDS} FROM threat_sources WHERE threat_id = %s ORDER BY {_GRAVEST} LIMIT %s OFFSET %s",
        [threat_id, limit, offset],
    )
    return cursor.fetchall()


def count(conn: Conn, threat_id: int) -> int:
    """How many texts carried a threat."""
    row = conn.execute("SELECT count(*) FROM threat_sources WHERE threat_id = %s", [threat_id]).fetchone()
    return int(row[0]) if row else 0


def times(conn: Conn, threats: Iterable[int], least: int) -> list[tuple[int, str, list[datetime]]]:
    """When the accounts of records spoke, in order: those with `least` sources or more in one of them."""
    rows = conn.execute(
        """
        SELECT threat_id, account, array_agg(at ORDER BY at) FROM threat_sources
        WHERE threat_id = ANY(%s) AND account IS NOT NULL AND level <> 'N'
        GROUP BY threat_id, account HAVING count(*) >= %s ORDER BY threat_id, account
        """,
        [sorted(set(threats)), least],
    )
    return rows.fetchall()


def busiest(conn: Conn, threats: Iterable[int], least_posts: int, most: int) -> list[tuple[int, str]]:
    """The accounts of each record that have written `least_posts` posts: those with most sources in it."""
    rows = conn.execute(
        """
        SELECT asked.id::bigint, said.account
        FROM jsonb_array_elements_text(%s) AS asked (id) CROSS JOIN LATERAL (
            SELECT account FROM threat_sources JOIN accounts ON accounts.id = account
            WHERE threat_id = asked.id::bigint AND level <> 'N' AND posts >= %s
            GROUP BY account ORDER BY count(*) DESC, account LIMIT %s) AS said
        ORDER BY 1, 2
        """,
        [as_records(sorted(set(threats))), least_posts, most],
    )
    return rows.fetchall()


def speakers(conn: Conn, threats: Iterable[int], most: int) -> dict[int, dict[str, datetime]]:
    """The accounts of each record that threatened last, and when each did so first."""
    rows = conn.execute(
        """
        SELECT asked.id::bigint, said.account, said.first_at
        FROM jsonb_array_elements_text(%s) AS asked (id) CROSS JOIN LATERAL (
            SELECT account, min(at) AS first_at FROM threat_sources
            WHERE threat_id = asked.id::bigint AND account IS NOT NULL AND level <> 'N'
            GROUP BY account ORDER BY max(at) DESC, account LIMIT %s) AS said
        """,
        [as_records(sorted(set(threats))), most],
    )
    found: dict[int, dict[str, datetime]] = {}
    for threat_id, account, at in rows:
        found.setdefault(threat_id, {})[account] = at
    return found


def accounts(conn: Conn, threat_id: int, *, limit: int) -> list[tuple[str, int, datetime, datetime, str]]:
    """Accounts of a record: sources, first and last time, highest level; those with the highest first."""
    rows = conn.execute(
        """
        SELECT account, count(DISTINCT (subject_kind, subject_id))::int, min(at), max(at),
            (array_agg(level ORDER BY threat_rank(level)))[1]
        FROM threat_sources WHERE threat_id = %s AND account IS NOT NULL
        GROUP BY account ORDER BY min(threat_rank(level)), count(*) DESC, account LIMIT %s
        """,
        [threat_id, limit],
    )
    return rows.fetchall()


def spread(conn: Conn, threat_id: int, unit: str) -> list[tuple[datetime, int, int]]:
    """Sources over time, by `hour` or `day` (UTC): when, how many, and how many accounts spoke first then."""
    rows = conn.execute(
        """
        SELECT date_trunc(%(unit)s, at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS bucket, count(*)::int,
            (count(*) FILTER (WHERE first))::int
        FROM (SELECT at, account IS NOT NULL AND row_number() OVER (
                  PARTITION BY account ORDER BY at, subject_kind, subject_id, field, text_sha256) = 1 AS first
              FROM threat_sources WHERE threat_id = %(id)s) AS said
        GROUP BY bucket ORDER BY bucket
        """,
        {"unit": unit, "id": threat_id},
    )
    return rows.fetchall()


def earlier_of(
    conn: Conn, accounts: Sequence[str], but: int, *, limit: int
) -> list[tuple[str, int, datetime]]:
    """Other records in which these accounts spoke: account, record, last time; the latest first."""
    rows = conn.execute(
        """
        SELECT account, threat_id, max(at) FROM threat_sources
        WHERE account = ANY(%s) AND threat_id <> %s GROUP BY account, threat_id
        ORDER BY max(at) DESC, threat_id LIMIT %s
        """,
        [list(accounts), but, limit],
    )
    return rows.fetchall()


def first_times(conn: Conn, pairs: Iterable[tuple[int, str]]) -> dict[tuple[int, str], datetime]:
    """When accounts spoke first in records, by (record, account)."""
    rows = conn.execute(
        """
        SELECT threat_id, account, min(at) FROM threat_sources
        JOIN jsonb_to_recordset(%s) AS row (threat bigint, who text) ON threat_id = row.threat
            AND account = row.who
        GROUP BY threat_id, account
        """,
        [as_records([{"threat": threat, "who": who} for threat, who in sorted(set(pairs))])],
    )
    return {(threat, who): at for threat, who, at in rows}
