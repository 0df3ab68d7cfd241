"""A worker process: the pipeline loop, the outboxes, calls and maintenance, each in a thread of its own."""

import gc
import logging
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg_pool import ConnectionPool

from tenfold import pipeline
from tenfold.casework import marks, quality_sampling, searching
from tenfold.config import Settings, secret_key
from tenfold.detectors.media.detector import MediaDetector
from tenfold.detectors.media.hasher import Hasher
from tenfold.detectors.media.reading import weights
from tenfold.detectors.media.reading.confined import WordReader
from tenfold.enforcement import mail_server
from tenfold.enforcement.mail import send_due
from tenfold.enforcement.outbox import deliver_due
from tenfold.lab.jobs import Jobs
from tenfold.linkage import usual_in_store
from tenfold.linkage.keys import MAX_ACCOUNTS
from tenfold.linkage.online import Linker
from tenfold.pipeline import Tools
from tenfold.policy import load_policies
from tenfold.policy.in_force import CurrentPolicy
from tenfold.processing import examine
from tenfold.processing.examine import Examiner
from tenfold.processing.lookback import LookingBack
from tenfold.processing.suites import CurrentSuite
from tenfold.store import (
    appeals,
    audit,
    chosen,
    closures,
    counters,
    database,
    delivery_log,
    holds,
    link_keys,
    media_hashes,
    overview,
    policies,
    retention,
    shadow,
    threat_retention,
)
from tenfold.store import backtests as store_backtests
from tenfold.store.audit import Entry
from tenfold.store.database import Conn
from tenfold.store.s3_objects import objects_of
from tenfold.threats import paging
from tenfold.threats.protectees import Watch

IDLE_SECONDS = (0.01, 0.25)  # between looks at an empty queue: at first, and when it stays empty
OUTBOX_LOOK_SECONDS = 0.2
MAIL_LOOK_SECONDS = 0.5
UPLOADS_LOOK_SECONDS = 0.2
PAGES_LOOK_SECONDS = 5
BACKTESTS_LOOK_SECONDS = 2
SEARCH_LOOK_SECONDS = 1
LOOKBACK_SECONDS = 1
MARKS_LOOK_SECONDS = 2
MAINTENANCE_SECONDS = 60
MAINTENANCE_LOCK = 0x7E4F02D  # an arbitrary number: one worker of all keeps house
# Partitions are made and dropped under a lock of the whole event table. While a backup reads it that lock
# must not be waited for: everybody else would wait behind it. There are months of time to try again.
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '1s'"
GONE_KEPT = timedelta(days=7)  # numbers of hashes that workers may forget
ATTEMPTS_KEPT = timedelta(days=90)  # tries of deliveries
LATE_EVENTS = timedelta(days=2)  # hits are kept this much longer than their window, for events that come late

log = logging.getLogger("tenfold.work")


class Worker:
    """Runs until told to stop; survives the loss of the database and comes back when it does."""

    def __init__(self, settings: Settings, url: str) -> None:
        self._settings = settings
        self._url = url
        self._secret = secret_key(settings)
        mail_server.read(settings)  # a setting that cannot be used is told now, and not to whom it concerns
        self._policy = CurrentPolicy(load_policies(settings))
        self._suites = CurrentSuite()
        self._linker = Linker()
        self._watch = Watch(self._secret)
        self._media = MediaDetector()
        self._objects = objects_of(settings)

    def run(self, stop: threading.Event, parent: int | None = None) -> None:
        """Work until `stop` is set or the process `parent`, if one is named, is gone."""
        pool = database.pool(self._url, 8, "tenfold-outbox")
        lookback = LookingBack(self._policy)
        backtests = Jobs(self._url, self._settings, stop.is_set)
        threads = [
            _thread(
                stop, OUTBOX_LOOK_SECONDS, lambda: deliver_due(pool, self._settings, self._secret), "outbox"
            ),
            _thread(stop, MAIL_LOOK_SECONDS, lambda: send_due(pool, self._settings), "mail"),
            _thread(stop, PAGES_LOOK_SECONDS, lambda: self._call_again(pool), "pages"),
            _thread(stop, BACKTESTS_LOOK_SECONDS, lambda: backtests.run_once(pool), "back-tests"),
            _thread(stop, SEARCH_LOOK_SECONDS, lambda: _catch_up(pool), "search"),
            _thread(stop, LOOKBACK_SECONDS, lambda: lookback.step(pool), "looking back"),
            _thread(stop, MARKS_LOOK_SECONDS, lambda: _mark_cases(pool), "marks of cases"),
            _thread(stop, MAINTENANCE_SECONDS, lambda: self._maintain(pool), "maintenance"),
        ]
        hasher = Hasher()
        reader = WordReader() if self._settings.words == "on" and not _unreadable() else None
        examiner = Examiner(
            self._url,
            hasher,
            self._objects,
            self._settings.uploads_dir,
            reader,
            endpoint=self._settings.objects_endpoint,
        )
        threads.append(_thread(stop, UPLOADS_LOOK_SECONDS, examiner.next_one, "uploads"))
        while not stop.is_set() and _lives(parent):
            try:
                with database.connect(self._url, application_name="tenfold-worker", autocommit=True) as conn:
                    self._loop(conn, stop, parent)
            except psycopg.OperationalError as error:
                log.warning("the database is away: %s", error)
                stop.wait(0.5)
        stop.set()
        for thread in threads:
            thread.join(timeout=10)
        hasher.close()
        if reader:
            reader.close()
        pool.close()

    def _loop(self, conn: Conn, stop: threading.Event, parent: int | None) -> None:
        with conn.transaction():
            policies.remember(conn, self._policy.files.version, self._policy.files.sources)
        self._media.update(conn)  # large banks take a while, and the first picture should not wait for it
        gc.collect()
        gc.freeze()  # what is there by now stays: looking through it again and again holds up looks
        pause = IDLE_SECONDS[0]
        while not stop.is_set() and _lives(parent):
            in_force = self._policy.get(conn)
            tools = Tools(
                suite=self._suites.get(conn),
                policy=in_force.live,
                shadow=in_force.shadow,
                linker=self._linker,
                watch=self._watch,
                media=self._media,
            )
            try:
                done = pipeline.run_once(conn, tools, self._settings.batch)
                due = pipeline.run_due(conn, tools)
            except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
                continue
            if done.applied or done.set_aside or due:
                pause = IDLE_SECONDS[0]
            else:
                stop.wait(pause)
                pause = min(pause * 2, IDLE_SECONDS[1])

    def _call_again(self, pool: ConnectionPool[Conn]) -> int:
        with pool.connection() as conn:
            return paging.repeat(conn, datetime.now(UTC), self._settings.url)

    def _maintain(self, pool: ConnectionPool[Conn]) -> None:
        now = datetime.now(UTC)
        with pool.connection() as conn:
            row = conn.execute("SELECT pg_try_advisory_xact_lock(%s)", [MAINTENANCE_LOCK]).fetchone()
            if not (row and row[0]):
                return
            conn.execute(LOCK_TIMEOUT)
            database.ensure_partitions(conn)
            kept = chosen.kept(conn, self._settings)
            if kept.retention_months > 0:
                retention.forget(conn, kept.retention_months, now)
                threat_retention.forget(conn, kept.retention_months, now)
                shadow.forget(conn, now - timedelta(days=31 * kept.retention_months))
                appeals.forget(conn, now - timedelta(days=31 * kept.retention_months))
            delivery_log.forget_attempts(conn, now - ATTEMPTS_KEPT)
            holds.forget_lifted(conn, now)
            store_backtests.forget(conn, now)
            while counters.prune(conn, self._policy.get(conn).windows(), now, LATE_EVENTS):
                pass
            link_keys.count_common(conn, MAX_ACCOUNTS)
            overview.fill(conn, now)
            quality_sampling.draw(conn, now)
            usual_in_store.renew(conn, now)
            self._objects.sweep()
            media_hashes.forget_changes(conn, now - GONE_KEPT)
            examine.forget_old(conn, self._objects, kept.media_retention_days, now)
            expired = closures.expire(conn, now, days=kept.closure_retention_days)
            audit.append(conn, [_expired(account) for account in expired])


def _unreadable() -> str:
    """Why words in pictures cannot be read on this machine, which is told once; empty when they can."""
    missing = weights.missing()
    if missing:
        log.warning("words in pictures are not read: %s", missing)
    return missing


def _catch_up(pool: ConnectionPool[Conn]) -> int:
    with pool.connection() as conn:
        return searching.catch_up(conn)


def _mark_cases(pool: ConnectionPool[Conn]) -> int:
    with pool.connection() as conn:
        return marks.catch_up(conn)


def _expired(account: str) -> Entry:
    return Entry(
        actor="system", act="closure.erased", subject=f"account:{account}", details={"reason": "expired"}
    )


def _lives(parent: int | None) -> bool:
    return parent is None or os.getppid() == parent


def _thread(stop: threading.Event, pause: float, step: Callable[[], object], name: str) -> threading.Thread:
    """Repeat a step until told to stop; an error is told and the step tried again."""

    def repeat() -> None:
        while not stop.is_set():
            try:
                busy = bool(step())
            except Exception as error:
                log.warning("%s: %s: %s", name, type(error).__name__, error)
                busy = False
            if not busy:
                stop.wait(pause)

    thread = threading.Thread(target=repeat, name=name, daemon=True)
    thread.start()
    return thread
