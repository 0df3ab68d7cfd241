"""Checks: a decided case shown to somebody as if it were new, and what they would have decided.

A check is a second look at a drawn decision, a golden case, or practice with one. It looks like any case and
has a number of its own; what is answered is kept beside the case, and orders, changes and tells the platform
nothing. While a critical case waits nobody is given one.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from tenfold.casework.taking import Wanted
from tenfold.casework.wishes import NotFoundError, RefusedError, kept_text
from tenfold.store import audit, quality, quality_results
from tenfold.store.audit import Entry
from tenfold.store.database import Conn
from tenfold.store.quality import Check, Taker
from tenfold.store.quality_results import Golden
from tenfold.taxonomy import Ground


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is told after a check: the golden case with its right ground, or whether the first
    decision had the same ground (`agree`). Both None of a check that was not answered."""

    check: Check
    golden: Golden | None
    agree: bool | None


def instead(
    conn: Conn,
    *,
    actor: str,
    wanted: Wanted,
    lease: timedelta,
    now: datetime,
    chance: Callable[[], float] = random.random,
) -> int | None:
    """The number of a check that the actor gets in place of the next case; None for most."""
    rates = quality.settings(conn)
    drawn = chance()
    if drawn >= rates.review_rate + rates.golden_rate or quality.critical_waits(conn, now):
        return None
    taker = _taker(actor, wanted)
    if drawn < rates.review_rate:
        found = quality.next_review(conn, taker, now)
        return None if found is None else _give(conn, taker, now, lease, review=found)
    found = quality.next_golden(conn, taker, now, practice=False)
    return None if found is None else _give(conn, taker, now, lease, golden=found)


def practise(conn: Conn, *, actor: str, wanted: Wanted, lease: timedelta, now: datetime) -> int | None:
    """The number of a golden case to practise with; None if there is none."""
    taker = _taker(actor, wanted)
    found = quality.next_golden(conn, taker, now, practice=True)
    return None if found is None else _give(conn, taker, now, lease, golden=found, practice=True)


def _taker(actor: str, wanted: Wanted) -> Taker:
    return Taker(
        actor=actor,
        queues=wanted.queues,
        languages=wanted.languages,
        reads=wanted.reads,
        without_grounds=wanted.without_grounds,
        without_queues=wanted.without_queues,
    )


def _give(
    conn: Conn,
    taker: Taker,
    now: datetime,
    lease: timedelta,
    *,
    review: tuple[int, int] | None = None,
    golden: tuple[int, int] | None = None,
    practice: bool = False,
) -> int:
    """Keep and audit what is given: a pair of the id of the review or golden case, and of the case."""
    found = review or golden
    assert found is not None
    number = quality.give(
        conn,
        actor=taker.actor,
        case_id=found[1],
        review_id=review[0] if review else None,
        golden_id=golden[0] if golden else None,
        practice=practice,
        until=now + lease,
        now=now,
    )
    _say(conn, "check.given", taker.actor, found[1], check=number)
    return number


def put_back(conn: Conn, *, number: int, actor: str, now: datetime) -> None:
    """End a check unanswered. NotFoundError if the actor has none of this number."""
    check = _open(conn, number, actor)
    quality.put_back(conn, number, now)
    _say(conn, "check.put_back", actor, check.case_id, check=number)


def answer(conn: Conn, *, number: int, actor: str, ground: Ground, reason: str, now: datetime) -> None:
    """Keep how the actor would have decided; nothing else happens. NotFoundError if they have no such check,
    RefusedError if it is answered."""
    reason = kept_text("reason", reason)
    check = _open(conn, number, actor)
    blind = not quality.saw(conn, actor, check.case_id)
    quality.answer(conn, check, ground=ground, reason=reason, blind=blind, now=now)
    _say(conn, "check.answered", actor, check.case_id, check=number, ground=ground, blind=blind)


def told(conn: Conn, *, number: int, actor: str) -> Told:
    """What the actor is told afterwards. NotFoundError if they have no such check."""
    check = quality.load_check(conn, number, actor)
    if check is None:
        raise NotFoundError(f"there is no check {number}")
    if check.answered_at is None:
        return Told(check=check, golden=None, agree=None)
    if check.golden_id is not None:
        return Told(check=check, golden=quality_results.golden(conn, check.golden_id)[0], agree=None)
    assert check.review_id is not None
    review = quality_results.load(conn, check.review_id)
    return Told(check=check, golden=None, agree=review is not None and review.first_ground == check.ground)


def _open(conn: Conn, number: int, actor: str) -> Check:
    check = quality.load_check(conn, number, actor, lock=True)
    if check is None:
        raise NotFoundError(f"there is no check {number}")
    if check.answered_at is not None:
        raise RefusedError("check", "is answered already")
    return check


def _say(conn: Conn, act: str, actor: str, case_id: int, **details: object) -> None:
    audit.append(conn, [Entry(actor=actor, act=act, subject=f"case:{case_id}", details=details)])
