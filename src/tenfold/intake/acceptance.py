"""From bytes of events to rows in the store: check each, make tokens of personal data, insert, answer.

One bad event never stops the others.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec
import psycopg

from tenfold import events
from tenfold.events import Event, EventError
from tenfold.intake.pseudonyms import Pseudonymiser
from tenfold.store.database import Conn
from tenfold.store.events import insert_events

# One insert: PostgreSQL holds at most 256 MB in one jsonb, and a commit about every 4 MB keeps memory small.
BATCH_EVENTS = 1_000
BATCH_BYTES = 4 * 1024 * 1024

REFUSED_BY_STORE = (
    psycopg.DataError,
    psycopg.errors.ProgramLimitExceeded,
    psycopg.errors.StatementTooComplex,
)

Outcome = Literal["accepted", "duplicate", "refused"]


class EventProblem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Why one event was refused: the field as a path, the reason, how to mend it."""

    field: str
    reason: str
    hint: str = ""
    type: str = "urn:tenfold:problem:event-refused"


class EventResult(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of one event. `index` counts the events of a request from 0."""

    index: int
    status: Outcome
    id: str | None = None
    problem: EventProblem | None = None


def _refusal(index: int, error: EventError) -> EventResult:
    problem = EventProblem(field=error.field, reason=error.reason, hint=error.hint)
    return EventResult(index=index, status="refused", id=error.event_id, problem=problem)


class Acceptor:
    """Checks and stores events. `convert` makes our wire form of another (raises EventError).

    `max_event` is in bytes.
    """

    def __init__(
        self, secret: bytes, max_event: int, convert: Callable[[bytes], bytes] | None = None
    ) -> None:
        self._pseudonymiser = Pseudonymiser(secret)
        self._max_event = max_event
        self._convert = convert

    def accept(self, conn: Conn, raws: Sequence[bytes], first: int = 0) -> list[EventResult]:
        """One result for each event, in their order; indexes count from `first`.

        At most BATCH_EVENTS and about BATCH_BYTES at once. Opens a transaction of its own (or a
        savepoint in the caller's), and what it reports as accepted is committed with it.
        """
        now = datetime.now(UTC)
        checked = [self._check(raw, now) for raw in raws]
        stored = iter(_insert(conn, [event for event in checked if isinstance(event, Event)]))
        results = []
        for index, event in enumerate(checked, first):
            outcome = event if isinstance(event, EventError) else next(stored)
            if isinstance(outcome, EventError):
                results.append(_refusal(index, outcome))
            else:
                status: Outcome = "accepted" if outcome else "duplicate"
                id_ = event.event_id if isinstance(event, EventError) else event.id
                results.append(EventResult(index=index, status=status, id=id_))
        return results

    def _check(self, raw: bytes, now: datetime) -> Event | EventError:
        if len(raw) > self._max_event:
            return oversized(self._max_event)
        try:
            if self._convert is not None:
                raw = self._convert(raw)
            return self._pseudonymiser.apply(events.parse(raw, now))
        except EventError as error:
            return error


def oversized(limit: int) -> EventError:
    """The refusal of an event that is larger than `limit` bytes."""
    return EventError("event", f"larger than {limit:,} bytes", "send media by reference, not inside events")


def _insert(conn: Conn, batch: Sequence[Event]) -> list[bool | EventError]:
    """Insert all; when PostgreSQL refuses, halve until the one that it refuses is alone."""
    if not batch:
        return []
    try:
        with conn.transaction():
            return list(insert_events(conn, batch))
    except REFUSED_BY_STORE as error:
        if len(batch) == 1:
            reason = error.diag.message_primary or "not valid"
            hint = "numbers, nesting and text must be such as PostgreSQL's jsonb can hold"
            return [EventError("event", f"cannot be stored: {reason}", hint, batch[0].id)]
    middle = len(batch) // 2
    return _insert(conn, batch[:middle]) + _insert(conn, batch[middle:])
