"""Deciding about a link: the same people, not the same, can't tell; and taking that back."""

from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response, post
from litestar.params import FromPath
from litestar.response import Redirect

from tenfold.casework import linking, returns_list
from tenfold.casework.linking import LinkDecided, LinkReversed, LinkVerdict, StandingVerdictError
from tenfold.casework.service import RefusedError
from tenfold.casework.shared_values import DAYS, SHAREABLE, WHYS, SharedWish
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.case import acting
from tenfold.web.console.errors import Refused
from tenfold.web.console.queue import go_to_next, number_of
from tenfold.web.console.queue import read_filter as read_queue_filter
from tenfold.web.console.returns import Wish, pair_page, place


def read_wish(visit: Visit) -> Wish:
    """What the form says of the link. Values that it does not offer are left out."""
    days = number_of(visit.form, "days")
    return Wish(
        verdict=visit.field("verdict") if visit.field("verdict") in returns_list.VERDICTS else "",
        reason=visit.field("reason"),
        shared={kind for kind in visit.fields("shared") if kind in SHAREABLE},
        why=visit.field("why") if visit.field("why") in WHYS else "common",
        days=days if days in DAYS else 90,
    )


def _missing(wish: Wish) -> str | None:
    """What is still to be filled in, as the message that says so."""
    if not wish.verdict:
        return "decide.missing_verdict"
    return None if wish.reason else "decide.missing_why"


def verdict_of(wish: Wish, accounts: tuple[str, str]) -> LinkVerdict:
    """What was picked, as it is kept."""
    word = next(known for known in returns_list.VERDICTS if known == wish.verdict)
    why = next(known for known in WHYS if known == wish.why)
    return LinkVerdict(
        accounts=accounts,
        verdict=word,
        reason=wish.reason,
        shared=tuple(SharedWish(kind=kind, why=why, days=wish.days) for kind in sorted(wish.shared)),
    )


@post("/returns/decide", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=303)
def decide_return(visit: Visiting, request: Request[Any, Any, Any]) -> Response[Any]:
    """Keep the verdict with all effects, then go where the form asks: on, back to the case, or stay."""
    closed, new, wish = visit.field("closed"), visit.field("new"), read_wish(visit)
    missing = _missing(wish)
    if missing:
        return pair_page(visit, request, closed, new, status=422, wish=wish, failure=missing)
    try:
        with acting(visit) as conn:
            made = linking.decide_link(
                conn,
                wish=verdict_of(wish, (closed, new)),
                actor=visit.person.actor,
                now=datetime.now(UTC),
                replace=visit.may(Permission.REVERSE),  # another's verdict is replaced only by these
            )
    except StandingVerdictError:
        raise Refused(409, "error.verdict") from None
    except RefusedError as error:
        return pair_page(
            visit,
            request,
            closed,
            new,
            status=422,
            wish=wish,
            failure="decide.verdict_refused",
            failure_detail=error.reason,
        )
    return _onward(visit, made)


def _onward(visit: Visit, made: LinkDecided) -> Redirect:
    """The next thing to look at, with an address that offers to undo this one."""
    undo = (
        f"decided={made.decision_id}&of={made.case_id}"
        if made.decision_id
        else f"judged={made.link_decision_id}"
    )
    case_id = number_of(visit.form, "origin")
    if case_id is not None:
        if made.decision_id is None:
            return pages.redirect(f"/cases/{case_id}?{undo}")
        with visit.runtime.pool.connection() as conn:
            return go_to_next(conn, visit, read_queue_filter(visit.form), undo)
    if visit.field("then") != "next":
        return pages.redirect(place(made.closed, made.new, judged=made.link_decision_id))
    with visit.runtime.pool.connection() as conn:
        waiting = returns_list.waiting_page(conn, limit=1).rows
    if not waiting:
        return pages.redirect(f"/returns?judged={made.link_decision_id}")
    row = waiting[0]
    return pages.redirect(place(row.closed.account, row.new.account, judged=made.link_decision_id))


def _taken_back(reversal: LinkReversed) -> Redirect:
    return pages.redirect(place(reversal.closed, reversal.new, undone="true"))


@post(
    "/returns/decisions/{decision_id:int}/undo",
    opt={"needs": Permission.DECIDE},
    sync_to_thread=True,
    status_code=303,
)
def undo_return(visit: Visiting, decision_id: FromPath[int]) -> Redirect:
    """Take one's own verdict back, within a minute."""
    try:
        with acting(visit) as conn:
            reversal = linking.undo_link(
                conn, link_decision_id=decision_id, actor=visit.person.actor, now=datetime.now(UTC)
            )
    except RefusedError:
        raise Refused(409, "error.undo") from None
    return _taken_back(reversal)


@post(
    "/returns/decisions/{decision_id:int}/reverse",
    opt={"needs": Permission.REVERSE},
    sync_to_thread=True,
    status_code=303,
)
def reverse_return(visit: Visiting, decision_id: FromPath[int]) -> Redirect:
    """Reverse anybody's verdict, with a reason that is kept."""
    reason = visit.field("reason")
    if not reason:
        raise Refused(422, "error.reason")
    try:
        with acting(visit) as conn:
            reversal = linking.reverse_link(
                conn,
                link_decision_id=decision_id,
                actor=visit.person.actor,
                reason=reason,
                now=datetime.now(UTC),
            )
    except RefusedError:
        raise Refused(409, "conflict.title") from None
    return _taken_back(reversal)


handlers = [decide_return, undo_return, reverse_return]
