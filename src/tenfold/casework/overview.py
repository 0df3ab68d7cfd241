"""The overview: how much came, waits, was decided, how soon, on what ground, by whom, what was taken back.

Every count stands beside its denominator.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from tenfold.casework.overview_summary import Summary, ordered, summary
from tenfold.store import overview, quality_results
from tenfold.store.database import Conn
from tenfold.store.overview import Tallies, Unit, Waiting

LONGEST = timedelta(days=1_100)
BY_HOUR = timedelta(days=2)  # spans up to this are told by the hour


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


class SecondLooks(msgspec.Struct, frozen=True, kw_only=True):
    """Decisions that a second person decided again without knowing of the first; `agreed`: on the same
    ground."""

    cases: int
    agreed: int


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
    second_looks: SecondLooks
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
        kept = overview.days(conn, since.date(), until.date())
        counted = {_midnight(day): found for day, found in kept.items()}
        step, first = timedelta(days=1), since
    cube = _Cube(counted)
    waiting = overview.waiting(conn, now)
    here = [one for one in waiting if queue in (None, one.queue)]
    pairs = quality_results.pairs(conn, since, until, queue)
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
        second_looks=SecondLooks(
            cases=len(pairs), agreed=sum(one.first_ground == one.second_ground for one in pairs)
        ),
        whole=cube.whole(queue),
        periods=_periods(begins, cube.by_begin(queue)),
        by_language=cube.by("language", queue),
        by_queue=cube.by("queue", None),
    )


def _periods(begins: Sequence[datetime], found: Mapping[datetime, Summary]) -> list[Period]:
    empty = summary({})
    return [Period(begins=begin, summary=found.get(begin, empty)) for begin in begins]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


class _Cube:
    """All that was counted, as columns of numbers: when, of which queue and language, what, how many."""

    def __init__(self, counted: Mapping[datetime, Tallies]) -> None:
        self._begins = list(counted)
        groups: dict[tuple[str, str], int] = {}
        keys: dict[str, int] = {}
        columns: list[npt.NDArray[np.int64]] = []
        for begin, tallies in enumerate(counted.values()):
            group_of = [groups.setdefault(group, len(groups)) for group in tallies.groups]
            key_of = [keys.setdefault(key, len(keys)) for key in tallies.keys]
            rows = np.array([tallies.group, tallies.key, tallies.count], dtype=np.int64)
            of = np.array(group_of, dtype=np.int64)[rows[0]], np.array(key_of, dtype=np.int64)[rows[1]]
            columns.append(np.stack([np.full(len(rows[2]), begin), *of, rows[2]]))
        self._groups, self._keys = list(groups), list(keys)
        self._rows = np.concatenate(columns, axis=1) if columns else np.zeros((4, 0), dtype=np.int64)

    def whole(self, queue: str | None) -> Summary:
        """Of all times."""
        return self._summed(self._of(queue), np.zeros(len(self._of(queue)[0]), dtype=np.int64), 1)[0]

    def by_begin(self, queue: str | None) -> dict[datetime, Summary]:
        """By hour or day."""
        rows = self._of(queue)
        return dict(zip(self._begins, self._summed(rows, rows[0], len(self._begins)), strict=True))

    def by(self, name: Literal["queue", "language"], queue: str | None) -> dict[str, Summary]:
        """By queue or language, the most opened and decided first."""
        place = 0 if name == "queue" else 1
        names = sorted({group[place] for group in self._groups})
        of_group = np.array([names.index(group[place]) for group in self._groups], dtype=np.int64)
        rows = self._of(queue)
        found = dict(zip(names, self._summed(rows, of_group[rows[1]], len(names)), strict=True))
        some = {name: one for name, one in found.items() if one != summary({})}
        return dict(sorted(some.items(), key=lambda item: (-item[1].opened - item[1].decided, item[0])))

    def _of(self, queue: str | None) -> npt.NDArray[np.int64]:
        if queue is None:
            return self._rows
        wanted = np.array([group[0] == queue for group in self._groups], dtype=bool)
        return self._rows[:, wanted[self._rows[1]]]

    def _summed(self, rows: npt.NDArray[np.int64], of: npt.NDArray[np.int64], count: int) -> list[Summary]:
        """The rows summed by `of`, which is below `count`."""
        width = len(self._keys)
        flat = np.bincount(of * width + rows[2], weights=rows[3], minlength=count * width)
        sums = flat.astype(np.int64).reshape(count, width)
        return [
            summary({self._keys[key]: int(one[key]) for key in np.flatnonzero(one).tolist()}) for one in sums
        ]


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
        by_severity=ordered(cases),
        overdue_by_severity=ordered(overdue),
        oldest=min((one.oldest for one in waiting), default=None),
    )
