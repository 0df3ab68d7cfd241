"""What the lab tells of rules: hits and precision, live and in shadow; back-tests that a worker does."""

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tenfold import config
from tenfold.casework.deciding import decide
from tenfold.casework.wishes import Verdict
from tenfold.lab import jobs
from tenfold.lab.jobs import Jobs
from tenfold.policy import versions
from tenfold.policy.in_force import CurrentPolicy
from tenfold.store import backtests, database, rule_figures
from tenfold.store.database import Conn
from tenfold.taxonomy import Ground
from tests.lab.lab_world import policy, post, rule, texts, work

GATE = rule("gate", "contains(post.text, 'gate') or contains(post.text, 'البوابة')")
WIDE = rule("gate", "post.length > 3")
NOW = datetime.now(UTC)


@pytest.fixture
def measured(conn: Conn) -> Conn:
    """Four posts judged by a live rule and by one in shadow; of two, people decided."""
    version = versions.save(conn, texts(WIDE), actor="user:1", reason="try")
    versions.shadow(conn, version, actor="user:1", now=NOW)
    in_force = CurrentPolicy(policy(GATE)).get(conn)
    told = ["the gate is open tonight my friends", "at the gate again, they said", "على البوابة مساء اليوم"]
    work(conn, in_force, *[post(n, text, minute=n) for n, text in enumerate([*told, "nothing here to see"])])
    cases: dict[str, int] = dict(conn.execute("SELECT subject_id, id FROM cases").fetchall())
    for name, ground in (("p0", Ground.PRAISE), ("p2", Ground.NONE)):
        decide(
            conn, case_id=cases[name], verdict=Verdict(ground=ground), actor="user:1", now=datetime.now(UTC)
        )
    return conn


def test_figures_count_subjects_and_decisions(measured: Conn) -> None:
    now = datetime.now(UTC)
    (live,) = rule_figures.figures(measured, now, shadow=False)
    assert (live.rule, live.week, live.month, live.decided, live.violations) == ("gate", 3, 3, 2, 1)
    (shadow,) = rule_figures.figures(measured, now, shadow=True)
    assert (shadow.week, shadow.decided, shadow.violations) == (4, 2, 1)
    later = now + timedelta(days=8)
    (old,) = rule_figures.figures(measured, later, shadow=False)
    assert (old.week, old.month, old.quarter) == (0, 3, 3)
    assert rule_figures.figures(measured, now + timedelta(days=91), shadow=False) == []


def test_a_rules_figures_by_language_and_day(measured: Conn) -> None:
    now = datetime.now(UTC)
    spoken = {
        one.language: (one.quarter, one.decided, one.violations)
        for one in rule_figures.by_language(measured, "gate", None, now)
    }
    assert spoken == {"en": (2, 1, 1), "ar": (1, 1, 0)}
    days = rule_figures.by_day(measured, "gate", None, now)
    assert len(days) == 30 and sum(number for _, number in days) == 3 and days[-1][0] == now.date()
    (definition,) = {row[0] for row in measured.execute("SELECT definition FROM shadow_hits")}
    assert sum(number for _, number in rule_figures.by_day(measured, "gate", definition, now)) == 4
    sample = rule_figures.sample(measured, "gate", definition, now)
    assert {one.subject_id: one.violation for one in sample} == {
        "p0": True,
        "p1": None,
        "p2": False,
        "p3": None,
    }
    assert sample[0].text and sample[0].parts[0]["text"] == "post.length > 3"


def test_a_worker_does_back_tests_one_by_one(measured: Conn, database_url: str, tmp_path: Path) -> None:
    draft = versions.save(measured, texts(WIDE), actor="user:1", reason="try")
    files = policy(GATE)
    first = jobs.ask(measured, draft, files, actor="user:1", since=None)
    assert jobs.ask(measured, draft, files, actor="user:2", since=None) == first
    doer = Jobs(database_url, config.load({}, data_dir=tmp_path), lambda: False)
    pool = database.pool(database_url, 2)
    assert doer.run_once(pool) and not doer.run_once(pool)
    pool.close()
    done = backtests.get(measured, first)
    assert done and done.state == "done" and done.report
    assert [(one["rule"], one["new"]) for one in done.report["rules"]] == [("gate", 1)]
    assert [one.id for one in backtests.of_draft(measured, draft)] == [first]


def test_a_back_test_can_be_stopped_and_a_lost_one_is_taken_up(measured: Conn) -> None:
    draft = versions.save(measured, texts(WIDE), actor="user:1", reason="try")
    asked = jobs.ask(measured, draft, policy(GATE), actor="user:1", since=None)
    now = datetime.now(UTC)
    assert backtests.claim(measured, now) and backtests.claim(measured, now) is None
    assert backtests.going_on(measured, asked, 3, 4, now)
    again = backtests.claim(measured, now + timedelta(seconds=61))
    assert again and (again.id, again.events) == (asked, 3)
    backtests.stop(measured, asked, now)
    assert not backtests.going_on(measured, asked, 4, 4, now)
    backtests.end(measured, asked, "done", now, report=b"{}")
    stopped = backtests.get(measured, asked)
    assert stopped and stopped.state == "stopped" and stopped.report is None
    assert backtests.forget(measured, now + timedelta(days=89)) == 0
    assert backtests.forget(measured, now + timedelta(days=91)) == 1


def test_one_that_ends_early_goes_on_or_leaves_nothing(
    measured: Conn, database_url: str, tmp_path: Path
) -> None:
    draft = versions.save(measured, texts(WIDE), actor="user:1", reason="try")
    asked = jobs.ask(measured, draft, policy(GATE), actor="user:1", since=None)
    settings, pool = config.load({}, data_dir=tmp_path), database.pool(database_url, 2)
    Jobs(database_url, settings, lambda: True).run_once(pool)  # its worker ends
    found = backtests.get(measured, asked)
    assert found and found.state == "waiting"
    assert len(list((tmp_path / jobs.FOLDER).iterdir())) == 1
    doing = threading.Thread(target=Jobs(database_url, settings, lambda: False).run_once, args=(pool,))
    doing.start()
    while (found := backtests.get(measured, asked)) and found.state == "waiting":
        time.sleep(0.01)
    backtests.stop(measured, asked, datetime.now(UTC))
    doing.join()
    pool.close()
    found = backtests.get(measured, asked)
    assert found and found.state == "stopped" and found.report is None
    assert not list((tmp_path / jobs.FOLDER).iterdir())
