"""Lists of threats, page by page: the most urgent first, then by the time that is left."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn

PAGE = 50
MAX_PAGE = 500

_Row = TypeVar("_Row")


class ThreatRow(msgspec.Struct, kw_only=True):
    """One record in a list. `level` is in force, `urgency` (0 for T0 ... 4 for N) is what it is listed by:
    higher than `level` where `asks` holds "higher". `assessed`: a person said so."""

    id: int
    level: str
    read_level: str
    urgency: int
    assessed: bool
    information: bool
    status: str
    outcome: str | None
    owner: str | None
    asks: list[str]
    language: str | None
    speech_act: str
    act: str
    target_kind: str
    target: str
    protected: bool
    review: bool
    raised: list[str]
    sources: int
    accounts: int
    first_at: datetime
    last_at: datetime
    opened_at: datetime
    due_at: datetime | None
    seen_at: datetime | None
    closed_at: datetime | None


class Page(msgspec.Struct, Generic[_Row], kw_only=True):
    """A page; `next` is the cursor of the next one, None at the end."""

    rows: list[_Row]
    next: str | None = None


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What a list shows. Nothing said: all open threats, without the information records.

    `status`: one of transitions.Status, or None for all but closed. `level`: by which it is listed.
    `information`: news and reports about threats alone (True), none (False), both (None). `protected`: that
    name somebody watched over. `overdue`: whose clock has run out. `account`: in which it spoke.
    """

    level: str | None = None
    status: str | None = None
    owner: str | None = None
    target_kind: str | None = None
    language: str | None = None
    information: bool | None = False
    protected: bool | None = None
    asks: bool | None = None
    overdue: bool = False
    account: str | None = None


class Counts(msgspec.Struct, kw_only=True):
    """How many open threats there are: by the level that they are listed by, by status, and those that are
    overdue, unowned, or ask again. Information records are counted apart."""

    open: int
    by_level: dict[str, int]
    by_status: dict[str, int]
    overdue: int
    unowned: int
    asking: int
    information: int


class _Open(msgspec.Struct, array_like=True):
    """The last row of a page of open ones; `due` is None where nothing is due."""

    urgency: int
    due: datetime | None
    id: int


class _Closed(msgspec.Struct, array_like=True):
    """The last row of a page of closed ones."""

    closed_at: datetime
    id: int


_FIELDS = ", ".join(
    "assessed_level IS NOT NULL AS assessed" if name == "assessed" else name
    for name in ThreatRow.__struct_fields__
)
_LEVELS = ("T0", "T1", "T2", "T3", "N")
_CONDITIONS = {
    "level": "urgency = threat_rank(%(level)s)",
    "owner": "owner = %(owner)s",
    "target_kind": "target_kind = %(target_kind)s",
    "language": "language = %(language)s",
    "information": "information = %(information)s",
    "protected": "protected = %(protected)s",
    "asks": "(asks <> '{}') = %(asks)s",
    "account": "id IN (SELECT threat_id FROM threat_sources WHERE account = %(account)s)",
}


def page(
    conn: Conn,
    wanted: Filter = Filter(),  # noqa: B008 - frozen
    cursor: str | None = None,
    *,
    limit: int = PAGE,
    now: datetime | None = None,
) -> Page[ThreatRow]:
    """Records by urgency, then by the time that is left; closed ones (`status="closed"`) newest first. Raises
    ValueError on a cursor that is not ours."""
    limit = max(1, min(limit, MAX_PAGE))
    closed = wanted.status == "closed"
    conditions, values = _conditions(wanted, now or datetime.now(UTC))
    values["limit"] = limit + 1
    order = "closed_at DESC, id DESC" if closed else "urgency, COALESCE(due_at, 'infinity'), id"
    if cursor and closed:
        last = _read(cursor, _Closed)
        conditions.append("(closed_at, id) < (%(at)s, %(id)s)")
        values |= {"at": last.closed_at, "id": last.id}
    elif cursor:
        after = _read(cursor, _Open)
        conditions.append(
            "(urgency, COALESCE(due_at, 'infinity'), id)"
            " > (%(urgency)s, COALESCE(%(due)s::timestamptz, 'infinity'), %(id)s)"
        )
        values |= {"urgency": after.urgency, "due": after.due, "id": after.id}
    reader = conn.cursor(row_factory=class_row(ThreatRow))
    reader.execute(
        f"SELECT {_FIELDS} FROM threats WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT %(limit)s",
        values,
    )
    found = reader.fetchall()
    more = len(found) > limit
    return Page(rows=found[:limit], next=_written(found[limit - 1]) if more else None)


def counts(conn: Conn, now: datetime | None = None) -> Counts:
    """How many are open."""
    found = Counts(
        open=0,
        by_level=dict.fromkeys(_LEVELS, 0),
        by_status={},
        overdue=0,
        unowned=0,
        asking=0,
        information=0,
    )
    for urgency, status, information, total, overdue, unowned, asking in conn.execute(
        """
        SELECT urgency, status, information, count(*), count(*) FILTER (WHERE due_at < %s),
            count(*) FILTER (WHERE owner IS NULL), count(*) FILTER (WHERE asks <> '{}')
        FROM threats WHERE status <> 'closed' GROUP BY urgency, status, information
        """,
        [now or datetime.now(UTC)],
    ):
        if information:
            found.information += total
            continue
        found.open += total
        found.by_level[_LEVELS[urgency]] += total
        found.by_status[status] = found.by_status.get(status, 0) + total
        found.overdue += overdue
        found.unowned += unowned
        found.asking += asking
    return found


def _conditions(wanted: Filter, now: datetime) -> tuple[list[str], dict[str, Any]]:
    values: dict[str, Any] = {}
    conditions = ["merged_into IS NULL"]
    for name, condition in _CONDITIONS.items():
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(condition)
            values[name] = value
    if wanted.status == "closed":
        conditions.append("status = 'closed'")
    else:
        conditions.append("status <> 'closed'")
        if wanted.status is not None:
            conditions.append("status = %(status)s")
            values["status"] = wanted.status
    if wanted.overdue:
        conditions.append("due_at < %(now)s")
        values["now"] = now
    return conditions, values


def _written(row: ThreatRow) -> str:
    last: msgspec.Struct = (
        _Closed(row.closed_at, row.id)
        if row.closed_at is not None
        else _Open(row.urgency, row.due_at, row.id)
    )
    return base64.urlsafe_b64encode(msgspec.json.encode(last)).decode().rstrip("=")


def _read(text: str, type_: type[_Row]) -> _Row:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=type_)
    except (msgspec.MsgspecError, binascii.Error, UnicodeError, ValueError):
        raise ValueError(f"cursor {text[:40]!r} is not one that this list has given") from None
