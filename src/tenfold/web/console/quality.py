"""Quality: how far people agree, one's own golden cases, and what leads set, resolve and mark."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from tenfold.casework import quality_agreement, quality_leads, quality_sampling
from tenfold.casework.overview_summary import ENOUGH, share
from tenfold.casework.wishes import CaseConflictError, NotFoundError, RefusedError
from tenfold.store import people, quality, quality_results, quality_samples
from tenfold.store.database import Conn
from tenfold.store.quality_results import Score
from tenfold.taxonomy import Ground
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.decision_form import GROUNDS
from tenfold.web.console.errors import Refused
from tenfold.web.console.queue import LANGUAGES, number_of, user_ids

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


@get("/quality/settings", opt={"needs": Permission.REVERSE}, sync_to_thread=True)
def settings_page(visit: Visiting, request: Request[Any, Any, Any]) -> Response[str]:
    """Which decisions are looked at again, how often checks are given, and golden cases."""
    with visit.runtime.pool.connection() as conn:
        samples = quality_samples.samples(conn)
        rates = quality.settings(conn)
        golden = quality_results.golden(conn)
        queues = [row[0] for row in conn.execute("SELECT DISTINCT queue FROM cases ORDER BY 1")]
        names = _people(conn, {*(one.set_by for one in samples), *(one.marked_by for one in golden)})
    return pages.render(
        visit,
        "quality_settings.html",
        section="overview",
        samples=samples,
        rates=rates,
        golden=golden,
        queues=queues,
        grounds=[code for code, _ in GROUNDS],
        languages=LANGUAGES,
        case_id=number_of(request.query_params, "case"),
        share=share,
        people=names,
    )


def _percent(visit: Visit, name: str) -> float:
    """A field in percent as a share; Refused if it is none."""
    try:
        return float(visit.field(name).replace(",", ".")) / 100
    except ValueError:
        raise Refused(422, "error.quality_share") from None


@post("/quality/samples", opt={"needs": Permission.REVERSE}, sync_to_thread=True, status_code=303)
def add_sample(visit: Visiting) -> Redirect:
    """Have a share of decisions looked at again."""
    try:
        with visit.runtime.pool.connection() as conn:
            quality_sampling.set_sample(
                conn,
                share=_percent(visit, "share"),
                queue=visit.field("queue") or None,
                ground=visit.field("ground") or None,
                language=visit.field("language") or None,
                seed=visit.field("seed"),
                actor=visit.person.actor,
                now=datetime.now(UTC),
            )
    except RefusedError:
        raise Refused(422, "error.quality_share") from None
    return pages.redirect("/quality/settings")


@post(
    "/quality/samples/{sample_id:int}/end",
    opt={"needs": Permission.REVERSE},
    sync_to_thread=True,
    status_code=303,
)
def end_sample(visit: Visiting, sample_id: FromPath[int]) -> Redirect:
    """Draw no more by it."""
    with visit.runtime.pool.connection() as conn:
        try:
            quality_sampling.end_sample(
                conn, sample_id=sample_id, actor=visit.person.actor, now=datetime.now(UTC)
            )
        except NotFoundError:
            raise NotFoundException from None
    return pages.redirect("/quality/settings")


@post("/quality/rates", opt={"needs": Permission.REVERSE}, sync_to_thread=True, status_code=303)
def set_rates(visit: Visiting) -> Redirect:
    """How often checks are given."""
    try:
        with visit.runtime.pool.connection() as conn:
            quality_sampling.set_rates(
                conn,
                review_rate=_percent(visit, "review_rate"),
                golden_rate=_percent(visit, "golden_rate"),
                actor=visit.person.actor,
            )
    except RefusedError:
        raise Refused(422, "error.quality_share") from None
    return pages.redirect("/quality/settings")


@post("/quality/golden", opt={"needs": Permission.REVERSE}, sync_to_thread=True, status_code=303)
def mark_golden(visit: Visiting) -> Redirect:
    """Make a decided case golden."""
    case_id, ground = number_of(visit.form, "case"), visit.field("ground")
    if case_id is None or ground not in set(Ground) or not visit.field("explanation"):
        raise Refused(422, "error.quality_golden")
    try:
        with visit.runtime.pool.connection() as conn:
            quality_leads.mark_golden(
                conn,
                case_id=case_id,
                ground=Ground(ground),
                explanation=visit.field("explanation"),
                actor=visit.person.actor,
                now=datetime.now(UTC),
            )
    except RefusedError as error:
        raise Refused(422, f"error.quality_{'link' if error.field == 'link' else 'golden'}") from None
    except NotFoundError:
        raise Refused(422, "error.quality_golden") from None
    return pages.redirect("/quality/settings#golden")


@post(
    "/quality/golden/{golden_id:int}/end",
    opt={"needs": Permission.REVERSE},
    sync_to_thread=True,
    status_code=303,
)
def end_golden(visit: Visiting, golden_id: FromPath[int]) -> Redirect:
    """Give it to nobody any more."""
    with visit.runtime.pool.connection() as conn:
        try:
            quality_leads.end_golden(
                conn, golden_id=golden_id, actor=visit.person.actor, now=datetime.now(UTC)
            )
        except NotFoundError:
            raise NotFoundException from None
    return pages.redirect("/quality/settings#golden")


handlers = [
    quality_page,
    differ_page,
    resolve,
    settings_page,
    add_sample,
    end_sample,
    set_rates,
    mark_golden,
    end_golden,
]
