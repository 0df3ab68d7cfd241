"""Sessions of the console: begun, recognised, listed, ended; and logins whose second factor is outstanding.

The store keeps SHA-256 of the cookies' 256 random bits.
"""

import secrets
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from psycopg.rows import class_row

from tenfold.store import people
from tenfold.store.database import Conn
from tenfold.store.people import User

LIFETIME = timedelta(hours=12)
IDLE = timedelta(hours=1)
TOUCH = timedelta(minutes=1)  # how stale `seen_at` may become before it is written again
STEP_LIFETIME = timedelta(minutes=10)  # to show the second factor

CameBy = Literal["password", "link", "provider"]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A session in use: whose, its number, and whether a second factor was shown or a provider vouched."""

    id: int
    user: User
    strong: bool


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A session as its owner sees it; `agent` is browser and system, coarsely."""

    id: int
    came_by: str
    strong: bool
    agent: str
    created_at: datetime
    seen_at: datetime


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A login whose second factor is outstanding; `back`: where it was to lead."""

    user: User
    came_by: CameBy
    back: str


def start(
    conn: Conn,
    user_id: int,
    *,
    lifetime: timedelta = LIFETIME,
    idle: timedelta = IDLE,
    came_by: CameBy = "link",
    strong: bool = False,
    agent: str = "",
    id_token: str | None = None,
) -> str:
    """A new session's token, for the cookie. Old sessions of everybody are swept out on the way. `id_token`,
    sealed, is kept for logging out at the provider."""
    token = secrets.token_urlsafe(32)
    conn.execute(
        "DELETE FROM web_sessions WHERE expires_at < now() OR seen_at < now() - %s::interval", [idle]
    )
    conn.execute(
        """
        INSERT INTO web_sessions (token_hash, user_id, expires_at, came_by, strong, agent, id_token)
        VALUES (%s, %s, now() + %s, %s, %s, %s, %s)
        """,
        [people.digest(token), user_id, lifetime, came_by, strong, agent, id_token],
    )
    return token


def find(conn: Conn, token: str, *, lifetime: timedelta = LIFETIME, idle: timedelta = IDLE) -> Found | None:
    """The session if it is neither too old nor idle too long and its user not disabled; notes that it is in
    use. A lifetime that was shortened counts for sessions that began before, too."""
    row = conn.execute(
        f"""
        SELECT s.id, s.strong, s.seen_at < now() - %(touch)s::interval, {people.COLUMNS}
        FROM web_sessions s JOIN users ON users.id = s.user_id
        WHERE s.token_hash = %(token)s AND NOT users.disabled AND s.expires_at > now()
          AND s.created_at > now() - %(lifetime)s::interval AND s.seen_at > now() - %(idle)s::interval
        """,
        {"touch": TOUCH, "token": people.digest(token), "lifetime": lifetime, "idle": idle},
    ).fetchone()
    if row is None:
        return None
    number, strong, stale, *columns = row
    if stale:
        conn.execute("UPDATE web_sessions SET seen_at = now() WHERE id = %s", [number])
    return Found(id=number, user=people.read(tuple(columns)), strong=strong)


def listing(conn: Conn, user_id: int, *, idle: timedelta = IDLE) -> list[Listed]:
    """A person's sessions that are alive, the last used first."""
    with conn.cursor(row_factory=class_row(Listed)) as cursor:
        return cursor.execute(
            """
            SELECT id, came_by, strong, agent, created_at, seen_at FROM web_sessions
            WHERE user_id = %s AND expires_at > now() AND seen_at > now() - %s::interval
            ORDER BY seen_at DESC, id DESC
            """,
            [user_id, idle],
        ).fetchall()


def end(conn: Conn, token: str) -> str | None:
    """Log out; the sealed ID token of the session, if it had one."""
    row = conn.execute(
        "DELETE FROM web_sessions WHERE token_hash = %s RETURNING id_token", [people.digest(token)]
    ).fetchone()
    return row[0] if row else None


def end_one(conn: Conn, user_id: int, session_id: int) -> bool:
    """End one of a person's sessions; False if it is not theirs, or over."""
    ended = conn.execute("DELETE FROM web_sessions WHERE id = %s AND user_id = %s", [session_id, user_id])
    return ended.rowcount == 1


def end_others(conn: Conn, user_id: int, kept: int | None = None) -> int:
    """End all of a person's sessions but one; returns how many."""
    return conn.execute(
        "DELETE FROM web_sessions WHERE user_id = %s AND id IS DISTINCT FROM %s", [user_id, kept]
    ).rowcount


def strengthen(conn: Conn, session_id: int) -> None:
    """Note that the second factor was shown in this session."""
    conn.execute("UPDATE web_sessions SET strong = true WHERE id = %s", [session_id])


def begin_step(conn: Conn, user_id: int, came_by: CameBy, back: str) -> str:
    """A token for somebody who has still to show the second factor; it is no session."""
    token = secrets.token_urlsafe(32)
    conn.execute("DELETE FROM login_steps WHERE expires_at < now()")
    conn.execute(
        """
        INSERT INTO login_steps (token_hash, user_id, came_by, back, expires_at)
        VALUES (%s, %s, %s, %s, now() + %s)
        """,
        [people.digest(token), user_id, came_by, back, STEP_LIFETIME],
    )
    return token


def step(conn: Conn, token: str) -> Step | None:
    """The login that waits for its second factor, unless it waited too long or its user was disabled."""
    row = conn.execute(
        f"""
        SELECT s.came_by, s.back, {people.COLUMNS} FROM login_steps s JOIN users ON users.id = s.user_id
        WHERE s.token_hash = %s AND s.expires_at > now() AND NOT users.disabled
        """,
        [people.digest(token)],
    ).fetchone()
    if row is None:
        return None
    came_by, back, *columns = row
    return Step(user=people.read(tuple(columns)), came_by=came_by, back=back)


def end_step(conn: Conn, token: str) -> bool:
    """Use the step up; False if somebody was faster."""
    return conn.execute("DELETE FROM login_steps WHERE token_hash = %s", [people.digest(token)]).rowcount == 1
