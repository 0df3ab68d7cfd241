"""From events to records: through the whole pipeline, with real readings, faults and edits."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from tenfold import pipeline
from tenfold.config import Settings
from tenfold.detectors.text.suite import TextSuite
from tenfold.linkage.online import Linker
from tenfold.pipeline import Tools
from tenfold.policy import load_policies
from tenfold.processing import threats as processing_threats
from tenfold.store import audit, database, protectees, threats
from tenfold.store import events as queue
from tenfold.threats import lists, paging, records, shown, steps
from tenfold.threats.protectees import Watch
from tests.helpers import NOON, event

EN = "I will kill Jonas Vale at his house on Harbour Street"
AR = "سنقتل سليم الحداد أمام بيته بالسكين"
NEWS = "Police say a man threatened to kill Jonas Vale at his home, the court heard on Monday."


@pytest.fixture(scope="module")
def policy():
    return load_policies(Settings())


@pytest.fixture
def tools(conn, policy):
    conn.commit()
    conn.autocommit = True
    return Tools(suite=TextSuite([]), policy=policy, linker=Linker(), watch=Watch(b"a secret of tests"))


def send(conn, *sent):
    with conn.transaction():
        queue.insert_events(conn, sent)


def work(conn, tools, batch=1000):
    while pipeline.run_once(conn, tools, batch).applied:
        pass
    assert queue.poisoned(conn) == []


def post(text: str, n: int = 0, account: str | None = None, **data: Any):
    return event(
        "post.created",
        account=account or f"a{n}",
        at=NOON + timedelta(minutes=n),
        post=f"p{n}",
        text=text,
        **data,
    )


def only(conn):
    (id_,) = conn.execute("SELECT id FROM threats WHERE merged_into IS NULL").fetchone()
    return threats.load(conn, [id_])[id_]


@pytest.mark.parametrize("text", [EN, AR])
@pytest.mark.parametrize("batch", [7, 1000])
def test_a_campaign_is_one_record_whatever_the_batches(conn, tools, text, batch):
    ends = ["", "!!", " 🔥", " @friend", " #now"]
    send(conn, *(post(text + ends[n % 5], n) for n in range(30)))
    work(conn, tools, batch)
    threat = only(conn)
    assert (threat.sources, threat.accounts) == (30, 30)
    assert (threat.first_at, threat.last_at) == (NOON, NOON + timedelta(minutes=29))
    view = shown.view(conn, threat.id)
    assert view is not None
    assert view.spread.unit == "hour"
    assert view.spread.counts == [(NOON, 30, 30)]
    first = view.sources[0]
    assert {first.text[start:end] for start, end, factor in first.spans if factor == "target"} <= {
        "Jonas Vale",
        "سليم الحداد",
    }


def test_posts_without_threats_make_no_records_and_are_counted(conn, tools):
    send(conn, *(post(f"The library opens at nine, note {n}", n) for n in range(20)))
    work(conn, tools, 6)
    assert conn.execute("SELECT count(*) FROM threats").fetchone() == (0,)
    assert conn.execute("SELECT sum(posts) FROM threat_read").fetchone() == (20,)


def test_the_same_event_twice_counts_once(conn, tools):
    send(conn, post(EN))
    again = event(
        "post.created", account="a0", at=NOON, post="p0", text=EN, id_="another id of the same post"
    )
    send(conn, again)
    work(conn, tools)
    send(conn, event("post.updated", account="a0", at=NOON + timedelta(hours=1), post="p0", text=EN))
    work(conn, tools)
    assert only(conn).sources == 1
    assert conn.execute("SELECT count(*), count(gone_at) FROM threat_sources").fetchone() == (1, 0)


@pytest.mark.parametrize("together", [True, False])
def test_what_is_edited_away_or_deleted_is_gone_and_kept(conn, tools, together):
    send(conn, post(EN, 1), post(EN, 2))
    if not together:
        work(conn, tools)
    later = NOON + timedelta(hours=1)
    send(
        conn,
        event("post.updated", account="a1", at=later, post="p1", text="sorry, I was angry"),
        event("post.deleted", account="a2", at=later, post="p2"),
    )
    work(conn, tools)
    rows = conn.execute("SELECT subject_id, text, gone_at FROM threat_sources ORDER BY 1").fetchall()
    assert rows == [("p1", EN, later), ("p2", EN, later)]
    assert only(conn).sources == 2
    send(conn, event("post.updated", account="a1", at=later + timedelta(hours=1), post="p1", text=EN))
    work(conn, tools)
    assert conn.execute("SELECT gone_at FROM threat_sources WHERE subject_id = 'p1'").fetchone() == (None,)


def test_nobody_deletes_another_ones_source(conn, tools):
    send(conn, post(EN, 1))
    work(conn, tools)
    send(conn, event("post.deleted", account="stranger", post="p1"))
    work(conn, tools)
    assert conn.execute("SELECT gone_at FROM threat_sources").fetchone() == (None,)


def test_a_profile_that_threatens_is_a_source(conn, tools):
    send(conn, event("account.created", account="amal", handle="amal", bio=EN))
    work(conn, tools)
    assert conn.execute("SELECT subject_kind, subject_id, field FROM threat_sources").fetchall() == [
        ("account", "amal", "bio")
    ]


def watch_over(conn, **fields):
    return protectees.add(conn, {"kind": "person", "name": "Jonas Vale", **fields}, "user:1")


def test_news_that_names_somebody_watched_over_is_an_information_record(conn, tools):
    id_ = watch_over(conn)
    send(conn, post(NEWS, account="paper"))
    work(conn, tools)
    threat = only(conn)
    assert (threat.level, threat.information, threat.protected, threat.due_at) == ("N", True, True, None)
    assert threat.speech_act == "news"
    view = shown.view(conn, threat.id)
    assert view is not None
    assert view.reported_against == ["Jonas Vale"]
    assert [match.protectee for match in view.protectees] == [id_]
    assert lists.page(conn).rows == []
    listed = lists.page(conn, lists.Filter(information=True, protected=True)).rows
    assert [row.id for row in listed] == [threat.id]


def test_a_threat_against_somebody_watched_over_is_a_level_higher_and_says_not_whom(conn, tools):
    send(conn, post(EN, 1))
    work(conn, tools)
    before = only(conn).level
    watch_over(conn)
    send(conn, post(EN, 2))
    work(conn, tools)
    threat = only(conn)
    order = ["T0", "T1", "T2", "T3"]
    assert order.index(threat.level) == max(0, order.index(before) - 1)
    assert threat.raised == ["protectee"]
    (details,) = conn.execute(
        "SELECT details FROM signals WHERE subject_id = 'p2' AND name = 'threat'"
    ).fetchone()
    assert details["protectee"] is True
    assert details["level"] == threat.level
    assert "protectees" not in details
    kept = conn.execute("SELECT string_agg(details::text, ' ') FROM threat_log").fetchone()[0]
    assert "Vale" not in kept
    assert all("Vale" not in str(row.details) for row in audit.latest(conn, limit=100))


def searched(conn, tools):
    while processing_threats.search_again(conn, tools.watch, NOON):
        pass


@pytest.mark.parametrize(("text", "name"), [(EN, "Jonas Vale"), (AR, "سليم الحداد")])
def test_who_is_watched_over_only_now_is_found_in_what_was_said_before(conn, tools, text, name):
    send(conn, *(post(text, n) for n in range(3)))
    work(conn, tools)
    searched(conn, tools)
    before = only(conn)
    assert not before.protected
    id_ = watch_over(conn, name=name)
    searched(conn, tools)
    threat = only(conn)
    order = ["T0", "T1", "T2", "T3"]
    assert order.index(threat.level) == max(0, order.index(before.level) - 1)
    assert (threat.protected, threat.raised) == (True, ["protectee"])
    view = shown.view(conn, threat.id)
    assert view is not None
    assert [match.protectee for match in view.protectees] == [id_]
    (line,) = conn.execute("SELECT details FROM threat_log WHERE act = 'rose'").fetchall()
    assert line[0]["raised"] == ["protectee"]
    searched(conn, tools)
    assert only(conn) == threat


def test_what_is_found_later_calls_if_it_has_become_urgent(conn, tools):
    send(conn, post("I will kill Jonas Vale this week, I know his house", 1))
    work(conn, tools)
    assert only(conn).level == "T1"
    watch_over(conn)
    searched(conn, tools)
    assert only(conn).level == "T0"
    assert conn.execute("SELECT count(*) FROM threat_pages").fetchone() == (1,)


def test_closed_records_are_searched_again_when_they_open_again(conn, tools):
    send(conn, post(EN, 1))
    work(conn, tools)
    threat = only(conn)
    steps.close(conn, threat.id, outcome="other", reason="over", actor="user:1", now=NOON)
    watch_over(conn)
    searched(conn, tools)
    assert not only(conn).protected
    steps.reopen(conn, threat.id, reason="not over", actor="user:1", now=NOON)
    searched(conn, tools)
    assert only(conn).protected


def test_a_source_read_with_an_older_list_has_its_record_searched_again(conn, tools):
    send(conn, post(EN, 1))
    work(conn, tools)
    searched(conn, tools)
    id_ = watch_over(conn)
    searched(conn, tools)
    protectees.end(conn, id_)
    send(conn, post(EN + " tomorrow", 2))
    work(conn, tools)
    behind = only(conn).matched_revision
    searched(conn, tools)
    assert behind < only(conn).matched_revision == protectees.revision(conn)


def test_rules_see_the_level_that_history_gives(conn, tools):
    words = [
        "at the mill",
        "with a knife, I swear",
        "when he sleeps",
        "before his neighbours",
        "on the bridge",
        "again",
    ]
    for n, day in enumerate((0, 9, 10, 11, 12, 13)):
        sent = event(
            "post.created",
            account="amal",
            at=NOON + timedelta(days=day),
            post=f"p{n}",
            text=f"I will kill Jonas Vale {words[n]}",
        )
        send(conn, sent)
        work(conn, tools)
    threat = only(conn)
    assert threat.raised == ["cadence"]
    (details,) = conn.execute(
        "SELECT details FROM signals WHERE subject_id = 'p5' AND name = 'threat'"
    ).fetchone()
    assert details["raised"] == ["cadence"]
    assert details["level"] == threat.level
    (queue_,) = conn.execute("SELECT queue FROM cases WHERE subject_id = 'p5'").fetchone()
    assert queue_ == "threats"


def test_an_urgent_threat_calls_once_in_the_same_transaction(conn, tools):
    text = "I will kill Jonas Vale tonight at his house on Harbour Street"
    send(conn, post(text, 1), post(text, 2))
    work(conn, tools, 1)
    assert only(conn).level == "T0"
    assert conn.execute("SELECT count(*) FROM threat_pages").fetchone() == (1,)


class Killed(BaseException):
    """Stands for SIGKILL: nothing of the turn survives but what was committed."""


@pytest.mark.parametrize("where", ["take", "page", "file_firings"])
def test_a_worker_killed_anywhere_loses_nothing_and_doubles_nothing(conn, tools, monkeypatch, where):
    text = "I will kill Jonas Vale tonight at his house on Harbour Street"
    send(conn, *(post(text, n) for n in range(5)))
    module = {"take": records, "page": paging, "file_firings": pipeline}[where]
    original: Callable[..., Any] = getattr(module, where)

    def die(*args: Any, **named: Any) -> Any:
        original(*args, **named)
        raise Killed

    monkeypatch.setattr(module, where, die)
    for _ in range(2):
        with pytest.raises(Killed):
            pipeline.run_once(conn, tools, 1000)
    for table in ("threats", "threat_sources", "threat_keys", "threat_pages", "threat_read"):
        assert conn.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
    monkeypatch.undo()
    work(conn, tools)
    assert (only(conn).sources, only(conn).accounts) == (5, 5)
    assert conn.execute("SELECT sum(posts) FROM threat_read").fetchone() == (5,)
    assert conn.execute("SELECT count(*) FROM threat_pages").fetchone() == (1,)


def test_a_batch_that_is_halved_counts_every_source_once(conn, tools):
    send(conn, post(EN, 0, account="owner"))
    work(conn, tools)
    poison = event("post.created", account="thief", at=NOON, post="p0", text=EN, id_="poison")
    send(conn, *(post(EN, n) for n in range(1, 9)), poison, *(post(EN, n) for n in range(9, 12)))
    while pipeline.run_once(conn, tools, 1000).applied:
        pass
    assert [seen.id for seen in queue.poisoned(conn)] == ["poison"]
    assert only(conn).sources == 12
    assert conn.execute("SELECT sum(posts) FROM threat_read").fetchone() == (12,)


def test_workers_together_make_one_record_of_a_campaign(conn, tools, policy, database_url):
    send(conn, *(post(EN if n % 2 else AR, n) for n in range(60)))
    errors = []

    def worker() -> None:
        try:
            with database.connect(database_url, autocommit=True) as mine:
                own = Tools(
                    suite=tools.suite, policy=policy, linker=Linker(), watch=Watch(b"a secret of tests")
                )
                while mine.execute("SELECT FROM event_queue LIMIT 1").rowcount:
                    try:
                        pipeline.run_once(mine, own, 9)
                    except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
                        continue
        except Exception as error:
            errors.append(error)

    threads_ = [threading.Thread(target=worker) for _ in range(3)]
    for thread in threads_:
        thread.start()
    for thread in threads_:
        thread.join()
    assert errors == []
    assert queue.poisoned(conn) == []
    rows = conn.execute("SELECT sources, accounts FROM threats WHERE merged_into IS NULL").fetchall()
    assert rows == [(30, 30), (30, 30)]


def test_looking_again_survives_what_fails(conn, tools, monkeypatch):
    send(conn, post(EN))
    work(conn, tools)
    conn.execute("UPDATE threats SET looked_again_at = '2026-01-01Z'")

    def fail(*_: Any) -> None:
        raise ValueError("cannot be read")

    monkeypatch.setattr(records, "look_again", fail)
    assert pipeline.run_due(conn, tools) == 0
    monkeypatch.undo()
    (at,) = conn.execute("SELECT looked_again_at FROM threats").fetchone()
    assert at > NOON
