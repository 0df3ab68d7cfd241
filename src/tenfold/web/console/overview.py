"""The overview: what came, waits and was decided, as charts with their tables, and each of them as CSV."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from tenfold.casework import overview, overview_summary, overview_tables
from tenfold.casework.overview import Figures
from tenfold.web.console import overview_charts, pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.dates import read_day
from tenfold.web.console.errors import Refused
from tenfold.web.console.i18n import Translator
from tenfold.web.console.overview_charts import Chart, Pen

SPANS: Final = {"24h": 1, "7d": 7, "30d": 30, "90d": 90}  # days
USUAL: Final = "30d"
# By name of the table: the series of its columns, those of its lines.
DRAWN: Final = {
    "inflow": (("severity_1", "severity_2", "severity_3", "severity_4"), ("decided",)),
    "automation": (("rule", "person", "program"), ()),
    "overturned": (("overturned",), ()),
}
WAITS: Final = ("waited_median", "waited_p90")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the address asks for: `span` is one of SPANS or "custom"; `first` and `last` are days (UTC)."""

    span: str
    since: datetime
    until: datetime
    first: date
    last: date
    queue: str | None
    live: bool

    def query(self, **changed: str) -> str:
        """As the query of an address, with its question mark."""
        values = {"span": self.span, "queue": self.queue or "", "live": "" if self.live else "off"}
        if self.span == "custom":
            values |= {"since": self.first.isoformat(), "until": self.last.isoformat()}
        return "?" + urlencode({name: value for name, value in (values | changed).items() if value})


def read_asked(query: Any, now: datetime) -> Asked:
    """From the query of an address. Refused where the days are none, or too far apart."""
    queue = str(query.get("queue", "")).replace("\0", "").strip()[:512] or None
    live = query.get("live") != "off"
    today = now.date()
    try:
        since, until = (read_day(str(query.get(name) or today)) for name in ("since", "until"))
    except ValueError:
        raise Refused(422, "error.overview_span") from None
    span = str(query.get("span", USUAL))
    if span in SPANS:
        begins = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=23)
        first = begins.date() if span == "24h" else today - timedelta(days=SPANS[span] - 1)
        since_at = begins if span == "24h" else _midnight(first)
        return Asked(span=span, since=since_at, until=now, first=first, last=today, queue=queue, live=live)
    if not timedelta(0) <= until - since < overview.LONGEST or since.year < 2000 or until.year > 9000:
        raise Refused(422, "error.overview_span")
    return Asked(
        span="custom",
        since=_midnight(since),
        until=_midnight(until) + timedelta(days=1),
        first=since,
        last=until,
        queue=queue,
        live=live,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _figures(visit: Visit, asked: Asked, now: datetime) -> Figures:
    with visit.runtime.pool.connection() as conn:
        return overview.figures(conn, asked.since, asked.until, now=now, queue=asked.queue)


def begins_label(words: Translator, unit: str, begins: datetime) -> str:
    """When a period begins, as short as it can be said: a day of a month, or an hour."""
    if unit == "hour":
        return words.clock(begins.hour * 60)
    month = words.messages[f"month.{begins.month}"]
    return f"{words.number(begins.day)} {month}"


def pen(words: Translator, unit: str) -> Pen:
    """A pen that writes in the reader's language."""
    per = {"minutes": 1, "hours": 60, "days": 1440}
    return Pen(
        mirrored=words.direction == "rtl",
        day=lambda begins: begins_label(words, unit, begins),
        count=words.number,
        span=lambda name, minutes: words.text(f"time.{name}", n=minutes // per[name]),
    )


def charts(words: Translator, found: Figures, tables: dict[str, overview_tables.Table]) -> dict[str, Chart]:
    """The charts of what ran over time."""
    draw = pen(words, found.unit)
    drawn = {name: draw.stacked(tables[name], columns, lines) for name, (columns, lines) in DRAWN.items()}
    return drawn | {"times": draw.waits(tables["times"], WAITS)}


@get("/overview", opt={"needs": Permission.READ}, sync_to_thread=True)
def overview_page(visit: Visiting, request: Request[Any, Any, Any]) -> Response[str]:
    """One page of figures; its parts are fetched anew every minute unless that is turned off."""
    now, words = datetime.now(UTC), visit.translator
    asked = read_asked(request.query_params, now)
    found = _figures(visit, asked, now)
    tables = overview_tables.tables(found)
    return pages.render(
        visit,
        "overview.html",
        section="overview",
        asked=asked,
        figures=found,
        tables=tables,
        charts=charts(words, found, tables),
        drawn=DRAWN,
        waits=WAITS,
        spans=tuple(SPANS),
        queues=sorted((found.by_queue.keys() | found.backlog_by_queue.keys()) - {""}),
        label=lambda begins: begins_label(words, found.unit, begins),
        share=overview_summary.share,
        enough=overview_summary.ENOUGH,
        box=overview_charts,
        span_of=lambda minutes: words.duration(timedelta(minutes=minutes)),
    )


@get("/overview/{file:str}", opt={"needs": Permission.READ}, sync_to_thread=True)
def overview_csv(visit: Visiting, request: Request[Any, Any, Any], file: FromPath[str]) -> Response[bytes]:
    """One table of the page, asked for as NAME.csv."""
    name = file.removesuffix(".csv")
    if name not in overview_tables.NAMES or name == file:
        raise NotFoundException
    now = datetime.now(UTC)
    asked = read_asked(request.query_params, now)
    table = overview_tables.tables(_figures(visit, asked, now))[name]
    return Response(
        table.csv().encode(),
        media_type="text/csv",
        headers={
            "content-disposition": f'attachment; filename="tenfold-{name}-{asked.first}-{asked.last}.csv"'
        },
    )


handlers = [overview_page, overview_csv]
