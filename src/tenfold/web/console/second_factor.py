"""Showing the second factor: at login, and before it is changed."""

from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post
from litestar.connection import Request

from tenfold.store import audit, second_factors, web_sessions
from tenfold.store.audit import Entry
from tenfold.store.database import Conn
from tenfold.store.people import User
from tenfold.store.throttle import Throttle
from tenfold.web.console import entering, pages
from tenfold.web.console.access import Visit, Visiting


def shown(visit: Visit, request: Request[Any, Any, Any], conn: Conn, user: User) -> str | None:
    """None if the form's code is good, which uses it up; else the message why not. Guessing is slowed down
    and in the audit log. Commit after it, whatever it says."""
    throttle = Throttle(
        visit.runtime.secret,
        user.actor,
        entering.address(request),
        kind="second factor",
        per_name=second_factors.PER_NAME,
    )
    if throttle.blocked(conn):
        return "factor.throttled"
    code = visit.field("code")[:100]
    what = second_factors.check(conn, visit.runtime.secret, user.id, code, datetime.now(UTC))
    if what is None:
        throttle.failed(conn)
        audit.append(conn, [Entry(actor=user.actor, act="second_factor.wrong")])
        return "factor.wrong"
    throttle.succeeded(conn)
    if what == "recovery":
        left = {"left": second_factors.codes_left(conn, user.id)}
        audit.append(conn, [Entry(actor=user.actor, act="second_factor.recovery_code", details=left)])
    return None


@get("/login/second", opt={"public": True}, sync_to_thread=True)
def ask(visit: Visiting, request: Request[Any, Any, Any]) -> Response[Any]:
    """Where the code of the app is typed."""
    with visit.runtime.pool.connection() as conn:
        step = web_sessions.step(conn, request.cookies.get(entering.STEP_COOKIE, ""))
    if step is None:
        return pages.redirect("/login")
    return pages.render(visit, "second_factor.html", section="", failure=None)


@post("/login/second", opt={"public": True}, sync_to_thread=True, status_code=303)
def answer(visit: Visiting, request: Request[Any, Any, Any]) -> Response[Any]:
    """Let the person in if the code is good. Failures are committed before the answer says so."""
    token = request.cookies.get(entering.STEP_COOKIE, "")
    with visit.runtime.pool.connection() as conn:
        step = web_sessions.step(conn, token)
        if step is None:
            return pages.redirect("/login")
        failure = shown(visit, request, conn, step.user)
        if failure is None and web_sessions.end_step(conn, token):
            response = entering.let_in(
                visit, request, conn, step.user, came_by=step.came_by, back=step.back, strong=True
            )
            response.delete_cookie(entering.STEP_COOKIE)
            return response
    status = 429 if failure == "factor.throttled" else 401
    return pages.render(visit, "second_factor.html", status, section="", failure=failure)


handlers = [ask, answer]
