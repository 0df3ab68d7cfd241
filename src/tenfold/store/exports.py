"""Whole tables, page by page in the order of their keys: memory is bounded and no transaction stays open."""

from collections.abc import Sequence
from typing import Any

from tenfold.store.database import Conn

Page = list[tuple[Any, ...]]


def accounts(conn: Conn, after: str, most: int) -> list[str]:
    """The next accounts that the platform told of."""
    rows = conn.execute("SELECT id FROM accounts WHERE id > %s ORDER BY id LIMIT %s", [after, most])
    return [row[0] for row in rows]


def foreign_closures(conn: Conn, after: str, most: int) -> list[str]:
    """The next closed accounts that came on a list from elsewhere."""
    rows = conn.execute(
        """
        SELECT account FROM closures
        WHERE account > %s AND NOT EXISTS (SELECT FROM accounts WHERE accounts.id = closures.account)
        ORDER BY account LIMIT %s
        """,
        [after, most],
    )
    return [row[0] for row in rows]


def closures(conn: Conn, after: str, most: int) -> Page:
    """The next closures: account, time in microseconds, origin, ground."""
    rows = conn.execute(
        """
        SELECT account, (extract(epoch FROM closed_at) * 1000000)::bigint, origin, ground FROM closures
        WHERE account > %s ORDER BY account LIMIT %s
        """,
        [after, most],
    )
    return rows.fetchall()


def follows(conn: Conn, after: Sequence[str], most: int) -> Page:
    """The next follows: follower, target, since when in microseconds, whether it stands."""
    rows = conn.execute(
        """
        SELECT follower, target, (extract(epoch FROM created_at) * 1000000)::bigint, ended_at IS NULL
        FROM follows WHERE (follower, target) > (%s, %s) ORDER BY follower, target LIMIT %s
        """,
        [*after, most],
    )
    return rows.fetchall()


def memberships(conn: Conn, after: Sequence[str], most: int) -> Page:
    """The next memberships, past ones too: group, account, since when in microseconds."""
    rows = conn.execute(
        """
        SELECT group_id, account, (extract(epoch FROM joined_at) * 1000000)::bigint
        FROM memberships WHERE (group_id, account) > (%s, %s) ORDER BY group_id, account LIMIT %s
        """,
        [*after, most],
    )
    return rows.fetchall()


def posts(conn: Conn, after: str, most: int) -> Page:
    """The next posts, in the columns of a history; hashtags are not told, they stand in the text."""
    rows = conn.execute(
        """
        SELECT id, account, (extract(epoch FROM created_at) * 1000000)::bigint, language, group_id, reply_to,
               repost_of, links, mentions, media, state, text
        FROM posts WHERE id > %s ORDER BY id LIMIT %s
        """,
        [after, most],
    )
    return rows.fetchall()


def muted(conn: Conn) -> list[int]:
    """Keys that are marked as shared now."""
    rows = conn.execute("SELECT key FROM shared_keys WHERE until IS NULL OR until > now() ORDER BY key")
    return [row[0] for row in rows]


def estimates(conn: Conn) -> dict[str, int]:
    """About how many rows the large tables have, for a bar of progress."""
    rows = conn.execute(
        """
        SELECT relname, greatest(reltuples, 0)::bigint FROM pg_class
        WHERE oid IN ('accounts'::regclass, 'posts'::regclass, 'follows'::regclass, 'memberships'::regclass)
        """
    )
    return dict(rows.fetchall())
