"""Second looks and golden cases: what is given to whom, and what they answered.

Nothing here writes to cases, decisions or actions.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn
from tenfold.store.quality_samples import AS_IT_WAS


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How often somebody who takes the next case is given a second look, or a golden case, instead."""

    review_rate: float
    golden_rate: float


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A case shown to the actor as if it were new. `ground` and `reason` are the answer."""

    number: int
    actor: str
    case_id: int
    review_id: int | None
    golden_id: int | None
    practice: bool
    given_at: datetime
    until: datetime
    ground: str | None
    reason: str | None
    blind: bool | None
    answered_at: datetime | None


class Taker(msgspec.Struct, frozen=True, kw_only=True):
    """Who takes the next case, and which they take (as casework.taking.Wanted)."""

    actor: str
    queues: Sequence[str] | None = None
    languages: Sequence[str] | None = None
    reads: Sequence[str] = ()
    without_grounds: Sequence[str] = ()
    without_queues: Sequence[str] = ()


_CHECK = ", ".join(Check.__struct_fields__)
_SEEN = ["case.viewed", "case.sent_ahead", "case.claimed", "case.noted", "case.decided", "decision.reversed"]

_NOT_SEEN = """
    NOT EXISTS (SELECT FROM audit WHERE audit.subject = 'case:' || cases.id AND audit.actor = %(actor)s
        AND audit.act = ANY(%(seen)s))
"""
_TAKES = """
    (%(queues)s::text[] IS NULL OR cases.queue = ANY(%(queues)s))
    AND (%(languages)s::text[] IS NULL OR cases.language = ANY(%(languages)s))
    AND (cardinality(%(reads)s::text[]) = 0 OR cases.language IS NULL OR cases.language = ANY(%(reads)s))
    AND cases.ground <> ALL(%(without_grounds)s) AND cases.queue <> ALL(%(without_queues)s)
"""


def settings(conn: Conn) -> Settings:
    """How often checks are given."""
    row = conn.execute("SELECT review_rate, golden_rate FROM quality_settings").fetchone()
    assert row is not None, "the migration writes the row"
    return Settings(review_rate=row[0], golden_rate=row[1])


def save_settings(conn: Conn, wanted: Settings) -> None:
    """Change how often checks are given."""
    conn.execute(
        "UPDATE quality_settings SET review_rate = %s, golden_rate = %s",
        [wanted.review_rate, wanted.golden_rate],
    )


def critical_waits(conn: Conn, now: datetime) -> bool:
    """Whether a case of the highest severity waits that nobody holds."""
    row = conn.execute(
        "SELECT FROM cases WHERE state IN ('open', 'claimed') AND severity = 4"
        " AND (lease_until IS NULL OR lease_until <= %s) LIMIT 1",
        [now],
    ).fetchone()
    return row is not None


def next_review(conn: Conn, taker: Taker, now: datetime) -> tuple[int, int] | None:
    """Lock a drawn decision that the taker neither made nor saw and nobody else is just looking at: its
    number among reviews, and its case."""
    return _pair(
        conn,
        f"""
        SELECT reviews.id, cases.id
        FROM reviews JOIN cases ON cases.id = reviews.case_id
        JOIN decisions ON decisions.id = reviews.decision_id AND decisions.state = 'in_force'
        WHERE answered_by IS NULL AND first_author <> %(actor)s
          AND decisions.confirmed_by IS DISTINCT FROM %(actor)s
          AND NOT EXISTS (SELECT FROM checks WHERE checks.review_id = reviews.id
                          AND (checks.actor = %(actor)s OR (answered_at IS NULL AND until > %(now)s)))
          AND {_TAKES} AND {_NOT_SEEN} AND {AS_IT_WAS.format(since="decisions.decided_at")}
        ORDER BY drawn_at, reviews.id LIMIT 1 FOR UPDATE OF reviews SKIP LOCKED
        """,
        taker,
        now,
    )


def next_golden(conn: Conn, taker: Taker, now: datetime, *, practice: bool) -> tuple[int, int] | None:
    """A golden case that the taker did not see before (to practise: not lately), and its case."""
    told = (
        "true"
        if practice
        else "NOT EXISTS (SELECT FROM checks WHERE golden_id = golden.id AND checks.actor = %(actor)s)"
        f" AND {_NOT_SEEN}"
    )
    return _pair(
        conn,
        f"""
        SELECT golden.id, cases.id
        FROM golden_cases AS golden JOIN cases ON cases.id = golden.case_id
        WHERE golden.ended_at IS NULL AND {told} AND {_TAKES}
          AND {AS_IT_WAS.format(since="golden.marked_at")}
        ORDER BY (SELECT max(given_at) FROM checks WHERE golden_id = golden.id AND checks.actor = %(actor)s)
            NULLS FIRST, hashtextextended(%(actor)s || golden.id, 0) LIMIT 1
        """,
        taker,
        now,
    )


def _pair(conn: Conn, query: str, taker: Taker, now: datetime) -> tuple[int, int] | None:
    given: dict[str, Any] = {
        name: list(value) if isinstance(value, tuple | list) else value
        for name, value in msgspec.structs.asdict(taker).items()
    }
    row = conn.execute(query, given | {"now": now, "seen": _SEEN}).fetchone()
    return None if row is None else (int(row[0]), int(row[1]))


def give(
    conn: Conn,
    *,
    actor: str,
    case_id: int,
    review_id: int | None,
    golden_id: int | None,
    practice: bool,
    until: datetime,
    now: datetime,
) -> int:
    """Keep that the actor is shown a case; returns the number by which they know it."""
    row = conn.execute(
        """
        INSERT INTO checks (number, actor, case_id, review_id, golden_id, practice, given_at, until)
        VALUES (nextval(pg_get_serial_sequence('cases', 'id')), %s, %s, %s, %s, %s, %s, %s) RETURNING number
        """,
        [actor, case_id, review_id, golden_id, practice, now, until],
    ).fetchone()
    assert row is not None
    return int(row[0])


def load_check(conn: Conn, number: int, actor: str, *, lock: bool = False) -> Check | None:
    """The actor's check of this number."""
    cursor = conn.cursor(row_factory=class_row(Check))
    cursor.execute(
        f"SELECT {_CHECK} FROM checks WHERE number = %s AND actor = %s {'FOR UPDATE' if lock else ''}",
        [number, actor],
    )
    return cursor.fetchone()


def put_back(conn: Conn, number: int, now: datetime) -> None:
    """The check ends unanswered."""
    conn.execute("UPDATE checks SET until = %s WHERE number = %s", [now, number])


def saw(conn: Conn, actor: str, case_id: int) -> bool:
    """Whether the actor ever saw the case itself."""
    row = conn.execute(
        "SELECT FROM audit WHERE subject = %s AND actor = %s AND act = ANY(%s) LIMIT 1",
        [f"case:{case_id}", actor, _SEEN],
    ).fetchone()
    return row is not None


def answer(conn: Conn, check: Check, *, ground: str, reason: str, blind: bool, now: datetime) -> None:
    """Keep the answer; of a review only the first of two counts."""
    conn.execute(
        "UPDATE checks SET ground = %s, reason = %s, blind = %s, answered_at = %s WHERE number = %s",
        [ground, reason, blind, now, check.number],
    )
    if check.review_id is not None:
        conn.execute(
            "UPDATE reviews SET answered_by = %s, answered_at = %s WHERE id = %s AND answered_by IS NULL",
            [check.number, now, check.review_id],
        )
