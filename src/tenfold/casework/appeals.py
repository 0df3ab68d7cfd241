"""Appeals come in: found what they are about, checked, kept once, with a deadline.

Art. 20 of Regulation (EU) 2022/2065 gives users at least six months from when they were told of a decision.
What the platform's id has sent once is kept once, however often it comes.
"""

import hmac
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from tenfold.casework.wishes import NotFoundError, RefusedError
from tenfold.store import actions, appeals, audit, cases
from tenfold.store.actions import STANDING, Action
from tenfold.store.appeals import Appeal
from tenfold.store.audit import Entry
from tenfold.store.cases import Decision
from tenfold.store.database import Conn
from tenfold.subjects import Subject
from tenfold.taxonomy import ActionKind, Ground

LONGEST: Final = 10_000  # characters of what a user writes
CLOCKS_DIFFER: Final = timedelta(minutes=5)


class AppealConflictError(Exception):
    """What is asked for was dealt with already; `present` says how it stands."""

    def __init__(self, message: str, present: dict[str, Any]) -> None:
        super().__init__(message)
        self.present = present


class AppealWish(msgspec.Struct, frozen=True, kw_only=True):
    """What a user says against exactly one of: a decision, an action, the last decision on a case, the last
    one about a subject. `contact` is a keyed hash; `filed_at` None is now."""

    external_id: str
    words: str
    decision: int | None = None
    action: int | None = None
    case: int | None = None
    subject: Subject | None = None
    language: str | None = None
    contact: str | None = None
    filed_at: datetime | None = None


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """How long one can appeal after a decision, and how soon an appeal is due."""

    window: timedelta
    due: timedelta


def contact_token(secret: bytes, contact: str) -> str:
    """A keyed hash under which the same contact is recognised, and from which nothing leads back."""
    normal = " ".join(contact.split()).casefold()
    return hmac.digest(secret, f"appeal contact\0{normal}".encode(), "sha256")[:16].hex()


def file_appeal(
    conn: Conn, wish: AppealWish, *, times: Times, actor: str, now: datetime
) -> tuple[Appeal, bool]:
    """Keep an appeal; returns it, and whether it is new.

    NotFoundError: there is nothing that it could be about. RefusedError: there is nothing to appeal, or the
    time is over. AppealConflictError: what it is about was taken back, or appealed before, or the id says
    something else.
    """
    known = appeals.named(conn, wish.external_id)
    if known is not None:
        return _same(known, wish), False
    made, done = _about(conn, wish)
    filed_at = wish.filed_at or now
    if made is not None:
        _check_decision(conn, made)
    _check_times(filed_at, made.decided_at if made else _action(done).created_at, times, now)
    kept = appeals.add(conn, _row(conn, wish, made, done, filed_at=filed_at, due_at=now + times.due, now=now))
    if kept is None:  # somebody filed one since: the same one, or another about the same
        known = appeals.named(conn, wish.external_id)
        if known is not None:
            return _same(known, wish), False
        _refuse_second(conn, made, done)
        raise AssertionError("an appeal that is not kept has one that stands in its way")
    details = {
        "appeal": kept.id,
        "decision": kept.decision_id,
        "action": kept.action_id,
        "due": str(kept.due_at),
    }
    audit.append(conn, [Entry(actor=actor, act="appeal.filed", subject=f"appeal:{kept.id}", details=details)])
    return kept, True


def _same(known: Appeal, wish: AppealWish) -> Appeal:
    """The appeal that came under this id before, if it says the same."""
    if (known.words, known.contact) != (wish.words.strip(), wish.contact):
        raise AppealConflictError(
            f"appeal {wish.external_id!r} came before and says something else", present(known)
        )
    return known


def present(appeal: Appeal) -> dict[str, Any]:
    """How an appeal stands, for whoever comes too late."""
    return {
        "appeal": appeal.id,
        "external_id": appeal.external_id,
        "outcome": appeal.outcome,
        "decided_by": appeal.decided_by,
        "decided_at": appeal.decided_at,
        "due_at": appeal.due_at,
    }


def _about(conn: Conn, wish: AppealWish) -> tuple[Decision | None, Action | None]:
    """The decision that the wish is about; or, where there is none, what a rule did."""
    if sum(one is not None for one in (wish.decision, wish.action, wish.case, wish.subject)) != 1:
        raise RefusedError("about", "name exactly one of decision, action, case, subject")
    if wish.action is not None:
        return _of_action(conn, wish.action)
    if wish.subject is not None:
        return _of_subject(conn, wish.subject)
    if wish.case is not None:
        found = _decision(conn, "case_id = %s ORDER BY (state = 'in_force') DESC, id DESC LIMIT 1", wish.case)
        if found is None:
            raise NotFoundError(f"case {wish.case} was not decided, or there is none")
        return found, None
    found = _decision(conn, "id = %s", wish.decision)
    if found is None:
        raise NotFoundError(f"there is no decision {wish.decision}")
    return found, None


def _of_action(conn: Conn, action_id: int) -> tuple[Decision | None, Action | None]:
    found = actions.load(conn, [action_id])
    if not found:
        raise NotFoundError(f"there is no action {action_id}")
    (action,) = found
    if action.kind in (ActionKind.RESTORE, ActionKind.NOTIFY, ActionKind.ESCALATE):
        raise RefusedError("action", f"is a {action.kind}: it takes nothing from anybody")
    if action.decision_id is not None:
        return _decision(conn, "id = %s", action.decision_id), None
    if action.state == "reversed":
        raise AppealConflictError(f"action {action_id} was taken back already", {"action": action_id})
    if action.state not in STANDING:
        raise RefusedError("action", f"is {action.state}: nothing was done")
    return None, action


def _of_subject(conn: Conn, subject: Subject) -> tuple[Decision | None, Action | None]:
    """The last decision about it, one in force before one that was reversed; or what a rule did to it."""
    found = _decision(
        conn,
        """
        case_id IN (SELECT id FROM cases WHERE subject_kind = %s AND subject_id = %s) OR id IN (
            SELECT decision_id FROM actions WHERE subject_kind = %s AND subject_id = %s AND reverses IS NULL
                AND state <> 'withdrawn')
        ORDER BY (state = 'in_force') DESC, id DESC LIMIT 1
        """,
        *([subject.kind, subject.id] * 2),
    )
    if found is not None:
        return found, None
    by_rules = [action for action in actions.standing_on(conn, subject) if action.decision_id is None]
    if not by_rules:
        raise NotFoundError(f"nothing was decided about {subject}")
    return None, by_rules[-1]


def _decision(conn: Conn, where: str, *values: object) -> Decision | None:
    return cases.find_decision(conn, where, values)


def _check_decision(conn: Conn, made: Decision) -> None:
    if made.state == "reversed":
        told = {"decision": made.id, "reversed_at": made.reversed_at, "reversed_by": made.reversed_by}
        raise AppealConflictError(f"decision {made.id} was reversed already: nothing of it stands", told)
    if not Ground(made.ground).is_violation:
        raise RefusedError("decision", f"{made.id} found no violation: there is nothing to appeal")
    if made.appeal_id is not None:
        told = {"decision": made.id, "appeal": made.appeal_id}
        raise AppealConflictError(
            f"decision {made.id} was made on appeal {made.appeal_id}: it is not appealed again here", told
        )
    _refuse_second(conn, made, None)


def _refuse_second(conn: Conn, made: Decision | None, done: Action | None) -> None:
    """AppealConflictError when it was appealed before."""
    known = appeals.against(
        conn, decision_id=made.id if made else None, action_id=_action(done).id if made is None else None
    )
    if known is not None:
        about = f"decision {known.decision_id}" if known.decision_id else f"action {known.action_id}"
        raise AppealConflictError(f"{about} was appealed before, by appeal {known.id}", present(known))


def _check_times(filed_at: datetime, decided_at: datetime, times: Times, now: datetime) -> None:
    if filed_at > now + CLOCKS_DIFFER:
        raise RefusedError("filed_at", "is in the future")
    if filed_at < decided_at - CLOCKS_DIFFER:
        raise RefusedError("filed_at", f"is before the decision, which was made at {decided_at.isoformat()}")
    ends = decided_at + times.window
    if filed_at > ends:
        raise RefusedError("filed_at", f"the time to appeal ended at {ends.isoformat()}")


def _action(done: Action | None) -> Action:
    assert done is not None, "an appeal is about a decision or an action"
    return done


def _row(
    conn: Conn,
    wish: AppealWish,
    made: Decision | None,
    done: Action | None,
    *,
    filed_at: datetime,
    due_at: datetime,
    now: datetime,
) -> Appeal:
    case_id = made.case_id if made else _action(done).case_id
    case = cases.load(conn, [case_id]).get(case_id) if case_id is not None else None
    subject = wish.subject or (case.subject if made and case else None) or _action(done).subject
    return Appeal(
        id=0,
        external_id=wish.external_id,
        decision_id=made.id if made else None,
        action_id=None if made else _action(done).id,
        case_id=case_id,
        subject_kind=subject.kind,
        subject_id=subject.id,
        account=case.account if case else _action(done).account,
        ground=made.ground if made else _action(done).ground,
        language=wish.language or (case.language if case else None),
        words=wish.words.strip(),
        contact=wish.contact,
        filed_at=filed_at,
        received_at=now,
        due_at=due_at,
    )
