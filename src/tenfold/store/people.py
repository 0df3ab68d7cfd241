"""People of the console: users, passwords, one-time login links.

Passwords are kept as Argon2id hashes, tokens as SHA-256 of 256 random bits: what the store holds
logs nobody in.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
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
    provider: bool = False  # logs in through the OpenID provider
    second_factor: bool = False  # has enrolled one
    keys: dict[str, str] = {}  # the person's own, by the key that a command has for everybody

    @property
    def actor(self) -> str:
        """How cases and the audit log name this person."""
        return f"user:{self.id}"


# Of the table `users`, under that name.
COLUMNS = """
    users.id, users.name, users.roles, users.locale, users.blur, users.shortcuts, users.disabled,
    users.subject IS NOT NULL AS provider,
    EXISTS (SELECT FROM second_factors f WHERE f.user_id = users.id AND f.confirmed_at IS NOT NULL)
        AS second_factor,
    users.keys
"""


def read(row: tuple[object, ...]) -> User:
    """A row of COLUMNS as a User."""
    return msgspec.convert(dict(zip(User.__struct_fields__, row, strict=True)), User)


def digest(token: str) -> bytes:
    """What the store keeps of a random token."""
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
                f" RETURNING {COLUMNS}",
                [name, sorted(set(roles)), hashed, locale],
            ).fetchone()
    except psycopg.errors.UniqueViolation:
        raise PeopleError(f"a user named {name!r} exists already (capitals do not count)") from None
    assert row is not None
    return read(row)


def user(conn: Conn, user_id: int) -> User | None:
    """One user by number."""
    row = conn.execute(f"SELECT {COLUMNS} FROM users WHERE id = %s", [user_id]).fetchone()
    return None if row is None else read(row)


def users(conn: Conn) -> list[User]:
    """Every user, disabled ones too, by name."""
    return [read(row) for row in conn.execute(f"SELECT {COLUMNS} FROM users ORDER BY lower(name)")]


def user_named(conn: Conn, name: str) -> User:
    """The user of that name, capitals aside; raises PeopleError."""
    row = conn.execute(f"SELECT {COLUMNS} FROM users WHERE lower(name) = lower(%s)", [name]).fetchone()
    if row is None:
        raise PeopleError(f"there is no user named {name!r}; `tenfold users list` shows them")
    return read(row)


def names(conn: Conn, ids: Iterable[int]) -> dict[int, str]:
    """Names of users by id."""
    rows = conn.execute("SELECT id, name FROM users WHERE id = ANY(%s)", [sorted(set(ids))])
    return {int(id_): str(name) for id_, name in rows}


def set_roles(conn: Conn, user_id: int, roles: Iterable[Role]) -> None:
    """Replace the roles; new ones count from the user's next request on, losing one ends every session and
    open link."""
    chosen = sorted(set(roles))
    lost = conn.execute(
        """
        WITH before AS (SELECT id, roles FROM users WHERE id = %(id)s FOR UPDATE)
        UPDATE users SET roles = %(roles)s FROM before WHERE users.id = before.id
        RETURNING NOT before.roles <@ users.roles
        """,
        {"id": user_id, "roles": chosen},
    ).fetchone()
    if lost and lost[0]:
        end_access(conn, user_id)


def set_password(conn: Conn, user_id: int, password: str) -> None:
    """Set the password and end every session and open link of the user. Raises PeopleError."""
    check_password(password)
    done = conn.execute(
        "UPDATE users SET password_hash = %s WHERE id = %s AND subject IS NULL",
        [_hasher.hash(password), user_id],
    )
    if not done.rowcount:
        raise PeopleError("whoever logs in through the provider has no password here")
    end_access(conn, user_id)


def set_disabled(conn: Conn, user_id: int, disabled: bool) -> None:
    """Disable or enable; disabling ends every session and open link."""
    conn.execute("UPDATE users SET disabled = %s WHERE id = %s", [disabled, user_id])
    if disabled:
        end_access(conn, user_id)


def set_keys(conn: Conn, user_id: int, own: Mapping[str, str]) -> None:
    """The keys that the user has for commands, where they differ from everybody's."""
    conn.execute(
        "UPDATE users SET keys = %s::jsonb WHERE id = %s", [msgspec.json.encode(own).decode(), user_id]
    )


def set_preferences(conn: Conn, user_id: int, *, locale: Locale, blur: bool, shortcuts: bool) -> None:
    """What the user chose for their own console."""
    conn.execute(
        "UPDATE users SET locale = %s, blur = %s, shortcuts = %s WHERE id = %s",
        [locale, blur, shortcuts, user_id],
    )


def end_access(conn: Conn, user_id: int) -> None:
    """End every session, half-finished login and open link of the user."""
    conn.execute("DELETE FROM web_sessions WHERE user_id = %s", [user_id])
    conn.execute("DELETE FROM login_steps WHERE user_id = %s", [user_id])
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
    found = conn.execute(f"SELECT {COLUMNS} FROM users WHERE id = %s", [row[0]]).fetchone()
    return None if found is None else read(found)


def create_login_link(conn: Conn, user_id: int) -> str:
    """A token that logs the user in once within LINK_LIFETIME; the address is /login/TOKEN."""
    token = secrets.token_urlsafe(32)
    conn.execute("DELETE FROM login_links WHERE expires_at < now() - interval '1 day'")
    conn.execute(
        "INSERT INTO login_links (token_hash, user_id, expires_at) VALUES (%s, %s, now() + %s)",
        [digest(token), user_id, LINK_LIFETIME],
    )
    return token


def redeem_login_link(conn: Conn, token: str) -> User | None:
    """Use up the link: its user, or None if it is unknown, used, expired or its user disabled."""
    row = conn.execute(
        """
        UPDATE login_links l SET used_at = now() FROM users
        WHERE l.token_hash = %s AND l.used_at IS NULL AND l.expires_at > now()
          AND users.id = l.user_id AND NOT users.disabled
        RETURNING """
        + COLUMNS,
        [digest(token)],
    ).fetchone()
    return None if row is None else read(row)


def claimed_cases(conn: Conn, user: User) -> int:
    """How many cases the person holds now."""
    row = conn.execute(
        "SELECT count(*) FROM cases WHERE claimed_by = %s AND state = 'claimed' AND lease_until > now()",
        [user.actor],
    ).fetchone()
    return int(row[0]) if row else 0
