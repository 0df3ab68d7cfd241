"""What a person does for the safety of their own account: second factor, recovery codes, sessions."""

from datetime import UTC, datetime
from typing import Any

import segno
from litestar import Response, get, post
from litestar.connection import Request
from litestar.params import FromQuery
from litestar.response import Redirect
from markupsafe import Markup

from tenfold.store import audit, second_factors, web_sessions
from tenfold.store.audit import Entry
from tenfold.web.console import pages
from tenfold.web.console.access import Visit, Visiting
from tenfold.web.console.errors import Refused
from tenfold.web.console.second_factor import shown

OPEN = {"weak": True}  # also to who has still to enrol


def _page(visit: Visit, status: int = 200, *, failure: str | None = None, done: str = "") -> Response[str]:
    _, idle = visit.runtime.settings.session_lifetimes
    with visit.runtime.pool.connection() as conn:
        sessions = web_sessions.listing(conn, visit.person.id, idle=idle)
        left = second_factors.codes_left(conn, visit.person.id)
    asked = visit.runtime.settings.second_factor_roles
    return pages.render(
        visit,
        "security.html",
        status,
        section="preferences",
        sessions=sessions,
        codes_left=left,
        required=not visit.person.roles.isdisjoint(asked),
        failure=failure,
        done=done if done in ("ended", "removed") else "",
    )


@get("/security", opt=OPEN, sync_to_thread=True)
def security_page(visit: Visiting, done: FromQuery[str] = "") -> Response[str]:
    """The second factor, if there is one, and all sessions of the person."""
    return _page(visit, done=done)


@get("/security/enrol", opt=OPEN, sync_to_thread=True)
def enrol_page(visit: Visiting) -> Response[Any]:
    """The secret as a QR code and in letters."""
    return _enrolling(visit)


def _enrolling(visit: Visit, status: int = 200, failure: str | None = None) -> Response[Any]:
    if visit.person.provider or visit.person.second_factor:
        return pages.redirect("/security")
    with visit.runtime.pool.connection() as conn:
        secret = second_factors.begin(conn, visit.runtime.secret, visit.person.id)
    code = segno.make_qr(second_factors.address(secret, visit.person.name), error="m")
    return pages.render(
        visit,
        "enrol.html",
        status,
        section="preferences",
        # Our own markup: the library writes paths, no text of anybody.
        qr=Markup(code.svg_inline(scale=5, dark="#000", light="#fff")),  # noqa: S704
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        failure=failure,
    )


@post("/security/enrol", opt=OPEN, sync_to_thread=True)
def enrol(visit: Visiting) -> Response[Any]:
    """Take the second factor into use. Other sessions end: they were begun without it."""
    user, now = visit.person, datetime.now(UTC)
    with visit.runtime.pool.connection() as conn:
        codes = second_factors.confirm(conn, visit.runtime.secret, user.id, visit.field("code")[:100], now)
        if codes is not None and visit.session is not None:
            web_sessions.strengthen(conn, visit.session)
            web_sessions.end_others(conn, user.id, visit.session)
            audit.append(conn, [Entry(actor=user.actor, act="second_factor.enrolled")])
    if codes is None:
        return _enrolling(visit, 422, "factor.wrong")
    return pages.render(visit, "recovery_codes.html", section="preferences", codes=codes)


@post("/security/codes", opt=OPEN, sync_to_thread=True)
def renew_codes(visit: Visiting, request: Request[Any, Any, Any]) -> Response[Any]:
    """Fresh recovery codes, for a code of the app."""
    user = visit.person
    with visit.runtime.pool.connection() as conn:
        failure = shown(visit, request, conn, user)
        if failure is None:
            codes = second_factors.renew_codes(conn, visit.runtime.secret, user.id)
            audit.append(conn, [Entry(actor=user.actor, act="second_factor.codes_renewed")])
    if failure is not None:
        return _page(visit, 422, failure=failure)
    return pages.render(visit, "recovery_codes.html", section="preferences", codes=codes)


@post("/security/remove", sync_to_thread=True, status_code=303)
def remove(visit: Visiting, request: Request[Any, Any, Any]) -> Response[Any]:
    """Go without a second factor, for a code of the app, where no role asks for one."""
    user = visit.person
    if not user.roles.isdisjoint(visit.runtime.settings.second_factor_roles):
        raise Refused(403, "factor.required")
    with visit.runtime.pool.connection() as conn:
        failure = shown(visit, request, conn, user)
        if failure is None:
            second_factors.reset(conn, user.id)
            audit.append(conn, [Entry(actor=user.actor, act="second_factor.removed")])
    return pages.redirect("/security?done=removed") if failure is None else _page(visit, 422, failure=failure)


@post("/security/sessions", opt=OPEN, sync_to_thread=True, status_code=303)
def end_sessions(visit: Visiting) -> Redirect:
    """End one of one's own sessions, or all but this."""
    chosen = visit.field("session")
    with visit.runtime.pool.connection() as conn:
        if chosen == "others":
            ended = web_sessions.end_others(conn, visit.person.id, visit.session)
        elif chosen.isascii() and chosen.isdigit() and len(chosen) < 19:
            ended = int(web_sessions.end_one(conn, visit.person.id, int(chosen)))
        else:
            raise Refused(400, "error.400")
        if ended:
            details = {"sessions": ended}
            audit.append(conn, [Entry(actor=visit.person.actor, act="sessions.ended", details=details)])
    return pages.redirect("/security?done=ended")


handlers = [security_page, enrol_page, enrol, renew_codes, remove, end_sessions]
