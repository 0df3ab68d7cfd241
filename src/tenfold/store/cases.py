"""Cases, firings, notes and decisions: the writes, and the rows that are locked for them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg import sql
from psycopg.rows import class_row

from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind


class Case(msgspec.Struct, kw_only=True):
    """A case's row. `state` is as written: whoever reads it minds `lease_until`. `ended`: it is about an
    account that is closed or deleted by now, and waits behind all others."""

    id: int
    subject_kind: str
    subject_id: str
    account: str | None
    queue: str
    severity: int
    ground: str
    language: str | None
    state: str
    opened_at: datetime
    updated_at: datetime
    due_at: datetime
    claimed_by: str | None
    lease_until: datetime | None
    decided_at: datetime | None
    ended: bool

    @property
    def subject(self) -> Subject:
        """What the case is about."""
        return Subject(SubjectKind(self.subject_kind), self.subject_id)

    def holder(self, now: datetime) -> str | None:
        """Who holds the case at `now`: a claim ends with its lease."""
        held = self.lease_until is not None and self.lease_until > now
        return self.claimed_by if held else None


class Decision(msgspec.Struct, kw_only=True):
    """A decision's row."""

    id: int
    case_id: int
    ground: str
    scope: str
    state: str
    author: str
    reason: str
    decided_at: datetime
    part_of: int | None
    confirmed_by: str | None
    appeal_id: int | None
    reversed_at: datetime | None
    reversed_by: str | None
    reversal_reason: str | None


class Opening(msgspec.Struct, kw_only=True):
    """What a case is opened or brought up to date with."""

    subject: Subject
    account: str | None
    queue: str
    severity: int
    ground: str
    language: str | None
    state: str
    due_at: datetime


class FiringRow(msgspec.Struct, kw_only=True):
    """One firing to keep; `case_id` None leaves the case that it belonged to."""

    subject: Subject
    rule: str
    titles: dict[str, str]
    policy: str
    ground: str
    severity: int
    parts: list[dict[str, str]]
    case_id: int | None
    closed: Sequence[str] = ()


COLUMNS = sql.SQL(", ").join(sql.Identifier(name) for name in Case.__struct_fields__)
DECISION_COLUMNS = sql.SQL(", ").join(sql.Identifier(name) for name in Decision.__struct_fields__)


def _pairs(subjects: Iterable[Subject]) -> str:
    pairs = [{"kind": subject.kind, "id": subject.id} for subject in sorted(set(subjects))]
    return msgspec.json.encode(pairs).decode()


def lock_open(conn: Conn, subjects: Iterable[Subject]) -> dict[Subject, Case]:
    """Lock the undecided cases of subjects, in the order of subjects."""
    cursor = conn.cursor(row_factory=class_row(Case))
    cursor.execute(
        sql.SQL(
            """
            SELECT {columns} FROM cases
            WHERE state <> 'decided' AND (subject_kind, subject_id) IN (
                SELECT kind, id FROM jsonb_to_recordset(%s::jsonb) AS row (kind text, id text))
            ORDER BY subject_kind, subject_id FOR NO KEY UPDATE
            """
        ).format(columns=COLUMNS),
        [_pairs(subjects)],
    )
    return {case.subject: case for case in cursor}


def settled(
    conn: Conn, firings: Iterable[tuple[Subject, str, int, Sequence[str]]]
) -> set[tuple[Subject, str]]:
    """Which (subject, rule) of firings (subject, rule, severity, closed accounts it is about) a decided case
    has dealt with.

    The rule had part in the decided case, severity has not risen since, it is about no other closed account,
    and the text of the subject (a post's, an account's profile) has not changed since: an edit after a
    clearance is looked at again.
    """
    rows = [
        {"kind": subject.kind, "id": subject.id, "rule": rule, "severity": severity, "closed": closed}
        for subject, rule, severity, closed in firings
    ]
    found = conn.execute(
        """
        SELECT row.kind, row.id, row.rule
        FROM jsonb_to_recordset(%s::jsonb) AS row (kind text, id text, rule text, severity int, closed text[])
        JOIN firings ON firings.subject_kind = row.kind AND firings.subject_id = row.id
                    AND firings.rule = row.rule AND row.closed <@ firings.closed
        JOIN cases ON cases.id = firings.case_id AND cases.state = 'decided'
                  AND row.severity <= cases.severity
        WHERE NOT CASE row.kind
            WHEN 'post' THEN EXISTS (
                SELECT 1 FROM posts WHERE posts.id = row.id AND posts.edited_at > cases.decided_at)
            WHEN 'account' THEN EXISTS (
                SELECT 1 FROM account_profiles
                WHERE account_profiles.account = row.id AND account_profiles.at > cases.decided_at)
            ELSE false END
        """,
        [msgspec.json.encode(rows).decode()],
    )
    return {(Subject(SubjectKind(kind), id_), rule) for kind, id_, rule in found}


def open_new(conn: Conn, openings: Iterable[Opening], now: datetime) -> dict[Subject, int]:
    """Open cases; a subject whose case another transaction opened meanwhile is left out."""
    rows = [_opening_row(opening) for opening in sorted(openings, key=lambda opening: opening.subject)]
    found = conn.execute(
        """
        INSERT INTO cases (subject_kind, subject_id, account, queue, severity, ground, language, state,
            due_at, opened_at, updated_at)
        SELECT subject_kind, subject_id, account, queue, severity, ground, language, state, due_at,
            %(now)s, %(now)s
        FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (subject_kind text, subject_id text, account text,
            queue text, severity int, ground text, language text, state text, due_at timestamptz)
        ORDER BY subject_kind, subject_id
        ON CONFLICT (subject_kind, subject_id) WHERE state <> 'decided' DO NOTHING
        RETURNING id, subject_kind, subject_id
        """,
        {"now": now, "rows": msgspec.json.encode(rows).decode()},
    )
    return {Subject(SubjectKind(kind), id_): case_id for case_id, kind, id_ in found}


def update_open(conn: Conn, changes: Iterable[tuple[int, Opening]], now: datetime) -> None:
    """Bring locked cases up to date."""
    rows = [_opening_row(opening) | {"case_id": case_id} for case_id, opening in changes]
    conn.execute(
        """
        UPDATE cases SET account = row.account, queue = row.queue, severity = row.severity,
            ground = row.ground, language = row.language, state = row.state, due_at = row.due_at,
            updated_at = %s
        FROM jsonb_to_recordset(%s::jsonb) AS row (case_id bigint, account text, queue text, severity int,
            ground text, language text, state text, due_at timestamptz)
        WHERE cases.id = row.case_id
        """,
        [now, msgspec.json.encode(rows).decode()],
    )


def _opening_row(opening: Opening) -> dict[str, Any]:
    row = msgspec.structs.asdict(opening)
    subject: Subject = row.pop("subject")
    return row | {"subject_kind": subject.kind, "subject_id": subject.id}


def save_firings(conn: Conn, firings: Sequence[FiringRow], now: datetime) -> None:
    """Keep firings, one for each subject and rule; `firings` are in the order of subject and rule."""
    rows = [
        {
            "kind": firing.subject.kind,
            "id": firing.subject.id,
            "rule": firing.rule,
            "titles": firing.titles,
            "policy": firing.policy,
            "ground": firing.ground,
            "severity": firing.severity,
            "parts": firing.parts,
            "case_id": firing.case_id,
            "closed": firing.closed,
        }
        for firing in firings
    ]
    conn.execute(
        """
        INSERT INTO firings (subject_kind, subject_id, rule, titles, policy, ground, severity, parts, case_id,
            closed, fired_at)
        SELECT kind, id, rule, titles, policy, ground, severity, parts, case_id, closed, %s
        FROM jsonb_to_recordset(%s::jsonb) AS row (kind text, id text, rule text, titles jsonb, policy text,
            ground text, severity int, parts jsonb, case_id bigint, closed text[])
        ORDER BY kind, id, rule
        ON CONFLICT (subject_kind, subject_id, rule) DO UPDATE SET
            titles = excluded.titles, policy = excluded.policy,
            ground = excluded.ground, severity = excluded.severity, parts = excluded.parts,
            fired_at = excluded.fired_at, case_id = COALESCE(excluded.case_id, firings.case_id),
            closed = CASE WHEN excluded.case_id IS NULL THEN firings.closed
                ELSE ARRAY(SELECT DISTINCT unnest(firings.closed || excluded.closed) ORDER BY 1) END
        """,
        [now, msgspec.json.encode(rows).decode()],
    )


def rules_joined(conn: Conn, case_ids: Iterable[int]) -> set[tuple[int, str]]:
    """Which rules belong to which of these cases."""
    rows = conn.execute("SELECT case_id, rule FROM firings WHERE case_id = ANY(%s)", [list(case_ids)])
    return {(case_id, rule) for case_id, rule in rows}


def load(conn: Conn, ids: Iterable[int], *, lock: bool = False) -> dict[int, Case]:
    """Cases by id; with `lock` held until the end of the transaction, always in one order."""
    cursor = conn.cursor(row_factory=class_row(Case))
    cursor.execute(
        sql.SQL("SELECT {} FROM cases WHERE id = ANY(%s) ORDER BY subject_kind, subject_id, id {}").format(
            COLUMNS, sql.SQL("FOR NO KEY UPDATE" if lock else "")
        ),
        [list(ids)],
    )
    return {case.id: case for case in cursor}


def others_of_account(conn: Conn, account: str, but: Iterable[int], now: datetime) -> list[int]:
    """Undecided cases of an account that nobody holds, but for the ones named."""
    rows = conn.execute(
        """
        SELECT id FROM cases
        WHERE account = %s AND state NOT IN ('decided', 'awaiting') AND id <> ALL(%s)
          AND (lease_until IS NULL OR lease_until <= %s)
        ORDER BY id
        """,
        [account, list(but), now],
    )
    return [row[0] for row in rows]


def open_case_of(conn: Conn, subject: Subject) -> int | None:
    """The undecided case of a subject."""
    row = conn.execute(
        "SELECT id FROM cases WHERE subject_kind = %s AND subject_id = %s AND state <> 'decided'",
        [subject.kind, subject.id],
    ).fetchone()
    return int(row[0]) if row else None


def hold(conn: Conn, case_id: int, *, state: str, holder: str, until: datetime, now: datetime) -> None:
    """Write a claim."""
    conn.execute(
        "UPDATE cases SET state = %s, claimed_by = %s, lease_until = %s, updated_at = %s WHERE id = %s",
        [state, holder, until, now, case_id],
    )


def let_go(conn: Conn, case_id: int, state: str, now: datetime, queue: str | None = None) -> None:
    """Write that nobody holds a case, and in which state and queue it waits."""
    conn.execute(
        """
        UPDATE cases SET state = %s, claimed_by = NULL, lease_until = NULL, updated_at = %s,
            queue = COALESCE(%s, queue)
        WHERE id = %s
        """,
        [state, now, queue, case_id],
    )


_READY_FOR_NOBODY_ELSE = """
    NOT EXISTS (SELECT 1 FROM cases_ahead
        WHERE cases_ahead.case_id = cases.id AND cases_ahead.actor <> %(actor)s
          AND cases_ahead.until > %(now)s)
"""


def next_free(
    conn: Conn,
    *,
    actor: str,
    queues: Sequence[str] | None,
    languages: Sequence[str] | None,
    escalated: bool,
    reads: Sequence[str] = (),
    without: tuple[Sequence[str], Sequence[str]] = ((), ()),
    now: datetime,
) -> Case | None:
    """Lock the worst (those that ended last), then most urgent case that nobody holds, nobody else is just
    taking, and that stands ready for nobody else; in a language of `reads` or none, and `without` these
    grounds and queues.

    The key stays free: a note on a case or marks of it that are just being written hold that, and the case
    would be passed over."""
    conditions = [sql.SQL("(claimed_by IS NULL OR lease_until <= %(now)s)"), sql.SQL(_READY_FOR_NOBODY_ELSE)]
    # The first is what the indexes of the queue are over.
    conditions.append(sql.SQL("state <> 'decided' AND state <> 'awaiting'"))
    if not escalated:
        conditions.append(sql.SQL("state <> 'escalated'"))
    if queues is not None:
        conditions.append(sql.SQL("queue = ANY(%(queues)s)"))
    if languages is not None:
        conditions.append(sql.SQL("language = ANY(%(languages)s)"))
    if reads:
        conditions.append(sql.SQL("(language IS NULL OR language = ANY(%(reads)s))"))
    for column, left_out in zip(("ground", "queue"), without, strict=True):
        if left_out:
            conditions.append(sql.SQL(f"{column} <> ALL(%(no_{column})s)"))
    cursor = conn.cursor(row_factory=class_row(Case))
    cursor.execute(
        sql.SQL(
            "SELECT {} FROM cases WHERE {} ORDER BY rank DESC, due_at, id LIMIT 1"
            " FOR NO KEY UPDATE OF cases SKIP LOCKED"
        ).format(COLUMNS, sql.SQL(" AND ").join(conditions)),
        {
            "now": now,
            "actor": actor,
            "queues": None if queues is None else list(queues),
            "languages": None if languages is None else list(languages),
            "reads": list(reads),
            "no_ground": list(without[0]),
            "no_queue": list(without[1]),
        },
    )
    return cursor.fetchone()


def add_note(conn: Conn, case_id: int, author: str, text: str, now: datetime) -> int:
    """Write a note; returns its id."""
    row = conn.execute(
        "INSERT INTO case_notes (case_id, author, text, at) VALUES (%s, %s, %s, %s) RETURNING id",
        [case_id, author, text, now],
    ).fetchone()
    assert row is not None
    return int(row[0])


def add_decision(
    conn: Conn,
    case_id: int,
    *,
    ground: str,
    scope: str,
    author: str,
    reason: str,
    part_of: int | None,
    confirmed_by: str | None,
    appeal_id: int | None,
    now: datetime,
) -> int:
    """Write a decision and that its case is decided; returns the decision's id."""
    row = conn.execute(
        """
        INSERT INTO decisions (case_id, ground, scope, author, reason, part_of, confirmed_by, appeal_id,
            decided_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id
        """,
        [case_id, ground, scope, author, reason, part_of, confirmed_by, appeal_id, now],
    ).fetchone()
    assert row is not None
    conn.execute(
        """
        UPDATE cases SET state = 'decided', decided_at = %s, updated_at = %s, claimed_by = NULL,
            lease_until = NULL
        WHERE id = %s
        """,
        [now, now, case_id],
    )
    return int(row[0])


def load_decision(conn: Conn, decision_id: int, *, lock: bool = False) -> list[Decision]:
    """A decision and those made as part of it, itself first; empty if there is none."""
    cursor = conn.cursor(row_factory=class_row(Decision))
    cursor.execute(
        sql.SQL("SELECT {} FROM decisions WHERE id = %s OR part_of = %s ORDER BY id {}").format(
            DECISION_COLUMNS, sql.SQL("FOR UPDATE" if lock else "")
        ),
        [decision_id, decision_id],
    )
    return cursor.fetchall()


def standing_decision(conn: Conn, case_id: int) -> Decision | None:
    """The latest decision in force on a case."""
    cursor = conn.cursor(row_factory=class_row(Decision))
    cursor.execute(
        sql.SQL(
            "SELECT {} FROM decisions WHERE case_id = %s AND state = 'in_force' ORDER BY id DESC LIMIT 1"
        ).format(DECISION_COLUMNS),
        [case_id],
    )
    return cursor.fetchone()


def mark_reversed(
    conn: Conn, decision_ids: Sequence[int], *, state: str, by: str, reason: str, now: datetime
) -> None:
    """Write that decisions are reversed."""
    conn.execute(
        """
        UPDATE decisions SET state = %s, reversed_at = %s, reversed_by = %s, reversal_reason = %s
        WHERE id = ANY(%s)
        """,
        [state, now, by, reason, list(decision_ids)],
    )


def reopen(conn: Conn, case_id: int, state: str, due_at: datetime, now: datetime) -> None:
    """Write that a decided case waits again."""
    conn.execute(
        "UPDATE cases SET state = %s, decided_at = NULL, due_at = %s, updated_at = %s WHERE id = %s",
        [state, due_at, now, case_id],
    )


def find_decision(conn: Conn, where: str, values: Sequence[object]) -> Decision | None:
    """The first decision that a condition (and order) of ours finds."""
    cursor = conn.cursor(row_factory=class_row(Decision))
    cursor.execute(
        sql.SQL("SELECT {} FROM decisions WHERE ").format(DECISION_COLUMNS) + sql.SQL(where), values
    )
    return cursor.fetchone()
