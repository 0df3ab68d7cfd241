"""Scoring candidates over a whole history: bounded batches, in several processes, by the same comparison that
every path uses."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import cast

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tenfold.fingerprint import HOURS
from tenfold.linkage import table, usual
from tenfold.linkage.bounds import Bound
from tenfold.linkage.compare import compare
from tenfold.linkage.history import NAME_FORMS
from tenfold.linkage.kinds import ABOUT, Kind
from tenfold.linkage.ledger import Family, Judged
from tenfold.linkage.model import LIKELY, Model
from tenfold.linkage.rarity import Rarity
from tenfold.linkage.shared_keys import shared
from tenfold.linkage.table import Rows, Table
from tenfold.linkage.worth import Worth

BATCH_PAIRS = 50_000
_KINDS = {family.value: [kind for kind in Kind if ABOUT[kind].family == family] for family in Family}
# Of bios and links the keys are enough.
_COMPARED = [*(name for name in table.SCHEMA.names if name not in ("bios", "urls")), *NAME_FORMS]
SCORED = pa.schema(
    [
        ("older", pa.int32()),
        ("newer", pa.int32()),
        ("points", pa.int64()),
        ("bits", pa.float64()),
        ("probability", pa.float64()),
        ("level", pa.int8()),
        ("held_back", pa.int8()),
        *((family.value, pa.float32()) for family in Family),
        ("rests_on", pa.list_(pa.int64())),
    ]
)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What every worker needs. `accounts` are Arrow files, `numbers` the account numbers in them, ascending
    over all files. `weak_accounts`: of a value that more accounts show it is told which links rest on
    it; `floor` as for candidates."""

    pairs: Path
    counts: Path
    muted: Path
    accounts: tuple[Path, ...]
    model: bytes
    population: int
    name_counts: dict[str, int]
    usual: Path
    weak_accounts: int
    floor: int
    worth: Worth


def run(plan: Plan, batches: list[tuple[int, int, Path]], processes: int) -> Iterator[int]:
    """Score batches, each rows [start, stop) of `plan.pairs` into a file; yields each place when done."""
    if processes == 1 or len(batches) == 1:
        worker = Worker(plan)
        for place, batch in enumerate(batches):
            worker.score(*batch)
            yield place
        return
    pool = ProcessPoolExecutor(processes, get_context("spawn"), initializer=_start, initargs=(plan,))
    try:
        waiting = {pool.submit(_score, *batch): place for place, batch in enumerate(batches)}
        for future in as_completed(waiting):
            future.result()
            yield waiting[future]
    finally:
        pool.shutdown(cancel_futures=True)


_worker: "Worker"


def _start(plan: Plan) -> None:
    global _worker  # noqa: PLW0603 - one a process
    pa.set_cpu_count(1)
    _worker = Worker(plan)


def _score(start: int, stop: int, out: Path) -> None:
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
        mapped = [pa.ipc.open_file(pa.memory_map(str(file))).read_all() for file in plan.accounts]
        self._accounts = pa.concat_tables(mapped)
        self._numbers = self._accounts["number"].to_numpy()
        self._pairs = pq.read_table(plan.pairs, memory_map=True)

    def score(self, start: int, stop: int, out: Path) -> None:
        """Rows [start, stop) of the pairs, those that are to be shown, into a Parquet file."""
        rows = self._pairs.slice(start, stop - start)
        older, newer = rows["older"].to_numpy(), rows["newer"].to_numpy()
        accounts, left, right = self._rows(older, newer, _COMPARED)
        compared = compare(
            accounts, left, accounts, right, self._rarity, worth=self._bound.may_be_shown, early=True
        )
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
            "rests_on": self._rests(accounts, left_rows, right_rows, scores.level[kept] == LIKELY),
        }
        found |= {family: scores.items[kept][:, kinds].sum(axis=1) / 1000 for family, kinds in _KINDS.items()}
        pq.write_table(pa.table(found, schema=SCORED), out, compression="lz4")

    def judged(self, pairs: pa.Table) -> list[Judged]:
        """The whole waterfall of pairs (older, newer: account numbers)."""
        older, newer = pairs["older"].to_numpy(), pairs["newer"].to_numpy()
        accounts, left, right = self._rows(older, newer, [*table.SCHEMA.names, *NAME_FORMS])
        compared = compare(accounts, left, accounts, right, self._rarity)
        scores = self._model.score(compared)
        return [self._model.judged(compared, scores, pair) for pair in range(len(left))]

    def _rows(
        self, older: NDArray[np.int64], newer: NDArray[np.int64], columns: Sequence[str]
    ) -> tuple[Table, NDArray[np.int64], NDArray[np.int64]]:
        """The accounts of pairs as a table, only these columns filled, and the rows of both sides in it."""
        chosen, places = np.unique(np.concatenate([older, newer]), return_inverse=True)
        rows = pa.array(np.searchsorted(self._numbers, chosen))
        taken = self._accounts.select(columns).take(rows)
        return _Taken.of_arrow(taken), places[: len(older)], places[len(older) :]

    def _rests(
        self,
        accounts: Table,
        left: NDArray[np.int64],
        right: NDArray[np.int64],
        asked: NDArray[np.bool_],
    ) -> pa.ListArray:
        """For each pair that is asked about, the weak keys without which it would not be a candidate."""
        pairs = np.flatnonzero(asked)
        common = shared(accounts, left[pairs], accounts, right[pairs])
        counts = self._rarity.accounts_of(common.key)
        useful = (counts > 0) & (counts < self._plan.worth.points.shape[1])
        pair, key, counts = common.pair[useful], common.key[useful], counts[useful]
        without = points_without(self._plan.worth, pair, common.kind[useful], counts, len(left))
        weak = (without < self._plan.floor) & (counts > self._plan.weak_accounts)
        order = np.lexsort((key[weak], pair[weak]))
        sizes = np.bincount(pairs[pair[weak]], minlength=len(left))
        offsets = np.concatenate(([0], np.cumsum(sizes)))
        return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(key[weak][order]))


class _Taken(Table):
    """Accounts of a history of which some columns may be left out (nobody shows anything there), whose
    hours are one array, and whose forms of names are made."""

    _hours: NDArray[np.int64]
    _forms: dict[tuple[str, str], list[str]]

    @classmethod
    def of_arrow(cls, taken: pa.Table) -> "_Taken":
        """From columns of table.SCHEMA."""
        filled = {
            name: taken[name] for name in taken.column_names if name != "hours" and name not in NAME_FORMS
        }
        none = {
            field.name: pa.nulls(len(taken), field.type) for field in table.SCHEMA if field.name not in filled
        }
        made = cast(_Taken, cls.from_arrow(pa.table(filled | none)))
        made._forms = {
            NAME_FORMS[name]: taken[name].to_pylist() for name in taken.column_names if name in NAME_FORMS
        }
        lists = taken["hours"].combine_chunks()
        made._hours = np.zeros((len(taken), HOURS), np.int64)
        whole = np.flatnonzero(np.diff(lists.offsets.to_numpy()) == HOURS)
        made._hours[whole] = lists.take(pa.array(whole)).flatten().to_numpy().reshape(-1, HOURS)
        return made

    def hours_of(self, rows: Rows) -> NDArray[np.int64]:
        """Posts by hour of the day, shape (rows, 24); zeros where unknown."""
        return self._hours[rows]

    def form_of(self, column: str, form: str, rows: Rows) -> list[str]:
        """One of FORMS of the latest of `handles` or `names` in these rows, as it was exported."""
        made = self._forms[column, form]
        return [made[row] for row in rows.tolist()]


def _places(of: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.intp]:
    """Where each wanted number stands among others, each of which is there once."""
    order = np.argsort(of)
    return order[np.searchsorted(of, wanted, sorter=order)]


def points_without(
    worth: Worth, pair: NDArray[np.int64], kind: NDArray[np.int64], counts: NDArray[np.int64], pairs: int
) -> NDArray[np.int64]:
    """For each shared key (its pair, kind and accounts) the points that its pair has without this key."""
    points, evidence = worth.points[kind, counts], worth.evidence[kind]
    group = pair * 64 + evidence
    order = np.lexsort((-points, group))
    points, group = points[order], group[order]
    first = np.flatnonzero(np.diff(group, prepend=-1))
    size = np.diff(np.append(first, len(group)))
    of = evidence[order][first]
    second = points[np.minimum(first + 1, max(len(group) - 1, 0))]
    agreed = worth.agreement(of, points[first], size)
    total = np.bincount(pair[order][first], agreed, minlength=pairs).astype(np.int64)
    best = np.zeros(len(group), np.bool_)
    best[first] = True
    place = np.repeat(np.arange(len(first)), size)
    left = np.where(best, second[place], points[first][place])
    rest = np.where(size[place] > 1, worth.agreement(of[place], left, size[place] - 1), 0)
    without = np.empty(len(group), np.int64)
    without[order] = total[pair[order]] - agreed[place] + rest
    return without
