"""`GET /v1/figures`: how much came, waits, was decided, how soon, by whom, and what was taken back."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from tenfold.casework import overview, overview_tables
from tenfold.casework.overview import Figures
from tenfold.web.auth import Scope, requires
from tenfold.web.problems import FieldProblem, Problem
from tenfold.web.runtime import Running, Runtime

USUAL = timedelta(days=30)

Since = Annotated[
    datetime | None,
    QueryParameter(description="Begin of the span, with its time zone; 30 days before `until` if left out."),
]
Until = Annotated[datetime | None, QueryParameter(description="End of the span; now if left out.")]
Queue = Annotated[str | None, QueryParameter(description="Of this queue only.", max_length=512)]


@get(
    "/v1/figures",
    summary="What came, waits and was decided",
    tags=["figures"],
    guards=[requires(Scope.FIGURES_READ)],
    sync_to_thread=True,
)
def get_figures(runtime: Running, since: Since = None, until: Until = None, queue: Queue = None) -> Figures:
    """Spans of more than two days are widened to whole days (UTC) and told by the day, others by the hour.
    Counts stand beside their denominators; below 20 a share of them says little."""
    return _figures(runtime, since, until, queue)


@get(
    "/v1/figures/{table:str}",
    summary="One table of the figures as CSV",
    tags=["figures"],
    guards=[requires(Scope.FIGURES_READ)],
    media_type="text/csv",
    sync_to_thread=True,
)
def get_table(
    runtime: Running, table: FromPath[str], since: Since = None, until: Until = None, queue: Queue = None
) -> Response[str]:
    """`inflow`, `backlog`, `severity`, `waiting_languages`, `times`, `grounds`, `automation`, `overturned`,
    `languages` or `queues`, as the console shows them."""
    if table not in overview_tables.NAMES:
        known = ", ".join(overview_tables.NAMES)
        raise Problem(404, "No such table", f"There is no table {table[:60]!r}; there are {known}.")
    found = overview_tables.tables(_figures(runtime, since, until, queue))[table]
    return Response(found.csv(), media_type="text/csv; charset=utf-8")


def _figures(runtime: Runtime, since: datetime | None, until: datetime | None, queue: str | None) -> Figures:
    if queue and "\0" in queue:
        raise _problem("queue", "holds U+0000, which no queue's name does")
    now = datetime.now(UTC)
    until = _zoned("until", until) or now
    try:
        since = _zoned("since", since) or until - USUAL
        with runtime.pool.connection() as conn:
            return overview.figures(conn, since, until, now=now, queue=queue or None)
    except (ValueError, OverflowError):
        reason = f"lies before `until`, by at most {overview.LONGEST.days:,} days, in this era"
        raise _problem("since", reason) from None


def _zoned(field: str, at: datetime | None) -> datetime | None:
    if at is not None and at.tzinfo is None:
        raise _problem(field, "has no time zone; write 2026-03-01T00:00:00Z")
    return at


def _problem(field: str, reason: str) -> Problem:
    errors = [FieldProblem(field=field, reason=reason)]
    return Problem(422, "Invalid request", f"`{field}` {reason}.", errors=errors)


handlers = [get_figures, get_table]
