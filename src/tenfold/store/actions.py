"""Actions: what the platform is told to do, and the state of subjects that follows from it.

The state of a subject is always derived: the strongest effect of the actions that stand on it, or, when
none stands, what it was before. So reversals in any order end where they should.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg import sql
from psycopg.rows import class_row

from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import ActionKind

STANDING = ["ordered", "delivered", "confirmed"]

_CONTENT = {
    ActionKind.LABEL: "labelled",
    ActionKind.RESTRICT: "restricted",
    ActionKind.HOLD: "held",
    ActionKind.HIDE: "hidden",
    ActionKind.REMOVE: "removed",
}
_HOLDER = {ActionKind.RESTRICT: "restricted", ActionKind.HOLD: "held"}

# The state that an action asks of its subject; an action that is not here asks for none.
EFFECTS: Mapping[SubjectKind, Mapping[ActionKind, str]] = {
    SubjectKind.POST: _CONTENT,
    SubjectKind.MEDIA: _CONTENT,
    SubjectKind.ACCOUNT: _HOLDER | {ActionKind.CLOSE_ACCOUNT: "closed"},
    SubjectKind.GROUP: _HOLDER | {ActionKind.CLOSE_GROUP: "closed"},
}
STATELESS = frozenset({ActionKind.LABEL, ActionKind.RESTORE, ActionKind.NOTIFY, ActionKind.ESCALATE})

# Tables of subjects, with their states from the weakest to the strongest; `deleted` is the owner's word.
_CONTENT_LADDER = ["visible", "labelled", "restricted", "held", "hidden", "removed"]
_HOLDER_LADDER = ["active", "restricted", "held", "closed"]
LADDERS: Mapping[SubjectKind, tuple[str, list[str]]] = {
    SubjectKind.ACCOUNT: ("accounts", _HOLDER_LADDER),
    SubjectKind.GROUP: ("groups", _HOLDER_LADDER),
    SubjectKind.MEDIA: ("media", _CONTENT_LADDER),
    SubjectKind.POST: ("posts", _CONTENT_LADDER),
}


class NewAction(msgspec.Struct, frozen=True, kw_only=True):
    """An action to add. `state` is proposed or ordered; `origin` is rule:NAME@VERSION or decision:ID."""

    kind: ActionKind
    subject: Subject
    state: str
    ground: str
    origin: str
    account: str | None = None
    case_id: int | None = None
    decision_id: int | None = None
    reverses: int | None = None
    label: str = ""
    details: dict[str, Any] = {}


class Action(msgspec.Struct, kw_only=True):
    """An action's row."""

    id: int
    kind: str
    label: str
    subject_kind: str
    subject_id: str
    account: str | None
    state: str
    ground: str
    origin: str
    case_id: int | None
    decision_id: int | None
    reverses: int | None
    effect: str | None
    details: dict[str, Any]
    created_at: datetime
    updated_at: datetime

    @property
    def subject(self) -> Subject:
        """What it is done to."""
        return Subject(SubjectKind(self.subject_kind), self.subject_id)


COLUMNS = sql.SQL(", ").join(sql.Identifier(name) for name in Action.__struct_fields__)

# What the subject was before any action that stands now, for `before` of one that is ordered.
_BEFORE = sql.SQL(
    """
    COALESCE(
        (SELECT standing.before FROM actions standing
         WHERE standing.subject_kind = row.subject_kind AND standing.subject_id = row.subject_id
           AND standing.state IN ('ordered', 'delivered', 'confirmed') AND standing.before IS NOT NULL
         LIMIT 1),
        subject_state(row.subject_kind, row.subject_id))
    """
)


def effect(kind: ActionKind, subject: Subject) -> str | None:
    """The state that an action asks of a subject, None if it asks none."""
    return EFFECTS[subject.kind].get(kind)


def lock_subjects(conn: Conn, subjects: Iterable[Subject]) -> None:
    """Lock the rows of subjects, always in one order, before their cases are locked: whoever folds events
    locks subjects first, too, so nobody waits in a circle."""
    for kind, ids in _by_kind(subjects):
        conn.execute(
            sql.SQL(
                "SELECT 1 FROM {} WHERE id IN (SELECT jsonb_array_elements_text(%s::jsonb))"
                " ORDER BY id FOR NO KEY UPDATE"
            ).format(sql.Identifier(LADDERS[kind][0])),
            [msgspec.json.encode(ids).decode()],
        )


def add(conn: Conn, actions: Sequence[NewAction], now: datetime) -> list[Action]:
    """Add actions; returns those that were added, in the order given.

    Left out are what stands already (same rule, same thing), what is proposed already on the same case,
    and what a person took back from the same rule on the same case (unless it reverses that).
    """
    if not actions:
        return []
    rows = [_row(number, action) for number, action in enumerate(actions)]
    cursor = conn.cursor(row_factory=class_row(Action))
    cursor.execute(
        sql.SQL(
            """
            INSERT INTO actions (kind, label, subject_kind, subject_id, account, state, ground, origin,
                case_id, decision_id, reverses, effect, before, details, created_at, updated_at)
            SELECT kind, label, subject_kind, subject_id, account, state, ground, origin, case_id,
                decision_id, reverses, effect,
                CASE WHEN state = 'ordered' AND effect IS NOT NULL THEN {before} END, details, %s, %s
            FROM jsonb_to_recordset(%s::jsonb) AS row (n int, kind text, label text, subject_kind text,
                subject_id text, account text, state text, ground text, origin text, case_id bigint,
                decision_id bigint, reverses bigint, effect text, details jsonb)
            WHERE origin NOT LIKE 'rule:%%' OR reverses IS NOT NULL OR NOT EXISTS (
                SELECT 1 FROM actions old
                WHERE old.subject_kind = row.subject_kind AND old.subject_id = row.subject_id
                  AND old.kind = row.kind AND old.label = row.label AND old.state = 'reversed'
                  AND old.origin LIKE 'rule:%%'
                  AND split_part(old.origin, '@', 1) = split_part(row.origin, '@', 1)
                  AND old.case_id IS NOT DISTINCT FROM row.case_id)
            ORDER BY n
            ON CONFLICT DO NOTHING
            RETURNING {columns}
            """
        ).format(columns=COLUMNS, before=_BEFORE),
        [now, now, msgspec.json.encode(rows).decode()],
    )
    return cursor.fetchall()


def _row(number: int, action: NewAction) -> dict[str, Any]:
    return msgspec.structs.asdict(action) | {
        "n": number,
        "subject_kind": action.subject.kind,
        "subject_id": action.subject.id,
        "effect": effect(action.kind, action.subject),
    }


def load(conn: Conn, ids: Iterable[int], *, lock: bool = False) -> list[Action]:
    """Actions by id, in the order of ids; unknown ones are left out."""
    cursor = conn.cursor(row_factory=class_row(Action))
    cursor.execute(
        sql.SQL("SELECT {} FROM actions WHERE id = ANY(%s) ORDER BY id {}").format(
            COLUMNS, sql.SQL("FOR UPDATE" if lock else "")
        ),
        [list(ids)],
    )
    return cursor.fetchall()


def of_cases(conn: Conn, case_ids: Iterable[int]) -> list[Action]:
    """All actions of cases, oldest first."""
    cursor = conn.cursor(row_factory=class_row(Action))
    cursor.execute(
        sql.SQL("SELECT {} FROM actions WHERE case_id = ANY(%s) ORDER BY id").format(COLUMNS),
        [list(case_ids)],
    )
    return cursor.fetchall()


def of_decisions(conn: Conn, decision_ids: Iterable[int]) -> list[Action]:
    """All actions that decisions ordered or withdrew, oldest first."""
    cursor = conn.cursor(row_factory=class_row(Action))
    cursor.execute(
        sql.SQL("SELECT {} FROM actions WHERE decision_id = ANY(%s) ORDER BY id").format(COLUMNS),
        [list(decision_ids)],
    )
    return cursor.fetchall()


def standing_on(conn: Conn, subject: Subject) -> list[Action]:
    """The actions that stand on a subject and ask a state of it, oldest first."""
    cursor = conn.cursor(row_factory=class_row(Action))
    cursor.execute(
        sql.SQL(
            "SELECT {} FROM actions WHERE subject_kind = %s AND subject_id = %s AND state = ANY(%s)"
            " AND effect IS NOT NULL ORDER BY id"
        ).format(COLUMNS),
        [subject.kind, subject.id, STANDING],
    )
    return cursor.fetchall()


def closing(conn: Conn, accounts: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Origin and ground of the order that closed each of these accounts and stands; the last one."""
    rows = conn.execute(
        """
        SELECT subject_id, origin, ground FROM actions
        WHERE subject_kind = 'account' AND subject_id = ANY(%s) AND kind = %s AND state = ANY(%s) ORDER BY id
        """,
        [sorted(set(accounts)), ActionKind.CLOSE_ACCOUNT, STANDING],
    )
    return {account: (origin, ground) for account, origin, ground in rows}


def page(conn: Conn, *, state: str | None, case_id: int | None, after: int, limit: int) -> list[Action]:
    """Actions with an id above `after`, in the order of ids."""
    cursor = conn.cursor(row_factory=class_row(Action))
    conditions = [sql.SQL("id > %(after)s")]
    if state is not None:
        conditions.append(sql.SQL("state = %(state)s"))
    if case_id is not None:
        conditions.append(sql.SQL("case_id = %(case_id)s"))
    cursor.execute(
        sql.SQL("SELECT {} FROM actions WHERE {} ORDER BY id LIMIT %(limit)s").format(
            COLUMNS, sql.SQL(" AND ").join(conditions)
        ),
        {"state": state, "case_id": case_id, "after": after, "limit": limit},
    )
    return cursor.fetchall()


def move(conn: Conn, ids: Iterable[int], sources: Sequence[str], target: str, now: datetime) -> list[int]:
    """Change the state of the actions that are in one of `sources`; returns which were."""
    rows = conn.execute(
        """
        UPDATE actions SET state = %s, updated_at = %s
        WHERE id IN (SELECT id FROM actions WHERE id = ANY(%s) AND state = ANY(%s) ORDER BY id FOR UPDATE)
        RETURNING id
        """,
        [target, now, list(ids), list(sources)],
    )
    return sorted(row[0] for row in rows)


def answered(conn: Conn, action_id: int, state: str, detail: str, now: datetime) -> None:
    """Write what the platform said about an action."""
    conn.execute(
        """
        UPDATE actions SET state = %s, updated_at = %s,
            details = details || jsonb_build_object('platform', %s::text)
        WHERE id = %s
        """,
        [state, now, detail, action_id],
    )


def order_proposed(conn: Conn, ids: Sequence[int], decision_id: int, now: datetime) -> list[Action]:
    """Order proposals by a decision; their origin becomes the decision, the rule stays in details."""
    cursor = conn.cursor(row_factory=class_row(Action))
    cursor.execute(
        sql.SQL(
            """
            UPDATE actions AS row SET state = 'ordered', decision_id = %(decision)s, updated_at = %(now)s,
                details = details || jsonb_build_object('proposed_by', origin), origin = %(origin)s,
                before = CASE WHEN effect IS NOT NULL THEN {before} END
            WHERE id = ANY(%(ids)s) AND state = 'proposed'
            RETURNING {columns}
            """
        ).format(before=_BEFORE, columns=COLUMNS),
        {"decision": decision_id, "origin": f"decision:{decision_id}", "now": now, "ids": list(ids)},
    )
    return sorted(cursor.fetchall(), key=lambda action: action.id)


def withdraw_proposed(
    conn: Conn, case_id: int, decision_id: int, keep: Sequence[int], now: datetime
) -> list[int]:
    """Withdraw the proposals of a case but those in `keep`; returns which were."""
    rows = conn.execute(
        """
        UPDATE actions SET state = 'withdrawn', decision_id = %s, updated_at = %s
        WHERE case_id = %s AND state = 'proposed' AND id <> ALL(%s) RETURNING id
        """,
        [decision_id, now, case_id, list(keep)],
    )
    return sorted(row[0] for row in rows)


def propose_again(conn: Conn, decision_ids: Sequence[int], now: datetime) -> list[int]:
    """Bring back what decisions withdrew, where the same is not proposed anew."""
    rows = conn.execute(
        """
        UPDATE actions SET state = 'proposed', decision_id = NULL, updated_at = %s
        WHERE decision_id = ANY(%s) AND state = 'withdrawn' AND NOT EXISTS (
            SELECT 1 FROM actions other
            WHERE other.case_id = actions.case_id AND other.subject_kind = actions.subject_kind
              AND other.subject_id = actions.subject_id AND other.kind = actions.kind
              AND other.label = actions.label AND other.state = 'proposed')
        RETURNING id
        """,
        [now, list(decision_ids)],
    )
    return sorted(row[0] for row in rows)


def settle(conn: Conn, subjects: Iterable[Subject]) -> None:
    """Bring the state of subjects in line with the actions that stand on them."""
    for kind, ids in _by_kind(subjects):
        table, ladder = LADDERS[kind]
        conn.execute(
            sql.SQL(
                """
                UPDATE {table} AS subject SET state = due.state
                FROM (
                    SELECT subject_id,
                        (%(ladder)s::text[])[greatest(1, max(rank) FILTER (WHERE stands),
                            (array_agg(before_rank ORDER BY id DESC) FILTER (WHERE known))[1])] AS state
                    FROM (
                        SELECT id, subject_id, state = ANY(%(standing)s) AS stands,
                            array_position(%(ladder)s::text[], effect) AS rank, before IS NOT NULL AS known,
                            array_position(%(ladder)s::text[], before) AS before_rank
                        FROM actions
                        WHERE subject_kind = %(kind)s AND effect IS NOT NULL
                          AND subject_id IN (SELECT jsonb_array_elements_text(%(ids)s::jsonb))
                    ) AS ranked
                    GROUP BY subject_id ORDER BY subject_id
                ) AS due
                WHERE subject.id = due.subject_id AND subject.state <> due.state
                  AND subject.state <> 'deleted'
                """
            ).format(table=sql.Identifier(table)),
            {
                "ladder": ladder,
                "standing": STANDING,
                "kind": kind,
                "ids": msgspec.json.encode(ids).decode(),
            },
        )


def groups_of_posts(conn: Conn, posts: Iterable[str]) -> dict[str, str]:
    """The group that each post stands in; posts in no group are left out."""
    rows = conn.execute(
        "SELECT id, group_id FROM posts WHERE id = ANY(%s) AND group_id IS NOT NULL", [sorted(posts)]
    )
    return dict(rows.fetchall())


def _by_kind(subjects: Iterable[Subject]) -> list[tuple[SubjectKind, list[str]]]:
    """Ids by kind, both sorted: the order in which rows are locked everywhere."""
    groups: dict[SubjectKind, set[str]] = {}
    for subject in subjects:
        groups.setdefault(subject.kind, set()).add(subject.id)
    return [(kind, sorted(groups[kind])) for kind in sorted(groups)]
