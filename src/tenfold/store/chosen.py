"""How long things are kept: as the environment says, or as an administrator chose at the console since."""

from datetime import datetime
from typing import Final

import msgspec
from psycopg.rows import class_row

from tenfold.config import Settings
from tenfold.store import audit
from tenfold.store.audit import By
from tenfold.store.database import Conn

# The settings that can be chosen, and the most that each can be: a hundred years.
MOST: Final = {
    "retention_months": 1_200,
    "closure_retention_days": 36_500,
    "media_retention_days": 36_500,
}


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """A value that was chosen here, by whom, when and why."""

    name: str
    value: int
    changed_at: datetime
    changed_by: str
    reason: str


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """How long things are kept; 0: for ever."""

    retention_months: int
    closure_retention_days: int
    media_retention_days: int


def load(conn: Conn) -> dict[str, Chosen]:
    """What was chosen, by name of the setting."""
    with conn.cursor(row_factory=class_row(Chosen)) as cursor:
        cursor.execute("SELECT name, value, changed_at, changed_by, reason FROM chosen_settings")
        return {one.name: one for one in cursor}


def kept(conn: Conn, settings: Settings) -> Kept:
    """What counts now."""
    chosen = load(conn)
    return Kept(**{name: chosen[name].value if name in chosen else getattr(settings, name) for name in MOST})


def choose(conn: Conn, by: By, settings: Settings, wanted: Kept, now: datetime) -> list[str]:
    """Choose anew; the names of what that changes. ValueError for a value out of range."""
    before, changed = kept(conn, settings), []
    for name, most in MOST.items():
        value, was = getattr(wanted, name), getattr(before, name)
        if not 0 <= value <= most:
            raise ValueError(f"{name} is 0 to {most:,}")
        if value == was:
            continue
        conn.execute(
            """
            INSERT INTO chosen_settings (name, value, changed_at, changed_by, reason)
            VALUES (%(name)s, %(value)s, %(now)s, %(by)s, %(reason)s)
            ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value, changed_at = EXCLUDED.changed_at,
                changed_by = EXCLUDED.changed_by, reason = EXCLUDED.reason
            """,
            {"name": name, "value": value, "now": now, "by": by.actor, "reason": by.reason},
        )
        changed.append(by.entry("retention.changed", f"setting:{name}", value=value, before=was))
    audit.append(conn, changed)
    return [entry.subject.removeprefix("setting:") for entry in changed]
