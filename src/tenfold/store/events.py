"""The event table as the queue: durable insert, claim by lane, acknowledge, set aside.

An account's events all fall into one of 64 lanes. A worker holds a lane's row lock while it works, so
an account's events are applied in the order they came, by one worker at a time; a worker that dies
lets go of its lanes with its transaction.
"""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import msgspec
import psycopg
from psycopg.rows import TupleRow, class_row
from psycopg.types.json import Jsonb

from tenfold.events import Event
from tenfold.store.database import Conn

LANES = 64
BATCH_BYTES = 16 * 1024 * 1024  # of events that a worker takes at once, however many are allowed
BODIES_AT_ONCE = 128
WALK_LOCK = 0x7E4F03D  # an arbitrary number, with the lane's: a worker that walks it
MAX_TRIES = 3  # of a lane whose worker died, or of one event, before an event is set aside


class Queued(msgspec.Struct, frozen=True):
    """An event waiting in its lane. `raw` is the stored JSON object."""

    lane: int
    seq: int
    received_at: datetime
    tries: int
    raw: bytes


class Lane(msgspec.Struct, frozen=True):
    """A lane held by this transaction; `tries` counts claims since one last ended well."""

    lane: int
    tries: int


class Poisoned(msgspec.Struct, frozen=True):
    """An event that was set aside, with the error that kept coming."""

    seq: int
    error: str
    set_aside_at: datetime
    id: str | None
    type: str | None
    account: str | None


def event_key(source: str, event_id: str) -> str:
    """What makes an event the same event: 32 hex digits of SHA-256 over source and id."""
    return hashlib.sha256(f"{source}\x1f{event_id}".encode()).hexdigest()[:32]


def lane_of(event: Event) -> int:
    """The lane that keeps this event in order with its account's others."""
    return zlib.crc32((event.account or event.id).encode()) % LANES


def _raw_json(items: Sequence[bytes]) -> Jsonb:
    return Jsonb(b"[" + b",".join(items) + b"]", dumps=lambda payload: payload)


def insert_events(conn: Conn, events: Sequence[Event]) -> list[bool]:
    """Store and queue events; True for each that is new, False for a duplicate, in their order.

    Raises psycopg.DataError when PostgreSQL cannot keep one of them as jsonb; nothing is stored then.
    """
    keys = [event_key(event.source, event.id) for event in events]
    first: dict[str, int] = {}
    for index, key in enumerate(keys):
        first.setdefault(key, index)
    items = [
        b'{"k":"%b","l":%d,"b":%b}' % (key.encode(), lane_of(events[index]), events[index].raw)
        for key, index in first.items()
    ]
    rows = conn.execute(
        """
        WITH input AS MATERIALIZED (
            SELECT decode(item->>'k', 'hex') AS key, (item->>'l')::smallint AS lane,
                   item->'b' AS body, position
            FROM jsonb_array_elements(%s) WITH ORDINALITY AS list (item, position)
        ), numbered AS (
            SELECT key, nextval('event_seq') AS seq FROM (SELECT key FROM input ORDER BY position) AS ordered
        ), fresh AS (
            INSERT INTO event_keys (key, seq, received_at)
            SELECT key, seq, now() FROM numbered ORDER BY key
            ON CONFLICT (key) DO NOTHING
            RETURNING key, seq
        ), stored AS (
            INSERT INTO events (seq, received_at, body)
            SELECT seq, now(), body FROM fresh JOIN input USING (key)
        ), queued AS (
            INSERT INTO event_queue (lane, seq, received_at)
            SELECT lane, seq, now() FROM fresh JOIN input USING (key)
        )
        SELECT encode(key, 'hex') FROM fresh
        """,
        [_raw_json(items)],
        prepare=True,
    ).fetchall()
    fresh = {row[0] for row in rows}
    return [key in fresh and first[key] == index for index, key in enumerate(keys)]


def announce_claim(conn: Conn, lanes: int) -> list[int]:
    """Choose lanes that have work and count the attempt; the caller commits before it claims.

    What is counted outlives the worker, so a lane that kills its worker again and again shows it.
    """
    conn.execute("SET LOCAL synchronous_commit = off")
    rows = conn.execute(
        """
        UPDATE lanes SET tries = least(tries + 1, 1000) WHERE lane IN (
            SELECT lane FROM lanes
            WHERE EXISTS (SELECT 1 FROM event_queue WHERE event_queue.lane = lanes.lane)
            ORDER BY random() LIMIT %s FOR UPDATE SKIP LOCKED)
        RETURNING lane
        """,
        [lanes],
        prepare=True,
    ).fetchall()
    return sorted(row[0] for row in rows)


def claim_lanes(conn: Conn, lanes: Sequence[int]) -> list[Lane]:
    """Hold those of the lanes that nobody else holds, until the transaction ends."""
    cursor = conn.cursor(row_factory=class_row(Lane))
    cursor.execute(
        "SELECT lane, tries FROM lanes WHERE lane = ANY(%s) ORDER BY lane FOR UPDATE SKIP LOCKED",
        [list(lanes)],
        prepare=True,
    )
    return cursor.fetchall()


@contextmanager
def walking(conn: Conn, lane: int) -> Iterator[bool]:
    """True for the one worker that walks the lane event by event, over several transactions of its own.

    The lock is the connection's: it goes with a worker that dies.
    """
    row = conn.execute("SELECT pg_try_advisory_lock(%s, %s)", [WALK_LOCK, lane]).fetchone()
    alone = bool(row and row[0])
    try:
        yield alone
    finally:
        if alone and not conn.closed:
            conn.execute("SELECT pg_advisory_unlock(%s, %s)", [WALK_LOCK, lane])


def wait_for_lane(conn: Conn, lane: int) -> None:
    """Hold a lane that this worker walks; the others only look at it and let go."""
    conn.execute("SELECT 1 FROM lanes WHERE lane = %s FOR UPDATE", [lane])


def fetch(conn: Conn, lanes: Sequence[int], limit: int) -> list[Queued]:
    """The oldest waiting events of lanes that this transaction holds, oldest first.

    At most `limit` of them, and fewer when they are large: it stops after BATCH_BYTES of them.
    """
    heads = conn.execute(
        """
        SELECT waiting.lane, waiting.seq, waiting.received_at, waiting.tries
        FROM unnest(%s::smallint[]) AS held (lane)
        CROSS JOIN LATERAL (
            SELECT * FROM event_queue WHERE event_queue.lane = held.lane ORDER BY seq LIMIT %s
        ) AS waiting
        ORDER BY waiting.seq
        """,
        [list(lanes), max(1, limit // max(1, len(lanes)))],
        prepare=True,
    ).fetchall()
    found: list[Queued] = []
    size = 0
    for start in range(0, len(heads), BODIES_AT_ONCE):
        if size >= BATCH_BYTES:
            break
        chunk = heads[start : start + BODIES_AT_ONCE]
        bodies = _bodies(conn, chunk)
        size += sum(len(body) for body in bodies)
        for (lane, seq, received_at, tries), body in zip(chunk, bodies, strict=True):
            found.append(Queued(lane, seq, received_at, tries, body))
    return found


def _bodies(conn: Conn, heads: Sequence[TupleRow]) -> list[bytes]:
    """The stored JSON objects of rows of the queue, in their order; b"" for one that is gone."""
    cursor = conn.execute(
        """
        SELECT coalesce((SELECT convert_to(body::text, 'UTF8') FROM events
                         WHERE seq = waiting.seq AND received_at = waiting.received_at), '')
        FROM unnest(%s::bigint[], %s::timestamptz[]) WITH ORDINALITY AS waiting (seq, received_at, position)
        ORDER BY position
        """,
        [[head[1] for head in heads], [head[2] for head in heads]],
        prepare=True,
        binary=True,
    )
    return [body for (body,) in cursor]


def acknowledge(conn: Conn, done: Sequence[Queued]) -> None:
    """Take events off the queue; in the same transaction as their effects."""
    conn.execute(
        """
        DELETE FROM event_queue USING unnest(%s::smallint[], %s::bigint[]) AS done (lane, seq)
        WHERE event_queue.lane = done.lane AND event_queue.seq = done.seq
        """,
        [[event.lane for event in done], [event.seq for event in done]],
        prepare=True,
    )


def lanes_went_well(conn: Conn, lanes: Sequence[int]) -> None:
    """Forget the counted attempts of lanes whose batch is being committed."""
    conn.execute("UPDATE lanes SET tries = 0 WHERE lane = ANY(%s)", [list(lanes)], prepare=True)


def lanes_not_tried(conn: Conn, lanes: Sequence[int]) -> None:
    """Take back the counted attempt of lanes that were claimed and left for another turn."""
    conn.execute(
        "UPDATE lanes SET tries = greatest(tries - 1, 0) WHERE lane = ANY(%s)", [list(lanes)], prepare=True
    )


def count_try(conn: Conn, event: Queued) -> int:
    """Count an attempt at one event that may kill its worker; the caller commits before it tries."""
    row = conn.execute(
        "UPDATE event_queue SET tries = tries + 1 WHERE lane = %s AND seq = %s RETURNING tries",
        [event.lane, event.seq],
    ).fetchone()
    return row[0] if row else 0


def set_aside(conn: Conn, event: Queued, error: str) -> None:
    """Take a poisoned event off the queue and keep it with its error, for people to see."""
    conn.execute(
        """
        INSERT INTO event_poison (seq, received_at, lane, error) VALUES (%s, %s, %s, %s)
        ON CONFLICT (seq) DO UPDATE SET error = excluded.error, set_aside_at = now()
        """,
        [event.seq, event.received_at, event.lane, error.replace("\0", "\\0")[:4000]],
    )
    acknowledge(conn, [event])


def poisoned(conn: Conn, limit: int = 50) -> list[Poisoned]:
    """The latest events that were set aside."""
    cursor = conn.cursor(row_factory=class_row(Poisoned))
    cursor.execute(
        """
        SELECT event_poison.seq, error, set_aside_at,
               body->>'id' AS id, body->>'type' AS type, body->>'account' AS account
        FROM event_poison LEFT JOIN events USING (seq, received_at)
        ORDER BY seq DESC LIMIT %s
        """,
        [limit],
    )
    return cursor.fetchall()


def requeue_poisoned(conn: Conn) -> int:
    """Give every event that was set aside another chance; returns how many."""
    return conn.execute(
        """
        WITH back AS (DELETE FROM event_poison RETURNING lane, seq, received_at)
        INSERT INTO event_queue (lane, seq, received_at) SELECT lane, seq, received_at FROM back
        ON CONFLICT DO NOTHING
        """
    ).rowcount


def is_passing(error: BaseException) -> bool:
    """True for errors that a new attempt of the whole batch may not meet again.

    Deadlocks, lost connections and full disks are; a value too large for an index is its event's own.
    """
    return isinstance(error, psycopg.OperationalError) and not isinstance(
        error, psycopg.errors.ProgramLimitExceeded | psycopg.errors.StatementTooComplex
    )
