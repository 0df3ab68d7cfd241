"""Decisions that need two people: what asks for it, and what was proposed and waits for a second look."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg import sql
from psycopg.rows import class_row

from tenfold.store.database import Conn


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A ground, a kind of action or a queue for which one person is not enough."""

    kind: str  # ground, action, queue
    value: str
    added_by: str
    added_at: datetime

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody would decide. `needs` are the rules that ask for a second person; `second` is who
    confirmed it, sent it back or took it over; `family` the account to whose people all cases have to belong,
    if they have to."""

    id: int
    case_ids: list[int]
    verdicts: Any  # a list of verdicts as JSON
    as_one: bool
    needs: list[str]
    author: str
    proposed_at: datetime
    state: str  # waiting, confirmed, sent_back, taken_over, withdrawn
    second: str | None
    ended_at: datetime | None
    words: str
    decision_id: int | None
    family: str | None


_COLUMNS = sql.SQL(", ").join(sql.Identifier(name) for name in Proposal.__struct_fields__)


def rules(conn: Conn) -> list[Rule]:
    """What asks for a second person."""
    cursor = conn.cursor(row_factory=class_row(Rule))
    cursor.execute("SELECT kind, value, added_by, added_at FROM second_rules ORDER BY kind, value")
    return cursor.fetchall()


def add_rule(conn: Conn, kind: str, value: str, actor: str, now: datetime) -> bool:
    """From now on; False if it is so already."""
    cursor = conn.execute(
        "INSERT INTO second_rules (kind, value, added_by, added_at) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        [kind, value, actor, now],
    )
    return cursor.rowcount > 0


def remove_rule(conn: Conn, kind: str, value: str) -> bool:
    """No longer; False if it was not so."""
    return conn.execute("DELETE FROM second_rules WHERE kind = %s AND value = %s", [kind, value]).rowcount > 0


def asked(conn: Conn, named: Iterable[tuple[str, str]]) -> list[str]:
    """Which of these (kind, value) ask for a second person, written kind:value."""
    pairs = [{"kind": kind, "value": value} for kind, value in sorted(set(named))]
    rows = conn.execute(
        """
        SELECT second_rules.kind || ':' || second_rules.value FROM second_rules
        JOIN jsonb_to_recordset(%s::jsonb) AS row (kind text, value text) USING (kind, value) ORDER BY 1
        """,
        [msgspec.json.encode(pairs).decode()],
    )
    return [row[0] for row in rows]


def add(
    conn: Conn,
    *,
    case_ids: Sequence[int],
    verdicts: bytes,
    as_one: bool,
    needs: Sequence[str],
    author: str,
    family: str | None,
    now: datetime,
) -> int:
    """Keep a proposal; returns its id. `verdicts` is JSON."""
    row = conn.execute(
        """
        INSERT INTO proposed_decisions (case_ids, verdicts, as_one, needs, author, family, proposed_at)
        VALUES (%s, %s::jsonb, %s, %s, %s, %s, %s) RETURNING id
        """,
        [list(case_ids), verdicts.decode(), as_one, list(needs), author, family, now],
    ).fetchone()
    assert row is not None
    return int(row[0])


def load(conn: Conn, proposal_id: int, *, lock: bool = False) -> Proposal | None:
    """One proposal; with `lock` held until the end of the transaction."""
    cursor = conn.cursor(row_factory=class_row(Proposal))
    cursor.execute(
        sql.SQL("SELECT {} FROM proposed_decisions WHERE id = %s {}").format(
            _COLUMNS, sql.SQL("FOR UPDATE" if lock else "")
        ),
        [proposal_id],
    )
    return cursor.fetchone()


def waiting(conn: Conn) -> list[Proposal]:
    """The proposals that wait, the oldest first."""
    cursor = conn.cursor(row_factory=class_row(Proposal))
    cursor.execute(
        sql.SQL("SELECT {} FROM proposed_decisions WHERE state = 'waiting' ORDER BY id").format(_COLUMNS)
    )
    return cursor.fetchall()


def waiting_on(conn: Conn, case_id: int) -> Proposal | None:
    """The proposal that a case waits with."""
    cursor = conn.cursor(row_factory=class_row(Proposal))
    cursor.execute(
        sql.SQL(
            "SELECT {} FROM proposed_decisions WHERE case_ids @> ARRAY[%s::bigint] AND state = 'waiting'"
        ).format(_COLUMNS),
        [case_id],
    )
    return cursor.fetchone()


def end(
    conn: Conn,
    proposal_id: int,
    *,
    state: str,
    second: str | None,
    words: str = "",
    decision_id: int | None = None,
    now: datetime,
) -> None:
    """Write what became of a proposal."""
    conn.execute(
        """
        UPDATE proposed_decisions SET state = %s, second = %s, words = %s, decision_id = %s, ended_at = %s
        WHERE id = %s
        """,
        [state, second, words, decision_id, now, proposal_id],
    )
