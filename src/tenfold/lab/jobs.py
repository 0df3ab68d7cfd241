"""Back-tests that were asked for at the console, done by a worker one after the other."""

import logging
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from psycopg_pool import ConnectionPool

from tenfold.config import Settings
from tenfold.lab.backtest import Backtest, BacktestError, Stopped
from tenfold.policy import PolicyErrors, PolicySet, versions
from tenfold.policy.in_force import in_force
from tenfold.policy.versions import VersionError
from tenfold.store import backtests, policies
from tenfold.store.backtests import Asked
from tenfold.store.database import Conn

FOLDER = "backtests"  # in the data folder
TOLD_SECONDS = 1.0  # between notes of how far it is

log = logging.getLogger("tenfold.lab")


def ask(conn: Conn, draft: str, files: PolicySet, *, actor: str, since: datetime | None) -> int:
    """Ask for a back-test of a version against the policy in force; `files` are it while no version is."""
    live = in_force(conn, files)
    policies.remember(conn, live.version, live.sources)
    return backtests.ask(conn, live=live.version, draft=draft, actor=actor, since=since)


class Jobs:
    """Takes what waits. `stopping` says that the worker ends: what runs then waits for another."""

    def __init__(self, url: str, settings: Settings, stopping: Callable[[], bool]) -> None:
        self._url, self._settings, self._stopping = url, settings, stopping

    def run_once(self, pool: ConnectionPool[Conn]) -> bool:
        """Do one; False when there was none to do."""
        with pool.connection() as conn:
            asked = backtests.claim(conn, datetime.now(UTC))
        if asked is None:
            return False
        try:
            with pool.connection() as conn:
                live, draft = versions.load(conn, asked.live), versions.load(conn, asked.draft)
            folder = self._settings.data_dir / FOLDER
            test = Backtest(self._url, live, draft, folder, since=asked.since)
            report = self._test(pool, asked, test)
        except Stopped:
            if not self._stopping():
                test.forget()
            self._end(pool, asked, "waiting" if self._stopping() else "stopped")
        except (BacktestError, PolicyErrors, VersionError) as error:
            self._end(pool, asked, "failed", error=str(error))
        else:
            self._end(pool, asked, "done", report=report)
        return True

    def _test(self, pool: ConnectionPool[Conn], asked: Asked, test: Backtest) -> bytes:
        told_at, wanted = 0.0, True

        def told(events: int, total: int) -> None:
            nonlocal told_at, wanted
            if time.monotonic() - told_at < TOLD_SECONDS:
                return
            told_at = time.monotonic()
            with pool.connection() as conn:
                wanted = backtests.going_on(conn, asked.id, events, total, datetime.now(UTC))

        report = test.run(os.cpu_count() or 1, told, stopped=lambda: self._stopping() or not wanted)
        return msgspec.json.encode(report)

    @staticmethod
    def _end(
        pool: ConnectionPool[Conn],
        asked: Asked,
        state: backtests.State,
        *,
        report: bytes | None = None,
        error: str = "",
    ) -> None:
        if error:
            log.warning("back-test %d: %s", asked.id, error)
        with pool.connection() as conn:
            backtests.end(conn, asked.id, state, datetime.now(UTC), report=report, error=error)
