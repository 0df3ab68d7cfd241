"""Banks of media by their name on the wire, and their entries by number, for programs that count them so."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from tenfold.store.database import Conn
from tenfold.store.media_hashes import ANY_NUMBER


class WireBank(msgspec.Struct, frozen=True, kw_only=True):
    """A bank of media. `ratio`: of so many uploads it is asked at all, while it is `enabled`."""

    id: str
    name: str
    ratio: float
    enabled: bool


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """An entry. `disabled_until`: it matches from then on. `pdq`, `md5`: its first hash of that kind."""

    id: int
    bank: str
    key: str
    note: str
    metadata: dict[str, Any] | None
    original_uri: str | None
    disabled_until: datetime | None
    forever: bool
    pdq: str | None
    md5: str | None


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that has a hash, by the number of that hash. `matches`: its bank is enabled, and it neither
    expired nor was disabled or taken back."""

    number: int
    content: int
    bank: str
    ratio: float
    matches: bool


class PlainPage(msgspec.Struct, frozen=True, kw_only=True):
    """Hashes of pictures whose entries match whenever their bank does: they neither expire, nor are they
    disabled, nor do they hang on a decision.

    Big-endian: `numbers` of 4 bytes, `contents` (numbers of the entries) of 8, `banks` of 2 (places in the
    list that was asked with, from 1; 0: none of it).
    """

    numbers: bytes
    contents: bytes
    banks: bytes


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """How many hashes of a kind there are, and when the newest entry came; None where there is none."""

    size: int
    newest: datetime | None


def banks(conn: Conn, names: Collection[str] | None = None) -> list[WireBank]:
    """Banks of media in the order in which they were made; all, or those with these names."""
    cursor = conn.cursor(row_factory=class_row(WireBank))
    cursor.execute(
        """
        SELECT id, wire_name AS name, enabled_ratio AS ratio, enabled FROM banks
        WHERE kind = 'media' AND (%(names)s::jsonb IS NULL
            OR wire_name = ANY(ARRAY(SELECT jsonb_array_elements_text(%(names)s::jsonb))))
        ORDER BY created_at, id
        """,
        {"names": None if names is None else Jsonb(sorted(names))},
    )
    return cursor.fetchall()


def name_bank(conn: Conn, bank: str, name: str) -> None:
    """Give a bank its name on the wire."""
    conn.execute("UPDATE banks SET wire_name = %s WHERE id = %s", [name, bank])


def set_ratio(conn: Conn, bank: str, ratio: float) -> None:
    """Say of how many uploads a bank is asked, 0 to 1."""
    conn.execute(
        "UPDATE banks SET enabled_ratio = %s, revision = nextval('bank_revision') WHERE id = %s",
        [ratio, bank],
    )


def delete_bank(conn: Conn, bank: str) -> None:
    """Remove a bank of media with all its entries."""
    conn.execute("DELETE FROM banks WHERE id = %s AND kind = 'media'", [bank])


_CONTENT = """
    SELECT media_contents.id, media_contents.bank, media_contents.key, note, metadata, original_uri,
        CASE WHEN disabled_until < 'infinity' THEN disabled_until END AS disabled_until,
        coalesce(disabled_until = 'infinity', false) AS forever,
        (SELECT encode(hash, 'hex') FROM media_hashes AS one
         WHERE one.bank = media_contents.bank AND one.key = media_contents.key AND kind = 'pdq'
         ORDER BY form, number LIMIT 1) AS pdq,
        (SELECT encode(hash, 'hex') FROM media_hashes AS one
         WHERE one.bank = media_contents.bank AND one.key = media_contents.key AND kind = 'md5'
         ORDER BY number LIMIT 1) AS md5
    FROM media_contents
"""


def by_key(conn: Conn, bank: str, key: str) -> Content | None:
    """One entry by its key."""
    cursor = conn.cursor(row_factory=class_row(Content))
    return cursor.execute(f"{_CONTENT} WHERE bank = %s AND key = %s", [bank, key]).fetchone()


def by_id(conn: Conn, bank: str, id_: int) -> Content | None:
    """One entry of a bank by its number."""
    cursor = conn.cursor(row_factory=class_row(Content))
    return cursor.execute(f"{_CONTENT} WHERE bank = %s AND id = %s", [bank, id_]).fetchone()


def number(conn: Conn, bank: str, keys: Sequence[str]) -> None:
    """Give entries their numbers; those that have one keep it."""
    conn.execute(
        """
        INSERT INTO media_contents (bank, key)
        SELECT %s, key FROM jsonb_array_elements_text(%s) WITH ORDINALITY AS added (key, place) ORDER BY place
        ON CONFLICT DO NOTHING
        """,
        [bank, Jsonb(list(keys))],
    )


def describe(
    conn: Conn, bank: str, key: str, *, note: str, metadata: dict[str, Any] | None, uri: str | None
) -> None:
    """Keep what was said of an entry when it was added; what is not said stays as it is."""
    conn.execute(
        """
        UPDATE media_contents SET note = coalesce(nullif(%s, ''), note), metadata = coalesce(%s, metadata),
            original_uri = coalesce(%s, original_uri) WHERE bank = %s AND key = %s
        """,
        [note, None if metadata is None else Jsonb(metadata), uri, bank, key],
    )


def set_note(conn: Conn, id_: int, note: str) -> None:
    """Write a note."""
    conn.execute("UPDATE media_contents SET note = %s WHERE id = %s", [note, id_])


def disable(conn: Conn, id_: int, until: datetime | None, *, forever: bool = False) -> None:
    """Let an entry match not before a time, never again, or (None) from now on."""
    conn.execute(
        """
        UPDATE media_contents SET disabled_until = CASE WHEN %s THEN 'infinity'::timestamptz ELSE %s END
        WHERE id = %s
        """,
        [forever, until, id_],
    )


_HIT = """
    SELECT number, content, wire_name AS bank, ratio, matches
    FROM media_hashes JOIN media_entries USING (bank, key)
"""


def by_numbers(conn: Conn, numbers: Sequence[int]) -> dict[int, Hit]:
    """The entries of hashes of pictures, by the number of the hash."""
    cursor = conn.cursor(row_factory=class_row(Hit))
    cursor.execute(
        f"{_HIT} WHERE media_hashes.kind = 'pdq' AND number = {ANY_NUMBER}",
        [Jsonb(list(numbers))],
        prepare=True,
    )
    return {hit.number: hit for hit in cursor}


def plain(conn: Conn, after: int, upto: int, banks: Sequence[str]) -> PlainPage:
    """The plain entries among these numbers of hashes, the first excluded; `banks`: ids of banks."""
    row = conn.execute(
        """
        SELECT coalesce(string_agg(int4send(number), ''::bytea), ''),
            coalesce(string_agg(int8send(media_contents.id), ''::bytea), ''),
            coalesce(string_agg(int2send(coalesce(array_position(
                ARRAY(SELECT jsonb_array_elements_text(%(banks)s)), bank), 0)::smallint), ''::bytea), '')
        FROM media_hashes JOIN media_contents USING (bank, key) JOIN bank_entries USING (bank, key)
        WHERE number > %(after)s AND number <= %(upto)s AND media_hashes.kind = 'pdq'
          AND expires_at IS NULL AND disabled_until IS NULL AND decision IS NULL
        """,
        {"after": after, "upto": upto, "banks": Jsonb(list(banks))},
        prepare=False,  # a plan for any range would take the widest for usual
        binary=True,
    ).fetchone()
    assert row is not None
    return PlainPage(numbers=bytes(row[0]), contents=bytes(row[1]), banks=bytes(row[2]))


def by_md5(conn: Conn, digest: str) -> list[Hit]:
    """The entries of a file."""
    cursor = conn.cursor(row_factory=class_row(Hit))
    cursor.execute(
        f"{_HIT} WHERE media_hashes.kind = 'md5' AND media_hashes.hash = decode(%s, 'hex') ORDER BY number",
        [digest],
        prepare=True,
    )
    return cursor.fetchall()


def held(conn: Conn, kind: str) -> Held:
    """How many hashes of a kind banks of media hold."""
    cursor = conn.cursor(row_factory=class_row(Held))
    found = cursor.execute(
        """
        SELECT count(*) AS size, max(added_at) AS newest
        FROM media_hashes JOIN bank_entries USING (bank, key) WHERE kind = %s AND form = ''
        """,
        [kind],
    ).fetchone()
    assert found is not None
    return found
