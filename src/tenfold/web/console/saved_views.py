"""Keeping the queue's filters under a name, and removing such a view."""

from litestar import post
from litestar.params import FromPath
from litestar.response import Redirect

from tenfold.store import saved_views
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visiting
from tenfold.web.console.errors import Refused
from tenfold.web.console.queue import read_filter


@post("/views", opt={"needs": Permission.READ}, sync_to_thread=True, status_code=303)
def keep(visit: Visiting) -> Redirect:
    """Keep the filters that the form carries; sharing them is for leads."""
    query = read_filter(visit.form).query(cursor="")
    shared = visit.field("shared") == "on" and visit.may(Permission.REVERSE)
    try:
        with visit.runtime.pool.connection() as conn:
            saved_views.keep(conn, visit.person.id, visit.field("name"), query, shared=shared)
    except ValueError:
        raise Refused(422, "error.view") from None
    return pages.redirect(f"/cases{query}")


@post("/views/{view_id:int}/remove", opt={"needs": Permission.READ}, sync_to_thread=True, status_code=303)
def remove(visit: Visiting, view_id: FromPath[int]) -> Redirect:
    """Remove one's own view."""
    with visit.runtime.pool.connection() as conn:
        saved_views.remove(conn, visit.person.id, view_id)
    return pages.redirect(f"/cases{read_filter(visit.form).query(cursor='')}")


handlers = [keep, remove]
