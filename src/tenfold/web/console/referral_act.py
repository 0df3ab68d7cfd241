"""What people do with a referral: draft, change, approve, note who got it, withdraw, lift its hold."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from tenfold.store.database import Conn
from tenfold.threats import referrals
from tenfold.threats.referrals import FourEyesError
from tenfold.threats.transitions import WishError
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.errors import Refused
from tenfold.web.console.referrals import form_page, found, may_see, read_wish, referral_page
from tenfold.web.console.threats import read_threat
from tenfold.web.console.threats_act import at_desk


@post(
    "/threats/{threat_id:int}/refer", opt={"needs": Permission.THREATS}, sync_to_thread=True, status_code=303
)
def draft(visit: Visiting, threat_id: FromPath[int]) -> Response[Any]:
    """Begin a referral; its evidence is preserved."""
    wish = read_wish(visit)
    try:
        with at_desk(visit) as conn:
            made = referrals.draft(conn, threat_id, wish, visit.person.actor, datetime.now(UTC))
    except WishError as error:
        with visit.runtime.pool.connection() as conn:
            view = read_threat(conn, threat_id)
        return form_page(visit, view, wish, failure=error.field)
    return pages.redirect(f"/referrals/{made}")


@post(
    "/referrals/{referral_id:int}/change",
    opt={"needs": Permission.THREATS},
    sync_to_thread=True,
    status_code=303,
)
def change(visit: Visiting, referral_id: FromPath[int]) -> Response[Any]:
    """Write it anew; an approval is void."""
    wish = read_wish(visit)
    try:
        with at_desk(visit) as conn:
            referrals.change(conn, referral_id, wish, visit.person.actor, datetime.now(UTC))
    except WishError as error:
        with visit.runtime.pool.connection() as conn:
            referral = found(conn, referral_id)
            view = read_threat(conn, referral.threat_id)
        return form_page(visit, view, wish, referral=referral, failure=error.field)
    return pages.redirect(f"/referrals/{referral_id}")


@post(
    "/referrals/{referral_id:int}/approve",
    opt={"needs": Permission.THREATS},
    sync_to_thread=True,
    status_code=303,
)
def approve(visit: Visiting, referral_id: FromPath[int]) -> Response[Any]:
    """Approve what was shown; another person than who wrote it, who may see all of it."""
    actor, seen = visit.person.actor, visit.field("seen")

    def act(conn: Conn, now: datetime) -> None:
        referral = found(conn, referral_id)
        if not may_see(visit, conn, referral):
            raise Refused(403, "error.protected")
        referrals.approve(conn, referral_id, seen=seen, actor=actor, now=now)

    return _act(visit, referral_id, "approve", act)


@post(
    "/referrals/{referral_id:int}/send",
    opt={"needs": Permission.THREATS},
    sync_to_thread=True,
    status_code=303,
)
def send(visit: Visiting, referral_id: FromPath[int]) -> Response[Any]:
    """Note who got it, how, and under which number."""
    recipient, channel, reference = (visit.field(name) for name in ("recipient", "channel", "reference"))
    actor = visit.person.actor
    return _act(
        visit,
        referral_id,
        "send",
        lambda conn, now: referrals.send(
            conn, referral_id, recipient=recipient, channel=channel, reference=reference, actor=actor, now=now
        ),
    )


@post(
    "/referrals/{referral_id:int}/withdraw",
    opt={"needs": Permission.THREATS},
    sync_to_thread=True,
    status_code=303,
)
def withdraw(visit: Visiting, referral_id: FromPath[int]) -> Response[Any]:
    """Take it back."""
    reason, actor = visit.field("reason"), visit.person.actor
    return _act(
        visit,
        referral_id,
        "withdraw",
        lambda conn, now: referrals.withdraw(conn, referral_id, reason=reason, actor=actor, now=now),
    )


@post(
    "/referrals/{referral_id:int}/lift",
    opt={"needs": Permission.PROTECT},
    sync_to_thread=True,
    status_code=303,
)
def lift(visit: Visiting, referral_id: FromPath[int]) -> Response[Any]:
    """Hold its evidence no longer."""
    reason, actor = visit.field("reason"), visit.person.actor
    return _act(
        visit,
        referral_id,
        "lift",
        lambda conn, now: referrals.lift(conn, referral_id, reason=reason, actor=actor, now=now),
    )


def _act(visit: Visit, referral_id: int, form: str, act: Callable[[Conn, datetime], object]) -> Response[Any]:
    try:
        with at_desk(visit) as conn:
            try:
                act(conn, datetime.now(UTC))
            except FourEyesError:
                raise Refused(409, "error.four_eyes") from None
    except WishError as error:
        return referral_page(visit, referral_id, failure=error.field, form=form, status=422)
    return pages.redirect(f"/referrals/{referral_id}")


handlers = [draft, change, approve, send, withdraw, lift]
