"""People of the console: users, passwords, one-time login links, web sessions, login throttling.

Passwords are kept as Argon2id hashes, tokens as SHA-256 of 256 random bits: what the store holds
logs nobody in.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Literal

import argon2
import msgspec
import psycopg

from tenfold.store.database import Conn
from tenfold.taxonomy import Role

MAX_NAME_LENGTH = 100
MIN_PASSWORD_LENGTH = 12
MAX_PASSWORD_LENGTH = 1_000  # longer ones would only cost the hasher time

LINK_LIFETIME = timedelta(minutes=15)
SESSION_LIFETIME = timedelta(hours=12)
SESSION_IDLE = timedelta(hours=1)
SESSION_TOUCH = timedelta(minutes=1)  # how stale `seen_at` may become before it is written again

THROTTLE_WINDOW = timedelta(minutes=15)
FAILURES_PER_PAIR = 5  # of one name from one address
FAILURES_PER_ADDRESS = 50
FAILURES_PER_NAME = 100

Locale = Literal["en", "ar"]

_hasher = argon2.PasswordHasher()
# Checked when a name is unknown, so that the answer takes as long as for one that is known.
_NOBODY = _hasher.hash(secrets.token_hex(16))


class PeopleError(ValueError):
    """A change to users that cannot be made; says why and what would do."""


class User(msgspec.Struct, frozen=True, kw_only=True):
    """One person of the console, without the password."""

    id: int
    name: str
    roles: frozenset[Role]
    locale: Locale = "en"
    blur: bool = False
    shortcuts: bool = True
    disabled: bool = False

    @property
    def actor(self) -> str:
        """How cases and the audit log name this person."""
        return f"user:{self.id}"


_COLUMNS = "id, name, roles, locale, blur, shortcuts, disabled"


def _user(row: tuple[object, ...]) -> User:
    keys = ("id", "name", "roles", "locale", "blur", "shortcuts", "disabled")
    return msgspec.convert(dict(zip(keys, row, strict=True)), User)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def check_password(password: str) -> None:
    """Raise PeopleError for a password that is too short or too long."""
    if len(password) < MIN_PASSWORD_LENGTH:
        raise PeopleError(f"the password has {len(password)} characters; {MIN_PASSWORD_LENGTH} are needed")
    if len(password) > MAX_PASSWORD_LENGTH:
        raise PeopleError(f"the password is longer than {MAX_PASSWORD_LENGTH} characters")


def add_user(
    conn: Conn, name: str, roles: Iterable[Role], *, password: str | None = None, locale: Locale = "en"
) -> User:
    """Add a user; without a password they come in by login links. Raises PeopleError."""
    name = name.strip()
    if not name or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise PeopleError(f"a name is 1 to {MAX_NAME_LENGTH} printable characters; got {name[:40]!r}")
    if password is not None:
        check_password(password)
    hashed = None if password is None else _hasher.hash(password)
    try:
        with conn.transaction():
            row = conn.execute(
                "INSERT INTO users (name, roles, password_hash, locale) VALUES (%s, %s, %s, %s)"
                f" RETURNING {_COLUMNS}",
                [name, sorted(set(roles)), hashed, locale],
            ).fetchone()
    except psycopg.errors.UniqueViolation:
        raise PeopleError(f"a user named {name!r} exists already (capitals do not count)") from None
    assert row is not None
    return _user(row)


def users(conn: Conn) -> list[User]:
    """Every user, disabled ones too, by name."""
    return [_user(row) for row in conn.execute(f"SELECT {_COLUMNS} FROM users ORDER BY lower(name)")]


def user_named(conn: Conn, name: str) -> User:
    """The user of that name, capitals aside; raises PeopleError."""
    row = conn.execute(f"SELECT {_COLUMNS} FROM users WHERE lower(name) = lower(%s)", [name]).fetchone()
    if row is None:
        raise PeopleError(f"there is no user named {name!r}; `tenfold users list` shows them")
    return _user(row)


def names(conn: Conn, ids: Iterable[int]) -> dict[int, str]:
    """Names of users by id."""
    rows = conn.execute("SELECT id, name FROM users WHERE id = ANY(%s)", [sorted(set(ids))])
    return {int(id_): str(name) for id_, name in rows}


def set_roles(conn: Conn, user_id: int, roles: Iterable[Role]) -> None:
    """Replace the roles; they count from the user's next request on."""
    conn.execute("UPDATE users SET roles = %s WHERE id = %s", [sorted(set(roles)), user_id])


def set_password(conn: Conn, user_id: int, password: str) -> None:
    """Set the password and end every session and open link of the user. Raises PeopleError."""
    check_password(password)
    conn.execute("UPDATE users SET password_hash = %s WHERE id = %s", [_hasher.hash(password), user_id])
    _end_access(conn, user_id)


def set_disabled(conn: Conn, user_id: int, disabled: bool) -> None:
    """Disable or enable; disabling ends every session and open link."""
    conn.execute("UPDATE users SET disabled = %s WHERE id = %s", [disabled, user_id])
    if disabled:
        _end_access(conn, user_id)


def set_preferences(conn: Conn, user_id: int, *, locale: Locale, blur: bool, shortcuts: bool) -> None:
    """What the user chose for their own console."""
    conn.execute(
        "UPDATE users SET locale = %s, blur = %s, shortcuts = %s WHERE id = %s",
        [locale, blur, shortcuts, user_id],
    )


def _end_access(conn: Conn, user_id: int) -> None:
    conn.execute("DELETE FROM web_sessions WHERE user_id = %s", [user_id])
    conn.execute("UPDATE login_links SET used_at = now() WHERE user_id = %s AND used_at IS NULL", [user_id])


def authenticate(conn: Conn, name: str, password: str) -> User | None:
    """The user if name and password fit and the user is not disabled, in about equal time if not."""
    row = conn.execute(
        "SELECT id, password_hash FROM users WHERE lower(name) = lower(%s) AND NOT disabled",
        [name.replace("\0", "")],
    ).fetchone()
    known = row is not None and row[1] is not None
    try:
        _hasher.verify(row[1] if row and known else _NOBODY, password[: MAX_PASSWORD_LENGTH + 1])
    except argon2.exceptions.VerifyMismatchError:
        return None
    if row is None or not known:
        return None
    if _hasher.check_needs_rehash(row[1]):
        conn.execute("UPDATE users SET password_hash = %s WHERE id = %s", [_hasher.hash(password), row[0]])
    found = conn.execute(f"SELECT {_COLUMNS} FROM users WHERE id = %s", [row[0]]).fetchone()
    return None if found is None else _user(found)


def create_login_link(conn: Conn, user_id: int) -> str:
    """A token that logs the user in once within LINK_LIFETIME; the address is /login/TOKEN."""
    token = secrets.token_urlsafe(32)
    conn.execute("DELETE FROM login_links WHERE expires_at < now() - interval '1 day'")
    conn.execute(
        "INSERT INTO login_links (token_hash, user_id, expires_at) VALUES (%s, %s, now() + %s)",
        [_hash(token), user_id, LINK_LIFETIME],
    )
    return token


def redeem_login_link(conn: Conn, token: str) -> User | None:
    """Use up the link: its user, or None if it is unknown, used, expired or its user disabled."""
    row = conn.execute(
        """
        UPDATE login_links l SET used_at = now() FROM users u
        WHERE l.token_hash = %s AND l.used_at IS NULL AND l.expires_at > now()
          AND u.id = l.user_id AND NOT u.disabled
        RETURNING u.id, u.name, u.roles, u.locale, u.blur, u.shortcuts, u.disabled
        """,
        [_hash(token)],
    ).fetchone()
    return None if row is None else _user(row)


def start_session(conn: Conn, user_id: int) -> str:
    """A new session's token, for the cookie. Old sessions of everybody are swept out on the way."""
    token = secrets.token_urlsafe(32)
    conn.execute(
        "DELETE FROM web_sessions WHERE expires_at < now() OR seen_at < now() - %s::interval", [SESSION_IDLE]
    )
    conn.execute(
        "INSERT INTO web_sessions (token_hash, user_id, expires_at) VALUES (%s, %s, now() + %s)",
        [_hash(token), user_id, SESSION_LIFETIME],
    )
    return token


def session_user(conn: Conn, token: str) -> User | None:
    """The user of a session that is neither expired nor idle too long; notes that it is in use."""
    row = conn.execute(
        """
        SELECT u.id, u.name, u.roles, u.locale, u.blur, u.shortcuts, u.disabled,
               s.seen_at < now() - %s::interval
        FROM web_sessions s JOIN users u ON u.id = s.user_id
        WHERE s.token_hash = %s AND NOT u.disabled
          AND s.expires_at > now() AND s.seen_at > now() - %s::interval
        """,
        [SESSION_TOUCH, _hash(token), SESSION_IDLE],
    ).fetchone()
    if row is None:
        return None
    if row[-1]:
        conn.execute("UPDATE web_sessions SET seen_at = now() WHERE token_hash = %s", [_hash(token)])
    return _user(row[:-1])


def end_session(conn: Conn, token: str) -> None:
    """Log out."""
    conn.execute("DELETE FROM web_sessions WHERE token_hash = %s", [_hash(token)])


class Throttle:
    """Slows down guessing: counts failed logins by name, by address and by both together.

    Only keyed hashes are kept, and only for THROTTLE_WINDOW. The pair has the tightest limit, so
    that a stranger who fails on purpose does not lock a name out everywhere.
    """

    def __init__(self, secret: bytes, name: str, address: str) -> None:
        def key(*parts: str) -> bytes:
            return hmac.digest(secret, "\0".join(("login", *parts)).encode(), "sha256")[:16]

        folded = name.strip().casefold()
        self._limits = {
            key("pair", folded, address): FAILURES_PER_PAIR,
            key("address", address): FAILURES_PER_ADDRESS,
            key("name", folded): FAILURES_PER_NAME,
        }

    def blocked(self, conn: Conn) -> bool:
        """True while one of the limits is reached."""
        rows = conn.execute(
            "SELECT key, count(*) FROM login_failures WHERE key = ANY(%s) AND at > now() - %s::interval"
            " GROUP BY key",
            [list(self._limits), THROTTLE_WINDOW],
        )
        return any(count >= self._limits[bytes(key)] for key, count in rows)

    def failed(self, conn: Conn) -> None:
        """Note one failure."""
        conn.execute("DELETE FROM login_failures WHERE at < now() - %s::interval", [THROTTLE_WINDOW])
        conn.execute("INSERT INTO login_failures (key) SELECT unnest(%s::bytea[])", [list(self._limits)])

    def succeeded(self, conn: Conn) -> None:
        """Forget the failures of this name from this address."""
        conn.execute("DELETE FROM login_failures WHERE key = %s", [next(iter(self._limits))])
