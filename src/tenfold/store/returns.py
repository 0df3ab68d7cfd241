"""Links that linkage found between a closed and a newer account, each with its signal `return`."""

from collections.abc import Iterable, Sequence

import msgspec
from psycopg.rows import class_row

from tenfold.evidence import Signal
from tenfold.store import signals
from tenfold.store.accounts import as_records
from tenfold.store.database import Conn
from tenfold.store.signals import Link

Found = tuple[str, str]  # the closed account, the new one


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A link as it was found last."""

    closed: str
    new: str
    bits: float
    probability: float
    level: str
    model: str


def of_new(conn: Conn, accounts: Iterable[str]) -> list[Known]:
    """The links that linkage found from these accounts to closed ones."""
    cursor = conn.cursor(row_factory=class_row(Known))
    cursor.execute(
        """
        WITH found AS (
            SELECT links.* FROM unnest(%(ids)s::text[]) AS asked (id) JOIN links ON account_a = asked.id
            WHERE closed = account_b AND model <> ''
            UNION ALL
            SELECT links.* FROM unnest(%(ids)s::text[]) AS asked (id) JOIN links ON account_b = asked.id
            WHERE closed = account_a AND model <> ''
        )
        SELECT closed, CASE closed WHEN account_a THEN account_b ELSE account_a END AS new,
            bits::float8 AS bits, probability::float8 AS probability, level, model
        FROM found
        """,
        {"ids": sorted(set(accounts))},
        prepare=True,
    )
    return cursor.fetchall()


def keep(conn: Conn, links: Sequence[Link], found: Sequence[Signal]) -> None:
    """Keep links and their signals, each replacing the one of the same accounts. A link that a person or the
    platform told stays as it is."""
    if links:
        told = _told(conn, links)
        signals.save_links(conn, [link for link in links if (link.account_a, link.account_b) not in told])
        signals.add(conn, found)


def _told(conn: Conn, links: Sequence[Link]) -> set[tuple[str, str]]:
    """Which of these pairs have a link that linkage did not find."""
    rows = conn.execute(
        """
        SELECT account_a, account_b FROM links
        JOIN jsonb_to_recordset(%s) AS row (a text, b text) ON account_a = row.a AND account_b = row.b
        WHERE model = ''
        """,
        [as_records([{"a": link.account_a, "b": link.account_b} for link in links])],
        prepare=True,
    )
    return set(rows.fetchall())


def withdraw(conn: Conn, pairs: Iterable[Found]) -> None:
    """Remove links that linkage found, and their signals."""
    rows = [{"closed": closed, "new": new} for closed, new in sorted(set(pairs))]
    if not rows:
        return
    conn.execute(
        """
        DELETE FROM links USING jsonb_to_recordset(%s) AS row (closed text, new text)
        WHERE account_a = least(row.closed COLLATE "C", row.new COLLATE "C")
          AND account_b = greatest(row.closed COLLATE "C", row.new COLLATE "C") AND model <> ''
        """,
        [as_records(rows)],
    )
    forget_signals(conn, rows)


def forget_signals(conn: Conn, rows: Sequence[dict[str, str]]) -> None:
    """Remove the signals `return` of pairs, each a dict of `closed` and `new`."""
    conn.execute(
        """
        DELETE FROM signals USING jsonb_to_recordset(%s) AS row (closed text, new text)
        WHERE subject_kind = 'account' AND subject_id = row.new AND name = 'return' AND key = row.closed
        """,
        [as_records(rows)],
    )


def watch(conn: Conn, watched: Iterable[str], unwatched: Iterable[str]) -> None:
    """Look at some accounts again when they have written more, at others no longer."""
    conn.execute(
        """
        WITH gone AS (DELETE FROM link_watch WHERE account = ANY(%s))
        INSERT INTO link_watch (account) SELECT unnest(%s::text[])
        ON CONFLICT (account) DO NOTHING
        """,
        [sorted(set(unwatched)), sorted(set(watched))],
        prepare=True,
    )


def watched(conn: Conn, accounts: Iterable[str]) -> set[str]:
    """Those of these accounts that are watched."""
    rows = conn.execute(
        "SELECT account FROM link_watch WHERE account = ANY(%s)", [list(accounts)], prepare=True
    )
    return {row[0] for row in rows}
