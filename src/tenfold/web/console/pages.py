"""Templates into responses, with the headers that every page carries."""

from datetime import UTC, datetime
from typing import Any, Final

import jinja2
import psycopg
from litestar import MediaType, Response
from litestar.response import Redirect
from psycopg_pool import PoolClosed, PoolTimeout

from tenfold.store import inbox, threat_pages
from tenfold.web.console import access, assets, keys
from tenfold.web.console.access import Permission, Visit
from tenfold.web.console.i18n import LOCALES, TRANSLATORS
from tenfold.web.console.sparing import AsLiked

# No inline script or style, nothing from elsewhere, no frame around us.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
HEADERS: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}

_environment = jinja2.Environment(
    loader=jinja2.PackageLoader("tenfold.web.console"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_environment.globals |= {
    "asset": assets.address,
    "translators": [TRANSLATORS[locale] for locale in LOCALES],
    "Permission": Permission,
    "COMMAND_GROUPS": keys.GROUPS,
}


def markup(visit: Visit, template: str, **values: Any) -> str:
    """A page, or a part of one, in the visitor's language."""
    words = visit.translator
    context: dict[str, Any] = {
        "visit": visit,
        "user": visit.user,
        "words": words,
        "t": words.html,
        "text": words.text,
        "name": words.name,
        "number": words.number,
        "now": datetime.now(UTC),
        "spared": AsLiked(visit),
        "threats_waiting": waiting(visit),
        "messages_waiting": messages_waiting(visit),
    }
    html = _environment.get_template(template).render(context | values)
    return keys.shown(html, visit.user.keys) if visit.user else html


def render(visit: Visit, template: str, status_code: int = 200, **values: Any) -> Response[str]:
    """The same as a response."""
    content = markup(visit, template, **values)
    response = Response(content, media_type=MediaType.HTML, status_code=status_code)
    if visit.new_anchor:
        response.set_cookie(access.cookie(visit.runtime, access.VISIT_COOKIE, visit.anchor, None))
    return response


def waiting(visit: Visit) -> int:
    """How many T0 and T1 wait for a person, for those who may see them; 0 when the store does not answer."""
    if visit.fragment or not visit.may(Permission.THREATS):
        return 0
    try:
        with visit.runtime.pool.connection(timeout=2) as conn:
            return threat_pages.waiting(conn)
    except (psycopg.OperationalError, PoolTimeout, PoolClosed):
        return 0


def messages_waiting(visit: Visit) -> int:
    """How many messages the person has not seen; 0 when the store does not answer."""
    if visit.fragment or not visit.may(Permission.READ):
        return 0
    try:
        with visit.runtime.pool.connection(timeout=2) as conn:
            return inbox.unseen(conn, visit.person.id)
    except (psycopg.OperationalError, PoolTimeout, PoolClosed):
        return 0


def redirect(path: str) -> Redirect:
    """See other: what a form leads to."""
    return Redirect(path, status_code=303)


def harden(response: Response[Any]) -> Response[Any]:
    """Add the security headers; nothing but static files may be kept by browser or proxy."""
    for header, value in HEADERS.items():
        response.headers.setdefault(header, value)
    response.headers.setdefault("cache-control", "no-store")
    return response
