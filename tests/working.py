"""A worker's loop, turned by hand."""

import time

from tenfold import pipeline
from tenfold.pipeline import Tools
from tenfold.store import events as queue
from tenfold.store import links_due
from tenfold.store.database import Conn

PATIENCE = 60  # seconds


def work(conn: Conn, tools: Tools) -> None:
    """Turn the loop until nothing waits and nothing is due; for a connection that commits by itself.

    A hunt for returns waits for transactions that are open anywhere on the server. AssertionError with who
    has them, when that takes PATIENCE seconds.
    """
    last = time.monotonic()
    while True:
        done = pipeline.run_once(conn, tools, 1000)
        assert not done.set_aside, queue.poisoned(conn)
        if done.applied or pipeline.run_due(conn, tools):
            last = time.monotonic()
        elif not links_due.any_due(conn):
            return
        else:
            assert time.monotonic() - last < PATIENCE, f"what is due waits for {_writing(conn)}"
            time.sleep(0.01)


def _writing(conn: Conn) -> list[tuple[object, ...]]:
    return conn.execute(
        "SELECT datname, pid, state, now() - xact_start, left(query, 200) FROM pg_stat_activity"
        " WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
    ).fetchall()
