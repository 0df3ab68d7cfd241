"""Administration of API keys: made, shown once, seen in use, revoked."""

from datetime import UTC, datetime, timedelta

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from tenfold.store import key_changes, keys
from tenfold.store.keys import Scope
from tenfold.web.console import administration, pages
from tenfold.web.console.access import Visit, Visiting
from tenfold.web.console.administration import CHANGE, SEE

MAX_DAYS = 36_500


@get("/admin/keys", opt=SEE, sync_to_thread=True)
def list_page(visit: Visiting, done: FromQuery[str] = "") -> Response[str]:
    """Every key, and the form for one more."""
    return _list(visit, done=done)


def _list(
    visit: Visit, status: int = 200, *, failure: str = "", token: str = "", done: str = ""
) -> Response[str]:
    with visit.runtime.pool.connection() as conn:
        found = keys.list_keys(conn)
    return administration.render(
        visit,
        "keys",
        "admin_keys.html",
        status,
        rows=sorted(found, key=lambda key: (not key.usable(datetime.now(UTC)), -key.id)),
        scopes=tuple(Scope),
        failure=failure,
        token=token,
        done=done if done == "revoked" else "",
    )


@post("/admin/keys", opt=CHANGE, sync_to_thread=True, status_code=200)
def create(visit: Visiting) -> Response[str]:
    """Make a key; the page shows it, this once."""
    why, days = administration.by(visit), visit.field("days")
    chosen = set(visit.fields("scope"))
    try:
        ends = min(administration.number(days), MAX_DAYS) if days else 0
        with visit.runtime.pool.connection() as conn:
            _, token = key_changes.create(
                conn,
                why,
                visit.runtime.secret,
                name=visit.field("name")[:200],
                scopes=[scope for scope in Scope if scope in chosen],
                expires_at=datetime.now(UTC) + timedelta(days=ends) if ends else None,
            )
    except ValueError as error:
        return _list(visit, 422, failure=str(error))
    return _list(visit, token=token)


@post("/admin/keys/{key:str}/revoke", opt=CHANGE, sync_to_thread=True, status_code=303)
def revoke(visit: Visiting, key: FromPath[str]) -> Redirect:
    """End a key for good."""
    with visit.runtime.pool.connection() as conn:
        if key_changes.revoke(conn, administration.by(visit), administration.number(key)) is None:
            raise NotFoundException
    return pages.redirect("/admin/keys?done=revoked")


handlers = [list_page, create, revoke]
