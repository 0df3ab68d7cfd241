"""The overview as tables: what the page's charts show, what a screen reader reads, and the CSV."""

import csv
import io
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec

from tenfold.casework.overview import Backlog, Figures
from tenfold.casework.overview_summary import Acted, Summary

Kind = Literal["time", "queue", "severity", "ground", "language", "count", "minutes"]
Value = str | int | float | datetime | None

SEVERITIES: Final = ("4", "3", "2", "1")


class Column(msgspec.Struct, frozen=True):
    """A column; `of` names the one that is its denominator."""

    key: str
    kind: Kind = "count"
    of: str | None = None


class Table(msgspec.Struct, frozen=True):
    """Rows in the order of columns; the first column says what a row is about."""

    columns: tuple[Column, ...]
    rows: list[tuple[Value, ...]]

    def values(self, key: str) -> list[Value]:
        """One column."""
        place = next(number for number, column in enumerate(self.columns) if column.key == key)
        return [row[place] for row in self.rows]

    def whole(self, row: tuple[Value, ...], column: Column) -> Value:
        """What a count of this row is of; None if it is of nothing."""
        if column.of is None:
            return None
        return row[next(number for number, other in enumerate(self.columns) if other.key == column.of)]

    def csv(self) -> str:
        """RFC 4180 with a line of names; times in ISO 8601 with their zone, minutes as numbers, nothing where
        there is nothing to tell."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(column.key for column in self.columns)
        writer.writerows([_written(value) for value in row] for row in self.rows)
        return text.getvalue()


def _written(value: Value) -> str | int | float:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"  # spreadsheets would take it for a formula
    return "" if value is None else value


def tables(found: Figures) -> dict[str, Table]:
    """Every table of the overview by name."""
    return {name: make(found) for name, make in _TABLES.items()}


def _counts(*keys: str, of: str | None = None) -> tuple[Column, ...]:
    return tuple(Column(key, of=of) for key in keys)


_SEVERITY_COLUMNS = _counts(*(f"severity_{level}" for level in SEVERITIES))
_BEGINS = Column("begins", "time")
_WAITED = (*_counts("waited_cases"), Column("waited_median", "minutes"), Column("waited_p90", "minutes"))
_POSTED = (*_counts("posted_cases"), Column("posted_median", "minutes"), Column("posted_p90", "minutes"))
_ACTED = (*_counts("acted"), *_counts("rule", "person", "program", of="acted"))


def _severities(counts: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(counts.get(level, 0) for level in SEVERITIES)


def _waited(of: Summary) -> tuple[Value, ...]:
    return (of.waited.cases, of.waited.median, of.waited.p90)


def _posted(of: Summary) -> tuple[Value, ...]:
    return (of.posted.cases, of.posted.median, of.posted.p90)


def _acted(acted: Acted) -> tuple[int, ...]:
    return (acted.all, acted.rule, acted.person, acted.program)


def _inflow(found: Figures) -> Table:
    columns = (_BEGINS, *_counts("opened", "decided"), *_SEVERITY_COLUMNS)
    return Table(
        columns,
        [
            (
                one.begins,
                one.summary.opened,
                one.summary.decided,
                *_severities(one.summary.opened_by_severity),
            )
            for one in found.periods
        ],
    )


def _waiting(name: Literal["queue", "language"], backlogs: Mapping[str, Backlog]) -> Table:
    columns = (Column(name, name), *_counts("waiting"), Column("overdue", of="waiting"), *_SEVERITY_COLUMNS)
    rows = [
        (key, one.waiting, one.overdue, *_severities(one.by_severity), one.oldest)
        for key, one in backlogs.items()
    ]
    return Table((*columns, Column("oldest", "time")), [tuple(row) for row in rows])


def _severity(found: Figures) -> Table:
    backlog = found.backlog
    return Table(
        (Column("severity", "severity"), *_counts("waiting"), Column("overdue", of="waiting")),
        [
            (level, backlog.by_severity.get(level, 0), backlog.overdue_by_severity.get(level, 0))
            for level in SEVERITIES
        ],
    )


def _times(found: Figures) -> Table:
    rows = [(one.begins, *_waited(one.summary), *_posted(one.summary)) for one in found.periods]
    return Table((_BEGINS, *_WAITED, *_POSTED), rows)


def _automation(found: Figures) -> Table:
    return Table(
        (_BEGINS, *_ACTED, Column("taken_back", of="rule")),
        [(one.begins, *_acted(one.summary.acted), one.summary.taken_back) for one in found.periods],
    )


def _grounds(found: Figures) -> Table:
    whole = found.whole
    rows: list[tuple[Value, ...]] = []
    for ground in sorted(whole.decided_by_ground.keys() | whole.acted_by_ground.keys()):
        decided, overturned = (
            whole.decided_by_ground.get(ground, 0),
            whole.overturned_by_ground.get(ground, 0),
        )
        rows.append((ground, decided, overturned, *_acted(whole.acted_by_ground.get(ground, Acted()))))
    columns = (Column("ground", "ground"), *_counts("decided"), Column("overturned", of="decided"), *_ACTED)
    return Table(columns, rows)


def _overturned(found: Figures) -> Table:
    appeals = (
        Column("appealed"),
        Column("appeals_decided"),
        Column("appeals_overturned", of="appeals_decided"),
    )
    rows = [
        (
            one.begins,
            one.summary.decided,
            one.summary.overturned,
            one.summary.appeals.received,
            one.summary.appeals.decided,
            one.summary.appeals.overturned,
        )
        for one in found.periods
    ]
    return Table((_BEGINS, *_counts("decided"), Column("overturned", of="decided"), *appeals), [*rows])


def _groups(name: Literal["queue", "language"], groups: Mapping[str, Summary]) -> Table:
    columns = (
        Column(name, name),
        *_counts("opened", "decided"),
        *_counts("violations", "overturned", of="decided"),
        *_WAITED,
        *_ACTED,
        Column("taken_back", of="rule"),
    )
    rows = [
        (
            *(key, one.opened, one.decided, one.violations, one.overturned),
            *_waited(one),
            *_acted(one.acted),
            one.taken_back,
        )
        for key, one in groups.items()
    ]
    return Table(columns, [tuple(row) for row in rows])


_TABLES: Final[dict[str, Callable[[Figures], Table]]] = {
    "inflow": _inflow,
    "backlog": lambda found: _waiting("queue", found.backlog_by_queue),
    "severity": _severity,
    "waiting_languages": lambda found: _waiting("language", found.backlog_by_language),
    "times": _times,
    "grounds": _grounds,
    "automation": _automation,
    "overturned": _overturned,
    "languages": lambda found: _groups("language", found.by_language),
    "queues": lambda found: _groups("queue", found.by_queue),
}
NAMES: Final = tuple(_TABLES)
