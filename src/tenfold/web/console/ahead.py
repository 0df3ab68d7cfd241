"""The next case's page, sent while somebody still works on the one before, and the answer that shows it."""

from datetime import UTC, datetime
from typing import Any

from litestar import MediaType, Request, Response, post

from tenfold.casework import taking
from tenfold.store import audit
from tenfold.store.database import Conn
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.case import read, show
from tenfold.web.console.queue import Filter, Toast, next_place, number_of, read_filter, wanted_by


@post("/cases/ahead", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=200)
def ahead(visit: Visiting, request: Request[Any, Any, Any]) -> Response[Any]:
    """The page of the case that comes next, as if it were held already; `x-case` is its number. It is kept
    ready for the person for a while. 204 when there is none."""
    actor, now = visit.person.actor, datetime.now(UTC)
    with visit.runtime.pool.connection() as conn:
        wanted = wanted_by(conn, visit, read_filter(visit.form))
        case_id = taking.keep_ready(conn, actor=actor, wanted=wanted, now=now)
    if case_id is None:
        return Response(None, status_code=204)
    # Its row is let go before the page is made: a decision meanwhile would pass over it as held by somebody.
    with visit.runtime.pool.connection() as conn:
        found = read(conn, visit, case_id, act="case.sent_ahead")
    case = found.view.case
    case.claimed_by = actor
    if case.state == "open":
        case.state = "claimed"
    response = show(visit, request, found)
    response.headers["x-case"] = str(case_id)
    return response


def asked_for(visit: Visit) -> bool:
    """Whether the form was sent by a page that may have the next case's page already."""
    return number_of(visit.form, "ahead") is not None


def onward(conn: Conn, visit: Visit, filter_: Filter, made: Toast) -> Response[Any]:
    """Take the next case: where it is, and, when the browser has it as it is now, its number and the message
    that goes with it."""
    address, ready = next_place(conn, visit, filter_, made.query)
    answer: dict[str, Any] = {"address": address, "case": None}
    if ready is not None and ready == number_of(visit.form, "ahead"):
        entry = audit.Entry(actor=visit.person.actor, act="case.viewed", subject=f"case:{ready}")
        audit.append(conn, [entry])
        answer |= {"case": ready, "message": pages.markup(visit, "parts/undo.html", decided=made)}
    return Response(answer, media_type=MediaType.JSON, status_code=200)


handlers = [ahead]
