"""Links that linkage found between a closed and a newer account, each with its signal `return`."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from tenfold.evidence import Signal
from tenfold.store import links_due, locks, signals
from tenfold.store.accounts import as_records
from tenfold.store.database import Conn
from tenfold.store.link_decisions import Pair
from tenfold.store.signals import Link

Found = tuple[str, str]  # the closed account, the new one


def keep(conn: Conn, links: Sequence[Link], found: Sequence[Signal]) -> set[Pair]:
    """Keep links and their signals, each replacing the one of the same accounts; returns the pairs kept.

    A link that a person or the platform told stays as it is. Left out is what people decided to be different
    by now, and what has no closure any more. Nobody is waited for: an account whose pair somebody decides
    about, or whose closure is being erased at this moment, is looked at again.
    """
    if not links:
        return set()
    held, busy = locks.share_closures(conn, {link.closed for link in links if link.closed})
    kept = _write(conn, [link for link in links if link.closed in held], found)
    again = [{link.account_a, link.account_b} - {link.closed} for link in links if link.closed in busy]
    links_due.note_look(conn, {new for pair in again for new in pair if new}, datetime.now(UTC))
    return kept


def _write(conn: Conn, links: Sequence[Link], found: Sequence[Signal]) -> set[Pair]:
    """Links and their signals, but for pairs that are different; the caller shares their closures. What
    somebody decided before he let them go is seen here, because this is another statement."""
    rows = conn.execute(
        f"""
        WITH row AS MATERIALIZED ({signals.LINK_ROWS}), kept AS MATERIALIZED (
            SELECT account_a, account_b FROM row
            WHERE {signals.VERDICT.format(row="row")} IS DISTINCT FROM 'different'
        ), link AS ({signals.KEEP_LINKS}), signal AS ({signals.KEEP.format(which=_OF_KEPT)})
        SELECT account_a, account_b FROM kept
        """,
        {
            "links": signals.links_as_rows(links),
            "signals": signals.as_rows(found),
        },
        prepare=True,
    )
    return set(rows.fetchall())


_OF_KEPT = """
    WHERE (least(id COLLATE "C", key), greatest(id COLLATE "C", key))
        IN (SELECT account_a, account_b FROM kept)
    ORDER BY kind, id COLLATE "C", name, key
"""


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


def forget_closed(conn: Conn, closed: Sequence[str]) -> set[str]:
    """Remove what linkage found about these closed accounts; returns the accounts that were linked to them.

    Links that the platform told stay, and no longer say which account was closed."""
    ids = {"ids": list(closed)}
    rows = conn.execute(
        """
        WITH found AS (
            DELETE FROM links WHERE (account_a = ANY(%(ids)s) OR account_b = ANY(%(ids)s))
                AND closed = ANY(%(ids)s) AND model <> '' RETURNING account_a, account_b
        ), told AS (
            UPDATE links SET closed = CASE WHEN closed <> ALL(%(ids)s) THEN closed END
            WHERE (account_a = ANY(%(ids)s) OR account_b = ANY(%(ids)s)) AND model = ''
            RETURNING account_a, account_b
        ), said AS (
            DELETE FROM signals WHERE subject_kind = 'account' AND name = 'return' AND key = ANY(%(ids)s)
            RETURNING subject_id
        )
        SELECT account_a FROM found UNION SELECT account_b FROM found
        UNION SELECT account_a FROM told UNION SELECT account_b FROM told UNION SELECT subject_id FROM said
        """,
        ids,
    ).fetchall()
    return {row[0] for row in rows} - set(closed)


def forget_new(conn: Conn, accounts: Iterable[str]) -> None:
    """Remove what linkage found about these accounts as returns of closed ones, and no longer watch them."""
    ids = {"ids": sorted(set(accounts))}
    conn.execute(
        """
        WITH signal AS (
            DELETE FROM signals
            WHERE subject_kind = 'account' AND subject_id = ANY(%(ids)s) AND name = 'return'
        ), watched AS (DELETE FROM link_watch WHERE account = ANY(%(ids)s))
        DELETE FROM links WHERE (account_a = ANY(%(ids)s) OR account_b = ANY(%(ids)s))
            AND model <> '' AND closed <> ALL(%(ids)s)
        """,
        ids,
    )


def of_sweeps(conn: Conn) -> list[Found]:
    """The links that sweeps found and nothing since."""
    rows = conn.execute(
        """
        SELECT closed, CASE closed WHEN account_a THEN account_b ELSE account_a END FROM links
        WHERE starts_with(origin, 'sweep:') AND closed IS NOT NULL ORDER BY 1, 2
        """
    )
    return rows.fetchall()


def watch(conn: Conn, watched: Iterable[str], unwatched: Iterable[str]) -> None:
    """Look at some accounts again when they have written more, at others no longer."""
    watched, unwatched = sorted(set(watched)), sorted(set(unwatched))
    if not watched and not unwatched:
        return
    conn.execute(
        """
        WITH gone AS (DELETE FROM link_watch WHERE account = ANY(%s))
        INSERT INTO link_watch (account) SELECT unnest(%s::text[])
        ON CONFLICT (account) DO NOTHING
        """,
        [unwatched, watched],
        prepare=True,
    )


def watched(conn: Conn, accounts: Iterable[str]) -> set[str]:
    """Those of these accounts that are watched."""
    rows = conn.execute(
        "SELECT account FROM link_watch WHERE account = ANY(%s)", [list(accounts)], prepare=True
    )
    return {row[0] for row in rows}
