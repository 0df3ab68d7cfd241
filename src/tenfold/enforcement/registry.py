"""Adding, changing, testing and removing webhooks, and sending again by hand. All of it is audited."""

import ipaddress
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tenfold.enforcement import addresses, outbox, sealing
from tenfold.enforcement.addresses import AddressError
from tenfold.store import audit, deliveries, delivery_log, webhooks
from tenfold.store.audit import By
from tenfold.store.database import Conn
from tenfold.store.deliveries import Message
from tenfold.store.delivery_log import Delivery
from tenfold.store.webhooks import Webhook

OLD_SECRET_LIFE: Final = timedelta(hours=24)
DEAD_AT_ONCE: Final = 50


class NameTakenError(ValueError):
    """Another webhook has this name."""


def check_url(url: str, allow_private: bool) -> None:
    """AddressError for a URL that no delivery would go to. Names are resolved when something is sent."""
    host = addresses.parse(url).host
    try:
        literal = str(ipaddress.ip_address(host))
    except ValueError:
        return
    if not allow_private and not addresses.is_public(literal):
        raise AddressError(
            f"{host} is not a public address; TENFOLD_WEBHOOK_PRIVATE_ADDRESSES=true allows it"
        )


def add(
    conn: Conn,
    *,
    name: str,
    url: str,
    secret: str | None,
    allow_private: bool,
    key: bytes,
    actor: str,
    types: Sequence[str] = (webhooks.ACTION_ORDERED,),
    reason: str = "",
) -> tuple[Webhook, str]:
    """Add a webhook; returns it and its secret, which is shown this once. A secret is made if none is given.
    `types`: the messages that it receives, of webhooks.TYPES.

    AddressError, SecretError or NameTakenError say what to mend.
    """
    check_url(url, allow_private)
    secret = secret or sealing.new_secret()
    sealing.check_secret(secret)
    webhook_id = webhooks.add(conn, name, url, sealing.seal(secret, key), types)
    webhook = webhooks.load(conn, webhook_id) if webhook_id is not None else None
    if webhook is None:
        raise NameTakenError(f"there is a webhook named {name!r} already")
    _say(
        conn,
        By(actor=actor, reason=reason),
        "webhook.added",
        webhook.id,
        name=name,
        url=url,
        types=webhook.types,
    )
    return webhook, secret


def change(
    conn: Conn,
    webhook: Webhook,
    *,
    name: str,
    url: str,
    enabled: bool,
    types: Sequence[str],
    allow_private: bool,
    actor: str,
    reason: str = "",
) -> Webhook:
    """Change a webhook; switching it on again clears why it was switched off."""
    check_url(url, allow_private)
    if any(other.name == name and other.id != webhook.id for other in webhooks.load_all(conn)):
        raise NameTakenError(f"there is a webhook named {name!r} already")
    why = None if enabled else webhook.disabled_reason or f"switched off by {actor}"
    webhooks.change(conn, webhook.id, name=name, url=url, enabled=enabled, disabled_reason=why, types=types)
    said = {"name": name, "url": url, "enabled": enabled, "types": sorted(set(types))}
    _say(conn, By(actor=actor, reason=reason), "webhook.changed", webhook.id, **said)
    changed = webhooks.load(conn, webhook.id)
    assert changed is not None
    return changed


def remove(conn: Conn, webhook_id: int, *, actor: str, reason: str = "") -> bool:
    """Remove a webhook with its deliveries; False if there is none."""
    removed = webhooks.remove(conn, webhook_id)
    if removed:
        _say(conn, By(actor=actor, reason=reason), "webhook.removed", webhook_id)
    return removed


def send_test(conn: Conn, webhook_id: int, *, actor: str, now: datetime) -> UUID:
    """Queue a `webhook.test` message for one webhook; returns the delivery's id."""
    body = {
        "type": "webhook.test",
        "timestamp": now.isoformat(),
        "data": {"message": "This is a test by Tenfold; nothing has to be done."},
    }
    (delivery,) = deliveries.enqueue(conn, [Message(type="webhook.test", body=body)], now, webhook_id)
    _say(conn, By(actor=actor), "webhook.tested", webhook_id, delivery=str(delivery))
    return delivery


def redeliver(
    conn: Conn, delivery_id: UUID, *, actor: str, now: datetime, reason: str = ""
) -> Delivery | None:
    """Send a dead or delivered message again under its old id; None if there is none in such a state."""
    delivery = delivery_log.redeliver(conn, delivery_id, now)
    if delivery is not None:
        outbox.redelivered(conn, delivery.action_id, now)
        _say(
            conn,
            By(actor=actor, reason=reason),
            "delivery.again",
            delivery.webhook_id,
            delivery=str(delivery_id),
        )
    return delivery


def rotate(conn: Conn, webhook: Webhook, *, key: bytes, actor: str, now: datetime, reason: str = "") -> str:
    """A new secret, shown this once; for OLD_SECRET_LIFE the old one signs too, as Standard Webhooks has it,
    so that the receiver can follow without losing a message."""
    secret = sealing.new_secret()
    until = now + OLD_SECRET_LIFE
    webhooks.rotate(conn, webhook.id, sealing.seal(secret, key), until)
    by = By(actor=actor, reason=reason)
    _say(conn, by, "webhook.rotated", webhook.id, old_secret_until=until.isoformat())
    return secret


def dead_ones(conn: Conn, webhook_id: int | None = None) -> Iterator[UUID]:
    """The deliveries given up when it is first asked, of all webhooks or one; batch by batch."""
    before: UUID | None = None
    while batch := delivery_log.deliveries(
        conn, webhook_id=webhook_id, state="dead", before=before, limit=DEAD_AT_ONCE
    ):
        yield from (one.id for one in batch)
        before = batch[-1].id


def _say(conn: Conn, by: By, act: str, webhook_id: int, **details: object) -> None:
    audit.append(conn, [by.entry(act, f"webhook:{webhook_id}", **details)])
