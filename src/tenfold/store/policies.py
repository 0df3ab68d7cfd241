"""The text of every policy that ever judged anything, by its version."""

from collections.abc import Mapping

from psycopg.types.json import Jsonb

from tenfold.store.database import Conn


def remember(conn: Conn, version: str, sources: Mapping[str, str]) -> None:
    """Keep a policy's sources under its version; the latest to be loaded is the one in force."""
    conn.execute(
        """
        INSERT INTO policies (version, files) VALUES (%s, %s)
        ON CONFLICT (version) DO UPDATE SET loaded_at = now()
        """,
        [version, Jsonb(dict(sources))],
    )


def sources(conn: Conn, version: str) -> dict[str, str] | None:
    """The files of a policy as they were when it judged; None when the version never did."""
    row = conn.execute("SELECT files FROM policies WHERE version = %s", [version]).fetchone()
    return row[0] if row else None
