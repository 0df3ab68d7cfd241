"""What the overview counts: cases, decisions, actions and appeals by day (UTC), queue and language.

Days that are over are counted once and kept; a day of which something changed since is counted anew. Reading
takes what is kept and counts the rest on the spot, so figures are right whether or not a worker has come by.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

import msgspec

from tenfold.store.database import Conn
from tenfold.store.standing import NO_VIOLATION

Unit = Literal["hour", "day"]

GROWTH = 1.1  # of the bounds of classes of waiting: a quantile is right to 5 %
UNDONE = timedelta(minutes=1)  # within it the author can take a decision back: it counts as never made
SETTLED = timedelta(hours=1)  # after the end of a day, when all that began in it is committed
FILLED_AT_ONCE = 40  # days
OVERVIEW_LOCK = 0x7E4F03D  # an arbitrary number: one process of all keeps days


class Tallies(msgspec.Struct, frozen=True):
    """What was counted in one hour or day, as three columns: a number in `groups` (queue and language, ""
    where there is none), a number in `keys`, and how many.

    Keys: `opened.SEVERITY`, cases by when they were opened; `decided.GROUND` and, of these,
    `overturned.GROUND`, reversed since; `waited.CLASS`, from opening to a case's first decision, and
    `posted.CLASS`, from posting to it (posts and media); `acted.BY.GROUND`, what was ordered against
    subjects, BY `rule`, `person` or `program`, and of those by rules `taken_back.GROUND`, reversed since as
    there was no violation; `appealed.` and `appeal.OUTCOME`. What waited between GROWTH ** CLASS and
    GROWTH ** (CLASS + 1) minutes is in a class.
    """

    groups: list[tuple[str, str]]
    keys: list[str]
    group: list[int]
    key: list[int]
    count: list[int]


_TALLY = """
    WITH made AS (
        SELECT decisions.id, decisions.case_id, decisions.ground, decisions.author, decisions.decided_at,
               decisions.state, cases.queue, cases.language, cases.opened_at, cases.subject_kind,
               cases.subject_id
        FROM decisions JOIN cases ON cases.id = decisions.case_id
        WHERE decisions.decided_at >= %(since)s AND decisions.decided_at < %(until)s AND NOT {undone}
    ), first AS (
        SELECT made.*, COALESCE(posts.created_at, media.created_at) AS posted_at
        FROM made
        LEFT JOIN posts ON made.subject_kind = 'post' AND posts.id = made.subject_id
        LEFT JOIN media ON made.subject_kind = 'media' AND media.id = made.subject_id
        WHERE made.id = (SELECT min(decisions.id) FROM decisions
                         WHERE decisions.case_id = made.case_id AND NOT {undone})
    ), counted AS (
        SELECT opened_at AS at, queue, language, 'opened.' || severity AS key FROM cases
        WHERE opened_at >= %(since)s AND opened_at < %(until)s
        UNION ALL
        SELECT decided_at, queue, language, unnest(ARRAY['decided.' || ground,
            CASE state WHEN 'reversed' THEN 'overturned.' || ground END]) FROM made
        UNION ALL
        SELECT decided_at, queue, language, 'waited.' || {waited} FROM first
        UNION ALL
        SELECT decided_at, queue, language, 'posted.' || {posted} FROM first WHERE posted_at IS NOT NULL
        UNION ALL
        SELECT made.decided_at, queue, language,
            'acted.' || CASE WHEN author LIKE 'user:%%' THEN 'person' ELSE 'program' END || '.' || made.ground
        FROM made JOIN actions ON actions.decision_id = made.id WHERE origin LIKE 'decision:%%' AND {acts}
        UNION ALL
        SELECT created_at, cases.queue, COALESCE(cases.language,
                CASE actions.subject_kind
                WHEN 'post' THEN (SELECT posts.language FROM posts WHERE posts.id = actions.subject_id)
                WHEN 'account' THEN (SELECT accounts.language FROM accounts
                                     WHERE accounts.id = actions.subject_id) END),
            unnest(ARRAY['acted.rule.' || actions.ground,
                CASE WHEN actions.state = 'reversed' AND EXISTS (
                    SELECT FROM actions AS back LEFT JOIN decisions ON decisions.id = back.decision_id
                    WHERE back.reverses = actions.id
                      AND (decisions.id IS NULL OR decisions.ground = ANY(%(no_violation)s))
                ) THEN 'taken_back.' || actions.ground END])
        FROM actions LEFT JOIN cases ON cases.id = actions.case_id
        WHERE created_at >= %(since)s AND created_at < %(until)s AND origin LIKE 'rule:%%' AND {acts}
        UNION ALL
        SELECT received_at, cases.queue, COALESCE(appeals.language, cases.language), 'appealed.'
        FROM appeals LEFT JOIN cases ON cases.id = case_id
        WHERE received_at >= %(since)s AND received_at < %(until)s
        UNION ALL
        SELECT appeals.decided_at, cases.queue, COALESCE(appeals.language, cases.language),
            'appeal.' || outcome
        FROM appeals LEFT JOIN cases ON cases.id = case_id
        WHERE outcome IS NOT NULL AND appeals.decided_at >= %(since)s AND appeals.decided_at < %(until)s
    )
    SELECT date_trunc(%(unit)s, at, 'UTC'), COALESCE(queue, ''), COALESCE(language, ''), key, count(*)
    FROM counted WHERE key IS NOT NULL GROUP BY 1, 2, 3, 4
"""


def _class(begin: str) -> str:
    """SQL of the class of the time from a column to `decided_at`."""
    minutes = f"extract(epoch FROM decided_at - {begin})::float8 / 60"
    return f"floor(ln(greatest({minutes}, 1)) / ln({GROWTH}))::int"


_QUERY = _TALLY.format(
    undone="COALESCE(decisions.reversed_by = decisions.author"
    " AND decisions.reversed_at <= decisions.decided_at + %(undone)s, false)",
    waited=_class("opened_at"),
    posted=_class("posted_at"),
    acts="actions.reverses IS NULL AND actions.state NOT IN ('proposed', 'withdrawn')"
    " AND actions.kind NOT IN ('restore', 'notify', 'escalate')",
)


def tally(conn: Conn, since: datetime, until: datetime, unit: Unit) -> dict[datetime, Tallies]:
    """What happened in [since, until), by the hour or day (UTC), from the tables themselves."""
    found: dict[datetime, _Columns] = {}
    given = {"since": since, "until": until, "unit": unit, "undone": UNDONE, "no_violation": NO_VIOLATION}
    for begins, queue, language, key, count in conn.execute(_QUERY, given):
        found.setdefault(begins.astimezone(UTC), _Columns()).add((queue, language), key, count)
    return {begins: found[begins].tallies() for begins in sorted(found)}


class _Columns:
    """Columns while they are filled."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], int] = {}
        self._keys: dict[str, int] = {}
        self._rows: tuple[list[int], list[int], list[int]] = ([], [], [])

    def add(self, group: tuple[str, str], key: str, count: int) -> None:
        """A row more."""
        numbers = (
            self._groups.setdefault(group, len(self._groups)),
            self._keys.setdefault(key, len(self._keys)),
            count,
        )
        for column, number in zip(self._rows, numbers, strict=True):
            column.append(number)

    def tallies(self) -> Tallies:
        """All rows."""
        return Tallies(list(self._groups), list(self._keys), *self._rows)


NOTHING = _Columns().tallies()


def days(conn: Conn, since: date, until: date) -> dict[date, Tallies]:
    """The days (UTC) from `since` to before `until` on which anything happened: as kept, or counted now."""
    kept = {
        day: msgspec.json.decode(tallies, type=Tallies)
        for day, tallies in conn.execute(
            """
            SELECT day, tallies::text FROM figures_days WHERE day >= %(since)s AND day < %(until)s
              AND NOT EXISTS (SELECT FROM figures_due WHERE figures_due.day = figures_days.day)
            """,
            {"since": since, "until": until},
        )
    }
    for begin, end in _runs(day for day in _each(since, until) if day not in kept):
        counted = tally(conn, _midnight(begin), _midnight(end), "day")
        kept |= {begins.date(): tallies for begins, tallies in counted.items()}
    return {day: kept[day] for day in sorted(kept) if kept[day].count}


def fill(conn: Conn, now: datetime, most: int = FILLED_AT_ONCE) -> int:
    """Count and keep up to `most` days that are over and not kept, or changed since; returns how many. One
    process at a time; the others do nothing."""
    row = conn.execute("SELECT pg_try_advisory_xact_lock(%s)", [OVERVIEW_LOCK]).fetchone()
    if not (row and row[0]):
        return 0
    until = (now - SETTLED).astimezone(UTC).date()
    found = conn.execute(
        """
        SELECT day FROM (
            SELECT begun::date AS day FROM generate_series((least(
                (SELECT min(opened_at) FROM cases), (SELECT min(decided_at) FROM decisions),
                (SELECT min(created_at) FROM actions WHERE origin LIKE 'rule:%%' AND reverses IS NULL),
                (SELECT min(received_at) FROM appeals)
            ) AT TIME ZONE 'UTC')::date, %(until)s::date - 1, interval '1 day') AS begun
            EXCEPT SELECT day FROM figures_days
            UNION SELECT day FROM figures_due WHERE day < %(until)s
        ) AS missing ORDER BY day DESC LIMIT %(most)s
        """,
        {"until": until, "most": most},
    )
    missing = [row[0] for row in found]
    conn.execute("DELETE FROM figures_due WHERE day = ANY(%s)", [missing])
    for begin, end in _runs(sorted(missing)):
        counted = tally(conn, _midnight(begin), _midnight(end), "day")
        _keep(conn, {day: counted.get(_midnight(day), NOTHING) for day in _each(begin, end)})
    return len(missing)


def forget(conn: Conn) -> None:
    """Keep no day, so that all are counted anew."""
    conn.execute("DELETE FROM figures_days")


def _keep(conn: Conn, counted: dict[date, Tallies]) -> None:
    rows = [
        {"day": day, "tallies": msgspec.json.encode(tallies).decode()} for day, tallies in counted.items()
    ]
    conn.execute(
        """
        INSERT INTO figures_days (day, tallies)
        SELECT day, tallies::json FROM jsonb_to_recordset(%s::jsonb) AS row (day date, tallies text)
        ORDER BY day
        ON CONFLICT (day) DO UPDATE SET tallies = excluded.tallies
        """,
        [msgspec.json.encode(rows).decode()],
    )


class Waiting(msgspec.Struct, frozen=True, array_like=True):
    """Undecided cases of one queue, severity and language ("" unknown) now, and the oldest of them."""

    queue: str
    severity: int
    language: str
    cases: int
    overdue: int
    oldest: datetime


def waiting(conn: Conn, now: datetime) -> list[Waiting]:
    """All that waits for a person."""
    found = conn.execute(
        """
        SELECT queue, severity, COALESCE(language, ''), count(*),
               count(*) FILTER (WHERE due_at < %s AND NOT ended), min(opened_at)
        FROM cases WHERE state <> 'decided' GROUP BY 1, 2, 3 ORDER BY 1, 2 DESC, 3
        """,
        [now],
    )
    return [Waiting(*row) for row in found]


def _each(since: date, until: date) -> Iterable[date]:
    return (since + timedelta(days=number) for number in range((until - since).days))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _runs(ordered: Iterable[date]) -> Sequence[tuple[date, date]]:
    """Days in their order as spans without gaps: first day, day after the last."""
    runs: list[tuple[date, date]] = []
    for day in ordered:
        if runs and runs[-1][1] == day:
            runs[-1] = (runs[-1][0], day + timedelta(days=1))
        else:
            runs.append((day, day + timedelta(days=1)))
    return runs
