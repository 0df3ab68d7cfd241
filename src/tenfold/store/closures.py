"""Closures: the pseudonymous fingerprints of closed accounts, their keys, and what is due with them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from psycopg.rows import class_row

from tenfold.fingerprint import Fingerprint
from tenfold.store import link_decisions, links_due, locks, returns
from tenfold.store.accounts import as_records
from tenfold.store.database import Conn


class Closure(msgspec.Struct, frozen=True, kw_only=True):
    """A closed account as it is kept.

    `origin` is decision:ID, rule:NAME@VERSION, platform or import:NAME; `ground` as decided, or the
    platform's reason; `keys` are those of the fingerprint (linkage.keys).
    """

    account: str
    created_at: datetime | None
    closed_at: datetime
    origin: str
    ground: str
    fingerprint: Fingerprint
    kept_at: datetime | None = None
    expires_at: datetime | None = None
    keys: Sequence[int] = ()


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A closure in a list: without its fingerprint."""

    account: str
    created_at: datetime | None
    closed_at: datetime
    origin: str
    ground: str
    kept_at: datetime
    expires_at: datetime | None


def keep(conn: Conn, closures: Iterable[Closure]) -> list[Closure]:
    """Keep closures with their keys, each replacing the one of the same account.

    Left out are those of accounts whose closure was erased after that closing. Returns those kept.
    """
    rows = sorted(closures, key=lambda closure: closure.account)
    erased: dict[str, datetime] = dict(
        conn.execute(
            "SELECT account, erased_at FROM closures_erased WHERE account = ANY(%s)",
            [[closure.account for closure in rows]],
        ).fetchall()
    )
    rows = [row for row in rows if row.account not in erased or row.closed_at >= erased[row.account]]
    conn.execute("DELETE FROM closures_erased WHERE account = ANY(%s)", [[row.account for row in rows]])
    conn.execute(
        """
        INSERT INTO closures (account, created_at, closed_at, origin, ground, fingerprint, keys, expires_at)
        SELECT account, created_at, closed_at, origin, ground, fingerprint, keys, expires_at
        FROM jsonb_to_recordset(%s) AS row (account text, created_at timestamptz, closed_at timestamptz,
            origin text, ground text, fingerprint json, keys bigint[], expires_at timestamptz)
        ORDER BY account
        ON CONFLICT (account) DO UPDATE SET created_at = excluded.created_at,
            closed_at = excluded.closed_at, origin = excluded.origin, ground = excluded.ground,
            fingerprint = excluded.fingerprint, keys = excluded.keys,
            expires_at = excluded.expires_at, kept_at = now()
        """,
        [as_records([_row(closure) for closure in rows])],
    )
    conn.execute(
        """
        DELETE FROM closure_keys USING jsonb_to_recordset(%(rows)s) AS row (account text, keys bigint[])
        WHERE closure_keys.account = row.account AND closure_keys.key <> ALL(row.keys)
        """,
        {"rows": as_records([{"account": row.account, "keys": list(row.keys)} for row in rows])},
    )
    conn.execute(
        """
        INSERT INTO closure_keys (key, account)
        SELECT key, account FROM jsonb_to_recordset(%(rows)s) AS row (account text, keys bigint[]),
            unnest(keys) AS key
        ORDER BY 1, 2
        ON CONFLICT DO NOTHING
        """,
        {"rows": as_records([{"account": row.account, "keys": list(row.keys)} for row in rows])},
    )
    return rows


def _row(closure: Closure) -> dict[str, Any]:
    return {
        "account": closure.account,
        "created_at": closure.created_at,
        "closed_at": closure.closed_at,
        "origin": closure.origin,
        "ground": closure.ground,
        "fingerprint": closure.fingerprint,
        "keys": list(closure.keys),
        "expires_at": closure.expires_at,
    }


def erase(conn: Conn, accounts: Iterable[str], at: Mapping[str, datetime] | None = None) -> list[str]:
    """Erase closures for good: fingerprints, keys, the links that linkage found to them and the signals of
    those, and the public values in what people decided about them.

    The decisions stay, and so do links that the platform told. Only a closing later than the erasure makes
    another closure; `at` says when that was, where it was not now. Accounts that were linked are looked at
    again. Returns the accounts that had a closure.
    """
    gone = _erase(conn, accounts)
    now = datetime.now(UTC)
    rows = [{"account": id_, "at": at[id_] if at else now} for id_ in gone]
    conn.execute(
        """
        INSERT INTO closures_erased (account, erased_at)
        SELECT account, at FROM jsonb_to_recordset(%s) AS row (account text, at timestamptz)
        ON CONFLICT (account) DO UPDATE SET erased_at = excluded.erased_at
        """,
        [as_records(rows)],
    )
    return gone


def _erase(conn: Conn, accounts: Iterable[str]) -> list[str]:
    ids = sorted(set(accounts))
    locks.lock_closures(conn, ids)
    rows = conn.execute("DELETE FROM closures WHERE account = ANY(%s) RETURNING account", [ids]).fetchall()
    gone = sorted(row[0] for row in rows)
    conn.execute("DELETE FROM closure_keys WHERE account = ANY(%s)", [ids])
    conn.execute(
        """
        DELETE FROM account_keys WHERE account = ANY(%s) AND NOT EXISTS (
            SELECT FROM accounts WHERE accounts.id = account_keys.account AND accounts.state <> 'deleted')
        """,
        [gone],
    )
    linked = returns.forget_closed(conn, ids)
    link_decisions.strip(conn, gone)
    links_due.note_look(conn, linked, datetime.now(UTC))
    return gone


_WHOLE = "account, created_at, closed_at, origin, ground, kept_at, expires_at, fingerprint::text, keys"


def load(conn: Conn, accounts: Iterable[str]) -> dict[str, Closure]:
    """Closures by account; accounts that have none are left out."""
    rows = conn.execute(
        f"SELECT {_WHOLE} FROM closures WHERE account = ANY(%s)", [list(accounts)], prepare=True
    )
    return {row[0]: _closure(row) for row in rows.fetchall()}


_fingerprint = msgspec.json.Decoder(Fingerprint)


def _closure(row: Sequence[Any]) -> Closure:
    return Closure(
        account=row[0],
        created_at=row[1],
        closed_at=row[2],
        origin=row[3],
        ground=row[4],
        kept_at=row[5],
        expires_at=row[6],
        fingerprint=_fingerprint.decode(row[7]),
        keys=row[8],
    )


def page(
    conn: Conn, *, before: tuple[datetime, str] | None = None, origin: str | None = None, limit: int
) -> list[Listed]:
    """Closures, the latest first; `before` is closed_at and account of the last one of the page before,
    `origin` begins those wanted ("import:" for all imported)."""
    cursor = conn.cursor(row_factory=class_row(Listed))
    cursor.execute(
        """
        SELECT account, created_at, closed_at, origin, ground, kept_at, expires_at FROM closures
        WHERE (%(at)s::timestamptz IS NULL OR (closed_at, account) < (%(at)s, %(account)s))
          AND (%(origin)s::text IS NULL OR starts_with(origin, %(origin)s))
        ORDER BY closed_at DESC, account DESC LIMIT %(limit)s
        """,
        {
            "at": before and before[0],
            "account": before and before[1],
            "origin": origin,
            "limit": limit,
        },
    )
    return cursor.fetchall()


def closed_at(conn: Conn, accounts: Iterable[str]) -> dict[str, datetime]:
    """When each of these accounts was closed that has a closure."""
    rows = conn.execute(
        "SELECT account, closed_at FROM closures WHERE account = ANY(%s)", [list(accounts)], prepare=True
    )
    return dict(rows.fetchall())


def count(conn: Conn) -> int:
    """How many closures are kept."""
    row = conn.execute("SELECT count(*) FROM closures").fetchone()
    assert row is not None
    return int(row[0])


_NOT_HELD = """NOT EXISTS (SELECT FROM legal_holds WHERE subject_kind = 'account'
    AND subject_id = closures.account AND lifted_at IS NULL)"""
_EXPIRED = "expires_at <= %(now)s"
_OLD = "%(days)s > 0 AND closed_at < %(now)s - make_interval(days => %(days)s)"


def expire(conn: Conn, now: datetime, *, days: int, at_most: int = 1_000) -> list[str]:
    """Erase closures that have expired, or were closed more than `days` ago (0: none for that reason).

    Those of accounts under legal hold stay until it is lifted. Returns which went; when they are
    `at_most`, there may be more.
    """
    rows = conn.execute(
        f"""
        (SELECT account FROM closures WHERE {_EXPIRED} AND {_NOT_HELD} LIMIT %(most)s)
        UNION
        (SELECT account FROM closures WHERE {_OLD} AND {_NOT_HELD} LIMIT %(most)s)
        """,
        {"now": now, "days": days, "most": at_most},
    )
    return _erase(conn, [row[0] for row in rows])


def due(conn: Conn, now: datetime, *, days: int) -> int:
    """How many `expire` would erase, were there no limit."""
    row = conn.execute(
        f"SELECT count(*) FROM closures WHERE ({_EXPIRED} OR {_OLD}) AND {_NOT_HELD}",
        {"now": now, "days": days},
    ).fetchone()
    return int(row[0]) if row else 0
