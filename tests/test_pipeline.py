"""The loop from waiting events to cases: all or nothing, in order, once; poison stands aside."""

import random
import threading

import psycopg
import pytest

from tenfold import pipeline
from tenfold.config import Settings
from tenfold.detectors import bank_values, shipped
from tenfold.detectors.bank_values import GivenEntry
from tenfold.linkage.online import Linker
from tenfold.pipeline import Tools
from tenfold.policy import load_policies
from tenfold.processing import suites
from tenfold.processing.suites import CurrentSuite
from tenfold.store import banks, content, database
from tenfold.store import events as queue
from tenfold.threats.protectees import Watch
from tests.helpers import event


def known_statement(language: str) -> str:
    """A statement of the shipped bank of known texts."""
    bank = next(bank for bank in shipped.banks() if bank.kind == "texts")
    arabic = language == "ar"
    return next(entry.value for entry in bank.entries if any("ا" <= c <= "ي" for c in entry.value) == arabic)


@pytest.fixture(scope="module")
def policy():
    return load_policies(Settings())


@pytest.fixture
def ready(conn):
    """A connection to a store with the shipped banks, and their detectors."""
    shipped.install(conn)
    conn.commit()
    conn.autocommit = True
    return conn


@pytest.fixture
def tools(ready, policy):
    return tools_of(CurrentSuite().get(ready), policy)


def tools_of(suite, policy):
    return Tools(suite=suite, policy=policy, linker=Linker(), watch=Watch(b"the installation's key"))


def send(conn, *events):
    with conn.transaction():
        assert all(queue.insert_events(conn, events))


def work(conn, tools, batch=1000):
    """Turn the loop until nothing waits; returns what was done in all."""
    applied = set_aside = 0
    while True:
        done = pipeline.run_once(conn, tools, batch)
        if not (done.applied or done.set_aside):
            return applied, set_aside
        applied, set_aside = applied + done.applied, set_aside + done.set_aside


def cases(conn):
    return conn.execute("SELECT subject_kind, subject_id FROM cases ORDER BY subject_id").fetchall()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_known_statement_becomes_a_case_with_its_evidence(ready, tools, language):
    send(ready, event("post.created", post="p1", text=known_statement(language)))
    assert work(ready, tools) == (1, 0)
    assert cases(ready) == [("post", "p1")]
    (spans,) = ready.execute("SELECT spans FROM signals WHERE name = 'near_duplicate'").fetchone()
    assert spans and spans[0]["field"] == "text"
    assert ready.execute("SELECT count(*) FROM firings WHERE case_id IS NOT NULL").fetchone()[0] >= 1


@pytest.mark.parametrize(
    "text",
    [
        "Police say the group calling itself the Ashen Banner has lost its last stronghold.",
        "قالت الشرطة إن الجماعة التي تسمي نفسها الراية الرمادية خسرت معقلها الأخير",
        "I condemn the Ashen Banner and everything it stands for.",
        "صباح الخير، وصفة اليوم: شوربة عدس",
    ],
)
def test_naming_the_organisation_is_no_offence(ready, tools, text):
    send(ready, event("post.created", post="p1", text=text))
    assert work(ready, tools) == (1, 0)
    assert cases(ready) == []


def test_a_post_learns_its_language_and_the_links_in_its_text(ready, tools):
    send(
        ready,
        event("post.created", post="p1", text="اقرأوا الخبر كاملا هنا https://News.example/a?utm_source=x"),
    )
    work(ready, tools)
    post = content.load_posts(ready, ["p1"])["p1"]
    assert (post.language, post.script) == ("ar", "Arab")
    assert post.links == ["https://news.example/a"]


def test_an_edit_is_judged_again_and_old_signals_go(ready, tools):
    send(ready, event("post.created", post="p1", text=known_statement("en")))
    work(ready, tools)
    send(ready, event("post.updated", post="p1", text="nothing to see"))
    work(ready, tools)
    assert ready.execute("SELECT count(*) FROM signals").fetchone() == (0,)
    assert cases(ready) == [("post", "p1")]  # a person still decides about what was said


def test_what_fails_while_filing_leaves_nothing_half_done(ready, tools, monkeypatch):
    def fail(*_):
        raise psycopg.OperationalError("the connection is lost")

    send(ready, event("post.created", post="p1", text=known_statement("en")))
    monkeypatch.setattr(pipeline, "file_firings", fail)
    with pytest.raises(psycopg.OperationalError):
        pipeline.run_once(ready, tools, 100)
    for table in ("posts", "signals", "cases"):
        assert ready.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    monkeypatch.undo()
    assert work(ready, tools) == (1, 0)
    assert cases(ready) == [("post", "p1")]


def test_a_poisoned_event_stands_aside_and_the_others_go_on_in_order(ready, tools):
    send(ready, event("post.created", account="badr", post="p1", text="mine"))
    work(ready, tools)
    send(
        ready,
        event("account.created", handle="one"),
        event("post.created", post="p1", text="taken over", id_="poison"),
        event("account.updated", handle="two"),
        event("post.created", post="p2", text="fine"),
    )
    assert work(ready, tools) == (3, 1)
    (seen,) = queue.poisoned(ready)
    assert seen.id == "poison"
    assert "belongs to another account" in seen.error
    assert ready.execute("SELECT handle FROM accounts WHERE id = 'amal'").fetchone() == ("two",)
    assert content.load_posts(ready, ["p2"])["p2"].text == "fine"


def test_an_event_that_kills_its_worker_stands_aside_after_three_deaths(ready, tools, monkeypatch):
    sent = [
        event("post.created", post=f"p{n}", text="deadly" if n == 2 else "fine", id_=f"e{n}")
        for n in range(5)
    ]
    send(ready, *sent)

    class Killed(BaseException):
        """Stands for SIGKILL: nothing of the turn survives but what was committed."""

    def process(conn, tools, waiting):
        if any(b"deadly" in item.raw for item in waiting):
            raise Killed
        original(conn, tools, waiting)

    original = pipeline.process
    monkeypatch.setattr(pipeline, "process", process)
    deaths = 0
    for _ in range(60):
        try:
            pipeline.run_once(ready, tools, 1000)
        except Killed:
            deaths += 1
    assert deaths <= 8
    assert [seen.id for seen in queue.poisoned(ready)] == ["e2"]
    assert sorted(content.load_posts(ready, [f"p{n}" for n in range(5)])) == ["p0", "p1", "p3", "p4"]


def test_lanes_that_wait_while_another_is_walked_fall_under_no_more_suspicion(ready, tools):
    send(ready, *(event("post.created", account=f"a{n}", post=f"p{n}", text="fine") for n in range(40)))
    ready.execute("UPDATE lanes SET tries = %s", [queue.MAX_TRIES])
    pipeline.run_once(ready, tools, 1000)
    (most,) = ready.execute("SELECT max(tries) FROM lanes").fetchone()
    assert most == queue.MAX_TRIES, "claimed, not tried, not counted"
    assert work(ready, tools)[1] == 0
    assert ready.execute("SELECT count(*) FROM posts").fetchone() == (40,)


def test_a_suspected_lane_does_not_hold_up_the_others(ready, tools):
    send(ready, *(event("post.created", account=f"a{n}", post=f"p{n}", text="fine") for n in range(8)))
    (lane,) = ready.execute("SELECT min(lane) FROM event_queue").fetchone()
    ready.execute("UPDATE lanes SET tries = 9 WHERE lane = %s", [lane])
    assert pipeline.run_once(ready, tools, 1000).applied == 8
    assert ready.execute("SELECT max(tries) FROM lanes").fetchone() == (0,)


def test_several_workers_together_apply_everything_once(ready, policy, database_url):
    accounts, each = 20, 15
    sent = [
        event("post.created", account=f"a{n % accounts}", post=f"p{n}", text=f"note {n}")
        for n in range(accounts * each)
    ]
    joins = [event("group.joined", account=f"a{n}", group="g") for n in range(accounts)]
    send(ready, *sent, *joins)
    errors = []

    def worker() -> None:
        try:
            with database.connect(database_url, autocommit=True) as conn:
                tools = tools_of(CurrentSuite().get(conn), policy)
                while conn.execute("SELECT FROM event_queue LIMIT 1").rowcount:
                    pipeline.run_once(conn, tools, 40)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert ready.execute("SELECT count(*) FROM posts").fetchone() == (accounts * each,)
    assert ready.execute("SELECT DISTINCT posts FROM accounts").fetchall() == [(each,)]
    assert ready.execute("SELECT members FROM groups").fetchall() == [(accounts,)]
    assert queue.poisoned(ready) == []


def test_a_new_bank_entry_is_used_within_a_second(ready, policy, monkeypatch):
    suites_now = CurrentSuite()
    monkeypatch.setattr(suites, "LOOK_SECONDS", 0.0)
    send(ready, event("post.created", post="before", text="the purple heron flies tonight"))
    work(ready, tools_of(suites_now.get(ready), policy))
    entries, _ = bank_values.check("terms", [GivenEntry(value="purple heron")])
    banks.add_entries(ready, "ashen-banner-terms", entries, "user:1")
    send(ready, event("post.created", post="after", text="the purple heron flies tonight"))
    work(ready, tools_of(suites_now.get(ready), policy))
    assert ready.execute("SELECT subject_id FROM signals WHERE name = 'terms'").fetchall() == [("after",)]


def many_bytes(length):
    """Text that PostgreSQL cannot compress: four bytes a character, none foreseeable."""
    chosen = random.Random(length)
    return "".join(chr(chosen.randrange(0x20000, 0x2A000)) for _ in range(length))


def test_the_longest_ids_and_handles_that_are_let_in_can_be_kept(ready, tools):
    account, group, target = (many_bytes(length) for length in (253, 254, 255))
    send(
        ready,
        event("account.created", account=account, handle=many_bytes(2000)),
        event("group.joined", account=account, group=group),
        event("follow.created", account=account, target=target),
    )
    assert work(ready, tools) == (3, 0)


def test_an_event_too_large_for_an_index_stands_aside_at_once_and_alone(ready, tools):
    huge = many_bytes(255)
    send(
        ready,
        event("session.started", account="badr", device=many_bytes(2000), id_="huge"),
        event("post.created", post=huge, text="fine"),
    )
    assert work(ready, tools) == (1, 1)
    (seen,) = queue.poisoned(ready)
    assert seen.id == "huge"
    assert "index row size" in seen.error


def found(conn, kind):
    rows = conn.execute("SELECT DISTINCT subject_id FROM signals WHERE subject_kind = %s", [kind]).fetchall()
    return [id_ for (id_,) in rows]


@pytest.mark.parametrize("together", [True, False])
def test_a_new_name_of_a_group_leaves_what_its_description_says(ready, tools, together):
    send(ready, event("group.created", group="g", name="tea", description=known_statement("en")))
    if not together:
        work(ready, tools)
    send(ready, event("group.updated", group="g", name="coffee"))
    work(ready, tools)
    assert found(ready, "group") == ["g"]
    send(ready, event("group.updated", group="g", description=None))
    work(ready, tools)
    assert found(ready, "group") == []


def test_what_was_found_in_a_text_goes_when_the_text_is_emptied(ready, tools):
    send(
        ready,
        event("post.created", post="p1", text=known_statement("en")),
        event("account.updated", bio=known_statement("ar")),
    )
    work(ready, tools)
    assert (found(ready, "post"), found(ready, "account")) == (["p1"], ["amal"])
    send(ready, event("post.updated", post="p1", text=""), event("account.updated", bio=None))
    work(ready, tools)
    assert (found(ready, "post"), found(ready, "account")) == ([], [])


@pytest.mark.parametrize("together", [True, False])
def test_an_edit_takes_links_of_the_old_text_away_and_leaves_those_listed(ready, tools, together):
    text = "read https://old.example/a"
    send(ready, event("post.created", post="p1", text=text, links=["https://card.example/b"]))
    if not together:
        work(ready, tools)
    send(ready, event("post.updated", post="p1", text="read https://new.example/c"))
    work(ready, tools)
    links = content.load_posts(ready, ["p1"])["p1"].links
    assert sorted(links) == ["https://card.example/b", "https://new.example/c"]


def test_large_events_are_taken_few_at_a_time_and_none_is_left(ready, tools, monkeypatch):
    monkeypatch.setattr(queue, "BATCH_BYTES", 10_000)
    monkeypatch.setattr(queue, "BODIES_AT_ONCE", 2)
    posts = [f"p{n}" for n in range(7)]
    send(ready, *(event("post.created", post=post, text="calm " * 1000) for post in posts))
    turns = [pipeline.run_once(ready, tools, 1000).applied for _ in range(5)]
    assert turns == [2, 2, 2, 1, 0]
    assert sorted(content.load_posts(ready, posts)) == posts


def test_a_lane_is_walked_by_one_worker_and_the_others_count_nothing(ready, tools, database_url):
    send(ready, event("post.created", post="p1", text="fine"))
    for _ in range(queue.MAX_TRIES + 1):
        (lane,) = queue.announce_claim(ready, 64)
    with database.connect(database_url, autocommit=True) as other, queue.walking(other, lane) as alone:
        assert alone
        for _ in range(queue.MAX_TRIES + 1):
            assert pipeline.run_once(ready, tools, 1000) == pipeline.Done()
        assert ready.execute("SELECT tries FROM event_queue").fetchone() == (0,)
        assert ready.execute("SELECT tries FROM lanes WHERE lane = %s", [lane]).fetchone() > (
            queue.MAX_TRIES,
        )
    assert work(ready, tools) == (1, 0)
    assert ready.execute("SELECT tries FROM lanes WHERE lane = %s", [lane]).fetchone() == (0,)


def test_workers_that_race_for_a_suspected_lane_set_nothing_aside(ready, policy, database_url):
    send(ready, *(event("post.created", post=f"p{n}", text=f"note {n}") for n in range(40)))
    ready.execute("UPDATE lanes SET tries = 100")

    def worker() -> None:
        with database.connect(database_url, autocommit=True) as conn:
            tools = tools_of(CurrentSuite().get(conn), policy)
            while conn.execute("SELECT FROM event_queue LIMIT 1").rowcount:
                pipeline.run_once(conn, tools, 1000)

    threads = [threading.Thread(target=worker) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert queue.poisoned(ready) == []
    assert ready.execute("SELECT count(*) FROM posts").fetchone() == (40,)
