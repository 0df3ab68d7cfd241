"""Appeals: what waits by deadline, one appeal beside the decision it is about, and deciding it."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, get_args

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from tenfold.casework import appeal_deciding, appeal_since, views
from tenfold.casework.appeal_deciding import AppealVerdict, Outcome
from tenfold.casework.appeals import AppealConflictError
from tenfold.casework.lists import read_decisions
from tenfold.casework.service import NotFoundError, RefusedError
from tenfold.store import actions, appeals, cases, people
from tenfold.store.appeals import Appeal
from tenfold.store.database import Conn
from tenfold.taxonomy import ActionKind, Ground
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.case_findings import marked_fields
from tenfold.web.console.decision_form import GROUNDS
from tenfold.web.console.errors import Refused
from tenfold.web.console.queue import user_ids
from tenfold.web.console.sparing import spare

SHOWN: Final = 50
FIGURE_DAYS: Final = 90
# Outcomes with the key that picks each, and the refusal that each part of a wish gets.
OUTCOMES: Final = (("upheld", "1"), ("partly", "2"), ("overturned", "3"))
FAILURES: Final = {"actor": "appeals.four_eyes", "reason": "decide.missing_reason"}
VIOLATIONS: Final = tuple(code for code, _ in GROUNDS if Ground(code).is_violation)


@get("/appeals", opt={"needs": Permission.READ}, sync_to_thread=True)
def appeals_page(visit: Visiting, request: Request[Any, Any, Any]) -> Response[str]:
    """What waits, the most overdue first (or what was decided last), and how often decisions are changed."""
    now, decided = datetime.now(UTC), request.query_params.get("state") == "decided"
    with visit.runtime.pool.connection() as conn:
        found = appeals.page(conn, decided=decided, limit=SHOWN)
        waiting, overdue = appeals.waiting(conn, now)
        figures = appeals.figures(conn, span=timedelta(days=FIGURE_DAYS), now=now)
        names = people.names(conn, user_ids(who for one in found for who in (one.claimed_by, one.decided_by)))
        spared = spare(conn, visit)
    return pages.render(
        visit,
        "appeals.html",
        section="appeals",
        found=found,
        decided=decided,
        waiting=waiting,
        overdue=overdue,
        figures=figures,
        days=FIGURE_DAYS,
        spared=spared,
        people=names,
        none_left="none" in request.query_params,
    )


@post("/appeals/next", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=303)
def take_next(visit: Visiting) -> Redirect:
    """Claim the most urgent appeal that the person may decide."""
    lease = timedelta(minutes=visit.runtime.settings.lease_minutes)
    with visit.runtime.pool.connection() as conn:
        taken = appeal_deciding.take_next(conn, actor=visit.person.actor, lease=lease, now=datetime.now(UTC))
    return pages.redirect(f"/appeals/{taken}" if taken else "/appeals?none=true")


@get("/appeals/{appeal_id:int}", opt={"needs": Permission.READ}, sync_to_thread=True)
def appeal_page(visit: Visiting, appeal_id: FromPath[int]) -> Response[str]:
    """The user's words, the decision and its evidence, what has changed since, and the form."""
    return _shown(visit, appeal_id)


@post("/appeals/{appeal_id:int}/reveal", opt={"needs": Permission.READ}, sync_to_thread=True, status_code=200)
def reveal(visit: Visiting, appeal_id: FromPath[int]) -> Response[str]:
    """The same with its texts readable."""
    return _shown(visit, appeal_id, revealed=True)


def _shown(
    visit: Visit,
    appeal_id: int,
    *,
    wish: AppealVerdict | None = None,
    failure: str | None = None,
    detail: str = "",
    revealed: bool = False,
) -> Response[str]:
    now, actor = datetime.now(UTC), visit.person.actor
    with visit.runtime.pool.connection() as conn:
        appeal = appeals.get(conn, appeal_id)
        if appeal is None:
            raise NotFoundException
        told = _about(conn, appeal)
        makers = appeals.makers(conn, appeal.decision_id)
        spared = spare(conn, visit, revealed=revealed or wish is not None)
        view = (
            views.case_view(conn, case_id=appeal.case_id, viewer=actor, now=now, act="appeal.viewed")
            if appeal.case_id is not None
            else None
        )
        since = appeal_since.since(conn, appeal, told["decided_at"])
        actors = [*makers, appeal.claimed_by, appeal.decided_by, *(one.author for one in since.later)]
        reversed_by = told["decision"].reversed_by if told["decision"] else None
        names = people.names(conn, user_ids([*actors, reversed_by]))
    holder = appeal.holder(now)
    return pages.render(
        visit,
        "appeal.html",
        200 if failure is None else 422,
        section="appeals",
        appeal=appeal,
        view=view,
        fields=marked_fields(view, spared) if view else [],
        spared=spared,
        since=since,
        people=names,
        outcomes=OUTCOMES,
        grounds=VIOLATIONS,
        fitting=[kind.value for kind in appeal_deciding.fitting(told["about"].kind)],
        wish=wish,
        failure=failure,
        failure_detail=detail,
        four_eyes=actor in makers,
        in_hand=holder if holder != actor else None,
        may_decide=visit.may(Permission.DECIDE),
        **told,
    )


def _about(conn: Conn, appeal: Appeal) -> dict[str, Any]:
    """The decision, or what a rule did; what was ordered; when; and what the case is about."""
    if appeal.decision_id is not None:
        (decision,) = read_decisions(conn, "id = %(id)s", {"id": appeal.decision_id})
        ordered = [
            one
            for one in actions.of_decisions(conn, [decision.id])
            if one.reverses is None and one.state != "withdrawn" and one.kind != ActionKind.NOTIFY
        ]
        about = cases.load(conn, [decision.case_id])[decision.case_id].subject
        return {"decision": decision, "ordered": ordered, "decided_at": decision.decided_at, "about": about}
    assert appeal.action_id is not None
    (action,) = actions.load(conn, [appeal.action_id])
    return {"decision": None, "ordered": [action], "decided_at": action.created_at, "about": appeal.subject}


def _read_wish(visit: Visit) -> AppealVerdict | None:
    """The form; None when no outcome is picked. Values that it does not offer are left out."""
    outcome = next((one for one in get_args(Outcome) if one == visit.field("outcome")), None)
    if outcome is None:
        return None
    ground = visit.field("ground")
    return AppealVerdict(
        outcome=outcome,
        reason=visit.field("reason"),
        ground=Ground(ground) if ground in VIOLATIONS else None,
        actions=tuple(kind for kind in ActionKind if kind.value in visit.fields("action")),
        exception=visit.field("exception") == "on",
    )


@post(
    "/appeals/{appeal_id:int}/decide", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=303
)
def decide(visit: Visiting, appeal_id: FromPath[int]) -> Response[Any]:
    """Decide it with all effects; the user is told in their language."""
    wish = _read_wish(visit)
    if wish is None:
        return _shown(visit, appeal_id, failure="appeals.missing_outcome")
    if not wish.reason:
        return _shown(visit, appeal_id, wish=wish, failure="decide.missing_reason")
    try:
        with visit.runtime.pool.connection() as conn:
            appeal_deciding.decide_appeal(
                conn, appeal_id=appeal_id, verdict=wish, actor=visit.person.actor, now=datetime.now(UTC)
            )
    except NotFoundError:
        raise NotFoundException from None
    except AppealConflictError:
        raise Refused(409, "error.appeal_taken") from None
    except RefusedError as error:
        key = FAILURES.get(error.field, f"appeals.refused.{error.field}")
        return _shown(visit, appeal_id, wish=wish, failure=key, detail=error.reason)
    return pages.redirect(f"/appeals/{appeal_id}")


@post(
    "/appeals/{appeal_id:int}/release", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=303
)
def release(visit: Visiting, appeal_id: FromPath[int]) -> Redirect:
    """Give it back."""
    try:
        with visit.runtime.pool.connection() as conn:
            appeal_deciding.release(
                conn, appeal_id=appeal_id, actor=visit.person.actor, now=datetime.now(UTC)
            )
    except NotFoundError:
        raise NotFoundException from None
    except AppealConflictError:
        raise Refused(409, "error.appeal_taken") from None
    return pages.redirect("/appeals")


handlers = [appeals_page, take_next, appeal_page, reveal, decide, release]
