"""What a person does with a threat: takes it on, assesses, corrects, escalates, monitors, closes it."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from litestar import Response, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from tenfold.store.database import Conn
from tenfold.threats import corrections, steps
from tenfold.threats.referrals import UnknownReferralError
from tenfold.threats.transitions import OUTCOMES, StepRefusedError, UnknownThreatError, WishError
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.dates import read_moment
from tenfold.web.console.errors import Refused
from tenfold.web.console.threats import threat_page


@contextlib.contextmanager
def at_desk(visit: Visit) -> Iterator[Conn]:
    """A transaction for one act at the desk; what the state of the record does not allow becomes a page."""
    try:
        with visit.runtime.pool.connection() as conn:
            yield conn
    except (UnknownThreatError, UnknownReferralError):
        raise NotFoundException from None
    except StepRefusedError:
        raise Refused(409, "error.threat_step") from None


def _act(visit: Visit, threat_id: int, form: str, act: Callable[[Conn, datetime], object]) -> Response[Any]:
    """Do it and come back to the page, which tells what was missing if something was."""
    try:
        with at_desk(visit) as conn:
            act(conn, datetime.now(UTC))
    except WishError as wish:
        return threat_page(visit, threat_id, status=422, failure=wish.field, form=form)
    return pages.redirect(f"/threats/{threat_id}")


def _outcome(visit: Visit) -> Any:
    """The outcome of the form, None if it names none of ours."""
    return next((known for known in OUTCOMES if known == visit.field("outcome")), None)


@post(
    "/threats/{threat_id:int}/take", opt={"needs": Permission.THREATS}, sync_to_thread=True, status_code=303
)
def take(visit: Visiting, threat_id: FromPath[int]) -> Response[Any]:
    """Become its owner."""
    actor = visit.person.actor
    return _act(visit, threat_id, "take", lambda conn, now: steps.take_on(conn, threat_id, actor, now))


@post(
    "/threats/{threat_id:int}/assess", opt={"needs": Permission.THREATS}, sync_to_thread=True, status_code=303
)
def assess(visit: Visiting, threat_id: FromPath[int]) -> Response[Any]:
    """Say how grave it is, and why. Where the form says so, close it with that."""
    level, outcome, reason = visit.field("level"), _outcome(visit), visit.field("reason")
    actor, closes = visit.person.actor, visit.field("then") == "close"

    def act(conn: Conn, now: datetime) -> None:
        if closes and outcome is None:
            raise WishError("outcome", "is missing")
        steps.assess(conn, threat_id, level=level, outcome=outcome, reason=reason, actor=actor, now=now)
        if closes:
            steps.close(conn, threat_id, outcome=outcome, reason=reason, actor=actor, now=now)

    return _act(visit, threat_id, "assess", act)


@post(
    "/threats/{threat_id:int}/correct",
    opt={"needs": Permission.THREATS},
    sync_to_thread=True,
    status_code=303,
)
def correct(visit: Visiting, threat_id: FromPath[int]) -> Response[Any]:
    """Correct one factor; the level follows from it."""
    factor, reason = visit.field("factor"), visit.field("reason")
    value: Any = visit.field(factor) if factor in corrections.FACTORS else ""
    if factor == "protectee":
        value = value == "true"
    elif visit.field("absent") == factor:
        value = None
    actor = visit.person.actor
    return _act(
        visit,
        threat_id,
        f"correct-{factor}",
        lambda conn, now: steps.correct(
            conn, threat_id, factor=factor, value=value, reason=reason, actor=actor, now=now
        ),
    )


@post(
    "/threats/{threat_id:int}/escalate",
    opt={"needs": Permission.THREATS},
    sync_to_thread=True,
    status_code=303,
)
def escalate(visit: Visiting, threat_id: FromPath[int]) -> Response[Any]:
    """Ask for somebody above."""
    reason, actor = visit.field("reason"), visit.person.actor
    return _act(
        visit,
        threat_id,
        "escalate",
        lambda conn, now: steps.escalate(conn, threat_id, reason=reason, actor=actor, now=now),
    )


@post(
    "/threats/{threat_id:int}/monitor",
    opt={"needs": Permission.THREATS},
    sync_to_thread=True,
    status_code=303,
)
def monitor(visit: Visiting, threat_id: FromPath[int]) -> Response[Any]:
    """Keep an eye on it until a day."""
    reason, actor, day = visit.field("reason"), visit.person.actor, visit.field("until")

    def act(conn: Conn, now: datetime) -> None:
        try:
            until = read_moment(day) if day else None
        except ValueError:
            raise WishError("until", "is no day") from None
        steps.monitor(conn, threat_id, reason=reason, actor=actor, now=now, until=until)

    return _act(visit, threat_id, "monitor", act)


@post(
    "/threats/{threat_id:int}/reopen", opt={"needs": Permission.THREATS}, sync_to_thread=True, status_code=303
)
def reopen(visit: Visiting, threat_id: FromPath[int]) -> Response[Any]:
    """Take a closed one up again."""
    reason, actor = visit.field("reason"), visit.person.actor
    return _act(
        visit,
        threat_id,
        "reopen",
        lambda conn, now: steps.reopen(conn, threat_id, reason=reason, actor=actor, now=now),
    )


@post(
    "/threats/{threat_id:int}/note", opt={"needs": Permission.THREATS}, sync_to_thread=True, status_code=303
)
def note(visit: Visiting, threat_id: FromPath[int]) -> Response[Any]:
    """Write a note; it changes nothing."""
    text, actor = visit.field("text"), visit.person.actor
    return _act(
        visit,
        threat_id,
        "note",
        lambda conn, now: steps.note(conn, threat_id, text=text, actor=actor, now=now),
    )


handlers = [take, assess, correct, escalate, monitor, reopen, note]
