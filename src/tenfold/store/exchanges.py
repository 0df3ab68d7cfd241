"""Lists of hashes from exchanges: their records by the exchange's own ids, and the entries made from these.

An entry is there while one record that speaks of its hash stands and has not expired. What it says is merged
from these records alone; as records know when they last changed, lists may come in any order.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from tenfold.banks import MARKINGS
from tenfold.store import media_contents, media_hashes
from tenfold.store.banks import BankError
from tenfold.store.database import Conn


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """The list of an exchange, by the name of its bank on the wire.

    `records` stand; `newest_at`: when the record that changed last did, as the exchange says.
    """

    bank: str
    name: str
    api: str
    enabled: bool
    records: int
    imported_at: datetime
    newest_at: datetime | None


class ListRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record, checked. `state`: stands, disputed or withdrawn; `hashes`: keys of entries."""

    id: str
    state: str
    hashes: Sequence[str] = ()
    label: str = ""
    provenance: str = ""
    confidence: float | None = None
    marking: str | None = None
    expires_at: datetime | None = None
    updated_at: datetime | None = None
    opinions: Sequence[Any] = ()


class Put(msgspec.Struct, frozen=True, kw_only=True):
    """What came of records: those that were not known, that changed, that no longer stand, and the others."""

    new: int = 0
    changed: int = 0
    ended: int = 0
    unchanged: int = 0


_EXCHANGE = """
    SELECT bank, wire_name AS name, api, enabled, imported_at, newest_at,
        (SELECT count(*) FROM exchange_records AS record
         WHERE record.bank = exchanges.bank AND state = 'stands') AS records
    FROM exchanges JOIN banks ON banks.id = bank
"""


def listing(conn: Conn) -> list[str]:
    """Names of the banks that hold a list, in order."""
    return [
        name
        for (name,) in conn.execute(
            "SELECT wire_name FROM exchanges JOIN banks ON banks.id = bank ORDER BY wire_name"
        )
    ]


def by_name(conn: Conn, name: str) -> Exchange | None:
    """The list of the bank with this name on the wire."""
    cursor = conn.cursor(row_factory=class_row(Exchange))
    return cursor.execute(f"{_EXCHANGE} WHERE wire_name = %s", [name]).fetchone()


def begin(conn: Conn, bank: str, api: str) -> None:
    """Take a bank for the list of an exchange, until the transaction ends for this one import alone.

    Raises BankError where it holds another exchange's list.
    """
    conn.execute("SELECT FROM banks WHERE id = %s FOR UPDATE", [bank])
    conn.execute(
        """
        INSERT INTO exchanges (bank, api) VALUES (%s, %s) ON CONFLICT (bank) DO UPDATE SET imported_at = now()
        """,
        [bank, api],
    )
    row = conn.execute("SELECT api FROM exchanges WHERE bank = %s", [bank]).fetchone()
    assert row is not None
    if row[0] != api:
        raise BankError(f"{bank} holds the list of {row[0]}; make a bank of its own for that of {api}")


def put(conn: Conn, bank: str, api: str, records: Sequence[ListRecord]) -> Put:
    """Write records, and make the entries that they speak of anew. A record that is older than what is known
    of it changes nothing; of several with one id the newest counts, or the last.

    After `begin`, in its transaction.
    """
    rows = [msgspec.to_builtins(record) | {"place": place} for place, record in enumerate(records)]
    found = conn.execute(_PUT, {"bank": bank, "rows": Jsonb(rows)}).fetchall()
    touched = sorted({key for _, _, before, after in found for key in (*before, *after)})
    _renew_hashes(conn, bank, [id_ for id_, *_ in found])
    _make_entries(conn, bank, f"exchange:{api}", touched)
    conn.execute(
        """
        UPDATE exchanges SET newest_at = greatest(newest_at, (
            SELECT max(updated_at) FROM exchange_records WHERE bank = %(bank)s AND id = ANY(%(ids)s)))
        WHERE bank = %(bank)s
        """,
        {"bank": bank, "ids": [id_ for id_, *_ in found]},
    )
    kinds = [kind for _, kind, _, _ in found]
    new, changed, ended = (kinds.count(kind) for kind in ("new", "changed", "ended"))
    return Put(new=new, changed=changed, ended=ended, unchanged=len(records) - new - changed - ended)


_SAID = "state, label, provenance, confidence, marking, expires_at, opinions, hashes"
_KNOWN, _NEW = (", ".join(f"{row}.{name}" for name in _SAID.split(", ")) for row in ("known", "EXCLUDED"))
_PUT = f"""
    WITH new AS MATERIALIZED (
        SELECT DISTINCT ON (id COLLATE "C") id COLLATE "C" AS id, updated_at, {_SAID}
        FROM jsonb_to_recordset(%(rows)s) AS given (
            id text, state text, label text, provenance text, confidence real, marking text,
            expires_at timestamptz, updated_at timestamptz, opinions jsonb, hashes text[], place integer)
        ORDER BY id COLLATE "C", updated_at DESC NULLS LAST, place DESC
    ), old AS MATERIALIZED (
        SELECT id, state, hashes, ROW({_SAID})::text AS said FROM exchange_records
        WHERE bank = %(bank)s AND id IN (SELECT id FROM new)
    ), written AS (
        INSERT INTO exchange_records AS known (bank, id, updated_at, {_SAID})
        SELECT %(bank)s, id, updated_at, {_SAID} FROM new ORDER BY id
        ON CONFLICT (bank, id) DO UPDATE SET
            updated_at = coalesce(EXCLUDED.updated_at, known.updated_at), state = EXCLUDED.state,
            label = EXCLUDED.label, provenance = EXCLUDED.provenance, confidence = EXCLUDED.confidence,
            marking = EXCLUDED.marking, expires_at = EXCLUDED.expires_at, opinions = EXCLUDED.opinions,
            hashes = EXCLUDED.hashes
        WHERE (EXCLUDED.updated_at IS NULL OR known.updated_at IS NULL
               OR EXCLUDED.updated_at >= known.updated_at)
          AND (known.updated_at, {_KNOWN}) IS DISTINCT FROM (EXCLUDED.updated_at, {_NEW})
        RETURNING id, state, hashes, ROW({_SAID})::text AS said
    )
    SELECT written.id,
        CASE WHEN old.id IS NULL THEN 'new'
             WHEN old.said = written.said THEN 'same'
             WHEN old.state = 'stands' AND written.state <> 'stands' THEN 'ended' ELSE 'changed' END,
        coalesce(old.hashes, '{{}}'), written.hashes
    FROM written LEFT JOIN old USING (id)
"""


def _renew_hashes(conn: Conn, bank: str, ids: Sequence[str]) -> None:
    conn.execute("DELETE FROM exchange_hashes WHERE bank = %s AND id = ANY(%s)", [bank, list(ids)])
    conn.execute(
        """
        INSERT INTO exchange_hashes (bank, key, id)
        SELECT DISTINCT bank, key, id FROM exchange_records, unnest(hashes) AS key
        WHERE bank = %s AND id = ANY(%s) AND state = 'stands' ORDER BY key, id
        """,
        [bank, list(ids)],
    )


# The strictest marking, the highest confidence, the last expiry; where a record says nothing, its bank does.
_MERGED = """
    SELECT key, (array_agg(record.label ORDER BY record.id))[1] AS label,
        CASE WHEN bool_and(record.confidence IS NOT NULL) THEN max(record.confidence) END AS confidence,
        left(string_agg(DISTINCT record.provenance, '; '), 2000) AS provenance,
        CASE WHEN bool_or(record.marking IS NOT NULL) THEN
            (%(markings)s::text[])[
                max(array_position(%(markings)s::text[], coalesce(record.marking, banks.marking)))]
        END AS marking,
        CASE WHEN bool_and(record.expires_at IS NOT NULL) THEN max(record.expires_at) END AS expires_at
    FROM exchange_hashes JOIN exchange_records AS record USING (bank, id) JOIN banks ON banks.id = bank
    WHERE bank = %(bank)s AND key = ANY(%(keys)s) AND (record.expires_at IS NULL OR record.expires_at > now())
    GROUP BY key
"""
_GONE = f"""
    DELETE FROM bank_entries AS entry
    WHERE bank = %(bank)s AND key = ANY(%(keys)s) AND (
        added_by = %(by)s AND key NOT IN (SELECT key FROM ({_MERGED}) AS merged)
        OR expires_at <= now() OR EXISTS (
            SELECT FROM decisions WHERE decisions.id = entry.decision AND decisions.state = 'reversed'))
"""
_SHOWN = "label, confidence, provenance, marking, expires_at"
_ENTRIES = f"""
    INSERT INTO bank_entries AS entry (bank, key, value, {_SHOWN}, added_by)
    SELECT %(bank)s, key, key, {_SHOWN}, %(by)s FROM ({_MERGED}) AS merged ORDER BY key
    ON CONFLICT (bank, key) DO UPDATE SET
        label = EXCLUDED.label, confidence = EXCLUDED.confidence, provenance = EXCLUDED.provenance,
        marking = EXCLUDED.marking, expires_at = EXCLUDED.expires_at
    WHERE entry.added_by = EXCLUDED.added_by AND
        ({", ".join(f"entry.{name}" for name in _SHOWN.split(", "))})
        IS DISTINCT FROM ({", ".join(f"EXCLUDED.{name}" for name in _SHOWN.split(", "))})
    RETURNING key, xmax = 0 AS made
"""


def _make_entries(conn: Conn, bank: str, by: str, keys: Sequence[str]) -> None:
    """Make the entries with these keys as the records say. Entries that others added stay as they are, unless
    they match no more: they expired, or their decision was reversed."""
    given = {"bank": bank, "keys": list(keys), "by": by, "markings": list(MARKINGS)}
    gone = conn.execute(_GONE, given).rowcount
    written = conn.execute(_ENTRIES, given).fetchall()
    made = sorted(key for key, made in written if made)
    if made:
        media_hashes.renew(conn, bank, made)
        media_contents.number(conn, bank, made)
    if gone or written:
        conn.execute("UPDATE banks SET revision = nextval('bank_revision') WHERE id = %s", [bank])
