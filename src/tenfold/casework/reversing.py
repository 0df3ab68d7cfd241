"""Taking back decisions and what rules did, with all effects.

Locks are taken in the same order as for deciding: closures, subjects, cases, then the rest.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from tenfold.casework import orders
from tenfold.casework.filing import DUE
from tenfold.casework.orders import UNDO_WINDOW
from tenfold.casework.states import (
    ACTION_STEPS,
    CASE_STEPS,
    DECISION_STEPS,
    ActionStep,
    CaseState,
    CaseStep,
    DecisionState,
    DecisionStep,
    after,
    before,
)
from tenfold.casework.wishes import (
    CaseConflictError,
    NotFoundError,
    RefusedError,
    Reversed,
    checked_text,
    present,
)
from tenfold.store import actions, audit, cases, link_effects
from tenfold.store.audit import Entry
from tenfold.store.cases import Case, Decision
from tenfold.store.database import Conn
from tenfold.taxonomy import Severity


def reverse(conn: Conn, *, decision_id: int, actor: str, reason: str, now: datetime) -> Reversed:
    """Reverse a decision with all its effects; the case is open again. `reason` must not be empty.

    Every action of it that was ordered is taken back and its subject is as it was before; what it withdrew
    is proposed again; the strike falls. Decisions made as part of it are reversed with it. A case whose
    subject has a newer open case stays as it is: the newer one takes over.
    """
    return reverse_checked(
        conn, decision_id=decision_id, actor=actor, reason=checked_text("reason", reason), now=now
    )


def undo(conn: Conn, *, decision_id: int, actor: str, now: datetime) -> Reversed:
    """Reverse one's own decision within UNDO_WINDOW, without a reason; where two people made it, the second
    may. RefusedError otherwise."""
    lead = _load(conn, decision_id)[0]
    last = lead.confirmed_by or lead.author
    if last != actor:
        raise RefusedError("decision", f"was made by {last}; reverse it, with a reason")
    if now - lead.decided_at > UNDO_WINDOW:
        raise RefusedError("decision", f"is older than {UNDO_WINDOW}; reverse it, with a reason")
    return reverse_checked(conn, decision_id=decision_id, actor=actor, reason="", now=now)


def reverse_action(conn: Conn, *, action_id: int, actor: str, reason: str, now: datetime) -> int:
    """Reverse one action that a rule ordered by itself; returns the id of the reversing action."""
    reason = checked_text("reason", reason)
    found = actions.load(conn, [action_id])
    if not found:
        raise NotFoundError(f"there is no action {action_id}")
    if found[0].decision_id is not None:
        raise RefusedError(
            "action", f"belongs to decision {found[0].decision_id}; reverse the decision instead"
        )
    actions.lock_subjects(conn, [found[0].subject])
    (action,) = actions.load(conn, [action_id], lock=True)
    if action.state not in before(ACTION_STEPS, ActionStep.REVERSE):
        raise RefusedError("action", f"is {action.state}; only what was ordered can be reversed")
    ordered = orders.take_back(conn, [action], origin=actor, decision_id=None, now=now)
    orders.carry_out(conn, ordered, now, reason)
    entry = Entry(
        actor=actor,
        act="action.reversed",
        subject=str(action.subject),
        details={"action": action_id, "kind": action.kind, "reason": reason, "case": action.case_id},
    )
    audit.append(conn, [entry, *orders.ordered_entries(ordered, actor)])
    return ordered[0].id


def _load(conn: Conn, decision_id: int, *, lock: bool = False) -> list[Decision]:
    found = cases.load_decision(conn, decision_id, lock=lock)
    if not found:
        raise NotFoundError(f"there is no decision {decision_id}")
    if found[0].part_of is not None:
        raise RefusedError("decision", f"is part of decision {found[0].part_of}; reverse that one")
    return found


def reverse_checked(
    conn: Conn,
    *,
    decision_id: int,
    actor: str,
    reason: str,
    now: datetime,
    only: Collection[int] | None = None,
) -> Reversed:
    """The same as `reverse` when a reason is not needed, or was checked already. `only`: no more than these
    of the decisions that were made as one."""
    chosen = [made for made in _load(conn, decision_id) if only is None or made.id in only]
    ids = [made.id for made in chosen]
    on_links = link_effects.made_with(conn, ids)
    link_effects.hold(conn, on_links)
    actions.lock_subjects(conn, (a.subject for a in actions.of_decisions(conn, ids) if a.effect is not None))
    locked = cases.load(conn, (made.case_id for made in chosen), lock=True)
    known = {made.id: made for made in _load(conn, decision_id, lock=True)}
    decisions = [known[id_] for id_ in ids if known[id_].state == DecisionState.IN_FORCE]
    if not decisions:
        first = known[ids[0]]
        now_is = present(conn, locked[first.case_id], now)
        raise CaseConflictError(f"decision {first.id} was reversed already by {first.reversed_by}", now_is)
    ids = [made.id for made in decisions]
    originals = [
        action
        for action in actions.of_decisions(conn, ids)
        if action.state in before(ACTION_STEPS, ActionStep.REVERSE)
    ]
    # What restores belongs to a decision that is reversed now, so that no later reversal takes it back.
    ordered = orders.take_back(conn, originals, origin=f"decision:{decision_id}", decision_id=ids[0], now=now)
    state = after(DECISION_STEPS, DecisionState.IN_FORCE, DecisionStep.REVERSE)
    cases.mark_reversed(conn, ids, state=state, by=actor, reason=reason, now=now)
    open_cases = [_reopen(conn, made, locked[made.case_id], now) for made in decisions]
    orders.carry_out(conn, ordered, now, reason)
    link_effects.reverse(conn, on_links, now)
    entries = [*_entries(decisions, locked, actor, reason), *link_entries(conn, on_links, actor, reason)]
    audit.append(conn, [*entries, *orders.ordered_entries(ordered, actor)])
    return Reversed(
        decision_id=decision_id,
        ordered=tuple(action.id for action in ordered),
        reversed_actions=tuple(action.id for action in originals),
        open_cases=tuple(open_cases),
    )


def _reopen(conn: Conn, decision: Decision, case: Case, now: datetime) -> int:
    """Open the case again with its proposals; if its subject has an open case by now, that one instead."""
    newer = cases.open_case_of(conn, case.subject)
    if newer is not None:
        return newer
    state = after(CASE_STEPS, CaseState(case.state), CaseStep.REOPEN)
    cases.reopen(conn, case.id, state, now + DUE[Severity(case.severity)], now)
    actions.propose_again(conn, [decision.id], now)
    return case.id


def link_entries(conn: Conn, link_decisions: Sequence[int], actor: str, reason: str) -> list[Entry]:
    """What the audit chain says of decisions on links that were taken back."""
    rows = conn.execute(
        "SELECT id, account_a, account_b, verdict FROM link_decisions WHERE id = ANY(%s) ORDER BY id",
        [list(link_decisions)],
    )
    return [
        Entry(
            actor=actor,
            act="link.reversed",
            subject=f"account:{first}",
            details={"link_decision": id_, "other": second, "verdict": verdict, "reason": reason},
        )
        for id_, first, second, verdict in rows
    ]


def _entries(decisions: Sequence[Decision], locked: dict[int, Case], actor: str, reason: str) -> list[Entry]:
    return [
        Entry(
            actor=actor,
            act="decision.reversed",
            subject=f"case:{decision.case_id}",
            details={
                "decision": decision.id,
                "about": str(locked[decision.case_id].subject),
                "ground": decision.ground,
                "reason": reason,
            },
        )
        for decision in decisions
    ]
