"""Keys of accounts in the store: who shows which, how many do, who has one in common with the closed.

A lookup of one key reads at most a fixed number of entries of an index, however many accounts show it.
"""

from collections.abc import Iterable

from tenfold.store.accounts import as_records
from tenfold.store.database import Conn

Shown = tuple[str, int]  # an account, a key that it shows


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
