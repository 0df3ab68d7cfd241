"""What people do with a version at the console: shadow, ask, approve, go live, withdraw, roll back."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from litestar import Response, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from tenfold.lab import jobs
from tenfold.lab import shown as lab
from tenfold.policy import PolicyErrors, versions
from tenfold.policy.versions import VersionError
from tenfold.store import backtests, policies
from tenfold.store.database import Conn
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.policy import shown

Step = Callable[[Conn, str, Visit, datetime], object]


def _live(conn: Conn, version: str, visit: Visit, now: datetime) -> None:
    versions.go_live(
        conn,
        version,
        actor=visit.person.actor,
        reason=visit.field("reason"),
        now=now,
        files=lab.files_policy(visit.runtime.settings),
    )


STEPS: Final[dict[str, Step]] = {
    "shadow": lambda conn, one, visit, now: versions.shadow(conn, one, actor=visit.person.actor, now=now),
    "ask": lambda conn, one, visit, now: versions.ask(conn, one, actor=visit.person.actor, now=now),
    "approve": lambda conn, one, visit, now: versions.approve(conn, one, actor=visit.person.actor, now=now),
    "withdraw": lambda conn, one, visit, now: versions.withdraw(conn, one, actor=visit.person.actor, now=now),
    "live": _live,
}


@post(
    "/policy/versions/{version:str}/{step:str}",
    opt={"needs": Permission.POLICY},
    sync_to_thread=True,
    status_code=303,
)
def take(visit: Visiting, version: FromPath[str], step: FromPath[str]) -> Response[Any]:
    """Take a step, or show the page again with why not."""
    if step not in STEPS:
        raise NotFoundException(step)
    try:
        with visit.runtime.pool.connection() as conn:
            STEPS[step](conn, version, visit, datetime.now(UTC))
    except VersionError as error:
        if error.code == "unknown":
            raise NotFoundException(version) from None
        return shown(visit, version, failure=error.code, status=409 if error.code != "reason" else 422)
    except PolicyErrors:
        return shown(visit, version, failure="unreadable", status=409)
    return pages.redirect(f"/policy/versions/{version}?done={step}")


@post("/policy/rollback", opt={"needs": Permission.POLICY}, sync_to_thread=True, status_code=303)
def roll_back(visit: Visiting) -> Response[Any]:
    """Put the version that was live before, or the one that is named, in force again."""
    now, to = datetime.now(UTC), visit.field("to") or None
    try:
        with visit.runtime.pool.connection() as conn:
            versions.roll_back(conn, actor=visit.person.actor, reason=visit.field("reason"), now=now, to=to)
    except (VersionError, PolicyErrors) as error:
        code = error.code if isinstance(error, VersionError) else "unreadable"
        with visit.runtime.pool.connection() as conn:
            current = policies.standing(conn).get("live")
        if to or current:
            return shown(visit, to or current or "", failure=code, status=422)
        return pages.redirect("/policy")
    return pages.redirect("/policy?done=rollback")


@post(
    "/policy/versions/{version:str}/backtests",
    opt={"needs": Permission.POLICY},
    sync_to_thread=True,
    status_code=303,
)
def test(visit: Visiting, version: FromPath[str]) -> Response[Any]:
    """Let a worker test the version on the past."""
    with visit.runtime.pool.connection() as conn:
        if policies.get(conn, version) is None:
            raise NotFoundException(version)
        files = lab.files_policy(visit.runtime.settings)
        asked = jobs.ask(conn, version, files, actor=visit.person.actor, since=None)
    return pages.redirect(f"/policy/backtests/{asked}")


@post(
    "/policy/backtests/{number:int}/stop",
    opt={"needs": Permission.POLICY},
    sync_to_thread=True,
    status_code=303,
)
def stop(visit: Visiting, number: FromPath[int]) -> Response[Any]:
    """End a back-test that is not wanted any more."""
    with visit.runtime.pool.connection() as conn:
        backtests.stop(conn, number, datetime.now(UTC))
    return pages.redirect(f"/policy/backtests/{number}")


handlers = [take, roll_back, test, stop]
