"""Records of threats: their rows, the keys that tie sources to them, and what is written about them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg import sql
from psycopg.rows import class_row

from tenfold.store.accounts import as_records
from tenfold.store.database import Conn


class Threat(msgspec.Struct, kw_only=True):
    """A record's row. `level` is in force: a person's where there is one, else what was read.

    `asks`: why it asks a person again though one has assessed it. `raised` and `findings`: what raised the
    level above its sources', and the numbers behind it. `matched_revision`: that of the protectees for whom
    all its sources were searched, -1 for none.
    """

    id: int
    information: bool
    level: str
    read_level: str
    assessed_level: str | None
    assessed_read: str | None
    status: str
    outcome: str | None
    owner: str | None
    asks: list[str]
    language: str | None
    speech_act: str
    act: str
    target_kind: str
    target: str
    protected: bool
    review: bool
    reasons: list[str]
    raised: list[str]
    findings: dict[str, Any]
    corrected: dict[str, Any]
    first_at: datetime
    last_at: datetime
    sources: int
    accounts: int
    opened_at: datetime
    updated_at: datetime
    due_at: datetime | None
    seen_at: datetime | None
    in_time: bool | None
    assessed_at: datetime | None
    assessed_by: str | None
    closed_at: datetime | None
    merged_into: int | None
    forgotten_at: datetime | None
    matched_revision: int
    urgency: int


COLUMNS = sql.SQL(", ").join(sql.Identifier(name) for name in Threat.__struct_fields__)
# What `write` may change, with its type in SQL.
_WRITTEN = {
    "information": "boolean", "level": "text", "read_level": "text", "assessed_level": "text",
    "assessed_read": "text", "status": "text", "outcome": "text", "owner": "text", "asks": "text[]",
    "language": "text", "speech_act": "text", "act": "text", "target_kind": "text", "target": "text",
    "protected": "boolean", "review": "boolean", "reasons": "text[]", "raised": "text[]", "findings": "jsonb",
    "corrected": "jsonb", "first_at": "timestamptz", "last_at": "timestamptz", "sources": "int",
    "accounts": "int", "updated_at": "timestamptz", "due_at": "timestamptz", "seen_at": "timestamptz",
    "in_time": "boolean", "assessed_at": "timestamptz", "assessed_by": "text", "closed_at": "timestamptz",
    "merged_into": "bigint", "matched_revision": "bigint",
}  # fmt: skip


MOST_SPANS = 20  # places in which a record names one protectee


def targets(conn: Conn, ids: Iterable[int]) -> dict[int, list[str]]:
    """The names for the target of each record that somebody's own words made and whose target can be told."""
    rows = conn.execute(
        "SELECT id, targets FROM threats WHERE id = ANY(%s) AND targets <> '{}' AND NOT information",
        [sorted(set(ids))],
    )
    return dict(rows.fetchall())


def add_targets(conn: Conn, names: Mapping[int, Iterable[str]]) -> None:
    """Add names to those of records' targets. They may tell who is watched over: they are shown to nobody."""
    rows = [{"id": id_, "names": sorted(set(all_))} for id_, all_ in sorted(names.items())]
    conn.execute(
        """
        UPDATE threats SET targets = ARRAY(SELECT DISTINCT unnest(targets || row.names) ORDER BY 1)
        FROM jsonb_to_recordset(%s) AS row (id bigint, names text[]) WHERE threats.id = row.id
        """,
        [as_records(rows)],
    )


def open_new(conn: Conn, count: int, now: datetime) -> list[int]:
    """Open records whose contents `write` fills in within the same transaction; returns their ids."""
    rows = conn.execute(
        """
        INSERT INTO threats (level, read_level, speech_act, target_kind, first_at, last_at, opened_at,
            updated_at, looked_again_at)
        SELECT 'N', 'N', '', '', %(now)s, %(now)s, %(now)s, %(now)s, %(now)s
        FROM generate_series(1, %(count)s) RETURNING id
        """,
        {"now": now, "count": count},
    )
    return sorted(row[0] for row in rows)


def load(conn: Conn, ids: Iterable[int], *, lock: bool = False) -> dict[int, Threat]:
    """Records by id; with `lock` held until the end of the transaction, in the order of their ids."""
    cursor = conn.cursor(row_factory=class_row(Threat))
    cursor.execute(
        sql.SQL("SELECT {} FROM threats WHERE id = ANY(%s) ORDER BY id {}").format(
            COLUMNS, sql.SQL("FOR UPDATE" if lock else "")
        ),
        [sorted(set(ids))],
    )
    return {threat.id: threat for threat in cursor}


def lock_due(conn: Conn, before: datetime, most: int) -> dict[int, Threat]:
    """Lock open records of threats whose accounts were looked at last before that time, but for those that
    somebody else holds just now."""
    cursor = conn.cursor(row_factory=class_row(Threat))
    cursor.execute(
        sql.SQL(
            """
            SELECT {} FROM threats WHERE status <> 'closed' AND NOT information AND looked_again_at < %s
            ORDER BY looked_again_at LIMIT %s FOR UPDATE SKIP LOCKED
            """
        ).format(COLUMNS),
        [before, most],
        prepare=True,
    )
    return {threat.id: threat for threat in cursor}


def lock_unmatched(conn: Conn, revision: int, most: int) -> dict[int, Threat]:
    """Lock open records whose sources were searched for protectees of an earlier revision, but for those that
    somebody else holds just now."""
    cursor = conn.cursor(row_factory=class_row(Threat))
    cursor.execute(
        sql.SQL(
            """
            SELECT {} FROM threats WHERE status <> 'closed' AND matched_revision < %s
            ORDER BY matched_revision LIMIT %s FOR UPDATE SKIP LOCKED
            """
        ).format(COLUMNS),
        [revision, most],
        prepare=True,
    )
    return {threat.id: threat for threat in cursor}


def looked_again(conn: Conn, ids: Iterable[int], now: datetime) -> None:
    """Write that the accounts of records were looked at."""
    conn.execute("UPDATE threats SET looked_again_at = %s WHERE id = ANY(%s)", [now, sorted(set(ids))])


def write(conn: Conn, threats: Iterable[Threat]) -> None:
    """Write records back whole, in the order of their ids."""
    rows = [
        {name: getattr(threat, name) for name in ("id", *_WRITTEN)}
        for threat in sorted(threats, key=lambda threat: threat.id)
    ]
    if not rows:
        return
    conn.execute(
        sql.SQL(
            """
            UPDATE threats SET {set} FROM jsonb_to_recordset(%s) AS row (id bigint, {types})
            WHERE threats.id = row.id
            """
        ).format(
            set=sql.SQL(", ").join(
                sql.SQL("{0} = row.{0}").format(sql.Identifier(name)) for name in _WRITTEN
            ),
            types=sql.SQL(", ".join(f"{name} {type_}" for name, type_ in _WRITTEN.items())),
        ),
        [as_records(rows)],
    )


def note_protectees(conn: Conn, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep whom records name: rows of `threat`, `protectee`, `how`, `strength`, `spans`; the surest match of
    each counts, and a few places are kept."""
    conn.execute(
        f"""
        INSERT INTO threat_protectees AS known (threat_id, protectee_id, how, strength, spans)
        SELECT threat, protectee, how, strength, jsonb_path_query_array(spans, '$[0 to {MOST_SPANS - 1}]')
        FROM jsonb_to_recordset(%s)
            AS row (threat bigint, protectee bigint, how text, strength real, spans jsonb)
        WHERE EXISTS (SELECT FROM protectees WHERE protectees.id = protectee)
        ON CONFLICT (threat_id, protectee_id) DO UPDATE SET
            how = CASE WHEN excluded.strength > known.strength THEN excluded.how ELSE known.how END,
            strength = greatest(known.strength, excluded.strength),
            spans = jsonb_path_query_array(
                (SELECT jsonb_agg(DISTINCT one)
                 FROM jsonb_array_elements(known.spans || excluded.spans) AS one),
                '$[0 to {MOST_SPANS - 1}]')
        """,
        [as_records([dict(row) for row in rows])],
    )


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a record's log."""

    threat_id: int
    actor: str
    act: str
    details: dict[str, Any] = {}


def log(conn: Conn, lines: Sequence[Said], now: datetime) -> None:
    """Write what was done with records."""
    if lines:
        conn.execute(
            """
            INSERT INTO threat_log (threat_id, at, actor, act, details)
            SELECT threat_id, %s, actor, act, details
            FROM jsonb_array_elements(%s) WITH ORDINALITY AS one (row, n),
                jsonb_to_record(row) AS line (threat_id bigint, actor text, act text, details jsonb)
            ORDER BY n
            """,
            [now, as_records(lines)],
        )


def count_read(conn: Conn, posts: Mapping[str, int]) -> None:
    """Count posts that were read, by the day (ISO) on which they were written."""
    rows = [{"day": day, "posts": count} for day, count in sorted(posts.items())]
    conn.execute(
        """
        INSERT INTO threat_read AS known (day, shard, posts)
        SELECT day, pg_backend_pid() %% 64, posts FROM jsonb_to_recordset(%s) AS row (day date, posts bigint)
        ON CONFLICT (day, shard) DO UPDATE SET posts = known.posts + excluded.posts
        """,
        [as_records(rows)],
        prepare=True,
    )


def ids_of(threats: Collection[Threat]) -> list[int]:
    """Their ids, sorted."""
    return sorted(threat.id for threat in threats)
