"""Webhooks and deliveries over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tenfold.enforcement import sealing
from tenfold.enforcement.outbox import deliver_due
from tenfold.store import audit
from tenfold.store.keys import Scope
from tests.enforcement.receivers import Receiver, receiver

if TYPE_CHECKING:
    from tests.conftest import Server


@pytest.fixture
def target() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def near(serve: Callable[..., Server]) -> Server:
    """A server that may deliver to private addresses."""
    return serve(webhook_private_addresses=True)


def keys(server: Server) -> dict[str, str]:
    return server.key(Scope.WEBHOOKS_READ, Scope.WEBHOOKS_WRITE)


def add(server: Server, key: dict[str, str], **wish: Any) -> Any:
    body = {"name": "platform", "url": "https://platform.example/hook"} | wish
    return server.client.post("/v1/webhooks", json=body, headers=key)


def test_a_webhook_is_added_and_its_secret_shown_once(server: Server) -> None:
    key = keys(server)
    made = add(server, key)
    assert made.status_code == 201
    sealing.check_secret(made.json()["secret"])
    listed = server.client.get("/v1/webhooks", headers=key)
    assert [hook["name"] for hook in listed.json()] == ["platform"]
    assert made.json()["secret"] not in listed.text
    with server.runtime.pool.connection() as conn:
        (kept,) = conn.execute("SELECT secret FROM webhooks").fetchone() or ("",)
        assert made.json()["secret"] not in str(list(audit.stream(conn)))
    assert sealing.unseal(kept, server.runtime.secret) == made.json()["secret"]
    again = add(server, key)
    assert (again.status_code, again.json()["title"]) == (409, "Name taken")


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"url": "ftp://platform.example/"}, "url"),
        ({"url": "http://127.0.0.1/"}, "url"),
        ({"url": "http://[::1]:8080/"}, "url"),
        ({"secret": "guess me"}, "secret"),
        ({"name": ""}, "name"),
        ({"name": "a\0"}, "name"),
    ],
)
def test_a_webhook_that_cannot_work_is_refused(server: Server, wish: dict[str, str], field: str) -> None:
    answer = add(server, keys(server), **wish)
    assert answer.status_code == 422
    assert field in str(answer.json()["errors"])


def test_a_webhook_is_changed_and_removed(server: Server) -> None:
    key = keys(server)
    path = f"/v1/webhooks/{add(server, key).json()['id']}"
    other = add(server, key, name="other").json()["id"]
    off = server.client.patch(path, json={"enabled": False}, headers=key).json()
    assert (off["enabled"], off["name"]) == (False, "platform")
    assert off["disabled_reason"].startswith("switched off by key:")
    on = server.client.patch(path, json={"enabled": True, "name": "renamed"}, headers=key).json()
    assert (on["enabled"], on["name"], on["disabled_reason"]) == (True, "renamed", None)
    assert server.client.patch(path, json={"name": "other"}, headers=key).status_code == 409
    assert server.client.patch(path, json={"url": "http://10.0.0.1/"}, headers=key).status_code == 422
    assert server.client.delete(path, headers=key).status_code == 204
    assert server.client.delete(path, headers=key).status_code == 404
    assert [hook["id"] for hook in server.client.get("/v1/webhooks", headers=key).json()] == [other]


def test_a_test_arrives_and_can_be_sent_again(near: Server, target: Receiver) -> None:
    key = keys(near)
    hook = add(near, key, url=target.url).json()
    sent = near.client.post(f"/v1/webhooks/{hook['id']}/test", headers=key)
    assert sent.status_code == 202
    delivery = sent.json()["delivery"]
    again = near.client.post(f"/v1/deliveries/{delivery}/redeliver", headers=key)
    assert (again.status_code, again.json()["state"]) == (409, "pending"), "it still waits"
    deliver_due(near.runtime.pool, near.runtime.settings, near.runtime.secret)
    assert target.received[0].verified(hook["secret"])["type"] == "webhook.test"
    (listed,) = near.client.get("/v1/deliveries?state=delivered", headers=key).json()["deliveries"]
    assert (listed["id"], listed["last_status"], listed["attempts"]) == (delivery, 200, 1)
    assert near.client.post(f"/v1/deliveries/{delivery}/redeliver", headers=key).status_code == 202
    deliver_due(near.runtime.pool, near.runtime.settings, near.runtime.secret)
    assert [request.id for request in target.received] == [delivery, delivery]


def test_deliveries_come_in_pages(server: Server) -> None:
    key = keys(server)
    hook = add(server, key).json()["id"]
    sent = [server.client.post(f"/v1/webhooks/{hook}/test", headers=key).json()["delivery"] for _ in range(3)]
    first = server.client.get(f"/v1/deliveries?webhook={hook}&limit=2", headers=key).json()
    second = server.client.get(f"/v1/deliveries?limit=2&before={first['next']}", headers=key).json()
    found = [row["id"] for row in first["deliveries"] + second["deliveries"]]
    assert found == sorted(sent, reverse=True)
    assert second["next"] is None


def test_what_is_not_there_is_a_404(server: Server) -> None:
    key = keys(server)
    assert server.client.post("/v1/webhooks/9/test", headers=key).status_code == 404
    assert server.client.patch("/v1/webhooks/9", json={}, headers=key).status_code == 404
    assert server.client.post(f"/v1/deliveries/{uuid4()}/redeliver", headers=key).status_code == 404


def test_the_description_holds_every_endpoint(server: Server) -> None:
    paths = server.client.get("/openapi.json").json()["paths"]
    assert {
        "/v1/cases/{case_id}/decisions",
        "/v1/decisions/{decision_id}/reverse",
        "/v1/actions/{action_id}/confirm",
        "/v1/webhooks/{webhook_id}/test",
        "/v1/deliveries/{delivery_id}/redeliver",
    } <= set(paths)
