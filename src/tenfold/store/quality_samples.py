"""Which share of decisions gets a second look, and which were drawn."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn

OVERLAP = timedelta(minutes=15)  # decisions committed later than others made after them are still drawn
CERTAIN = timedelta(minutes=2)  # after a decision, when its author can no longer undo it

# The subject is as it was at a time, and no link to a closed account is part of the evidence.
_LINKED = """EXISTS (SELECT FROM signals WHERE signals.subject_kind = 'account'
            AND signals.subject_id = cases.subject_id AND signals.name = 'return')"""
AS_IT_WAS = f"""
    CASE cases.subject_kind
    WHEN 'post' THEN EXISTS (SELECT FROM posts WHERE posts.id = cases.subject_id
        AND (posts.edited_at IS NULL OR posts.edited_at <= {{since}}))
    WHEN 'account' THEN EXISTS (SELECT FROM accounts WHERE accounts.id = cases.subject_id)
        AND NOT EXISTS (SELECT FROM account_profiles AS later WHERE later.account = cases.subject_id
            AND later.at > {{since}})
        AND NOT {_LINKED}
    WHEN 'media' THEN EXISTS (SELECT FROM media WHERE media.id = cases.subject_id)
    ELSE EXISTS (SELECT FROM groups WHERE groups.id = cases.subject_id) END
"""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """Which share of decisions gets a second look; None is any queue, ground or language."""

    id: int
    queue: str | None
    ground: str | None
    language: str | None
    share: float
    seed: str
    set_by: str
    set_at: datetime
    ended_at: datetime | None


class Drawable(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that may be drawn."""

    id: int
    case_id: int
    author: str
    ground: str
    decided_at: datetime
    queue: str
    language: str | None


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that was drawn, by which sample."""

    decision: Drawable
    sample_id: int


_SAMPLE = ", ".join(Sample.__struct_fields__)


def samples(conn: Conn, *, ended: bool = False) -> list[Sample]:
    """Samples in force, in the order in which they were set; with `ended` those that were, too."""
    cursor = conn.cursor(row_factory=class_row(Sample))
    where = "" if ended else "WHERE ended_at IS NULL"
    return cursor.execute(f"SELECT {_SAMPLE} FROM review_samples {where} ORDER BY id").fetchall()


def add_sample(
    conn: Conn,
    *,
    queue: str | None,
    ground: str | None,
    language: str | None,
    share: float,
    seed: str,
    actor: str,
    now: datetime,
) -> int:
    """Keep a sample; returns its id."""
    row = conn.execute(
        """
        INSERT INTO review_samples (queue, ground, language, share, seed, set_by, set_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id
        """,
        [queue, ground, language, share, seed, actor, now],
    ).fetchone()
    assert row is not None
    return int(row[0])


def end_sample(conn: Conn, sample_id: int, actor: str, now: datetime) -> bool:
    """End a sample; whether it was in force."""
    ended = conn.execute(
        "UPDATE review_samples SET ended_by = %s, ended_at = %s WHERE id = %s AND ended_at IS NULL",
        [actor, now, sample_id],
    )
    return ended.rowcount > 0


def rests_on_link(conn: Conn, case_id: int) -> bool:
    """Whether a case is about an account that is linked to a closed one."""
    found = conn.execute(
        f"SELECT FROM cases WHERE id = %s AND subject_kind = 'account' AND {_LINKED}", [case_id]
    )
    return found.rowcount > 0


def drawable(conn: Conn, now: datetime) -> list[Drawable]:
    """Decisions by people, each about one case alone, since decisions were last drawn; from now on those up
    to `now` count as drawn. Locks the settings until the transaction ends."""
    row = conn.execute("SELECT drawn_until FROM quality_settings FOR UPDATE").fetchone()
    assert row is not None, "the migration writes the row"
    until = now - CERTAIN
    conn.execute("UPDATE quality_settings SET drawn_until = greatest(drawn_until, %s)", [until])
    cursor = conn.cursor(row_factory=class_row(Drawable))
    cursor.execute(
        f"""
        SELECT decisions.id, case_id, author, decisions.ground, decisions.decided_at, cases.queue,
               cases.language
        FROM decisions JOIN cases ON cases.id = case_id
        WHERE decisions.decided_at > %(since)s AND decisions.decided_at <= %(until)s
          AND decisions.state = 'in_force' AND author LIKE 'user:%%' AND part_of IS NULL AND appeal_id IS NULL
          AND NOT EXISTS (SELECT FROM decisions AS part WHERE part.part_of = decisions.id)
          AND {AS_IT_WAS.format(since="decisions.decided_at")}
        ORDER BY decisions.id
        """,
        {"since": row[0] - OVERLAP, "until": until},
    )
    return cursor.fetchall()


def keep_drawn(conn: Conn, drawn: Sequence[Drawn], now: datetime) -> int:
    """Keep what was drawn; a decision that was drawn before stays as it is. Returns how many are new."""
    rows = [
        msgspec.structs.asdict(one.decision) | {"sample": one.sample_id}
        for one in sorted(drawn, key=lambda one: one.decision.id)
    ]
    return conn.execute(
        """
        INSERT INTO reviews (decision_id, case_id, sample_id, drawn_at, first_author, first_ground, queue,
            language)
        SELECT id, case_id, sample, %s, author, ground, queue, language
        FROM jsonb_to_recordset(%s::jsonb) AS row (id bigint, case_id bigint, sample bigint, author text,
            ground text, queue text, language text)
        ORDER BY id ON CONFLICT (decision_id) DO NOTHING
        """,
        [now, msgspec.json.encode(rows).decode()],
    ).rowcount
