"""`/v1/appeals`: what users say against decisions, and what came of it. People decide at the console."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from tenfold.casework import appeals as casework_appeals
from tenfold.casework.appeals import LONGEST, AppealConflictError, AppealWish, Times, contact_token
from tenfold.casework.lists import read_cursor, written_cursor
from tenfold.casework.service import NotFoundError
from tenfold.config import Settings
from tenfold.events import MAX_ID_LENGTH
from tenfold.store import appeals
from tenfold.store.appeals import Appeal, Figure
from tenfold.subjects import Subject
from tenfold.web.api.cases import (
    MAX_ROW,
    ApiRequest,
    Cursor,
    Limit,
    RowId,
    SubjectWish,
    Word,
    bad_cursor,
    casework,
)
from tenfold.web.api.texts import NO_NUL
from tenfold.web.api.transactions import retried
from tenfold.web.auth import Scope, requires
from tenfold.web.problems import Problem
from tenfold.web.runtime import Running

Row = Annotated[int, Meta(ge=1, le=MAX_ROW)] | None
LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"  # the shape of BCP 47


class AppealBody(msgspec.Struct, kw_only=True):
    """`id` is the platform's own: sending it again does nothing. Name one of `decision`, `action`, `case`,
    `subject`. `contact` is kept as a keyed hash, or not at all when left out. `filed_at` is when the user
    wrote; now, when left out."""

    id: Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH, pattern=NO_NUL)]
    text: Annotated[str, Meta(min_length=1, max_length=LONGEST, pattern=NO_NUL)]
    decision: Row = None
    action: Row = None
    case: Row = None
    subject: SubjectWish | None = None
    language: Annotated[str, Meta(max_length=35, pattern=LANGUAGE)] | None = None
    contact: Annotated[str, Meta(min_length=1, max_length=1_000)] | None = None
    filed_at: Annotated[datetime, Meta(tz=True)] | None = None


class AppealView(msgspec.Struct, kw_only=True):
    """An appeal as programs see it. `outcome` is null while it waits; `new_decision` takes the place of the
    one that was appealed."""

    appeal: int
    id: str
    decision: int | None
    action: int | None
    case: int | None
    subject: Subject
    account: str | None
    ground: str
    language: str | None
    text: str
    filed_at: datetime
    received_at: datetime
    due_at: datetime
    overdue: bool
    outcome: Literal["upheld", "overturned", "partly"] | None
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    new_decision: int | None


class AppealsPage(msgspec.Struct, kw_only=True):
    """A page of appeals; `next` is the cursor of the next one, null at the end."""

    appeals: list[AppealView]
    next: str | None = None


class FigureView(msgspec.Struct, kw_only=True):
    """Appeals on one ground in one language (null: not known). `overturn_rate` is (`overturned` + `partly`) /
    `decided`, null where nothing was decided."""

    ground: str
    language: str | None
    filed: int
    waiting: int
    overdue: int
    decided: int
    upheld: int
    overturned: int
    partly: int
    late: int
    median_hours: float | None
    overturn_rate: float | None


class FiguresView(msgspec.Struct, kw_only=True):
    """Of the appeals that came within the last `days`."""

    days: int
    rows: list[FigureView]


class _After(msgspec.Struct, array_like=True):
    """The last appeal of a page."""

    at: datetime
    id: int


def times(settings: Settings) -> Times:
    """How long one can appeal here, and how soon an appeal is due."""
    return Times(window=timedelta(days=settings.appeal_days), due=timedelta(days=settings.appeal_due_days))


def appeal_view(appeal: Appeal, now: datetime) -> AppealView:
    """An appeal as programs see it at `now`."""
    return AppealView(
        appeal=appeal.id,
        id=appeal.external_id,
        decision=appeal.decision_id,
        action=appeal.action_id,
        case=appeal.case_id,
        subject=appeal.subject,
        account=appeal.account,
        ground=appeal.ground,
        language=appeal.language,
        text=appeal.words,
        filed_at=appeal.filed_at,
        received_at=appeal.received_at,
        due_at=appeal.due_at,
        overdue=appeal.outcome is None and appeal.due_at < now,
        outcome=msgspec.convert(appeal.outcome, Literal["upheld", "overturned", "partly"] | None),
        decided_by=appeal.decided_by,
        decided_at=appeal.decided_at,
        reason=appeal.reason,
        new_decision=appeal.new_decision,
    )


@post(
    "/v1/appeals",
    summary="File a user's appeal",
    tags=["appeals"],
    guards=[requires(Scope.APPEALS_WRITE)],
    sync_to_thread=True,
)
@retried
def post_appeal(data: JSONBody[AppealBody], request: ApiRequest, runtime: Running) -> Response[AppealView]:
    """201 for a new one, 200 when the same came before. 404: nothing that it could be about. 409: reversed or
    appealed before, or the id came with another text. 422: nothing was taken from the user, or the time to
    appeal is over."""
    wish = AppealWish(
        external_id=data.id,
        words=data.text,
        decision=data.decision,
        action=data.action,
        case=data.case,
        subject=Subject(data.subject.kind, data.subject.id) if data.subject else None,
        language=data.language,
        contact=contact_token(runtime.secret, data.contact) if data.contact else None,
        filed_at=data.filed_at,
    )
    now = datetime.now(UTC)
    try:
        with casework(runtime) as conn:
            kept, new = casework_appeals.file_appeal(
                conn, wish, times=times(runtime.settings), actor=request.auth.actor, now=now
            )
    except AppealConflictError as conflict:
        told: dict[str, Any] = msgspec.to_builtins(conflict.present)
        raise Problem(409, "Appeal conflict", f"{conflict}.", extra={"present": told}) from None
    return Response(appeal_view(kept, now), status_code=201 if new else 200)


@get(
    "/v1/appeals",
    summary="Appeals",
    tags=["appeals"],
    guards=[requires(Scope.CASES_READ)],
    sync_to_thread=True,
)
def list_appeals(
    *,
    runtime: Running,
    appeal_state: Annotated[Literal["waiting", "decided"], QueryParameter(name="state")] = "waiting",
    ground: Word = None,
    language: Word = None,
    account: Word = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> AppealsPage:
    """Those that wait by deadline, the most overdue first; with `state=decided` those, newest first."""
    now = datetime.now(UTC)
    decided = appeal_state == "decided"
    try:
        last = read_cursor(cursor, _After) if cursor else None
    except ValueError as error:
        raise bad_cursor(error) from None
    with runtime.pool.connection() as conn:
        found = appeals.page(
            conn,
            decided=decided,
            ground=ground,
            language=language,
            account=account,
            after=(last.at, last.id) if last else None,
            limit=limit + 1,
        )
    shown, following = found[:limit], None
    if len(found) > limit:
        at = shown[-1].decided_at if decided else shown[-1].due_at
        following = written_cursor(_After(at or now, shown[-1].id))
    return AppealsPage(appeals=[appeal_view(one, now) for one in shown], next=following)


@get(
    "/v1/appeals/{appeal_id:int}",
    summary="One appeal",
    tags=["appeals"],
    guards=[requires(Scope.CASES_READ)],
    sync_to_thread=True,
)
def get_appeal(appeal_id: RowId, runtime: Running) -> AppealView:
    """By Tenfold's number; the list finds it by account."""
    with casework(runtime) as conn:
        found = appeals.get(conn, appeal_id)
        if found is None:
            raise NotFoundError(f"there is no appeal {appeal_id}")
    return appeal_view(found, datetime.now(UTC))


@get(
    "/v1/appeals/figures",
    summary="How often appeals change a decision",
    tags=["appeals"],
    guards=[requires(Scope.CASES_READ)],
    sync_to_thread=True,
)
def get_figures(runtime: Running, days: Annotated[int, QueryParameter(ge=1, le=36_500)] = 90) -> FiguresView:
    """By ground and language, with what the rates are of."""
    with runtime.pool.connection() as conn:
        found = appeals.figures(conn, span=timedelta(days=days), now=datetime.now(UTC))
    return FiguresView(days=days, rows=[_figure(one) for one in found])


def _figure(one: Figure) -> FigureView:
    values = msgspec.structs.asdict(one)
    return FigureView(median_hours=values.pop("hours"), overturn_rate=one.rate, **values)


handlers = [list_appeals, post_appeal, get_figures, get_appeal]
