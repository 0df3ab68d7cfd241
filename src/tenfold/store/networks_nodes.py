"""What accounts and groups of a network are called and how they stand; where one may begin."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from psycopg.rows import class_row

from tenfold.store.accounts import as_records
from tenfold.store.database import Conn

LATEST = 20  # closures on the first page
AMONG = 200  # rows of each that are read for them


class AccountFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An account as a network shows it. `state` None: only a closure tells of it. `followers` as the
    platform says. `case_id` is its open case, else the latest."""

    id: str
    handle: str | None
    name: str | None
    state: str | None
    language: str | None
    followers: int | None
    created_at: datetime | None
    closed_at: datetime | None
    case_id: int | None

    @property
    def closed(self) -> bool:
        """Whether it is closed now."""
        return self.state == "closed" or (self.state is None and self.closed_at is not None)

    @property
    def known(self) -> bool:
        """Whether the platform or a closure has told of it; others only name it."""
        return self.state is not None or self.closed_at is not None


class GroupFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A group as a network shows it; `members` as the platform says."""

    id: str
    name: str | None
    state: str | None
    members: int
    case_id: int | None


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A closed account from which a network may be looked at, and how many links it has (AMONG at most)."""

    account: str
    handle: str | None
    name: str | None
    closed_at: datetime
    links: int


def accounts(conn: Conn, ids: Iterable[str]) -> dict[str, AccountFacts]:
    """Facts about each of these accounts, also about those that nobody told of."""
    reader = conn.cursor(row_factory=class_row(AccountFacts))
    reader.execute(
        """
        SELECT asked.id, coalesce(accounts.handle, fingerprint -> 'handles' ->> 0) AS handle,
            coalesce(nullif(accounts.display_name, ''), fingerprint -> 'names' ->> 0) AS name,
            accounts.state, accounts.language, accounts.followers,
            coalesce(accounts.created_at, closures.created_at) AS created_at, closures.closed_at,
            coalesce(
                (SELECT cases.id FROM cases WHERE subject_kind = 'account' AND subject_id = asked.id
                 AND cases.state <> 'decided' LIMIT 1),
                (SELECT max(cases.id) FROM cases WHERE subject_kind = 'account' AND subject_id = asked.id)
            ) AS case_id
        FROM (SELECT jsonb_array_elements_text(%s) COLLATE "C" AS id) AS asked
        LEFT JOIN accounts ON accounts.id = asked.id
        LEFT JOIN closures ON closures.account = asked.id
        """,
        [as_records(sorted(set(ids)))],
        prepare=True,
    )
    return {one.id: one for one in reader}


def states(conn: Conn, ids: Iterable[str]) -> dict[str, bool]:
    """Which of these accounts are closed now."""
    rows = conn.execute(
        """
        SELECT asked.id, coalesce(accounts.state = 'closed', closures.account IS NOT NULL)
        FROM (SELECT jsonb_array_elements_text(%s) COLLATE "C" AS id) AS asked
        LEFT JOIN accounts ON accounts.id = asked.id LEFT JOIN closures ON closures.account = asked.id
        """,
        [as_records(sorted(set(ids)))],
        prepare=True,
    )
    return dict(rows.fetchall())


def groups(conn: Conn, ids: Iterable[str]) -> dict[str, GroupFacts]:
    """Facts about each of these groups."""
    reader = conn.cursor(row_factory=class_row(GroupFacts))
    reader.execute(
        """
        SELECT asked.id, name, state, coalesce(members, 0) AS members,
            (SELECT max(cases.id) FROM cases
             WHERE subject_kind = 'group' AND subject_id = asked.id) AS case_id
        FROM (SELECT jsonb_array_elements_text(%s) COLLATE "C" AS id) AS asked
        LEFT JOIN groups ON groups.id = asked.id
        """,
        [as_records(sorted(set(ids)))],
        prepare=True,
    )
    return {one.id: one for one in reader}


def named(conn: Conn, text: str) -> str | None:
    """The account with this id, else the one with this handle; of several the one that changed last."""
    wanted = text.removeprefix("@")
    row = conn.execute(
        """
        SELECT id FROM (
            SELECT id, 0 AS place, updated_at FROM accounts WHERE id = %(text)s
            UNION ALL SELECT account, 1, closed_at FROM closures WHERE account = %(text)s
            UNION ALL (SELECT id, 2, updated_at FROM accounts
                       WHERE left(lower(handle), 100) = left(lower(%(handle)s), 100)
                         AND lower(handle) = lower(%(handle)s) LIMIT %(most)s)
        ) AS found ORDER BY place, updated_at DESC LIMIT 1
        """,
        {"text": text, "handle": wanted, "most": AMONG},
    ).fetchone()
    return None if row is None else str(row[0])


def latest_closed(conn: Conn) -> list[Begun]:
    """The accounts that were closed last, the latest first."""
    reader = conn.cursor(row_factory=class_row(Begun))
    reader.execute(
        f"""
        SELECT latest.account, coalesce(accounts.handle, fingerprint -> 'handles' ->> 0) AS handle,
            coalesce(nullif(accounts.display_name, ''), fingerprint -> 'names' ->> 0) AS name, closed_at,
            (SELECT count(*) FROM (
                (SELECT FROM links WHERE account_a = latest.account LIMIT {AMONG})
                UNION ALL (SELECT FROM links WHERE account_b = latest.account LIMIT {AMONG})) AS few) AS links
        FROM (SELECT account, closed_at, fingerprint FROM closures
              ORDER BY closed_at DESC, account DESC LIMIT {LATEST}) AS latest
        LEFT JOIN accounts ON accounts.id = latest.account
        ORDER BY closed_at DESC, latest.account DESC
        """
    )
    return reader.fetchall()
