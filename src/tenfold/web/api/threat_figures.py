"""`/v1/threats/figures` and `/v1/threats/corrections`: what is counted, and what people taught."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.params import FromQuery, QueryParameter

from tenfold.store import threat_corrections
from tenfold.store.threat_corrections import Correction
from tenfold.threats import figures
from tenfold.threats.figures import By, Figures
from tenfold.web.api.cases import MAX_ROW
from tenfold.web.auth import Scope, requires
from tenfold.web.problems import FieldProblem, Problem
from tenfold.web.runtime import Running, Runtime

LONGEST = timedelta(days=3_660)
MAX_CORRECTIONS = 1_000

Since = Annotated[date | None, QueryParameter(description="First day (UTC); 30 days ago if left out.")]
Until = Annotated[date | None, QueryParameter(description="Last day (UTC); today if left out.")]


class CorrectionsPage(msgspec.Struct, kw_only=True):
    """Corrections in their order; `next` is the `after` of the next page, null at the end."""

    corrections: list[Correction]
    next: int | None = None


@get(
    "/v1/threats/figures",
    summary="How many threats, and what became of them",
    tags=["threats"],
    guards=[requires(Scope.THREATS)],
    sync_to_thread=True,
)
def get_figures(
    runtime: Running, since: Since = None, until: Until = None, by: FromQuery[By] = "day"
) -> Figures:
    """By level, kind of target, language, outcome and time to a human; every number has its denominator."""
    return _figures(runtime, since, until, by)


@get(
    "/v1/threats/figures.csv",
    summary="The same as CSV",
    tags=["threats"],
    guards=[requires(Scope.THREATS)],
    media_type="text/csv",
    sync_to_thread=True,
)
def get_figures_csv(
    runtime: Running, since: Since = None, until: Until = None, by: FromQuery[By] = "day"
) -> Response[str]:
    """One number a row, with what it is of."""
    return Response(figures.as_csv(_figures(runtime, since, until, by)), media_type="text/csv; charset=utf-8")


@get(
    "/v1/threats/corrections",
    summary="Factors that people corrected",
    tags=["threats"],
    guards=[requires(Scope.THREATS)],
    sync_to_thread=True,
)
def get_corrections(
    runtime: Running,
    after: Annotated[int, QueryParameter(ge=0, le=MAX_ROW)] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_CORRECTIONS)] = 100,
) -> CorrectionsPage:
    """With the text that was read and what the detector had said: what it can learn from."""
    with runtime.pool.connection() as conn:
        found = threat_corrections.page(conn, after=after, limit=limit)
    return CorrectionsPage(corrections=found, next=found[-1].id if len(found) == limit else None)


def _figures(runtime: Runtime, since: date | None, until: date | None, by: By) -> Figures:
    last = until or datetime.now(UTC).date()
    first = since or last - timedelta(days=30)
    if not timedelta(0) <= last - first <= LONGEST:
        problem = FieldProblem(field="since", reason=f"lies 0 to {LONGEST.days:,} days before `until`")
        raise Problem(422, "Invalid request", "There is nothing between these days.", errors=[problem])
    with runtime.pool.connection() as conn:
        return figures.figures(conn, _begin(first), _begin(last) + timedelta(days=1), by)


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


handlers = [get_figures, get_figures_csv, get_corrections]
