"""Deciding a case, taking a decision back within a minute, and reversing one later."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.params import FromPath
from litestar.response import Redirect

from tenfold.casework import banking, notices, seconds, service
from tenfold.casework.seconds import Proposed
from tenfold.casework.service import RefusedError, Verdict
from tenfold.store import cases
from tenfold.store.database import Conn
from tenfold.web.console import ahead, pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.case import acting, read, show
from tenfold.web.console.decision_form import Wish, missing, read_wish, verdict_of
from tenfold.web.console.errors import Refused
from tenfold.web.console.queue import Toast, go_to_next, read_filter


def _with_notice(conn: Conn, case_id: int, wish: Wish) -> Verdict:
    """The verdict, with the notice to the author among what it orders, if the author shall be told."""
    verdict = verdict_of(wish)
    told = notices.order(conn, case_id=case_id, verdict=verdict) if wish.notify else None
    return verdict if told is None else msgspec.structs.replace(verdict, add=(*verdict.add, told))


def _again(
    visit: Visit, request: Request[Any, Any, Any], wish: Wish, failure: str, detail: str = ""
) -> Response[str]:
    """The case page with what is wrong, and the form as it was filled in."""
    with visit.runtime.pool.connection() as conn:
        found = read(conn, visit, request.path_params["case_id"], revealed=True)
    return show(visit, request, found, status=422, wish=wish, failure=failure, failure_detail=detail)


@post("/cases/{case_id:int}/decide", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=303)
def decide(visit: Visiting, request: Request[Any, Any, Any], case_id: FromPath[int]) -> Response[Any]:
    """Decide with all effects, then go to the next case or back to the queue, where it can be undone."""
    wish = read_wish(visit)
    failure = missing(wish)
    if failure:
        return _again(visit, request, wish, failure)
    try:
        with acting(visit) as conn:
            actor, now = visit.person.actor, datetime.now(UTC)
            verdict = _with_notice(conn, case_id, wish)
            made = seconds.or_propose(
                conn,
                lambda: service.decide(conn, case_id=case_id, verdict=verdict, actor=actor, now=now),
                actor=actor,
                now=now,
            )
    except RefusedError as error:
        return _again(visit, request, wish, "decide.refused", error.reason)
    if isinstance(made, Proposed):
        return pages.redirect(f"/seconds/{made.proposal_id}?fresh=true")
    filter_, toast = read_filter(visit.form), _toast(visit, made.decision_id, case_id, verdict)
    if visit.field("then") != "next":
        trail = filter_.trail
        return pages.redirect(f"/cases{trail}{'&' if trail else '?'}{toast.query}")
    with visit.runtime.pool.connection() as conn:
        if ahead.asked_for(visit):
            return ahead.onward(conn, visit, filter_, toast)
        return go_to_next(conn, visit, filter_, toast.query)


def _toast(visit: Visit, decision_id: int, case_id: int, verdict: Verdict) -> Toast:
    """What is said of it, and whether its media can be banked."""
    if not verdict.ground.is_violation:
        return Toast(decision_id, case_id)
    with visit.runtime.pool.connection() as conn:
        decided = cases.load(conn, [case_id])[case_id]
        return Toast(decision_id, case_id, banking.has_media(conn, decided.subject))


def _reopened(case_ids: tuple[int, ...]) -> Redirect:
    return pages.redirect(f"/cases/{case_ids[0]}?undone=true" if case_ids else "/cases")


@post(
    "/decisions/{decision_id:int}/undo",
    opt={"needs": Permission.DECIDE},
    sync_to_thread=True,
    status_code=303,
)
def undo(visit: Visiting, decision_id: FromPath[int]) -> Redirect:
    """Take one's own decision back, within a minute."""
    try:
        with acting(visit) as conn:
            reversal = service.undo(
                conn, decision_id=decision_id, actor=visit.person.actor, now=datetime.now(UTC)
            )
    except RefusedError:
        raise Refused(409, "error.undo") from None
    if visit.field("then") == "queue":
        return pages.redirect(f"/cases?reopened={len(reversal.open_cases)}")
    return _reopened(reversal.open_cases)


@post(
    "/decisions/{decision_id:int}/reverse",
    opt={"needs": Permission.REVERSE},
    sync_to_thread=True,
    status_code=303,
)
def reverse(visit: Visiting, decision_id: FromPath[int]) -> Redirect:
    """Reverse anybody's decision, with a reason that is kept."""
    reason = visit.field("reason")
    if not reason:
        raise Refused(422, "error.reason")
    try:
        with acting(visit) as conn:
            reversal = service.reverse(
                conn, decision_id=decision_id, actor=visit.person.actor, reason=reason, now=datetime.now(UTC)
            )
    except RefusedError:
        raise Refused(409, "conflict.title") from None
    return _reopened(reversal.open_cases)


handlers = [decide, undo, reverse]
