"""How the installation is: what waits, what failed, how large it is."""

from datetime import datetime

import msgspec
from psycopg.rows import class_row

from tenfold.store import events, links_due
from tenfold.store.database import Conn

COUNT_LIMIT = 1_000_000  # a deeper queue is told as this many


class Status(msgspec.Struct, kw_only=True):
    """Counts are exact unless their name says estimate; `oldest_waiting` is when that event came."""

    now: datetime
    queue: int
    oldest_waiting: datetime | None
    poisoned: int
    poisoned_latest: list[events.Poisoned]
    workers: int
    events_estimate: int
    accounts_estimate: int
    posts_estimate: int
    cases_open: int
    cases_overdue: int
    deliveries_pending: int
    deliveries_dead: int
    mails_pending: int  # calls to people about threats
    mails_dead: int
    links_due: int  # closures to settle, hunts and looks of linkage that wait
    links_failed: int  # those that failed too often
    link_model: str | None  # that scores links; None: the shipped one
    link_model_fault: str | None  # why it cannot be read: the shipped one scores in its place
    bank_revision: int
    policy: str | None
    database_bytes: int


class _Counts(Status, kw_only=True):
    poisoned_latest: list[events.Poisoned] = []


def read_status(conn: Conn) -> Status:
    """Read it all in one statement that stays cheap on a large store."""
    cursor = conn.cursor(row_factory=class_row(_Counts))
    cursor.execute(
        """
        SELECT now() AS now,
            (SELECT count(*) FROM (SELECT 1 FROM event_queue LIMIT %(limit)s) AS waiting) AS queue,
            (SELECT min(received_at) FROM (
                SELECT (SELECT received_at FROM event_queue WHERE event_queue.lane = lanes.lane
                        ORDER BY seq LIMIT 1) AS received_at FROM lanes) AS heads) AS oldest_waiting,
            (SELECT count(*) FROM event_poison) AS poisoned,
            (SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'tenfold-worker') AS workers,
            (SELECT last_value FROM event_seq) AS events_estimate,
            (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'accounts'::regclass)
                AS accounts_estimate,
            (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'posts'::regclass)
                AS posts_estimate,
            (SELECT count(*) FROM cases WHERE state <> 'decided') AS cases_open,
            (SELECT count(*) FROM cases WHERE state <> 'decided' AND due_at < now() AND NOT ended)
                AS cases_overdue,
            (SELECT count(*) FROM deliveries WHERE state = 'pending') AS deliveries_pending,
            (SELECT count(*) FROM deliveries WHERE state = 'dead') AS deliveries_dead,
            (SELECT count(*) FROM mails WHERE state = 'pending') AS mails_pending,
            (SELECT count(*) FROM mails WHERE state = 'dead') AS mails_dead,
            (SELECT count(*) FROM links_due WHERE tries < %(tries)s) AS links_due,
            (SELECT count(*) FROM links_due WHERE tries >= %(tries)s) AS links_failed,
            (SELECT version FROM link_models WHERE in_use) AS link_model,
            (SELECT fault FROM link_models WHERE in_use) AS link_model_fault,
            (SELECT coalesce(max(revision), 0) FROM banks) AS bank_revision,
            (SELECT version FROM policies WHERE state IN ('live', 'files')
             ORDER BY state = 'live' DESC, loaded_at DESC LIMIT 1) AS policy,
            pg_database_size(current_database()) AS database_bytes
        """,
        {"limit": COUNT_LIMIT, "tries": links_due.MAX_TRIES},
    )
    status = cursor.fetchone()
    assert status is not None
    status.poisoned_latest = events.poisoned(conn, 20) if status.poisoned else []
    return status
