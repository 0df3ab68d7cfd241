"""Administration of webhooks: receivers, their secrets, what was delivered and what was given up."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.connection import Request
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from tenfold.enforcement import registry
from tenfold.enforcement.addresses import AddressError
from tenfold.enforcement.registry import NameTakenError
from tenfold.store import delivery_log, webhooks
from tenfold.store.audit import By
from tenfold.store.database import Conn
from tenfold.store.webhooks import Webhook
from tenfold.web.console import administration, pages
from tenfold.web.console.access import Visit, Visiting
from tenfold.web.console.administration import CHANGE, SEE
from tenfold.web.console.errors import Refused

SHOWN: Final = 50  # deliveries on a page
STATES: Final = ("pending", "delivered", "dead", "cancelled")
DONE: Final = ("pause", "resume", "test", "again", "removed")


@get("/admin/webhooks", opt=SEE, sync_to_thread=True)
def list_page(visit: Visiting, done: FromQuery[str] = "") -> Response[str]:
    """Every receiver, and the form for one more."""
    return _list(visit, done=done)


def _list(visit: Visit, status: int = 200, *, failure: str = "", done: str = "") -> Response[str]:
    with visit.runtime.pool.connection() as conn:
        return administration.render(
            visit,
            "webhooks",
            "admin_webhooks.html",
            status,
            rows=webhooks.load_all(conn),
            counts=delivery_log.counts(conn),
            types=webhooks.TYPES,
            failure=failure,
            given=visit.form,
            done=done if done in DONE else "",
        )


@post("/admin/webhooks", opt=CHANGE, sync_to_thread=True, status_code=200)
def add(visit: Visiting) -> Response[str]:
    """Add a receiver; the page that follows shows its secret, this once."""
    why, chosen = administration.by(visit), set(visit.fields("type"))
    name = visit.field("name")
    types = [one for one in webhooks.TYPES if one in chosen]
    if not name or len(name) > 100 or not types:
        return _list(visit, 422, failure=visit.translator.text("admin.webhooks.incomplete"))
    try:
        with visit.runtime.pool.connection() as conn:
            webhook, secret = registry.add(
                conn,
                name=name,
                url=visit.field("url"),
                secret=None,
                allow_private=visit.runtime.settings.webhook_private_addresses,
                key=visit.runtime.secret,
                actor=why.actor,
                types=types,
                reason=why.reason,
            )
    except (AddressError, NameTakenError) as error:
        return _list(visit, 422, failure=str(error))
    return _one(visit, webhook.id, secret=secret)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused(400, "error.400") from None


@get("/admin/webhooks/{webhook:str}", opt=SEE, sync_to_thread=True)
def one_page(
    visit: Visiting, webhook: FromPath[str], request: Request[Any, Any, Any], done: FromQuery[str] = ""
) -> Response[str]:
    """A receiver and the log of its deliveries, each with every try."""
    asked = request.query_params
    state, before, again = asked.get("state", ""), asked.get("before", ""), asked.get("n", "0")
    return _one(
        visit,
        administration.number(webhook),
        state=state if state in STATES else "",
        before=_uuid(before) if before else None,
        done=done,
        again=administration.number(again),
    )


def _one(
    visit: Visit,
    number: int,
    *,
    state: str = "",
    before: UUID | None = None,
    secret: str = "",
    done: str = "",
    again: int = 0,
) -> Response[str]:
    with visit.runtime.pool.connection() as conn:
        webhook = _found(conn, number)
        log = delivery_log.deliveries(
            conn, webhook_id=number, state=state or None, before=before, limit=SHOWN + 1
        )
        return administration.render(
            visit,
            "webhooks",
            "admin_webhook.html",
            webhook=webhook,
            log=log[:SHOWN],
            more=log[SHOWN - 1].id if len(log) > SHOWN else None,
            tries=delivery_log.attempts(conn, [one.id for one in log]),
            counts=delivery_log.counts(conn).get(number, {}),
            state=state,
            states=STATES,
            secret=secret,
            done=done if done in DONE else "",
            again=again,
        )


def _found(conn: Conn, number: int) -> Webhook:
    webhook = webhooks.load(conn, number)
    if webhook is None:
        raise NotFoundException
    return webhook


@post("/admin/webhooks/{webhook:str}/{act:str}", opt=CHANGE, sync_to_thread=True, status_code=303)
def change(visit: Visiting, webhook: FromPath[str], act: FromPath[str]) -> Response[str] | Redirect:
    """Pause, resume, rotate the secret, test or remove a receiver; or send to it again."""
    number, why, now = administration.number(webhook), administration.by(visit), datetime.now(UTC)
    if act == "again":
        return pages.redirect(f"/admin/webhooks/{number}?done=again&n={_again(visit, number, why)}")
    secret = ""
    with visit.runtime.pool.connection() as conn:
        found = _found(conn, number)
        if act in ("pause", "resume"):
            registry.change(
                conn,
                found,
                name=found.name,
                url=found.url,
                enabled=act == "resume",
                types=found.types,
                allow_private=visit.runtime.settings.webhook_private_addresses,
                actor=why.actor,
                reason=why.reason,
            )
        elif act == "rotate":
            secret = registry.rotate(
                conn, found, key=visit.runtime.secret, actor=why.actor, now=now, reason=why.reason
            )
        elif act == "test":
            registry.send_test(conn, number, actor=why.actor, now=now)
        elif act == "removed":
            registry.remove(conn, number, actor=why.actor, reason=why.reason)
            return pages.redirect("/admin/webhooks?done=removed")
        else:
            raise Refused(404, "error.404")
    return (
        _one(visit, number, secret=secret)
        if secret
        else pages.redirect(f"/admin/webhooks/{number}?done={act}")
    )


def _again(visit: Visit, number: int, why: By) -> int:
    """Send one delivery again, or all that were given up: each in a transaction of its own, so that one that
    fails holds up no other."""
    pressed = visit.field("delivery")
    with visit.runtime.pool.connection() as conn:
        _found(conn, number)
        ids = [_uuid(pressed)] if pressed else list(registry.dead_ones(conn, number))
    sent = 0
    for one in ids:
        with visit.runtime.pool.connection() as conn:
            delivery = delivery_log.delivery(conn, one)
            if delivery is not None and delivery.webhook_id == number:
                now = datetime.now(UTC)
                done = registry.redeliver(conn, one, actor=why.actor, now=now, reason=why.reason)
                sent += done is not None
    return sent


handlers = [list_page, add, one_page, change]
