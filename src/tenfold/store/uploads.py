"""Uploads that wait to be examined, and what is known of stored bytes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from tenfold.events import Event
from tenfold.store.accounts import as_records
from tenfold.store.database import Conn
from tenfold.store.events import event_key, insert_events

LOCK = 0x7E4F  # an arbitrary number: the first half of the locks of uploads that are being examined
LOOKED_AT = 50  # uploads that may be in the hands of others, before one gives up
ERASED_AT_ONCE = 1_000


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """An event whose file waits: in the object store under `sha256`, or in the directory of uploads."""

    number: int
    raw: bytes
    sha256: str | None
    file: str | None
    tries: int


class Referred(msgspec.Struct, frozen=True):
    """An event and where its bytes are: one of both."""

    event: Event
    sha256: str | None = None
    file: str | None = None


def add(conn: Conn, referred: Sequence[Referred]) -> list[bool]:
    """Let events wait for their files; False for those that came before, in their order.

    Raises psycopg.DataError when PostgreSQL cannot keep one of them as jsonb.
    """
    keys = [event_key(one.event.source, one.event.id) for one in referred]
    first = {key: number for number, key in reversed(list(enumerate(keys)))}
    rows = [
        {
            "key": key,
            "source": one.event.source,
            "id": one.event.id,
            "event": msgspec.Raw(one.event.raw),
            "sha256": one.sha256,
            "file": one.file,
        }
        for key, one in sorted(zip(keys, referred, strict=True), key=lambda pair: pair[0])
    ]
    new = conn.execute(
        """
        INSERT INTO uploads (source, id, event, sha256, file)
        SELECT source, id, event, sha256, file
        FROM jsonb_to_recordset(%s) AS row (
            key text, source text, id text, event jsonb, sha256 text, file text)
        WHERE NOT EXISTS (SELECT FROM event_keys WHERE event_keys.key = decode(row.key, 'hex'))
        ON CONFLICT (source, id) DO NOTHING
        RETURNING source, id
        """,
        [as_records(rows)],
    ).fetchall()
    fresh = {event_key(source, id_) for source, id_ in new}
    return [key in fresh and first[key] == number for number, key in enumerate(keys)]


@contextmanager
def next_one(conn: Conn) -> Iterator[Upload | None]:
    """The oldest upload that nobody else examines, ours until the end; its tries are counted first.

    The connection commits by itself: the count outlives a worker that the file kills, and its lock does not.
    """
    numbers = conn.execute("SELECT number FROM uploads ORDER BY number LIMIT %s", [LOOKED_AT]).fetchall()
    for (number,) in numbers:
        key = [LOCK, number % 2**31]
        row = conn.execute("SELECT pg_try_advisory_lock(%s, %s)", key).fetchone()
        if not (row and row[0]):
            continue
        try:
            with conn.cursor(row_factory=class_row(Upload)) as cursor:
                upload = cursor.execute(
                    """
                    UPDATE uploads SET tries = tries + 1 WHERE number = %s
                    RETURNING number, convert_to(event::text, 'UTF8') AS raw, sha256, file, tries
                    """,
                    [number],
                ).fetchone()
            if upload is not None:  # somebody may have finished it just now
                yield upload
                return
        finally:
            conn.execute("SELECT pg_advisory_unlock(%s, %s)", key)
    yield None


def finish(conn: Conn, upload: Upload, event: Event) -> None:
    """Hand the event on to the queue."""
    insert_events(conn, [event])
    conn.execute("DELETE FROM uploads WHERE number = %s", [upload.number])


def give_back(conn: Conn, upload: Upload) -> None:
    """It was not the file's fault that it could not be examined: this try does not count."""
    conn.execute("UPDATE uploads SET tries = tries - 1 WHERE number = %s", [upload.number])


def waiting(conn: Conn) -> int:
    """How many uploads wait."""
    row = conn.execute("SELECT count(*) FROM uploads").fetchone()
    assert row is not None
    return int(row[0])


def stored(conn: Conn, sha256: str, size: int) -> None:
    """Say that bytes are in the object store from now on; call it before they are placed there.

    Whoever removes objects waits for this transaction then.
    """
    conn.execute(
        """
        INSERT INTO media_objects (sha256, bytes) VALUES (%s, %s)
        ON CONFLICT (sha256) DO UPDATE SET stored_at = now()
        """,
        [sha256, size],
    )


def seen(conn: Conn, sha256: str) -> dict[str, Any] | None:
    """What was found in these bytes before."""
    row = conn.execute("SELECT seen FROM media_objects WHERE sha256 = %s", [sha256]).fetchone()
    return row[0] if row else None


def remember(conn: Conn, sha256: str, size: int, found: dict[str, Any]) -> None:
    """Keep what was found, so that the same bytes need not be decoded again."""
    conn.execute(
        """
        INSERT INTO media_objects (sha256, bytes, seen) VALUES (%s, %s, %s)
        ON CONFLICT (sha256) DO UPDATE SET seen = EXCLUDED.seen
        """,
        [sha256, size, Jsonb(found)],
    )


def sha256_of(conn: Conn, media: str) -> str | None:
    """The SHA-256 of a media item's bytes, if it is known and something of them is kept."""
    row = conn.execute(
        "SELECT sha256 FROM media JOIN media_objects USING (sha256) WHERE media.id = %s", [media]
    ).fetchone()
    return row[0] if row else None


_KEPT = """
    EXISTS (SELECT FROM uploads WHERE uploads.sha256 = media_objects.sha256)
    OR EXISTS (
        SELECT FROM media WHERE media.sha256 = media_objects.sha256 AND (
            EXISTS (SELECT FROM cases WHERE subject_kind = 'media' AND subject_id = media.id
                    AND state <> 'decided')
            OR EXISTS (SELECT FROM cases JOIN posts ON posts.id = cases.subject_id
                       WHERE subject_kind = 'post' AND cases.account = media.account
                         AND media.id = ANY(posts.media) AND cases.state <> 'decided')
            OR EXISTS (SELECT FROM legal_holds WHERE lifted_at IS NULL
                       AND ((subject_kind = 'account' AND subject_id = media.account)
                         OR (subject_kind = 'media' AND subject_id = media.id)))))
"""


def old(conn: Conn, before: datetime) -> list[str]:
    """Objects stored before a time, locked, at most ERASED_AT_ONCE: none that waits to be examined, that an
    open case is about, or that is under legal hold."""
    rows = conn.execute(
        f"""
        SELECT sha256 FROM media_objects WHERE stored_at < %s AND NOT ({_KEPT})
        ORDER BY stored_at LIMIT %s FOR UPDATE SKIP LOCKED
        """,
        [before, ERASED_AT_ONCE],
    ).fetchall()
    return [sha256 for (sha256,) in rows]


def due(conn: Conn, before: datetime) -> int:
    """How many objects `old` would give, were there no limit."""
    row = conn.execute(
        f"SELECT count(*) FROM media_objects WHERE stored_at < %s AND NOT ({_KEPT})", [before]
    ).fetchone()
    return int(row[0]) if row else 0


def held(conn: Conn, sha256: str) -> bool | None:
    """Whether an object must stay for now, locked; None when there is none."""
    row = conn.execute(f"SELECT {_KEPT} FROM media_objects WHERE sha256 = %s FOR UPDATE", [sha256]).fetchone()
    return None if row is None else bool(row[0])


def forget(conn: Conn, sha256s: Sequence[str]) -> None:
    """Nothing is kept of these objects any more; call it when their files are gone."""
    conn.execute(
        "DELETE FROM media_objects WHERE sha256 = ANY(ARRAY(SELECT jsonb_array_elements_text(%s)))",
        [as_records(sorted(sha256s))],
    )
