"""Counters are exact: any order, any batch, any race. Sets keep what they are given."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenfold.store import counters, database, sets
from tenfold.store.counters import Hit
from tenfold.store.database import Conn

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW = timedelta(seconds=10)


def hit(second: float, seq: int, key: str = "a-1", counter: str = "posts", records: bool = True) -> Hit:
    return Hit(counter, key, NOON + timedelta(seconds=second), seq, WINDOW, records)


def one_by_one(hits: Sequence[Hit]) -> dict[int, int]:
    """What counting means: in order of seq, each sees those before it within its window."""
    numbers = {}
    kept: list[Hit] = []
    for h in sorted(hits, key=lambda h: h.seq):
        kept.append(h)
        numbers[h.seq] = sum(
            (k.counter, k.key) == (h.counter, h.key) and h.at - h.window < k.at <= h.at for k in kept
        )
    return numbers


def test_window_is_open_below_and_closed_above(conn: Conn) -> None:
    assert counters.hit_and_read(conn, [hit(0, 1), hit(9.999999, 2), hit(10, 3)]) == [1, 2, 2]
    assert counters.hit_and_read(conn, [hit(25, 4)]) == [1]


def test_late_hits_count_what_was_in_their_window(conn: Conn) -> None:
    counters.hit_and_read(conn, [hit(100, 1), hit(3, 2)])
    assert counters.hit_and_read(conn, [hit(5, 3)]) == [2]


def test_recording_twice_counts_once(conn: Conn) -> None:
    assert counters.hit_and_read(conn, [hit(1, 7), hit(1, 7)]) == [1, 1]
    assert counters.hit_and_read(conn, [hit(1, 7)]) == [1]


def test_keys_and_counters_are_apart(conn: Conn) -> None:
    batch = [hit(1, 1, "a"), hit(1, 2, "b"), hit(1, 3, "a", "links"), hit(1, 4, "راية")]
    assert counters.hit_and_read(conn, batch) == [1, 1, 1, 1]


def test_reading_records_nothing(conn: Conn) -> None:
    counters.hit_and_read(conn, [hit(1, 1), hit(2, 2)])
    assert counters.read(conn, [hit(3, 3), hit(3, 3, records=False)]) == [3, 2]
    assert counters.hit_and_read(conn, [hit(3, 3, records=False)]) == [2]
    assert counters.hit_and_read(conn, []) == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 25), st.sampled_from("abc")), min_size=1, max_size=30),
    st.integers(1, 7),
)
def test_batches_of_any_size_count_like_one_by_one(
    conn: Conn, made: list[tuple[int, str]], size: int
) -> None:
    with conn.transaction(force_rollback=True):
        hits = [hit(second, seq, key) for seq, (second, key) in enumerate(made)]
        expected = one_by_one(hits)
        for start in range(0, len(hits), size):
            batch = hits[start : start + size][::-1]
            assert counters.hit_and_read(conn, batch) == [expected[h.seq] for h in batch]


def test_racing_workers_never_see_the_same_number(database_url: str) -> None:
    seen: list[int] = []
    start = threading.Barrier(4)

    def work(worker: int) -> None:
        with database.connect(database_url) as connection:
            start.wait()
            for turn in range(20):
                keys = ["x", "y"] if worker % 2 else ["y", "x"]
                batch = [hit(0, 1000 * worker + 2 * turn + i, key) for i, key in enumerate(keys)]
                with connection.transaction():
                    numbers = counters.hit_and_read(connection, batch)
                seen.append(numbers[keys.index("x")])

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(1, 81))


def test_second_worker_waits_for_the_first(database_url: str) -> None:
    numbers: list[int] = []
    with database.connect(database_url) as first:
        counters.hit_and_read(first, [hit(0, 1)])

        def work() -> None:
            with database.connect(database_url) as second:
                numbers.extend(counters.hit_and_read(second, [hit(0, 2)]))

        other = threading.Thread(target=work)
        other.start()
        other.join(0.3)
        assert numbers == []
        first.commit()
        other.join()
    assert numbers == [2]


def test_prune_keeps_what_a_window_can_reach(conn: Conn) -> None:
    counters.hit_and_read(conn, [hit(0, 1), hit(95, 2, "b"), hit(0, 3, counter="gone")])
    now = NOON + timedelta(seconds=100)
    assert counters.prune(conn, {"posts": WINDOW}, now, timedelta(seconds=5)) == 2
    assert counters.prune(conn, {"posts": WINDOW}, now, timedelta(seconds=5)) == 0
    assert conn.execute("SELECT counter, key FROM counter_hits").fetchall() == [("posts", "b")]
    assert conn.execute("SELECT counter, key FROM counter_keys").fetchall() == [("posts", "b")]
    assert counters.hit_and_read(conn, [hit(100, 4, "b")]) == [2]


def test_sets_add_list_remove(conn: Conn) -> None:
    assert sets.add(conn, "places", ["القاهرة", "Cairo", "Cairo"], "user:1") == 2
    assert sets.add(conn, "places", ["Cairo", "Giza"], "user:2") == 1
    assert sets.listing(conn, "places") == ["Cairo", "Giza", "القاهرة"]
    assert sets.remove(conn, "places", ["Giza", "Nowhere"]) == 1
    assert sets.load(conn) == {"places": frozenset({"Cairo", "القاهرة"})}
    assert sets.listing(conn, "none") == []


@pytest.mark.parametrize("value", ["", "x" * 2_001, "a\0b"])
def test_sets_refuse_what_cannot_be_kept(conn: Conn, value: str) -> None:
    with pytest.raises(ValueError, match="set places"):
        sets.add(conn, "places", [value], "user:1")
