"""What people do with cases: claim, note, escalate, decide, reverse.

`actor` names who acts: `user:3` (console) or `key:1` (API). `now` is the time of the act, with time zone.
Nothing here commits: the caller owns the transaction. Every act ends in the audit chain.

Errors: NotFoundError (no such case, decision, action), CaseConflictError (somebody was first; it holds the
present state), RefusedError (the wish itself is wrong; it names the field).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tenfold.casework.colleagues import tell_named
from tenfold.casework.deciding import decide, decide_many
from tenfold.casework.filing import LEAD_QUEUE
from tenfold.casework.orders import UNDO_WINDOW
from tenfold.casework.reversing import reverse, reverse_action, undo
from tenfold.casework.states import CASE_STEPS, CaseState, CaseStep, after
from tenfold.casework.taking import Wanted, hold, take
from tenfold.casework.wishes import (
    CaseConflictError,
    CaseVerdict,
    Decided,
    NotFoundError,
    Order,
    Present,
    RefusedError,
    Reversed,
    Verdict,
    checked_text,
    lock_mine,
    present,
)
from tenfold.store import audit, cases, standing
from tenfold.store.audit import Entry
from tenfold.store.database import Conn

__all__ = [
    "LEAD_QUEUE",
    "UNDO_WINDOW",
    "CaseConflictError",
    "CaseVerdict",
    "Decided",
    "NotFoundError",
    "Order",
    "Present",
    "RefusedError",
    "Reversed",
    "Verdict",
    "claim",
    "decide",
    "decide_many",
    "escalate",
    "note",
    "release",
    "reverse",
    "reverse_action",
    "strikes",
    "take_next",
    "undo",
]


def claim(conn: Conn, *, case_id: int, actor: str, lease: timedelta, now: datetime) -> datetime:
    """Take a case, or renew one's own claim; returns until when it is held. CaseConflictError if another
    holds it or it is decided."""
    case = lock_mine(conn, case_id, actor, now)
    renewed = case.holder(now) == actor
    until = hold(conn, case, actor, lease, now)
    if not renewed:
        _say(conn, "case.claimed", actor, case_id, until=until.isoformat())
    return until


def release(conn: Conn, *, case_id: int, actor: str, now: datetime) -> None:
    """Give a claimed case back. CaseConflictError if it is not held by `actor`."""
    case = lock_mine(conn, case_id, actor, now)
    if case.holder(now) != actor:
        raise CaseConflictError(f"case {case_id} is not held by {actor}", present(conn, case, now))
    cases.let_go(conn, case_id, after(CASE_STEPS, CaseState(case.state), CaseStep.RELEASE), now)
    _say(conn, "case.released", actor, case_id)


def take_next(
    conn: Conn,
    *,
    actor: str,
    lease: timedelta,
    now: datetime,
    queues: Sequence[str] | None = None,
    languages: Sequence[str] | None = None,
    escalated: bool = False,
) -> int | None:
    """Claim the worst, then most urgent case that nobody holds; returns its id or None.

    `escalated` cases are given only to who asks for them (leads). Two who ask at once get two cases.
    """
    wanted = Wanted(queues=queues, languages=languages, escalated=escalated)
    taken = take(conn, actor=actor, wanted=wanted, lease=lease, now=now)
    return taken.case_id if taken else None


def note(conn: Conn, *, case_id: int, actor: str, text: str, now: datetime) -> int:
    """Write a note on a case, decided or not, and tell who is named in it with an @; returns its id."""
    text = checked_text("text", text)
    if not cases.load(conn, [case_id]):
        raise NotFoundError(f"there is no case {case_id}")
    note_id = cases.add_note(conn, case_id, actor, text, now)
    tell_named(conn, case_id=case_id, note_id=note_id, text=text, actor=actor, now=now)
    _say(conn, "case.noted", actor, case_id, note=note_id)
    return note_id


def escalate(
    conn: Conn, *, case_id: int, actor: str, reason: str, now: datetime, queue: str = LEAD_QUEUE
) -> None:
    """Move a case to the leads; the reason becomes a note. CaseConflictError if it is decided or another
    holds it."""
    reason = checked_text("reason", reason)
    case = lock_mine(conn, case_id, actor, now)
    state = after(CASE_STEPS, CaseState(case.state), CaseStep.ESCALATE)
    cases.let_go(conn, case_id, state, now, queue)
    cases.add_note(conn, case_id, actor, reason, now)
    _say(conn, "case.escalated", actor, case_id, queue=queue, reason=reason)


def strikes(conn: Conn, *, account: str) -> int:
    """How many decisions in force found a violation by this account."""
    found = standing.load(conn, [account]).get(account)
    return found.strikes if found else 0


def _say(conn: Conn, act: str, actor: str, case_id: int, **details: object) -> None:
    audit.append(conn, [Entry(actor=actor, act=act, subject=f"case:{case_id}", details=details)])
