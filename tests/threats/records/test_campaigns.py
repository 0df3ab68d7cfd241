"""Which sightings are one record: near copies against one target, and one account against one target."""

import threading
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenfold.store import database, protectees
from tenfold.threats import records, renewing
from tests.threats.records.composed import NOON, ids, parts, sighting
from tests.threats.records.composed import records as told

EN = "I will kill {} at the door of his house on Harbour Street, and nobody will hear it"
AR = "سأقتل {} عند باب بيته في شارع الميناء ولن يسمعه أحد من جيرانه"
OTHER = "Whoever brings me the head of {} gets the old mill and everything that is in it"


@pytest.mark.parametrize(("text", "target"), [(EN, "Jonas Vale"), (AR, "سليم الحداد")])
def test_the_same_message_from_two_hundred_accounts_is_one_threat(conn, text, target):
    ends = ["", " 🔥", " @amal @badr", " #TheAshRemembers", "!!!", " https://a.example/1", " 17"]
    said = [
        sighting(f"p{n}", f"a{n}", text.format(target) + ends[n % 7], target, NOON + timedelta(minutes=n))
        for n in range(200)
    ]
    for start in range(0, 200, 40):
        records.take(conn, said[start : start + 40], NOON)
    (row,) = conn.execute("SELECT sources, accounts, first_at, last_at FROM threats").fetchall()
    assert row == (200, 200, NOON, NOON + timedelta(minutes=199))


def test_different_targets_stay_different_threats(conn):
    names = ["Jonas Vale", "Sara Winter", "Peter Moor"]
    taken = records.take(conn, [sighting(n, f"of {n}", EN.format(n), n) for n in names], NOON)
    assert len(set(ids(taken))) == 3


def test_an_account_that_goes_on_joins_its_record_and_the_highest_level_counts(conn):
    records.take(conn, [sighting("p1", "amal", EN.format("Jonas Vale"), level="T3")], NOON)
    (joined,) = records.take(conn, [sighting("p2", "amal", OTHER.format("Jonas Vale"), level="T1")], NOON)
    (another,) = records.take(
        conn, [sighting("p3", "badr", "Jonas Vale must die by the sword one day")], NOON
    )
    assert joined.level == "T1"
    assert not joined.new
    assert another.new
    assert parts(conn) == [["p1", "p2"], ["p3"]]


def test_one_account_against_two_people_makes_two_records(conn):
    taken = records.take(
        conn,
        [
            sighting("p1", "amal", EN.format("Jonas Vale")),
            sighting("p2", "amal", OTHER.format("Sara Winter"), "Sara Winter"),
        ],
        NOON,
    )
    assert len(set(ids(taken))) == 2


def test_short_threats_against_nobody_that_can_be_told_are_each_accounts_own(conn):
    taken = records.take(
        conn, [sighting(f"p{n}", f"a{n % 2}", "I will kill you", "") for n in range(4)], NOON
    )
    assert ids(taken) == [taken[0].threat_id, taken[1].threat_id] * 2
    assert len(set(ids(taken))) == 2


def test_you_is_whoever_is_mentioned_or_answered(conn):
    text = "I will find you and nobody will ever find what is left of you"
    one = sighting("p1", "a1", text, "", mentions=("victim",))
    two = sighting("p2", "a2", text, "", mentions=("other",))
    three = sighting("p3", "a3", text, "", reply_to="q", answered="victim")
    assert len(set(ids(records.take(conn, [one, two, three], NOON)))) == 2
    assert parts(conn) == [["p1", "p3"], ["p2"]]


def test_words_about_a_threat_are_not_counted_among_those_who_make_it(conn):
    text = EN.format("Jonas Vale")
    news: dict[str, Any] = {"speech_act": "news", "gates": ["news"], "gated": True, "level": "N"}
    records.take(conn, [sighting("p1", "a1", text), sighting("p2", "paper", text, **news)], NOON)
    rows = conn.execute("SELECT information, level, sources FROM threats ORDER BY information").fetchall()
    assert rows == [(False, "T2", 1), (True, "N", 1)]


def test_a_message_that_ties_two_records_makes_them_one_and_nothing_is_lost(conn):
    first, second = (
        records.take(conn, [sighting(post, account, text)], NOON)[0].threat_id
        for post, account, text in (
            ("p1", "a1", EN.format("Jonas Vale")),
            ("p2", "a2", OTHER.format("Jonas Vale")),
        )
    )
    assert first != second
    (tie,) = records.take(conn, [sighting("p3", "a2", EN.format("Jonas Vale"))], NOON)
    assert tie.threat_id == first
    assert parts(conn) == [["p1", "p2", "p3"]]
    (part,) = conn.execute("SELECT status, outcome, merged_into FROM threats WHERE id = %s", [second])
    assert part == ("closed", "duplicate", first)
    (later,) = records.take(conn, [sighting("p4", "a4", OTHER.format("Jonas Vale"))], NOON)
    assert later.threat_id == first
    acts = conn.execute("SELECT threat_id, act FROM threat_log ORDER BY id").fetchall()
    assert (second, "merged") in acts
    assert (first, "took_in") in acts


def test_taking_the_same_twice_changes_nothing(conn):
    said = [sighting(f"p{n}", f"a{n}", EN.format("Jonas Vale")) for n in range(3)]
    records.take(conn, said, NOON)
    before = told(conn)
    (again, *_) = records.take(conn, said, NOON + timedelta(hours=1))
    assert not again.new
    assert not again.urgent
    assert told(conn) == before


def test_a_target_that_is_found_out_later_does_not_move_what_was_taken(conn):
    said = sighting("p1", "a1", EN.format("Jonas Vale"))
    (first,) = records.take(conn, [said], NOON)
    id_ = protectees.add(conn, {"kind": "person", "name": "Jonas Vale"}, "user:1")
    seen = sighting("p1", "a1", EN.format("Jonas Vale"), protectees=((id_, "name", 0.9, 12, 22),), level="T1")
    (again,) = records.take(conn, [seen], NOON)
    assert again.threat_id == first.threat_id
    assert again.level == "T1"
    assert conn.execute("SELECT threat_id, protectee_id FROM threat_protectees").fetchall() == [
        (first.threat_id, id_)
    ]


TEXTS = [
    EN,
    OTHER,
    "Burn {} in the street as you would burn old paper, brothers",
    "{} will not see the spring",
]
SAID = st.tuples(
    st.integers(0, 3),  # text
    st.sampled_from(["", " 🔥", " @rook", " now"]),
    st.sampled_from(["Jonas Vale", "Sara Winter"]),
    st.sampled_from(["a", "b", "c", "d", "e"]),
    st.integers(0, 40),  # days
    st.sampled_from(["T1", "T2", "T3"]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(said=st.lists(SAID, min_size=1, max_size=14), data=st.data())
def test_any_order_of_arrival_gives_the_same_records(conn, said, data):
    made = [
        sighting(f"p{n}", who, TEXTS[text].format(whom) + end, whom, NOON + timedelta(days=days), level=level)
        for n, (text, end, whom, who, days, level) in enumerate(said)
    ]
    seen = []
    for order in (made, data.draw(st.permutations(made))):
        conn.rollback()
        size = data.draw(st.integers(1, 6))
        for start in range(0, len(order), size):
            records.take(conn, order[start : start + size], NOON)
        seen.append(told(conn))
    conn.rollback()
    assert seen[0] == seen[1]


def test_two_workers_with_one_campaign_open_one_record(conn, database_url):
    conn.commit()
    errors = []
    together = threading.Barrier(4)

    def work(worker: int) -> None:
        try:
            with database.connect(database_url, autocommit=True) as mine:
                together.wait()
                for n in range(10):
                    post = f"p{worker}-{n}"
                    said = [sighting(post, post, EN.format("Jonas Vale") + " now" * (n % 3))]
                    while True:
                        try:
                            with mine.transaction():
                                records.take(mine, said, NOON)
                            break
                        except psycopg.errors.DeadlockDetected:
                            continue
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=[n]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert conn.execute("SELECT sources, accounts FROM threats").fetchall() == [(40, 40)]
    assert conn.execute("SELECT count(*) FROM threat_keys WHERE threat_id IS NULL").fetchone() == (0,)


def test_what_is_rolled_back_leaves_no_keys(conn):
    with conn.transaction(force_rollback=True):
        records.take(conn, [sighting("p1", "a1", EN.format("Jonas Vale"))], NOON)
    assert conn.execute("SELECT count(*) FROM threat_keys").fetchone() == (0,)
    (taken,) = records.take(conn, [sighting("p2", "a2", EN.format("Jonas Vale"))], NOON)
    assert taken.new


def test_a_huge_text_is_taken(conn):
    text = "I will kill Jonas Vale " + " ".join(f"word{n} of a long speech" for n in range(40_000))
    (taken,) = records.take(conn, [sighting("p1", "a1", text)], NOON)
    assert taken.new


@pytest.mark.parametrize(
    "text", ["\udcff" + "Jonas Vale", "Jonas Vale", "Jonas Vale\u202e\u200f", "💀Jonas Vale💀"]
)
def test_texts_of_hardly_any_words_are_taken_once_for_each_account(conn, text):
    if "\udcff" in text:
        text = text.replace("\udcff", "\ufffd")
    taken = records.take(conn, [sighting("p1", "a1", text), sighting("p2", "a1", text)], NOON)
    assert len(set(ids(taken))) == 1


def test_looking_again_when_nothing_is_known_changes_nothing(conn):
    records.take(conn, [sighting("p1", "a1", EN.format("Jonas Vale"))], NOON)
    before = told(conn)
    assert renewing.look_again(conn, NOON + timedelta(minutes=5)) is None
    assert renewing.look_again(conn, NOON + timedelta(minutes=15)) == []
    assert told(conn) == before
