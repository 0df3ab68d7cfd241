"""Messages reach real receivers: signed, again when they fail, never twice at once, never into the dark."""

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg_pool import ConnectionPool
from standardwebhooks.webhooks import WebhookVerificationError

from tenfold.config import Settings
from tenfold.enforcement import outbox, sealing, sending
from tenfold.enforcement.outbox import BACKOFF, LEASE, MAX_RETRY_AFTER, delay, deliver_due
from tenfold.store import audit, delivery_log, webhooks
from tenfold.store import deliveries as outgoing
from tenfold.store.actions import NewAction, add
from tenfold.store.database import Conn
from tenfold.store.deliveries import Message
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import ActionKind
from tests.enforcement.receivers import Receiver, endless, receiver, status, until

KEY = b"0123456789abcdef0123456789abcdef"
OTHER_KEY = b"another key of at least 32 bytes!"
SECRET = sealing.new_secret()
ALLOWED = Settings(webhook_private_addresses=True)
POST = Subject(SubjectKind.POST, "p-1")


@pytest.fixture
def target() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def hook(pool: ConnectionPool[Conn], target: Receiver) -> int:
    """A webhook to the receiver."""
    return add_hook(pool, target.url)


def add_hook(pool: ConnectionPool[Conn], url: str, name: str = "platform") -> int:
    with pool.connection() as conn:
        found = webhooks.add(conn, name, url, sealing.seal(SECRET, KEY))
        assert found is not None
        return found


def order(pool: ConnectionPool[Conn], number: int = 1) -> list[int]:
    """Ordered holds of posts, each with a message to every webhook; returns their ids."""
    now = datetime.now(UTC)
    with pool.connection() as conn:
        conn.execute(
            "INSERT INTO posts (id, account, created_at, text, seq, state)"
            " VALUES ('p-1', 'a-1', now(), 'text', 1, 'held') ON CONFLICT DO NOTHING"
        )
        new = [
            NewAction(
                kind=ActionKind.HOLD, subject=POST, state="ordered", ground="TVEC1", origin=f"decision:{n}"
            )
            for n in range(number)
        ]
        added = [action.id for action in add(conn, new, now)]
        conn.execute("UPDATE actions SET before = 'visible'")
        messages = [
            Message(
                type="action.ordered", body={"type": "action.ordered", "data": {"action": id_}}, action_id=id_
            )
            for id_ in added
        ]
        outgoing.enqueue(conn, messages, now)
        return added


def deliveries(pool: ConnectionPool[Conn]) -> list[tuple[Any, ...]]:
    with pool.connection() as conn:
        return conn.execute(
            "SELECT state, attempts, last_status, last_error FROM deliveries ORDER BY action_id, id"
        ).fetchall()


def make_due(pool: ConnectionPool[Conn]) -> None:
    """Let the time of waiting pass."""
    with pool.connection() as conn:
        conn.execute("UPDATE deliveries SET next_at = now() - interval '1 second'")


def state_of(pool: ConnectionPool[Conn], action: int) -> str:
    with pool.connection() as conn:
        row = conn.execute("SELECT state FROM actions WHERE id = %s", [action]).fetchone()
        assert row is not None
        return str(row[0])


def acts(pool: ConnectionPool[Conn]) -> list[str]:
    with pool.connection() as conn:
        return [row.act for row in audit.stream(conn)]


def test_a_message_arrives_signed_once(pool: ConnectionPool[Conn], target: Receiver, hook: int) -> None:
    (action,) = order(pool)
    assert deliver_due(pool, ALLOWED, KEY) == 1
    assert deliver_due(pool, ALLOWED, KEY) == 0
    (request,) = target.received
    assert request.verified(SECRET) == {"type": "action.ordered", "data": {"action": action}}
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == target.url.split("/")[2]
    assert UUID(request.id)
    with pytest.raises(WebhookVerificationError):
        request.verified(sealing.new_secret())
    assert deliveries(pool) == [("delivered", 1, 200, None)]
    assert state_of(pool, action) == "delivered"


def test_nothing_due_is_nothing_done(pool: ConnectionPool[Conn]) -> None:
    assert deliver_due(pool, ALLOWED, KEY) == 0


def test_a_failure_is_tried_again_later_under_the_same_id(
    pool: ConnectionPool[Conn], target: Receiver, hook: int
) -> None:
    (action,) = order(pool)
    target.answer = status(500)
    deliver_due(pool, ALLOWED, KEY)
    assert deliveries(pool) == [("pending", 1, 500, "answered 500")]
    assert deliver_due(pool, ALLOWED, KEY) == 0, "not before its time"
    assert state_of(pool, action) == "ordered"
    make_due(pool)
    target.answer = status(204)
    deliver_due(pool, ALLOWED, KEY)
    assert deliveries(pool) == [("delivered", 2, 204, None)]
    first, second = target.received
    assert first.id == second.id
    assert first.body == second.body


def test_after_the_last_attempt_it_is_dead_and_the_action_failed(
    pool: ConnectionPool[Conn], target: Receiver, hook: int
) -> None:
    (action,) = order(pool)
    target.answer = status(503)
    for _ in range(len(BACKOFF) + 1):
        make_due(pool)
        deliver_due(pool, ALLOWED, KEY)
    make_due(pool)
    assert deliver_due(pool, ALLOWED, KEY) == 0
    assert deliveries(pool) == [("dead", len(BACKOFF) + 1, 503, "answered 503")]
    assert state_of(pool, action) == "failed"
    with pool.connection() as conn:
        assert conn.execute("SELECT state FROM posts").fetchone() == ("visible",), "it was never carried out"
    assert acts(pool) == ["delivery.dead"]


def test_a_dead_delivery_can_be_sent_again_by_hand(
    pool: ConnectionPool[Conn], target: Receiver, hook: int
) -> None:
    (action,) = order(pool)
    target.answer = status(410)
    deliver_due(pool, ALLOWED, KEY)
    target.answer = status(200)
    with pool.connection() as conn:
        webhooks.change(conn, hook, name="platform", url=target.url, enabled=True, disabled_reason=None)
        (dead,) = delivery_log.deliveries(conn, state="dead")
        again = delivery_log.redeliver(conn, dead.id, datetime.now(UTC))
        assert again is not None
        outbox.redelivered(conn, again.action_id, datetime.now(UTC))
        assert conn.execute("SELECT state FROM posts").fetchone() == ("held",)
    deliver_due(pool, ALLOWED, KEY)
    assert state_of(pool, action) == "delivered"
    assert {request.id for request in target.received} == {str(dead.id)}


def test_gone_switches_the_webhook_off(pool: ConnectionPool[Conn], target: Receiver, hook: int) -> None:
    order(pool, 10)
    target.answer = status(410)
    deliver_due(pool, ALLOWED, KEY)
    assert {row[0] for row in deliveries(pool)} == {"dead"}
    assert len(target.received) <= 2 * outbox.PER_WEBHOOK
    with pool.connection() as conn:
        found = webhooks.load(conn, hook)
    assert found is not None
    assert (found.enabled, "410 Gone" in (found.disabled_reason or "")) == (False, True)
    assert "webhook.disabled" in acts(pool)


def test_a_webhook_that_is_off_keeps_its_messages(
    pool: ConnectionPool[Conn], target: Receiver, hook: int
) -> None:
    order(pool)
    with pool.connection() as conn:
        webhooks.change(conn, hook, name="platform", url=target.url, enabled=False, disabled_reason="holiday")
    assert deliver_due(pool, ALLOWED, KEY) == 0
    assert deliveries(pool)[0][0] == "pending"


def test_a_redirect_is_not_followed(pool: ConnectionPool[Conn], target: Receiver, hook: int) -> None:
    order(pool)
    with receiver() as inside:
        target.answer = status(302, {"location": inside.url})
        deliver_due(pool, ALLOWED, KEY)
        assert inside.received == []
    assert deliveries(pool)[0][:3] == ("pending", 1, 302)
    assert "redirects are not followed" in deliveries(pool)[0][3]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"])
def test_private_addresses_are_not_sent_to(pool: ConnectionPool[Conn], target: Receiver, host: str) -> None:
    add_hook(pool, target.url.replace("127.0.0.1", host))
    order(pool)
    deliver_due(pool, Settings(), KEY)
    assert target.received == []
    assert "not a public address" in deliveries(pool)[0][3]


def test_a_body_without_end_is_cut_off(pool: ConnectionPool[Conn], target: Receiver, hook: int) -> None:
    order(pool)
    target.answer = endless
    deliver_due(pool, ALLOWED, KEY)
    assert deliveries(pool)[0][:3] == ("delivered", 1, 200)


def test_a_receiver_that_is_not_there_is_tried_again(pool: ConnectionPool[Conn]) -> None:
    with receiver() as closed:
        url = closed.url
    add_hook(pool, url)
    order(pool)
    deliver_due(pool, ALLOWED, KEY)
    (found,) = deliveries(pool)
    assert found[:3] == ("pending", 1, None)
    assert "ConnectError" in found[3]


def test_a_hanging_receiver_keeps_nobody_else_waiting(pool: ConnectionPool[Conn], target: Receiver) -> None:
    def hang(request: BaseHTTPRequestHandler) -> None:
        hanging.released.wait()
        status(200)(request)

    with receiver() as hanging:
        hanging.answer = hang
        add_hook(pool, hanging.url, "hanging")
        add_hook(pool, target.url, "quick")
        order(pool, 20)
        running = threading.Thread(target=deliver_due, args=(pool, ALLOWED, KEY))
        running.start()
        until(lambda: len(target.received) == 20)
        assert len(hanging.received) == outbox.PER_WEBHOOK, "its own slots, no more"
        order(pool, 5)
        until(lambda: len(target.received) == 25)
        hanging.released.set()
        running.join()
        assert len(hanging.received) == 25


def test_workers_at_once_deliver_each_message_once(
    pool: ConnectionPool[Conn], target: Receiver, hook: int
) -> None:
    order(pool, 100)
    threads = [threading.Thread(target=deliver_due, args=(pool, ALLOWED, KEY)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [request.id for request in target.received]
    assert len(ids) == len(set(ids)) == 100
    assert {row[0] for row in deliveries(pool)} == {"delivered"}


def test_who_dies_after_claiming_leaves_it_to_the_next(
    pool: ConnectionPool[Conn], target: Receiver, hook: int
) -> None:
    order(pool)
    now = datetime.now(UTC)
    with pool.connection() as conn:
        (claimed,) = outgoing.claim(conn, {hook: 4}, LEASE, now)
        assert outgoing.claim(conn, {hook: 4}, LEASE, now) == [], "nobody else takes it meanwhile"
    with pool.connection() as conn:
        (again,) = outgoing.claim(conn, {hook: 4}, LEASE, now + LEASE)
    assert again.id == claimed.id
    assert again.attempts == 2


def test_who_dies_after_sending_sends_again_under_the_same_id(
    pool: ConnectionPool[Conn], target: Receiver, hook: int
) -> None:
    order(pool)
    with pool.connection() as conn:
        (claimed,) = outgoing.claim(conn, {hook: 4}, LEASE, datetime.now(UTC))
    sender = sending.Sender(True, ssl.create_default_context(), 1)
    assert sender.send(claimed, KEY).taken
    make_due(pool)
    deliver_due(pool, ALLOWED, KEY)
    first, second = target.received
    assert (first.id, first.body) == (second.id, second.body)
    assert deliveries(pool)[0][0] == "delivered"


def test_what_was_cancelled_in_flight_stays_cancelled(
    pool: ConnectionPool[Conn], target: Receiver, hook: int
) -> None:
    (action,) = order(pool)

    def cancel(request: BaseHTTPRequestHandler) -> None:
        with pool.connection() as conn:
            outgoing.cancel(conn, [action])
        status(500)(request)

    target.answer = cancel
    deliver_due(pool, ALLOWED, KEY)
    make_due(pool)
    assert deliver_due(pool, ALLOWED, KEY) == 0
    assert deliveries(pool)[0][0] == "cancelled"


def test_an_action_is_delivered_when_every_webhook_has_it(
    pool: ConnectionPool[Conn], target: Receiver, hook: int
) -> None:
    with receiver() as second:
        second.answer = status(500)
        add_hook(pool, second.url, "second")
        (action,) = order(pool)
        deliver_due(pool, ALLOWED, KEY)
        assert state_of(pool, action) == "ordered"
        second.answer = status(200)
        make_due(pool)
        deliver_due(pool, ALLOWED, KEY)
        assert state_of(pool, action) == "delivered"


def test_a_secret_of_another_installation_is_told(
    pool: ConnectionPool[Conn], target: Receiver, hook: int
) -> None:
    order(pool)
    deliver_due(pool, ALLOWED, OTHER_KEY)
    assert target.received == []
    assert "sealed under another installation key" in deliveries(pool)[0][3]


@pytest.mark.parametrize(
    ("value", "seconds"), [("120", 120), ("999999999999999", MAX_RETRY_AFTER.total_seconds())]
)
def test_retry_after_is_honoured_within_bounds(
    pool: ConnectionPool[Conn], target: Receiver, hook: int, value: str, seconds: float
) -> None:
    order(pool)
    target.answer = status(429, {"retry-after": value})
    started = datetime.now(UTC)
    deliver_due(pool, ALLOWED, KEY)
    with pool.connection() as conn:
        row = conn.execute("SELECT next_at FROM deliveries").fetchone()
    assert row is not None
    assert started + timedelta(seconds=seconds) <= row[0]
    assert row[0] <= datetime.now(UTC) + timedelta(seconds=seconds)


def test_retry_after_can_be_a_date() -> None:
    assert sending._retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    later = sending._retry_after("Wed, 21 Oct 2115 07:28:00 GMT")
    assert later is not None
    assert later > 0
    assert sending._retry_after("soon") is None


@given(
    attempts=st.integers(1, 20),
    retry_after=st.none() | st.floats(0, 1e9),
    chance=st.floats(0, 1),
)
def test_waits_grow_and_end(attempts: int, retry_after: float | None, chance: float) -> None:
    wait = delay(attempts, retry_after, chance)
    if attempts > len(BACKOFF):
        assert wait is None
        return
    assert wait is not None
    assert BACKOFF[attempts - 1] * 0.79 <= wait <= max(BACKOFF[attempts - 1] * 1.21, MAX_RETRY_AFTER)
    assert wait >= min(timedelta(seconds=retry_after or 0), MAX_RETRY_AFTER)


def test_secrets_are_sealed_and_checked() -> None:
    assert sealing.unseal(sealing.seal(SECRET, KEY), KEY) == SECRET
    assert SECRET not in sealing.seal(SECRET, KEY)
    sealing.check_secret(SECRET)
    for bad in ("", "whsec_", "whsec_AAAA", "secret", "whsec_" + "!" * 40, SECRET.removeprefix("whsec_")):
        with pytest.raises(sealing.SecretError):
            sealing.check_secret(bad)
