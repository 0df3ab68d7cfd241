"""Taking up accounts that were there before linkage was: their keys, and closures for those that are closed.

An account that has keys is done, so an interrupted run goes on where it was.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from tenfold.linkage import gather
from tenfold.linkage.keys import keys_of
from tenfold.store import link_keys, links_due
from tenfold.store.database import Conn

AT_ONCE = 200  # accounts

_TO_DO = (
    "NOT EXISTS (SELECT FROM account_keys WHERE account_keys.account = accounts.id) AND state <> 'deleted'"
)


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """How many accounts were taken up so far, and how many of them are closed."""

    accounts: int = 0
    closed: int = 0


def waiting(conn: Conn) -> int:
    """How many accounts are to be taken up."""
    row = conn.execute(f"SELECT count(*) FROM accounts WHERE {_TO_DO}").fetchone()
    assert row is not None
    return int(row[0])


def run(conn: Conn) -> Iterator[Done]:
    """Take up some accounts at a time, in the order of their ids; commit after each."""
    done, last = Done(), ""
    while True:
        rows = conn.execute(
            f"""
            SELECT id, state, updated_at FROM accounts WHERE id > %s AND {_TO_DO}
            ORDER BY id LIMIT {AT_ONCE}
            """,
            [last],
        ).fetchall()
        if not rows:
            return
        found = gather.fingerprints(conn, [row[0] for row in rows])
        shown = {id_: keys_of(one, all_company=True) for id_, one in found.items()}
        link_keys.add(conn, ((id_, key) for id_, keys in shown.items() for key in keys.tolist()))
        closed = [(id_, updated_at) for id_, state, updated_at in rows if state == "closed"]
        for id_, updated_at in closed:
            links_due.note(conn, [id_], min(updated_at, datetime.now(UTC)))
        last = rows[-1][0]
        done = Done(accounts=done.accounts + len(rows), closed=done.closed + len(closed))
        yield done
