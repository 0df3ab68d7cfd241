"""Taking back what people decided about links, with all effects.

Locks are taken in the same order as for deciding: closures, accounts, cases, then the rest.
"""

from datetime import datetime

import msgspec
from psycopg import sql
from psycopg.rows import class_row

from tenfold.casework import reversing
from tenfold.casework.linked import direction
from tenfold.casework.orders import UNDO_WINDOW
from tenfold.casework.wishes import NotFoundError, RefusedError, checked_text
from tenfold.store import actions, audit, link_effects
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind


class LinkReversed(msgspec.Struct, frozen=True, kw_only=True):
    """What a reversal did; `open_cases` are open again."""

    link_decision_id: int
    closed: str
    new: str
    open_cases: tuple[int, ...]


class Made(msgspec.Struct, kw_only=True):
    """A decision on a link, in force or not."""

    id: int
    account_a: str
    account_b: str
    verdict: str
    author: str
    case_id: int | None
    decision_id: int | None
    decided_at: datetime
    reversed_at: datetime | None


def reverse_link(
    conn: Conn, *, link_decision_id: int, actor: str, reason: str, now: datetime
) -> LinkReversed:
    """Take a verdict back with all its effects; `reason` must not be empty. RefusedError if it was taken
    back already."""
    return take_back(conn, link_decision_id, actor, checked_text("reason", reason), now)


def undo_link(conn: Conn, *, link_decision_id: int, actor: str, now: datetime) -> LinkReversed:
    """Take one's own verdict back within UNDO_WINDOW, without a reason. RefusedError otherwise."""
    made = _load(conn, link_decision_id)
    if made.author != actor:
        raise RefusedError("decision", f"was made by {made.author}; reverse it, with a reason")
    if now - made.decided_at > UNDO_WINDOW:
        raise RefusedError("decision", f"is older than {UNDO_WINDOW}; reverse it, with a reason")
    return take_back(conn, link_decision_id, actor, "", now)


def take_back(conn: Conn, link_decision_id: int, actor: str, reason: str, now: datetime) -> LinkReversed:
    """The same as `reverse_link` when a reason is not needed, or was checked already."""
    made = _load(conn, link_decision_id)
    pair = (made.account_a, made.account_b)
    link_effects.hold(conn, [made.id])
    actions.lock_subjects(conn, [Subject(SubjectKind.ACCOUNT, id_) for id_ in pair])
    if _load(conn, link_decision_id, lock=True).reversed_at is not None:
        raise RefusedError("decision", "was reversed already")
    open_cases: tuple[int, ...] = ()
    if made.decision_id is not None:  # reversing the decision on the case takes this one back, too
        open_cases = reversing.reverse_checked(
            conn, decision_id=made.decision_id, actor=actor, reason=reason, now=now
        ).open_cases
    else:
        link_effects.reverse(conn, [made.id], now)
        audit.append(conn, reversing.link_entries(conn, [made.id], actor, reason))
    closed, new = direction(conn, pair)
    return LinkReversed(link_decision_id=made.id, closed=closed, new=new, open_cases=open_cases)


_MADE = sql.SQL(", ").join(sql.Identifier(name) for name in Made.__struct_fields__)


def _load(conn: Conn, link_decision_id: int, *, lock: bool = False) -> Made:
    reader = conn.cursor(row_factory=class_row(Made))
    reader.execute(
        sql.SQL("SELECT {} FROM link_decisions WHERE id = %s {}").format(
            _MADE, sql.SQL("FOR UPDATE" if lock else "")
        ),
        [link_decision_id],
    )
    found = reader.fetchone()
    if found is None:
        raise NotFoundError(f"there is no decision {link_decision_id} on a link")
    return found
