"""How many threats there were, and what became of them, always beside how many posts were read.

A threat counts in the period in which it was first said; news and reports about threats are counted apart.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal

import msgspec

from tenfold.store import threat_figures
from tenfold.store.database import Conn
from tenfold.store.threat_figures import Counted

By = Literal["day", "month"]


class ToHuman(msgspec.Struct, frozen=True, kw_only=True):
    """How long threats waited for the first look of a person, from when they were read, in minutes.

    `threats` that had a clock (T0 to T3), of which `seen` had a look; `median` and `p90` are of those, None
    without any. `decided`: those whose clock has been met or missed by now; `in_time` of them met it.
    """

    threats: int
    seen: int
    median: float | None
    p90: float | None
    decided: int
    in_time: int

    @property
    def share_in_time(self) -> float | None:
        """Of those whose clock has been met or missed."""
        return self.in_time / self.decided if self.decided else None


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """One day or month (UTC), or the whole. `posts`: how many were read, the denominator of all; `threats`
    the sum of `by_level`; `assessed`: those that people assessed or closed, the denominator of `by_outcome`,
    in which those without an outcome are "none". `information`: records of somebody else's words.
    """

    begins: date
    posts: int
    threats: int
    sources: int
    accounts: int
    information: int
    assessed: int
    by_level: dict[str, int]
    by_target_kind: dict[str, int]
    by_language: dict[str, int]
    by_outcome: dict[str, int]
    to_human: ToHuman
    to_human_by_level: dict[str, ToHuman]


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Threats first said in [since, until), by period and in all. Periods without posts or threats are left
    out."""

    since: datetime
    until: datetime
    by: By
    whole: Period
    periods: list[Period]


def figures(conn: Conn, since: datetime, until: datetime, by: By = "day") -> Figures:
    """What was counted, from `since` to before `until`. Raises ValueError when nothing lies between them."""
    if until <= since:
        raise ValueError("until is not after since")
    counted = threat_figures.counted(conn, since, until, by)
    posts = threat_figures.posts(conn, since, until, by)
    rows: dict[date, list[Counted]] = {}
    for one in counted:
        rows.setdefault(one.begins, []).append(one)
    days = sorted(rows.keys() | posts.keys())
    return Figures(
        since=since,
        until=until,
        by=by,
        whole=_period(since.date(), sum(posts.values()), counted),
        periods=[_period(day, posts.get(day, 0), rows.get(day, [])) for day in days],
    )


CSV_COLUMNS = ("period", "posts_read", "threats", "dimension", "value", "count", "of", "of_what")


def rows(found: Figures) -> Iterable[tuple[str | int, ...]]:
    """The figures as rows of a CSV (CSV_COLUMNS), one a number, each with its denominator."""
    for period in [*found.periods, found.whole]:
        name = "whole" if period is found.whole else period.begins.isoformat()
        head = (name, period.posts, period.threats)
        yield (*head, "threats", "", period.threats, period.posts, "posts_read")
        yield (*head, "information", "", period.information, period.posts, "posts_read")
        for dimension, counts in (
            ("level", period.by_level),
            ("target_kind", period.by_target_kind),
            ("language", period.by_language),
        ):
            for value, count in counts.items():
                yield (*head, dimension, value, count, period.threats, "threats")
        for value, count in period.by_outcome.items():
            yield (*head, "outcome", value, count, period.assessed, "assessed")
        yield (*head, "assessed", "", period.assessed, period.threats, "threats")
        for level, waited in {"": period.to_human, **period.to_human_by_level}.items():
            yield (*head, "seen_by_human", level, waited.seen, waited.threats, "threats")
            yield (*head, "in_time", level, waited.in_time, waited.decided, "clock_met_or_missed")
            for measure, minutes in (("median", waited.median), ("p90", waited.p90)):
                if minutes is not None:
                    yield (*head, f"minutes_to_human_{measure}", level, round(minutes), waited.seen, "seen")


def as_csv(found: Figures) -> str:
    """The figures as CSV, with a line of names."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    writer.writerows(rows(found))
    return text.getvalue()


def _period(begins: date, posts: int, counted: list[Counted]) -> Period:
    threats = [one for one in counted if not one.information]
    assessed = [one for one in threats if one.assessed]
    levels = sorted({one.level for one in threats})
    return Period(
        begins=begins,
        posts=posts,
        threats=len(threats),
        sources=sum(one.sources for one in threats),
        accounts=sum(one.accounts for one in threats),
        information=len(counted) - len(threats),
        assessed=len(assessed),
        by_level=_count(one.level for one in threats),
        by_target_kind=_count(one.target_kind for one in threats),
        by_language=_count(one.language or "unknown" for one in threats),
        by_outcome=_count(one.outcome or "none" for one in assessed),
        to_human=_to_human(threats),
        to_human_by_level={
            level: _to_human([one for one in threats if one.level == level]) for level in levels
        },
    )


def _count(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _to_human(threats: list[Counted]) -> ToHuman:
    clocked = [one for one in threats if one.level != "N"]
    waited = sorted(one.waited for one in clocked if one.waited is not None)
    decided = [one.in_time for one in clocked if one.in_time is not None]
    return ToHuman(
        threats=len(clocked),
        seen=len(waited),
        median=_quantile(waited, 0.5),
        p90=_quantile(waited, 0.9),
        decided=len(decided),
        in_time=sum(decided),
    )


def _quantile(ordered: list[float], share: float) -> float | None:
    """The smallest value that `share` of the values do not exceed."""
    if not ordered:
        return None
    return ordered[max(0, -(-int(share * 100) * len(ordered) // 100) - 1)]
