"""`/v1/actions`: what the platform has to do, for platforms that ask; and what it says it has done."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from tenfold.casework import service, views
from tenfold.casework.confirming import confirm
from tenfold.casework.views import ActionView
from tenfold.store import actions
from tenfold.web.api.cases import MAX_ROW, ApiRequest, Limit, ReasonWish, RowId, casework
from tenfold.web.api.texts import NO_NUL
from tenfold.web.api.transactions import retried
from tenfold.web.auth import Scope, requires
from tenfold.web.runtime import Running

StateName = Literal["proposed", "ordered", "delivered", "confirmed", "failed", "withdrawn", "reversed"]


class ActionsPage(msgspec.Struct, kw_only=True):
    """Actions by id; `next` is the `after` of the next page, null at the end."""

    actions: list[ActionView]
    next: int | None = None


class Confirmation(msgspec.Struct, kw_only=True):
    """Whether the platform has done it; `detail` says why not, or how."""

    state: Literal["confirmed", "failed"]
    detail: Annotated[str, Meta(max_length=2_000, pattern=NO_NUL)] = ""


class ReversingAction(msgspec.Struct):
    """The action that takes the other back."""

    id: int


@get(
    "/v1/actions",
    summary="Actions, oldest first",
    tags=["actions"],
    guards=[requires(Scope.ACTIONS_READ)],
    sync_to_thread=True,
)
def list_actions(
    runtime: Running,
    action_state: Annotated[StateName | None, QueryParameter(name="state")] = None,
    case: Annotated[int | None, QueryParameter(ge=1, le=MAX_ROW)] = None,
    after: Annotated[int, QueryParameter(ge=0, le=MAX_ROW)] = 0,
    limit: Limit = views.PAGE,
) -> ActionsPage:
    """A platform without webhooks asks for `state=ordered`, does each and confirms it; what is confirmed
    is not listed again. Begin at `after=0` every time: an action can appear behind a later one."""
    with runtime.pool.connection() as conn:
        found = actions.page(conn, state=action_state, case_id=case, after=after, limit=limit + 1)
    page = [views.action_view(action) for action in found[:limit]]
    return ActionsPage(actions=page, next=page[-1].id if len(found) > limit else None)


@get(
    "/v1/actions/{action_id:int}",
    summary="One action",
    tags=["actions"],
    guards=[requires(Scope.ACTIONS_READ)],
    sync_to_thread=True,
)
def get_action(action_id: RowId, runtime: Running) -> ActionView:
    """With its present state."""
    with casework(runtime) as conn:
        found = actions.load(conn, [action_id])
        if not found:
            raise service.NotFoundError(f"there is no action {action_id}")
        return views.action_view(found[0])


@post(
    "/v1/actions/{action_id:int}/confirm",
    summary="Tell that an action was done, or could not be",
    tags=["actions"],
    guards=[requires(Scope.ACTIONS_WRITE)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def confirm_action(
    action_id: RowId, data: JSONBody[Confirmation], request: ApiRequest, runtime: Running
) -> ActionView:
    """Saying the same again changes nothing. 409 if it was reversed meanwhile: the restore is on its way."""
    with casework(runtime) as conn:
        action = confirm(
            conn,
            action_id=action_id,
            state=data.state,
            detail=data.detail,
            actor=request.auth.actor,
            now=datetime.now(UTC),
        )
    return views.action_view(action)


@post(
    "/v1/actions/{action_id:int}/reverse",
    summary="Take back what a rule did by itself",
    tags=["actions"],
    guards=[requires(Scope.CASES_WRITE)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def reverse_action(
    action_id: RowId, data: JSONBody[ReasonWish], request: ApiRequest, runtime: Running
) -> ReversingAction:
    """For actions of rules; the actions of a decision are reversed with the decision."""
    with casework(runtime) as conn:
        actor, now = request.auth.actor, datetime.now(UTC)
        return ReversingAction(
            service.reverse_action(conn, action_id=action_id, actor=actor, reason=data.reason, now=now)
        )


handlers = [list_actions, get_action, confirm_action, reverse_action]
