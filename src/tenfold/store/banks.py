"""Banks and their entries as the store keeps them. Every change gives the bank a new revision."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from tenfold.banks import MARKINGS, Bank, BankEntry, BankKind, NewEntry
from tenfold.store import media_contents, media_hashes
from tenfold.store.database import Conn

STREAM_ROWS = 5_000  # fetched at a time while exporting


class BankError(ValueError):
    """Something about a bank that cannot be done; the message says what and why."""


class UnknownBankError(BankError):
    """There is no bank with this id."""


class StoredBank(msgspec.Struct, frozen=True, kw_only=True):
    """A bank as listed; `entries` counts all, `expired` those that no longer match. `ratio`: the share of
    uploads of which a bank of media is asked, 0 to 1."""

    id: str
    kind: BankKind
    title: str
    purpose: str
    provenance: str
    marking: str
    confidence: float
    enabled: bool
    ratio: float
    created_at: datetime
    revision: int
    entries: int
    expired: int


class StoredEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as listed and exported; `confidence` and `marking` None: the bank's."""

    key: str
    value: str
    label: str
    confidence: float | None
    provenance: str
    marking: str | None
    added_by: str
    added_at: datetime
    expires_at: datetime | None


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """What came of adding: `duplicates` were in the bank already, or twice among the new ones."""

    added: int
    duplicates: int


_BANK_COLUMNS = """
    id, kind, title, purpose, provenance, marking, confidence, enabled, enabled_ratio AS ratio, created_at,
    revision, (SELECT count(*) FROM bank_entries WHERE bank = banks.id) AS entries,
    (SELECT count(*) FROM bank_entries WHERE bank = banks.id AND expires_at <= now()) AS expired
"""
_ENTRY_COLUMNS = "key, value, label, confidence, provenance, marking, added_by, added_at, expires_at"


def create(
    conn: Conn,
    *,
    id: str,
    kind: BankKind,
    title: str,
    purpose: str = "",
    provenance: str = "",
    marking: str = "TLP:AMBER",
    confidence: float = 1.0,
) -> StoredBank:
    """Make an empty bank; raises BankError when there is one with this id already."""
    if marking not in MARKINGS:
        raise BankError(f"{marking!r} is no marking; one of {', '.join(MARKINGS)}")
    made = conn.execute(
        """
        INSERT INTO banks (id, kind, title, purpose, provenance, marking, confidence, wire_name)
        VALUES (%(id)s, %(kind)s, %(title)s, %(purpose)s, %(provenance)s, %(marking)s, %(confidence)s,
            CASE WHEN %(kind)s = 'media' THEN upper(replace(%(id)s, '-', '_')) END)
        ON CONFLICT DO NOTHING
        """,
        {
            "id": id,
            "kind": kind,
            "title": title,
            "purpose": purpose,
            "provenance": provenance,
            "marking": marking,
            "confidence": confidence,
        },
    ).rowcount
    if not made:
        raise BankError(f"there is a bank {id!r} already; choose another id")
    return get(conn, id)


def get(conn: Conn, bank: str) -> StoredBank:
    """One bank; raises UnknownBankError."""
    if not _storable(bank):
        raise UnknownBankError(f"there is no bank {bank!r}")
    with conn.cursor(row_factory=class_row(StoredBank)) as cursor:
        found = cursor.execute(f"SELECT {_BANK_COLUMNS} FROM banks WHERE id = %s", [bank]).fetchone()
    if found is None:
        raise UnknownBankError(f"there is no bank {bank!r}; `tenfold banks list` shows which there are")
    return found


def listing(conn: Conn) -> list[StoredBank]:
    """Every bank, by id."""
    with conn.cursor(row_factory=class_row(StoredBank)) as cursor:
        return cursor.execute(f"SELECT {_BANK_COLUMNS} FROM banks ORDER BY id").fetchall()


def next_expiry(conn: Conn) -> dict[str, datetime]:
    """When the next entry of each bank expires, for banks with entries that do."""
    rows = conn.execute(
        "SELECT bank, min(expires_at) FROM bank_entries WHERE expires_at > now() GROUP BY bank"
    )
    return dict(rows.fetchall())


def set_enabled(conn: Conn, bank: str, enabled: bool) -> bool:
    """Let a bank match, or not; returns whether that changed anything. Raises UnknownBankError."""
    if _locked(conn, bank).enabled == enabled:
        return False
    conn.execute("UPDATE banks SET enabled = %s WHERE id = %s", [enabled, bank])
    _touch(conn, bank)
    return True


def add_entries(conn: Conn, bank: str, entries: Sequence[NewEntry], added_by: str) -> Added:
    """Add entries whose keys are not there yet; one with the key that expired or whose decision was reversed
    is replaced.

    Raises UnknownBankError. Writers of one bank take turns.
    """
    kind = _locked(conn, bank).kind
    rows = [msgspec.to_builtins(entry) for entry in entries]
    cursor = conn.execute(
        """
        INSERT INTO bank_entries (
            bank, key, value, label, confidence, provenance, marking, added_by, expires_at)
        SELECT DISTINCT ON (key COLLATE "C")
               %s, key, value, label, confidence, provenance, marking, %s, expires_at
        FROM jsonb_to_recordset(%s) AS new (
            key text, value text, label text, confidence real, provenance text, marking text,
            expires_at timestamptz)
        ORDER BY key COLLATE "C"
        ON CONFLICT (bank, key) DO UPDATE SET
            value = EXCLUDED.value, label = EXCLUDED.label, confidence = EXCLUDED.confidence,
            provenance = EXCLUDED.provenance, marking = EXCLUDED.marking, added_by = EXCLUDED.added_by,
            added_at = now(), expires_at = EXCLUDED.expires_at, decision = NULL
        WHERE bank_entries.expires_at <= now() OR EXISTS (
            SELECT FROM decisions WHERE decisions.id = bank_entries.decision AND decisions.state = 'reversed')
        RETURNING key
        """,
        [bank, added_by, Jsonb(rows)],
    )
    added = cursor.rowcount
    if added:
        if kind == "media":
            keys = [key for (key,) in cursor]
            media_hashes.renew(conn, bank, keys)
            media_contents.number(conn, bank, keys)
        _touch(conn, bank)
    return Added(added=added, duplicates=len(entries) - added)


def come_from(conn: Conn, bank: str, keys: Sequence[str], decision: int) -> None:
    """Say of entries that this transaction added that they stand and fall with a decision."""
    conn.execute(
        "UPDATE bank_entries SET decision = %s WHERE bank = %s AND key = ANY(%s) AND added_at = now()",
        [decision, bank, list(keys)],
    )


def remove_entries(conn: Conn, bank: str, keys: Sequence[str]) -> int:
    """Remove entries by key; returns how many there were. Raises UnknownBankError."""
    _locked(conn, bank)
    removed = conn.execute(
        "DELETE FROM bank_entries WHERE bank = %s AND key IN (SELECT jsonb_array_elements_text(%s))",
        [bank, Jsonb([key for key in keys if _storable(key)])],
    ).rowcount
    if removed:
        _touch(conn, bank)
    return removed


def page(conn: Conn, bank: str, after: str = "", limit: int = 100) -> list[StoredEntry]:
    """Entries in the order of their keys, those after the key `after`."""
    with conn.cursor(row_factory=class_row(StoredEntry)) as cursor:
        return cursor.execute(
            f"SELECT {_ENTRY_COLUMNS} FROM bank_entries WHERE bank = %s AND key > %s ORDER BY key LIMIT %s",
            [bank, after, limit],
        ).fetchall()


def stream(conn: Conn, bank: str) -> Iterator[StoredEntry]:
    """All entries in the order of their keys, a few thousand in memory at a time. Raises UnknownBankError."""
    get(conn, bank)
    with conn.cursor(name="bank_entries", row_factory=class_row(StoredEntry)) as cursor:
        cursor.itersize = STREAM_ROWS
        cursor.execute(f"SELECT {_ENTRY_COLUMNS} FROM bank_entries WHERE bank = %s ORDER BY key", [bank])
        yield from cursor


def revision(conn: Conn) -> int:
    """A number that is another one after any change to a bank, and after an entry has expired.

    The sum, not the maximum: a transaction that took its number early may commit late.
    """
    row = conn.execute(
        """
        SELECT coalesce((SELECT sum(revision) FROM banks), 0)::bigint
             + coalesce((SELECT (extract(epoch FROM max(expires_at)) * 1000000)::bigint
                         FROM bank_entries WHERE expires_at <= now()), 0)
        """
    ).fetchone()
    assert row is not None
    return int(row[0])


def load_banks(conn: Conn) -> list[Bank]:
    """Every enabled bank of texts with its unexpired entries; banks of media have an index of their own."""
    entries: dict[str, list[BankEntry]] = {}
    rows = conn.execute(
        """
        SELECT bank, key, value, label, confidence FROM bank_entries
        WHERE (expires_at IS NULL OR expires_at > now())
          AND bank IN (SELECT id FROM banks WHERE enabled AND kind <> 'media')
        ORDER BY bank, key
        """
    )
    for bank, key, value, label, confidence in rows:
        entry = BankEntry(key=key, value=value, label=label, confidence=confidence)
        entries.setdefault(bank, []).append(entry)
    rows = conn.execute(
        """
        SELECT id, kind, title, confidence, revision FROM banks
        WHERE enabled AND kind <> 'media' ORDER BY id
        """
    )
    return [
        Bank(
            id=id,
            kind=kind,
            title=title,
            confidence=confidence,
            revision=revision,
            entries=entries.get(id, []),
        )
        for id, kind, title, confidence, revision in rows
    ]


def _storable(text: str) -> bool:
    """Whether PostgreSQL can hold the text: neither U+0000 nor half a surrogate pair."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def _locked(conn: Conn, bank: str) -> StoredBank:
    """The bank, locked until the transaction ends."""
    get(conn, bank)
    conn.execute("SELECT FROM banks WHERE id = %s FOR UPDATE", [bank])
    return get(conn, bank)


def _touch(conn: Conn, bank: str) -> None:
    conn.execute("UPDATE banks SET revision = nextval('bank_revision') WHERE id = %s", [bank])
