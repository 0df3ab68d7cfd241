"""The event table as a queue: nothing twice, order kept by account, lanes held by one worker."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenfold.store import database, events
from tests.helpers import event


def everything_waiting(conn):
    with conn.transaction():
        lanes = events.announce_claim(conn, 64)
    with conn.transaction():
        held = [lane.lane for lane in events.claim_lanes(conn, lanes)]
        return events.fetch(conn, held, 100_000)


def test_an_event_sent_twice_is_stored_once(conn):
    first, second = event("post.deleted", post="p", id_="same"), event("post.deleted", post="p", id_="same")
    assert events.insert_events(conn, [first]) == [True]
    assert events.insert_events(conn, [second]) == [False]
    assert len(everything_waiting(conn)) == 1


def test_the_same_id_from_another_source_is_another_event(conn):
    import msgspec

    one = event("post.deleted", post="p", id_="7")
    other = msgspec.structs.replace(one, source="mobile")
    assert events.insert_events(conn, [one, other]) == [True, True]


def test_duplicates_inside_one_batch_are_told_by_position(conn):
    a, b = event("post.deleted", post="p", id_="a"), event("post.deleted", post="p", id_="b")
    assert events.insert_events(conn, [a, b, a, b, a]) == [True, True, False, False, False]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=30))
def test_waiting_events_come_in_the_order_they_were_sent_for_each_account(conn, accounts):
    conn.execute("TRUNCATE event_queue, events, event_keys")
    sent = [event("post.deleted", account=account, post="p") for account in accounts]
    events.insert_events(conn, sent)
    conn.commit()
    waiting = everything_waiting(conn)
    import json

    came = [json.loads(item.raw) for item in waiting]
    for account in set(accounts):
        assert [e["id"] for e in came if e["account"] == account] == [
            e.id for e in sent if e.account == account
        ]


def test_unknown_fields_come_back_with_the_event(conn):
    import json

    events.insert_events(conn, [event("post.deleted", post="p", note={"deep": ["كما هو", 1.5]})])
    (waiting,) = everything_waiting(conn)
    assert json.loads(waiting.raw)["data"]["note"] == {"deep": ["كما هو", 1.5]}


def test_what_postgresql_cannot_keep_refuses_the_batch_and_stores_nothing(conn):
    import msgspec

    good = event("post.deleted", post="p")
    bad = msgspec.structs.replace(good, id="bad", raw=b'{"id": "bad", "n": 1e999999}')
    with pytest.raises(psycopg.DataError), conn.transaction():
        events.insert_events(conn, [good, bad])
    assert everything_waiting(conn) == []


def test_a_held_lane_is_nobody_elses(conn, database_url):
    events.insert_events(conn, [event("post.deleted", post="p")])
    conn.commit()
    with database.connect(database_url) as other:
        lanes = events.announce_claim(conn, 64)
        conn.commit()
        assert len(events.claim_lanes(conn, lanes)) == 1
        assert events.announce_claim(other, 64) == []
        assert events.claim_lanes(other, lanes) == []
        conn.rollback()
        other.rollback()
        assert len(events.claim_lanes(other, lanes)) == 1


def test_attempts_outlive_the_worker_and_are_forgotten_when_it_goes_well(conn):
    events.insert_events(conn, [event("post.deleted", post="p")])
    conn.commit()
    for attempt in (1, 2, 3):
        with conn.transaction():
            lanes = events.announce_claim(conn, 64)
        with conn.transaction():
            assert [lane.tries for lane in events.claim_lanes(conn, lanes)] == [attempt]
    with conn.transaction():
        events.lanes_went_well(conn, lanes)
    with conn.transaction():
        assert [lane.tries for lane in events.claim_lanes(conn, lanes)] == [0]


def test_an_event_set_aside_is_seen_with_its_error_and_can_be_tried_again(conn):
    events.insert_events(conn, [event("post.deleted", post="p", id_="odd")])
    (waiting,) = everything_waiting(conn)
    events.set_aside(conn, waiting, "ValueError: it is odd")
    assert everything_waiting(conn) == []
    (seen,) = events.poisoned(conn)
    assert (seen.id, seen.type, seen.error) == ("odd", "post.deleted", "ValueError: it is odd")
    assert events.requeue_poisoned(conn) == 1
    assert events.poisoned(conn) == []
    assert [item.seq for item in everything_waiting(conn)] == [waiting.seq]


def test_the_same_events_sent_by_many_at_once_are_stored_once(database_url):
    batch = [event("post.deleted", account=f"a{n % 7}", post="p", id_=f"race-{n}") for n in range(200)]

    def send(shift: int) -> int:
        with database.connect(database_url) as conn:
            return sum(events.insert_events(conn, batch[shift:] + batch[:shift]))

    with ThreadPoolExecutor(8) as pool:
        fresh = list(pool.map(send, range(0, 160, 20)))
    assert sum(fresh) == 200
    with database.connect(database_url) as conn:
        assert conn.execute("SELECT count(*) FROM events").fetchone() == (200,)
        assert conn.execute("SELECT count(*) FROM event_queue").fetchone() == (200,)


def test_events_land_in_the_partition_of_their_month(conn):
    events.insert_events(conn, [event("post.deleted", post="p")])
    (name,) = conn.execute("SELECT tableoid::regclass::text FROM events").fetchone()
    (expected,) = conn.execute("SELECT 'events_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMM')").fetchone()
    assert name == expected
