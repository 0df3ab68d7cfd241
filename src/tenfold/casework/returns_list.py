"""The list of links, window by window: those that wait for a person, and those that were decided."""

from datetime import datetime
from typing import Any, Literal

import msgspec
from psycopg.rows import class_row

from tenfold.casework.linked import VERDICT_MARKS, Brief, Mark, briefs, in_order
from tenfold.casework.lists import read_cursor, written_cursor
from tenfold.store.database import Conn

PAGE = 50
COUNTED = 10_000  # links of a level; nobody plans by whether it is more

Level = Literal["likely", "possible"]
Verdict = Literal["same", "different", "unsure"]
LEVELS: tuple[Level, ...] = ("likely", "possible")
VERDICTS: tuple[Verdict, ...] = ("same", "different", "unsure")


class ReturnRow(msgspec.Struct, kw_only=True):
    """One link in the list. `kinds` are the kinds of evidence that weigh most; `at` is when it was found or
    decided; `author` decided it."""

    closed: Brief
    new: Brief
    mark: Mark
    level: str | None
    probability: float | None
    kinds: list[str]
    at: datetime
    author: str | None = None


class ReturnsPage(msgspec.Struct, kw_only=True):
    """A window of links; `next` is the cursor of the next one, None at the end."""

    rows: list[ReturnRow]
    next: str | None = None


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many links wait, by level."""

    likely: int
    possible: int


class _Row(msgspec.Struct):
    account_a: str
    account_b: str
    level: str | None
    probability: float | None
    evidence: list[dict[str, Any]]
    at: datetime
    id: int | None
    verdict: str | None
    author: str | None
    closed: str | None


class _Waiting(msgspec.Struct, array_like=True):
    level: str
    probability: float
    account_a: str
    account_b: str


class _Decided(msgspec.Struct, array_like=True):
    id: int


_UNDECIDED = """
    NOT EXISTS (
        SELECT 1 FROM link_decisions decided
        WHERE decided.account_a = links.account_a AND decided.account_b = links.account_b
          AND decided.reversed_at IS NULL)
"""


# Whoever may be the return is closed or deleted by now, too: nothing is left to stop.
_ENDED = """
    NOT EXISTS (
        SELECT FROM (VALUES (links.account_a), (links.account_b)) AS ends (id) LEFT JOIN accounts USING (id)
        WHERE ends.id IS DISTINCT FROM links.closed
          AND COALESCE(accounts.state, 'active') NOT IN ('closed', 'deleted'))
"""


def waiting_page(
    conn: Conn,
    *,
    level: Level | None = None,
    ended: bool = False,
    cursor: str | None = None,
    limit: int = PAGE,
) -> ReturnsPage:
    """Links that nobody decided, likely ones first, then by probability; with `ended` those of accounts that
    are closed by now, else the others. ValueError: a cursor not ours."""
    values: dict[str, Any] = {"level": level, "limit": limit + 1}
    where = [_UNDECIDED, _ENDED if ended else f"NOT ({_ENDED})"]
    if level:
        where.append("level = %(level)s")
    if cursor:
        values |= {"last_" + k: v for k, v in msgspec.structs.asdict(read_cursor(cursor, _Waiting)).items()}
        where.append(
            "level >= %(last_level)s AND (level > %(last_level)s OR probability < %(last_probability)s::real"
            " OR (probability = %(last_probability)s::real"
            " AND (account_a, account_b) > (%(last_account_a)s, %(last_account_b)s)))"
        )
    found = _read(
        conn,
        f"""
        SELECT account_a, account_b, level, probability::float8, evidence, found_at AS at, NULL AS id,
            NULL AS verdict, NULL AS author, closed
        FROM links WHERE {" AND ".join(where)}
        ORDER BY level, links.probability DESC, account_a, account_b LIMIT %(limit)s
        """,
        values,
    )
    last = found[limit - 1] if len(found) > limit else None
    following = (
        written_cursor(_Waiting(last.level or "", last.probability or 0, last.account_a, last.account_b))
        if last
        else None
    )
    return ReturnsPage(rows=_shown(conn, found[:limit]), next=following)


def decided_page(
    conn: Conn, *, verdict: Verdict | None = None, cursor: str | None = None, limit: int = PAGE
) -> ReturnsPage:
    """Decisions in force about links, newest first. ValueError: a cursor that is not ours."""
    values: dict[str, Any] = {"verdict": verdict, "limit": limit + 1}
    where = [
        "reversed_at IS NULL",
        """NOT EXISTS (
            SELECT 1 FROM link_decisions newer
            WHERE newer.account_a = decided.account_a AND newer.account_b = decided.account_b
              AND newer.id > decided.id AND newer.reversed_at IS NULL)""",
    ]
    if verdict:
        where.append("verdict = %(verdict)s")
    if cursor:
        values["last"] = read_cursor(cursor, _Decided).id
        where.append("id < %(last)s")
    found = _read(
        conn,
        f"""
        SELECT account_a, account_b, NULL AS level, probability::float8, evidence, decided_at AS at, id,
            verdict, author, COALESCE(removed #>> '{{links,0,closed}}', (
                SELECT closed FROM links
                WHERE links.account_a = decided.account_a AND links.account_b = decided.account_b)) AS closed
        FROM link_decisions decided WHERE {" AND ".join(where)} ORDER BY id DESC LIMIT %(limit)s
        """,
        values,
    )
    following = written_cursor(_Decided(found[limit - 1].id or 0)) if len(found) > limit else None
    return ReturnsPage(rows=_shown(conn, found[:limit]), next=following)


def waiting_counts(conn: Conn) -> Counts:
    """How many links of open accounts wait for a person, of each level at most COUNTED: more is told as so
    many."""
    rows = conn.execute(
        f"""
        SELECT asked.level, (
            SELECT count(*) FROM (
                SELECT FROM links WHERE links.level = asked.level AND {_UNDECIDED} AND NOT ({_ENDED})
                LIMIT %s) AS waiting)
        FROM unnest(%s::text[]) AS asked (level)
        """,
        [COUNTED, list(LEVELS)],
    )
    counts: dict[str, int] = dict(rows.fetchall())
    return Counts(likely=counts.get("likely", 0), possible=counts.get("possible", 0))


def _read(conn: Conn, query: str, values: dict[str, Any]) -> list[_Row]:
    reader = conn.cursor(row_factory=class_row(_Row))
    reader.execute(query.encode(), values)
    return reader.fetchall()


def _shown(conn: Conn, rows: list[_Row]) -> list[ReturnRow]:
    known = briefs(conn, {account for row in rows for account in (row.account_a, row.account_b)})
    shown = []
    for row in rows:
        pair = (row.account_a, row.account_b)
        closed, new = in_order(known, *pair)
        if row.closed in pair and row.closed != closed:
            closed, new = new, closed
        mark = VERDICT_MARKS[row.verdict] if row.verdict else Mark(row.level or Mark.POSSIBLE)
        shown.append(
            ReturnRow(
                closed=known[closed],
                new=known[new],
                mark=mark,
                level=row.level,
                probability=row.probability,
                kinds=strongest_kinds(row.evidence),
                at=row.at,
                author=row.author,
            )
        )
    return shown


def strongest_kinds(evidence: list[dict[str, Any]], most: int = 3) -> list[str]:
    """The kinds of the items that speak most for a link, strongest first."""
    speaking = [item for item in evidence if item.get("bits", 0) > 0]
    ordered = sorted(speaking, key=lambda item: -float(item["bits"]))
    return list(dict.fromkeys(str(item.get("kind", "")) for item in ordered))[:most]
