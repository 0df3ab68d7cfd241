"""Parts of a case's page that come after it: what stands around its subject, and cases like it.

Each is a page of its own for a browser without scripts, and a part for htmx. A page on which the texts were
revealed asks with the token of that.
"""

from datetime import UTC, datetime
from typing import Any, Final

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from tenfold.casework import context, precedents, views
from tenfold.store.database import Conn
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.sparing import spare, was_shown

LONGEST: Final = 700  # characters of a post around that are shown
JUST_NOW: Final = 24 * 3600  # seconds: a near copy decided within them is offered as a pattern


def _case(conn: Conn, case_id: int) -> views.CaseRow:
    found = views.cases_named(conn, case_ids=[case_id], now=datetime.now(UTC))
    if not found:
        raise NotFoundException
    return found[0]


def _part(visit: Visit, part: str, title: str, case: views.CaseRow, **values: Any) -> Response[str]:
    template = f"parts/{part}.html" if visit.fragment else "around.html"
    return pages.render(
        visit, template, section="cases", case=case, part=f"parts/{part}.html", title=title, **values
    )


@get("/cases/{case_id:int}/context", opt={"needs": Permission.READ}, sync_to_thread=True)
def context_part(
    visit: Visiting, case_id: FromPath[int], wide: FromQuery[int] = 1, shown: FromQuery[str] = ""
) -> Response[str]:
    """The conversation, the group, or what the author wrote around it."""
    with visit.runtime.pool.connection() as conn:
        case = _case(conn, case_id)
        spared = spare(conn, visit, revealed=was_shown(visit, case_id, shown))
        found = context.around(conn, case.subject, wide)
    return _part(
        visit, "context", "context.title", case,
        around=found, spared=spared, wide=max(1, min(wide, context.WIDEST)), shown=shown,
        widest=context.WIDEST, LONGEST=LONGEST,
    )  # fmt: skip


@get("/cases/{case_id:int}/similar", opt={"needs": Permission.READ}, sync_to_thread=True)
def similar_part(visit: Visiting, case_id: FromPath[int], shown: FromQuery[str] = "") -> Response[str]:
    """Precedents; and, out of place, the near copies that wait, for the decision form."""
    with visit.runtime.pool.connection() as conn:
        case = _case(conn, case_id)
        spared = spare(conn, visit, revealed=was_shown(visit, case_id, shown))
        found = precedents.similar(conn, case_id)
    assert found is not None, "the case was there a moment ago"
    lately = datetime.now(UTC).timestamp() - JUST_NOW
    pattern = next(
        (
            like
            for like in found.precedents
            if like.is_copy and like.state == "in_force" and like.decided_at
            and like.decided_at.timestamp() > lately
        ),
        None,
    )  # fmt: skip
    return _part(visit, "similar", "precedents.title", case, found=found, spared=spared, pattern=pattern)


handlers = [context_part, similar_part]
