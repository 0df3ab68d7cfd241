"""From bytes of events to rows in the store: check each, make tokens of personal data, insert, answer.

One bad event never stops the others.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Literal, TypeVar

import msgspec
import psycopg

from tenfold import events
from tenfold.events import Event, EventError, MediaUploaded
from tenfold.intake import file_references
from tenfold.intake.pseudonyms import Pseudonymiser
from tenfold.store import uploads
from tenfold.store.database import Conn
from tenfold.store.events import insert_events
from tenfold.store.uploads import Referred

# One insert: PostgreSQL holds at most 256 MB in one jsonb, and a commit about every 4 MB keeps memory small.
BATCH_EVENTS = 1_000
BATCH_BYTES = 4 * 1024 * 1024

REFUSED_BY_STORE = (
    psycopg.DataError,
    psycopg.errors.ProgramLimitExceeded,
    psycopg.errors.StatementTooComplex,
)

Outcome = Literal["accepted", "duplicate", "refused"]
_Item = TypeVar("_Item")


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

    `max_event` is in bytes. `files`: whether there is a directory that events may refer into.
    """

    def __init__(
        self,
        secret: bytes,
        max_event: int,
        convert: Callable[[bytes], bytes] | None = None,
        *,
        files: bool = False,
    ) -> None:
        self._pseudonymiser = Pseudonymiser(secret)
        self._max_event = max_event
        self._convert = convert
        self._files = files

    def accept(self, conn: Conn, raws: Sequence[bytes], first: int = 0) -> list[EventResult]:
        """One result for each event, in their order; indexes count from `first`.

        At most BATCH_EVENTS and about BATCH_BYTES at once. Opens a transaction of its own (or a
        savepoint in the caller's), and what it reports as accepted is committed with it.
        """
        now = datetime.now(UTC)
        checked = [self._check(raw, now) for raw in raws]
        good = [event for event in checked if isinstance(event, Event)]
        now_stored = iter(_insert(conn, [event for event in good if not _file(event)]))
        waiting = iter(_wait(conn, [Referred(event, file=_file(event)) for event in good if _file(event)]))
        results = []
        for index, event in enumerate(checked, first):
            if isinstance(event, EventError):
                outcome: bool | EventError = event
            else:
                outcome = next(waiting if _file(event) else now_stored)
            if isinstance(outcome, EventError):
                results.append(_refusal(index, outcome))
            else:
                status: Outcome = "accepted" if outcome else "duplicate"
                id_ = event.event_id if isinstance(event, EventError) else event.id
                results.append(EventResult(index=index, status=status, id=id_))
        return results

    def accept_upload(self, conn: Conn, raw: bytes, sha256: str) -> EventResult:
        """The result for an event whose bytes are in the object store: it waits until they are examined."""
        checked = self._check(raw, datetime.now(UTC))
        if isinstance(checked, Event):
            fault = _upload_fault(checked, sha256)
            outcome = fault or _wait(conn, [Referred(checked, sha256=sha256)])[0]
            if not isinstance(outcome, EventError):
                return EventResult(index=0, status="accepted" if outcome else "duplicate", id=checked.id)
            checked = outcome
        return _refusal(0, checked)

    def _check(self, raw: bytes, now: datetime) -> Event | EventError:
        if len(raw) > self._max_event:
            return oversized(self._max_event)
        try:
            if self._convert is not None:
                raw = self._convert(raw)
            event = self._pseudonymiser.apply(events.parse(raw, now))
        except EventError as error:
            return error
        return self._file_fault(event) or event

    def _file_fault(self, event: Event) -> EventError | None:
        path = _file(event)
        if not path:
            return None
        if not self._files:
            hint = "set TENFOLD_UPLOADS_DIR to the directory that paths begin in, or send bytes to /v1/media"
            return EventError("data.file", "there is no directory of uploads", hint, event.id)
        reason = file_references.fault(path)
        return EventError("data.file", reason, "", event.id) if reason else None


def oversized(limit: int) -> EventError:
    """The refusal of an event that is larger than `limit` bytes."""
    return EventError("event", f"larger than {limit:,} bytes", "send media by reference, not inside events")


def _file(event: Event) -> str | None:
    """The file that an event refers to."""
    return event.data.file if isinstance(event.data, MediaUploaded) else None


def _upload_fault(event: Event, sha256: str) -> EventError | None:
    """Why an event does not go with the bytes that came with it."""
    if not isinstance(event.data, MediaUploaded):
        return EventError("type", f"{event.type} comes without bytes", "send media.uploaded here", event.id)
    if event.data.file:
        return EventError("data.file", "bytes came with the event", "leave it out", event.id)
    if event.data.sha256 and event.data.sha256.lower() != sha256:
        return EventError("data.sha256", f"the bytes that came have {sha256}", "", event.id)
    return None


def _wait(conn: Conn, batch: Sequence[Referred]) -> list[bool | EventError]:
    """Let events wait for their files; those that PostgreSQL refuses are refused alone."""
    return _halving(conn, batch, uploads.add, lambda one: one.event.id)


def _insert(conn: Conn, batch: Sequence[Event]) -> list[bool | EventError]:
    """Insert all; those that PostgreSQL refuses are refused alone."""
    return _halving(conn, batch, insert_events, lambda event: event.id)


def _halving(
    conn: Conn,
    batch: Sequence[_Item],
    store: Callable[[Conn, Sequence[_Item]], list[bool]],
    id_of: Callable[[_Item], str],
) -> list[bool | EventError]:
    """Store all; when PostgreSQL refuses, halve until the one that it refuses is alone."""
    if not batch:
        return []
    try:
        with conn.transaction():
            return list(store(conn, batch))
    except REFUSED_BY_STORE as error:
        if len(batch) == 1:
            reason = error.diag.message_primary or "not valid"
            hint = "numbers, nesting and text must be such as PostgreSQL's jsonb can hold"
            return [EventError("event", f"cannot be stored: {reason}", hint, id_of(batch[0]))]
    middle = len(batch) // 2
    first = _halving(conn, batch[:middle], store, id_of)
    return first + _halving(conn, batch[middle:], store, id_of)
