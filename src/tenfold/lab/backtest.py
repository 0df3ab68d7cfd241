"""A back-test: a draft policy and the live one over the kept events, by several processes.

Interrupted, it leaves its state in its folder, and the same back-test started again goes on from there.
"""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

import msgspec

from tenfold import __version__
from tenfold.lab import parts
from tenfold.lab.parts import Plan, State
from tenfold.lab.report import Report, compared
from tenfold.lab.tally import Tally, digest_of
from tenfold.lab.windows import across_accounts
from tenfold.policy import PolicySet
from tenfold.store import database, history
from tenfold.store.history import Decided

LOOK_SECONDS = 0.1  # between looks at the processes

Told = Callable[[int, int], None]  # events replayed by now, of how many


class BacktestError(Exception):
    """A back-test that cannot be done; says why and what to do."""


class Stopped(Exception):  # noqa: N818 - no error: somebody asked for it
    """It was told to stop and can go on later."""


class Backtest:
    """Compares `draft` with `live` on the events received since a time, or on all that are kept.

    `folder` holds the states of unfinished back-tests, one folder for each pair of policies.
    """

    def __init__(
        self, url: str, live: PolicySet, draft: PolicySet, folder: Path, *, since: datetime | None = None
    ) -> None:
        self._url, self._live, self._draft, self._since = url, live, draft, since
        name = f"{__version__}{live.version}{draft.version}{since.date() if since else ''}"
        self.folder = folder / hashlib.sha256(name.encode()).hexdigest()[:16]

    def run(self, processes: int, told: Told, *, stopped: Callable[[], bool] = lambda: False) -> Report:
        """Do it, or what is left of it; raises BacktestError, Stopped once `stopped` says so."""
        begun = time.monotonic()
        plan = self._planned(processes)
        files = [self.folder / f"part-{part}" for part in range(plan.parts)]
        states = self._replay(plan, files, told, stopped)
        tally = Tally()
        for state in states:
            tally.add(state.tally)
        with database.connect(self._url, application_name="tenfold-backtest") as conn:
            decided = _verdicts(history.decided(conn), tally)
        rules, reach = compared(self._live, self._draft, tally, decided)
        self.forget()
        return Report(
            live=self._live.version,
            draft=self._draft.version,
            events=sum(state.events for state in states),
            judged=tally.judged,
            skipped=sum(state.skipped for state in states),
            first_at=tally.first_at,
            last_at=tally.last_at,
            seconds=round(time.monotonic() - begun, 3),
            cpu_seconds=round(sum(state.cpu_seconds for state in states), 3),
            processes=plan.parts,
            rules=rules,
            reach=reach,
        )

    def forget(self) -> None:
        """Erase what is kept of it for going on."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _planned(self, processes: int) -> Plan:
        """The plan of the interrupted back-test, if there is one, or a new one."""
        file = self.folder / "plan"
        if file.exists():
            return msgspec.msgpack.decode(file.read_bytes(), type=Plan)
        with database.connect(self._url, application_name="tenfold-backtest") as conn:
            span = history.span(conn, self._since)
        if span is None:
            raise BacktestError("there are no events to test on; let some in, or go further back")
        counters = (*self._live.counters, *self._draft.counters)
        plan = Plan(
            live=self._live.sources,
            draft=self._draft.sources,
            first=span.first,
            last=span.last,
            events=span.events,
            parts=1 if across_accounts(counters) else max(1, processes),
        )
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_bytes(msgspec.msgpack.encode(plan))
        return plan

    def _replay(self, plan: Plan, files: list[Path], told: Told, stopped: Callable[[], bool]) -> list[State]:
        context = get_context("spawn")
        counts, halt = context.Array("q", plan.parts), context.Event()
        workers = [
            context.Process(
                target=parts.work,
                args=(self._url, plan),
                kwargs={"part": part, "file": file, "counts": counts, "halt": halt},
            )
            for part, file in enumerate(files)
        ]
        for worker in workers:
            worker.start()
        try:
            while any(worker.is_alive() for worker in workers):
                workers[0].join(LOOK_SECONDS)
                told(sum(counts[:]), plan.events)
                if stopped() or any(worker.exitcode for worker in workers):
                    halt.set()
        finally:
            halt.set()
            for worker in workers:
                worker.join()
        told(sum(counts[:]), plan.events)
        if any(worker.exitcode for worker in workers):
            raise BacktestError("a process of the back-test failed; what it wrote above says why")
        states = [state for file in files if (state := parts.read(file)) and state.done]
        if len(states) < len(files):
            raise Stopped
        return states


def _verdicts(decided: Iterable[Decided], tally: Tally) -> dict[int, bool]:
    """Whether it was a violation, by the digest of each decided subject on which a rule fired."""
    found = ((digest_of(one.kind, one.id), one.violation) for one in decided)
    return {digest: violation for digest, violation in found if digest in tally.languages}
