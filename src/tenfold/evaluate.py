"""The synchronous verdict: what would be done with this event, if it happened? Nothing is stored."""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from datetime import datetime
from typing import Literal

import msgspec
import psycopg
from psycopg_pool import ConnectionPool

from tenfold.detectors.base import TextItem
from tenfold.events import Event
from tenfold.evidence import Signal
from tenfold.judgement import Firing
from tenfold.linkage import gather
from tenfold.linkage.online import Linker
from tenfold.linkage.returns import as_signal
from tenfold.policy.in_force import CurrentPolicy
from tenfold.processing import detect, fold, judge, left, threats
from tenfold.processing.fold import Batch, Numbered
from tenfold.processing.suites import CurrentSuite
from tenfold.store import traces
from tenfold.store.database import Conn
from tenfold.store.signals import Strongest
from tenfold.subjects import Subject, SubjectKind
from tenfold.threats.protectees import Watch

EVENT_TYPES = ("account.created", "account.updated", "post.created", "post.updated")
MOST_WAITING = 64  # more than these cannot be answered within any deadline worth having
STATEMENT_TIMEOUT = "SET LOCAL statement_timeout = '10s'"  # what hangs must not hold the thread for good
WARMING = ("Come and join us at the grey gate tonight", "تعالوا وانضموا إلينا الليلة عند البوابة")
UNSTORED = 2**62  # the number of an event that is later than all stored ones

log = logging.getLogger("tenfold.evaluate")

Outcome = Literal["allow", "review", "hold", "undecided"]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`allow`: no rule asks for anything. `review`: a person should look, it may be shown meanwhile.
    `hold`: a rule holds or acts, do not show it. `undecided`: not judged, and `reason` says why.
    `policy` is the version that judged, empty when none did.
    """

    outcome: Outcome
    reason: str = ""
    policy: str = ""
    firings: tuple[Firing, ...] = ()
    signals: tuple[Signal, ...] = ()
    milliseconds: float = 0.0


class Evaluator:
    """Judges one event after another in a thread of its own, with the banks as they are."""

    def __init__(self, pool: ConnectionPool[Conn], policy: CurrentPolicy, watch: Watch) -> None:
        self._pool = pool
        self._policy = policy
        self._watch = watch
        self._suites = CurrentSuite()
        self._linker = Linker()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="evaluate")
        self._waiting: set[Future[Verdict]] = set()

    def warm(self) -> None:
        """Load banks and models now, so that the first request need not wait for them."""
        self._executor.submit(self._read_something)

    def close(self) -> None:
        """Drop what waits and end the thread."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def evaluate(self, event: Event, deadline: float) -> Verdict:
        """The verdict on an event of EVENT_TYPES within `deadline` seconds, or `undecided`."""
        started = time.perf_counter()
        if len(self._waiting) >= MOST_WAITING:
            return Verdict(outcome="undecided", reason="busy: too many requests wait already")
        future = self._executor.submit(self._judge, event)
        self._waiting.add(future)
        future.add_done_callback(self._waiting.discard)
        try:
            verdict = future.result(timeout=deadline)
        except TimeoutError:
            future.cancel()
            verdict = Verdict(outcome="undecided", reason=f"not judged within {deadline * 1000:.0f} ms")
        except psycopg.OperationalError as error:
            log.warning("%s: %s", type(error).__name__, error)
            verdict = Verdict(outcome="undecided", reason="the database does not answer")
        except (ValueError, psycopg.DataError) as error:  # what the pipeline would set aside
            verdict = Verdict(outcome="undecided", reason=str(error))
        elapsed = (time.perf_counter() - started) * 1000
        return msgspec.structs.replace(verdict, milliseconds=round(elapsed, 3))

    def _read_something(self) -> None:
        """Detectors load their models with the first text that needs them; these two do."""
        with self._pool.connection() as conn:
            suite = self._suites.get(conn)
        subject = Subject(SubjectKind.POST, "warm")
        suite.detect([TextItem(subject, {"text": text}) for text in WARMING])

    def _judge(self, event: Event) -> Verdict:
        numbered = [Numbered(UNSTORED, event)]
        with self._pool.connection() as conn, conn.transaction(force_rollback=True):
            conn.execute(STATEMENT_TIMEOUT)
            suite = self._suites.get(conn)
            batch = fold.load(conn, numbered)
            fold.fold(batch, numbered)
            detected = detect.detect(suite, batch)
            threats.named(conn, self._watch, batch, detected)
            returns = self._returns(conn, batch, event.time)
            signals = {
                number: [
                    *result.signals,
                    *(s for s in returns if s.subject == batch.questions[number].subject),
                ]
                for number, result in detected.results.items()
            }
            links = strongest(returns)
            policy = self._policy.get(conn).live
            firings = judge.judge(conn, policy, batch, signals, record=False, links=links)
        found = tuple(signal for result in detected.current.values() for signal in result)
        return Verdict(
            outcome=outcome(firings),
            policy=policy.version,
            firings=tuple(firings),
            signals=(*found, *returns),
        )

    def _returns(self, conn: Conn, batch: Batch, at: datetime) -> list[Signal]:
        """Which closed accounts the account of the event may be, with what the event tells of it."""
        new = {
            id_: one for id_, one in left.of_accounts(batch).items() if left.is_young(batch.accounts[id_], at)
        }
        known = traces.load(conn, new)
        whole = [gather.together(known[id_], one) if id_ in known else one for id_, one in new.items()]
        named = gather.resolve(conn, whole)
        compared = self._linker.compared(conn, gather.made(whole, named))
        return [as_signal(one) for one in compared.judged]


def strongest(returns: Sequence[Signal]) -> dict[str, Strongest]:
    """What rules see of an account's links, from its signals `return`."""
    found: dict[str, list[Signal]] = {}
    for signal in returns:
        found.setdefault(signal.subject.id, []).append(signal)
    return {
        account: Strongest(
            account=account,
            count=len(signals),
            probability=max(signal.score for signal in signals),
            level=max(signals, key=lambda signal: signal.score).details["level"],
        )
        for account, signals in found.items()
    }


def outcome(firings: Sequence[Firing]) -> Outcome:
    """What the firings come to for the platform that asks."""
    if any(firing.effects.hold or firing.effects.act for firing in firings):
        return "hold"
    if any(firing.effects.queue or firing.effects.propose or firing.effects.escalate for firing in firings):
        return "review"
    return "allow"
