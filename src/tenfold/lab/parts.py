"""One process's part of a back-test: replays the events of its accounts, and keeps its state on disk.

Told to stop, it writes what it knows and goes on from there when it is started again.
"""

import gc
import os
import resource
import signal
import time
from collections.abc import Callable, Mapping
from multiprocessing.sharedctypes import SynchronizedArray
from multiprocessing.synchronize import Event as Flag
from pathlib import Path

import msgspec

from tenfold.lab.replay import Past, Replay
from tenfold.lab.tally import SideName, Tally
from tenfold.lab.windows import Windows
from tenfold.policy import PolicySet, load_texts
from tenfold.policy.difference import changes, definitions
from tenfold.policy.facts import Facts
from tenfold.policy.rules import Rule
from tenfold.store import database, history, sets
from tenfold.store.database import Conn

SLICE = 2_000  # events of each part, about
SAVE_SECONDS = 120  # between states written to disk: what a killed process does again


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared on which events; `live` and `draft` map names of files to their texts."""

    live: Mapping[str, str]
    draft: Mapping[str, str]
    first: int
    last: int
    events: int
    parts: int


class State(msgspec.Struct):
    """How far a part is, with everything it needs to go on; once it is done, only what it found."""

    after: int
    events: int = 0
    cpu_seconds: float = 0.0
    done: bool = False
    skipped: int = 0
    past: Past = msgspec.field(default_factory=Past)
    windows: Windows = msgspec.field(default_factory=Windows)
    tally: Tally = msgspec.field(default_factory=Tally)


def work(
    url: str, plan: Plan, *, part: int, file: Path, counts: "SynchronizedArray[int]", halt: Flag
) -> None:
    """The process: go on until the part is done, `halt` is set, or whoever started it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it is interrupted, and sets `halt`
    parent = os.getppid()
    state = read(file) or State(after=plan.first - 1)

    def told(events: int) -> bool:
        counts[part] = events
        return not halt.is_set() and os.getppid() == parent

    # What is made for one event goes with it, and what is kept (accounts, windows) is in no circle: looking
    # through all of it again and again for circles would cost a tenth of the time.
    gc.disable()
    with database.connect(url, application_name="tenfold-backtest") as conn:
        Part(conn, plan, part, state, file).run(told)


def read(file: Path) -> State | None:
    """The state that was written there; None if there is none."""
    try:
        return msgspec.msgpack.decode(file.read_bytes(), type=State)
    except FileNotFoundError:
        return None


class Part:
    """Judges slice after slice by both policies: rules that are the same in both once."""

    def __init__(self, conn: Conn, plan: Plan, part: int, state: State, file: Path) -> None:
        from tenfold.policy.kinds import KINDS

        self._conn, self._plan, self._part, self._state, self._file = conn, plan, part, state, file
        live, draft = load_texts(plan.live, KINDS), load_texts(plan.draft, KINDS)
        self._changes = changes(definitions(live), definitions(draft))
        differing = {name for name, change in self._changes.items() if change in ("new", "changed")}
        self._live, self._draft = live, draft.only(differing)
        stored = sets.load(conn)
        self._sets: dict[SideName, dict[str, frozenset[str]]] = {
            "live": live.all_sets(stored),
            "draft": draft.all_sets(stored),
        }
        self._replay = Replay(conn, (self._live, self._draft), state.past, plan.first)

    def run(self, told: Callable[[int], bool]) -> None:
        """Work until done or `told` answers no; the state is then on disk."""
        begun, before, saved = _cpu(), self._state.cpu_seconds, time.monotonic()
        while told(self._state.events) and not self._state.done:
            self._slice()
            gc.collect(0)
            self._conn.rollback()  # nothing was written; the next slice must not hold this one's snapshot
            self._state.cpu_seconds = before + _cpu() - begun
            if time.monotonic() - saved > SAVE_SECONDS:
                self._save()
                saved = time.monotonic()
        self._save()

    def _slice(self) -> None:
        state, plan = self._state, self._plan
        last = history.next_slice(self._conn, state.after, plan.last, SLICE * plan.parts)
        if last is None:
            state.done, state.skipped = True, state.past.skipped
            state.past, state.windows = Past(), Windows()
            return
        rows = history.events(self._conn, state.after, last, part=self._part, parts=plan.parts)
        found = self._replay.slice(rows)
        for seq, facts in found:
            self._judge(seq, facts)
        state.tally.judged += len(found)
        state.tally.spanned(facts.time for _, facts in found)
        state.events += len(rows)
        state.after = last

    def _judge(self, seq: int, facts: Facts) -> None:
        """Ask both policies, one event after the other: a counter that both have is counted once."""
        tally = self._state.tally
        before = self._fired("live", self._live, seq, facts)
        after = self._fired("draft", self._draft, seq, facts)
        tally.count("live", facts, before)
        tally.count("draft", facts, after)
        if after:
            tally.sample("draft", facts, self._draft, after)
        if before:
            still = {rule.name for rule in after}
            lost = [r for r in before if self._changes[r.name] in ("gone", "changed") and r.name not in still]
            facts.sets = self._sets["live"]
            tally.sample("live", facts, self._live, lost)

    def _fired(self, side: SideName, policy: PolicySet, seq: int, facts: Facts) -> list[Rule]:
        if not policy.listens(facts.event_type, facts.subject.kind):
            return []
        facts.sets = self._sets[side]
        policy.count([facts], [seq], self._state.windows.numbers)
        return policy.fired(facts)

    def _save(self) -> None:
        written = self._file.with_suffix(".new")
        written.write_bytes(msgspec.msgpack.encode(self._state))
        written.replace(self._file)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
