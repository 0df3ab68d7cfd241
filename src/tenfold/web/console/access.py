"""Who is at the console: session, language, roles, and the check that a form is our own.

`enter` runs before every handler of the console. Forms carry a token that is an HMAC over the
session's cookie (before login: over a cookie of the visit), so a page of another site can neither
read nor make one, and a token of one session is worth nothing in another.
"""

import hmac
import secrets
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec
from anyio import to_thread
from litestar import Request
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException

from tenfold.store import web_sessions
from tenfold.store.people import Locale, User
from tenfold.store.web_sessions import Found
from tenfold.taxonomy import Role
from tenfold.web.console.i18n import LOCALES, TRANSLATORS, Translator, preferred_locale
from tenfold.web.runtime import Runtime

SESSION_COOKIE: Final = "tenfold_session"
VISIT_COOKIE: Final = "tenfold_visit"
LOCALE_COOKIE: Final = "tenfold_locale"
DOOR_COOKIE: Final = "tenfold_door"  # the language that was picked before logging in
CSRF_FIELD: Final = "csrf"
CSRF_HEADER: Final = "x-csrf-token"
YEAR: Final = 365 * 24 * 3600  # seconds


class SecondFactorNeeded(Exception):  # noqa: N818 - it is an answer, not a fault
    """One of the person's roles asks for a second factor: only the pages that enrol one are open."""


class Permission(StrEnum):
    """What the console asks of a person before a page or a form."""

    READ = "read"  # see cases and what people wrote
    DECIDE = "decide"  # claim, note, decide, undo one's own decisions
    REVERSE = "reverse"  # undo anybody's decision, at any time
    OPERATE = "operate"  # send dead deliveries again
    THREATS = "threats"  # the desk: threats, their figures, referrals
    PROTECT = "protect"  # who is watched over
    POLICY = "policy"  # write rules, test them, put them in force
    INSPECT = "inspect"  # see who may what and what runs: people, keys, webhooks, banks, retention
    ADMINISTER = "administer"  # change that


_GRANTS: Final[dict[Role, frozenset[Permission]]] = {
    Role.MODERATOR: frozenset({Permission.READ, Permission.DECIDE}),
    Role.LEAD: frozenset(Permission) - {Permission.PROTECT, Permission.INSPECT, Permission.ADMINISTER},
    Role.POLICY: frozenset({Permission.READ, Permission.POLICY}),
    Role.SECURITY: frozenset({Permission.READ, Permission.DECIDE, Permission.THREATS, Permission.PROTECT}),
    Role.ADMIN: frozenset({Permission.OPERATE, Permission.INSPECT, Permission.ADMINISTER}),
    Role.AUDITOR: frozenset({Permission.READ, Permission.INSPECT}),
}


def may(user: User, permission: Permission) -> bool:
    """Whether one of the user's roles grants it."""
    return any(permission in _GRANTS[role] for role in user.roles)


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One request of one person. `form` is empty but for POST; `anchor` is what the CSRF token covers."""

    runtime: Runtime
    translator: Translator
    user: User | None
    session: int | None = None  # its number
    strong: bool = False  # a second factor was shown, or a provider vouched
    anchor: str
    new_anchor: bool
    csrf: str
    path: str  # with its query, to come back to
    fragment: bool  # asked for by htmx: answer with the part alone
    form: Mapping[str, Any]

    @property
    def person(self) -> User:
        """The user, in handlers that need one."""
        assert self.user is not None, "the handler is public"
        return self.user

    def may(self, permission: Permission) -> bool:
        """Whether one of the person's roles grants it."""
        return self.user is not None and may(self.user, permission)

    @property
    def weak(self) -> bool:
        """Whether one of the person's roles asks for a second factor and this session has none."""
        asked = self.runtime.settings.second_factor_roles
        return self.user is not None and not self.strong and not self.user.roles.isdisjoint(asked)

    def field(self, name: str) -> str:
        """A text field of the form without spaces around it; empty when missing or a file."""
        value = self.form.get(name, "")
        return value.replace("\0", "").strip() if isinstance(value, str) else ""

    def fields(self, name: str) -> list[str]:
        """All values of a field that may come several times (checkboxes)."""
        values = self.form.getall(name, []) if hasattr(self.form, "getall") else []
        return [value for value in values if isinstance(value, str)]


Visiting = NamedDependency[Visit]  # what handlers write for their parameter `visit`


def csrf_token(secret: bytes, anchor: str) -> str:
    """The token that forms of this session (or visit) carry."""
    return hmac.new(secret, b"csrf\0" + anchor.encode(), "sha256").hexdigest()


def cookie(runtime: Runtime, name: str, value: str, max_age: int | None) -> Cookie:
    """A cookie as all of ours are: not for scripts, not for other sites' forms."""
    return Cookie(
        key=name,
        value=value,
        path="/",
        max_age=max_age,
        httponly=True,
        samesite="lax",
        secure=runtime.settings.secure_cookies,
    )


def _find_session(runtime: Runtime, token: str) -> Found | None:
    lifetime, idle = runtime.settings.session_lifetimes
    with runtime.pool.connection() as conn:
        return web_sessions.find(conn, token, lifetime=lifetime, idle=idle)


def _locale(request: Request[Any, Any, Any], user: User | None) -> Locale:
    if user is not None:
        return user.locale
    chosen = request.cookies.get(LOCALE_COOKIE)
    for locale in LOCALES:
        if chosen == locale:
            return locale
    runtime: Runtime = request.app.state.runtime
    return preferred_locale(request.headers.get("accept-language", ""), runtime.settings.locale)


async def look(request: Request[Any, Any, Any]) -> Visit:
    """Who asks, in which language; checks nothing. Kept for the request, so errors can use it too."""
    known = request.scope["state"].get("visit")
    if isinstance(known, Visit):
        return known
    runtime: Runtime = request.app.state.runtime
    token = request.cookies.get(SESSION_COOKIE, "")
    found = await to_thread.run_sync(_find_session, runtime, token) if token else None
    user = found.user if found else None
    anchor = token if user else request.cookies.get(VISIT_COOKIE, "")
    fresh = not anchor
    anchor = anchor or secrets.token_urlsafe(32)
    query = f"?{request.url.query}" if request.url.query else ""
    visit = Visit(
        runtime=runtime,
        translator=TRANSLATORS[_locale(request, user)],
        user=user,
        session=found.id if found else None,
        strong=found is not None and found.strong,
        anchor=anchor,
        new_anchor=fresh,
        csrf=csrf_token(runtime.secret, anchor),
        path=request.url.path + query,
        fragment=request.headers.get("hx-request") == "true",
        form=await request.form() if request.method == "POST" else {},
    )
    request.scope["state"]["visit"] = visit
    return visit


async def enter(request: Request[Any, Any, Any]) -> None:
    """Before every handler: the form's token, then login, then the permission the handler names."""
    visit = await look(request)
    if request.method == "POST":
        given = request.headers.get(CSRF_HEADER) or visit.field(CSRF_FIELD)
        if visit.new_anchor or not secrets.compare_digest(given.encode(), visit.csrf.encode()):
            raise PermissionDeniedException("csrf")
    options = request.route_handler.opt
    if options.get("public"):
        return
    if visit.user is None:
        raise NotAuthorizedException
    if visit.weak and not options.get("weak"):
        raise SecondFactorNeeded
    needed = options.get("needs")
    if needed is not None and not visit.may(needed):
        raise PermissionDeniedException("role")


def provide_visit(request: Request[Any, Any, Any]) -> Visit:
    """The dependency `visit` of handlers: what `enter` found."""
    visit = request.scope["state"]["visit"]
    assert isinstance(visit, Visit)
    return visit


def safe_return(path: str) -> str:
    """`path` if it is an address of this site, else the first page: no open redirects."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if inside else "/"
