"""How the installation is doing, and sending again what receivers did not take."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from tenfold.detectors.media.reading import weights
from tenfold.enforcement import registry
from tenfold.store import delivery_log
from tenfold.store.status import read_status
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.errors import Refused

DEAD_SHOWN: Final = 50  # and sent again by one press of the button


@get("/status", sync_to_thread=True)
def status_page(visit: Visiting, again: FromQuery[int | None] = None) -> Response[str]:
    """Counts, what failed and why. Everybody with an account may see it: it shows nobody's words."""
    with visit.runtime.pool.connection() as conn:
        status = read_status(conn)
        dead = delivery_log.deliveries(conn, state="dead", limit=DEAD_SHOWN) if status.deliveries_dead else []
    return pages.render(
        visit, "status.html", section="status", status=status, dead=dead, redelivered=again,
        reads=visit.runtime.settings.words == "on", unreadable=weights.missing(),
    )  # fmt: skip


def _chosen(visit: Visit) -> list[UUID]:
    """The delivery whose button was pressed, or all that the page shows."""
    pressed = visit.field("delivery")
    if pressed:
        try:
            return [UUID(pressed)]
        except ValueError:
            raise Refused(400, "error.400") from None
    with visit.runtime.pool.connection() as conn:
        return [delivery.id for delivery in delivery_log.deliveries(conn, state="dead", limit=DEAD_SHOWN)]


@post("/status/redeliver", opt={"needs": Permission.OPERATE}, sync_to_thread=True, status_code=303)
def redeliver(visit: Visiting) -> Redirect:
    """Send again. Each in a transaction of its own, so that one that fails holds up no other."""
    sent = 0
    for delivery in _chosen(visit):
        with visit.runtime.pool.connection() as conn:
            found = registry.redeliver(conn, delivery, actor=visit.person.actor, now=datetime.now(UTC))
            sent += found is not None
    return pages.redirect(f"/status?again={sent}")


handlers = [status_page, redeliver]
