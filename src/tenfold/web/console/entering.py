"""How every way of logging in ends: a session, or the question for the second factor."""

from typing import Any, Final

from litestar.connection import Request
from litestar.response import Redirect

from tenfold.store import audit, people, web_sessions
from tenfold.store.database import Conn
from tenfold.store.people import Locale, User
from tenfold.store.web_sessions import CameBy
from tenfold.web.console import access, pages
from tenfold.web.console.access import Visit
from tenfold.web.console.i18n import LOCALES

STEP_COOKIE: Final = "tenfold_step"
BROWSERS: Final = (
    *(("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome")),
    *(("CriOS", "Chrome"), ("FxiOS", "Firefox"), ("Safari/", "Safari")),
)
SYSTEMS: Final = (
    *(("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iPadOS"), ("Windows", "Windows")),
    *(("Mac OS", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
)


def agent(user_agent: str) -> str:
    """Browser and system without their versions: enough to know one's own devices by, too little to follow
    anybody with. Empty if neither is known."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return ", ".join(part for part in (browser, system) if part)


def address(request: Request[Any, Any, Any]) -> str:
    """Where a request comes from, for throttling."""
    return request.client.host if request.client else ""


def let_in(
    visit: Visit,
    request: Request[Any, Any, Any],
    conn: Conn,
    user: User,
    *,
    came_by: CameBy,
    back: str,
    strong: bool = False,
    id_token: str | None = None,
) -> Redirect:
    """Let the person in, or ask for the second factor first if there is one. `strong`: it was shown, or a
    provider vouched, whose task it then is."""
    if user.second_factor and not strong:
        response = pages.redirect("/login/second")
        step = web_sessions.begin_step(conn, user.id, came_by, back)
        waiting = int(web_sessions.STEP_LIFETIME.total_seconds())
        response.set_cookie(access.cookie(visit.runtime, STEP_COOKIE, step, waiting))
        return response
    lifetime, idle = visit.runtime.settings.session_lifetimes
    session = web_sessions.start(
        conn,
        user.id,
        lifetime=lifetime,
        idle=idle,
        came_by=came_by,
        strong=strong,
        agent=agent(request.headers.get("user-agent", "")),
        id_token=id_token,
    )
    details = {"by": came_by, "second_factor": strong}
    audit.append(conn, [audit.Entry(actor=user.actor, act="login", details=details)])
    # A fresh session, never one that was there before: nobody can hand a person a session to use.
    response = pages.redirect(access.safe_return(back))
    seconds = int(lifetime.total_seconds())
    response.set_cookie(access.cookie(visit.runtime, access.SESSION_COOKIE, session, seconds))
    locale = _locale(request, conn, user)
    response.set_cookie(access.cookie(visit.runtime, access.LOCALE_COOKIE, locale, access.YEAR))
    response.delete_cookie(access.DOOR_COOKIE)
    return response


def _locale(request: Request[Any, Any, Any], conn: Conn, user: User) -> Locale:
    """The language that the person picked on the way in, theirs from now on; else theirs."""
    picked = request.cookies.get(access.DOOR_COOKIE)
    locale = next((known for known in LOCALES if known == picked), user.locale)
    if locale != user.locale:
        people.set_preferences(conn, user.id, locale=locale, blur=user.blur, shortcuts=user.shortcuts)
    return locale
