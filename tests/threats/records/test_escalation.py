"""Cadence, fixation and return: with their numbers, one level in all, and never to T0 without a time."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.store import signals, threats
from tenfold.store.signals import Link
from tenfold.threats import escalation, fixation, records, renewing
from tenfold.threats.fixation import Written
from tests.threats.records.composed import NOON, sighting

TEXTS = [
    "I will kill {} at the door of his house on Harbour Street, and nobody will hear it",
    "Whoever brings me the head of {} gets the old mill and everything that is in it",
    "Burn {} in the street as you would burn old paper, brothers of the ash",
    "{} shall not see the spring, I have sworn it by the ashes of my house",
    "There is a rope for {} in every tree of this valley, and I shall tie the knot",
    "Nobody hides {} from me, neither the wall nor the dog nor the police of the valley",
]


def days(*numbers: float) -> list[datetime]:
    return [NOON + timedelta(days=number) for number in numbers]


@pytest.mark.parametrize(
    ("times", "now", "before"),
    [
        (days(0, 9, 10, 11, 12, 13), 5, 1),
        (days(0, 5, 20, 27.5, 28, 30, 31, 33), 5, 1),
    ],
)
def test_threats_that_come_faster_are_told_with_their_numbers(times, now, before):
    found = escalation.cadence(times)
    assert found is not None
    assert (found["now"], found["before"], found["days"]) == (now, before, 7)


@pytest.mark.parametrize(
    "times",
    [
        [],
        days(0),
        days(0, 1, 2, 3, 4, 5),  # a first week
        days(*range(0, 60, 2)),  # every other day for two months
        days(*range(30)),
        days(0, 8, 8.001, 8.002, 8.003, 8.004, 8.005),  # one outburst
        days(0, 30, 31, 32, 33, 34),  # after a month of silence: a first week again
    ],
)
def test_threats_that_come_as_they_came_raise_nothing(times):
    assert escalation.cadence(times) is None


@given(st.lists(st.integers(0, 60 * 24), max_size=40))
def test_cadence_counts_what_is_there(hours):
    times = sorted(NOON + timedelta(hours=hour) for hour in hours)
    found = escalation.cadence(times)
    if found is not None:
        assert found["before"] >= 1
        assert escalation.LEAST_NOW <= found["now"] <= len(times)
        assert found["now"] / 7 >= escalation.TIMES_FASTER * found["before"] / (found["before_days"] + 0.05)
        assert 1 <= found["before_days"] <= 7


@given(st.sampled_from(["T0", "T1", "T2", "T3", "N"]), st.one_of(st.none(), st.floats(0, 1000)))
def test_a_level_rises_by_one_and_to_t0_only_with_a_time(level, hours):
    rank = ["T0", "T1", "T2", "T3", "N"].index
    higher = escalation.raised(level, hours)
    assert rank(level) - rank(higher) in (0, 1)
    if higher == "T0" != level:
        assert hours is not None
        assert hours <= 24
    if level in ("T2", "T3"):
        assert rank(level) - rank(higher) == 1


def only(conn):
    return threats.load(
        conn, [row[0] for row in conn.execute("SELECT id FROM threats WHERE merged_into IS NULL")]
    )


def test_an_account_whose_threats_come_faster_raises_its_record(conn):
    said = [
        sighting(f"p{n}", "amal", TEXTS[n % 6].format("Jonas Vale"), at=at)
        for n, at in enumerate(days(0, 9, 10, 11, 12, 13))
    ]
    taken = records.take(conn, said[:-1], NOON)
    assert {one.level for one in taken} == {"T2"}
    (last,) = records.take(conn, said[-1:], NOON)
    (threat,) = only(conn).values()
    assert (threat.level, threat.raised) == ("T1", ["cadence"])
    assert threat.findings["cadence"]["account"] == "amal"
    assert (last.said, last.raised) == ("T1", ("cadence",))
    (other,) = records.take(conn, [sighting("q", "badr", TEXTS[0].format("Jonas Vale"))], NOON)
    assert (other.said, other.raised) == ("T2", ()), "it is not badr who goes on faster"


def test_many_accounts_are_a_campaign_and_no_cadence(conn):
    said = [
        sighting(f"p{n}", f"a{n}", TEXTS[0].format("Jonas Vale"), at=at)
        for n, at in enumerate(days(0, 9, 10, 11, 12, 13))
    ]
    records.take(conn, said, NOON)
    (threat,) = only(conn).values()
    assert (threat.level, threat.raised) == ("T2", [])


def test_t1_without_a_time_stays_t1_and_with_one_becomes_t0(conn):
    for name, hours, level in (("Jonas Vale", None, "T1"), ("Sara Winter", 12.0, "T0")):
        changes = {} if hours is None else {"imminence_hours": hours}
        said = [
            sighting(f"{name}{n}", name, TEXTS[n % 6].format(name), name, at, level="T1", **changes)
            for n, at in enumerate(days(0, 9, 10, 11, 12, 13))
        ]
        assert records.take(conn, said, NOON)[-1].level == level


def written(account, text, mentions=(), answered=None):
    return Written(account, text, mentions, answered)


ABOUT = [written("amal", f"What is Jonas Vale doing today, number {n}?") for n in range(8)]
ELSE = [written("amal", f"The library opens at nine, note {n}") for n in range(24)]
OTHERS = [written(f"x{n}", f"The harbour is calm today {n}") for n in range(300)]
JONAS = fixation.target(["who:jonas vale"])


def test_fixation_tells_numbers_and_denominators():
    assert fixation.found(ABOUT + ELSE, OTHERS, JONAS) == {
        "about": 8,
        "posts": 32,
        "others_about": 0,
        "others_posts": 300,
    }


@pytest.mark.parametrize(
    ("mine", "others"),
    [
        (ABOUT, OTHERS),  # too few posts
        (ABOUT[:4] + ELSE, OTHERS),  # too few about him
        (ABOUT + ELSE + ELSE, OTHERS),  # a small share
        (ABOUT + ELSE, OTHERS[:100]),  # chance cannot be told
        (
            ABOUT + ELSE,
            [written("x", "Jonas Vale opens the fair") for _ in range(12)] + OTHERS,
        ),  # the talk of the town
    ],
)
def test_no_fixation_without_posts_enough_or_beyond_chance(mine, others):
    assert fixation.found(mine, others, JONAS) is None


def test_mentions_and_answers_count_and_short_words_do_not():
    whom = fixation.target(["account:v", "@abc", "protectee:7"])
    posts = [written("a", "hello", ["v"]), written("a", "hello", [], "v"), written("a", "abc", ["w"])]
    assert fixation.about(posts, whom) == 2
    arabic = fixation.target(["who:سليم الحداد"])
    assert fixation.about([written("a", "أين سليمُ الحدّاد اليوم؟")], arabic) == 1
    assert fixation.about([written("a", "سليم الحدادي")], arabic) == 0


def put_posts(conn, account, texts, start=0):
    conn.execute(
        "INSERT INTO accounts (id, first_seq, updated_at, posts) VALUES (%s, 1, %s, %s)",
        [account, NOON, len(texts)],
    )
    for n, text in enumerate(texts):
        conn.execute(
            "INSERT INTO posts (id, account, created_at, text, seq) VALUES (%s, %s, %s, %s, 1)",
            [f"{account}-{start + n}", account, NOON - timedelta(hours=n), text],
        )


def test_an_account_that_writes_of_little_else_raises_its_record(conn):
    put_posts(conn, "amal", [post.text for post in ABOUT + ELSE])
    for n in range(25):
        put_posts(conn, f"x{n}", [f"The harbour is calm today, {m}" for m in range(10)])
    (taken,) = records.take(conn, [sighting("p1", "amal", TEXTS[0].format("Jonas Vale"))], NOON)
    assert (taken.level, taken.raised) == ("T1", ("fixation",))
    (threat,) = only(conn).values()
    assert threat.findings["fixation"] | {"others_posts": 0} == {
        "account": "amal",
        "about": 8,
        "posts": 32,
        "others_about": 0,
        "others_posts": 0,
    }


def link(conn, one, other, level="likely"):
    first, second = sorted((one, other))
    signals.write_links(
        conn,
        [
            Link(
                account_a=first,
                account_b=second,
                bits=12.0,
                probability=0.97,
                level=level,
                evidence=[],
                origin="key:1",
            )
        ],
    )


def closed(conn, account):
    conn.execute(
        "INSERT INTO accounts (id, first_seq, updated_at, state) VALUES (%s, 1, %s, 'closed')",
        [account, NOON],
    )


def test_a_return_that_goes_on_raises(conn):
    closed(conn, "old")
    link(conn, "old", "new")
    (first,) = records.take(conn, [sighting("p1", "old", TEXTS[0].format("Jonas Vale"))], NOON)
    again = sighting("p2", "new", TEXTS[1].format("Jonas Vale"), at=NOON + timedelta(days=9))
    (taken,) = records.take(conn, [again], NOON)
    assert (taken.level, taken.raised) == ("T1", ("return",))
    threat = threats.load(conn, [taken.threat_id])[taken.threat_id]
    assert threat.findings["return"]["earlier_account"] == "old"
    assert threat.findings["return"]["earlier_threat"] == first.threat_id
    assert threats.load(conn, [first.threat_id])[first.threat_id].level == "T2", (
        "what came first is no return"
    )


@pytest.mark.parametrize("how", ["possible", "open", "other target", "earlier"])
def test_what_is_no_return_raises_nothing(conn, how):
    if how != "open":
        closed(conn, "old")
    link(conn, "old", "new", "possible" if how == "possible" else "likely")
    target = "Sara Winter" if how == "other target" else "Jonas Vale"
    at = NOON - timedelta(days=1) if how == "earlier" else NOON + timedelta(days=9)
    records.take(conn, [sighting("p1", "old", TEXTS[0].format("Jonas Vale"))], NOON)
    (taken,) = records.take(conn, [sighting("p2", "new", TEXTS[1].format(target), target, at)], NOON)
    assert (taken.level, taken.raised) == ("T2", ())


def test_a_link_that_is_found_later_raises_when_records_are_looked_at_again(conn):
    closed(conn, "old")
    records.take(conn, [sighting("p1", "old", TEXTS[0].format("Jonas Vale"))], NOON)
    later = sighting(
        "p2",
        "new",
        TEXTS[1].format("Jonas Vale"),
        at=NOON + timedelta(days=9),
        level="T1",
        imminence_hours=6.0,
    )
    (taken,) = records.take(conn, [later], NOON)
    link(conn, "old", "new")
    assert renewing.look_again(conn, NOON + timedelta(minutes=9)) is None
    assert renewing.look_again(conn, NOON + timedelta(minutes=11)) == [taken.threat_id]
    threat = threats.load(conn, [taken.threat_id])[taken.threat_id]
    assert (threat.level, threat.raised) == ("T0", ["return"])
    assert threat.due_at == NOON + timedelta(minutes=21)


def test_others_words_are_never_raised(conn):
    news: dict[str, Any] = {"speech_act": "news", "gates": ["news"], "gated": True, "level": "N"}
    said = [
        sighting(f"p{n}", "paper", TEXTS[n % 6].format("Jonas Vale"), at=at, **news)
        for n, at in enumerate(days(0, 9, 10, 11, 12, 13))
    ]
    assert {one.level for one in records.take(conn, said, NOON)} == {"N"}
