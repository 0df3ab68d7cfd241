"""What is read to tell how good links are: links that linkage found, and of which accounts it might have."""

from collections.abc import Sequence

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn


class FoundLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link that a model found. `seconds`: from the arrival of the new account's first event until the two
    were first linked; None where that event is no longer kept."""

    closed: str
    new: str
    probability: float
    level: str
    seconds: float | None


def links(conn: Conn) -> list[FoundLink]:
    """Every link that linkage found."""
    cursor = conn.cursor(row_factory=class_row(FoundLink))
    cursor.execute(
        """
        SELECT links.closed, accounts.id AS new, probability::float8 AS probability, level,
            extract(epoch FROM first_at - (SELECT min(received_at) FROM events WHERE seq = first_seq))::float8
                AS seconds
        FROM links JOIN accounts
            ON accounts.id = CASE links.closed WHEN account_a THEN account_b ELSE account_a END
        WHERE model <> '' AND links.closed IS NOT NULL
        ORDER BY links.closed, accounts.id
        """
    )
    return cursor.fetchall()


def names(conn: Conn, accounts: Sequence[str]) -> dict[str, str]:
    """What accounts are called: the display name, else the handle, else nothing."""
    rows = conn.execute(
        """
        SELECT id, coalesce(nullif(display_name, ''), handle, '') FROM accounts
        WHERE id = ANY(%s)
        """,
        [sorted(set(accounts))],
    )
    return dict(rows.fetchall())


def sharing(conn: Conn, accounts: Sequence[str], kind: int, kind_bits: int) -> set[str]:
    """Those of these accounts of which some key of a kind (keys.KeyKind) is another account's, too."""
    rows = conn.execute(
        """
        SELECT DISTINCT mine.account FROM account_keys AS mine
        WHERE mine.account = ANY(%(ids)s) AND mine.key & %(mask)s = %(kind)s AND EXISTS (
            SELECT FROM account_keys AS other WHERE other.key = mine.key AND other.account <> mine.account)
        """,
        {"ids": sorted(set(accounts)), "mask": (1 << kind_bits) - 1, "kind": kind},
    )
    return {row[0] for row in rows}
