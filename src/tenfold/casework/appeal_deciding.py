"""Deciding appeals: somebody else than who decided upholds, overturns or changes the decision in part.

Art. 20(6) of Regulation (EU) 2022/2065: not solely by automated means; Art. 20(4): what was wrong is reversed
without undue delay. The database refuses an appeal that is decided by who made the decision.
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from tenfold.casework import appeal_notices, deciding
from tenfold.casework.appeals import AppealConflictError, present
from tenfold.casework.reversing import reverse_action, reverse_checked
from tenfold.casework.wishes import NotFoundError, Order, RefusedError, Verdict, checked_text
from tenfold.store import actions, appeals, audit, cases
from tenfold.store.actions import STANDING
from tenfold.store.appeals import Appeal
from tenfold.store.audit import Entry
from tenfold.store.cases import Decision
from tenfold.store.database import Conn
from tenfold.subjects import SubjectKind
from tenfold.taxonomy import ActionKind, Ground

Outcome = Literal["upheld", "overturned", "partly"]


class AppealVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What was concluded. `ground` and `actions` are those of the decision that takes the place of the old
    one when the outcome is partly; overturned, `exception` says that it served a protected purpose."""

    outcome: Outcome
    reason: str
    ground: Ground | None = None
    actions: tuple[ActionKind, ...] = ()
    exception: bool = False


def take_next(conn: Conn, *, actor: str, lease: timedelta, now: datetime) -> int | None:
    """Claim the most urgent appeal that the actor may decide and nobody has in hand; its id or None."""
    found = appeals.next_free(conn, actor, now)
    if found is None:
        return None
    appeals.hold(conn, found.id, actor, now + lease)
    return found.id


def release(conn: Conn, *, appeal_id: int, actor: str, now: datetime) -> None:
    """Give an appeal back."""
    if _mine(conn, appeal_id, actor, now).holder(now) == actor:
        appeals.hold(conn, appeal_id, None, None)


def decide_appeal(conn: Conn, *, appeal_id: int, verdict: AppealVerdict, actor: str, now: datetime) -> Appeal:
    """Decide an appeal with all effects, and have the platform told in the user's language.

    Overturned: the decision is reversed with all its effects, on this account where others were decided with
    it, and the case is decided as no violation. Partly: another decision takes its place.

    AppealConflictError: somebody was first. RefusedError: the actor made the decision, or the outcome does
    not fit.
    """
    reason = checked_text("reason", verdict.reason)
    appeal = _mine(conn, appeal_id, actor, now)
    if not actor.startswith("user:") or actor in appeals.makers(conn, appeal.decision_id):
        raise RefusedError("actor", "another person than who made the decision has to decide the appeal")
    made = _decision(conn, appeal)
    reversed_before = made is not None and made.state == "reversed"
    if reversed_before and verdict.outcome != "overturned":
        raise RefusedError("outcome", "the decision was reversed meanwhile; the appeal is overturned")
    new = None
    if verdict.outcome != "upheld" and not reversed_before:
        new = _change(conn, appeal, made, verdict, actor=actor, now=now)
    appeals.close(
        conn, appeal.id, outcome=verdict.outcome, by=actor, reason=reason, new_decision=new, now=now
    )
    appeal_notices.send(conn, appeal, outcome=verdict.outcome, reason=reason, new_decision=new, now=now)
    details = {
        "appeal": appeal.id,
        "decision": appeal.decision_id,
        "action": appeal.action_id,
        "outcome": verdict.outcome,
        "reason": reason,
        "new_decision": new,
    }
    audit.append(
        conn, [Entry(actor=actor, act="appeal.decided", subject=f"appeal:{appeal.id}", details=details)]
    )
    return msgspec.structs.replace(
        appeal,
        outcome=verdict.outcome,
        decided_by=actor,
        decided_at=now,
        reason=reason,
        new_decision=new,
        claimed_by=None,
        lease_until=None,
    )


def _mine(conn: Conn, appeal_id: int, actor: str, now: datetime) -> Appeal:
    """The appeal, locked, while it waits and nobody else has it in hand."""
    appeal = appeals.get(conn, appeal_id, lock=True)
    if appeal is None:
        raise NotFoundError(f"there is no appeal {appeal_id}")
    if appeal.outcome is not None:
        raise AppealConflictError(
            f"appeal {appeal_id} was decided already by {appeal.decided_by}", present(appeal)
        )
    holder = appeal.holder(now)
    if holder is not None and holder != actor:
        raise AppealConflictError(
            f"appeal {appeal_id} is in the hands of {holder}", present(appeal) | {"claimed_by": holder}
        )
    return appeal


def _decision(conn: Conn, appeal: Appeal) -> Decision | None:
    if appeal.decision_id is None:
        return None
    return cases.find_decision(conn, "id = %s", [appeal.decision_id])


def _change(
    conn: Conn,
    appeal: Appeal,
    made: Decision | None,
    verdict: AppealVerdict,
    *,
    actor: str,
    now: datetime,
) -> int | None:
    """Reverse what was decided, and decide anew; the new decision, None where a rule had acted alone."""
    reason = f"appeal {appeal.id}: {verdict.reason.strip()}"
    if made is None:
        if verdict.outcome == "partly":
            raise RefusedError("outcome", "a rule acted alone: decide its case, or uphold or overturn this")
        _take_back(conn, appeal, reason, actor, now)
        return None
    anew = _verdict(conn, made, verdict)
    _refuse_newer_case(conn, made.case_id, verdict.outcome)
    reverse_checked(
        conn,
        decision_id=made.part_of or made.id,
        actor=actor,
        reason=reason,
        now=now,
        only=_concerned(conn, made),
    )
    if cases.load(conn, [made.case_id])[made.case_id].state == "decided":
        return None  # the subject has a newer case, which is looked at for itself
    decided = deciding.decide(
        conn, case_id=made.case_id, verdict=anew, actor=actor, now=now, appeal=appeal.id
    )
    return decided.decision_id


def _take_back(conn: Conn, appeal: Appeal, reason: str, actor: str, now: datetime) -> None:
    """End what a rule did; nothing where it ended by itself meanwhile."""
    assert appeal.action_id is not None
    (action,) = actions.load(conn, [appeal.action_id])
    if action.state in STANDING:
        reverse_action(conn, action_id=action.id, actor=actor, reason=reason, now=now)


def _concerned(conn: Conn, made: Decision) -> set[int]:
    """Of the decisions made as one with it: itself, and with the whole account what else is the account's."""
    if made.scope != "account":
        return {made.id}
    rows = conn.execute(
        """
        SELECT decisions.id FROM decisions JOIN cases ON cases.id = decisions.case_id
        WHERE %(lead)s IN (decisions.id, decisions.part_of)
          AND cases.account = (SELECT account FROM cases WHERE id = %(case)s)
        """,
        {"lead": made.part_of or made.id, "case": made.case_id},
    )
    return {made.id, *(row[0] for row in rows)}


def _refuse_newer_case(conn: Conn, case_id: int, outcome: Outcome) -> None:
    case = cases.load(conn, [case_id])[case_id]
    newer = cases.open_case_of(conn, case.subject)
    if outcome == "partly" and newer is not None:
        raise RefusedError("outcome", f"case {newer} is open on the same by now; uphold or overturn this")


def _verdict(conn: Conn, made: Decision, verdict: AppealVerdict) -> Verdict:
    """The decision that takes the place of the old one."""
    if verdict.outcome == "overturned":
        ground = Ground.EXCEPTION if verdict.exception else Ground.NONE
        return Verdict(ground=ground, reason=verdict.reason)
    if verdict.ground is None or not verdict.ground.is_violation:
        raise RefusedError("ground", "partly leaves a violation: name its ground, or overturn")
    before = {
        action.kind
        for action in actions.of_decisions(conn, [made.id])
        if action.reverses is None and action.state in STANDING and action.kind != ActionKind.NOTIFY
    }
    if verdict.ground == made.ground and set(verdict.actions) == before:
        raise RefusedError("actions", "this is what was decided before: change ground or actions, or uphold")
    return Verdict(
        ground=verdict.ground,
        add=tuple(Order(kind=kind) for kind in verdict.actions),
        reason=verdict.reason,
    )


def fitting(kind: SubjectKind) -> tuple[ActionKind, ...]:
    """What can be ordered in part for a subject of this kind, the mildest first."""
    mild = (ActionKind.RESTRICT,)
    content = (ActionKind.HIDE, ActionKind.REMOVE)
    closing = ActionKind.CLOSE_GROUP if kind is SubjectKind.GROUP else ActionKind.CLOSE_ACCOUNT
    return (*mild, *(content if kind in (SubjectKind.POST, SubjectKind.MEDIA) else ()), closing)
