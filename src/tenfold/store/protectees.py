"""Protectees as the store keeps them: people, teams, offices, places and events that are watched over.

Street addresses come as keyed tokens and stay such; nothing here gives back more than their number.
"""

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, get_args

import msgspec
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from tenfold.store.database import Conn

Kind = Literal["person", "team", "office", "place", "event"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# What member_of may name: people work in teams, teams in offices.
GATHERING: frozenset[Kind] = frozenset({"team", "office"})
MAX_DEPTH = 4  # of memberships above a protectee
STREAM_ROWS = 2_000


class ProtecteeError(ValueError):
    """A change to protectees that cannot be made; says why and what would do."""


class UnknownProtecteeError(ProtecteeError):
    """There is no protectee with this id."""


class Protectee(msgspec.Struct, frozen=True, kw_only=True):
    """One protectee. `key` is the operator's own id; `addresses` is how many are kept, as keyed hashes only.

    `active` false: ended, matches nothing. `starts_at` and `ends_at` bound when it is watched for.
    """

    id: int
    key: str
    kind: Kind
    name: str
    names: list[str]
    handles: list[str]
    accounts: list[str]
    domains: list[str]
    cities: list[str]
    member_of: int | None
    contact: str
    note: str
    starts_at: datetime | None
    ends_at: datetime | None
    active: bool
    created_at: datetime
    created_by: str
    updated_at: datetime
    addresses: int


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What matching needs of an active protectee; `tokens` are those of its addresses."""

    id: int
    kind: Kind
    name: str
    names: list[str]
    handles: list[str]
    accounts: list[str]
    domains: list[str]
    cities: list[str]
    member_of: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    tokens: list[bytes]


# Columns that are written as they come; what is not given stays as it is.
FIELDS = (
    "key",
    "kind",
    "name",
    "names",
    "handles",
    "accounts",
    "domains",
    "cities",
    "member_of",
    "contact",
    "note",
    "starts_at",
    "ends_at",
    "active",
)
_LISTS = frozenset({"names", "handles", "accounts", "domains", "cities"})
_COLUMNS = """
    id, key, kind, name, names, handles, accounts, domains, cities, member_of, contact, note, starts_at,
    ends_at, active, created_at, created_by, updated_at,
    (SELECT count(DISTINCT number) FROM protectee_addresses WHERE protectee = protectees.id)::int AS addresses
"""
_TYPES = (
    "key text, kind text, name text, names jsonb, handles jsonb, accounts jsonb, domains jsonb, cities jsonb,"
    " member_of bigint, contact text, note text, starts_at timestamptz, ends_at timestamptz, active boolean"
)


def revision(conn: Conn) -> int:
    """A number that is another one after any change."""
    row = conn.execute("SELECT revision FROM protectee_revision").fetchone()
    assert row is not None
    return int(row[0])


def get(conn: Conn, id_: int) -> Protectee:
    """One protectee, an ended one too; raises UnknownProtecteeError."""
    found = many(conn, [id_]).get(id_)
    if found is None:
        raise UnknownProtecteeError(
            f"there is no protectee {id_}; `tenfold protectees list` shows which there are"
        )
    return found


def many(conn: Conn, ids: Collection[int]) -> dict[int, Protectee]:
    """Protectees by id; unknown ids are left out."""
    known = [id_ for id_ in ids if 0 < id_ < 2**63]
    with conn.cursor(row_factory=class_row(Protectee)) as cursor:
        found = cursor.execute(f"SELECT {_COLUMNS} FROM protectees WHERE id = ANY(%s)", [known]).fetchall()
    return {one.id: one for one in found}


def by_key(conn: Conn, keys: Collection[str]) -> dict[str, Protectee]:
    """Protectees by the operator's own ids; unknown ones are left out."""
    with conn.cursor(row_factory=class_row(Protectee)) as cursor:
        found = cursor.execute(f"SELECT {_COLUMNS} FROM protectees WHERE key = ANY(%s)", [list(keys)])
        return {one.key: one for one in found}


def page(
    conn: Conn,
    *,
    after: int = 0,
    limit: int = 100,
    search: str = "",
    kind: Kind | None = None,
    ended: bool = False,
) -> list[Protectee]:
    """Protectees by id, those after the id `after`; ended ones only on demand.

    `search` is looked for in names, handles, accounts, domains, cities and the key, whatever the case.
    """
    with conn.cursor(row_factory=class_row(Protectee)) as cursor:
        return cursor.execute(
            f"""
            SELECT {_COLUMNS} FROM protectees
            WHERE id > %(after)s AND (active OR %(ended)s) AND (%(kind)s::text IS NULL OR kind = %(kind)s)
              AND (%(search)s = '' OR strpos(lower(concat_ws(chr(10), key, name, names::text, handles::text,
                   accounts::text, domains::text, cities::text)), lower(%(search)s)) > 0)
            ORDER BY id LIMIT %(limit)s
            """,
            {"after": after, "limit": limit, "search": search, "kind": kind, "ended": ended},
        ).fetchall()


def stream(conn: Conn) -> Iterator[Protectee]:
    """All protectees by id, ended ones too, some thousands in memory at a time."""
    with conn.cursor(name="protectees", row_factory=class_row(Protectee)) as cursor:
        cursor.itersize = STREAM_ROWS
        cursor.execute(f"SELECT {_COLUMNS} FROM protectees ORDER BY id")
        yield from cursor


def watched(conn: Conn) -> list[Watched]:
    """Every active protectee, by id, those whose time has not come too."""
    with conn.cursor(row_factory=class_row(Watched)) as cursor:
        return cursor.execute(
            """
            SELECT id, kind, name, names, handles, accounts, domains, cities, member_of, starts_at, ends_at,
                   ARRAY(SELECT token FROM protectee_addresses WHERE protectee = p.id) AS tokens
            FROM protectees p WHERE active ORDER BY id
            """
        ).fetchall()


def add(conn: Conn, fields: Mapping[str, Any], created_by: str) -> int:
    """Keep a new protectee; `fields` by FIELDS, at least kind and name; without a key it gets one. Returns
    its id.

    Raises ProtecteeError when the key is taken, or when it cannot be a member of what it names.
    """
    lock(conn)
    fields = {"key": f"p-{secrets.token_hex(6)}"} | dict(fields)
    if by_key(conn, [fields["key"]]):
        raise ProtecteeError(f"there is a protectee with the key {fields['key']!r} already")
    _check_known(conn, fields.get("member_of"))
    given = [name for name in FIELDS if name in fields]
    row = conn.execute(
        f"""
        INSERT INTO protectees ({", ".join(given)}, created_by)
        SELECT {", ".join(map(_read, given))}, %s FROM jsonb_to_record(%s) AS new ({_TYPES}) RETURNING id
        """,
        [created_by, _as_json(fields, given)],
    ).fetchone()
    assert row is not None
    id_ = int(row[0])
    check_membership(conn, [id_])
    touch(conn)
    return id_


def change(conn: Conn, id_: int, fields: Mapping[str, Any]) -> bool:
    """Set fields (of FIELDS) of a protectee; returns whether anything is another than before.

    Raises UnknownProtecteeError, and ProtecteeError as `add` does.
    """
    lock(conn)
    get(conn, id_)
    _check_known(conn, fields.get("member_of"))
    taken = by_key(conn, [fields["key"]]) if "key" in fields else {}
    if any(one.id != id_ for one in taken.values()):
        raise ProtecteeError(f"there is another protectee with the key {fields['key']!r}")
    given = [name for name in FIELDS if name in fields]
    if not given:
        return False
    changed = conn.execute(
        f"""
        UPDATE protectees SET ({", ".join(given)}, updated_at) = ROW ({_prefixed(given)}, now())
        FROM (SELECT {", ".join(f"{_read(name)} AS {name}" for name in given)}
              FROM jsonb_to_record(%s) AS new ({_TYPES})) new
        WHERE id = %s
          AND ROW ({_prefixed(given, "protectees")}) IS DISTINCT FROM ROW ({_prefixed(given)})
        """,
        [_as_json(fields, given), id_],
    ).rowcount
    if changed:
        members = conn.execute("SELECT id FROM protectees WHERE member_of = %s", [id_])
        check_membership(conn, [id_, *(row[0] for row in members)])
        touch(conn)
    return bool(changed)


def set_addresses(conn: Conn, id_: int, addresses: Sequence[Collection[bytes]]) -> bool:
    """Replace the addresses of a protectee, each by its tokens; returns whether that changed any."""
    before = {
        (int(number), bytes(token))
        for number, token in conn.execute(
            "SELECT number, token FROM protectee_addresses WHERE protectee = %s", [id_]
        )
    }
    after = {(number, token) for number, tokens in enumerate(addresses, 1) for token in tokens}
    if before == after:
        return False
    touch(conn)
    conn.execute("DELETE FROM protectee_addresses WHERE protectee = %s", [id_])
    rows = [{"number": number, "token": token.hex()} for number, token in sorted(after)]
    conn.execute(
        """
        INSERT INTO protectee_addresses (protectee, number, token)
        SELECT %s, number, decode(token, 'hex')
        FROM jsonb_to_recordset(%s) AS new (number smallint, token text)
        """,
        [id_, Jsonb(rows)],
    )
    conn.execute("UPDATE protectees SET updated_at = now() WHERE id = %s", [id_])
    return True


def end(conn: Conn, id_: int) -> bool:
    """Watch for it no more; it is kept for the records that name it. Raises UnknownProtecteeError."""
    return change(conn, id_, {"active": False})


def related(conn: Conn, ids: Collection[int]) -> dict[int, list[int]]:
    """For each protectee those that a threat to it concerns too: teams and offices above, members below."""
    rows = conn.execute(
        """
        WITH RECURSIVE above AS (
            SELECT id AS start, member_of AS other, 1 AS depth FROM protectees WHERE id = ANY(%(ids)s)
            UNION SELECT start, p.member_of, depth + 1 FROM above JOIN protectees p ON p.id = other
            WHERE depth < %(depth)s
        ), below AS (
            SELECT member_of AS start, id AS other, 1 AS depth FROM protectees WHERE member_of = ANY(%(ids)s)
            UNION SELECT start, p.id, depth + 1 FROM below JOIN protectees p ON p.member_of = other
            WHERE depth < %(depth)s
        )
        SELECT start, other FROM (SELECT start, other FROM above UNION SELECT start, other FROM below) tie
        JOIN protectees p ON p.id = other WHERE p.active ORDER BY start, other
        """,
        {"ids": list(ids), "depth": MAX_DEPTH},
    )
    found: dict[int, list[int]] = {id_: [] for id_ in ids}
    for start, other in rows:
        found[start].append(other)
    return found


def check_membership(conn: Conn, ids: Collection[int]) -> None:
    """Raise ProtecteeError where one of these is a member of no team or office, or of itself in the end."""
    rows = conn.execute(
        """
        WITH RECURSIVE above AS (
            SELECT id AS start, member_of AS other, 1 AS depth FROM protectees WHERE id = ANY(%(ids)s)
            UNION SELECT start, p.member_of, depth + 1 FROM above JOIN protectees p ON p.id = other
            WHERE depth <= %(depth)s
        )
        SELECT start, other, kind, depth FROM above JOIN protectees p ON p.id = other ORDER BY start, depth
        """,
        {"ids": list(ids), "depth": MAX_DEPTH},
    )
    for start, other, kind, depth in rows:
        if depth > MAX_DEPTH or other == start:
            raise ProtecteeError(
                f"member_of: memberships above {start} lead in a circle or over more than {MAX_DEPTH} steps"
            )
        if kind not in GATHERING:
            raise ProtecteeError(f"member_of: {other} is a {kind}; only a team or an office has members")


def _check_known(conn: Conn, team: int | None) -> None:
    if team is not None and team not in many(conn, [team]):
        raise ProtecteeError(f"member_of: there is no protectee {team}")


def lock(conn: Conn) -> None:
    """From here until the transaction ends other writers wait."""
    conn.execute("SELECT FROM protectee_revision FOR UPDATE")


def touch(conn: Conn) -> None:
    """Another revision; who keeps the list in memory reads it anew."""
    conn.execute("UPDATE protectee_revision SET revision = revision + 1")


def _as_json(fields: Mapping[str, Any], given: Sequence[str]) -> Jsonb:
    return Jsonb(msgspec.to_builtins({name: fields[name] for name in given}))


def _read(name: str) -> str:
    return f"ARRAY(SELECT jsonb_array_elements_text(new.{name}))" if name in _LISTS else f"new.{name}"


def _prefixed(given: Sequence[str], table: str = "new") -> str:
    return ", ".join(f"{table}.{name}" for name in given)
