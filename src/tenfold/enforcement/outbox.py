"""The outbox: every ordered action reaches every webhook at least once, or is listed as dead.

A delivery is claimed by moving its `next_at` to the end of a lease, sent outside of any transaction, and
its outcome recorded. A process that dies in between leaves it to be sent again under the same id, so a
receiver drops what it has seen by `webhook-id`. Each webhook has its own few threads: one that hangs
keeps nobody else waiting.
"""

import queue
import random
import ssl
import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import msgspec
from psycopg_pool import ConnectionPool

from tenfold.casework.states import ACTION_STEPS, ActionState, ActionStep, after, before
from tenfold.config import Settings
from tenfold.enforcement.sending import TOTAL_SECONDS, Answer, Sender
from tenfold.store import actions, audit, deliveries, webhooks
from tenfold.store.audit import Entry
from tenfold.store.database import Conn
from tenfold.store.deliveries import Due, Outcome

PER_WEBHOOK = 4  # deliveries in flight to one webhook
IN_FLIGHT = 64  # in all
LEASE = timedelta(seconds=4 * TOTAL_SECONDS)  # longer than resolving, connecting and sending can take
LOOK_SECONDS = 0.1  # between looks for new deliveries while some are in flight
# Waits between attempts: three days in all, after which a delivery is dead.
BACKOFF = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 3_600, 3 * 3_600, 8 * 3_600, 24 * 3_600, 24 * 3_600)
)
JITTER = 0.2  # waits vary by this share, so that what failed together does not return together
MAX_RETRY_AFTER = timedelta(hours=24)
GONE = 410

Result = tuple[Due, Answer]


def deliver_due(pool: ConnectionPool[Conn], settings: Settings, secret: bytes) -> int:
    """Deliver what is due until nothing is due or in flight; returns how many attempts were made.

    Goes on claiming for other webhooks while one is slow; so give it a thread of its own.
    """
    return Outbox(pool, settings, secret).drain()


class Outbox:
    """One run over what is due. Threads are daemons: a hanging receiver does not keep a process alive."""

    def __init__(self, pool: ConnectionPool[Conn], settings: Settings, secret: bytes) -> None:
        self._pool = pool
        self._secret = secret
        self._allow_private = settings.webhook_private_addresses
        self._results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._busy: Counter[int] = Counter()
        self._started: dict[UUID, tuple[float, int]] = {}  # when, for which webhook
        self._senders: dict[int, Sender] = {}
        self._tls: ssl.SSLContext | None = None

    def drain(self) -> int:
        """Work until nothing is due and nothing in flight."""
        attempts = 0
        try:
            while True:
                claimed = self._claim()
                attempts += len(claimed)
                for due in claimed:
                    self._start(due)
                if not self._busy:
                    return attempts
                self._record(self._finished())
                self._cut_off()
        finally:
            for sender in self._senders.values():
                sender.close()

    def _claim(self) -> list[Due]:
        room = IN_FLIGHT - self._busy.total()
        if room <= 0:
            return []
        with self._pool.connection() as conn:
            free = {hook: min(room, PER_WEBHOOK - self._busy[hook]) for hook in webhooks.enabled(conn)}
            if not any(slots > 0 for slots in free.values()):
                return []
            return deliveries.claim(conn, free, LEASE, datetime.now(UTC))

    def _start(self, due: Due) -> None:
        self._busy[due.webhook_id] += 1
        self._started[due.id] = (time.monotonic(), due.webhook_id)
        sender = self._senders.get(due.webhook_id)
        if sender is None:
            self._tls = self._tls or httpx.create_ssl_context(trust_env=False)
            sender = self._senders[due.webhook_id] = Sender(self._allow_private, self._tls, PER_WEBHOOK)
        threading.Thread(
            target=self._send, args=(sender, due), name=f"delivery-{due.id}", daemon=True
        ).start()

    def _send(self, sender: Sender, due: Due) -> None:
        try:
            answer = sender.send(due, self._secret)
        except Exception as error:  # whatever it is, the delivery must not be lost from sight
            answer = Answer(error=f"{type(error).__name__}: {error}")
        self._results.put((due, answer))

    def _finished(self) -> list[Result]:
        """What has ended by now; waits for the first a moment."""
        finished: list[Result] = []
        try:
            finished.append(self._results.get(timeout=LOOK_SECONDS))
            while True:
                finished.append(self._results.get_nowait())
        except queue.Empty:
            pass
        for due, _ in finished:
            self._started.pop(due.id, None)
            self._busy[due.webhook_id] -= 1
            if not self._busy[due.webhook_id]:
                del self._busy[due.webhook_id]
        return finished

    def _cut_off(self) -> None:
        """Close the connections of a webhook that still answers, byte by byte, when its lease has ended."""
        ended = time.monotonic() - LEASE.total_seconds()
        for delivery, (at, webhook_id) in list(self._started.items()):
            if at < ended:
                del self._started[delivery]
                sender = self._senders.pop(webhook_id, None)
                if sender is not None:
                    sender.close()

    def _record(self, finished: Sequence[Result]) -> None:
        if finished:
            now = datetime.now(UTC)
            with self._pool.connection() as conn:
                record(conn, finished, now)


def record(conn: Conn, finished: Sequence[Result], now: datetime) -> None:
    """Write what became of attempts, and what that means for their actions and webhooks."""
    concerned = {due.action_id for due, _ in finished if due.action_id is not None}
    actions.load(conn, concerned, lock=True)  # before their deliveries, as a reversal does
    outcomes = [outcome(due, answer, now) for due, answer in finished]
    deliveries.record(conn, outcomes, now)
    entries = []
    for webhook_id in sorted({due.webhook_id for due, answer in finished if answer.status == GONE}):
        reason = "the receiver answered 410 Gone: it wants no more"
        concerned.update(webhooks.disable(conn, webhook_id, reason))
        entries.append(
            Entry(
                actor="system",
                act="webhook.disabled",
                subject=f"webhook:{webhook_id}",
                details={"reason": reason},
            )
        )
    entries += [
        Entry(
            actor="system",
            act="delivery.dead",
            subject=f"delivery:{due.id}",
            details={"webhook": due.webhook_id, "action": due.action_id, "error": told.error},
        )
        for (due, _), told in zip(finished, outcomes, strict=True)
        if told.state == "dead"
    ]
    advance(conn, concerned, now)
    audit.append(conn, entries)


def advance(conn: Conn, action_ids: set[int], now: datetime) -> None:
    """Bring actions in line with their deliveries: delivered when every webhook has it, failed when none
    ever will."""
    delivered, failed = deliveries.actions_at_rest(conn, action_ids)
    for ids, step in ((delivered, ActionStep.DELIVER), (failed, ActionStep.FAIL)):
        target = after(ACTION_STEPS, ActionState.ORDERED, step)
        actions.move(conn, ids, [ActionState.ORDERED], target, now)
    lost = [action.subject for action in actions.load(conn, failed) if action.effect is not None]
    actions.settle(conn, lost)


def outcome(due: Due, answer: Answer, now: datetime) -> Outcome:
    """What one attempt means for its delivery."""
    told = Outcome(id=due.id, state="dead", status=answer.status, error=answer.error, seconds=answer.seconds)
    if answer.taken:
        return msgspec.structs.replace(told, state="delivered", error=None)
    wait = delay(due.attempts, answer.retry_after, random.random())  # noqa: S311 - spreads load, guards nothing
    if answer.status == GONE or wait is None:
        return told
    return msgspec.structs.replace(told, state="pending", next_at=now + wait)


def delay(attempts: int, retry_after: float | None, chance: float) -> timedelta | None:
    """How long to wait after `attempts` failures; None when it is over. `chance` is in 0..1.

    A receiver's Retry-After can lengthen the wait, up to MAX_RETRY_AFTER, never shorten it.
    """
    if attempts > len(BACKOFF):
        return None
    wait = BACKOFF[attempts - 1] * (1 - JITTER + 2 * JITTER * chance)
    return max(wait, min(timedelta(seconds=retry_after or 0), MAX_RETRY_AFTER))


def redelivered(conn: Conn, action_id: int | None, now: datetime) -> None:
    """Write that a message about an action is sent again: a failed action is ordered once more."""
    if action_id is None:
        return
    sources = before(ACTION_STEPS, ActionStep.REDELIVER)
    target = after(ACTION_STEPS, ActionState.FAILED, ActionStep.REDELIVER)
    actions.move(conn, [action_id], sources, target, now)
    again = [action.subject for action in actions.load(conn, [action_id]) if action.effect is not None]
    actions.settle(conn, again)
