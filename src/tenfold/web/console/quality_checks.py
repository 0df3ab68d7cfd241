"""Checks at the console: cases that look like any other, and what is told after them.

`enter` stands before every handler of the console. A number of a case that is a check of this person is
answered here, so no handler of cases ever sees it, and nothing that is done to a check reaches a case.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from anyio import to_thread
from litestar import MediaType, Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from tenfold.casework import quality_blind, quality_checks
from tenfold.casework.ties import Ties
from tenfold.casework.wishes import NotFoundError, RefusedError
from tenfold.store import quality
from tenfold.store.quality import Check
from tenfold.web.console import access, ahead, case, pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.case import Read
from tenfold.web.console.decision_form import Wish, missing, read_wish, verdict_of
from tenfold.web.console.queue import Filter, read_filter, wanted_by
from tenfold.web.console.sparing import spare

NO_TIES: Final = Ties(links=[], count=0, closed_at=None, ground=None)


async def enter(request: Request[Any, Any, Any]) -> Response[Any] | None:
    """Before every handler: who asks and whether they may; then, if the case they name is a check of theirs,
    the answer."""
    await access.enter(request)
    number = request.path_params.get("case_id")
    visit = request.scope["state"].get("visit")
    if not isinstance(number, int) or not isinstance(visit, Visit) or visit.user is None:
        return None
    return await to_thread.run_sync(_answer, visit, request, number)


def _answer(visit: Visit, request: Request[Any, Any, Any], number: int) -> Response[Any] | None:
    with visit.runtime.pool.connection() as conn:
        check = quality.load_check(conn, number, visit.person.actor)
    if check is None:
        return None
    step = request.url.path.removeprefix(f"/cases/{number}").strip("/")
    if step == "media":  # the pictures themselves are those of the case
        parameters: Any = request.scope["path_params"]
        parameters["case_id"] = check.case_id
        return None
    if check.answered_at is not None or check.until <= check.given_at:
        return pages.redirect(_told_at(number))
    if request.method == "GET":
        return _looked(visit, request, check, step)
    return _STEPS.get(step, _ended)(visit, request, check)


def _told_at(number: int) -> str:
    return f"/quality/told/{number}"


def _looked(visit: Visit, request: Request[Any, Any, Any], check: Check, step: str) -> Response[Any] | None:
    if not step:
        return _page(visit, request, check)
    if step == "colleagues":  # names nobody's words; who is asked there ends the check
        return None
    if visit.fragment:
        return Response(None, status_code=204)
    return pages.redirect(f"/cases/{check.number}")


def _page(
    visit: Visit,
    request: Request[Any, Any, Any],
    check: Check,
    *,
    revealed: bool = False,
    wish: Wish | None = None,
    failure: str | None = None,
) -> Response[str]:
    with visit.runtime.pool.connection() as conn:
        view = quality_blind.blind_view(conn, check, datetime.now(UTC))
        if view is None:
            raise NotFoundException
        spared = spare(conn, visit, revealed=revealed)
    names = {visit.person.id: visit.person.name}
    found = Read(
        view, names, spared, NO_TIES if view.account else None, {"returned": None, "verdicts_made": ()}
    )
    status = 422 if failure else 200
    return case.show(visit, request, found, status=status, wish=wish, failure=failure)


def _nothing(visit: Visit, request: Request[Any, Any, Any], check: Check) -> Response[Any]:
    """What concerns a case that others see too: nobody else is here, nobody is written to."""
    return Response("", media_type=MediaType.HTML, status_code=200)


def _back(visit: Visit, request: Request[Any, Any, Any], check: Check) -> Response[Any]:
    return pages.redirect(f"/cases/{check.number}")


def _reveal(visit: Visit, request: Request[Any, Any, Any], check: Check) -> Response[Any]:
    return _page(visit, request, check, revealed=True)


def _release(visit: Visit, request: Request[Any, Any, Any], check: Check) -> Response[Any]:
    _put_back(visit, check)
    return pages.redirect(f"/cases{read_filter(visit.form).trail}")


def _ended(visit: Visit, request: Request[Any, Any, Any], check: Check) -> Response[Any]:
    """Whoever would ask or tell others about a check is told at once that it is one."""
    _put_back(visit, check)
    return pages.redirect(_told_at(check.number))


def _put_back(visit: Visit, check: Check) -> None:
    with visit.runtime.pool.connection() as conn:
        quality_checks.put_back(conn, number=check.number, actor=check.actor, now=check.given_at)


def _decide(visit: Visit, request: Request[Any, Any, Any], check: Check) -> Response[Any]:
    wish = read_wish(visit)
    failure = missing(wish)
    if failure:
        return _page(visit, request, check, revealed=True, wish=wish, failure=failure)
    try:
        with visit.runtime.pool.connection() as conn:
            quality_checks.answer(
                conn,
                number=check.number,
                actor=check.actor,
                ground=verdict_of(wish).ground,
                reason=wish.reason,
                now=datetime.now(UTC),
            )
    except RefusedError:
        return _page(visit, request, check, revealed=True, wish=wish, failure="decide.refused")
    if ahead.asked_for(visit):
        answer = {"address": _told_at(check.number), "case": None}
        return Response(answer, media_type=MediaType.JSON, status_code=200)
    return pages.redirect(_told_at(check.number))


_STEPS: Final[dict[str, Callable[[Visit, Request[Any, Any, Any], Check], Response[Any]]]] = {
    "decide": _decide,
    "reveal": _reveal,
    "claim": _back,
    "release": _release,
    "here": _nothing,
    "notice": _nothing,
}


@get("/quality/told/{number:int}", opt={"needs": Permission.DECIDE}, sync_to_thread=True)
def told_page(visit: Visiting, number: FromPath[int]) -> Response[str]:
    """That it was a check, and for a golden case the right ground and why."""
    with visit.runtime.pool.connection() as conn:
        try:
            told = quality_checks.told(conn, number=number, actor=visit.person.actor)
        except NotFoundError:
            raise NotFoundException from None
    return pages.render(visit, "quality_told.html", section="cases", told=told)


@post("/quality/practise", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=303)
def practise(visit: Visiting) -> Response[Any]:
    """A golden case to practise with, in what the person takes."""
    lease = timedelta(minutes=visit.runtime.settings.lease_minutes)
    with visit.runtime.pool.connection() as conn:
        wanted = wanted_by(conn, visit, Filter())
        number = quality_checks.practise(
            conn, actor=visit.person.actor, wanted=wanted, lease=lease, now=datetime.now(UTC)
        )
    return pages.redirect(f"/cases/{number}" if number else "/quality?none=true")


handlers = [told_page, practise]
