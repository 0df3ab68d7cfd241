"""`/v1/webhooks` and `/v1/deliveries`: where actions are delivered, and what became of each delivery."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from tenfold.casework.service import NotFoundError
from tenfold.enforcement import registry
from tenfold.enforcement.addresses import MAX_URL, AddressError
from tenfold.enforcement.registry import NameTakenError
from tenfold.enforcement.sealing import SecretError
from tenfold.store import delivery_log, webhooks
from tenfold.store.database import Conn
from tenfold.store.delivery_log import Delivery
from tenfold.store.webhooks import Webhook
from tenfold.web.api.cases import MAX_ROW, ApiRequest, Limit, RowId, casework
from tenfold.web.api.texts import NO_NUL
from tenfold.web.api.transactions import retried
from tenfold.web.auth import Scope, requires
from tenfold.web.problems import FieldProblem, Problem
from tenfold.web.runtime import Running, Runtime

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_NUL)]
Types = Annotated[list[Literal["action.ordered", "threat.page"]], Meta(min_length=1, max_length=2)]
Url = Annotated[str, Meta(min_length=1, max_length=MAX_URL, pattern=NO_NUL)]


class WebhookView(msgspec.Struct, kw_only=True):
    """A webhook, without its secret. `disabled_reason` says why it is off, `types` what it receives."""

    id: int
    name: str
    url: str
    enabled: bool
    created_at: datetime
    disabled_reason: str | None
    types: list[str]


class WebhookAdded(WebhookView, kw_only=True):
    """A new webhook and the secret that its messages are signed with: it is shown this once."""

    secret: str


class WebhookWish(msgspec.Struct, kw_only=True):
    """A webhook to add. A `secret` (whsec_...) is made if none is given. It receives actions unless `types`
    say otherwise; `threat.page` calls people to a threat.
    """

    name: Name
    url: Url
    secret: Annotated[str, Meta(max_length=200, pattern=NO_NUL)] | None = None
    types: Types = msgspec.field(default_factory=lambda: [webhooks.ACTION_ORDERED])


class WebhookChange(msgspec.Struct, kw_only=True):
    """What to change; the rest stays."""

    name: Name | UnsetType = UNSET
    url: Url | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    types: Types | UnsetType = UNSET


class DeliveriesPage(msgspec.Struct, kw_only=True):
    """Deliveries, newest first; `next` is the `before` of the next page, null at the end."""

    deliveries: list[Delivery]
    next: UUID | None = None


class TestSent(msgspec.Struct):
    """The delivery that carries the test."""

    delivery: UUID


@contextmanager
def _registry(runtime: Runtime) -> Iterator[Conn]:
    try:
        with casework(runtime) as conn:
            yield conn
    except NameTakenError as error:
        raise Problem(409, "Name taken", f"{error}.") from None
    except (AddressError, SecretError) as error:
        field = "url" if isinstance(error, AddressError) else "secret"
        problem = FieldProblem(field=field, reason=str(error))
        raise Problem(422, "Invalid request", f"{error}.", errors=[problem]) from None


def _found(conn: Conn, webhook_id: int) -> Webhook:
    webhook = webhooks.load(conn, webhook_id)
    if webhook is None:
        raise NotFoundError(f"there is no webhook {webhook_id}")
    return webhook


def _view(webhook: Webhook) -> WebhookView:
    return WebhookView(
        id=webhook.id,
        name=webhook.name,
        url=webhook.url,
        enabled=webhook.enabled,
        created_at=webhook.created_at,
        disabled_reason=webhook.disabled_reason,
        types=webhook.types,
    )


@get(
    "/v1/webhooks",
    summary="All webhooks",
    tags=["webhooks"],
    guards=[requires(Scope.WEBHOOKS_READ)],
    sync_to_thread=True,
)
def list_webhooks(runtime: Running) -> list[WebhookView]:
    """Secrets are not shown again."""
    with runtime.pool.connection() as conn:
        return [_view(webhook) for webhook in webhooks.load_all(conn)]


@post(
    "/v1/webhooks",
    summary="Add a webhook",
    tags=["webhooks"],
    guards=[requires(Scope.WEBHOOKS_WRITE)],
    sync_to_thread=True,
)
@retried
def post_webhook(data: JSONBody[WebhookWish], request: ApiRequest, runtime: Running) -> WebhookAdded:
    """It receives what is ordered from now on. Addresses in private networks are refused unless the
    operator allows them."""
    with _registry(runtime) as conn:
        webhook, secret = registry.add(
            conn,
            name=data.name,
            url=data.url,
            secret=data.secret,
            allow_private=runtime.settings.webhook_private_addresses,
            key=runtime.secret,
            actor=request.auth.actor,
            types=data.types,
        )
    return WebhookAdded(**msgspec.structs.asdict(_view(webhook)), secret=secret)


@patch(
    "/v1/webhooks/{webhook_id:int}",
    summary="Change a webhook",
    tags=["webhooks"],
    guards=[requires(Scope.WEBHOOKS_WRITE)],
    sync_to_thread=True,
)
@retried
def patch_webhook(
    webhook_id: RowId, data: JSONBody[WebhookChange], request: ApiRequest, runtime: Running
) -> WebhookView:
    """Switched off, it keeps its messages and receives them when it is switched on again."""
    with _registry(runtime) as conn:
        webhook = _found(conn, webhook_id)
        changed = registry.change(
            conn,
            webhook,
            name=webhook.name if data.name is UNSET else data.name,
            url=webhook.url if data.url is UNSET else data.url,
            enabled=webhook.enabled if data.enabled is UNSET else data.enabled,
            types=webhook.types if data.types is UNSET else data.types,
            allow_private=runtime.settings.webhook_private_addresses,
            actor=request.auth.actor,
        )
    return _view(changed)


@delete(
    "/v1/webhooks/{webhook_id:int}",
    summary="Remove a webhook with its deliveries",
    tags=["webhooks"],
    guards=[requires(Scope.WEBHOOKS_WRITE)],
    sync_to_thread=True,
)
@retried
def delete_webhook(webhook_id: RowId, request: ApiRequest, runtime: Running) -> None:
    """What has not been delivered to it is dropped."""
    with _registry(runtime) as conn:
        if not registry.remove(conn, webhook_id, actor=request.auth.actor):
            raise NotFoundError(f"there is no webhook {webhook_id}")


@post(
    "/v1/webhooks/{webhook_id:int}/test",
    summary="Send a test message",
    tags=["webhooks"],
    guards=[requires(Scope.WEBHOOKS_WRITE)],
    status_code=202,
    sync_to_thread=True,
)
@retried
def test_webhook(webhook_id: RowId, request: ApiRequest, runtime: Running) -> TestSent:
    """A message of type `webhook.test`; see its delivery for the outcome."""
    with _registry(runtime) as conn:
        _found(conn, webhook_id)
        actor, now = request.auth.actor, datetime.now(UTC)
        return TestSent(registry.send_test(conn, webhook_id, actor=actor, now=now))


@get(
    "/v1/deliveries",
    summary="Deliveries, newest first",
    tags=["webhooks"],
    guards=[requires(Scope.WEBHOOKS_READ)],
    sync_to_thread=True,
)
def list_deliveries(
    runtime: Running,
    webhook: Annotated[int | None, QueryParameter(ge=1, le=MAX_ROW)] = None,
    delivery_state: Annotated[
        Literal["pending", "delivered", "dead", "cancelled"] | None, QueryParameter(name="state")
    ] = None,
    before: FromQuery[UUID | None] = None,
    limit: Limit = 50,
) -> DeliveriesPage:
    """`state=dead` are those that no attempt has brought through."""
    with runtime.pool.connection() as conn:
        found = delivery_log.deliveries(
            conn, webhook_id=webhook, state=delivery_state, before=before, limit=limit + 1
        )
    page = found[:limit]
    return DeliveriesPage(deliveries=page, next=page[-1].id if len(found) > limit else None)


@post(
    "/v1/deliveries/{delivery_id:uuid}/redeliver",
    summary="Send a dead or delivered message again",
    tags=["webhooks"],
    guards=[requires(Scope.WEBHOOKS_WRITE)],
    status_code=202,
    sync_to_thread=True,
)
@retried
def redeliver(delivery_id: FromPath[UUID], request: ApiRequest, runtime: Running) -> Delivery:
    """Under its old id. 409 if it still waits, or was cancelled by a reversal."""
    with _registry(runtime) as conn:
        actor, now = request.auth.actor, datetime.now(UTC)
        delivery = registry.redeliver(conn, delivery_id, actor=actor, now=now)
        if delivery is not None:
            return delivery
        present = delivery_log.delivery(conn, delivery_id)
        if present is None:
            raise NotFoundError(f"there is no delivery {delivery_id}")
        raise Problem(
            409,
            "Not to be sent again",
            f"The delivery is {present.state}; only a dead or delivered one is sent again.",
            extra={"state": present.state},
        )


handlers = [
    list_webhooks,
    post_webhook,
    patch_webhook,
    delete_webhook,
    test_webhook,
    list_deliveries,
    redeliver,
]
