"""Named sets of values that rules ask about, edited by policy people without touching the rules."""

from collections.abc import Iterable

from psycopg.types.json import Jsonb

from tenfold.store.database import Conn

MAX_VALUE_LENGTH = 2_000


def add(conn: Conn, name: str, values: Iterable[str], added_by: str) -> int:
    """Put values into the set; returns how many were new. ValueError: one cannot be kept."""
    wanted = sorted(set(values))
    for value in wanted:
        if not value or len(value) > MAX_VALUE_LENGTH or "\0" in value:
            shown = value[:40] + ("…" if len(value) > 40 else "")
            raise ValueError(
                f"set {name}: {shown!r} cannot be kept; a value has 1 to {MAX_VALUE_LENGTH:,} characters, "
                "none of them U+0000"
            )
    return conn.execute(
        """
        INSERT INTO sets (name, value, added_by)
        SELECT %s, value, %s FROM jsonb_array_elements_text(%s) AS value
        ON CONFLICT DO NOTHING
        """,
        [name, added_by, Jsonb(wanted)],
    ).rowcount


def remove(conn: Conn, name: str, values: Iterable[str]) -> int:
    """Take values out of the set; returns how many were in it."""
    return conn.execute(
        "DELETE FROM sets WHERE name = %s AND value IN (SELECT jsonb_array_elements_text(%s))",
        [name, Jsonb(sorted(set(values)))],
    ).rowcount


def listing(conn: Conn, name: str) -> list[str]:
    """The values kept under a name, in the order of their code points."""
    rows = conn.execute("SELECT value FROM sets WHERE name = %s ORDER BY value", [name])
    return [value for (value,) in rows]


def load(conn: Conn) -> dict[str, frozenset[str]]:
    """Every set that the store keeps."""
    rows = conn.execute("SELECT name, array_agg(value) FROM sets GROUP BY name")
    return {name: frozenset(values) for name, values in rows}
