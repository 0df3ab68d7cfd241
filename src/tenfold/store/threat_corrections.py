"""What people corrected in readings of threats, kept to learn from."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import class_row

from tenfold.store.accounts import as_records
from tenfold.store.database import Conn


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """A factor as a person corrected it. `before`, `after`: its values, None where it is not there. `text`
    and `details` are what the detector read and said."""

    id: int
    threat_id: int
    at: datetime
    actor: str
    factor: str
    before: Any
    after: Any
    reason: str
    language: str | None
    text: str
    details: dict[str, Any]


def add(
    conn: Conn,
    threat_id: int,
    *,
    actor: str,
    factor: str,
    before: Any,
    after: Any,
    reason: str,
    language: str | None,
    text: str,
    details: Mapping[str, Any],
    now: datetime,
) -> None:
    """Keep a correction."""
    row = {
        "threat_id": threat_id, "actor": actor, "factor": factor, "before": before, "after": after,
        "reason": reason, "language": language, "text": text, "details": dict(details),
    }  # fmt: skip
    conn.execute(
        """
        INSERT INTO threat_corrections
            (threat_id, at, actor, factor, before, after, reason, language, text, details)
        SELECT threat_id, %s, actor, factor, before, after, reason, language, text, details
        FROM jsonb_to_recordset(%s) AS row (threat_id bigint, actor text, factor text, before jsonb,
            after jsonb, reason text, language text, text text, details jsonb)
        """,
        [now, as_records([row])],
    )


def page(conn: Conn, *, after: int = 0, limit: int = 500, threat_id: int | None = None) -> list[Correction]:
    """The next corrections behind the id `after`, all or those of one record."""
    cursor = conn.cursor(row_factory=class_row(Correction))
    cursor.execute(
        """
        SELECT id, threat_id, at, actor, factor, before, after, reason, language, text, details
        FROM threat_corrections WHERE id > %s AND (%s::bigint IS NULL OR threat_id = %s) ORDER BY id LIMIT %s
        """,
        [after, threat_id, threat_id, limit],
    )
    return cursor.fetchall()
