"""What is older than the operator wants goes; what still waits stays."""

from datetime import UTC, datetime

from tenfold.store import events, retention
from tests.helpers import event

NOW = datetime(2027, 3, 15, tzinfo=UTC)


def old_partition(conn, month: str, start: str, end: str) -> None:
    conn.execute(f"CREATE TABLE events_{month} PARTITION OF events FOR VALUES FROM ('{start}') TO ('{end}')")


def partitions(conn):
    rows = conn.execute("SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid").fetchall()
    return {name for (name,) in rows}


def test_whole_months_go_and_the_rest_stays(conn):
    old_partition(conn, "202501", "2025-01-01Z", "2025-02-01Z")
    old_partition(conn, "202502", "2025-02-01Z", "2025-03-01Z")
    assert retention.forget(conn, 25, NOW) == ["events_202501"]
    assert "events_202501" not in partitions(conn)
    assert {"events_202502", "events_default"} <= partitions(conn)


def test_events_that_still_wait_keep_their_partition(conn):
    events.insert_events(conn, [event("post.deleted", post="p")])
    far = datetime(2030, 1, 1, tzinfo=UTC)
    this_month = f"events_{datetime.now(UTC):%Y%m}"
    assert this_month not in retention.forget(conn, 1, far)
    assert this_month in partitions(conn)
    conn.execute("DELETE FROM event_queue")
    assert this_month in retention.forget(conn, 1, far)


def test_sending_an_event_again_after_it_was_forgotten_does_nothing(conn):
    sent = event("post.deleted", post="p")
    events.insert_events(conn, [sent])
    conn.execute("DELETE FROM event_queue")
    retention.forget(conn, 1, datetime(2030, 1, 1, tzinfo=UTC))
    assert events.insert_events(conn, [sent]) == [False]


def test_old_sessions_go(conn):
    insert = "INSERT INTO sessions (seq, account, started_at) VALUES (%s, 'a', %s)"
    conn.cursor().executemany(insert, [(1, "2024-01-01Z"), (2, "2027-03-01Z")])
    retention.forget(conn, 12, NOW)
    assert conn.execute("SELECT seq FROM sessions").fetchall() == [(2,)]
