"""What came of second looks and golden cases: pairs of grounds, disagreements, right answers."""

from datetime import datetime

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One case that two people decided, neither knowing of the other."""

    first_ground: str
    second_ground: str
    first_author: str
    second_author: str
    queue: str
    language: str | None


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """A decision and the second look at it. `decision_state`: whether the decision is still in force."""

    id: int
    decision_id: int
    decision_state: str
    case_id: int
    queue: str
    language: str | None
    first_author: str
    first_ground: str
    first_reason: str
    second_author: str
    second_ground: str
    second_reason: str
    blind: bool
    answered_at: datetime
    outcome: str | None
    resolved_by: str | None
    resolved_at: datetime | None
    words: str


class Golden(msgspec.Struct, frozen=True, kw_only=True):
    """A golden case: the right ground and why, and how many of those who were given it found that."""

    id: int
    case_id: int
    ground: str
    explanation: str
    marked_by: str
    marked_at: datetime
    ended_at: datetime | None
    language: str | None
    given: int
    right: int


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """Answers of one person to golden cases of one ground."""

    actor: str
    ground: str
    practice: bool
    answered: int
    right: int


def pairs(conn: Conn, since: datetime, until: datetime, queue: str | None = None) -> list[Pair]:
    """Blind second looks that were answered in [since, until)."""
    cursor = conn.cursor(row_factory=class_row(Pair))
    cursor.execute(
        """
        SELECT first_ground, checks.ground AS second_ground, first_author, checks.actor AS second_author,
               queue, language
        FROM reviews JOIN checks ON checks.number = answered_by
        WHERE reviews.answered_at >= %(since)s AND reviews.answered_at < %(until)s AND blind
          AND (%(queue)s::text IS NULL OR queue = %(queue)s)
        ORDER BY reviews.id
        """,
        {"since": since, "until": until, "queue": queue},
    )
    return cursor.fetchall()


_REVIEW = """
    SELECT reviews.id, decision_id, decisions.state AS decision_state, reviews.case_id, queue, language,
           first_author, first_ground, decisions.reason AS first_reason, checks.actor AS second_author,
           checks.ground AS second_ground, checks.reason AS second_reason, blind, reviews.answered_at,
           outcome, resolved_by, resolved_at, words
    FROM reviews JOIN checks ON checks.number = answered_by JOIN decisions ON decisions.id = decision_id
"""


def differing(conn: Conn, *, resolved: bool, limit: int) -> list[Review]:
    """Second looks that came to another ground: the oldest that nobody resolved, or those last resolved."""
    cursor = conn.cursor(row_factory=class_row(Review))
    order = "resolved_at DESC" if resolved else "reviews.answered_at"
    cursor.execute(
        f"{_REVIEW} WHERE checks.ground <> first_ground AND (outcome IS NOT NULL) = %s"
        f" ORDER BY {order}, id LIMIT %s",
        [resolved, limit],
    )
    return cursor.fetchall()


def load(conn: Conn, review_id: int, *, lock: bool = False) -> Review | None:
    """A second look that was answered."""
    cursor = conn.cursor(row_factory=class_row(Review))
    cursor.execute(f"{_REVIEW} WHERE reviews.id = %s {'FOR UPDATE OF reviews' if lock else ''}", [review_id])
    return cursor.fetchone()


def resolve(conn: Conn, review_id: int, *, outcome: str, actor: str, words: str, now: datetime) -> None:
    """Keep what was concluded about two grounds."""
    conn.execute(
        "UPDATE reviews SET outcome = %s, resolved_by = %s, resolved_at = %s, words = %s WHERE id = %s",
        [outcome, actor, now, words, review_id],
    )


def outcomes(conn: Conn, since: datetime, until: datetime) -> dict[str, int]:
    """How the disagreements of [since, until) were resolved; "" are those that were not yet."""
    rows = conn.execute(
        """
        SELECT COALESCE(outcome, ''), count(*) FROM reviews JOIN checks ON checks.number = answered_by
        WHERE reviews.answered_at >= %s AND reviews.answered_at < %s AND checks.ground <> first_ground
        GROUP BY 1
        """,
        [since, until],
    )
    return dict(rows.fetchall())


def waiting(conn: Conn) -> int:
    """How many drawn decisions nobody has looked at yet."""
    row = conn.execute(
        "SELECT count(*) FROM reviews JOIN decisions ON decisions.id = decision_id AND state = 'in_force'"
        " WHERE answered_by IS NULL"
    ).fetchone()
    return int(row[0]) if row else 0


def mark_golden(conn: Conn, *, case_id: int, ground: str, explanation: str, actor: str, now: datetime) -> int:
    """Keep a golden case, or change it; returns its id."""
    row = conn.execute(
        """
        INSERT INTO golden_cases (case_id, ground, explanation, marked_by, marked_at)
        VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (case_id) DO UPDATE SET ground = excluded.ground, explanation = excluded.explanation,
            marked_by = excluded.marked_by, marked_at = excluded.marked_at, ended_at = NULL
        RETURNING id
        """,
        [case_id, ground, explanation, actor, now],
    ).fetchone()
    assert row is not None
    return int(row[0])


def end_golden(conn: Conn, golden_id: int, now: datetime) -> int | None:
    """The case is given to nobody any more; its number, None if it was not golden."""
    row = conn.execute(
        "UPDATE golden_cases SET ended_at = %s WHERE id = %s AND ended_at IS NULL RETURNING case_id",
        [now, golden_id],
    ).fetchone()
    return int(row[0]) if row else None


def golden(conn: Conn, golden_id: int | None = None) -> list[Golden]:
    """Golden cases, or the one of this id: those in use first, newest first."""
    cursor = conn.cursor(row_factory=class_row(Golden))
    cursor.execute(
        """
        SELECT golden_cases.id, case_id, golden_cases.ground, explanation, marked_by, marked_at, ended_at,
               cases.language,
               answers.given::int, answers.correct::int AS "right"
        FROM golden_cases JOIN cases ON cases.id = case_id, LATERAL (
            SELECT count(*) AS given, count(*) FILTER (WHERE checks.ground = golden_cases.ground) AS correct
            FROM checks
            WHERE golden_id = golden_cases.id AND answered_at IS NOT NULL AND NOT practice AND blind
        ) AS answers
        WHERE %(id)s::bigint IS NULL OR golden_cases.id = %(id)s
        ORDER BY ended_at IS NOT NULL, golden_cases.id DESC
        """,
        {"id": golden_id},
    )
    return cursor.fetchall()


def scores(conn: Conn, actor: str | None = None) -> list[Score]:
    """Answers to golden cases by person, right ground, and whether it was practice."""
    cursor = conn.cursor(row_factory=class_row(Score))
    cursor.execute(
        """
        SELECT actor, golden_cases.ground, practice, count(*)::int AS answered,
               (count(*) FILTER (WHERE checks.ground = golden_cases.ground))::int AS "right"
        FROM checks JOIN golden_cases ON golden_cases.id = golden_id
        WHERE answered_at IS NOT NULL AND (practice OR blind)
          AND (%(actor)s::text IS NULL OR actor = %(actor)s)
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """,
        {"actor": actor},
    )
    return cursor.fetchall()
