"""Filters of the queue under a name: one's own, and those that leads share with everybody."""

from typing import Final

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn

LONGEST_NAME: Final = 60
MOST: Final = 30  # of one person


class SavedView(msgspec.Struct, frozen=True, kw_only=True):
    """One view; `query` is that of the queue's address, with its question mark."""

    id: int
    owner: int
    name: str
    query: str
    shared: bool


def of(conn: Conn, user_id: int) -> list[SavedView]:
    """The user's own views and all shared ones, by name."""
    cursor = conn.cursor(row_factory=class_row(SavedView))
    cursor.execute(
        "SELECT id, owner, name, query, shared FROM saved_views WHERE owner = %s OR shared"
        " ORDER BY lower(name), id",
        [user_id],
    )
    return cursor.fetchall()


def keep(conn: Conn, user_id: int, name: str, query: str, *, shared: bool) -> None:
    """Keep a view; one of the same name is replaced. ValueError: no name, too long a one, or too many."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError(f"a view's name is 1 to {LONGEST_NAME} printable characters")
    conn.execute(
        """
        INSERT INTO saved_views (owner, name, query, shared) VALUES (%s, %s, %s, %s)
        ON CONFLICT (owner, lower(name)) DO UPDATE SET
            name = excluded.name, query = excluded.query, shared = excluded.shared
        """,
        [user_id, name, query, shared],
    )
    row = conn.execute("SELECT count(*) FROM saved_views WHERE owner = %s", [user_id]).fetchone()
    if row and row[0] > MOST:
        raise ValueError(f"there are {MOST} views already; remove one first")


def remove(conn: Conn, user_id: int, view_id: int) -> bool:
    """Remove one of the user's own views; whether there was one."""
    return bool(
        conn.execute("DELETE FROM saved_views WHERE owner = %s AND id = %s", [user_id, view_id]).rowcount
    )
