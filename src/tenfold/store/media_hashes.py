"""Hashes of entries of banks of media: written with the entries, read by index and detector."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from tenfold.store.database import Conn

WRITERS_LOCK = 0x7E4F0AED1A  # an arbitrary number: whoever adds hashes commits before the next takes numbers
PAGE = 100_000
SOUNDS_PAGE = 200  # of some 10 kB each
ANY_NUMBER = "ANY(ARRAY(SELECT jsonb_array_elements_text(%s)::integer))"  # of a batch as one parameter


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that matches now, by one of its hashes; `hash` as hexadecimal digits.

    `kind`: sha256, md5, pdq, frame, sound or points; a frame, or a frame's points, stands at `at` seconds of
    its film. `ratio`: of so many uploads the bank is asked.
    """

    number: int
    kind: str
    form: str
    hash: str
    bank: str
    key: str
    label: str
    confidence: float
    ratio: float
    at: float | None = None


class Page(msgspec.Struct, frozen=True):
    """PDQ hashes of pictures and frames in the order of their numbers.

    Numbers are 4 bytes each, big-endian, hashes 32.
    """

    numbers: bytes
    hashes: bytes


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of hashes, 4 bytes each, big-endian: those that are gone, and others whose entry no longer
    answers as it did: it was disabled. `seen`: the snapshot up to which these are all."""

    seen: str
    gone: bytes
    other: bytes


def renew(conn: Conn, bank: str, keys: Sequence[str]) -> None:
    """Write the hashes of these entries anew from their values, whose form was checked."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", [WRITERS_LOCK])
    given = [bank, Jsonb(sorted(keys))]
    for table in ("media_hashes", "media_sounds", "media_points"):
        conn.execute(f"DELETE FROM {table} WHERE bank = %s AND key = {_ANY_KEY}", given)
    for statement in (_HASHES, _FRAMES, _PEAKS, _POINTS):
        conn.execute(statement, given)


_ANY_KEY = "ANY(ARRAY(SELECT jsonb_array_elements_text(%s)))"
_WORDS = r"""
    bank_entries, LATERAL regexp_split_to_table(btrim(value, E' \t\r\n\f\v'), '\s+') AS word
"""
_HASHES = f"""
    INSERT INTO media_hashes (bank, key, kind, form, hash)
    SELECT DISTINCT ON (key, name, digits) bank, key, split_part(name, '/', 1),
           CASE WHEN strpos(name, '/') > 0 THEN substr(name, strpos(name, '/') + 1) ELSE '' END,
           decode(digits, 'hex')
    FROM {_WORDS}, LATERAL (
        SELECT lower(split_part(word, ':', 1)) AS name, lower(split_part(word, ':', 2)) AS digits) AS parts
    WHERE bank = %s AND key = {_ANY_KEY} AND word !~ '^(points|points/[0-9]+|film|sound):'
    ORDER BY key, name, digits
"""
# As frames.py packs them: 4 bytes of time, of which the highest bit says "trimmed", and 32 of the hash.
_FRAMES = f"""
    INSERT INTO media_hashes (bank, key, kind, form, hash, at_ms)
    SELECT bank, key, 'frame', CASE WHEN time >= 2147483648 THEN 'trimmed' ELSE '' END,
           substr(packed, 36 * place + 5, 32), (time & 2147483647)::integer
    FROM (SELECT bank, key, decode(substr(word, 6), 'base64') AS packed
          FROM {_WORDS} WHERE bank = %s AND key = {_ANY_KEY} AND word ~ '^film:') AS films,
         LATERAL generate_series(0, length(packed) / 36 - 1) AS place,
         LATERAL (SELECT encode(substr(packed, 36 * place + 1, 4), 'hex') AS digits) AS head,
         LATERAL (SELECT ('x' || digits)::bit(32)::bigint AS time) AS at
    ORDER BY key, place
"""
_PEAKS = f"""
    INSERT INTO media_sounds (bank, key, peaks)
    SELECT bank, key, decode(substr(word, 7), 'base64')
    FROM {_WORDS} WHERE bank = %s AND key = {_ANY_KEY} AND word ~ '^sound:'
    ORDER BY key
"""
_POINTS = f"""
    INSERT INTO media_points (bank, key, at_ms, points)
    SELECT bank, key, nullif(substr(split_part(word, ':', 1), 8), '')::integer,
           decode(split_part(word, ':', 2), 'base64')
    FROM {_WORDS} WHERE bank = %s AND key = {_ANY_KEY} AND word ~ '^points[:/]'
    ORDER BY key
"""


def pdq_after(conn: Conn, number: int) -> Page | None:
    """The next PDQ hashes above a number, at most PAGE of them; None when there are none."""
    row = conn.execute(
        """
        SELECT string_agg(int4send(number), ''::bytea), string_agg(hash, ''::bytea)
        FROM (SELECT number, hash FROM media_hashes
              WHERE kind IN ('pdq', 'frame') AND number > %s ORDER BY number LIMIT %s) AS page
        """,
        [number, PAGE],
        prepare=True,
        binary=True,
    ).fetchone()
    return Page(bytes(row[0]), bytes(row[1])) if row and row[0] else None


_ENTRY = "bank, key, label, confidence, ratio"
_MATCHED = f"""
    SELECT number, media_hashes.kind, form, encode(hash, 'hex') AS hash, {_ENTRY},
           at_ms / 1000.0::float8 AS at
    FROM media_hashes JOIN media_entries USING (bank, key) WHERE matches
"""
_SOUNDS = f"""
    SELECT number, 'sound' AS kind, '' AS form, '' AS hash, {_ENTRY}
    FROM media_sounds JOIN media_entries USING (bank, key) WHERE matches
"""


def by_number(conn: Conn, numbers: Iterable[int]) -> dict[int, Matched]:
    """Of these hashes of pictures and frames those whose entries match now, by number."""
    cursor = conn.cursor(row_factory=class_row(Matched))
    cursor.execute(f"{_MATCHED} AND number = {ANY_NUMBER}", [Jsonb(sorted(set(numbers)))], prepare=True)
    return {row.number: row for row in cursor}


def snapshot(conn: Conn) -> str:
    """What is committed now, as `changes_since` takes it."""
    row = conn.execute("SELECT pg_current_snapshot()::text").fetchone()
    assert row is not None
    return str(row[0])


def changes_since(conn: Conn, seen: str) -> Changes:
    """What was committed since the snapshot `seen`, however early its transaction began."""
    row = conn.execute(
        """
        SELECT pg_current_snapshot()::text,
            coalesce(string_agg(int4send(number), ''::bytea) FILTER (WHERE gone), ''),
            coalesce(string_agg(int4send(number), ''::bytea) FILTER (WHERE NOT gone), '')
        FROM media_hash_changes
        WHERE xid >= pg_snapshot_xmin(%(seen)s::text::pg_snapshot)
          AND NOT pg_visible_in_snapshot(xid, %(seen)s::text::pg_snapshot)
          AND xid < pg_snapshot_xmax(pg_current_snapshot())  -- others: of a backup
        """,
        {"seen": seen},
        prepare=True,
        binary=True,
    ).fetchone()
    assert row is not None
    return Changes(seen=row[0], gone=bytes(row[1]), other=bytes(row[2]))


def forget_changes(conn: Conn, before: datetime) -> None:
    """Shorten that list; a process that has slept since holds a little more until it restarts."""
    conn.execute("DELETE FROM media_hash_changes WHERE at < %s", [before])


def sounds_after(conn: Conn, number: int) -> list[tuple[int, bytes]]:
    """The next sounds above a number, with their peaks; empty when there are none."""
    rows = conn.execute(
        "SELECT number, peaks FROM media_sounds WHERE number > %s ORDER BY number LIMIT %s",
        [number, SOUNDS_PAGE],
        prepare=True,
    ).fetchall()
    return [(number, bytes(peaks)) for number, peaks in rows]


def sounds_by_number(conn: Conn, numbers: Iterable[int]) -> dict[int, Matched]:
    """Of these sounds those whose entries match now, by number."""
    cursor = conn.cursor(row_factory=class_row(Matched))
    cursor.execute(
        f"{_SOUNDS} AND media_sounds.number = {ANY_NUMBER}", [Jsonb(sorted(set(numbers)))], prepare=True
    )
    return {row.number: row for row in cursor}


def by_digest(conn: Conn, digests: Iterable[str]) -> dict[tuple[str, str], list[Matched]]:
    """Entries that match now with one of these SHA-256 or MD5 digests, by kind and digest."""
    cursor = conn.cursor(row_factory=class_row(Matched))
    cursor.execute(
        f"""
        {_MATCHED} AND media_hashes.kind IN ('sha256', 'md5')
            AND hash = ANY(ARRAY(SELECT decode(jsonb_array_elements_text(%s), 'hex'))) ORDER BY number
        """,
        [Jsonb(sorted(set(digests)))],
        prepare=True,
    )
    found: dict[tuple[str, str], list[Matched]] = {}
    for row in cursor:
        found.setdefault((row.kind, row.hash), []).append(row)
    return found
