"""Every version of the policy by the digest of its text: who saved it and why, and where it stands."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from tenfold.store.database import Conn

State = Literal["files", "draft", "shadow", "live", "retired", "withdrawn"]
POLICY_LOCK = 0x7E4F0B1  # an arbitrary number: one at a time changes where versions stand
LISTED = 200


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version without its text. `approved_by` is the second person, where one had to agree."""

    version: str
    state: State
    saved_by: str
    saved_at: datetime
    reason: str
    asked_by: str | None
    asked_at: datetime | None
    approved_by: str | None
    approved_at: datetime | None
    live_at: datetime | None


_COLUMNS = """version, state, saved_by, saved_at, reason, asked_by, asked_at, approved_by, approved_at,
    live_at"""


def remember(conn: Conn, version: str, sources: Mapping[str, str]) -> None:
    """Keep the sources of a policy that was read from files, under its version."""
    conn.execute(
        """
        INSERT INTO policies (version, files) VALUES (%s, %s)
        ON CONFLICT (version) DO UPDATE SET loaded_at = now()
        """,
        [version, Jsonb(dict(sources))],
    )


def sources(conn: Conn, version: str) -> dict[str, str] | None:
    """The files of a policy by name; None when there is no such version."""
    if not _could_be(version):
        return None
    row = conn.execute("SELECT files FROM policies WHERE version = %s", [version]).fetchone()
    return row[0] if row else None


def _could_be(version: str) -> bool:
    """Whether it is written as versions are: what PostgreSQL cannot hold never is one."""
    return version.isascii() and version.isalnum()


def lock(conn: Conn) -> None:
    """Until the transaction ends, nobody else changes where versions stand."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", [POLICY_LOCK])


def save(conn: Conn, version: str, files: Mapping[str, str], *, actor: str, reason: str) -> None:
    """Keep a draft; one that was withdrawn, or read from files, becomes a draft again."""
    conn.execute(
        """
        INSERT INTO policies (version, files, state, saved_by, reason)
        VALUES (%(v)s, %(files)s, 'draft', %(by)s, %(why)s)
        ON CONFLICT (version) DO UPDATE SET state = 'draft', saved_by = %(by)s, saved_at = now(),
            reason = %(why)s, asked_by = NULL, asked_at = NULL, approved_by = NULL, approved_at = NULL
        WHERE policies.state IN ('files', 'withdrawn')
        """,
        {"v": version, "files": Jsonb(dict(files)), "by": actor, "why": reason},
    )


def get(conn: Conn, version: str) -> Version | None:
    """One version; None if there is none."""
    if not _could_be(version):
        return None
    cursor = conn.cursor(row_factory=class_row(Version))
    cursor.execute(f"SELECT {_COLUMNS} FROM policies WHERE version = %s", [version])
    return cursor.fetchone()


def starting(conn: Conn, beginning: str) -> list[str]:
    """Versions that begin so, for people who type no more than they must."""
    rows = conn.execute(
        "SELECT version FROM policies WHERE starts_with(version, %s) ORDER BY version LIMIT 3", [beginning]
    )
    return [version for (version,) in rows]


def listing(conn: Conn) -> list[Version]:
    """The versions that people have saved or had in force, the last changed first."""
    cursor = conn.cursor(row_factory=class_row(Version))
    cursor.execute(
        f"""
        SELECT {_COLUMNS} FROM policies WHERE state <> 'files'
        ORDER BY state = 'live' DESC, state = 'shadow' DESC, GREATEST(saved_at, live_at) DESC, version
        LIMIT %s
        """,
        [LISTED],
    )
    return cursor.fetchall()


def standing(conn: Conn) -> dict[str, str]:
    """The versions that judge: by `live` and `shadow`, where there is one."""
    rows = conn.execute("SELECT state, version FROM policies WHERE state IN ('live', 'shadow')")
    return dict(rows.fetchall())


def before(conn: Conn) -> Version | None:
    """The version that was live last, before the one that is."""
    cursor = conn.cursor(row_factory=class_row(Version))
    cursor.execute(f"SELECT {_COLUMNS} FROM policies WHERE state = 'retired' ORDER BY live_at DESC LIMIT 1")
    return cursor.fetchone()


def place(conn: Conn, version: str, state: State, now: datetime) -> None:
    """Put a version into a state."""
    conn.execute(
        """
        UPDATE policies SET state = %(state)s,
            live_at = CASE WHEN %(state)s = 'live' THEN %(now)s ELSE live_at END
        WHERE version = %(version)s
        """,
        {"state": state, "now": now, "version": version},
    )


def ask(conn: Conn, version: str, actor: str | None, now: datetime) -> None:
    """Note who wants it to go live; None takes that back, with the approval."""
    conn.execute(
        """
        UPDATE policies SET asked_by = %(by)s::text,
            asked_at = CASE WHEN %(by)s::text IS NULL THEN NULL ELSE %(now)s END,
            approved_by = NULL, approved_at = NULL
        WHERE version = %(version)s
        """,
        {"by": actor, "now": now, "version": version},
    )


def approve(conn: Conn, version: str, actor: str, now: datetime) -> None:
    """Note who agreed."""
    conn.execute(
        "UPDATE policies SET approved_by = %s, approved_at = %s WHERE version = %s", [actor, now, version]
    )
