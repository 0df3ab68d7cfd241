"""Points of entries of banks of media: read by the index of parts of pictures."""

from collections.abc import Iterable

import msgspec
from psycopg.types.json import Jsonb

from tenfold.store.database import Conn
from tenfold.store.media_hashes import ANY_NUMBER, Matched

PAGE = 2_000


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that matches now, with its points as they are written; of a film those of one frame.

    `pdq`: the hashes of its whole picture, in hexadecimal digits.
    """

    entry: Matched
    points: bytes
    pdq: list[str]


def after(conn: Conn, number: int) -> list[tuple[int, bytes]]:
    """Number and points of the next entries above a number, at most PAGE of them."""
    return conn.execute(
        "SELECT number, points FROM media_points WHERE number > %s ORDER BY number LIMIT %s",
        [number, PAGE],
        prepare=True,
        binary=True,
    ).fetchall()


def count(conn: Conn, last: int) -> int:
    """How many there are up to a number."""
    row = conn.execute("SELECT count(*) FROM media_points WHERE number <= %s", [last]).fetchone()
    return int(row[0]) if row else 0


def numbers(conn: Conn, last: int) -> list[int]:
    """All numbers up to one."""
    return [row[0] for row in conn.execute("SELECT number FROM media_points WHERE number <= %s", [last])]


def by_number(conn: Conn, numbers: Iterable[int]) -> dict[int, Entry]:
    """Of these the entries that match now, by number."""
    rows = conn.execute(
        f"""
        SELECT number, bank, key, label, confidence, ratio, points,
               at_ms / 1000.0::float8,
               ARRAY(SELECT encode(hash, 'hex') FROM media_hashes AS own
                     WHERE own.bank = entry.bank AND own.key = entry.key AND kind = 'pdq' AND form = '')
        FROM media_points JOIN media_entries AS entry USING (bank, key)
        WHERE number = {ANY_NUMBER} AND matches
        """,
        [Jsonb(sorted(set(numbers)))],
        prepare=True,
    )
    return {
        number: Entry(
            entry=Matched(
                number=number,
                kind="points",
                form="",
                hash="",
                bank=bank,
                key=key,
                label=label,
                confidence=confidence,
                ratio=ratio,
                at=at,
            ),
            points=points,
            pdq=pdq,
        )
        for number, bank, key, label, confidence, ratio, points, at, pdq in rows
    }
