"""Whom an account is tied to, and whether it was closed: for its card on a case."""

from datetime import datetime
from typing import Final

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn
from tenfold.store.signals import VERDICT

SHOWN: Final = 5  # links, the most probable first


class Tie(msgspec.Struct, frozen=True, kw_only=True):
    """A link to another account. `verdict`: what people said of it, None if nobody did. `closed` and `new`:
    the two accounts as the page about the link names them."""

    other: str
    level: str
    probability: float
    verdict: str | None
    closed: str
    new: str
    other_state: str | None


class Ties(msgspec.Struct, frozen=True, kw_only=True):
    """Links (at most SHOWN) and how many there are; when the account was last closed, on what ground."""

    links: list[Tie]
    count: int
    closed_at: datetime | None
    ground: str | None


def of_account(conn: Conn, account: str) -> Ties:
    """What an account is tied to."""
    cursor = conn.cursor(row_factory=class_row(Tie))
    cursor.execute(
        f"""
        WITH found AS (
            SELECT account_a, account_b, account_b AS other, level, probability, closed FROM links
            WHERE account_a = %(id)s
            UNION ALL
            SELECT account_a, account_b, account_a, level, probability, closed FROM links
            WHERE account_b = %(id)s)
        SELECT other, level, probability::float8 AS probability, {VERDICT.format(row="found")} AS verdict,
            COALESCE(closed, other) AS closed,
            CASE WHEN COALESCE(closed, other) = other THEN %(id)s ELSE other END AS new,
            (SELECT state FROM accounts WHERE accounts.id = other) AS other_state
        FROM found ORDER BY probability DESC, other LIMIT %(shown)s
        """,
        {"id": account, "shown": SHOWN},
    )
    links = cursor.fetchall()
    row = conn.execute(
        """
        SELECT (SELECT count(*) FROM links WHERE account_a = %(id)s OR account_b = %(id)s),
            (SELECT closed_at FROM closures WHERE account = %(id)s),
            (SELECT ground FROM closures WHERE account = %(id)s)
        """,
        {"id": account},
    ).fetchone()
    assert row is not None
    return Ties(links=links, count=row[0], closed_at=row[1], ground=row[2])
