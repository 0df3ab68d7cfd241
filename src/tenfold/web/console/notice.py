"""What the author would be told if the case were decided as the form stands."""

from litestar import Response, post
from litestar.params import FromPath

from tenfold.casework import notices
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visiting
from tenfold.web.console.decision_form import read_wish, verdict_of


@post("/cases/{case_id:int}/notice", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=200)
def preview(visit: Visiting, case_id: FromPath[int]) -> Response[str]:
    """The notice in the author's language; htmx gets it alone. Nothing is kept or sent."""
    wish = read_wish(visit)
    wish.purpose = wish.purpose or "none"  # not answered yet: what would be told if it is a violation
    told = None
    if wish.ground and wish.notify:
        with visit.runtime.pool.connection() as conn:
            told = notices.preview(conn, case_id=case_id, verdict=verdict_of(wish))
    template = "parts/notice.html" if visit.fragment else "notice.html"
    return pages.render(visit, template, section="cases", case_id=case_id, told=told, wish=wish)


handlers = [preview]
