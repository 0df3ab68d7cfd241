"""Administration of retention: what is kept how long, what the next run erases, and changing that."""

from datetime import UTC, datetime

from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from tenfold.store import chosen, people, retention
from tenfold.store.chosen import MOST, Kept
from tenfold.web.console import administration, pages
from tenfold.web.console.access import Visit, Visiting
from tenfold.web.console.administration import CHANGE, SEE
from tenfold.web.console.errors import Refused
from tenfold.web.console.queue import user_ids


@get("/admin/retention", opt=SEE, sync_to_thread=True)
def retention_page(visit: Visiting, done: FromQuery[str] = "") -> Response[str]:
    """What counts now, and what goes next."""
    return _page(visit, done=done)


def _page(visit: Visit, *, wanted: Kept | None = None, done: str = "") -> Response[str]:
    """`wanted`: what is proposed, to be shown with what it would erase before it is kept."""
    settings, now = visit.runtime.settings, datetime.now(UTC)
    with visit.runtime.pool.connection() as conn:
        kept, said = chosen.kept(conn, settings), chosen.load(conn)
        return administration.render(
            visit,
            "retention",
            "admin_retention.html",
            names=tuple(MOST),
            most=MOST,
            kept=kept,
            wanted=wanted,
            chosen=said,
            now_due=retention.due(conn, kept, now),
            then_due=retention.due(conn, wanted, now) if wanted else None,
            people=people.names(conn, user_ids(one.changed_by for one in said.values())),
            reason=visit.field("reason") if wanted else "",
            done=done == "changed",
        )


def _given(visit: Visit) -> Kept:
    values = {name: administration.number(visit.field(name)) for name in MOST}
    if any(values[name] > most for name, most in MOST.items()):
        raise Refused(422, "admin.retention.range")
    return Kept(**values)


@post("/admin/retention", opt=CHANGE, sync_to_thread=True, status_code=200)
def look(visit: Visiting) -> Response[str]:
    """What the change would erase, before it is made."""
    administration.by(visit)
    return _page(visit, wanted=_given(visit))


@post("/admin/retention/change", opt=CHANGE, sync_to_thread=True, status_code=303)
def change(visit: Visiting) -> Redirect:
    """Keep things so long from now on."""
    with visit.runtime.pool.connection() as conn:
        why, wanted = administration.by(visit), _given(visit)
        chosen.choose(conn, why, visit.runtime.settings, wanted, datetime.now(UTC))
    return pages.redirect("/admin/retention?done=changed")


handlers = [retention_page, look, change]
