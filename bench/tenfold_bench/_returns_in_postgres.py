"""A simulated population in PostgreSQL as the pipeline leaves it: keys of all, closures, newcomers."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow.parquet as pq

from tenfold.fingerprint import Fingerprint
from tenfold.linkage import style, usual
from tenfold.linkage.history import History
from tenfold.linkage.keys import MAX_ACCOUNTS, KeyKind, key_of
from tenfold.simulation.returns import Returns
from tenfold.store import link_keys, style_background
from tenfold.store.accounts import as_records
from tenfold.store.database import Conn
from tenfold.store.style_background import Kept

PIECE = 1 << 20
HANDS = 2_000  # closures whose texts are read for the others', too: 3 ms each


def fill(conn: Conn, folder: Path) -> str:
    """Copy accounts, keys and closures; returns how much there is of each, in words."""
    history = History(folder)
    conn.execute("SET synchronous_commit = off")
    conn.execute("SET maintenance_work_mem = '1GB'")
    files = {name: [str(file) for file in history.files(name)] for name in ("identities", "keys")}
    made = duckdb.connect()
    for name, paths in files.items():
        made.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({paths})")
    _copy(
        conn, made, folder, "accounts (id, created_at, first_seq, updated_at, handle, display_name)", ACCOUNTS
    )
    with conn.transaction():
        for table in ("account_keys", "closure_keys"):
            conn.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey")
            conn.execute(f"DROP INDEX {table}_account")
    _copy(conn, made, folder, "account_keys (key, account)", KEYS.format(which="true"))
    _copy(conn, made, folder, "closure_keys (key, account)", KEYS.format(which="closed_us IS NOT NULL"))
    for table in ("account_keys", "closure_keys"):
        conn.execute(f"ALTER TABLE {table} ADD PRIMARY KEY (key, account)")
        conn.execute(f"CREATE INDEX {table}_account ON {table} (account)")
    _closures(conn, history)
    conn.execute("VACUUM ANALYZE")
    counts = {
        table: conn.execute(f"SELECT count(*) FROM {table}").fetchone()
        for table in ("accounts", "account_keys", "closures", "closure_keys")
    }
    (size,) = conn.execute("SELECT pg_total_relation_size('account_keys')").fetchone() or (0,)
    return (
        ", ".join(f"{table} {count[0]:,}" for table, count in counts.items() if count)
        + f"; account_keys with its indexes {size / 1e9:.2f} GB"
    )


ACCOUNTS = """
SELECT account, make_timestamp(created_us), number, make_timestamp(created_us), handles[1], names[1]
FROM identities
"""
KEYS = """
SELECT key, identities.account FROM keys JOIN identities ON identities.number = keys.account
WHERE {which} ORDER BY 1, 2
"""


def _copy(conn: Conn, made: duckdb.DuckDBPyConnection, folder: Path, table: str, query: str) -> None:
    """From DuckDB to PostgreSQL through a file of CSV."""
    file = folder / "copy.csv"
    made.execute(f"COPY ({query}) TO '{file}' (FORMAT csv, HEADER false)")
    with file.open("rb") as rows, conn.cursor().copy(f"COPY {table} FROM STDIN (FORMAT csv)") as copy:
        while piece := rows.read(PIECE):
            copy.write(piece)
    file.unlink()


def _closures(conn: Conn, history: History) -> None:
    """Each with what comparing needs; its keys stand beside it."""
    conn.execute(
        "CREATE TEMP TABLE key_lists AS SELECT account, array_agg(key) AS keys FROM closure_keys GROUP BY 1"
    )
    conn.execute("CREATE UNIQUE INDEX ON key_lists (account)")
    statement = """
        INSERT INTO closures (account, created_at, closed_at, origin, fingerprint, keys)
        SELECT account, created_at, closed_at, 'platform', fingerprint, key_lists.keys
        FROM jsonb_to_recordset(%s) AS row (account text, created_at timestamptz, closed_at timestamptz,
            fingerprint json) JOIN key_lists USING (account)
    """
    for file in history.files("identities"):
        rows = pq.read_table(file).to_pylist()
        closed = [row for row in rows if row["closed_us"] is not None]
        conn.execute(statement, [as_records([_closure(row) for row in closed])])


def _closure(row: dict[str, Any]) -> dict[str, Any]:
    known = {name: row[name] for name in Fingerprint.__struct_fields__ if name in row}
    fingerprint = msgspec.convert(known, Fingerprint, strict=False)
    return {
        "account": fingerprint.account,
        "created_at": _time(fingerprint.created_us),
        "closed_at": _time(fingerprint.closed_us),
        "fingerprint": fingerprint,
    }


def newcomers(conn: Conn, returns: Returns, asked: int, posts: int) -> list[str]:
    """Put some accounts, half of them returns, into the tables with all that they did in their first posts;
    returns their ids. They come from everywhere.
    """
    chosen: list[str] = []
    ordinary = 0
    step = max(1, len(returns) // (8 * asked))
    for number in range(len(returns) - 1, 0, -step):
        truth = returns.truth(number)
        if not truth.predecessors and ordinary >= asked // 2:
            continue
        ordinary += not truth.predecessors
        chosen.append(truth.account)
        _put(conn, returns.fingerprint(number, posts), returns.texts(number, posts))
        if len(chosen) == asked:
            break
    conn.execute("ANALYZE")
    return chosen


def write_styles(conn: Conn, returns: Returns, newcomers: list[str]) -> None:
    """Give closures their ways of writing, and the platform what is usual in it. Those that newcomers may be
    the returns of get their own, the others those of HANDS among them: as much to read and to compare."""
    before = {name for one in newcomers for name in returns.truth(int(one[1:])).predecessors}
    accounts = [row[0] for row in conn.execute("SELECT account FROM closures ORDER BY account")]
    others = [account for account in accounts if account not in before]
    hands = others[:: max(1, len(others) // HANDS)]
    chosen = [account for account in accounts if account in before] + hands
    made: dict[str, tuple[bytes, int]] = {}
    for start in range(0, len(chosen), 200):
        some = chosen[start : start + 200]
        sketches = style.sketches([returns.texts(int(account[1:]), None) for account in some])
        made |= zip(some, sketches, strict=True)
    rows = []
    for number, account in enumerate(accounts):
        sketch, chars = made.get(account) or made[hands[number % len(hands)]]
        rows.append({"account": account, "style": sketch, "style_chars": chars})
    for start in range(0, len(rows), 5_000):
        conn.execute(
            """
            UPDATE closures SET fingerprint = (fingerprint::jsonb || (to_jsonb(row) - 'account'))::json
            FROM jsonb_to_recordset(%s) AS row (account text, style text, style_chars bigint)
            WHERE closures.account = row.account
            """,
            [as_records(rows[start : start + 5_000])],
        )
    background = usual.of_sketches([made[one][0] for one in hands if made[one][1] >= style.LEAST_CHARS])
    if background:
        style_background.keep(conn, Kept(usual.to_bytes(background), len(hands), datetime.now(UTC)))
    conn.execute("VACUUM (FULL, ANALYZE) closures")


def share_address(conn: Conn, newcomers: Sequence[str], accounts: int) -> None:
    """One address that so many accounts show, a tenth of them closed, and these newcomers, too."""
    token = "address:of-everybody"
    key = key_of(KeyKind.ADDRESS, token)
    conn.execute(
        "INSERT INTO account_keys SELECT %(key)s, 'shared' || n FROM generate_series(1, %(all)s) AS n",
        {"key": key, "all": accounts},
    )
    conn.execute(
        "INSERT INTO closure_keys SELECT %(key)s, 'shared' || n FROM generate_series(1, %(all)s, 10) AS n",
        {"key": key, "all": accounts},
    )
    conn.execute(
        """
        INSERT INTO account_tokens (kind, token, account, first_seen, last_seen)
        SELECT 'address', %s, unnest(%s::text[]), now(), now()
        """,
        [token, list(newcomers)],
    )
    link_keys.with_closures(conn, [key], MAX_ACCOUNTS)  # notes it as common
    link_keys.count_common(conn, MAX_ACCOUNTS)  # as maintenance does
    conn.execute("VACUUM ANALYZE account_keys, closure_keys, account_tokens")


def _put(conn: Conn, shown: Fingerprint, texts: list[str]) -> None:
    """One account into the tables that `gather` reads."""
    at = _time(shown.created_us)
    profiles = max(map(len, (shown.handles, shown.names, shown.bios, shown.avatars, shown.banners)))
    for place in reversed(range(profiles)):
        values = [
            some[place] if place < len(some) else None
            for some in (shown.handles, shown.names, shown.bios, shown.avatars, shown.banners)
        ]
        conn.execute(
            "INSERT INTO account_profiles (account, seq, at, handle, display_name, bio, avatar, banner)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [shown.account, profiles - place, at, *values],
        )
    many: dict[str, list[tuple[Any, ...]]] = {
        "account_tokens (kind, token, account, first_seen, last_seen)": [
            (kind, token, shown.account, at, at) for kind, token in shown.tokens
        ],
        "memberships (group_id, account, role, joined_at)": [
            (group, shown.account, "member", at) for group in shown.groups
        ],
        "follows (follower, target, created_at)": [
            *((shown.account, target, at) for target in shown.follows),
            *((follower, shown.account, at) for follower in shown.followed_by),
        ],
        "mentions (target, account, at)": [(shown.account, by, at) for by in shown.mentioned_by],
        "posts (id, account, created_at, text, links, mentions, seq)": [
            (
                *(f"{shown.account}-{place}", shown.account, at, text),
                *((list(shown.urls), list(shown.mentions)) if place == 0 else ([], [])),
                0,
            )
            for place, text in enumerate(texts)
        ],
    }
    with conn.cursor() as cursor:
        for table, rows in many.items():
            if rows:
                places = ", ".join(["%s"] * len(rows[0]))
                cursor.executemany(f"INSERT INTO {table} VALUES ({places}) ON CONFLICT DO NOTHING", rows)


def _time(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else datetime.fromtimestamp(microseconds / 1e6, UTC)
