"""Locks on closures, by which decisions, erasure and linkage do not cross.

Whoever decides about a link or erases a closure locks its row before anything else, and may wait for it
holding nothing. Whoever writes links to it shares the row until he commits, and does not wait.
"""

from collections.abc import Iterable

from tenfold.store.database import Conn


def lock_closures(conn: Conn, accounts: Iterable[str]) -> None:
    """Hold the closures of these accounts alone, once all that write links to them have committed. Take it
    before any other lock."""
    conn.execute(
        "SELECT FROM closures WHERE account = ANY(%s) ORDER BY account FOR UPDATE", [sorted(set(accounts))]
    )


def share_closures(conn: Conn, accounts: Iterable[str], *, wait: bool = False) -> tuple[set[str], set[str]]:
    """Share the closures of these accounts, so that nobody erases them meanwhile; returns which of them have
    one, and those of which another holds it alone just now (none of them when this may `wait`)."""
    asked = sorted(set(accounts))
    if not asked:
        return set(), set()
    rows = conn.execute(
        "SELECT account FROM closures WHERE account = ANY(%s) ORDER BY account FOR KEY SHARE "
        + ("" if wait else "SKIP LOCKED"),
        [asked],
        prepare=True,
    )
    held = {row[0] for row in rows}
    if held.issuperset(asked):
        return held, set()
    there = conn.execute("SELECT account FROM closures WHERE account = ANY(%s)", [asked], prepare=True)
    return held, {row[0] for row in there} - held
