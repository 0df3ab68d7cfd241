"""Back-tests: what they count is what the pipeline did, or would have done."""

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.casework.deciding import decide
from tenfold.casework.wishes import Verdict
from tenfold.lab.backtest import Backtest, BacktestError, Stopped
from tenfold.lab.report import Report
from tenfold.lab.tally import digest_of
from tenfold.lab.windows import Windows, across_accounts
from tenfold.policy import PolicySet
from tenfold.store import history
from tenfold.store.counters import Hit
from tenfold.store.database import Conn
from tenfold.taxonomy import Ground
from tests.helpers import event
from tests.lab.lab_world import COUNTER, START, fired, policy, post, rule, work

GATE = rule("gate", "contains(post.text, 'gate') or contains(post.text, 'البوابة')")
WIDE = rule(
    "gate", "contains(post.text, 'gate') or contains(post.text, 'البوابة') or contains(post.text, 'door')"
)
OFTEN = rule("often", "counters.posts_1h >= 3")
YOUNG = rule("young", "account.age_hours < 1", on="[account, post.created]")
REPORTED = rule("reported", "report.count >= 2", on="report.filed")
LIVE = (GATE, OFTEN, rule("early", "account.posts <= 1 and post.length > 0"), REPORTED)


def past(conn: Conn, live: PolicySet) -> None:
    """A dozen posts of three accounts, a profile that changes, and two reports."""
    made: list[Any] = [
        event("account.created", "a1", START, handle="first"),
        post(1, "at the gate", minute=1),
        post(2, "at the door", minute=2),
        post(3, "nothing here", minute=3),
        post(4, "على البوابة", account="a2", minute=4),
        post(5, "again the gate", account="a2", minute=200),
        post(6, "the door", account="a3", minute=5),
    ]
    made += [post(10 + n, f"word {n}", account="a4", minute=10 + n * 25) for n in range(5)]
    made.append(event("account.updated", "a1", START, bio="gate"))
    p6 = {"kind": "post", "id": "p6"}
    made += [event("report.filed", who, START, subject=p6, reason="x") for who in ("r1", "r2", "r2")]
    work(conn, live, *made)


def backtest(
    url: str, folder: Path, live: PolicySet, draft: PolicySet, processes: int = 1, **more: Any
) -> Report:
    return Backtest(url, live, draft, folder).run(processes, lambda done, total: None, **more)


def test_it_counts_what_the_pipeline_did(conn: Conn, database_url: str, tmp_path: Path) -> None:
    live = policy(*LIVE, head=COUNTER)
    past(conn, live)
    report = backtest(database_url, tmp_path, live, live)
    counted = {one.rule: one.live.subjects for one in report.rules if one.live}
    assert counted == {name: len(subjects) for name, subjects in fired(conn).items()}
    assert counted == {"gate": 3, "often": 4, "early": 4, "reported": 1}
    assert report.events == 16 and not report.differs
    assert [one.draft and one.draft.subjects for one in report.rules] == [
        one.live and one.live.subjects for one in report.rules
    ]
    assert not list(tmp_path.iterdir())


def test_it_says_what_is_new_gone_and_other(conn: Conn, database_url: str, tmp_path: Path) -> None:
    live = policy(*LIVE, head=COUNTER)
    past(conn, live)
    held = rule("early", "account.posts <= 1 and post.length > 0", then="{hold: true}")
    draft = policy(WIDE, rule("often", "counters.posts_1h >= 3 and post.length > 5"), held, head=COUNTER)
    report = backtest(database_url, tmp_path, live, draft)
    found = {one.rule: (one.change, one.new, one.gone, one.others) for one in report.rules}
    assert found == {
        "gate": ("changed", 2, 0, 0),
        "often": ("changed", 0, 0, 0),
        "early": ("changed", 0, 0, 4),
        "reported": ("gone", 0, 1, 0),
    }
    gate = next(one for one in report.rules if one.rule == "gate")
    assert {one.subject for one in gate.sample_new} == {"post:p2", "post:p6"}
    assert gate.sample_new[0].parts[0].text == "contains(post.text, 'door')"
    assert "the door" in gate.sample_new[0].text
    assert gate.live and gate.live.languages.get("ar") == 1
    gone = next(one for one in report.rules if one.rule == "reported")
    assert [one.subject for one in gone.sample_gone] == ["post:p6"]
    reach = {one.asks: one for one in report.reach}
    assert reach["hold"].at_once and (reach["hold"].live_subjects, reach["hold"].new) == (0, 4)
    assert reach["hold"].draft_accounts == 4


def test_precision_is_counted_from_decisions(conn: Conn, database_url: str, tmp_path: Path) -> None:
    live = policy(*LIVE, head=COUNTER)
    past(conn, live)
    cases: dict[str, int] = dict(conn.execute("SELECT subject_id, id FROM cases").fetchall())
    for post_id, ground in (("p1", Ground.PRAISE), ("p4", Ground.NONE)):
        verdict = Verdict(ground=ground)
        decide(conn, case_id=cases[post_id], verdict=verdict, actor="user:1", now=datetime.now(UTC))
    gate = next(r for r in backtest(database_url, tmp_path, live, live).rules if r.rule == "gate")
    assert gate.live
    precision = gate.live.precision
    assert (precision.violations, precision.decided, precision.share) == (1, 2, 0.5)
    assert precision.low and round(precision.low, 3) == 0.095
    assert precision.high and round(precision.high, 3) == 0.905


def test_two_processes_find_what_one_finds(conn: Conn, database_url: str, tmp_path: Path) -> None:
    live, draft = policy(*LIVE, head=COUNTER), policy(WIDE, YOUNG, OFTEN, head=COUNTER)
    past(conn, live)
    one, two = (backtest(database_url, tmp_path, live, draft, processes) for processes in (1, 2))
    assert (one.processes, two.processes) == (1, 2)
    assert one.rules == two.rules and one.reach == two.reach and one.judged == two.judged


def test_counters_across_accounts_are_left_to_one_process(
    conn: Conn, database_url: str, tmp_path: Path
) -> None:
    head = "counters:\n  - {name: shared, count: post.created, by: domain, window: 1d}\n"
    live = policy(rule("spread", "counters.shared >= 2"), head=head)
    assert across_accounts(live.counters) == ["shared"]
    work(conn, live, *[post(n, "https://shared.example/x", account=f"a{n}", minute=n) for n in range(4)])
    report = backtest(database_url, tmp_path, live, live, 2)
    assert report.processes == 1
    assert report.rules[0].live and report.rules[0].live.subjects == 3 == len(fired(conn)["spread"])


def test_interrupted_it_goes_on_where_it_was(
    conn: Conn, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, draft = policy(*LIVE, head=COUNTER), policy(WIDE, OFTEN, head=COUNTER)
    past(conn, live)
    whole = backtest(database_url, tmp_path, live, draft)
    with pytest.raises(Stopped):
        backtest(database_url, tmp_path, live, draft, stopped=lambda: True)
    assert len(list(tmp_path.iterdir())) == 1
    work(conn, live, post(99, "a late gate"))  # what came after it was begun is no part of it
    resumed = backtest(database_url, tmp_path, live, draft)
    assert resumed.rules == whole.rules and resumed.events == whole.events
    assert backtest(database_url, tmp_path, live, draft).events == whole.events + 1


def test_no_events_is_said(database_url: str, tmp_path: Path) -> None:
    with pytest.raises(BacktestError, match="no events to test on"):
        backtest(database_url, tmp_path, policy(GATE), policy(WIDE))


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 50), st.booleans()), max_size=40))
def test_windows_count_as_the_store_does(hits: list[tuple[str, int, bool]]) -> None:
    windows = Windows()
    known: list[tuple[str, int]] = []
    for seq, (key, minute, records) in enumerate(hits):
        hit = Hit("c", key, START + timedelta(minutes=minute), seq, timedelta(minutes=10), records)
        if records:
            known.append((key, minute))
        expected = sum(k == key and minute - 10 < m <= minute for k, m in known)
        assert windows.numbers([hit]) == [expected]
        assert windows.numbers([hit]) == [expected]  # asked again for another policy, it is not counted again


def test_digests_are_of_kind_and_id() -> None:
    digests = {digest_of(kind, id_) for kind, id_ in itertools.product(("post", "account"), ("1", "2"))}
    assert len(digests) == 4 and all(0 <= digest < 2**63 for digest in digests)


def test_slices_have_every_event_once_whatever_the_planner_thinks(conn: Conn) -> None:
    past(conn, policy(GATE))
    span = history.span(conn, None)
    assert span is not None
    conn.execute("ANALYZE events")
    conn.execute("UPDATE pg_class SET reltuples = 10000000 WHERE relname LIKE 'events%%'")
    taken: list[list[int]] = [[], [], []]
    after, slices = span.first - 1, 0
    while (last := history.next_slice(conn, after, span.last, 4)) is not None:
        for part, seqs in enumerate(taken):
            rows = history.events(conn, after, last, part=part, parts=len(taken))
            seqs += [seq for seq, _, _ in rows]
        after, slices = last, slices + 1
    assert slices == -(-span.events // 4)
    assert sorted(itertools.chain(*taken)) == [
        seq for (seq,) in conn.execute("SELECT seq FROM events ORDER BY 1")
    ]
    assert [seqs == sorted(seqs) for seqs in taken] == [True] * 3
    assert sum(map(bool, taken)) > 1
