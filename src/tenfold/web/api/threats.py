"""`/v1/threats`: records of threats, and what people conclude about them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from tenfold.store import audit, threats
from tenfold.store.audit import Entry
from tenfold.store.database import Conn
from tenfold.threats import lists, shown, steps
from tenfold.threats.lists import Counts, Filter, Page, ThreatRow
from tenfold.threats.shown import ThreatView
from tenfold.threats.transitions import MergedError, Outcome, StepRefusedError, UnknownThreatError, WishError
from tenfold.web.api.cases import ApiRequest, Cursor, Limit, Reason, ReasonWish, RowId, Word, bad_cursor
from tenfold.web.api.texts import NO_NUL
from tenfold.web.api.transactions import retried
from tenfold.web.auth import Scope, requires
from tenfold.web.problems import FieldProblem, Problem
from tenfold.web.runtime import Running, Runtime

LevelName = Literal["T0", "T1", "T2", "T3", "N"]
StatusName = Literal["new", "assessing", "escalated", "referred", "monitored", "closed"]
Name = Annotated[str, Meta(min_length=1, max_length=255, pattern=NO_NUL)]


class Stands(msgspec.Struct, kw_only=True):
    """How a record stands after a step."""

    id: int
    status: str
    level: str
    owner: str | None
    outcome: str | None
    asks: list[str]
    due_at: datetime | None


class AssessmentWish(msgspec.Struct, kw_only=True):
    """How grave it is. `outcome` may be said before it is closed."""

    level: LevelName
    outcome: Outcome | None = None
    reason: Reason


class CorrectionWish(msgspec.Struct, kw_only=True):
    """A factor (`speech_act`, `act`, `target_kind`, `target`, `protectee`, `where`, `when`, `means`,
    `private`, `coming`, `preparation`, `farewell`, `last_resort`, `reckoning`, `marked`, `warning`,
    `watching`, `condition`, `intent`, `actor`) and its value; null where it is not there. `when` is in
    hours."""

    factor: Annotated[str, Meta(max_length=100, pattern=NO_NUL)]
    value: Annotated[str, Meta(max_length=500, pattern=NO_NUL)] | bool | None
    reason: Reason


class HandOverWish(msgspec.Struct, kw_only=True):
    """Whose it shall be, as `user:3` or `key:1`; null for nobody's."""

    owner: Name | None


class MonitorWish(msgspec.Struct, kw_only=True):
    """Until when it is left, a week where nothing is said."""

    reason: Reason
    until: Annotated[datetime, Meta(tz=True)] | None = None


class ClosingWish(msgspec.Struct, kw_only=True):
    """What it came to."""

    outcome: Outcome
    reason: Reason


@contextmanager
def desk(runtime: Runtime) -> Iterator[Conn]:
    """A transaction in which refused steps become problems."""
    try:
        with runtime.pool.connection() as conn:
            yield conn
    except UnknownThreatError as error:
        raise Problem(404, "Not found", f"{error}.") from None
    except MergedError as error:
        raise Problem(409, "Part of another threat", f"{error}.", extra={"into": error.into}) from None
    except StepRefusedError as error:
        raise Problem(409, "Impossible step", f"{error}.", extra={"state": error.status}) from None
    except WishError as error:
        problem = FieldProblem(field=error.field, reason=error.reason)
        raise Problem(422, "Invalid request", f"{error}.", errors=[problem]) from None


@get(
    "/v1/threats",
    summary="Threats, the most urgent first",
    tags=["threats"],
    guards=[requires(Scope.THREATS)],
    sync_to_thread=True,
)
def list_threats(
    *,
    runtime: Running,
    level: FromQuery[LevelName | None] = None,
    threat_state: Annotated[StatusName | None, QueryParameter(name="status")] = None,
    owner: Word = None,
    target_kind: Word = None,
    language: Word = None,
    account: Word = None,
    information: FromQuery[bool] = False,
    protected: FromQuery[bool | None] = None,
    asks: FromQuery[bool | None] = None,
    overdue: FromQuery[bool] = False,
    cursor: Cursor = None,
    limit: Limit = lists.PAGE,
) -> Page[ThreatRow]:
    """Open ones by level, then by the time left; with `status=closed` those, newest first. `information` true
    are news and reports about threats. Go on with `cursor` until `next` is null."""
    wanted = Filter(
        level=level,
        status=threat_state,
        owner=owner,
        target_kind=target_kind,
        language=language,
        account=account,
        information=information,
        protected=protected,
        asks=asks,
        overdue=overdue,
    )
    with desk(runtime) as conn:
        try:
            return lists.page(conn, wanted, cursor, limit=limit)
        except ValueError as error:
            raise bad_cursor(error) from None


@get(
    "/v1/threats/counts",
    summary="How many threats are open",
    tags=["threats"],
    guards=[requires(Scope.THREATS)],
    sync_to_thread=True,
)
def count_threats(runtime: Running) -> Counts:
    """By level and status; how many are overdue, unowned, or ask again."""
    with desk(runtime) as conn:
        return lists.counts(conn)


@get(
    "/v1/threats/{threat_id:int}",
    summary="One threat with everything that is known of it",
    tags=["threats"],
    guards=[requires(Scope.THREATS)],
    sync_to_thread=True,
)
@retried
def get_threat(threat_id: RowId, request: ApiRequest, runtime: Running) -> ThreatView:
    """Sources with their texts, factors, accounts, earlier threats, log. Who is watched over is told to keys
    that have the scope `protectees`, too. Each reading is in the audit log."""
    with desk(runtime) as conn:
        found = shown.view(conn, threat_id)
        if found is None:
            raise UnknownThreatError(f"there is no threat {threat_id}")
        if Scope.PROTECTEES not in request.auth.scopes:
            found.protectees = []
        actor, subject = request.auth.actor, f"threat:{threat_id}"
        audit.append(conn, [Entry(actor=actor, act="threat.viewed", subject=subject)])
        return found


@post(
    "/v1/threats/{threat_id:int}/look",
    summary="Say that a person looks at it now",
    tags=["threats"],
    guards=[requires(Scope.THREATS)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def post_look(threat_id: RowId, request: ApiRequest, runtime: Running) -> Stands:
    """The first look ends the time to a human, and calls."""
    with desk(runtime) as conn:
        steps.look(conn, threat_id, request.auth.actor, datetime.now(UTC))
        return _stands(conn, threat_id)


@post(
    "/v1/threats/{threat_id:int}/take",
    summary="Become its owner",
    tags=["threats"],
    guards=[requires(Scope.THREATS)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def post_take(threat_id: RowId, request: ApiRequest, runtime: Running) -> Stands:
    """In another's place, too."""
    with desk(runtime) as conn:
        steps.take_on(conn, threat_id, request.auth.actor, datetime.now(UTC))
        return _stands(conn, threat_id)


@post(
    "/v1/threats/{threat_id:int}/hand-over",
    summary="Give it to somebody else",
    tags=["threats"],
    guards=[requires(Scope.THREATS)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def post_hand_over(
    threat_id: RowId, data: JSONBody[HandOverWish], request: ApiRequest, runtime: Running
) -> Stands:
    """Or to nobody."""
    with desk(runtime) as conn:
        now = datetime.now(UTC)
        steps.hand_over(conn, threat_id, owner=data.owner, actor=request.auth.actor, now=now)
        return _stands(conn, threat_id)


@post(
    "/v1/threats/{threat_id:int}/assess",
    summary="Say how grave it is",
    tags=["threats"],
    guards=[requires(Scope.THREATS)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def post_assessment(
    threat_id: RowId, data: JSONBody[AssessmentWish], request: ApiRequest, runtime: Running
) -> Stands:
    """In force over what the machine reads, until new sources rank higher than both: then it asks again."""
    with desk(runtime) as conn:
        steps.assess(
            conn,
            threat_id,
            level=data.level,
            outcome=data.outcome,
            reason=data.reason,
            actor=request.auth.actor,
            now=datetime.now(UTC),
        )
        return _stands(conn, threat_id)


@post(
    "/v1/threats/{threat_id:int}/correct",
    summary="Correct a factor",
    tags=["threats"],
    guards=[requires(Scope.THREATS)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def post_correction(
    threat_id: RowId, data: JSONBody[CorrectionWish], request: ApiRequest, runtime: Running
) -> Stands:
    """The level is assessed again by the same table; the correction is kept for training."""
    with desk(runtime) as conn:
        steps.correct(
            conn,
            threat_id,
            factor=data.factor,
            value=data.value,
            reason=data.reason,
            actor=request.auth.actor,
            now=datetime.now(UTC),
        )
        return _stands(conn, threat_id)


@post(
    "/v1/threats/{threat_id:int}/escalate",
    summary="Ask for somebody above",
    tags=["threats"],
    guards=[requires(Scope.THREATS)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def post_threat_escalation(
    threat_id: RowId, data: JSONBody[ReasonWish], request: ApiRequest, runtime: Running
) -> Stands:
    """Its clock runs anew, and nobody owns it until one takes it."""
    with desk(runtime) as conn:
        now = datetime.now(UTC)
        steps.escalate(conn, threat_id, reason=data.reason, actor=request.auth.actor, now=now)
        return _stands(conn, threat_id)


@post(
    "/v1/threats/{threat_id:int}/monitor",
    summary="Keep an eye on it",
    tags=["threats"],
    guards=[requires(Scope.THREATS)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def post_monitoring(
    threat_id: RowId, data: JSONBody[MonitorWish], request: ApiRequest, runtime: Running
) -> Stands:
    """It is due again at `until`."""
    with desk(runtime) as conn:
        actor, now = request.auth.actor, datetime.now(UTC)
        steps.monitor(conn, threat_id, reason=data.reason, until=data.until, actor=actor, now=now)
        return _stands(conn, threat_id)


@post(
    "/v1/threats/{threat_id:int}/close",
    summary="Conclude",
    tags=["threats"],
    guards=[requires(Scope.THREATS)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def post_threat_closing(
    threat_id: RowId, data: JSONBody[ClosingWish], request: ApiRequest, runtime: Running
) -> Stands:
    """409 for T0 and T1: a person closes them at the console."""
    with desk(runtime) as conn:
        actor, now = request.auth.actor, datetime.now(UTC)
        steps.close(conn, threat_id, outcome=data.outcome, reason=data.reason, actor=actor, now=now)
        return _stands(conn, threat_id)


@post(
    "/v1/threats/{threat_id:int}/reopen",
    summary="Take a closed threat up again",
    tags=["threats"],
    guards=[requires(Scope.THREATS)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def post_threat_reopening(
    threat_id: RowId, data: JSONBody[ReasonWish], request: ApiRequest, runtime: Running
) -> Stands:
    """Its owner is who does so."""
    with desk(runtime) as conn:
        now = datetime.now(UTC)
        steps.reopen(conn, threat_id, reason=data.reason, actor=request.auth.actor, now=now)
        return _stands(conn, threat_id)


def _stands(conn: Conn, threat_id: int) -> Stands:
    threat = threats.load(conn, [threat_id])[threat_id]
    return Stands(**{name: getattr(threat, name) for name in Stands.__struct_fields__})


handlers = [
    list_threats,
    count_threats,
    get_threat,
    post_look,
    post_take,
    post_hand_over,
    post_assessment,
    post_correction,
    post_threat_escalation,
    post_monitoring,
    post_threat_closing,
    post_threat_reopening,
]
