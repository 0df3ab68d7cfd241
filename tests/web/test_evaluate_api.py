"""The synchronous verdict: what would be done, within the deadline, with nothing stored."""

import threading
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tenfold.config import Settings
from tenfold.detectors import shipped
from tenfold.evaluate import Evaluator
from tenfold.policy import load_policies
from tenfold.policy.in_force import CurrentPolicy
from tenfold.processing import fold
from tenfold.processing.fold import Numbered
from tenfold.store import database, protectees
from tenfold.store.keys import Scope
from tenfold.threats.protectees import Watch
from tests import helpers


@pytest.fixture(scope="module")
def policy():
    return load_policies(Settings())


@pytest.fixture
def evaluating(serve, database_url, policy):
    """The application with an evaluator over the shipped banks and the starter pack."""
    with database.connect(database_url) as conn:
        shipped.install(conn)
    pool = database.pool(database_url, 2)
    evaluator = Evaluator(pool, CurrentPolicy(policy), Watch(b"a secret of tests"))
    yield serve(evaluator=evaluator)
    evaluator.close()
    pool.close()


def statement() -> str:
    bank = next(bank for bank in shipped.banks() if bank.kind == "texts")
    return bank.entries[0].value


def ask(server, event, **query):
    return server.client.post("/v1/evaluate", json=event, params=query, headers=server.key(Scope.EVALUATE))


def post_event(text: str, **data):
    return {
        "id": "e1",
        "type": "post.created",
        "time": "2026-03-01T12:00:00Z",
        "account": "a1",
        "data": {"post": "p1", "text": text, **data},
    }


def test_an_ordinary_post_is_allowed(evaluating):
    answer = ask(evaluating, post_event("Good morning, the soup is ready"), deadline_ms=10_000).json()
    assert answer["verdict"] == "allow"
    assert answer["rules"] == []
    assert answer["milliseconds"] > 0


def test_a_known_statement_is_for_a_person_with_the_evidence(evaluating):
    answer = ask(evaluating, post_event(statement()), deadline_ms=10_000).json()
    assert answer["verdict"] in {"review", "hold"}
    assert answer["rules"][0]["parts"]
    found = next(signal for signal in answer["signals"] if signal["name"] == "near_duplicate")
    assert found["spans"][0]["field"] == "text"


def test_a_sign_up_is_judged_and_personal_data_are_not_needed(evaluating):
    event = {
        "id": "e2",
        "type": "account.created",
        "time": "2026-03-01T12:00:00Z",
        "account": "new",
        "data": {"handle": "amal", "email": "amal@mail.example"},
    }
    assert ask(evaluating, event, deadline_ms=10_000).json()["verdict"] == "allow"


def test_nothing_is_stored_or_counted(evaluating):
    ask(evaluating, post_event(statement()), deadline_ms=10_000)
    with evaluating.runtime.pool.connection() as conn:
        for table in ("events", "posts", "accounts", "signals", "cases", "counter_hits", "audit"):
            assert conn.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_a_deadline_that_cannot_be_met_is_answered_as_such(evaluating):
    evaluator = evaluating.runtime.evaluator
    release = threading.Event()
    evaluator._executor.submit(release.wait, 10)  # the one thread is busy
    answer = ask(evaluating, post_event("hello"), deadline_ms=20).json()
    release.set()
    assert answer["verdict"] == "undecided"
    assert "20 ms" in answer["reason"]


def test_too_many_who_wait_are_told_at_once(evaluating):
    evaluator = evaluating.runtime.evaluator
    evaluator._waiting.update(Future() for _ in range(64))
    answer = ask(evaluating, post_event("hello"), deadline_ms=5_000).json()
    assert (answer["verdict"], answer["reason"][:4]) == ("undecided", "busy")


def test_many_who_ask_at_once_are_all_answered_within_the_deadline(evaluating):
    evaluator = evaluating.runtime.evaluator
    release = threading.Event()
    evaluator._executor.submit(release.wait, 20)  # the one thread is busy
    headers = evaluating.key(Scope.EVALUATE)

    def ask_now(_):
        return evaluating.client.post(
            "/v1/evaluate", json=post_event("hello"), params={"deadline_ms": 2_000}, headers=headers
        ).json()

    with ThreadPoolExecutor(120) as pool:
        answers = list(pool.map(ask_now, range(120)))
    release.set()
    reasons = Counter(answer["reason"].split(":")[0] for answer in answers)
    assert reasons["busy"] > 0
    assert reasons["busy"] + reasons["not judged within 2000 ms"] == 120


def test_a_post_of_another_account_is_not_judged_as_this_ones(evaluating):
    with evaluating.runtime.pool.connection() as conn:
        numbered = [Numbered(1, helpers.event("post.created", account="badr", post="p1", text="mine"))]
        batch = fold.load(conn, numbered)
        fold.fold(batch, numbered)
        fold.save(conn, batch)
    answer = ask(evaluating, post_event("hello"), deadline_ms=10_000)
    assert answer.status_code == 200
    assert answer.json()["verdict"] == "undecided"
    assert "belongs to another account" in answer.json()["reason"]


def test_a_database_that_does_not_answer_leaves_it_undecided(evaluating, monkeypatch):
    def hang(conn, *_):
        conn.execute("SET LOCAL statement_timeout = '50ms'")
        conn.execute("SELECT pg_sleep(10)")

    monkeypatch.setattr(fold, "load", hang)
    answer = ask(evaluating, post_event("hello"), deadline_ms=10_000)
    assert (answer.status_code, answer.json()["verdict"]) == (200, "undecided")
    assert answer.json()["reason"] == "the database does not answer"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "follow.created", "data": {"target": "b"}}, "type"),
        ({"data": {"post": 7}}, "data.post"),
        ({"time": "soon"}, "time"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_its_field(evaluating, change, field):
    answer = ask(evaluating, {**post_event("x"), **change})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_the_scope_is_needed(evaluating):
    key = evaluating.key(Scope.EVENTS_WRITE)
    assert evaluating.client.post("/v1/evaluate", json=post_event("x"), headers=key).status_code == 403


def test_a_threat_against_somebody_watched_over_is_a_level_higher(evaluating):
    def levels() -> list[str]:
        asked = post_event("I will kill Jonas Vale, all of you will see it")
        answer = ask(evaluating, asked, deadline_ms=10_000).json()
        return [one["details"]["level"] for one in answer["signals"] if one["name"] == "threat"]

    assert levels() == ["T2"]
    with evaluating.runtime.pool.connection() as conn:
        protectees.add(conn, {"kind": "person", "name": "Jonas Vale"}, "user:1")
    assert levels() == ["T1"]
    with evaluating.runtime.pool.connection() as conn:
        assert conn.execute("SELECT count(*) FROM threats").fetchone() == (0,)
