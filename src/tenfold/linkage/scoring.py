"""Scoring candidates over a whole history: bounded batches, in several processes, by the same comparison that
every path uses."""

import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Self

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tenfold.linkage import usual
from tenfold.linkage.accounts_of_pairs import ALL, COMPARED, Accounts
from tenfold.linkage.bounds import Bound
from tenfold.linkage.compare import compare
from tenfold.linkage.kinds import ABOUT, Kind
from tenfold.linkage.ledger import Family, Judged
from tenfold.linkage.model import LIKELY, Model
from tenfold.linkage.rarity import Rarity
from tenfold.linkage.resting import Rows, needed_keys
from tenfold.linkage.shared_keys import Shared, shared
from tenfold.linkage.worth import Worth

BATCH_PAIRS = 12_500
_KINDS = {family.value: [kind for kind in Kind if ABOUT[kind].family == family] for family in Family}
SCORED = pa.schema(
    [
        ("older", pa.int32()),
        ("newer", pa.int32()),
        ("points", pa.int64()),
        ("bits", pa.float64()),
        ("probability", pa.float64()),
        ("level", pa.int8()),
        ("held_back", pa.int8()),
        ("dressed", pa.bool_()),
        *((family.value, pa.float32()) for family in Family),
        ("rests_on", pa.list_(pa.int64())),
    ]
)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What every worker needs. `accounts` are Arrow files (accounts_of_pairs.write), ascending by account
    number over all of them. `weak_accounts`: of a value that more accounts show it is told which links rest
    on it."""

    pairs: Path
    counts: Path
    muted: Path
    accounts: tuple[Path, ...]
    model: bytes
    population: int
    name_counts: dict[str, int]
    usual: Path
    weak_accounts: int
    worth: Worth


class Processes:
    """Other processes that score beside this one, so many in all; started before there is anything to score,
    they get ready meanwhile."""

    def __init__(self, count: int) -> None:
        self.others = count - 1
        self.pool = ProcessPoolExecutor(max(self.others, 1), get_context("spawn"), initializer=_begin)

    def __enter__(self) -> Self:
        return self

    def start(self, most: int) -> None:
        """Start them now, so many at most, not when they are needed."""
        for _ in range(min(self.others, most)):
            self.pool.submit(_ready)

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown(cancel_futures=True)


def run(plan: Plan, batches: list[tuple[int, int, Path]], processes: Processes) -> Iterator[int]:
    """Score batches, each rows [start, stop) of `plan.pairs` into a file; yields each place when done. These
    processes end with it."""
    waiting, running = deque(enumerate(batches)), dict[Future[None], int]()

    def hand_out() -> None:
        while waiting and len(running) < 2 * min(processes.others, len(batches) - 1):
            place, batch = waiting.popleft()
            running[processes.pool.submit(_score, plan, *batch)] = place

    with processes:
        hand_out()
        worker = Worker(plan)
        while waiting:
            place, batch = waiting.popleft()
            worker.score(*batch)
            yield place
            yield from _ended(running, [future for future in running if future.done()])
            hand_out()
        yield from _ended(running, as_completed(list(running)))


def _ended(running: dict[Future[None], int], done: Iterable[Future[None]]) -> Iterator[int]:
    for future in done:
        future.result()
        yield running.pop(future)


_worker: "Worker | None" = None


def _begin() -> None:
    """A process that scores ends with the one that started it, and not by itself when a person interrupts
    both."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    pa.set_cpu_count(1)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _ready() -> None:
    """Nothing more: all that this module needs is loaded by now."""


def _score(plan: Plan, start: int, stop: int, out: Path) -> None:
    global _worker  # noqa: PLW0603 - one a process
    _worker = _worker or Worker(plan)
    _worker.score(start, stop, out)


class Worker:
    """Holds what all batches need: counts, the model, and the accounts as files mapped into memory.

    `muted`, where given, are the keys that are marked as shared by now, instead of those of the plan.
    """

    def __init__(self, plan: Plan, muted: Iterable[int] | None = None) -> None:
        self._plan = plan
        self._model = Model.load(plan.model)
        self._bound = Bound(self._model)
        counts = pq.read_table(plan.counts, columns=["key", "accounts"])
        if muted is None:
            muted = pq.read_table(plan.muted)["key"].to_numpy().tolist()
        self._rarity = Rarity(
            counts["key"].to_numpy(),
            counts["accounts"].to_numpy(),
            plan.population,
            muted=muted,
            name_counts=plan.name_counts,
            usual=usual.from_bytes(plan.usual.read_bytes()),
        )
        self._accounts = Accounts(plan.accounts)
        self._pairs = pq.read_table(plan.pairs, memory_map=True)

    def score(self, start: int, stop: int, out: Path) -> None:
        """Rows [start, stop) of the pairs, those that are to be shown, into a Parquet file."""
        rows = self._pairs.slice(start, stop - start)
        older, newer = rows["older"].to_numpy(), rows["newer"].to_numpy()
        accounts, left, right = self._accounts.of_pairs(older, newer, COMPARED)
        common = shared(accounts, left, accounts, right)
        worth = self._bound.may_be_shown
        compared = compare(accounts, left, accounts, right, self._rarity, worth=worth, common=common)
        scores = self._model.score(compared)
        kept = np.flatnonzero(scores.level > 0)
        left_rows, right_rows = compared.left_rows[kept], compared.right_rows[kept]
        places = _places(left << 32 | right, left_rows << 32 | right_rows)
        found = {
            "older": older[places],
            "newer": newer[places],
            "points": rows["points"].to_numpy()[places],
            "bits": scores.bits[kept],
            "probability": scores.probability[kept],
            "level": scores.level[kept],
            "held_back": scores.held_back[kept],
            "dressed": scores.dressed[kept],
            "rests_on": self._rests(
                common, places, rows["spare"].to_numpy()[places], scores.level[kept] == LIKELY
            ),
        }
        found |= {family: scores.items[kept][:, kinds].sum(axis=1) / 1000 for family, kinds in _KINDS.items()}
        pq.write_table(pa.table(found, schema=SCORED), out, compression="lz4")

    def judged(self, pairs: pa.Table) -> list[Judged]:
        """The whole waterfall of pairs (older, newer: account numbers; dressed: as in Scores)."""
        older, newer = pairs["older"].to_numpy(), pairs["newer"].to_numpy()
        accounts, left, right = self._accounts.of_pairs(older, newer, ALL)
        compared = compare(accounts, left, accounts, right, self._rarity)
        scores = self._model.score(compared, pairs["dressed"].to_numpy())
        return [self._model.judged(compared, scores, pair) for pair in range(len(left))]

    def _rests(
        self, common: Shared, pairs: NDArray[np.intp], spare: NDArray[np.int64], asked: NDArray[np.bool_]
    ) -> pa.ListArray:
        """For each of these pairs that is asked about, the weak keys without which it would not be a
        candidate."""
        place = np.full(max(common.pair.max(initial=-1), pairs.max(initial=-1)) + 1, -1)
        place[pairs[asked]] = np.flatnonzero(asked)
        of = place[common.pair]
        some = np.flatnonzero(of >= 0)
        common = Shared(of[some], common.key[some], common.kind[some])
        counts = self._rarity.accounts_of(common.key)
        useful = np.flatnonzero((counts > 0) & (counts < self._plan.worth.points.shape[1]))
        pair, key, counts = common.pair[useful], common.key[useful], counts[useful]
        points, evidence = self._plan.worth.points[common.kind[useful], counts], self._plan.worth.evidence
        weak = counts > self._plan.weak_accounts
        keys = Rows(pair, evidence[common.kind[useful]], points)
        needed = needed_keys(self._plan.worth, keys, spare, weak)
        order = np.lexsort((key[needed], pair[needed]))
        sizes = np.bincount(pair[needed], minlength=len(pairs))
        offsets = np.concatenate(([0], np.cumsum(sizes)))
        return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(key[needed][order]))


def _places(of: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.intp]:
    """Where each wanted number stands among others, each of which is there once."""
    order = np.argsort(of)
    return order[np.searchsorted(of, wanted, sorter=order)]
