"""Links that linkage found between a closed and a newer account, each with its signal `return`."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from tenfold.evidence import Signal
from tenfold.store import link_decisions, links_due, locks, signals
from tenfold.store.accounts import as_records
from tenfold.store.database import Conn
from tenfold.store.link_decisions import Pair, ordered
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
    origin: str


def of_new(conn: Conn, accounts: Iterable[str]) -> list[Known]:
    """The links that linkage found from these accounts to closed ones, those that were told since, too."""
    rows = conn.execute(
        """
        SELECT found.* FROM jsonb_array_elements_text(%(ids)s) AS asked (id), LATERAL (
            SELECT closed, account_a, bits::float8, probability::float8, level, model, origin FROM links
            WHERE account_a = asked.id AND closed = account_b
            UNION ALL
            SELECT closed, account_b, bits::float8, probability::float8, level, model, origin FROM links
            WHERE account_b = asked.id AND closed = account_a
        ) AS found
        """,
        {"ids": as_records(sorted(set(accounts)))},
        prepare=True,
    ).fetchall()
    return [Known(**dict(zip(Known.__struct_fields__, row, strict=True))) for row in rows]


def keep(conn: Conn, links: Sequence[Link], found: Sequence[Signal]) -> set[Pair]:
    """Keep links and their signals, each replacing the one of the same accounts; returns the pairs kept.

    A link that a person or the platform told stays as it is. Left out is what people decided to be different
    by now, and what has no closure any more. Nobody is waited for: an account whose pair somebody decides
    about, or whose closure is being erased at this moment, is looked at again.
    """
    if not links:
        return set()
    held, busy = locks.share_closures(conn, {link.closed for link in links if link.closed})
    free = [link for link in links if link.closed in held]
    apart = link_decisions.different(conn, [(link.account_a, link.account_b) for link in free])
    kept = {(link.account_a, link.account_b) for link in free} - apart
    signals.write_links(conn, [link for link in free if (link.account_a, link.account_b) in kept])
    signals.add(conn, [one for one in found if ordered(one.subject.id, one.key) in kept])
    again = [{link.account_a, link.account_b} - {link.closed} for link in links if link.closed in busy]
    links_due.note_look(conn, {new for pair in again for new in pair if new}, datetime.now(UTC))
    return kept


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
