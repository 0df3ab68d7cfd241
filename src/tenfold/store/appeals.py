"""Appeals: what users say against decisions, and what came of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from psycopg import sql
from psycopg.rows import class_row

from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind


class Appeal(msgspec.Struct, frozen=True, kw_only=True):
    """An appeal's row. It is about `decision_id`, or about `action_id`, which a rule did by itself."""

    id: int
    external_id: str
    decision_id: int | None
    action_id: int | None
    case_id: int | None
    subject_kind: str
    subject_id: str
    account: str | None
    ground: str
    language: str | None
    words: str
    contact: str | None
    filed_at: datetime
    received_at: datetime
    due_at: datetime
    claimed_by: str | None = None
    lease_until: datetime | None = None
    outcome: str | None = None  # upheld, overturned, partly
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None
    new_decision: int | None = None

    @property
    def subject(self) -> Subject:
        """What was decided about."""
        return Subject(SubjectKind(self.subject_kind), self.subject_id)

    def holder(self, now: datetime) -> str | None:
        """Who has it in hand at `now`."""
        return self.claimed_by if self.lease_until is not None and self.lease_until > now else None


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """Appeals on one ground in one language (None: not known) that came within a span of time. `hours` is the
    median from arrival to decision; `decided` is the denominator of the rate."""

    ground: str
    language: str | None
    filed: int
    waiting: int
    overdue: int
    decided: int
    upheld: int
    overturned: int
    partly: int
    late: int  # decided after they were due
    hours: float | None

    @property
    def rate(self) -> float | None:
        """The share of decided appeals that changed the decision, in whole or in part."""
        return (self.overturned + self.partly) / self.decided if self.decided else None


_NAMES = Appeal.__struct_fields__
_COLUMNS = sql.SQL(", ").join(sql.Identifier(name) for name in _NAMES)
_FILED = _NAMES[1 : _NAMES.index("claimed_by")]


def add(conn: Conn, appeal: Appeal) -> Appeal | None:
    """Keep an appeal, whatever its id says; None when its external id, or what it is about, has one."""
    cursor = conn.cursor(row_factory=class_row(Appeal))
    cursor.execute(
        sql.SQL("INSERT INTO appeals ({}) VALUES ({}) ON CONFLICT DO NOTHING RETURNING {}").format(
            sql.SQL(", ").join(sql.Identifier(name) for name in _FILED),
            sql.SQL(", ").join(sql.Placeholder(name) for name in _FILED),
            _COLUMNS,
        ),
        msgspec.structs.asdict(appeal),
    )
    return cursor.fetchone()


def get(conn: Conn, appeal_id: int, *, lock: bool = False) -> Appeal | None:
    """One appeal; with `lock` held until the end of the transaction."""
    return _one(conn, "id = %s" + (" FOR UPDATE" if lock else ""), [appeal_id])


def named(conn: Conn, external_id: str) -> Appeal | None:
    """The appeal of that id of the platform's."""
    return _one(conn, "external_id = %s", [external_id])


def against(conn: Conn, *, decision_id: int | None, action_id: int | None) -> Appeal | None:
    """The appeal of a decision, or of what a rule did."""
    return _one(conn, "decision_id = %s OR action_id = %s", [decision_id, action_id])


def _one(conn: Conn, where: str, values: Sequence[object]) -> Appeal | None:
    cursor = conn.cursor(row_factory=class_row(Appeal))
    cursor.execute(sql.SQL("SELECT {} FROM appeals WHERE ").format(_COLUMNS) + sql.SQL(where), values)
    return cursor.fetchone()


def page(
    conn: Conn,
    *,
    decided: bool,
    ground: str | None = None,
    language: str | None = None,
    account: str | None = None,
    after: tuple[datetime, int] | None = None,
    limit: int,
) -> list[Appeal]:
    """Waiting ones by deadline, the most overdue first; decided ones newest first. `after`: behind the row
    with this time (due or decided) and id."""
    column, order, sign = ("decided_at", "DESC", "<") if decided else ("due_at", "ASC", ">")
    conditions = ["outcome IS NOT NULL" if decided else "outcome IS NULL"]
    wanted = {"ground": ground, "language": language, "account": account}
    conditions += [f"{name} = %({name})s" for name, value in wanted.items() if value is not None]
    if after is not None:
        conditions.append(f"({column}, id) {sign} (%(at)s, %(id)s)")
    at, id_ = after or (None, None)
    cursor = conn.cursor(row_factory=class_row(Appeal))
    cursor.execute(
        sql.SQL("SELECT {} FROM appeals WHERE ").format(_COLUMNS)
        + sql.SQL(f"{' AND '.join(conditions)} ORDER BY {column} {order}, id {order} LIMIT %(limit)s"),
        wanted | {"at": at, "id": id_, "limit": limit},
    )
    return cursor.fetchall()


def next_free(conn: Conn, actor: str, now: datetime) -> Appeal | None:
    """Lock the most urgent appeal that nobody has in hand and that is not about a decision of the actor's."""
    cursor = conn.cursor(row_factory=class_row(Appeal))
    cursor.execute(
        sql.SQL(
            """
            SELECT {} FROM appeals
            WHERE outcome IS NULL
              AND (lease_until IS NULL OR lease_until <= %(now)s OR claimed_by = %(actor)s)
              AND NOT EXISTS (
                SELECT FROM decisions AS own JOIN decisions AS lead ON lead.id IN (own.id, own.part_of)
                WHERE own.id = appeals.decision_id AND %(actor)s IN (lead.author, lead.confirmed_by))
            ORDER BY due_at, id LIMIT 1 FOR NO KEY UPDATE OF appeals SKIP LOCKED
            """
        ).format(_COLUMNS),
        {"now": now, "actor": actor},
    )
    return cursor.fetchone()


def hold(conn: Conn, appeal_id: int, actor: str | None, until: datetime | None) -> None:
    """Write who has it in hand, and until when."""
    conn.execute(
        "UPDATE appeals SET claimed_by = %s, lease_until = %s WHERE id = %s", [actor, until, appeal_id]
    )


def makers(conn: Conn, decision_id: int | None) -> set[str]:
    """Who made a decision, alone or with others."""
    rows = conn.execute(
        """
        SELECT lead.author, lead.confirmed_by FROM decisions AS own
        JOIN decisions AS lead ON lead.id IN (own.id, own.part_of) WHERE own.id = %s
        """,
        [decision_id],
    )
    return {name for row in rows for name in row if name is not None}


def close(
    conn: Conn,
    appeal_id: int,
    *,
    outcome: str,
    by: str,
    reason: str,
    new_decision: int | None,
    now: datetime,
) -> None:
    """Write what came of it."""
    conn.execute(
        """
        UPDATE appeals SET outcome = %s, decided_by = %s, decided_at = %s, reason = %s, new_decision = %s,
            claimed_by = NULL, lease_until = NULL
        WHERE id = %s
        """,
        [outcome, by, now, reason, new_decision, appeal_id],
    )


def figures(conn: Conn, *, span: timedelta, now: datetime) -> list[Figure]:
    """Of the appeals that came within the last `span`, by ground and language."""
    cursor = conn.cursor(row_factory=class_row(Figure))
    cursor.execute(
        """
        SELECT ground, language, count(*) AS filed, count(*) FILTER (WHERE outcome IS NULL) AS waiting,
            count(*) FILTER (WHERE outcome IS NULL AND due_at < %(now)s) AS overdue,
            count(outcome) AS decided,
            count(*) FILTER (WHERE outcome = 'upheld') AS upheld,
            count(*) FILTER (WHERE outcome = 'overturned') AS overturned,
            count(*) FILTER (WHERE outcome = 'partly') AS partly,
            count(*) FILTER (WHERE decided_at > due_at) AS late,
            percentile_cont(0.5) WITHIN GROUP (
                ORDER BY extract(epoch FROM decided_at - received_at)::float8 / 3600) AS hours
        FROM appeals WHERE received_at > %(since)s GROUP BY ground, language ORDER BY ground, language
        """,
        {"now": now, "since": now - span},
    )
    return cursor.fetchall()


def waiting_on(conn: Conn, case_id: int) -> list[Appeal]:
    """The appeals that wait on a case, the most urgent first."""
    cursor = conn.cursor(row_factory=class_row(Appeal))
    cursor.execute(
        sql.SQL("SELECT {} FROM appeals WHERE case_id = %s AND outcome IS NULL ORDER BY due_at, id").format(
            _COLUMNS
        ),
        [case_id],
    )
    return cursor.fetchall()


def waiting(conn: Conn, now: datetime) -> tuple[int, int]:
    """How many wait, and how many of them are overdue."""
    row = conn.execute(
        "SELECT count(*), count(*) FILTER (WHERE due_at < %s) FROM appeals WHERE outcome IS NULL", [now]
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def forget(conn: Conn, before: datetime) -> int:
    """Erase what users wrote, and their contacts, in appeals decided before then; returns how many. What came
    of them stays."""
    return conn.execute(
        "UPDATE appeals SET words = '', contact = NULL WHERE decided_at < %s AND words <> ''", [before]
    ).rowcount
