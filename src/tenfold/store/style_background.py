"""What is usual in the writing of the platform, as it is kept; and the texts that it is made of."""

from datetime import datetime
from typing import NamedTuple

from tenfold.fingerprint import MAX_TEXTS
from tenfold.store.database import Conn

LEAST_POSTS = 2  # of accounts that are read: what is shorter is hardly ever long enough


class Kept(NamedTuple):
    """`usual` is empty while too few accounts had written enough; `accounts`: how many it rests on."""

    usual: bytes
    accounts: int
    made_at: datetime


def made_at(conn: Conn) -> datetime | None:
    """When it was made: what tells one from the next. None before the first."""
    row = conn.execute("SELECT made_at FROM style_background", prepare=True).fetchone()
    return row[0] if row else None


def load(conn: Conn) -> Kept | None:
    """The one that is kept, None before the first."""
    row = conn.execute("SELECT usual, accounts, made_at FROM style_background").fetchone()
    return Kept(*row) if row else None


def keep(conn: Conn, kept: Kept) -> None:
    """Put it in the place of the one before."""
    conn.execute(
        """
        INSERT INTO style_background (usual, accounts, made_at) VALUES (%s, %s, %s)
        ON CONFLICT (one) DO UPDATE
        SET usual = excluded.usual, accounts = excluded.accounts, made_at = excluded.made_at
        """,
        kept,
    )


def texts(conn: Conn, most: int, population: int) -> dict[str, list[str]]:
    """What some `most` accounts wrote last, from anywhere on the platform; reposts are somebody else's."""
    share = min(100.0, 100.0 * most / max(population, 1))
    rows = conn.execute(
        f"""
        SELECT id, (SELECT array_agg(text) FROM (
                   SELECT text FROM posts WHERE account = accounts.id AND repost_of IS NULL AND text <> ''
                   ORDER BY created_at DESC LIMIT {MAX_TEXTS}) AS latest)
        FROM accounts TABLESAMPLE BERNOULLI (%s) WHERE posts >= {LEAST_POSTS} LIMIT %s
        """,
        [share, most],
    )
    return {account: written for account, written in rows if written}
