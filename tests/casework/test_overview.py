"""What the overview counts, and that what is kept of past days is what the tables say."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tenfold.casework import overview, service
from tenfold.casework.filing import file_firings
from tenfold.casework.overview import Figures
from tenfold.casework.service import Verdict
from tenfold.store import overview as store
from tenfold.store.database import Conn
from tenfold.taxonomy import ActionKind, Ground, Severity
from tests.casework.small_platform import NOW, firing, rows

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
TOMORROW = NOW + DAY


def open_case(conn: Conn, subject: str, at: datetime = NOW, **changes: Any) -> int:
    file_firings(conn, [firing(subject, **changes)], at)
    return int(rows(conn, "SELECT max(id) FROM cases WHERE subject_id = %s", subject)[0][0])


def decide(conn: Conn, case: int, at: datetime, ground: Ground = Ground.BRANDED, **changes: Any) -> int:
    verdict = Verdict(ground=ground, reason="seen", **changes)
    return service.decide(conn, case_id=case, verdict=verdict, actor="user:1", now=at).decision_id


def looked(conn: Conn, *, queue: str | None = None, days: int = 7, now: datetime = TOMORROW) -> Figures:
    return overview.figures(conn, now - days * DAY, now, now=now, queue=queue)


def test_what_came_waits_and_was_decided_is_told_with_its_denominators(platform: Conn) -> None:
    first = open_case(platform, "p-1", NOW, severity=Severity.HIGH)
    open_case(platform, "p-2", NOW + HOUR, language="ar", effects={"queue": "threats", "propose": ()})
    decide(platform, first, NOW + 2 * HOUR, proposals=None)
    whole = looked(platform).whole
    assert (whole.opened, whole.opened_by_severity) == (2, {"2": 1, "3": 1})
    assert (whole.decided, whole.violations, whole.decided_by_ground) == (1, 1, {"TVEC1": 1})
    assert whole.waited.cases == 1 and whole.waited.median == pytest.approx(120, rel=0.05)
    assert whole.waited.p90 is None, "one case says nothing about most of them"
    assert whole.posted.cases == 1
    assert (whole.acted.person, whole.acted.rule, whole.acted.all) == (1, 0, 1)
    found = looked(platform, now=NOW + 25 * HOUR)
    assert (found.backlog.waiting, found.backlog.overdue) == (1, 0)
    assert looked(platform, now=NOW + 26 * HOUR).backlog.overdue == 1, "due a day after it was opened"
    assert set(found.by_language) == {"en", "ar"} and found.by_language["ar"].opened == 1
    assert found.by_queue["threats"].opened == 1
    assert list(found.backlog_by_queue) == ["threats"]


def test_one_queue_is_told_beside_all(platform: Conn) -> None:
    open_case(platform, "p-1")
    open_case(platform, "p-2", effects={"queue": "threats"})
    found = looked(platform, queue="threats")
    assert (found.whole.opened, found.backlog.waiting) == (1, 1)
    assert set(found.by_queue) == {"content", "threats"} == set(found.backlog_by_queue)
    assert looked(platform, queue="none").whole.opened == 0


def test_rules_and_people_are_told_apart_and_what_rules_did_wrongly_is_seen(platform: Conn) -> None:
    case = open_case(platform, "p-1", effects={"hold": True, "propose": (ActionKind.REMOVE,)})
    other = open_case(platform, "p-2", effects={"hold": True})
    decide(platform, case, NOW + HOUR, proposals=None)
    decide(platform, other, NOW + HOUR, Ground.NONE)
    whole = looked(platform).whole
    assert (whole.acted.rule, whole.acted.person, whole.acted.program) == (2, 1, 0)
    assert whole.acted_by_ground["TVEC1"] == whole.acted
    assert (whole.decided, whole.violations) == (2, 1)
    assert whole.taken_back == 1, "not the hold that gave way to the removal"


def test_an_undone_decision_was_never_made_and_a_reversed_one_was_overturned(platform: Conn) -> None:
    case = open_case(platform, "p-1")
    made = decide(platform, case, NOW)
    service.undo(platform, decision_id=made, actor="user:1", now=NOW + MINUTE / 2)
    assert looked(platform).whole.decided == 0
    again = decide(platform, case, NOW + HOUR)
    service.reverse(platform, decision_id=again, actor="user:2", reason="was news", now=NOW + 2 * HOUR)
    decide(platform, case, NOW + 3 * HOUR, Ground.EXCEPTION)
    whole = looked(platform).whole
    assert (whole.decided, whole.overturned, whole.overturned_by_ground) == (2, 1, {"TVEC1": 1})
    assert whole.waited.cases == 1, "a case waits once"
    assert whole.waited.median == pytest.approx(60, rel=0.05)


def test_what_is_kept_of_a_day_is_never_stale(platform: Conn) -> None:
    begun = datetime.now(UTC).replace(hour=12) - 5 * DAY
    cases = [open_case(platform, f"p-{n}", begun + n * DAY, effects={"hold": True}) for n in (1, 2, 3)]
    made = decide(platform, cases[0], begun + 2 * DAY)
    now = datetime.now(UTC)
    platform.commit()
    assert store.fill(platform, now) == 4, "from the day of the first case to yesterday"
    assert store.fill(platform, now) == 0
    platform.commit()
    before = overview.figures(platform, begun, now, now=now)
    service.reverse(platform, decision_id=made, actor="user:2", reason="was news", now=now)
    service.escalate(platform, case_id=cases[1], actor="user:1", reason="a lead should look", now=now)
    open_case(platform, "p-3", now, rule="worse", severity=Severity.CRITICAL)
    changed = overview.figures(platform, begun, now, now=now)
    assert (before.whole.overturned, changed.whole.overturned) == (0, 1)
    assert changed.by_queue["lead"].opened == 1
    assert changed.whole.opened_by_severity == {"2": 2, "4": 1}
    platform.commit()
    assert store.fill(platform, now) >= 2
    assert overview.figures(platform, begun, now, now=now) == changed
    store.forget(platform)
    assert overview.figures(platform, begun, now, now=now) == changed


def test_a_day_is_kept_once_all_of_it_is_committed(platform: Conn) -> None:
    open_case(platform, "p-1", NOW)
    midnight = NOW.replace(hour=0) + DAY
    assert store.fill(platform, midnight + 59 * MINUTE) == 0
    assert store.fill(platform, midnight + 61 * MINUTE) == 1


def test_hours_begin_where_they_do_and_empty_ones_are_there(platform: Conn) -> None:
    open_case(platform, "p-1", NOW + 10 * MINUTE)
    found = overview.figures(platform, NOW - DAY, NOW + HOUR, now=NOW)
    assert found.unit == "hour" and len(found.periods) == 25
    assert [period.begins for period in found.periods if period.summary.opened] == [NOW]


def test_days_are_those_of_utc_and_whole(platform: Conn) -> None:
    platform.execute("SET TIME ZONE 'Asia/Riyadh'")
    late = NOW.replace(hour=23, minute=59)
    open_case(platform, "p-1", late)
    store.fill(platform, NOW + 3 * DAY)
    found = overview.figures(platform, NOW - 3 * DAY, NOW + 2 * DAY, now=NOW + 2 * DAY)
    assert found.unit == "day" and found.since.hour == found.until.hour == 0
    assert [period.begins.date() for period in found.periods if period.summary.opened] == [date(2026, 3, 1)]


@pytest.mark.parametrize("span", [timedelta(0), -DAY, overview.LONGEST + DAY])
def test_a_span_without_end_is_refused(platform: Conn, span: timedelta) -> None:
    with pytest.raises(ValueError, match="lies before"):
        overview.figures(platform, NOW, NOW + span, now=NOW)


def test_quantiles_are_right_to_five_percent(platform: Conn) -> None:
    platform.execute(
        """
        INSERT INTO cases (subject_kind, subject_id, queue, severity, ground, due_at, opened_at, state)
        SELECT 'post', 'x-' || n, 'q', 2, 'TVEC7', %(now)s, %(now)s, 'decided'
        FROM generate_series(1, 400) AS n
        """,
        {"now": NOW},
    )
    platform.execute(
        """
        INSERT INTO decisions (case_id, ground, scope, author, decided_at)
        SELECT id, 'TVEC7', 'subject', 'key:1', %(now)s::timestamptz + interval '1 minute' * power(n, 1.3)
        FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM cases WHERE subject_id LIKE 'x-%%') AS row
        """,
        {"now": NOW},
    )
    waited = looked(platform, days=7, now=NOW + 6 * DAY).whole.waited
    assert waited.cases == 400
    assert waited.median == pytest.approx(200**1.3, rel=0.05)
    assert waited.p90 == pytest.approx(360**1.3, rel=0.05)
