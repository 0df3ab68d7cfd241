"""Taking the next case, and knowing it beforehand.

Both look at the same cases in the same order: the worst, then the most urgent that nobody holds, short of
those that stand ready for somebody else.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tenfold.casework.states import CASE_STEPS, CaseState, CaseStep, after
from tenfold.store import ahead, audit, cases
from tenfold.store.audit import Entry
from tenfold.store.cases import Case
from tenfold.store.database import Conn

READY_FOR = timedelta(minutes=5)  # how long a case stands ready for one person


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases somebody takes; None is any. `escalated` ones are given only to who asks for them. `reads`
    are languages that somebody knows (none: all); what is in no known language is for everybody."""

    queues: Sequence[str] | None = None
    languages: Sequence[str] | None = None
    escalated: bool = False
    reads: Sequence[str] = ()
    without_grounds: Sequence[str] = ()
    without_queues: Sequence[str] = ()


class Taken(msgspec.Struct, frozen=True):
    """The case now held. `ready`: it was kept ready for its holder and has not changed since."""

    case_id: int
    ready: bool


def take(conn: Conn, *, actor: str, wanted: Wanted, lease: timedelta, now: datetime) -> Taken | None:
    """Claim the next case; None if there is none. Two who ask at once get two cases."""
    ready = ahead.unchanged(conn, actor)
    case = _next(conn, actor, wanted, now)
    if case is None:
        return None
    ahead.forget(conn, actor)
    until = hold(conn, case, actor, lease, now)
    details = {"until": until.isoformat()}
    audit.append(conn, [Entry(actor=actor, act="case.claimed", subject=f"case:{case.id}", details=details)])
    return Taken(case.id, case.id == ready)


def keep_ready(conn: Conn, *, actor: str, wanted: Wanted, now: datetime) -> int | None:
    """Keep the case that `take` would claim ready for the actor, unclaimed; returns its id."""
    case = _next(conn, actor, wanted, now)
    if case is None:
        ahead.forget(conn, actor)
        return None
    ahead.keep(conn, actor=actor, case_id=case.id, until=now + READY_FOR)
    return case.id


def hold(conn: Conn, case: Case, actor: str, lease: timedelta, now: datetime) -> datetime:
    """Write the actor's claim on a locked case; returns until when it lasts."""
    until = now + lease
    state = after(CASE_STEPS, CaseState(case.state), CaseStep.CLAIM)
    cases.hold(conn, case.id, state=state, holder=actor, until=until, now=now)
    return until


def _next(conn: Conn, actor: str, wanted: Wanted, now: datetime) -> Case | None:
    return cases.next_free(
        conn,
        actor=actor,
        queues=wanted.queues,
        languages=wanted.languages,
        escalated=wanted.escalated,
        reads=wanted.reads,
        without=(wanted.without_grounds, wanted.without_queues),
        now=now,
    )
