"""What people do with a case short of deciding it: claim, give back, ask a lead, write a note."""

from datetime import UTC, datetime, timedelta
from typing import Any

from litestar import Request, Response, post
from litestar.params import FromPath
from litestar.response import Redirect

from tenfold.casework import service
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.case import acting, read, show
from tenfold.web.console.errors import Refused
from tenfold.web.console.queue import read_filter


def _back_to(visit: Visit, case_id: int) -> Redirect:
    return pages.redirect(f"/cases/{case_id}{read_filter(visit.form).trail}")


@post("/cases/{case_id:int}/claim", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=303)
def claim(visit: Visiting, case_id: FromPath[int]) -> Redirect:
    """Take the case for as long as a lease lasts."""
    lease = timedelta(minutes=visit.runtime.settings.lease_minutes)
    with acting(visit) as conn:
        service.claim(conn, case_id=case_id, actor=visit.person.actor, lease=lease, now=datetime.now(UTC))
    return _back_to(visit, case_id)


@post("/cases/{case_id:int}/release", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=303)
def release(visit: Visiting, case_id: FromPath[int]) -> Redirect:
    """Give the case back."""
    with acting(visit) as conn:
        service.release(conn, case_id=case_id, actor=visit.person.actor, now=datetime.now(UTC))
    return _back_to(visit, case_id)


@post("/cases/{case_id:int}/escalate", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=303)
def escalate(visit: Visiting, case_id: FromPath[int]) -> Redirect:
    """Move the case to the leads, with a question."""
    reason = visit.field("reason")
    if not reason:
        raise Refused(422, "error.reason")
    with acting(visit) as conn:
        service.escalate(
            conn, case_id=case_id, actor=visit.person.actor, reason=reason, now=datetime.now(UTC)
        )
    return pages.redirect(f"/cases{read_filter(visit.form).trail}")


@post("/cases/{case_id:int}/notes", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=200)
def note(visit: Visiting, request: Request[Any, Any, Any], case_id: FromPath[int]) -> Response[Any]:
    """Write a note; htmx gets the list of notes back, a browser without scripts the page."""
    text = visit.field("note")
    if not text:
        raise Refused(422, "error.note")
    with acting(visit) as conn:
        service.note(conn, case_id=case_id, actor=visit.person.actor, text=text, now=datetime.now(UTC))
    if not visit.fragment:
        return pages.redirect(f"/cases/{case_id}#notes")
    with visit.runtime.pool.connection() as conn:
        found = read(conn, visit, case_id)
    return show(visit, request, found, template="parts/notes.html")


handlers = [claim, release, escalate, note]
