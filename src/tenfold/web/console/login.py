"""Coming in and going out: password, one-time link, logout, language."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.connection import Request
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from tenfold.store import audit, people, web_sessions
from tenfold.store.throttle import Throttle
from tenfold.web.console import access, entering, pages, sso
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.errors import Refused
from tenfold.web.console.i18n import LOCALES


def _door(
    visit: Visit, status: int = 200, *, failure: str | None = None, back: str, given: str = ""
) -> Response[str]:
    settings = visit.runtime.settings
    return pages.render(
        visit,
        "login.html",
        status,
        section="",
        failure=failure,
        next=back,
        given=given,
        password=settings.password_login,
        provider=bool(settings.oidc_issuer),
    )


@get("/", sync_to_thread=False)
def home(visit: Visiting) -> Redirect:
    """The first page of whoever comes: the queue, or the status for those who see no cases."""
    return pages.redirect("/cases" if visit.may(Permission.READ) else "/status")


@get("/login", opt={"public": True}, sync_to_thread=False)
def login_page(visit: Visiting, next: FromQuery[str] = "/") -> Response[Any]:
    """Where people log in."""
    if visit.user is not None:
        return pages.redirect(access.safe_return(next))
    return _door(visit, back=next)


@post("/login", opt={"public": True}, sync_to_thread=True, status_code=303)
def login(visit: Visiting, request: Request[Any, Any, Any]) -> Response[Any]:
    """Name and password. Failures are counted and committed before the answer says so."""
    if not visit.runtime.settings.password_login:
        raise Refused(403, "login.no_passwords")
    name, password, back = visit.field("name"), str(visit.form.get("password", "")), visit.field("next")
    throttle = Throttle(visit.runtime.secret, name, entering.address(request))
    failure = "login.wrong"
    with visit.runtime.pool.connection() as conn:
        if throttle.blocked(conn):
            failure = "login.throttled"
        elif user := people.authenticate(conn, name, password):
            throttle.succeeded(conn)
            return entering.let_in(visit, request, conn, user, came_by="password", back=back)
        else:
            throttle.failed(conn)
    status = 429 if failure == "login.throttled" else 401
    return _door(visit, status, failure=failure, back=back, given=name)


@get("/login/{token:str}", opt={"public": True}, sync_to_thread=False)
def link_page(visit: Visiting, token: FromPath[str]) -> Response[str]:
    """A button. The link is not used up by looking at it, as mail programs and chats do."""
    return pages.render(visit, "login_link.html", section="", token=token)


@post("/login/{token:str}", opt={"public": True}, sync_to_thread=True, status_code=303)
def login_by_link(visit: Visiting, request: Request[Any, Any, Any], token: FromPath[str]) -> Response[Any]:
    """Use up a one-time link."""
    with visit.runtime.pool.connection() as conn:
        user = people.redeem_login_link(conn, token)
        if user is None:
            raise Refused(403, "link.dead")
        return entering.let_in(visit, request, conn, user, came_by="link", back="/")


@post("/logout", opt={"weak": True}, sync_to_thread=True, status_code=303)
def logout(visit: Visiting, request: Request[Any, Any, Any]) -> Response[Any]:
    """End the session in the store, not only in the browser; and at the provider, if it came from there."""
    with visit.runtime.pool.connection() as conn:
        kept = web_sessions.end(conn, visit.anchor)
        audit.append(conn, [audit.Entry(actor=visit.person.actor, act="logout")])
    onward = sso.farewell(visit, request, kept) if kept else None
    if onward is None:
        response: Response[Any] = pages.redirect("/login")
    else:
        # By a page of our own: browsers hold redirects of a form to the policy's `form-action`.
        gone = msgspec.structs.replace(visit, user=None)
        response = pages.render(gone, "logged_out.html", section="", onward=onward)
        response.headers["refresh"] = f"0;url={onward}"
    response.delete_cookie(access.SESSION_COOKIE)
    response.headers["clear-site-data"] = '"cache"'
    return response


@post("/locale", opt={"public": True, "weak": True}, sync_to_thread=True, status_code=303)
def set_locale(visit: Visiting) -> Redirect:
    """Switch the language and stay on the page."""
    chosen = visit.field("locale")
    locale = next((known for known in LOCALES if known == chosen), visit.translator.locale)
    if visit.user is not None:
        with visit.runtime.pool.connection() as conn:
            people.set_preferences(
                conn, visit.user.id, locale=locale, blur=visit.user.blur, shortcuts=visit.user.shortcuts
            )
    response = pages.redirect(access.safe_return(visit.field("next")))
    response.set_cookie(access.cookie(visit.runtime, access.LOCALE_COOKIE, locale, access.YEAR))
    if visit.user is None:  # of this visit alone: the next person here may read another
        response.set_cookie(access.cookie(visit.runtime, access.DOOR_COOKIE, locale, None))
    return response


handlers = [home, login_page, login, link_page, login_by_link, logout, set_locale]
