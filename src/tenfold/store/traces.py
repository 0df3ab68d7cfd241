"""What accounts have left in the tables: everything that a fingerprint is made of, read in one query."""

from collections.abc import Iterable
from typing import Any

import msgspec

from tenfold.fingerprint import MAX_TEXTS, MAX_TIES
from tenfold.store.accounts import as_records
from tenfold.store.database import Conn

MAX_PROFILES = 40  # read of each account, latest first: many edits show the same values again
MAX_READ = 1_000  # ties read to find the earliest MAX_TIES: an account with a million followers costs no more
MAX_TIMES = 500  # latest posts whose hours count


class Profile(msgspec.Struct, array_like=True, frozen=True):
    """What an account showed at one time, as the platform gave it."""

    handle: str | None = None
    name: str | None = None
    bio: str | None = None
    avatar: str | None = None
    banner: str | None = None
    links: tuple[str, ...] = ()


class Written(msgspec.Struct, array_like=True, frozen=True):
    """One post: its links in normal form, the ids of accounts that it names, if the platform says."""

    id: str
    at_us: int
    text: str
    links: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()


class Uploaded(msgspec.Struct, array_like=True, frozen=True):
    """A media item by its hashes."""

    id: str
    pdq: str | None = None
    sha256: str | None = None


class Traces(msgspec.Struct, kw_only=True):
    """What one account left. `profiles` latest first, `written` in the order of time, ties earliest first;
    `times_us` of its latest posts. `tokens` are (kind, keyed token)."""

    id: str
    state: str = "active"
    created_us: int | None = None
    posts: int = 0
    profiles: tuple[Profile, ...] = ()
    tokens: tuple[tuple[str, str], ...] = ()
    written: tuple[Written, ...] = ()
    times_us: tuple[int, ...] = ()
    media: tuple[Uploaded, ...] = ()
    groups: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    followed_by: tuple[str, ...] = ()
    mentioned_by: tuple[str, ...] = ()
    announced_by: tuple[str, ...] = ()


_POST = "id, created_at, text, links, mentions"
_WRITTEN = """json_build_array(id, (extract(epoch FROM created_at) * 1000000)::bigint, text, to_json(links),
    to_json(mentions))"""


def _list(element: str, order: str, source: str) -> str:
    """A subquery that gives the rows of `source` as one JSON array."""
    return f"(SELECT coalesce(json_agg({element} ORDER BY {order}), '[]') FROM ({source}) AS row)"


def _ties(shown: str, order: str, table: str, by: str) -> str:
    source = f"SELECT {shown}, {order} FROM {table} WHERE {by} = asked.id LIMIT {MAX_READ}"
    first = f"SELECT * FROM ({source}) AS few ORDER BY {order}, {shown} LIMIT {MAX_TIES}"
    return _list(shown, f"{order}, {shown}", first)


_PROFILES = _list(
    "json_build_array(handle, display_name, bio, avatar, banner, to_json(links))",
    "seq DESC",
    f"SELECT * FROM account_profiles WHERE account = asked.id ORDER BY seq DESC LIMIT {MAX_PROFILES}",
)
_TOKENS = _list(
    "json_build_array(kind, token)",
    "kind, first_seen, token",
    f"""SELECT * FROM (
        SELECT kind, token, first_seen,
            row_number() OVER (PARTITION BY kind ORDER BY first_seen, token) AS place
        FROM account_tokens WHERE account = asked.id) AS few WHERE place <= {MAX_TIES}""",
)
_LATEST = f"""SELECT {_POST} FROM posts WHERE account = asked.id ORDER BY created_at DESC LIMIT {MAX_TEXTS}"""
_EARLIEST = f"""SELECT {_POST} FROM posts WHERE account = asked.id AND accounts.posts > {MAX_TEXTS}
    ORDER BY created_at LIMIT {MAX_TEXTS}"""
_POSTS = _list(_WRITTEN, "created_at, id", f"({_LATEST}) UNION ALL ({_EARLIEST})")
_TIMES = _list(
    "(extract(epoch FROM created_at) * 1000000)::bigint",
    "created_at",
    f"SELECT created_at FROM posts WHERE account = asked.id ORDER BY created_at DESC LIMIT {MAX_TIMES}",
)
_MEDIA = _list(
    "json_build_array(id, pdq, sha256)",
    "created_at, id",
    f"""SELECT id, pdq, sha256, created_at FROM media WHERE account = asked.id
        ORDER BY created_at LIMIT {MAX_TIES}""",
)

_QUERY = f"""
SELECT json_build_object(
    'id', asked.id, 'state', accounts.state, 'posts', accounts.posts,
    'created_us', (extract(epoch FROM accounts.created_at) * 1000000)::bigint,
    'profiles', {_PROFILES}, 'tokens', {_TOKENS}, 'written', {_POSTS}, 'times_us', {_TIMES},
    'media', {_MEDIA},
    'groups', {_ties("group_id", "joined_at", "memberships", "account")},
    'follows', {_ties("target", "created_at", "follows", "follower")},
    'followed_by', {_ties("follower", "created_at", "follows", "target")},
    'mentioned_by', {_ties("account", "at", "mentions", "target")},
    'announced_by', {_ties("account", "at", "mentions", "announced AND target")}
)::text
FROM jsonb_array_elements_text(%s) AS asked (id) JOIN accounts ON accounts.id = asked.id
"""

_decoder = msgspec.json.Decoder(Traces)


def load(conn: Conn, accounts: Iterable[str]) -> dict[str, Traces]:
    """Of each account that the platform has told of; others are left out."""
    rows = conn.execute(_QUERY, [as_records(sorted(set(accounts)))], prepare=True).fetchall()
    return {traces.id: traces for traces in (_decoder.decode(row[0]) for row in rows)}


def pictures(conn: Conn, media: Iterable[str]) -> dict[str, str]:
    """The hash of each of these media items that has one: a PDQ hash, or else `sha256:<hex>`."""
    rows: Iterable[Any] = conn.execute(
        "SELECT id, coalesce(pdq, 'sha256:' || sha256) FROM media WHERE id = ANY(%s)",
        [sorted(set(media))],
        prepare=True,
    )
    return {id_: hashed for id_, hashed in rows if hashed}


def by_handle(conn: Conn, handles: Iterable[str]) -> dict[str, str]:
    """The account that has each handle (lower case); of several the one that was told of last."""
    rows = conn.execute(
        """
        SELECT lower(handle), id FROM accounts
        WHERE left(lower(handle), 100) = ANY(%s) AND state <> 'deleted' ORDER BY first_seq, id
        """,
        [sorted({handle[:100] for handle in handles})],
        prepare=True,
    )
    return dict(rows.fetchall())
