"""Groups, who is in them, who follows whom, and what users report."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import class_row

from tenfold.store.accounts import as_records
from tenfold.store.database import Conn


class Group(msgspec.Struct, kw_only=True):
    """A group's row; `members` counts those who joined and have not left."""

    id: str
    created_at: datetime
    updated_at: datetime
    creator: str | None = None
    name: str | None = None
    description: str | None = None
    avatar: str | None = None
    links: list[str] = []
    visibility: str | None = None
    members: int = 0
    state: str = "active"


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """An account joined a group or, with `left`, left it."""

    group_id: str
    account: str
    role: str
    at: datetime
    left: bool = False


class FollowRow(msgspec.Struct, frozen=True, kw_only=True):
    """`follower` follows `target` or, with `ended`, no longer does."""

    follower: str
    target: str
    at: datetime
    ended: bool = False


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A user's report of a subject."""

    seq: int
    subject_kind: str
    subject_id: str
    reporter: str | None
    reason: str
    text: str
    filed_at: datetime


def load(conn: Conn, ids: Iterable[str]) -> dict[str, Group]:
    """Groups by id; unknown ids are left out."""
    cursor = conn.cursor(row_factory=class_row(Group))
    cursor.execute(
        """
        SELECT id, created_at, updated_at, creator, name, description, avatar, links, visibility,
               members, state
        FROM groups WHERE id = ANY(%s)
        """,
        [list(ids)],
        prepare=True,
    )
    return {group.id: group for group in cursor}


def upsert(conn: Conn, changes: Sequence[dict[str, Any]]) -> None:
    """Create or change groups. Each change holds id, at, creator and only those of name, description,
    avatar, links, visibility and state that it sets. Several lanes may change one group at once, so the
    merging is done by the row, not by the reader.
    """
    conn.execute(
        """
        INSERT INTO groups (id, creator, created_at, updated_at, name, description, avatar, links,
            visibility, state)
        SELECT item->>'id', item->>'creator', (item->>'at')::timestamptz, (item->>'at')::timestamptz,
            item->>'name', item->>'description', item->>'avatar',
            ARRAY(SELECT jsonb_array_elements_text(coalesce(nullif(item->'links', 'null'), '[]'))),
            item->>'visibility', coalesce(item->>'state', 'active')
        FROM jsonb_array_elements(%s) AS list (item)
        ON CONFLICT (id) DO NOTHING
        """,
        [as_records(_merged(changes))],
    )
    conn.execute(
        """
        UPDATE groups SET
            updated_at = greatest(updated_at, (item->>'at')::timestamptz),
            name = CASE WHEN item ? 'name' THEN item->>'name' ELSE name END,
            description = CASE WHEN item ? 'description' THEN item->>'description' ELSE description END,
            avatar = CASE WHEN item ? 'avatar' THEN item->>'avatar' ELSE avatar END,
            visibility = CASE WHEN item ? 'visibility' THEN item->>'visibility' ELSE visibility END,
            state = coalesce(item->>'state', state),
            links = CASE WHEN item ? 'links' THEN
                ARRAY(SELECT jsonb_array_elements_text(coalesce(nullif(item->'links', 'null'), '[]')))
                ELSE links END
        FROM jsonb_array_elements(%s) AS list (item)
        WHERE groups.id = item->>'id'
        """,
        [as_records(_merged(changes))],
    )


def _merged(changes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One change a group, later fields over earlier ones, ordered by id."""
    merged: dict[str, dict[str, Any]] = {}
    for change in changes:
        known = merged.setdefault(change["id"], {"creator": change["creator"]})
        known.update(change, creator=known["creator"])
    return [merged[id_] for id_ in sorted(merged)]


def change_memberships(conn: Conn, changes: Sequence[Membership]) -> None:
    """Join and leave, in order; `members` of each group changes by those who really came or went."""
    last = {(change.group_id, change.account): change for change in changes}
    conn.execute(
        """
        WITH change AS (
            SELECT * FROM jsonb_to_recordset(%s) AS row (group_id text, account text, role text,
                at timestamptz, "left" boolean)
        ), before AS (
            SELECT memberships.group_id, memberships.account, memberships.left_at IS NULL AS inside
            FROM change JOIN memberships USING (group_id, account)
        ), stored AS (
            INSERT INTO memberships (group_id, account, role, joined_at, left_at)
            SELECT group_id, account, role, at, CASE WHEN "left" THEN at END FROM change
            ORDER BY group_id, account
            ON CONFLICT (group_id, account) DO UPDATE SET
                left_at = excluded.left_at,
                role = CASE WHEN excluded.left_at IS NULL THEN excluded.role ELSE memberships.role END
        ), delta AS (
            SELECT group_id, sum((NOT "left")::int - coalesce(inside, false)::int) AS change
            FROM change LEFT JOIN before USING (group_id, account)
            GROUP BY group_id
        ), locked AS (
            SELECT id, delta.change FROM groups JOIN delta ON delta.group_id = groups.id
            WHERE delta.change <> 0 ORDER BY id FOR UPDATE OF groups
        )
        UPDATE groups SET members = members + locked.change FROM locked WHERE groups.id = locked.id
        """,
        [as_records(last[key] for key in sorted(last))],
        prepare=True,
    )


def change_follows(conn: Conn, changes: Sequence[FollowRow]) -> None:
    """Begin and end follows, in order."""
    last = {(change.follower, change.target): change for change in changes}
    conn.execute(
        """
        INSERT INTO follows (follower, target, created_at, ended_at)
        SELECT follower, target, at, CASE WHEN ended THEN at END
        FROM jsonb_to_recordset(%s) AS row (follower text, target text, at timestamptz, ended boolean)
        ORDER BY follower, target
        ON CONFLICT (follower, target) DO UPDATE SET ended_at = excluded.ended_at
        """,
        [as_records(last[key] for key in sorted(last))],
        prepare=True,
    )


def add_reports(conn: Conn, reports: Sequence[Report]) -> None:
    """Keep reports; the same event twice does nothing."""
    conn.execute(
        """
        INSERT INTO reports (seq, subject_kind, subject_id, reporter, reason, text, filed_at)
        SELECT seq, subject_kind, subject_id, reporter, reason, text, filed_at
        FROM jsonb_to_recordset(%s) AS row (seq bigint, subject_kind text, subject_id text,
            reporter text, reason text, text text, filed_at timestamptz)
        ON CONFLICT DO NOTHING
        """,
        [as_records(reports)],
        prepare=True,
    )


def report_counts(conn: Conn, subjects: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """How many different users have reported each subject; unnamed reporters count one each."""
    kinds, ids = zip(*subjects, strict=True)
    rows = conn.execute(
        """
        SELECT subject_kind, subject_id, count(DISTINCT coalesce(reporter, seq::text))
        FROM reports JOIN unnest(%s::text[], %s::text[]) AS asked (kind, id)
            ON subject_kind = asked.kind AND subject_id = asked.id
        GROUP BY 1, 2
        """,
        [list(kinds), list(ids)],
    ).fetchall()
    return {(kind, id_): count for kind, id_, count in rows}
