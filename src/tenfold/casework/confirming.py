"""What the platform says about an action: done, or not possible."""

from datetime import datetime
from typing import Literal

from tenfold.casework.states import ACTION_STEPS, ActionState, ActionStep, after
from tenfold.casework.wishes import NotFoundError, kept_text
from tenfold.store import actions, audit
from tenfold.store.actions import Action
from tenfold.store.audit import Entry
from tenfold.store.database import Conn


def confirm(
    conn: Conn,
    *,
    action_id: int,
    state: Literal["confirmed", "failed"],
    detail: str,
    actor: str,
    now: datetime,
) -> Action:
    """Write it. Saying the same again changes nothing; ImpossibleStepError when the action was never
    ordered, or was reversed meanwhile. A failed action no longer shapes the state of its subject."""
    detail = kept_text("detail", detail)
    found = actions.load(conn, [action_id])
    if not found:
        raise NotFoundError(f"there is no action {action_id}")
    actions.lock_subjects(conn, [found[0].subject])
    (action,) = actions.load(conn, [action_id], lock=True)
    step = ActionStep.CONFIRM if state == "confirmed" else ActionStep.FAIL
    target = after(ACTION_STEPS, ActionState(action.state), step)
    if action.state == target:
        return action
    actions.answered(conn, action_id, target, detail, now)
    if action.effect is not None:
        actions.settle(conn, [action.subject])
    entry = Entry(
        actor=actor,
        act=f"action.{state}",
        subject=str(action.subject),
        details={"action": action_id, "kind": action.kind, "detail": detail},
    )
    audit.append(conn, [entry])
    return actions.load(conn, [action_id])[0]
