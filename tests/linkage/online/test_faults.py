"""Workers that die or meet, closings beside sign-ups, values that everybody shows."""

import threading

import psycopg
import pytest

from tenfold import pipeline
from tenfold.fingerprint import Fingerprint
from tenfold.linkage import gather
from tenfold.linkage.keys import MAX_ACCOUNTS, KeyKind, key_of
from tenfold.linkage.online import Linker
from tenfold.pipeline import Tools
from tenfold.processing import due
from tenfold.store import closures, database, link_keys, links_due
from tests.helpers import NOON
from tests.linkage.online.platform_of_returns import KEPT, Platform, policy


def test_a_worker_killed_while_it_settles_loses_nothing(conn, monkeypatch):
    platform = Platform(conn)
    platform.crowd()
    platform.propagandist()
    platform.day += 1
    platform.tell("account.closed", "old")
    platform.sign_up("new", **KEPT)
    pipeline.run_once(conn, platform.tools, 1000)

    class Killed(BaseException):
        """Stands for SIGKILL."""

    def killed(*_):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(links_due, "note_hunt", killed)  # the end of settling
        with pytest.raises(Killed):
            pipeline.run_due(conn, platform.tools)
    assert closures.count(conn) == 0
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(due, "file_firings", killed)  # the end of hunting
        while links_due.any_due(conn):
            pipeline.run_due(conn, platform.tools)
    assert closures.count(conn) == 1
    assert platform.links("new") == {}
    platform.work()
    assert platform.links("new").keys() == {"old"}
    assert ("new", "returns") in platform.cases()


def test_what_cannot_be_settled_holds_nothing_up_and_is_told(conn, monkeypatch):
    platform = Platform(conn)
    platform.crowd(20)
    original = gather.fingerprints

    def broken(conn, accounts):
        if "p1" in set(accounts):
            raise ValueError("a text that nobody can read")
        return original(conn, accounts)

    monkeypatch.setattr(gather, "fingerprints", broken)
    for account in ("p1", "p2", "p3"):
        platform.tell("account.closed", account)
    platform.work()
    assert links_due.count(conn) == 0
    assert set(closures.load(conn, ["p1", "p2", "p3"])) <= {"p2", "p3"}
    assert conn.execute("SELECT DISTINCT tries FROM links_due").fetchall() == [(links_due.MAX_TRIES,)]


def test_two_workers_closing_and_linking_at_once_do_not_deadlock_and_miss_nothing(conn, database_url):
    platform = Platform(conn)
    platform.crowd(60)
    pairs = 12
    for n in range(pairs):
        name = "qwrtzpsdfghk"[n] * 3 + "alfidda"
        platform.sign_up(f"old{n}", handle=f"{name}1", display_name=f"{name} one", device=f"device:{n}")
        for friend in range(5):
            platform.tell("follow.created", f"p{n * 5 + friend}", target=f"old{n}")
    platform.work()
    platform.day += 1
    for n in range(pairs):
        name = "qwrtzpsdfghk"[n] * 3 + "alfidda"
        platform.tell("account.closed", f"old{n}")
        platform.tell("account.created", f"new{n}", handle=f"{name}2", display_name=f"{name} one")
        platform.tell("session.started", f"new{n}", device=f"device:{n}")
        for friend in range(5):
            platform.tell("follow.created", f"p{n * 5 + friend}", target=f"new{n}")
    errors: list[Exception] = []

    def worker() -> None:
        tools = Tools(
            suite=platform.tools.suite, policy=policy(), linker=Linker(), watch=platform.tools.watch
        )
        with database.connect(database_url, autocommit=True) as own:
            while True:
                try:
                    done = pipeline.run_once(own, tools, 7)
                    if not (done.applied or pipeline.run_due(own, tools)) and not links_due.any_due(own):
                        return
                except psycopg.errors.DeadlockDetected as error:
                    errors.append(error)
                except Exception as error:
                    errors.append(error)
                    return

    threads = [threading.Thread(target=worker) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    platform.work()
    assert closures.count(conn) == pairs
    missing = [n for n in range(pairs) if f"old{n}" not in platform.links(f"new{n}")]
    assert missing == []


def test_two_who_hunt_do_so_one_after_the_other_and_neither_waits(conn, database_url):
    """What comes back is the same account: hunts beside each other would want the same rows."""
    platform = Platform(conn)
    platform.crowd(60)
    platform.propagandist("old1")
    platform.propagandist("old2")
    platform.sign_up("new", **KEPT)
    platform.work()
    for account in ("old1", "old2"):
        platform.tell("account.closed", account)
    while pipeline.run_once(conn, platform.tools, 1000).applied:
        pass
    with conn.transaction():
        due.settle(conn, links_due.claim(conn, "settle", 100))
    conn.execute("SET lock_timeout = '30s'")
    with database.connect(database_url) as hunting:
        while not (claimed := links_due.claim(hunting, "hunt", 1)):
            hunting.rollback()  # for a moment PostgreSQL itself may have a transaction
        assert "new" in Linker().hunt(hunting, [one.account for one in claimed]).changed
        assert pipeline.run_due(conn, platform.tools) == 0
        hunting.commit()
    platform.work()
    assert platform.links("new").keys() >= {"old1", "old2"}


@pytest.mark.parametrize("counted", [False, True])
def test_a_value_that_everybody_shows_is_read_a_few_times_however_many_show_it(conn, counted):
    """Rows that PostgreSQL touches, as it counts them itself."""
    key = key_of(KeyKind.ADDRESS, "address:carrier")
    conn.execute("INSERT INTO account_keys SELECT %s, 'a' || n FROM generate_series(1, 100000) AS n", [key])
    conn.execute("INSERT INTO closure_keys SELECT %s, 'a' || n FROM generate_series(1, 5000) AS n", [key])
    for table in ("account_keys", "closure_keys"):
        conn.execute(f"INSERT INTO {table} SELECT n, 'b' || n FROM generate_series(1, 200000) AS n")
    if counted:
        assert link_keys.with_closures(conn, [key], MAX_ACCOUNTS) == [(key, [], 0)]
        assert link_keys.count_common(conn, MAX_ACCOUNTS) == 1
    conn.commit()
    conn.autocommit = True
    conn.execute("VACUUM ANALYZE account_keys, closure_keys, common_keys")
    conn.execute("SELECT pg_stat_reset()")
    hits = link_keys.with_closures(conn, [key], MAX_ACCOUNTS)
    assert link_keys.struck(conn, [("new", key)], MAX_ACCOUNTS) == set()
    (hit,) = hits
    assert hit.others == []
    assert hit.accounts == (100_000 if counted else 0), "more than are counted at once count nothing"
    conn.execute("SELECT pg_stat_force_next_flush()")
    read = conn.execute(
        """
        SELECT coalesce(sum(idx_tup_read), 0) FROM pg_stat_user_indexes
        WHERE relname IN ('account_keys', 'closure_keys')
        """
    ).fetchone()[0]
    scans = conn.execute(
        "SELECT sum(seq_scan) FROM pg_stat_user_tables WHERE relname IN ('account_keys', 'closure_keys')"
    ).fetchone()[0]
    assert scans == 0
    assert read <= (0 if counted else link_keys.COUNTED + 4 * (MAX_ACCOUNTS + 1))


def test_a_common_key_that_became_rare_is_common_no_longer(conn):
    conn.execute("INSERT INTO common_keys VALUES (7, 300, '-infinity')")
    link_keys.add(conn, [("a", 7), ("b", 7)])
    assert link_keys.count_common(conn, MAX_ACCOUNTS) == 1
    closures.keep(
        conn,
        [
            closures.Closure(
                account="a",
                created_at=None,
                closed_at=NOON,
                origin="platform",
                ground="",
                fingerprint=Fingerprint(account="a"),
                keys=[7],
            )
        ],
    )
    assert link_keys.with_closures(conn, [7], MAX_ACCOUNTS) == [(7, ["a"], 2)]
