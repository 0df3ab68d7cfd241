"""API keys made and revoked, each in the audit log with who did it and why; for command line and console."""

from collections.abc import Collection
from datetime import datetime

from tenfold.store import audit, keys
from tenfold.store.audit import By
from tenfold.store.database import Conn
from tenfold.store.keys import ApiKey, Scope


def create(
    conn: Conn,
    by: By,
    secret: bytes,
    *,
    name: str,
    scopes: Collection[Scope],
    expires_at: datetime | None = None,
) -> tuple[int, str]:
    """Make a key; its number and the key itself, which cannot be had again. Raises ValueError as keys.create
    does."""
    number, token = keys.create(conn, secret, name=name, scopes=scopes, expires_at=expires_at)
    details = {
        "name": name.strip(),
        "scopes": sorted(scopes),
        "expires_at": expires_at and expires_at.isoformat(),
    }
    audit.append(conn, [by.entry("key.created", f"key:{number}", **details)])
    return number, token


def revoke(conn: Conn, by: By, number: int) -> ApiKey | None:
    """End a key for good; None when there is none of that number. Ending one twice is noted once."""
    before = next((key for key in keys.list_keys(conn) if key.id == number), None)
    if before is None or before.revoked_at is not None:
        return before
    key = keys.revoke(conn, number)
    audit.append(conn, [by.entry("key.revoked", f"key:{number}", name=before.name)])
    return key
