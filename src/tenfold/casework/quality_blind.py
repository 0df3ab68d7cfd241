"""A decided case as it looked before anybody decided it."""

from datetime import datetime

import msgspec

from tenfold.casework.casefile import case_view
from tenfold.casework.shown import AccountView, ActionView, CaseView
from tenfold.casework.states import ActionState, CaseState
from tenfold.store.database import Conn
from tenfold.store.quality import Check
from tenfold.subjects import SubjectKind

_UNTOUCHED = {SubjectKind.POST: "visible", SubjectKind.MEDIA: "visible"}


def blind_view(conn: Conn, check: Check, now: datetime) -> CaseView | None:
    """The case of a check under the check's number, held by its actor, without what was decided, noted or
    done since; None if it is gone. The viewing is audited as `check.viewed`."""
    view = case_view(conn, case_id=check.case_id, viewer=check.actor, now=now, act="check.viewed")
    if view is None:
        return None
    case = view.case
    time_left = case.due_at - case.opened_at
    proposed = [action for action in map(_before, view.actions) if action is not None]
    return msgspec.structs.replace(
        view,
        case=msgspec.structs.replace(
            case,
            id=check.number,
            state=CaseState.CLAIMED.value,
            claimed_by=check.actor,
            lease_until=check.until,
            decided_at=None,
            opened_at=check.given_at,
            updated_at=check.given_at,
            due_at=check.given_at + time_left,
            proposed=[action.kind for action in proposed if action.state == ActionState.PROPOSED],
        ),
        subject=msgspec.structs.replace(
            view.subject, state=_UNTOUCHED.get(case.subject.kind, "active") if view.subject.known else None
        ),
        account=_account(view.account) if view.account else None,
        notes=[],
        actions=proposed,
        decisions=[],
    )


def _before(action: ActionView) -> ActionView | None:
    """An action as it stood before the decision; None for what was not there."""
    if action.reverses is not None:
        return None
    if action.origin.startswith("rule:"):
        waited = action.state in (ActionState.PROPOSED, ActionState.WITHDRAWN)
        state = ActionState.PROPOSED if waited else ActionState.DELIVERED
    elif "proposed_by" in action.details:
        state = ActionState.PROPOSED
    else:
        return None
    return msgspec.structs.replace(action, state=state.value, decision_id=None)


def _account(account: AccountView) -> AccountView:
    """The account without what decisions did to it."""
    posts = [msgspec.structs.replace(post, state="visible") for post in account.last_posts]
    return msgspec.structs.replace(
        account,
        state="active" if account.known else None,
        strikes=0,
        last_posts=posts,
        other_cases=[],
        decisions=[],
    )
