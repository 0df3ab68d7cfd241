"""What sources of one threat have in common, as digests, each of which is of one record alone."""

from collections.abc import Iterable, Mapping

from tenfold.store.accounts import as_records
from tenfold.store.database import Conn


def lock(conn: Conn, keys: Iterable[int]) -> dict[int, int | None]:
    """Make the keys ours until the end of the transaction, in one order everywhere; returns the record of
    each, None for those that have none yet."""
    rows = conn.execute(
        """
        INSERT INTO threat_keys (key)
        SELECT asked::bigint FROM jsonb_array_elements_text(%s) AS asked ORDER BY asked::bigint
        ON CONFLICT (key) DO UPDATE SET key = excluded.key
        RETURNING key, threat_id
        """,
        [as_records(sorted(set(keys)))],
        prepare=True,
    )
    return dict(rows.fetchall())


def records_of(conn: Conn, keys: Iterable[int]) -> dict[int, int]:
    """The record of each key that has one, nothing locked."""
    rows = conn.execute(
        """
        SELECT key, threat_id FROM threat_keys
        WHERE key IN (SELECT jsonb_array_elements_text(%s)::bigint) AND threat_id IS NOT NULL
        """,
        [as_records(sorted(set(keys)))],
    )
    return dict(rows.fetchall())


def give(conn: Conn, records: Mapping[int, int]) -> None:
    """Write which record each of some locked keys is of."""
    rows = [{"key": key, "threat": threat} for key, threat in sorted(records.items())]
    conn.execute(
        """
        UPDATE threat_keys SET threat_id = row.threat
        FROM jsonb_to_recordset(%s) AS row (key bigint, threat bigint) WHERE threat_keys.key = row.key
        """,
        [as_records(rows)],
    )
