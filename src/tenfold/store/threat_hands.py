"""Who stands behind a threat: profiles, and the accounts that the same people run."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from psycopg.rows import class_row

from tenfold.store.accounts import as_records
from tenfold.store.database import Conn

UNKNOWN: dict[str, Any] = {
    "handle": None,
    "display_name": None,
    "state": None,
    "created_at": None,
    "posts": 0,
}


class Hand(msgspec.Struct, frozen=True, kw_only=True):
    """A link from `account` to an `other`. `level`: possible or likely; `verdict`: what people said, if they
    did. `returned`: `other` was closed and came first. `ended`: `other` is closed or deleted by now.
    `certain`: likely or confirmed, and denied by nobody."""

    account: str
    other: str
    probability: float
    level: str
    verdict: str | None
    returned: bool
    ended: bool
    certain: bool


def of_accounts(conn: Conn, accounts: Iterable[str], *, limit: int) -> list[Hand]:
    """Links of accounts that people did not deny, the surest first."""
    cursor = conn.cursor(row_factory=class_row(Hand))
    cursor.execute(
        """
        WITH asked AS (
            SELECT jsonb_array_elements_text(%(ids)s) COLLATE "C" AS account
        ), found AS (
            SELECT asked.account, account_b AS other, links.* FROM asked JOIN links ON account_a =
            asked.account UNION ALL
            SELECT asked.account, account_a, links.* FROM asked JOIN links ON account_b = asked.account
        )
        SELECT account, other, probability::float8 AS probability, level, verdict,
            closed IS NOT NULL AND closed = other AS returned,
            EXISTS (SELECT FROM accounts WHERE id = other AND state IN ('closed', 'deleted'))
                OR EXISTS (SELECT FROM closures WHERE closures.account = other) AS ended,
            coalesce(verdict = 'same', level = 'likely') AS certain
        FROM found LEFT JOIN LATERAL (
            SELECT verdict FROM link_decisions AS said
            WHERE said.account_a = found.account_a AND said.account_b = found.account_b AND reversed_at IS
            NULL
            ORDER BY said.id DESC LIMIT 1) AS decided ON true
        WHERE verdict IS DISTINCT FROM 'different'
        ORDER BY certain DESC, probability DESC, account, other LIMIT %(limit)s
        """,
        {"ids": as_records(sorted(set(accounts))), "limit": limit},
    )
    return cursor.fetchall()


def profiles(conn: Conn, accounts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What accounts are now, by id: the fields of UNKNOWN."""
    rows = conn.execute(
        "SELECT id, handle, display_name, state, created_at, posts FROM accounts WHERE id = ANY(%s)",
        [accounts],
    )
    return {id_: dict(zip(UNKNOWN, found, strict=True)) for id_, *found in rows}


def about_subjects(
    conn: Conn, subjects: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], tuple[str | None, str | None]]:
    """State and address of subjects, by kind and id."""
    rows = conn.execute(
        """
        SELECT kind, row.id, subject_state(kind, row.id), posts.url
        FROM jsonb_to_recordset(%s) AS row (kind text, id text)
        LEFT JOIN posts ON kind = 'post' AND posts.id = row.id
        """,
        [as_records([{"kind": kind, "id": id_} for kind, id_ in sorted(set(subjects))])],
    )
    return {(kind, id_): (state, url) for kind, id_, state, url in rows}


def parts(conn: Conn, threat_id: int) -> list[int]:
    """The records that have become part of one."""
    rows = conn.execute("SELECT id FROM threats WHERE merged_into = %s ORDER BY id", [threat_id])
    return [row[0] for row in rows]


def authors(conn: Conn, posts: Iterable[str]) -> dict[str, str]:
    """Whose posts these are."""
    rows = conn.execute(
        "SELECT id, account FROM posts WHERE id = ANY(%s)", [sorted(set(posts))], prepare=True
    )
    return dict(rows.fetchall())


def latest_posts(
    conn: Conn, accounts: Iterable[str], most: int
) -> list[tuple[str, str, list[str], str | None]]:
    """The latest posts of each account: account, text, accounts mentioned, author of the post that it
    answers."""
    rows = conn.execute(
        """
        SELECT posts.account, posts.text, posts.mentions, answered.account
        FROM jsonb_array_elements_text(%s) AS asked (id) CROSS JOIN LATERAL (
            SELECT account, text, mentions, reply_to FROM posts
            WHERE account = asked.id COLLATE "C" AND repost_of IS NULL ORDER BY created_at DESC LIMIT %s
        ) AS posts LEFT JOIN posts AS answered ON answered.id = posts.reply_to
        """,
        [as_records(sorted(set(accounts))), most],
    )
    return rows.fetchall()


def sample_of_posts(conn: Conn, most: int) -> list[tuple[str, str, list[str], str | None]]:
    """About `most` posts from anywhere on the platform, in the same form."""
    row = conn.execute("SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = 'posts'::regclass").fetchone()
    share = min(100.0, 100.0 * most / max(row[0] if row else 0, 1))
    rows = conn.execute(
        """
        SELECT posts.account, posts.text, posts.mentions, answered.account
        FROM (SELECT account, text, mentions, reply_to FROM posts TABLESAMPLE SYSTEM (%s)
              WHERE repost_of IS NULL LIMIT %s) AS posts
        LEFT JOIN posts AS answered ON answered.id = posts.reply_to
        """,
        [share, most],
    )
    return rows.fetchall()
