"""API keys: made, listed, revoked, and recognised by a keyed hash.

A key reads `tf_<prefix>_<secret>`: the prefix (10 characters) finds the row and may be shown; the
secret (43 characters, 256 random bits) is known to its holder alone. The database keeps BLAKE2b of the
whole key under the installation's secret, so neither a copy of the database nor of a log gives a key.
"""

import hashlib
import hmac
import secrets
import string
from collections.abc import Collection
from datetime import UTC, datetime
from enum import StrEnum

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn

_ALPHABET = string.ascii_letters + string.digits
_PREFIX_LENGTH = 10
_SECRET_LENGTH = 43  # 43 characters of 62 hold 256 bits


class Scope(StrEnum):
    """What a key may do. A key holds only what its holder needs."""

    EVENTS_WRITE = "events:write"
    EVALUATE = "evaluate"
    BANKS_READ = "banks:read"
    BANKS_WRITE = "banks:write"
    CASES_READ = "cases:read"
    CASES_WRITE = "cases:write"
    APPEALS_WRITE = "appeals:write"
    ACTIONS_READ = "actions:read"
    ACTIONS_WRITE = "actions:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    LINKS_WRITE = "links:write"
    CLOSURES_READ = "closures:read"
    CLOSURES_WRITE = "closures:write"
    THREATS = "threats"
    PROTECTEES = "protectees"
    POLICY_READ = "policy:read"
    POLICY_WRITE = "policy:write"
    FIGURES_READ = "figures:read"
    STATUS_READ = "status:read"
    METRICS_READ = "metrics:read"


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as the store knows it. Unknown scopes of a later version are kept and grant nothing."""

    id: int
    prefix: str
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = None  # to about a minute

    def usable(self, now: datetime) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    @property
    def actor(self) -> str:
        """How the audit log names whoever holds this key."""
        return f"key:{self.id}"


_COLUMNS = "id, prefix, name, scopes, created_at, expires_at, revoked_at, last_used_at"


def _hash(secret: bytes, token: str) -> bytes:
    return hashlib.blake2b(token.encode(), key=hashlib.sha256(secret).digest(), person=b"api-key").digest()


def _prefix(token: str) -> str | None:
    """The prefix of a well-formed key; None for anything else, so that no nonsense reaches SQL."""
    parts = token.split("_")
    if len(parts) != 3 or parts[0] != "tf" or not token.isascii():
        return None
    if len(parts[1]) != _PREFIX_LENGTH or len(parts[2]) != _SECRET_LENGTH:
        return None
    return parts[1] if (parts[1] + parts[2]).isalnum() else None


def create(
    conn: Conn, secret: bytes, *, name: str, scopes: Collection[Scope], expires_at: datetime | None = None
) -> tuple[int, str]:
    """Make a key; returns its id and the key itself, which cannot be had again.

    `secret` is the installation's. Raises ValueError for an empty name, no scope, a past expiry.
    """
    if not name.strip() or "\0" in name:
        raise ValueError("a key needs a name that says who holds it")
    if not scopes:
        raise ValueError(f"a key needs at least one scope: {', '.join(Scope)}")
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise ValueError(f"{expires_at.isoformat()} has passed: the key would never work")
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(_PREFIX_LENGTH))
    token = f"tf_{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LENGTH))
    row = conn.execute(
        "INSERT INTO api_keys (prefix, hash, name, scopes, expires_at)"
        " VALUES (%s, %s, %s, %s, %s) RETURNING id",
        [prefix, _hash(secret, token), name.strip(), sorted(str(scope) for scope in scopes), expires_at],
    ).fetchone()
    assert row is not None
    return row[0], token


def authenticate(conn: Conn, secret: bytes, token: str) -> ApiKey | None:
    """Whose key this is; None when it is unknown, revoked or expired."""
    prefix = _prefix(token)
    if prefix is None:
        return None
    row = conn.execute(f"SELECT hash, {_COLUMNS} FROM api_keys WHERE prefix = %s", [prefix]).fetchone()
    if row is None or not hmac.compare_digest(row[0], _hash(secret, token)):
        return None
    key = ApiKey(**dict(zip(_COLUMNS.split(", "), row[1:], strict=True)))
    if not key.usable(datetime.now(UTC)):
        return None
    conn.execute(
        """
        UPDATE api_keys SET last_used_at = now() WHERE id = %s
            AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
        """,
        [key.id],
    )
    return key


def list_keys(conn: Conn) -> list[ApiKey]:
    """Every key ever made, oldest first."""
    with conn.cursor(row_factory=class_row(ApiKey)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM api_keys ORDER BY id").fetchall()


def revoke(conn: Conn, id_: int) -> ApiKey | None:
    """End a key at once and for good; None when there is none of that id. Twice does no harm."""
    with conn.cursor(row_factory=class_row(ApiKey)) as cursor:
        return cursor.execute(
            "UPDATE api_keys SET revoked_at = coalesce(revoked_at, now())"
            f" WHERE id = %s RETURNING {_COLUMNS}",
            [id_],
        ).fetchone()
