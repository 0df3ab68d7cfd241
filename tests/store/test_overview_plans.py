"""What the overview asks of large tables stays on indexes, and a day's note is taken by one worker."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tenfold.store import database, overview, quality, quality_samples
from tenfold.store.database import Conn
from tenfold.store.quality import Taker
from tests.databases import Databases
from tests.store.test_plans import Explaining

FILL = """
INSERT INTO posts (id, account, created_at, text, seq)
    SELECT 'p' || n, 'a' || n % 3000, now() - n * interval '5 min', 'text', n
    FROM generate_series(1, 20000) n;
INSERT INTO cases (subject_kind, subject_id, queue, severity, ground, due_at, opened_at, state)
    SELECT 'post', id, 'q', 2, 'TVEC7', created_at, created_at,
        CASE WHEN seq % 100 = 0 THEN 'open' ELSE 'decided' END
    FROM posts;
INSERT INTO decisions (case_id, ground, scope, author, decided_at)
    SELECT id, 'TVEC7', 'subject', 'user:1', opened_at + interval '1 hour' FROM cases WHERE state = 'decided';
INSERT INTO actions (kind, subject_kind, subject_id, state, ground, origin, case_id, created_at)
    SELECT 'hold', 'post', subject_id, 'delivered', ground, 'rule:r@1', id, opened_at FROM cases;
INSERT INTO actions (kind, subject_kind, subject_id, state, ground, origin, case_id, decision_id,
        created_at)
    SELECT 'remove', 'post', 'x', 'delivered', ground, 'decision:' || id, case_id, id, decided_at
    FROM decisions;
INSERT INTO audit (seq, at, actor, act, subject, previous, hash)
    SELECT n, now(), 'user:' || n % 20, 'case.viewed', 'case:' || n, '', '' FROM generate_series(1, 20000) n;
"""
GROW = {"posts", "cases", "decisions", "actions", "audit", "appeals"}


def fill(conn: Conn) -> None:
    conn.execute(FILL)
    conn.commit()
    conn.autocommit = True
    conn.execute("VACUUM ANALYZE")


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """URL of a copy of a database with large tables."""
    with databases.copy(databases.filled("large_tables_of_cases", fill)) as url:
        yield url


@pytest.fixture
def filled(conn: Conn) -> Conn:
    """A connection to large tables whose cursors explain."""
    Explaining.scans.clear()
    conn.cursor_factory = Explaining
    return conn


def scanned() -> set[str]:
    return {table for table, _ in Explaining.scans} & (GROW - {"appeals"})


def test_some_hours_and_the_backlog_read_no_table_from_end_to_end(filled: Conn) -> None:
    now = datetime.now(UTC)
    assert overview.tally(filled, now - timedelta(hours=3), now, "hour")
    assert overview.waiting(filled, now)[0].cases == 200
    assert scanned() == set()


def test_drawing_and_giving_checks_read_no_table_from_end_to_end(filled: Conn) -> None:
    now = datetime.now(UTC)
    filled.execute("UPDATE quality_settings SET drawn_until = %s", [now - timedelta(hours=3)])
    assert quality_samples.drawable(filled, now)
    quality.critical_waits(filled, now)
    for practice in (False, True):
        quality.next_golden(filled, Taker(actor="user:1"), now, practice=practice)
    quality.next_review(filled, Taker(actor="user:1"), now)
    quality.saw(filled, "user:1", 7)
    assert scanned() == set()


def test_one_process_keeps_days_and_another_waits_for_nothing(filled: Conn, database_url: str) -> None:
    now = datetime.now(UTC)
    assert overview.fill(filled, now, 3) == 3
    with database.connect(database_url) as other:
        assert overview.fill(other, now) == 0
    filled.commit()
    with database.connect(database_url) as other:
        assert overview.fill(other, now, 2) == 2
