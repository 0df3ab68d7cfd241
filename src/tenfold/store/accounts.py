"""Accounts: their present profile, every profile they have shown, their sessions and keyed tokens."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from tenfold.store.database import Conn

PROFILE_FIELDS = ("handle", "display_name", "bio", "avatar", "banner", "location", "links")


class Account(msgspec.Struct, kw_only=True):
    """An account's row; `created_at` is None while the platform has not said.

    `state` is changed by enforcement and by the platform's own closures only.
    """

    id: str
    updated_at: datetime
    first_seq: int
    created_at: datetime | None = None
    handle: str | None = None
    display_name: str | None = None
    bio: str | None = None
    avatar: str | None = None
    banner: str | None = None
    location: str | None = None
    links: list[str] = []
    language: str | None = None
    email_token: str | None = None
    phone_token: str | None = None
    followers: int | None = None
    following: int | None = None
    verified: bool = False
    last_post_at: datetime | None = None
    posts: int = 0
    state: str = "active"


class ProfileShown(msgspec.Struct, kw_only=True):
    """A profile that an account showed from `at` on; `seq` is the event that set it."""

    account: str
    seq: int
    at: datetime
    handle: str | None
    display_name: str | None
    bio: str | None
    avatar: str | None
    banner: str | None
    location: str | None
    links: list[str]


class TokenSeen(msgspec.Struct, frozen=True, order=True):
    """An account was seen with a keyed token; `kind` is email, phone, device, address or network."""

    kind: str
    token: str
    account: str
    at: datetime


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One session, its personal data as keyed tokens."""

    seq: int
    account: str
    started_at: datetime
    address_token: str | None
    network_token: str | None
    device_token: str | None
    user_agent_token: str | None


def as_records(rows: Iterable[msgspec.Struct | dict[str, Any] | str | int]) -> Jsonb:
    """A batch of rows, or of plain values, as the one jsonb array that a statement takes."""
    return Jsonb(list(rows), dumps=msgspec.json.encode)


def load(conn: Conn, ids: Iterable[str]) -> dict[str, Account]:
    """Accounts by id; unknown ids are left out."""
    cursor = conn.cursor(row_factory=class_row(Account))
    cursor.execute(
        """
        SELECT id, created_at, updated_at, first_seq, handle, display_name, bio, avatar, banner, location,
               links, language, email_token, phone_token, followers, following, verified, last_post_at,
               posts, state
        FROM accounts WHERE id = ANY(%s)
        """,
        [list(ids)],
        prepare=True,
    )
    return {account.id: account for account in cursor}


def save(conn: Conn, accounts: Iterable[Account]) -> None:
    """Write accounts back whole, except `state`, in the order of their ids."""
    rows = sorted(accounts, key=lambda account: account.id)
    conn.execute(
        """
        INSERT INTO accounts (id, created_at, updated_at, first_seq, handle, display_name, bio, avatar,
            banner, location, links, language, email_token, phone_token, followers, following, verified,
            last_post_at, posts)
        SELECT id, created_at, updated_at, first_seq, handle, display_name, bio, avatar, banner, location,
            links, language, email_token, phone_token, followers, following, verified, last_post_at, posts
        FROM jsonb_to_recordset(%s) AS row (id text, created_at timestamptz, updated_at timestamptz,
            first_seq bigint, handle text, display_name text, bio text, avatar text, banner text,
            location text, links text[], language text, email_token text, phone_token text,
            followers bigint, following bigint, verified boolean, last_post_at timestamptz, posts bigint)
        ON CONFLICT (id) DO UPDATE SET
            created_at = excluded.created_at, updated_at = excluded.updated_at,
            handle = excluded.handle, display_name = excluded.display_name, bio = excluded.bio,
            avatar = excluded.avatar, banner = excluded.banner, location = excluded.location,
            links = excluded.links, language = excluded.language, email_token = excluded.email_token,
            phone_token = excluded.phone_token, followers = excluded.followers,
            following = excluded.following, verified = excluded.verified,
            last_post_at = excluded.last_post_at, posts = excluded.posts
        """,
        [as_records(rows)],
        prepare=True,
    )


def set_states(conn: Conn, states: dict[str, str]) -> None:
    """Set the state of accounts that the platform itself closed, deleted or restored."""
    rows = [{"id": id_, "state": state} for id_, state in sorted(states.items())]
    conn.execute(
        """
        UPDATE accounts SET state = row.state
        FROM jsonb_to_recordset(%s) AS row (id text, state text) WHERE accounts.id = row.id
        """,
        [as_records(rows)],
    )


def add_profiles(conn: Conn, profiles: Sequence[ProfileShown]) -> None:
    """Keep profiles that accounts have shown; the same event twice does nothing."""
    conn.execute(
        """
        INSERT INTO account_profiles (account, seq, at, handle, display_name, bio, avatar, banner, location,
            links)
        SELECT account, seq, at, handle, display_name, bio, avatar, banner, location, links
        FROM jsonb_to_recordset(%s) AS row (account text, seq bigint, at timestamptz, handle text,
            display_name text, bio text, avatar text, banner text, location text, links text[])
        ON CONFLICT DO NOTHING
        """,
        [as_records(profiles)],
        prepare=True,
    )


def add_tokens(conn: Conn, tokens: Iterable[TokenSeen]) -> None:
    """Count sightings of accounts with tokens."""
    seen: dict[tuple[str, str, str], dict[str, Any]] = {}
    for token in sorted(tokens):
        row = seen.setdefault(
            (token.kind, token.token, token.account),
            {
                "kind": token.kind,
                "token": token.token,
                "account": token.account,
                "uses": 0,
                "first": token.at,
            },
        )
        row["uses"] += 1
        row["last"] = token.at
    conn.execute(
        """
        INSERT INTO account_tokens (kind, token, account, first_seen, last_seen, uses)
        SELECT kind, token, account, first, last, uses
        FROM jsonb_to_recordset(%s) AS row (kind text, token text, account text, first timestamptz,
            last timestamptz, uses bigint)
        ON CONFLICT (kind, token, account) DO UPDATE SET
            uses = account_tokens.uses + excluded.uses,
            first_seen = least(account_tokens.first_seen, excluded.first_seen),
            last_seen = greatest(account_tokens.last_seen, excluded.last_seen)
        """,
        [as_records(seen.values())],
        prepare=True,
    )


def add_sessions(conn: Conn, sessions: Sequence[SessionRow]) -> None:
    """Keep sessions; the same event twice does nothing."""
    conn.execute(
        """
        INSERT INTO sessions (seq, account, started_at, address_token, network_token, device_token,
            user_agent_token)
        SELECT seq, account, started_at, address_token, network_token, device_token, user_agent_token
        FROM jsonb_to_recordset(%s) AS row (seq bigint, account text, started_at timestamptz,
            address_token text, network_token text, device_token text, user_agent_token text)
        ON CONFLICT DO NOTHING
        """,
        [as_records(sessions)],
        prepare=True,
    )
