"""`/v1/cases` and `/v1/decisions`: the queue, one case, notes, decisions, reversals."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromQuery, JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from tenfold.casework import seconds, service, views
from tenfold.casework.seconds import Proposed
from tenfold.casework.service import Decided, Order, Reversed, Verdict
from tenfold.casework.states import ImpossibleStepError
from tenfold.casework.views import CaseView, DecisionView, QueuePage
from tenfold.events import MAX_ID_LENGTH
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import ActionKind, Ground
from tenfold.web.api.texts import NO_NUL
from tenfold.web.api.transactions import retried
from tenfold.web.auth import ApiKey, Scope, requires
from tenfold.web.problems import FieldProblem, Problem
from tenfold.web.runtime import Running, Runtime

MAX_ROW = 2**63 - 1
RowId = Annotated[int, PathParameter(ge=1, le=MAX_ROW)]
Word = Annotated[str | None, QueryParameter(max_length=MAX_ID_LENGTH, pattern=NO_NUL)]
Cursor = Annotated[str | None, QueryParameter(max_length=200, description="`next` of the page before.")]
Limit = Annotated[int, QueryParameter(ge=1, le=views.MAX_PAGE)]
Reason = Annotated[str, Meta(min_length=1, max_length=10_000, pattern=NO_NUL)]
Detail = Annotated[str, Meta(max_length=10_000, pattern=NO_NUL)] | bool | int | float | None

ApiRequest = Request[None, ApiKey, State]


class SubjectWish(msgspec.Struct, kw_only=True):
    """A subject by the platform's id."""

    kind: SubjectKind
    id: Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH, pattern=NO_NUL)]


class OrderWish(msgspec.Struct, kw_only=True):
    """An action to order besides the proposals. Without `subject` it is the case's own; close_account
    concerns its account, close_group the post's group. `label` names the label of a label action."""

    kind: ActionKind
    subject: SubjectWish | None = None
    label: Annotated[str, Meta(max_length=200, pattern=NO_NUL)] = ""
    details: dict[Annotated[str, Meta(max_length=200, pattern=NO_NUL)], Detail] = {}


class DecisionWish(msgspec.Struct, kw_only=True):
    """`proposals`: ids of proposed actions to order, null for all; the rest are withdrawn. TVEC0 and
    TVEC0.1 (no violation) order nothing. `scope` account decides its other open cases too."""

    ground: Ground
    scope: Literal["subject", "account"] = "subject"
    proposals: Annotated[list[Annotated[int, Meta(ge=1, le=MAX_ROW)]], Meta(max_length=1_000)] | None = []
    add: Annotated[list[OrderWish], Meta(max_length=100)] = []
    reason: Annotated[str, Meta(max_length=10_000, pattern=NO_NUL)] = ""


class Claimed(msgspec.Struct, kw_only=True):
    """The case is yours until then; claim it again to go on."""

    until: datetime


class NoteWish(msgspec.Struct, kw_only=True):
    """A note on a case."""

    text: Reason


class NoteAnswer(msgspec.Struct):
    """The id of the note."""

    id: int


class ReasonWish(msgspec.Struct, kw_only=True):
    """Why."""

    reason: Reason


class DecisionsPage(msgspec.Struct, kw_only=True):
    """A page of decisions, newest first."""

    decisions: list[DecisionView]
    next: str | None = None


@contextmanager
def casework(runtime: Runtime) -> Iterator[Conn]:
    """A transaction in which refusals of casework become problems; nothing of a refused wish is kept."""
    try:
        with runtime.pool.connection() as conn:
            yield conn
    except service.NotFoundError as error:
        raise Problem(404, "Not found", f"{error}.") from None
    except service.CaseConflictError as error:
        present = msgspec.to_builtins(error.present)
        raise Problem(409, "Case conflict", f"{error}.", extra={"present": present}) from None
    except ImpossibleStepError as error:
        raise Problem(409, "Impossible step", f"{error}.", extra={"state": error.state.value}) from None
    except service.RefusedError as error:
        problem = FieldProblem(field=error.field, reason=error.reason)
        raise Problem(422, "Invalid request", f"{error}.", errors=[problem]) from None


def bad_cursor(error: ValueError) -> Problem:
    """A cursor that no page gave."""
    problem = FieldProblem(field="cursor", reason=str(error), hint="leave it out to begin anew")
    return Problem(422, "Invalid request", f"{error}.", errors=[problem])


@get(
    "/v1/cases",
    summary="The queue",
    tags=["cases"],
    guards=[requires(Scope.CASES_READ)],
    sync_to_thread=True,
)
def list_cases(
    *,
    runtime: Running,
    queue: Word = None,
    severity: Annotated[int | None, QueryParameter(ge=1, le=4)] = None,
    language: Word = None,
    case_state: Annotated[views.CaseStateName | None, QueryParameter(name="state")] = None,
    ground: FromQuery[Ground | None] = None,
    account: Word = None,
    search: Word = None,
    cursor: Cursor = None,
    limit: Limit = views.PAGE,
) -> QueuePage:
    """Undecided cases, worst and most urgent first; with `state=decided` those, newest first. `search`
    finds the beginning of a subject's or an account's id. Go on with `cursor` until `next` is null."""
    with casework(runtime) as conn:
        try:
            return views.queue_page(
                conn,
                now=datetime.now(UTC),
                queue=queue,
                severity=severity,
                language=language,
                state=case_state,
                ground=ground,
                account=account,
                search=search,
                cursor=cursor,
                limit=limit,
            )
        except ValueError as error:
            raise bad_cursor(error) from None


@get(
    "/v1/cases/{case_id:int}",
    summary="One case with its evidence",
    tags=["cases"],
    guards=[requires(Scope.CASES_READ)],
    sync_to_thread=True,
)
@retried
def get_case(case_id: RowId, request: ApiRequest, runtime: Running) -> CaseView:
    """The subject as it was sent, signals, firings, notes, actions, decisions and the account's history.
    Each reading is in the audit log."""
    with casework(runtime) as conn:
        found = views.case_view(conn, case_id=case_id, viewer=request.auth.actor, now=datetime.now(UTC))
        if found is None:
            raise service.NotFoundError(f"there is no case {case_id}")
        return found


@post(
    "/v1/cases/{case_id:int}/claim",
    summary="Take a case, or keep it longer",
    tags=["cases"],
    guards=[requires(Scope.CASES_WRITE)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def post_claim(case_id: RowId, request: ApiRequest, runtime: Running) -> Claimed:
    """Nobody else can decide it meanwhile; the holder is the API key. 409 with the present state if somebody
    holds it or it is decided."""
    lease = timedelta(minutes=runtime.settings.lease_minutes)
    with casework(runtime) as conn:
        actor, now = request.auth.actor, datetime.now(UTC)
        return Claimed(until=service.claim(conn, case_id=case_id, actor=actor, lease=lease, now=now))


@post(
    "/v1/cases/{case_id:int}/release",
    summary="Give a claimed case back",
    tags=["cases"],
    guards=[requires(Scope.CASES_WRITE)],
    status_code=204,
    sync_to_thread=True,
)
@retried
def post_release(case_id: RowId, request: ApiRequest, runtime: Running) -> None:
    """409 with the present state if this key does not hold it."""
    with casework(runtime) as conn:
        service.release(conn, case_id=case_id, actor=request.auth.actor, now=datetime.now(UTC))


@post(
    "/v1/cases/{case_id:int}/notes",
    summary="Write a note on a case",
    tags=["cases"],
    guards=[requires(Scope.CASES_WRITE)],
    sync_to_thread=True,
)
@retried
def post_note(case_id: RowId, data: JSONBody[NoteWish], request: ApiRequest, runtime: Running) -> NoteAnswer:
    """Notes are for the people who review; the platform does not receive them."""
    with casework(runtime) as conn:
        actor, now = request.auth.actor, datetime.now(UTC)
        return NoteAnswer(service.note(conn, case_id=case_id, actor=actor, text=data.text, now=now))


@post(
    "/v1/cases/{case_id:int}/escalate",
    summary="Move a case to the leads",
    tags=["cases"],
    guards=[requires(Scope.CASES_WRITE)],
    status_code=204,
    sync_to_thread=True,
)
@retried
def post_escalation(
    case_id: RowId, data: JSONBody[ReasonWish], request: ApiRequest, runtime: Running
) -> None:
    """409 if the case is decided, or if somebody holds it."""
    with casework(runtime) as conn:
        actor, now = request.auth.actor, datetime.now(UTC)
        service.escalate(conn, case_id=case_id, actor=actor, reason=data.reason, now=now)


@post(
    "/v1/cases/{case_id:int}/decisions",
    summary="Decide a case",
    tags=["cases"],
    guards=[requires(Scope.CASES_WRITE)],
    sync_to_thread=True,
)
@retried
def post_decision(
    case_id: RowId, data: JSONBody[DecisionWish], request: ApiRequest, runtime: Running
) -> Response[Decided | Proposed]:
    """409 with the present state if it is decided already, if somebody holds it, or if it waits for a second
    person. 202 with a proposal where two people are needed: nothing is done until a second one, at the
    console, has confirmed it."""
    verdict = Verdict(
        ground=data.ground,
        scope=data.scope,
        proposals=None if data.proposals is None else tuple(data.proposals),
        add=tuple(_order(order) for order in data.add),
        reason=data.reason,
    )
    with casework(runtime) as conn:
        actor, now = request.auth.actor, datetime.now(UTC)
        made = seconds.or_propose(
            conn,
            lambda: service.decide(conn, case_id=case_id, verdict=verdict, actor=actor, now=now),
            actor=actor,
            now=now,
        )
    return Response(made, status_code=202 if isinstance(made, Proposed) else 201)


def _order(wish: OrderWish) -> Order:
    subject = Subject(wish.subject.kind, wish.subject.id) if wish.subject else None
    details: dict[str, Any] = dict(wish.details)
    return Order(kind=wish.kind, subject=subject, label=wish.label, details=details)


@get(
    "/v1/decisions",
    summary="Decisions, newest first",
    tags=["cases"],
    guards=[requires(Scope.CASES_READ)],
    sync_to_thread=True,
)
def list_decisions(runtime: Running, cursor: Cursor = None, limit: Limit = views.PAGE) -> DecisionsPage:
    """Reversed ones among them, with who reversed them and why."""
    with casework(runtime) as conn:
        try:
            decisions, following = views.decisions_page(conn, cursor=cursor, limit=limit)
        except ValueError as error:
            raise bad_cursor(error) from None
    return DecisionsPage(decisions=decisions, next=following)


@post(
    "/v1/decisions/{decision_id:int}/reverse",
    summary="Reverse a decision with all its effects",
    tags=["cases"],
    guards=[requires(Scope.CASES_WRITE)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def reverse_decision(
    decision_id: RowId, data: JSONBody[ReasonWish], request: ApiRequest, runtime: Running
) -> Reversed:
    """Every action of it is taken back, its subjects are as they were, the case is open again. 409 if it
    was reversed already."""
    with casework(runtime) as conn:
        actor, now = request.auth.actor, datetime.now(UTC)
        return service.reverse(conn, decision_id=decision_id, actor=actor, reason=data.reason, now=now)


handlers = [
    list_cases,
    get_case,
    post_claim,
    post_release,
    post_note,
    post_escalation,
    post_decision,
    list_decisions,
    reverse_decision,
]
