"""How rules have done: on how many subjects they fired, and what people then decided about these."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn
from tenfold.store.standing import NO_VIOLATION

COUNTED = timedelta(days=90)  # how far back figures go
CHARTED = 30  # days
SAMPLED = 10

# Subjects on which a rule fired, last or first: live ones by name; those in shadow by definition, too.
_HITS = """
    (SELECT rule, '' AS definition, subject_kind, subject_id, fired_at AS at, parts FROM firings
     WHERE %(definition)s::text IS NULL
     UNION ALL
     SELECT rule, definition, subject_kind, subject_id, first_at, parts FROM shadow_hits
     WHERE %(definition)s::text IS NOT NULL) AS hit
"""
# The latest decision in force about the subject of a hit: whether it was a violation.
_VERDICT = """
    LEFT JOIN LATERAL (
        SELECT decisions.ground <> ALL(%(no_violation)s) AS violation
        FROM cases JOIN decisions ON decisions.case_id = cases.id AND decisions.state = 'in_force'
        WHERE cases.subject_kind = hit.subject_kind AND cases.subject_id = hit.subject_id
        ORDER BY decisions.decided_at DESC, decisions.id DESC LIMIT 1
    ) AS verdict ON true
"""
# The same of all subjects at once, for when many are asked.
_VERDICTS = """
    (SELECT DISTINCT ON (subject_kind, subject_id) subject_kind, subject_id,
            decisions.ground <> ALL(%(no_violation)s) AS violation
     FROM decisions JOIN cases ON cases.id = case_id
     WHERE decisions.state = 'in_force'
     ORDER BY subject_kind, subject_id, decisions.decided_at DESC, decisions.id DESC) AS verdict
"""
_LANGUAGE = """COALESCE(CASE hit.subject_kind
        WHEN 'post' THEN (SELECT language FROM posts WHERE id = hit.subject_id)
        WHEN 'account' THEN (SELECT language FROM accounts WHERE id = hit.subject_id) END, '')"""
_TEXT = """COALESCE(CASE hit.subject_kind
        WHEN 'post' THEN (SELECT text FROM posts WHERE id = hit.subject_id)
        WHEN 'account' THEN (SELECT concat_ws(E'\\n', display_name, handle, bio) FROM accounts
                             WHERE id = hit.subject_id)
        WHEN 'group' THEN (SELECT concat_ws(E'\\n', name, description) FROM groups WHERE id = hit.subject_id)
        END, '')"""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """Subjects on which a rule fired in the last 7, 30 and 90 days; of those of 90, how many were decided and
    were violations."""

    rule: str
    definition: str
    week: int
    month: int
    quarter: int
    decided: int
    violations: int


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """The same of 90 days for the subjects of one language, "" where it is not known."""

    language: str
    quarter: int
    decided: int
    violations: int


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One subject on which a rule fired, the parts of its condition that were true, what people decided."""

    subject_kind: str
    subject_id: str
    at: datetime
    parts: list[dict[str, str]]
    language: str
    text: str
    case_id: int | None
    violation: bool | None


def _given(rule: str | None, definition: str | None, now: datetime) -> dict[str, object]:
    return {
        "rule": rule,
        "definition": definition,
        "now": now,
        "since": now - COUNTED,
        "no_violation": NO_VIOLATION,
    }


def figures(conn: Conn, now: datetime, *, shadow: bool) -> list[Figure]:
    """Of every live rule, or of every rule in shadow as it is defined, that fired in the last 90 days."""
    cursor = conn.cursor(row_factory=class_row(Figure))
    cursor.execute(
        f"""
        SELECT rule, definition,
               count(*) FILTER (WHERE at > %(now)s - interval '7 days')::int AS week,
               count(*) FILTER (WHERE at > %(now)s - interval '30 days')::int AS month,
               count(*)::int AS quarter,
               count(violation)::int AS decided,
               count(*) FILTER (WHERE violation)::int AS violations
        FROM {_HITS} LEFT JOIN {_VERDICTS} USING (subject_kind, subject_id)
        WHERE at > %(since)s GROUP BY rule, definition
        """,
        _given(None, "" if shadow else None, now),
    )
    return cursor.fetchall()


def by_language(conn: Conn, rule: str, definition: str | None, now: datetime) -> list[Spoken]:
    """A rule's figures by language of the subject, the most frequent first; live without a `definition`."""
    cursor = conn.cursor(row_factory=class_row(Spoken))
    cursor.execute(
        f"""
        SELECT {_LANGUAGE} AS language, count(*)::int AS quarter, count(violation)::int AS decided,
               count(*) FILTER (WHERE violation)::int AS violations
        FROM {_HITS} {_VERDICT}
        WHERE at > %(since)s AND rule = %(rule)s AND (definition = '' OR definition = %(definition)s)
        GROUP BY 1 ORDER BY 2 DESC, 1
        """,
        _given(rule, definition, now),
    )
    return cursor.fetchall()


def by_day(conn: Conn, rule: str, definition: str | None, now: datetime) -> list[tuple[date, int]]:
    """Subjects a day (UTC) of the last CHARTED days, days without any included."""
    rows = conn.execute(
        f"""
        SELECT (at AT TIME ZONE 'UTC')::date, count(*)::int FROM {_HITS}
        WHERE at > %(since)s AND rule = %(rule)s AND (definition = '' OR definition = %(definition)s)
        GROUP BY 1
        """,
        _given(rule, definition, now),
    )
    counted: dict[date, int] = dict(rows.fetchall())
    last = now.date()
    days: Iterable[date] = (last - timedelta(days=ago) for ago in reversed(range(CHARTED)))
    return [(day, counted.get(day, 0)) for day in days]


def sample(conn: Conn, rule: str, definition: str | None, now: datetime) -> list[Hit]:
    """The latest subjects, at most SAMPLED."""
    cursor = conn.cursor(row_factory=class_row(Hit))
    cursor.execute(
        f"""
        SELECT hit.subject_kind, hit.subject_id, at, parts, {_LANGUAGE} AS language, {_TEXT} AS text,
               violation, (SELECT max(id) FROM cases WHERE cases.subject_kind = hit.subject_kind
                           AND cases.subject_id = hit.subject_id) AS case_id
        FROM (SELECT * FROM {_HITS}
              WHERE at > %(since)s AND rule = %(rule)s AND (definition = '' OR definition = %(definition)s)
              ORDER BY at DESC, subject_id LIMIT {SAMPLED}) AS hit {_VERDICT}
        ORDER BY at DESC, hit.subject_id
        """,
        _given(rule, definition, now),
    )
    return cursor.fetchall()
