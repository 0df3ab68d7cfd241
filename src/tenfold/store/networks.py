"""What lies around accounts, groups and values in the store: each question reads a bounded number of rows.

However many follow an account, are in a group or show a value, at most so many rows are read of each as the
caller says, and never more than READ. Ids that come back are the platform's own.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec
from psycopg.rows import class_row

from tenfold.store.accounts import as_records
from tenfold.store.database import Conn

READ = 1_000  # rows of one account that are looked through, before any of them is left out
Side = Literal["account", "group"]


class FoundLink(msgspec.Struct, frozen=True, kw_only=True):
    """Two accounts that may be the same people's: the link, or what people decided, or both.
    `verdict` is `same`, `different`, `unsure` or None; `evidence` is the ledger, or what the decision saw."""

    account_a: str
    account_b: str
    bits: float | None
    probability: float | None
    level: str | None
    closed: str | None
    verdict: str | None
    evidence: list[dict[str, Any]]


class Directed(NamedTuple):
    """`source` follows or names `target`; `announced`: it told others that this is somebody's account."""

    source: str
    target: str
    at: datetime
    announced: bool = False


class Member(NamedTuple):
    """An account that is in a group."""

    group: str
    account: str
    role: str
    at: datetime


class Held(NamedTuple):
    """A value by its key. `asked` are accounts that were asked about and show it, `others` all that do;
    where too many do these are empty, and `accounts` is how many are known (at least), or 0 where a person
    marked the value as shared by many."""

    key: int
    asked: list[str]
    others: list[str]
    accounts: int
    common: bool


@contextmanager
def by_index(conn: Conn) -> Iterator[None]:
    """Have PostgreSQL read tables by index alone meanwhile: it expects to find the first rows of a common
    value soon by reading on, and reads the whole table for an account that has none."""
    conn.execute("SET LOCAL enable_seqscan = off")
    yield
    conn.execute("SET LOCAL enable_seqscan = on")


_ASKED = 'WITH asked AS MATERIALIZED (SELECT jsonb_array_elements_text(%(ids)s) COLLATE "C" AS id)'


def _ids(ids: Iterable[str]) -> Any:
    return as_records(sorted(set(ids)))


def links(conn: Conn, accounts: Iterable[str], most: int) -> list[FoundLink]:
    """The links of each account and the decisions in force about them, of each at most `most`, the
    likeliest."""
    reader = conn.cursor(row_factory=class_row(FoundLink))
    reader.execute(
        f"""
        {_ASKED}, pairs AS (
            SELECT DISTINCT account_a, account_b FROM asked, LATERAL (
                (SELECT account_a, account_b FROM (
                    SELECT account_a, account_b, probability FROM links
                    WHERE account_a = asked.id LIMIT {READ}) AS read
                 ORDER BY probability DESC LIMIT %(most)s)
                UNION ALL
                (SELECT account_a, account_b FROM (
                    SELECT account_a, account_b, probability FROM links
                    WHERE account_b = asked.id LIMIT {READ}) AS read
                 ORDER BY probability DESC LIMIT %(most)s)
                UNION ALL
                (SELECT account_a, account_b FROM link_decisions
                 WHERE account_a = asked.id AND reversed_at IS NULL LIMIT %(most)s)
                UNION ALL
                (SELECT account_a, account_b FROM link_decisions
                 WHERE account_b = asked.id AND reversed_at IS NULL LIMIT %(most)s)
            ) AS found
        )
        SELECT account_a, account_b, link.bits, coalesce(link.probability, said.probability) AS probability,
            level, closed, verdict, coalesce(link.evidence, said.evidence, '[]') AS evidence
        FROM pairs LEFT JOIN LATERAL (
            SELECT bits::float8, probability::float8, level, closed, evidence FROM links
            WHERE links.account_a = pairs.account_a AND links.account_b = pairs.account_b LIMIT 1
        ) AS link ON true LEFT JOIN LATERAL (
            SELECT verdict, probability::float8, evidence FROM link_decisions AS made
            WHERE made.account_a = pairs.account_a AND made.account_b = pairs.account_b
              AND reversed_at IS NULL ORDER BY id DESC LIMIT 1
        ) AS said ON true
        """,
        {"ids": _ids(accounts), "most": most},
        prepare=True,
    )
    return reader.fetchall()


def follows(conn: Conn, accounts: Iterable[str], most: int, *, incoming: bool) -> list[Directed]:
    """Whom each account follows, or (`incoming`) who follows it: at most `most` of each."""
    end = "target" if incoming else "follower"
    rows = conn.execute(
        f"""
        {_ASKED}
        SELECT follower, target, created_at FROM asked, LATERAL (
            SELECT * FROM (SELECT * FROM follows WHERE {end} = asked.id LIMIT {READ}) AS read
            WHERE ended_at IS NULL LIMIT %(most)s) AS found
        """,
        {"ids": _ids(accounts), "most": most},
        prepare=True,
    )
    return [Directed(*row) for row in rows]


def mentions(conn: Conn, accounts: Iterable[str], most: int, *, incoming: bool) -> list[Directed]:
    """Whom each account names in posts, or (`incoming`) who names it; announcements first."""
    end = "target" if incoming else "account"
    rows = conn.execute(
        f"""
        {_ASKED}
        SELECT account, target, at, announced FROM asked, LATERAL (
            SELECT * FROM (SELECT * FROM mentions WHERE {end} = asked.id LIMIT {READ}) AS read
            ORDER BY announced DESC, at LIMIT %(most)s) AS found
        """,
        {"ids": _ids(accounts), "most": most},
        prepare=True,
    )
    return [Directed(*row) for row in rows]


def members(conn: Conn, ids: Iterable[str], most: int, *, of: Side) -> list[Member]:
    """The groups of each account, or the members of each group: at most `most` of each."""
    end = "account" if of == "account" else "group_id"
    rows = conn.execute(
        f"""
        {_ASKED}
        SELECT group_id, account, role, joined_at FROM asked, LATERAL (
            SELECT * FROM (SELECT * FROM memberships WHERE {end} = asked.id LIMIT {READ}) AS read
            WHERE left_at IS NULL LIMIT %(most)s) AS found
        """,
        {"ids": _ids(ids), "most": most},
        prepare=True,
    )
    return [Member(*row) for row in rows]


# Of each key: how many show it where that is known to be too many, else those who do, one more than `most`.
_SHOWING = """
    SELECT key, asked, CASE WHEN marked OR counted IS NOT NULL OR cardinality(others) > %(most)s
            THEN '{}' ELSE others END,
        CASE WHEN marked THEN 0 ELSE coalesce(counted, cardinality(others)) END,
        marked OR counted IS NOT NULL OR cardinality(others) > %(most)s AS common
    FROM known, LATERAL (SELECT CASE WHEN marked OR counted IS NOT NULL THEN '{}' ELSE ARRAY(
        SELECT account FROM account_keys WHERE account_keys.key = known.key LIMIT %(most)s + 1) END AS others
    ) AS showing
    WHERE marked OR counted IS NOT NULL OR cardinality(others) > 1 OR cardinality(asked) = 0
    ORDER BY key
"""
_KNOWN = """
    SELECT key, asked,
        (SELECT greatest(accounts, 1) FROM common_keys WHERE common_keys.key = of.key) AS counted,
        EXISTS (SELECT FROM shared_keys WHERE shared_keys.key = of.key
                AND (until IS NULL OR until > now())) AS marked
"""


def values(conn: Conn, accounts: Iterable[str], kinds: Sequence[int], mask: int, most: int) -> list[Held]:
    """Values of some kinds (`key & mask`) that an account shows and others do, too; who shows each, where
    not more than `most` do."""
    rows = conn.execute(
        f"""
        {_ASKED}, shown AS MATERIALIZED (
            SELECT key, array_agg(asked.id ORDER BY asked.id) AS asked FROM asked, LATERAL (
                SELECT key FROM account_keys WHERE account = asked.id LIMIT {READ}) AS one
            WHERE key & %(mask)s = ANY(%(kinds)s) GROUP BY key
        ), known AS MATERIALIZED ({_KNOWN} FROM shown AS of) {_SHOWING}
        """,
        {"ids": _ids(accounts), "kinds": list(kinds), "mask": mask, "most": most},
        prepare=True,
    )
    return [Held(*row) for row in rows]


def holders(conn: Conn, keys: Iterable[int], most: int) -> list[Held]:
    """Who shows values, by their keys."""
    rows = conn.execute(
        f"""
        WITH of AS MATERIALIZED (
            SELECT asked::bigint AS key, '{{}}'::text[] AS asked FROM jsonb_array_elements(%(keys)s) AS asked
        ), known AS MATERIALIZED ({_KNOWN} FROM of) {_SHOWING}
        """,
        {"keys": as_records(sorted(set(keys))), "most": most},
        prepare=True,
    )
    return [Held(*row) for row in rows]
