"""The overview: how much came, waits, was decided, how soon, on what ground, by whom, what was taken back.

Every count stands beside its denominator. Shares, and how long most waited, are told from ENOUGH on: of fewer
they would say little and seem to say much.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from tenfold.store import overview
from tenfold.store.database import Conn
from tenfold.store.overview import GROWTH, Tally, Unit, Waiting
from tenfold.taxonomy import Ground

ENOUGH = 20  # below: +-20 points at best (as casework/track_record.py)
LONGEST = timedelta(days=1_100)
BY_HOUR = timedelta(days=2)  # spans up to this are told by the hour
_NO_VIOLATION = {ground.value for ground in Ground if not ground.is_violation}


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """How long `cases` waited, in minutes, right to 5 %; `median` is None of none, `p90` of fewer than
    ENOUGH."""

    cases: int
    median: float | None
    p90: float | None


class Acted(msgspec.Struct, frozen=True, kw_only=True):
    """What was ordered against subjects: by rules without a person, by people's decisions, by programs'."""

    rule: int = 0
    person: int = 0
    program: int = 0

    @property
    def all(self) -> int:
        """By whomever."""
        return self.rule + self.person + self.program


class Appealed(msgspec.Struct, frozen=True, kw_only=True):
    """Appeals that came, and those decided, each by when; of the decided the `overturned`, even in part."""

    received: int
    decided: int
    overturned: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One span, queue or language.

    `overturned`: decisions of this span that were reversed since, their author's undoing within a minute
    apart; `taken_back`: what rules did in it and was reversed since as no violation. `waited`: from opening
    to a case's first decision; `posted`: to it from when a post or media item was posted.
    """

    opened: int
    opened_by_severity: dict[str, int]
    decided: int
    violations: int
    decided_by_ground: dict[str, int]
    overturned: int
    overturned_by_ground: dict[str, int]
    waited: Waits
    posted: Waits
    acted: Acted
    acted_by_ground: dict[str, Acted]
    taken_back: int
    appeals: Appealed


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """One hour or day (UTC)."""

    begins: datetime
    summary: Summary


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """Cases that wait now; `oldest` is when the oldest of them was opened."""

    waiting: int
    overdue: int
    by_severity: dict[str, int]
    overdue_by_severity: dict[str, int]
    oldest: datetime | None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in [since, until) and what waits at `at`; all in UTC. `queue`: of this one only.

    Periods without anything are there, too. `by_language` has "" for cases of no known language; `by_queue`
    and `backlog_by_queue` are of all queues.
    """

    at: datetime
    since: datetime
    until: datetime
    unit: Unit
    queue: str | None
    backlog: Backlog
    backlog_by_language: dict[str, Backlog]
    backlog_by_queue: dict[str, Backlog]
    whole: Summary
    periods: list[Period]
    by_language: dict[str, Summary]
    by_queue: dict[str, Summary]


def figures(
    conn: Conn, since: datetime, until: datetime, *, now: datetime, queue: str | None = None
) -> Figures:
    """What was counted. Spans longer than BY_HOUR are widened to whole days (UTC). ValueError when the span
    is empty or longer than LONGEST."""
    if not timedelta(0) < until - since <= LONGEST:
        raise ValueError(f"`since` lies before `until`, by at most {LONGEST.days:,} days")
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    unit: Unit = "hour" if until - since <= BY_HOUR else "day"
    if unit == "hour":
        counted = overview.tally(conn, since, until, unit)
        step = timedelta(hours=1)
        first = since.replace(minute=0, second=0, microsecond=0)
    else:
        since, until = _midnight(since.date()), _midnight((until - timedelta(microseconds=1)).date())
        until += timedelta(days=1)
        counted = {
            _midnight(day): found for day, found in overview.days(conn, since.date(), until.date()).items()
        }
        step, first = timedelta(days=1), since
    wanted = {begins: _of(tallies, queue) for begins, tallies in counted.items()}
    everything = [tally for tallies in counted.values() for tally in tallies]
    chosen = [tally for tallies in wanted.values() for tally in tallies]
    waiting = overview.waiting(conn, now)
    here = [one for one in waiting if queue in (None, one.queue)]
    begins = [first + step * number for number in range(-(-(until - first) // step))]
    return Figures(
        at=now,
        since=since,
        until=until,
        unit=unit,
        queue=queue,
        backlog=_backlog(here),
        backlog_by_language=_backlogs(here, "language"),
        backlog_by_queue=_backlogs(waiting, "queue"),
        whole=_summary(chosen),
        periods=[Period(begins=begin, summary=_summary(wanted.get(begin, ()))) for begin in begins],
        by_language=_summaries(chosen, "language"),
        by_queue=_summaries(everything, "queue"),
    )


def share(count: int, of: int) -> float | None:
    """A share that says something; None of fewer than ENOUGH."""
    return count / of if of >= ENOUGH else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _of(tallies: Sequence[Tally], queue: str | None) -> Sequence[Tally]:
    return tallies if queue is None else [tally for tally in tallies if tally.queue == queue]


def _summaries(tallies: Iterable[Tally], by: str) -> dict[str, Summary]:
    """The most decided and opened first."""
    groups: dict[str, list[Tally]] = {}
    for tally in tallies:
        groups.setdefault(getattr(tally, by), []).append(tally)
    found = {name: _summary(group) for name, group in groups.items()}
    return dict(sorted(found.items(), key=lambda item: (-item[1].opened - item[1].decided, item[0])))


def _summary(tallies: Iterable[Tally]) -> Summary:
    counts: dict[str, Counter[str]] = {}
    for tally in tallies:
        for key, count in tally.counts.items():
            measure, _, of = key.partition(".")
            counts.setdefault(measure, Counter())[of] += count
    got = {name: counts.get(name, Counter()) for name in _MEASURES}
    acted: dict[str, dict[str, int]] = {}
    for key, count in got["acted"].items():
        by, _, ground = key.partition(".")
        acted.setdefault(ground, {})[by] = count
    decided, appeals = got["decided"], got["appeal"]
    return Summary(
        opened=got["opened"].total(),
        opened_by_severity=_sorted(got["opened"]),
        decided=decided.total(),
        violations=sum(count for ground, count in decided.items() if ground not in _NO_VIOLATION),
        decided_by_ground=_sorted(decided),
        overturned=got["overturned"].total(),
        overturned_by_ground=_sorted(got["overturned"]),
        waited=_waits(got["waited"]),
        posted=_waits(got["posted"]),
        acted=Acted(
            **{by: sum(of.get(by, 0) for of in acted.values()) for by in ("rule", "person", "program")}
        ),
        acted_by_ground={ground: Acted(**by) for ground, by in sorted(acted.items())},
        taken_back=got["taken_back"].total(),
        appeals=Appealed(
            received=got["appealed"].total(),
            decided=appeals.total(),
            overturned=appeals["overturned"] + appeals["partly"],
        ),
    )


_MEASURES = (
    *("opened", "decided", "overturned", "waited", "posted", "acted", "taken_back"),
    *("appealed", "appeal"),
)


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def _waits(classes: Counter[str]) -> Waits:
    ordered = sorted((int(number), count) for number, count in classes.items())
    cases = sum(count for _, count in ordered)
    return Waits(
        cases=cases,
        median=_quantile(ordered, cases, 50),
        p90=_quantile(ordered, cases, 90) if cases >= ENOUGH else None,
    )


def _quantile(ordered: Sequence[tuple[int, int]], cases: int, percent: int) -> float | None:
    """The middle of the class in which the smallest value lies that `percent` of the values do not exceed."""
    rank = -(-percent * cases // 100)
    for number, count in ordered:
        rank -= count
        if rank <= 0:
            return round(float(GROWTH ** (number + 0.5)), 1)
    return None


def _backlogs(waiting: Sequence[Waiting], by: str) -> dict[str, Backlog]:
    groups: dict[str, list[Waiting]] = {}
    for one in waiting:
        groups.setdefault(getattr(one, by), []).append(one)
    found = {name: _backlog(group) for name, group in groups.items()}
    return dict(sorted(found.items(), key=lambda item: (-item[1].waiting, item[0])))


def _backlog(waiting: Sequence[Waiting]) -> Backlog:
    cases: Counter[str] = Counter()
    overdue: Counter[str] = Counter()
    for one in waiting:
        cases[str(one.severity)] += one.cases
        overdue[str(one.severity)] += one.overdue
    return Backlog(
        waiting=cases.total(),
        overdue=overdue.total(),
        by_severity=_sorted(cases),
        overdue_by_severity=_sorted(overdue),
        oldest=min((one.oldest for one in waiting), default=None),
    )
