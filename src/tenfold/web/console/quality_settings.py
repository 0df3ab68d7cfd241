"""What leads set for quality: which decisions are looked at again, how often checks come, golden cases."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from tenfold.casework import quality_leads, quality_sampling
from tenfold.casework.overview_summary import share
from tenfold.casework.wishes import NotFoundError, RefusedError
from tenfold.store import people, quality, quality_results, quality_samples
from tenfold.store.database import Conn
from tenfold.taxonomy import Ground
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.decision_form import GROUNDS
from tenfold.web.console.errors import Refused
from tenfold.web.console.queue import LANGUAGES, number_of, user_ids


@contextmanager
def _changing(visit: Visit, refusal: str, missing: int = 422) -> Iterator[Conn]:
    """A transaction for one change. What is refused becomes a page with the message `refusal`, and so does
    what is not there, with the status `missing`."""
    try:
        with visit.runtime.pool.connection() as conn:
            yield conn
    except RefusedError as error:
        raise Refused(422, "error.quality_link" if error.field == "link" else refusal) from None
    except NotFoundError:
        raise Refused(missing, refusal) from None


@get("/quality/settings", opt={"needs": Permission.REVERSE}, sync_to_thread=True)
def settings_page(visit: Visiting, request: Request[Any, Any, Any]) -> Response[str]:
    """Which decisions are looked at again, how often checks are given, and golden cases."""
    with visit.runtime.pool.connection() as conn:
        samples = quality_samples.samples(conn)
        rates = quality.settings(conn)
        golden = quality_results.golden(conn)
        queues = [row[0] for row in conn.execute("SELECT DISTINCT queue FROM cases ORDER BY 1")]
        setters = [*(one.set_by for one in samples), *(one.marked_by for one in golden)]
        names = people.names(conn, user_ids(setters))
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
    with _changing(visit, "error.quality_share") as conn:
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
    return pages.redirect("/quality/settings")


@post(
    "/quality/samples/{sample_id:int}/end",
    opt={"needs": Permission.REVERSE},
    sync_to_thread=True,
    status_code=303,
)
def end_sample(visit: Visiting, sample_id: FromPath[int]) -> Redirect:
    """Draw no more by it."""
    with _changing(visit, "error.404", missing=404) as conn:
        quality_sampling.end_sample(
            conn, sample_id=sample_id, actor=visit.person.actor, now=datetime.now(UTC)
        )
    return pages.redirect("/quality/settings")


@post("/quality/rates", opt={"needs": Permission.REVERSE}, sync_to_thread=True, status_code=303)
def set_rates(visit: Visiting) -> Redirect:
    """How often checks are given."""
    with _changing(visit, "error.quality_share") as conn:
        quality_sampling.set_rates(
            conn,
            review_rate=_percent(visit, "review_rate"),
            golden_rate=_percent(visit, "golden_rate"),
            actor=visit.person.actor,
        )
    return pages.redirect("/quality/settings")


@post("/quality/golden", opt={"needs": Permission.REVERSE}, sync_to_thread=True, status_code=303)
def mark_golden(visit: Visiting) -> Redirect:
    """Make a decided case golden."""
    case_id, ground = number_of(visit.form, "case"), visit.field("ground")
    if case_id is None or ground not in set(Ground) or not visit.field("explanation"):
        raise Refused(422, "error.quality_golden")
    with _changing(visit, "error.quality_golden") as conn:
        quality_leads.mark_golden(
            conn,
            case_id=case_id,
            ground=Ground(ground),
            explanation=visit.field("explanation"),
            actor=visit.person.actor,
            now=datetime.now(UTC),
        )
    return pages.redirect("/quality/settings#golden")


@post(
    "/quality/golden/{golden_id:int}/end",
    opt={"needs": Permission.REVERSE},
    sync_to_thread=True,
    status_code=303,
)
def end_golden(visit: Visiting, golden_id: FromPath[int]) -> Redirect:
    """Give it to nobody any more."""
    with _changing(visit, "error.404", missing=404) as conn:
        quality_leads.end_golden(conn, golden_id=golden_id, actor=visit.person.actor, now=datetime.now(UTC))
    return pages.redirect("/quality/settings#golden")


handlers = [settings_page, add_sample, end_sample, set_rates, mark_golden, end_golden]
