"""One's own exposure, and the suggestion to rest: everybody sees their own, and there is no address for
another's."""

from datetime import UTC, datetime, timedelta
from typing import Final

from litestar import Response, get, post

from tenfold.casework import exposure
from tenfold.store import care
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visiting, safe_return

LATER: Final = timedelta(minutes=30)  # after "not now"


@get("/care", opt={"needs": Permission.READ}, sync_to_thread=True)
def care_page(visit: Visiting) -> Response[str]:
    """What the person was shown in each of their last shifts."""
    with visit.runtime.pool.connection() as conn:
        found = exposure.shifts(conn, visit.person.actor)
    return pages.render(visit, "care.html", section="preferences", shifts=found)


@get("/care/break", opt={"needs": Permission.READ}, sync_to_thread=True)
def suggestion(visit: Visiting) -> Response[str]:
    """The suggestion to rest when it is time, for a page that asks; 204 when it is not."""
    with visit.runtime.pool.connection() as conn:
        chosen = care.load(conn, visit.person.id)
        found = exposure.shifts(conn, visit.person.actor)
    due = exposure.break_due(found, chosen, datetime.now(UTC))
    if due is None:
        return Response("", status_code=204)
    return pages.render(visit, "parts/rest.html", shift=due)


@post("/care/later", opt={"needs": Permission.READ}, sync_to_thread=True, status_code=200)
def later(visit: Visiting) -> Response[str]:
    """No suggestion for a while; the page without it."""
    with visit.runtime.pool.connection() as conn:
        care.not_before(conn, visit.person.id, datetime.now(UTC) + LATER)
    if visit.fragment:
        return Response("", media_type="text/html")
    return pages.redirect(safe_return(visit.field("next")))


handlers = [care_page, suggestion, later]
