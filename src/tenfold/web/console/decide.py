"""Deciding a case, taking a decision back within a minute, and reversing one later."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.params import FromPath
from litestar.response import Redirect

from tenfold.casework import answering, banking, notices, seconds, service
from tenfold.casework.answering import NothingDecidedError
from tenfold.casework.linking import LinkVerdict, StandingVerdictError
from tenfold.casework.seconds import Proposed
from tenfold.casework.service import Decided, RefusedError, Verdict
from tenfold.store import cases
from tenfold.store.database import Conn
from tenfold.taxonomy import Ground
from tenfold.web.console import ahead, pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.case import acting, read, show
from tenfold.web.console.decision_form import Wish, missing, read_wish, verdict_of
from tenfold.web.console.errors import Refused
from tenfold.web.console.queue import Toast, go_to_next, read_filter
from tenfold.web.console.returns_decide import read_wish as read_link_wish
from tenfold.web.console.returns_decide import verdict_of as link_verdict_of


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
    if found.returned["returned"]:
        found.returned["link_wish"] = read_link_wish(visit)
    return show(visit, request, found, status=422, wish=wish, failure=failure, failure_detail=detail)


@post("/cases/{case_id:int}/decide", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=303)
def decide(visit: Visiting, request: Request[Any, Any, Any], case_id: FromPath[int]) -> Response[Any]:
    """Decide with all effects, and with the link if it was judged in the same form; then go to the next case
    or back to the queue, where it can be undone."""
    wish, link = read_wish(visit), _link(visit)
    failure = _missing(wish, link)
    if failure:
        return _again(visit, request, wish, failure)
    try:
        with acting(visit) as conn:
            made = _decided(conn, visit, case_id, wish, link)
    except StandingVerdictError:
        raise Refused(409, "error.verdict") from None
    except NothingDecidedError:
        return _again(visit, request, wish, "decide.missing_ground")
    except RefusedError as error:
        return _again(visit, request, wish, "decide.refused", error.reason)
    if isinstance(made, Proposed):
        return pages.redirect(f"/seconds/{made.proposal_id}?fresh=true")
    filter_, toast = read_filter(visit.form), _toast(visit, made.decision_id, case_id, wish)
    if visit.field("then") != "next":
        trail = filter_.trail
        return pages.redirect(f"/cases{trail}{'&' if trail else '?'}{toast.query}")
    with visit.runtime.pool.connection() as conn:
        if ahead.asked_for(visit):
            return ahead.onward(conn, visit, filter_, toast)
        return go_to_next(conn, visit, filter_, toast.query)


def _link(visit: Visit) -> LinkVerdict | None:
    """What was said of the link, where the form asked and it was answered."""
    wish = read_link_wish(visit)
    return link_verdict_of(wish, (visit.field("closed"), visit.field("new"))) if wish.verdict else None


def _missing(wish: Wish, link: LinkVerdict | None) -> str | None:
    """What is to be filled in, as the message that says so. Who is not the same needs no ground, and can have
    none that rests on it."""
    if link is None or link.verdict != "different":
        return missing(wish)
    if wish.ground not in ("", Ground.NONE):
        return "decide.part_first"
    return None if wish.reason else "decide.missing_reason"


def _decided(
    conn: Conn, visit: Visit, case_id: int, wish: Wish, link: LinkVerdict | None
) -> Decided | Proposed:
    actor, now = visit.person.actor, datetime.now(UTC)
    verdict = _with_notice(conn, case_id, wish) if wish.ground else None
    if link is not None:
        return answering.answer(
            conn,
            link=link,
            case_id=case_id,
            verdict=verdict,
            actor=actor,
            now=now,
            replace=visit.may(Permission.REVERSE),
        )
    assert verdict is not None, "without a link a ground is asked for"
    return seconds.or_propose(
        conn,
        lambda: service.decide(conn, case_id=case_id, verdict=verdict, actor=actor, now=now),
        actor=actor,
        now=now,
    )


def _toast(visit: Visit, decision_id: int, case_id: int, wish: Wish) -> Toast:
    """What is said of it, and whether its media can be banked."""
    if not wish.ground or not verdict_of(wish).ground.is_violation:
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
