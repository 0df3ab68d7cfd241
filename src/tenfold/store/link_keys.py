"""Keys of accounts in the store: who shows which, how many do, who has one in common with the closed.

A lookup of one key reads at most `most` + 1 entries of an index, however many accounts show it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from tenfold.store import links_due, tie_counts
from tenfold.store.accounts import as_records
from tenfold.store.database import Conn
from tenfold.store.tie_counts import Tie

COUNTED = 20_000  # accounts of a key that are counted at once, a few milliseconds' work; more wait their turn
MOST_LOOKS = 10_000  # accounts to look at again at once because keys turned out to be common

Shown = tuple[str, int]  # an account, a key that it shows


Ties = Mapping[int, Tie]  # which ties some keys are
_NO_TIES: Ties = {}


class Hit(NamedTuple):
    """A key that others show, too: `others` are they, or none when too many accounts show it to find anybody
    by it; `accounts` is how many accounts show it on the whole platform, 0 where that counts nothing: it is
    marked as shared, or common and not counted yet."""

    key: int
    others: list[str]
    accounts: int


def add(conn: Conn, shown: Iterable[Shown]) -> list[Shown]:
    """Keep which accounts show which keys; returns those that were not known yet."""
    rows = sorted({(key, account) for account, key in shown})
    if not rows:
        return []
    found = conn.execute(
        """
        INSERT INTO account_keys (key, account)
        SELECT key, account FROM jsonb_to_recordset(%s) AS row (key bigint, account text)
        ON CONFLICT DO NOTHING RETURNING account, key
        """,
        [as_records([{"key": key, "account": account} for key, account in rows])],
        prepare=True,
    )
    return found.fetchall()


def erase(conn: Conn, accounts: Iterable[str]) -> int:
    """Forget all keys of accounts; returns how many."""
    return conn.execute("DELETE FROM account_keys WHERE account = ANY(%s)", [sorted(set(accounts))]).rowcount


def of_account(conn: Conn, account: str, *, closed: bool = False) -> set[int]:
    """Every key of an account: those that it shows or, with `closed`, those kept of its closure."""
    table = "closure_keys" if closed else "account_keys"
    rows = conn.execute(f"SELECT key FROM {table} WHERE account = %s", [account])
    return {row[0] for row in rows}


def in_common(conn: Conn, closed: str, new: str) -> set[int]:
    """The keys that a closure and an account share, common ones too."""
    rows = conn.execute(
        """
        SELECT key FROM closure_keys WHERE account = %s
        INTERSECT SELECT key FROM account_keys WHERE account = %s
        """,
        [closed, new],
    )
    return {row[0] for row in rows}


# How many accounts show a key, where that need not be counted: 0 where it counts nothing.
_COUNTED = """
    CASE WHEN EXISTS (SELECT FROM shared_keys
                      WHERE shared_keys.key = given.key AND (until IS NULL OR until > now())) THEN 0
         ELSE (SELECT accounts FROM common_keys WHERE common_keys.key = given.key) END
"""


def struck(conn: Conn, shown: Iterable[Shown], most: int) -> set[str]:
    """Those accounts of which at least one of these keys is shown by a closure, and not by more than `most`
    closures, nor marked as shared or known to be common."""
    by_key: dict[int, list[str]] = {}
    for account, key in shown:
        by_key.setdefault(key, []).append(account)
    if not by_key:
        return set()
    rows = conn.execute(
        f"""
        WITH asked AS MATERIALIZED (
            SELECT key, {_COUNTED} AS counted
            FROM (SELECT asked::bigint AS key FROM jsonb_array_elements(%(keys)s) AS asked) AS given
        )
        SELECT key FROM asked, LATERAL (
            SELECT count(*) AS closures FROM (
                SELECT FROM closure_keys WHERE closure_keys.key = asked.key LIMIT %(most)s + 1) AS few
        ) AS found
        WHERE counted IS NULL AND closures BETWEEN 1 AND %(most)s
        """,
        {"keys": as_records(list(by_key)), "most": most},
        prepare=True,
    ).fetchall()
    return {account for (key,) in rows for account in by_key[key]}


def with_closures(conn: Conn, keys: Iterable[int], most: int, ties: Ties = _NO_TIES) -> list[Hit]:
    """Which of `keys` closures show, who they are, and how many accounts show each.

    A key that more than `most` accounts show comes without closures, and so does one marked as shared. One
    that is met so for the first time is counted up to COUNTED accounts, and noted: where more show it, it
    counts nothing until maintenance has counted it whole (`count_common`). Keys that are `ties` are counted
    where those are kept, too, and the larger number counts: keys are kept of young accounts only. A tie of
    more accounts than anybody counted counts nothing.
    """
    return _hits(conn, keys, most, ties, "closure_keys")


def with_accounts(conn: Conn, keys: Iterable[int], most: int, ties: Ties = _NO_TIES) -> list[Hit]:
    """The same for all accounts that the platform has told of."""
    return _hits(conn, keys, most, ties, "account_keys")


def _few(key: str, most: str) -> str:
    return f"(SELECT FROM account_keys WHERE account_keys.key = {key} LIMIT {most} + 1) AS few"


def _finding(table: str) -> str:
    """Who shows a key is only read where few do."""
    return f"""
        WITH asked AS MATERIALIZED (
            SELECT key, kind, value, {_COUNTED} AS counted
            FROM jsonb_to_recordset(%(keys)s) AS given (key bigint, kind text, value text)
        ), found AS MATERIALIZED (
            SELECT key, kind, value, counted IS NULL AS searched,
                coalesce(counted, (SELECT count(*) FROM {_few("asked.key", "%(most)s")})) AS accounts
            FROM asked WHERE counted IS NOT NULL OR EXISTS (SELECT FROM {table} WHERE {table}.key = asked.key)
        ), common AS MATERIALIZED (
            SELECT key, (SELECT CASE WHEN count(*) > {COUNTED} THEN 0 ELSE count(*) END
                         FROM {_few("found.key", str(COUNTED))}) AS accounts
            FROM found WHERE searched AND accounts > %(most)s AND kind IS NULL
        ), noted AS (
            INSERT INTO common_keys (key, accounts, counted_at)
            SELECT key, accounts, '-infinity' FROM common ORDER BY key ON CONFLICT DO NOTHING
        )
        SELECT key, CASE WHEN searched AND found.accounts <= %(most)s
            THEN ARRAY(SELECT account FROM {table} WHERE {table}.key = found.key LIMIT %(most)s)
            ELSE '{{}}' END, coalesce(common.accounts, found.accounts), kept, told
        FROM found LEFT JOIN common USING (key)
        LEFT JOIN LATERAL {tie_counts.COUNTS} AS tie ON kind IS NOT NULL AND found.accounts > 0
    """


_FINDING = {table: _finding(table) for table in ("closure_keys", "account_keys")}


def _hits(conn: Conn, keys: Iterable[int], most: int, ties: Ties, table: str) -> list[Hit]:
    asked = [{"key": key} | (ties[key]._asdict() if key in ties else {}) for key in set(keys)]
    rows = conn.execute(_FINDING[table], {"keys": as_records(asked), "most": most}, prepare=True)
    return [
        Hit(key, others, accounts)
        if kept is None
        else _tied(Hit(key, others, accounts), ties, most, (kept, told))
        for key, others, accounts, kept, told in rows.fetchall()
    ]


def _tied(hit: Hit, ties: Ties, most: int, counts: tuple[int, int | None]) -> Hit:
    """A hit by a key that is a tie, as common as that is."""
    accounts = tie_counts.accounts(ties[hit.key].kind, *counts)
    accounts = 0 if accounts is None else max(accounts, hit.accounts)
    return Hit(hit.key, hit.others if accounts <= most else [], accounts)


def count_common(conn: Conn, most: int, *, at_once: int = 100) -> int:
    """Count the keys that were noted and those counted more than a day ago, the longest ago first.

    Keys that no more than `most` accounts show any more are common no longer. Where a count is another than
    was thought, twice as many or half, accounts whose links rest on it are to be looked at again. Returns
    how many were counted.
    """
    rows = conn.execute(
        """
        WITH due AS (
            SELECT key, accounts AS before FROM common_keys WHERE counted_at < now() - interval '1 day'
            ORDER BY counted_at, key LIMIT %s FOR UPDATE SKIP LOCKED
        ), counted AS (
            SELECT due.key, before,
                (SELECT count(*) FROM account_keys WHERE account_keys.key = due.key) AS accounts
            FROM due
        )
        UPDATE common_keys SET accounts = counted.accounts, counted_at = now()
        FROM counted WHERE common_keys.key = counted.key
        RETURNING common_keys.key, common_keys.accounts, before
        """,
        [at_once],
    ).fetchall()
    fallen = [key for key, accounts, _ in rows if accounts <= most]
    conn.execute("DELETE FROM common_keys WHERE key = ANY(%s)", [fallen])
    changed = [key for key, now, before in rows if now >= 2 * before or 2 * now <= before]
    links_due.note_look(conn, _resting_on(conn, changed), datetime.now(UTC))
    return len(rows)


def _resting_on(conn: Conn, keys: Sequence[int]) -> list[str]:
    """Some accounts that share one of these keys with a closure that they are linked to."""
    rows = conn.execute(
        """
        WITH linked AS MATERIALIZED (
            SELECT key, found.account FROM closure_keys, LATERAL (
                SELECT account_b AS account FROM links WHERE account_a = closure_keys.account
                    AND closed = account_a AND model <> ''
                UNION ALL
                SELECT account_a FROM links WHERE account_b = closure_keys.account
                    AND closed = account_b AND model <> ''
            ) AS found
            WHERE closure_keys.key = ANY(%s)
        )
        SELECT DISTINCT account FROM linked
        -- A value, not a join: however many show a key, each of these accounts is looked up by itself.
        WHERE (SELECT true FROM account_keys
               WHERE account_keys.key = linked.key AND account_keys.account = linked.account)
        LIMIT %s
        """,
        [keys, MOST_LOOKS],
    )
    return [row[0] for row in rows]
