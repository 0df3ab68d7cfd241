"""Accounts that may be run by the same people: what ties them together, and a few words about each."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn


class Mark(StrEnum):
    """How sure a tie is: what a person said of it, or else the level of the link."""

    CONFIRMED = "confirmed"
    LIKELY = "likely"
    POSSIBLE = "possible"
    UNSURE = "unsure"
    DENIED = "denied"


SURE = (Mark.CONFIRMED, Mark.LIKELY, Mark.POSSIBLE, Mark.UNSURE, Mark.DENIED)  # the surest first
VERDICT_MARKS = {"same": Mark.CONFIRMED, "different": Mark.DENIED, "unsure": Mark.UNSURE}


class Brief(msgspec.Struct, kw_only=True):
    """A few words about an account. `created_at` and `closed_at` where known; `case_id` is its open case, or
    else its latest one."""

    account: str
    handle: str | None
    name: str | None
    language: str | None
    state: str | None  # None: only its closure was handed in
    created_at: datetime | None
    closed_at: datetime | None
    case_id: int | None

    @property
    def label(self) -> str:
        """What people call it by in a sentence: names are often alike, handles and ids are not."""
        return f"@{self.handle}" if self.handle else self.account

    @property
    def since(self) -> tuple[float, str]:
        """The order in which accounts appeared, those of unknown age first."""
        at = self.created_at or self.closed_at
        return (at.timestamp() if at else 0.0, self.account)

    @property
    def closed(self) -> bool:
        """Whether it is closed now."""
        return self.state == "closed" or (self.state is None and self.closed_at is not None)

    @property
    def turn(self) -> tuple[bool, float, tuple[float, str]]:
        """The order in which accounts of one family follow on each other: closed ones as they were closed,
        then open ones as they appeared. What was opened long before a closure (slept, or bought) follows on
        it."""
        if not self.closed:
            return (True, 0.0, self.since)
        at = self.closed_at or self.created_at
        return (False, at.timestamp() if at else 0.0, self.since)


class Tie(msgspec.Struct, frozen=True, kw_only=True):
    """A link or a decision about one between two accounts, `account_a` < `account_b`. `closed`: which of them
    was closed when the link was found; None where nobody noted that."""

    account_a: str
    account_b: str
    mark: Mark
    probability: float | None
    closed: str | None = None

    @property
    def ends(self) -> tuple[str, str]:
        """Both accounts."""
        return (self.account_a, self.account_b)

    def other(self, account: str) -> str:
        """The account at the other end."""
        return self.account_b if account == self.account_a else self.account_a


class _TieRow(msgspec.Struct):
    account_a: str
    account_b: str
    level: str | None
    verdict: str | None
    probability: float | None
    closed: str | None


def pair(first: str, second: str) -> tuple[str, str]:
    """Two accounts as links and decisions name them: the lesser by code points first."""
    return (first, second) if first < second else (second, first)


def ties(conn: Conn, accounts: Iterable[str]) -> list[Tie]:
    """All links of these accounts and all decisions in force about them, the surest first."""
    reader = conn.cursor(row_factory=class_row(_TieRow))
    reader.execute(
        """
        WITH decided AS (
            SELECT DISTINCT ON (account_a, account_b) account_a, account_b, verdict, probability,
                removed #>> '{links,0,closed}' AS closed
            FROM link_decisions
            WHERE reversed_at IS NULL AND (account_a = ANY(%(ids)s) OR account_b = ANY(%(ids)s))
            ORDER BY account_a, account_b, id DESC
        ), found AS (
            SELECT account_a, account_b, level, probability, closed FROM links
            WHERE account_a = ANY(%(ids)s) OR account_b = ANY(%(ids)s)
        )
        SELECT account_a, account_b, level, verdict, COALESCE(found.closed, decided.closed) AS closed,
            COALESCE(found.probability, decided.probability)::float8 AS probability
        FROM found FULL JOIN decided USING (account_a, account_b)
        """,
        {"ids": sorted(set(accounts))},
    )
    found = [
        Tie(
            account_a=row.account_a,
            account_b=row.account_b,
            mark=VERDICT_MARKS[row.verdict] if row.verdict else Mark(row.level or Mark.POSSIBLE),
            probability=row.probability,
            closed=row.closed,
        )
        for row in reader
    ]
    return sorted(found, key=lambda tie: (SURE.index(tie.mark), -(tie.probability or 0), tie.account_a))


def briefs(conn: Conn, accounts: Iterable[str]) -> dict[str, Brief]:
    """A few words about each of these accounts, also of those that only a closure tells of."""
    reader = conn.cursor(row_factory=class_row(Brief))
    reader.execute(
        """
        SELECT asked.account,
            COALESCE(accounts.handle, fingerprint -> 'handles' ->> 0) AS handle,
            COALESCE(accounts.display_name, fingerprint -> 'names' ->> 0) AS name,
            accounts.language, accounts.state,
            COALESCE(accounts.created_at, closures.created_at) AS created_at, closures.closed_at,
            (SELECT id FROM cases WHERE cases.account = asked.account AND subject_kind = 'account'
             ORDER BY cases.state = 'decided', id DESC LIMIT 1) AS case_id
        FROM unnest(%s::text[]) AS asked (account)
        LEFT JOIN accounts ON accounts.id = asked.account
        LEFT JOIN closures ON closures.account = asked.account
        """,
        [sorted(set(accounts))],
    )
    return {brief.account: brief for brief in reader}


def in_order(found: dict[str, Brief], first: str, second: str) -> tuple[str, str]:
    """Of two accounts the one that came first, then the other, by their turn in a family."""
    return (first, second) if found[first].turn <= found[second].turn else (second, first)


def came_first(found: dict[str, Brief], tie: Tie) -> str:
    """Which end of a tie the other may be the return of: whom the link says was closed, else by turn."""
    return tie.closed if tie.closed in tie.ends else in_order(found, *tie.ends)[0]


def direction(conn: Conn, accounts: tuple[str, str], closed: str | None = None) -> tuple[str, str]:
    """Which of two accounts came first and which may be its return."""
    if closed in accounts:
        return closed, accounts[1] if closed == accounts[0] else accounts[0]
    return in_order(briefs(conn, accounts), *accounts)


def walk(
    conn: Conn, start: Sequence[str], through: Sequence[Mark], limit: int, last: Sequence[Mark] = ()
) -> tuple[set[str], list[Tie]]:
    """The accounts that are reached from `start` by ties with these marks, and by one more tie of those in
    `last`, at most about `limit`, and every tie between them; denied ones among these, but nobody is reached
    through those."""
    reached, frontier = set(start), sorted(set(start))
    found: dict[tuple[str, str], Tie] = {}
    while frontier and len(reached) < limit:
        step = ties(conn, frontier)
        found |= {tie.ends: tie for tie in step}
        frontier = _beyond(step, through, reached, limit)
        reached |= set(frontier)
    edge = _beyond(found.values(), last, reached, limit)
    if edge:
        found |= {tie.ends: tie for tie in ties(conn, edge)}
        reached |= set(edge)
    return reached, [tie for tie in found.values() if reached.issuperset(tie.ends)]


def _beyond(found: Iterable[Tie], marks: Sequence[Mark], reached: set[str], limit: int) -> list[str]:
    """Who is tied by one of these marks and not reached yet, as far as there is room."""
    ends = [end for tie in found if tie.mark in marks for end in tie.ends]
    return [end for end in dict.fromkeys(ends) if end not in reached][: max(0, limit - len(reached))]
