"""Who somebody is at the OpenID provider: invitations, the first login that binds an account, and logins
that were sent there.

An account is bound to the provider's own id (`sub`), which never changes hands; names and addresses do.
"""

import secrets
from datetime import timedelta

import psycopg

from tenfold.store import people
from tenfold.store.database import Conn
from tenfold.store.people import Locale, PeopleError, User

STATE_LIFETIME = timedelta(minutes=10)  # to log in at the provider


def invite(conn: Conn, user_id: int, name_there: str) -> None:
    """Let whoever has this name at the provider have the account at their first login; raises PeopleError."""
    name_there = name_there.strip()
    if not name_there or len(name_there) > people.MAX_NAME_LENGTH or not name_there.isprintable():
        raise PeopleError(f"a name at the provider is 1 to {people.MAX_NAME_LENGTH} printable characters")
    try:
        with conn.transaction():
            conn.execute("UPDATE users SET invited_as = %s WHERE id = %s", [name_there, user_id])
    except psycopg.errors.UniqueViolation:
        raise PeopleError(f"somebody else is invited as {name_there!r} already") from None


def bound(conn: Conn, issuer: str, subject: str) -> User | None:
    """Whose account this identity has, disabled ones too."""
    row = conn.execute(
        f"SELECT {people.COLUMNS} FROM users WHERE issuer = %s AND subject = %s", [issuer, subject]
    ).fetchone()
    return None if row is None else people.read(row)


def bind_invited(conn: Conn, issuer: str, subject: str, name_there: str) -> User | None:
    """Give the account that waits for this name to the identity; None if none waits. A password that it had
    is gone, and so is every session."""
    row = conn.execute(
        """
        UPDATE users SET issuer = %s, subject = %s, invited_as = NULL, password_hash = NULL
        WHERE lower(invited_as) = lower(%s) AND subject IS NULL RETURNING id
        """,
        [issuer, subject, name_there],
    ).fetchone()
    if row is None:
        return None
    people.end_access(conn, row[0])
    return bound(conn, issuer, subject)


def add_bound(conn: Conn, issuer: str, subject: str, name: str, locale: Locale) -> User:
    """A new account without roles for an identity; raises PeopleError if the name is taken here."""
    made = people.add_user(conn, name, [], locale=locale)
    conn.execute("UPDATE users SET issuer = %s, subject = %s WHERE id = %s", [issuer, subject, made.id])
    found = bound(conn, issuer, subject)
    assert found is not None
    return found


def begin(conn: Conn, browser: str, back: str) -> str:
    """A fresh `state` for a login at the provider; `browser` is the cookie of whoever begins."""
    state = secrets.token_urlsafe(32)
    conn.execute("DELETE FROM oidc_logins WHERE expires_at < now()")
    conn.execute(
        "INSERT INTO oidc_logins (state_hash, browser, back, expires_at) VALUES (%s, %s, %s, now() + %s)",
        [people.digest(state), people.digest(browser), back, STATE_LIFETIME],
    )
    return state


def finish(conn: Conn, state: str, browser: str) -> str | None:
    """Use up a `state`: where the login was to lead. None if it is unknown, used, old, another browser's."""
    row = conn.execute(
        """
        DELETE FROM oidc_logins WHERE state_hash = %s AND browser = %s AND expires_at > now() RETURNING back
        """,
        [people.digest(state), people.digest(browser)],
    ).fetchone()
    return row[0] if row else None
