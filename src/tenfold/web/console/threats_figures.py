"""Figures of threats: a chart, a table with denominators, and the same as CSV."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import msgspec
from litestar import Request, Response, get

from tenfold.detectors.threat.levels import ORDER
from tenfold.threats import figures
from tenfold.threats.figures import Figures
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visiting
from tenfold.web.console.threats_words import named

SPANS: Final = {"day": timedelta(days=30), "month": timedelta(days=365)}
HEIGHT: Final = 160  # of the chart, in its units; its width is 720


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One level in one column of the chart, in units of its view box."""

    level: str
    x: float
    y: float
    width: float
    height: float


def _asked(request: Request[Any, Any, Any]) -> tuple[datetime, datetime, Literal["day", "month"]]:
    """The span that the query names: by `day` the last 30, by `month` the last 12."""
    by: Literal["day", "month"] = "month" if request.query_params.get("by") == "month" else "day"
    until = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    since = until - SPANS[by]
    return (since.replace(day=1) if by == "month" else since), until, by


def pieces(found: Figures) -> list[Piece]:
    """The chart: a column for each period, its levels upon each other, the gravest at the bottom."""
    most = max((period.threats for period in found.periods), default=0) or 1
    width = min(720 / max(1, len(found.periods)), 60.0)
    drawn = []
    for number, period in enumerate(found.periods):
        base = float(HEIGHT)
        for level in ORDER:
            height = HEIGHT * period.by_level.get(level, 0) / most
            base -= height
            if height:
                drawn.append(
                    Piece(
                        level=level,
                        x=round(number * width, 2),
                        y=round(base, 2),
                        width=round(width * 0.86, 2),
                        height=round(height, 2),
                    )
                )
    return drawn


@get("/threats/figures", opt={"needs": Permission.THREATS}, sync_to_thread=True)
def figures_page(visit: Visiting, request: Request[Any, Any, Any]) -> Response[str]:
    """How many, how grave, what became of them, how soon a person looked."""
    since, until, by = _asked(request)
    with visit.runtime.pool.connection() as conn:
        found = figures.figures(conn, since, until, by)
    return pages.render(
        visit,
        "threat_figures.html",
        section="threats",
        figures=found,
        pieces=pieces(found),
        height=HEIGHT,
        levels=ORDER,
        tell=named(visit.translator),
        by=by,
    )


@get("/threats/figures.csv", opt={"needs": Permission.THREATS}, sync_to_thread=True)
def figures_csv(visit: Visiting, request: Request[Any, Any, Any]) -> Response[bytes]:
    """The same, one number a row with its denominator (RFC 4180, UTF-8)."""
    since, until, by = _asked(request)
    with visit.runtime.pool.connection() as conn:
        found = figures.figures(conn, since, until, by)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(figures.CSV_COLUMNS)
    writer.writerows(figures.rows(found))
    return Response(
        text.getvalue().encode(),
        media_type="text/csv",
        headers={"content-disposition": f'attachment; filename="threats-by-{by}.csv"'},
    )


handlers = [figures_page, figures_csv]
