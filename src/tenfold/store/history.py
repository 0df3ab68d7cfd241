"""What the store still knows of the past, for replaying it: events in their order, and what stood when."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from psycopg.rows import class_row

from tenfold.store.accounts import Account
from tenfold.store.database import Conn
from tenfold.store.standing import NO_VIOLATION, Standing


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of kept events, both numbers included; `events` is how many there are."""

    first: int
    last: int
    events: int


class PostRead(msgspec.Struct, frozen=True, kw_only=True):
    """What detectors read of a post."""

    id: str
    language: str | None
    script: str | None
    links: list[str]


def span(conn: Conn, since: datetime | None) -> Span | None:
    """The events received from then on, or all that are kept; None when there are none."""
    row = conn.execute(
        """
        SELECT min(seq), max(seq), count(*) FROM events
        WHERE received_at >= COALESCE(%s::timestamptz, '-infinity')
        """,
        [since],
    ).fetchone()
    assert row is not None
    return Span(first=row[0], last=row[1], events=row[2]) if row[2] else None


def next_slice(conn: Conn, after: int, until: int, size: int) -> int | None:
    """The number of the last of the next `size` events after a number; None: there are none up to `until`."""
    row = conn.execute(
        """
        SELECT max(seq) FROM
            (SELECT seq FROM events WHERE seq > %s AND seq <= %s ORDER BY seq LIMIT %s) AS slice
        """,
        [after, until, size],
    ).fetchone()
    assert row is not None
    return row[0] if row[0] is None else int(row[0])


def events(conn: Conn, after: int, until: int, *, part: int, parts: int) -> list[tuple[int, datetime, bytes]]:
    """The events after a number up to another: number, when it came, the JSON object.

    All events of one account fall into one of `parts`. Long stretches are asked for slice by slice: how many
    events a part has the planner does not know, and with a limit instead of an end it reads and sorts, from
    the middle of a million on, all that are left.
    """
    cursor = conn.execute(
        """
        SELECT seq, received_at, convert_to(body::text, 'UTF8') FROM events
        WHERE seq > %s AND seq <= %s
          AND (%s = 1 OR (hashtext(COALESCE(body ->> 'account', '')) & 65535) %% %s = %s)
        ORDER BY seq
        """,
        [after, until, parts, parts, part],
        binary=True,
    )
    return cursor.fetchall()


def posts_read(conn: Conn, ids: Iterable[str]) -> dict[str, PostRead]:
    """What detectors read of posts; unknown ids are left out."""
    cursor = conn.cursor(row_factory=class_row(PostRead))
    cursor.execute(
        "SELECT id, language, script, links FROM posts WHERE id = ANY(%s)",
        [list(ids)],
        prepare=True,
        binary=True,
    )
    return {row.id: row for row in cursor}


def older_accounts(conn: Conn, ids: Iterable[str], first: int) -> list[Account]:
    """Those of the accounts that began before event `first`, as they stand now."""
    cursor = conn.cursor(row_factory=class_row(Account))
    cursor.execute(
        """
        SELECT id, created_at, updated_at, first_seq, handle, display_name, bio, avatar, banner, location,
               links, language, followers, following, verified, last_post_at, posts, state
        FROM accounts WHERE id = ANY(%s) AND first_seq < %s
        """,
        [list(ids), first],
        prepare=True,
    )
    return cursor.fetchall()


class Stood(msgspec.Struct):
    """The cases of an account and the violations decided in them, each with when it began and ended.

    `violations` have the number under which one with all its parts counts once.
    """

    cases: list[tuple[datetime, datetime | None]] = []
    violations: list[tuple[int, datetime, datetime | None]] = []

    def at(self, account: str, time: datetime) -> Standing:
        """What stood against the account then."""
        strikes = {number for number, begun, ended in self.violations if _within(time, begun, ended)}
        waiting = sum(_within(time, begun, ended) for begun, ended in self.cases)
        return Standing(account=account, strikes=len(strikes), open_cases=waiting)


def _within(time: datetime, begun: datetime, ended: datetime | None) -> bool:
    return begun <= time and (ended is None or time < ended)


def stood(conn: Conn, accounts: Iterable[str]) -> dict[str, Stood]:
    """What ever stood against each account that ever had a case."""
    rows = conn.execute(
        """
        SELECT cases.account, cases.id, opened_at, cases.decided_at,
               COALESCE(part_of, decisions.id), decisions.decided_at, reversed_at
        FROM cases LEFT JOIN decisions
            ON decisions.case_id = cases.id AND decisions.ground <> ALL(%s)
        WHERE cases.account = ANY(%s)
        """,
        [NO_VIOLATION, list(accounts)],
        prepare=True,
    )
    found: dict[str, Stood] = {}
    seen: set[int] = set()
    for account, case, opened, closed, number, decided, reversed_at in rows:
        one = found.setdefault(account, Stood([], []))
        if case not in seen:
            seen.add(case)
            one.cases.append((opened, closed))
        if number is not None:
            one.violations.append((number, decided, reversed_at))
    return found


class Reported(msgspec.Struct, frozen=True):
    """The numbers of the events in which different users first reported a subject, in order."""

    firsts: tuple[int, ...]

    def until(self, seq: int) -> int:
        """How many had reported it up to that event, this one included."""
        return max(1, bisect_right(self.firsts, seq))


def reported(conn: Conn, subjects: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Reported]:
    """Who reported each subject when; unnamed reporters count one each."""
    rows = conn.execute(
        """
        SELECT subject_kind, subject_id, array_agg(first ORDER BY first) FROM (
            SELECT subject_kind, subject_id, min(seq) AS first
            FROM reports JOIN unnest(%s::text[], %s::text[]) AS asked (kind, id)
                ON subject_kind = asked.kind AND subject_id = asked.id
            GROUP BY subject_kind, subject_id, COALESCE(reporter, seq::text)
        ) AS firsts GROUP BY 1, 2
        """,
        [[kind for kind, _ in subjects], [id_ for _, id_ in subjects]],
        prepare=True,
    )
    return {(kind, id_): Reported(tuple(firsts)) for kind, id_, firsts in rows}


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What people last decided about a subject, as far as it is in force."""

    kind: str
    id: str
    violation: bool


def decided(conn: Conn) -> Iterable[Decided]:
    """The latest decision in force about each subject, at a constant memory."""
    with conn.cursor(name="decided") as cursor:
        cursor.itersize = 5_000
        cursor.execute(
            """
            SELECT DISTINCT ON (subject_kind, subject_id) subject_kind, subject_id,
                decisions.ground <> ALL(%s)
            FROM decisions JOIN cases ON cases.id = case_id
            WHERE decisions.state = 'in_force'
            ORDER BY subject_kind, subject_id, decisions.decided_at DESC, decisions.id DESC
            """,
            [NO_VIOLATION],
        )
        for kind, id_, violation in cursor:
            yield Decided(kind=kind, id=id_, violation=violation)
