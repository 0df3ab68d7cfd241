"""Coming in and going out: password, one-time link, logout, language."""

from typing import Any

from litestar import Response, get, post
from litestar.connection import Request
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from tenfold.store import audit, people
from tenfold.store.people import Throttle, User
from tenfold.web.console import access, pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.errors import Refused
from tenfold.web.console.i18n import LOCALES


def _let_in(visit: Visit, user: User, session: str, back: str) -> Redirect:
    """A fresh session, never one that was there before: nobody can hand a person a session to use."""
    response = pages.redirect(access.safe_return(back))
    lifetime = int(people.SESSION_LIFETIME.total_seconds())
    response.set_cookie(access.cookie(visit.runtime, access.SESSION_COOKIE, session, lifetime))
    response.set_cookie(access.cookie(visit.runtime, access.LOCALE_COOKIE, user.locale, access.YEAR))
    return response


@get("/", sync_to_thread=False)
def home(visit: Visiting) -> Redirect:
    """The first page of whoever comes: the queue, or the status for those who see no cases."""
    return pages.redirect("/cases" if visit.may(Permission.READ) else "/status")


@get("/login", opt={"public": True}, sync_to_thread=False)
def login_page(visit: Visiting, next: FromQuery[str] = "/") -> Response[Any]:
    """Where people log in."""
    if visit.user is not None:
        return pages.redirect(access.safe_return(next))
    return pages.render(visit, "login.html", section="", failure=None, next=next, given="")


@post("/login", opt={"public": True}, sync_to_thread=True, status_code=303)
def login(visit: Visiting, request: Request[Any, Any, Any]) -> Response[Any]:
    """Name and password. Failures are counted and committed before the answer says so."""
    name, password, back = visit.field("name"), str(visit.form.get("password", "")), visit.field("next")
    address = request.client.host if request.client else ""
    throttle = Throttle(visit.runtime.secret, name, address)
    failure = "login.wrong"
    with visit.runtime.pool.connection() as conn:
        if throttle.blocked(conn):
            failure = "login.throttled"
        elif user := people.authenticate(conn, name, password):
            throttle.succeeded(conn)
            session = people.start_session(conn, user.id)
            audit.append(conn, [audit.Entry(actor=user.actor, act="login", details={"by": "password"})])
            return _let_in(visit, user, session, back)
        else:
            throttle.failed(conn)
    status = 429 if failure == "login.throttled" else 401
    return pages.render(visit, "login.html", status, section="", failure=failure, next=back, given=name)


@get("/login/{token:str}", opt={"public": True}, sync_to_thread=False)
def link_page(visit: Visiting, token: FromPath[str]) -> Response[str]:
    """A button. The link is not used up by looking at it, as mail programs and chats do."""
    return pages.render(visit, "login_link.html", section="", token=token)


@post("/login/{token:str}", opt={"public": True}, sync_to_thread=True, status_code=303)
def login_by_link(visit: Visiting, token: FromPath[str]) -> Response[Any]:
    """Use up a one-time link."""
    with visit.runtime.pool.connection() as conn:
        user = people.redeem_login_link(conn, token)
        if user is None:
            raise Refused(403, "link.dead")
        session = people.start_session(conn, user.id)
        audit.append(conn, [audit.Entry(actor=user.actor, act="login", details={"by": "link"})])
    return _let_in(visit, user, session, "/")


@post("/logout", sync_to_thread=True, status_code=303)
def logout(visit: Visiting) -> Redirect:
    """End the session in the store, not only in the browser."""
    with visit.runtime.pool.connection() as conn:
        people.end_session(conn, visit.anchor)
        audit.append(conn, [audit.Entry(actor=visit.person.actor, act="logout")])
    response = pages.redirect("/login")
    response.delete_cookie(access.SESSION_COOKIE)
    response.headers["clear-site-data"] = '"cache"'
    return response


@post("/locale", opt={"public": True}, sync_to_thread=True, status_code=303)
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
    return response


handlers = [home, login_page, login, link_page, login_by_link, logout, set_locale]
