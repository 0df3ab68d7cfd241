"""Lists of cases and decisions, page by page, each on an index."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from psycopg import sql
from psycopg.rows import class_row

from tenfold.casework.shown import CaseRow, CaseStateName, DecisionView, QueueCount, QueuePage
from tenfold.casework.states import CaseState
from tenfold.store import cases
from tenfold.store.cases import DECISION_COLUMNS, Case
from tenfold.store.database import Conn

PAGE = 50
MAX_PAGE = 500
WORST_FIRST = "rank DESC, due_at, id"
LAST_CHARACTER = "\U0010ffff"  # behind every id that begins with a text: ids are compared by code point

_Cursor = TypeVar("_Cursor")


class _Undecided(msgspec.Struct, array_like=True):
    """The last case of a page of undecided ones."""

    rank: int
    due_at: datetime
    id: int


class _Newest(msgspec.Struct, array_like=True):
    """The last row of a page that has the newest first."""

    at: datetime
    id: int


def written_cursor(cursor: msgspec.Struct) -> str:
    """The cursor as pages give it out."""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def read_cursor(text: str, type_: type[_Cursor]) -> _Cursor:
    """The cursor that a page gave out. Raises ValueError on one that is not ours."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=type_)
    except (msgspec.MsgspecError, binascii.Error, UnicodeError, ValueError):
        raise ValueError(f"cursor {text[:40]!r} is not one that this list has given") from None


def queue_page(
    conn: Conn,
    *,
    now: datetime,
    queue: str | None = None,
    severity: int | None = None,
    language: str | None = None,
    state: CaseStateName | None = None,
    ground: str | None = None,
    account: str | None = None,
    search: str | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
) -> QueuePage:
    """Cases by severity (worst first, those about accounts that are closed already after all others), due
    time, id; decided ones (`state="decided"`) newest first.

    Without `state`: all that are not decided. `search` finds the beginning of a subject's id or of an
    account's id. Raises ValueError on a cursor that is not ours.
    """
    limit = max(1, min(limit, MAX_PAGE))
    wanted = {
        "queue": queue,
        "severity": severity,
        "language": language,
        "ground": ground,
        "account": account,
    }
    conditions, values = _filters(wanted, search)
    conditions.append(_STATES[state])
    values |= {"now": now, "limit": limit + 1}
    if state == "decided":
        order = "decided_at DESC, id DESC"
        if cursor:
            newest = read_cursor(cursor, _Newest)
            values |= {"at": newest.at, "id": newest.id}
            conditions.append("(decided_at, id) < (%(at)s, %(id)s)")
    else:
        order = WORST_FIRST
        if cursor:
            last = read_cursor(cursor, _Undecided)
            values |= {"worst": last.rank, "due": last.due_at, "id": last.id}
            conditions.append("rank <= %(worst)s")
            conditions.append("(rank < %(worst)s OR (due_at, id) > (%(due)s, %(id)s))")
    found = case_rows(conn, conditions, order, values)
    page = found[:limit]
    add_rules(conn, page)
    return QueuePage(cases=page, next=_next(page[-1]) if len(found) > limit else None)


_STATES: dict[str | None, str] = {
    None: "state <> 'decided'",
    "decided": "state = 'decided'",
    "open": "(state = 'open' OR (state = 'claimed' AND lease_until <= %(now)s))",
    "claimed": "state = 'claimed' AND lease_until > %(now)s",
    "escalated": "state = 'escalated'",
    "awaiting": "state = 'awaiting'",
}


def queue_size(
    conn: Conn,
    *,
    now: datetime,
    queue: str | None = None,
    severity: int | None = None,
    language: str | None = None,
    state: CaseStateName | None = None,
    search: str | None = None,
) -> int:
    """How many cases `queue_page` has with these filters, on all of its pages."""
    conditions, values = _filters({"queue": queue, "severity": severity, "language": language}, search)
    conditions.append(_STATES[state])
    query = sql.SQL(f"SELECT count(*) FROM cases WHERE {' AND '.join(conditions)}")
    row = conn.execute(query, values | {"now": now}).fetchone()
    return int(row[0]) if row else 0


def _filters(wanted: dict[str, Any], search: str | None) -> tuple[list[str], dict[str, Any]]:
    values = {name: value for name, value in wanted.items() if value is not None}
    conditions = [f"{name} = %({name})s" for name in values]
    if search:
        values |= {"search": search, "behind": search + LAST_CHARACTER}
        conditions.append(
            "((subject_id >= %(search)s AND subject_id < %(behind)s)"
            " OR (account >= %(search)s AND account < %(behind)s))"
        )
    return conditions, values


def _next(row: CaseRow) -> str:
    if row.decided_at is not None:
        return written_cursor(_Newest(row.decided_at, row.id))
    return written_cursor(_Undecided(0 if row.ended else row.severity, row.due_at, row.id))


def case_rows(conn: Conn, conditions: Sequence[str], order: str, values: dict[str, Any]) -> list[CaseRow]:
    """Cases by conditions and an order of ours; `values` hold `now` and `limit` too."""
    reader = conn.cursor(row_factory=class_row(Case))
    reader.execute(
        sql.SQL("SELECT {} FROM cases WHERE ").format(cases.COLUMNS)
        + sql.SQL(f"{' AND '.join(conditions)} ORDER BY {order} LIMIT %(limit)s"),
        values,
    )
    return [case_row(case, values["now"]) for case in reader]


def case_row(case: Case, now: datetime) -> CaseRow:
    """A case as it is shown at `now`."""
    holder = case.holder(now)
    lapsed = case.state == CaseState.CLAIMED and holder is None
    return CaseRow(
        id=case.id,
        subject=case.subject,
        account=case.account,
        queue=case.queue,
        severity=case.severity,
        ground=case.ground,
        language=case.language,
        state=CaseState.OPEN.value if lapsed else case.state,
        opened_at=case.opened_at,
        updated_at=case.updated_at,
        due_at=case.due_at,
        claimed_by=holder,
        lease_until=case.lease_until if holder else None,
        decided_at=case.decided_at,
        ended=case.ended,
    )


def cases_named(conn: Conn, *, case_ids: Sequence[int], now: datetime) -> list[CaseRow]:
    """These cases, decided or not, worst first; unknown ids are left out."""
    values = {"ids": list(case_ids), "now": now, "limit": len(case_ids)}
    found = case_rows(conn, ["id = ANY(%(ids)s)"], WORST_FIRST, values)
    add_rules(conn, found)
    return found


def cases_held(conn: Conn, *, actor: str, now: datetime) -> list[CaseRow]:
    """What the actor holds, worst first."""
    conditions = [_STATES[None], "claimed_by = %(actor)s", "lease_until > %(now)s"]
    found = case_rows(conn, conditions, WORST_FIRST, {"actor": actor, "now": now, "limit": PAGE})
    return found


def decisions_by(conn: Conn, *, actor: str, limit: int) -> list[DecisionView]:
    """The actor's last decisions, newest first, without those that are part of another."""
    where = "author = %(actor)s AND part_of IS NULL ORDER BY id DESC LIMIT %(limit)s"
    return read_decisions(conn, where, {"actor": actor, "limit": limit})


def decision_with_parts(conn: Conn, decision_id: int) -> list[DecisionView]:
    """A decision and those made as part of it, itself first; empty if there is none."""
    where = "id = %(id)s OR part_of = %(id)s ORDER BY id"
    return read_decisions(conn, where, {"id": decision_id})


def add_rules(conn: Conn, page: Sequence[CaseRow]) -> None:
    """Fill in which rules fired and what is proposed, for a whole page at once."""
    ids = [row.id for row in page]
    rules: dict[int, list[str]] = {}
    for case_id, rule in sorted(cases.rules_joined(conn, ids)):
        rules.setdefault(case_id, []).append(rule)
    proposed: dict[int, list[str]] = {}
    for case_id, kind in conn.execute(
        "SELECT case_id, kind FROM actions WHERE case_id = ANY(%s) AND state = 'proposed' ORDER BY id", [ids]
    ):
        proposed.setdefault(case_id, []).append(kind)
    for row in page:
        row.rules = rules.get(row.id, [])
        row.proposed = proposed.get(row.id, [])


def queue_counts(conn: Conn, *, now: datetime) -> list[QueueCount]:
    """All queues that hold an undecided case, by name."""
    counts: dict[str, QueueCount] = {}
    for queue, severity, total, claimed, escalated, awaiting, overdue in conn.execute(
        """
        SELECT queue, severity, count(*),
            count(*) FILTER (WHERE state = 'claimed' AND lease_until > %(now)s),
            count(*) FILTER (WHERE state = 'escalated'), count(*) FILTER (WHERE state = 'awaiting'),
            count(*) FILTER (WHERE due_at < %(now)s AND NOT ended)
        FROM cases WHERE state <> 'decided' GROUP BY queue, severity ORDER BY queue, severity
        """,
        {"now": now},
    ):
        count = counts.setdefault(queue, QueueCount(queue=queue))
        count.total += total
        count.claimed += claimed
        count.escalated += escalated
        count.awaiting += awaiting
        count.open += total - claimed - escalated - awaiting
        count.overdue += overdue
        count.by_severity[severity] = total
    return list(counts.values())


def decisions_page(
    conn: Conn, *, cursor: str | None = None, limit: int = PAGE
) -> tuple[list[DecisionView], str | None]:
    """Decisions, newest first, and the cursor of the next page."""
    limit = max(1, min(limit, MAX_PAGE))
    values: dict[str, Any] = {"limit": limit + 1, "id": read_cursor(cursor, int) if cursor else None}
    where = "id < %(id)s" if cursor else "true"
    found = read_decisions(conn, f"{where} ORDER BY id DESC LIMIT %(limit)s", values)
    page = found[:limit]
    more = len(found) > limit
    return page, base64.urlsafe_b64encode(str(page[-1].id).encode()).decode() if more else None


def read_decisions(conn: Conn, where: str, values: dict[str, Any]) -> list[DecisionView]:
    """Decisions by a condition and order of ours."""
    reader = conn.cursor(row_factory=class_row(DecisionView))
    reader.execute(
        sql.SQL("SELECT {} FROM decisions WHERE ").format(DECISION_COLUMNS) + sql.SQL(where),
        values,
    )
    return reader.fetchall()
