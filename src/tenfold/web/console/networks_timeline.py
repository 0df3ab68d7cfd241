"""The timeline of a network: who was closed when, who came back when and as whom, who else signed up."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get

from tenfold.networks.graph import account_id
from tenfold.networks.timeline import Lane, Timeline, timeline
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visiting
from tenfold.web.console.dates import read_day
from tenfold.web.console.errors import Refused
from tenfold.web.console.networks import look, read_wish
from tenfold.web.console.networks_words import address
from tenfold.web.console.returns_words import chance

WIDTH: Final = 1000  # units that a bar is wide
AROUND: Final = timedelta(days=15)  # before and after a closure, where one looks at it closely
RANGES: Final = (30, 90, 365)  # days back from now
TICKS: Final = 4


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """Where an account stands on the scale, in 0..WIDTH: from `start` to `end`; `gap` is where the earlier
    account was closed, if that is on the scale; `opened`, `closed`: that end is real and not the edge."""

    lane: Lane
    start: int
    end: int
    gap: int | None
    opened: bool
    closed: bool
    near: str | None


@get("/networks/timeline", opt={"needs": Permission.READ}, sync_to_thread=True)
def page(visit: Visiting, request: Request[Any, Any, Any]) -> Response[str]:
    """One line an account, within a range of time."""
    wish = read_wish(request)
    if not wish.starts:
        raise Refused(422, "error.network")
    now = datetime.now(UTC)
    begin, end = _day(request, "from"), _day(request, "to")
    with visit.runtime.pool.connection() as conn:
        looked = look(conn, visit, wish, "timeline")
    # The day that is named last is shown whole.
    shown = timeline(looked.network, begin, end + timedelta(days=1) if end else None, now)
    return pages.render(
        visit,
        "networks_timeline.html",
        section="networks",
        wish=wish,
        start=looked.shown.nodes[0],
        shown=shown,
        bars=[_bar(lane, shown, wish.query()) for lane in shown.lanes],
        ticks=[shown.begin + (shown.end - shown.begin) * tick / TICKS for tick in range(TICKS + 1)],
        ranges=[(days, wish.query(**{"from": f"{now - timedelta(days=days):%Y-%m-%d}"})) for days in RANGES],
        begin=request.query_params.get("from", ""),
        end=request.query_params.get("to", ""),
        address=address,
        account_id=account_id,
        place=lambda closed, new: f"/returns/pair?{urlencode({'closed': closed, 'new': new})}",
        chance=lambda probability: chance(visit.translator, probability),
        width=WIDTH,
    )


def _day(request: Request[Any, Any, Any], name: str) -> datetime | None:
    """A day of the address, at its beginning (UTC)."""
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        return datetime.combine(read_day(text), time.min, UTC)
    except ValueError:
        raise Refused(422, "error.range") from None


def _bar(lane: Lane, shown: Timeline, query: str) -> Bar:
    def at(when: datetime) -> int:
        span = max((shown.end - shown.begin).total_seconds(), 1)
        share = (when - shown.begin).total_seconds() / span
        return round(min(max(share, 0), 1) * WIDTH)

    account = lane.account
    begun = account.created_at or account.closed_at or shown.begin
    closed_at = account.closed_at if account.closed else None
    start, end = at(begun), at(closed_at or shown.end)
    left = lane.of.closed_at if lane.of is not None else None
    near = None
    if closed_at is not None:
        days = {"from": f"{closed_at - AROUND:%Y-%m-%d}", "to": f"{closed_at + AROUND:%Y-%m-%d}"}
        near = f"{query}&{urlencode(days)}"
    return Bar(
        lane=lane,
        start=start,
        end=max(end, start + 3),
        gap=at(left) if left is not None and left < begun else None,
        opened=begun >= shown.begin,
        closed=closed_at is not None and closed_at <= shown.end,
        near=near,
    )


handlers = [page]
