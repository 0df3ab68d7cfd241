"""How many accounts there are, and what they are called: what rarity is measured against."""

from tenfold.store.database import Conn

COUNTED = 20_000  # with fewer accounts than this they are counted, with more PostgreSQL's estimate will do


def count(conn: Conn) -> int:
    """Accounts that the platform told of, and closed ones that were imported from elsewhere."""
    row = conn.execute(
        """
        SELECT (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'accounts'::regclass),
               (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'closures'::regclass)
        """
    ).fetchone()
    assert row is not None
    if sum(row) > COUNTED:
        return max(int(row[0]), int(row[1]))
    row = conn.execute(
        """
        SELECT (SELECT count(*) FROM (SELECT FROM accounts LIMIT %(most)s) AS few)
             + (SELECT count(*) FROM closures WHERE origin LIKE 'import:%%'
                AND NOT EXISTS (SELECT FROM accounts WHERE accounts.id = closures.account))
        """,
        {"most": 5 * COUNTED},
    ).fetchone()
    assert row is not None
    return int(row[0])


def names(conn: Conn, size: int, population: int) -> list[str]:
    """What some `size` accounts are called, anywhere in the table."""
    share = min(100.0, 100.0 * size / max(population, 1))
    rows = conn.execute(
        """
        SELECT coalesce(nullif(display_name, ''), handle)
        FROM accounts TABLESAMPLE SYSTEM (%s) WHERE display_name <> '' OR handle <> '' LIMIT %s
        """,
        [share, size],
    )
    return [row[0] for row in rows]
