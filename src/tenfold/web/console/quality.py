"""Quality: how far people agree, one's own golden cases, and the disagreements that leads resolve."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from tenfold.casework import quality_agreement, quality_leads
from tenfold.casework.overview_summary import ENOUGH, share
from tenfold.casework.wishes import CaseConflictError, NotFoundError, RefusedError
from tenfold.store import people, quality_results
from tenfold.store.database import Conn
from tenfold.store.quality_results import Score
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visiting
from tenfold.web.console.errors import Refused
from tenfold.web.console.queue import user_ids

SPAN: Final = timedelta(days=90)
SHOWN: Final = 50  # disagreements
OUTCOMES: Final[tuple[quality_leads.Outcome, ...]] = ("first", "second", "unclear")


def _people(conn: Conn, actors: set[str]) -> dict[int, str]:
    return people.names(conn, user_ids(actors))


def _summed(scores: list[Score], *, practice: bool) -> dict[str, tuple[int, int]]:
    """Right answers and all answers by person."""
    found: dict[str, tuple[int, int]] = {}
    for one in scores:
        if one.practice == practice:
            right, answered = found.get(one.actor, (0, 0))
            found[one.actor] = (right + one.right, answered + one.answered)
    return found


@get("/quality", opt={"needs": Permission.READ}, sync_to_thread=True)
def quality_page(visit: Visiting, request: Request[Any, Any, Any]) -> Response[str]:
    """Agreement for everybody, one's own answers, and for leads those of all people."""
    now, lead = datetime.now(UTC), visit.may(Permission.REVERSE)
    with visit.runtime.pool.connection() as conn:
        found = quality_agreement.agreements(quality_results.pairs(conn, now - SPAN, now))
        outcomes = quality_results.outcomes(conn, now - SPAN, now)
        own = quality_results.scores(conn, visit.person.actor)
        scores = quality_results.scores(conn) if lead else []
        waiting = quality_results.waiting(conn)
        differ = len(quality_results.differing(conn, resolved=False, limit=SHOWN))
        pairs = found.by_people if lead else {}
        names = _people(conn, {one.actor for one in scores} | {actor for two in pairs for actor in two})
    return pages.render(
        visit,
        "quality.html",
        section="overview",
        found=found,
        pairs=pairs,
        outcomes=outcomes,
        own=own,
        own_sum=_summed(own, practice=False).get(visit.person.actor, (0, 0)),
        scores=_summed(scores, practice=False),
        practised=_summed(scores, practice=True),
        lead=lead,
        waiting=waiting,
        differ=differ,
        none_left="none" in request.query_params,
        share=share,
        enough=ENOUGH,
        days=SPAN.days,
        people=names,
    )


@get("/quality/differ", opt={"needs": Permission.REVERSE}, sync_to_thread=True)
def differ_page(visit: Visiting) -> Response[str]:
    """Disagreements to talk about, and those that were resolved last."""
    with visit.runtime.pool.connection() as conn:
        open_ = quality_results.differing(conn, resolved=False, limit=SHOWN)
        resolved = quality_results.differing(conn, resolved=True, limit=SHOWN)
        actors = {
            actor
            for one in (*open_, *resolved)
            for actor in (one.first_author, one.second_author, one.resolved_by)
            if actor
        }
        names = _people(conn, actors)
    return pages.render(
        visit,
        "quality_differ.html",
        section="overview",
        open=open_,
        resolved=resolved,
        outcomes=OUTCOMES,
        people=names,
    )


@post(
    "/quality/reviews/{review_id:int}/resolve",
    opt={"needs": Permission.REVERSE},
    sync_to_thread=True,
    status_code=303,
)
def resolve(visit: Visiting, review_id: FromPath[int]) -> Redirect:
    """Conclude a disagreement, and reverse the decision if that is asked for."""
    outcome = next((one for one in OUTCOMES if one == visit.field("outcome")), None)
    if outcome is None or not visit.field("words"):
        raise Refused(422, "error.reason")
    try:
        with visit.runtime.pool.connection() as conn:
            quality_leads.resolve(
                conn,
                review_id=review_id,
                outcome=outcome,
                words=visit.field("words"),
                actor=visit.person.actor,
                now=datetime.now(UTC),
                take_back=visit.field("take_back") == "on",
            )
    except NotFoundError:
        raise NotFoundException from None
    except (RefusedError, CaseConflictError):
        raise Refused(409, "error.quality_resolve") from None
    return pages.redirect("/quality/differ")


handlers = [quality_page, differ_page, resolve]
