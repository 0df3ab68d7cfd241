"""A back-test at the console: how far it is, and what it found."""

import msgspec
from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from tenfold.lab.report import Report
from tenfold.store import backtests, people
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visiting
from tenfold.web.console.queue import user_ids


@get("/policy/backtests/{number:int}", opt={"needs": Permission.READ}, sync_to_thread=True)
def backtest_page(visit: Visiting, number: FromPath[int]) -> Response[str]:
    """The whole page, or for htmx the part that grows."""
    with visit.runtime.pool.connection() as conn:
        asked = backtests.get(conn, number)
        if asked is None:
            raise NotFoundException(str(number))
        names = people.names(conn, user_ids([asked.asked_by]))
    template = "parts/backtest.html" if visit.fragment else "policy_backtest.html"
    report = msgspec.convert(asked.report, Report) if asked.report else None
    return pages.render(visit, template, section="policy", asked=asked, report=report, people=names)


handlers = [backtest_page]
