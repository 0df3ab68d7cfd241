"""A sweep: every account of a history linked anew, and the links gathered into clusters.

    counts, shown                 an engine counts and joins integers (finding.py)
    candidates, pairs             who shares enough (sharing.py, worth.py)
    accounts, scored              numpy compares and scores, batch by batch (scoring.py)
    links, clusters               union-find with guards (clusters.py, reports.py)

Every stage leaves a file; a sweep that was interrupted goes on where it was, also on another engine. The same
history and model give the same bytes on every engine.
"""

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tenfold.linkage import finding, reports, scoring, sharing, usual, worth
from tenfold.linkage.clusters import Rules
from tenfold.linkage.engines import Engine
from tenfold.linkage.history import TABLES, History
from tenfold.linkage.model import Model
from tenfold.linkage.stages import Stages
from tenfold.linkage.table import NEVER

CAP = 50  # a key that more accounts show finds no candidates in a sweep; agreeing on it still counts
OPEN_CAP = 20  # the same between accounts of which neither is closed
Progress = Callable[[str, int, int], None]  # stage, done, of how many


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """`slack_bits`: pairs that lack more to be shown are not compared. `processes`: 0 means one a core."""

    slack_bits: float = worth.SLACK_BITS
    rules: Rules = Rules()
    processes: int = 0


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a sweep came to. `reused`: stages that were there already."""

    id: str
    folder: str
    engine: str
    model: str
    accounts: int
    closed: int
    keys: int
    candidates: int
    open_candidates: int
    links: dict[str, int]
    clusters: int
    clustered: int
    reused: int


class Sweep:
    """One sweep of one history with one model, in one folder."""

    def __init__(  # noqa: PLR0917 - all of them at once, every time
        self,
        history: History,
        folder: Path,
        engine: Engine,
        model: bytes,
        options: Options,
        progress: Progress = lambda stage, done, total: None,
    ) -> None:
        self.history, self.engine, self.options, self.progress = history, engine, options, progress
        self.model_document, self.model = model, Model.load(model)
        self.population = max(history.manifest.accounts, 2)
        self.id = sweep_id(history, model, options)
        self.stages = Stages(folder)
        self.worth = worth.worth(self.model, self.population, CAP)
        self.needed = worth.floor(self.model, self.population, options.slack_bits)
        self.floor = max(self.needed - round(1000 * worth.TIME_BITS), 1)  # an engine's: it knows no times

    def run(self) -> Report:
        """All stages; those that are made already are skipped."""
        steps = (
            self._inputs,
            self._count,
            self._find,
            self._pair,
            self._score,
            self._gather,
        )
        for number, step in enumerate(steps):
            self.progress(step.__name__.strip("_"), number, len(steps))
            step()
        return reports.report(self)

    def _inputs(self) -> None:
        made: dict[str, Callable[[], pa.Table]] = {
            "owners.parquet": partial(finding.owners, self.history),
            "no_keys.parquet": TABLES["keys"].empty_table,
            "muted.parquet": lambda: pa.table({"key": self.history.column("muted", "key")}),
        }
        for name, table in made.items():
            inputs = [name, self.history.digest(["identities", "muted"])]
            self.stages.file(name, inputs, partial(_write, table))
        self.stages.file("closed.parquet", [self._of("owners.parquet")], self._write_closed)
        self.stages.file("usual.bin", [self.history.digest(["identities"])], self._write_usual)

    def _write_closed(self, out: Path) -> None:
        owners = pq.read_table(self.stages.folder / "owners.parquet")
        pq.write_table(owners.filter(pc.equal(owners["closed"], 1)).select(["account"]), out)

    def _write_usual(self, out: Path) -> None:
        out.write_bytes(usual.to_bytes(usual.of_files(self.history.files("identities"))))

    def _count(self) -> None:
        self._ask("counts.parquet", finding.counts, {"closed": "closed.parquet"})
        inputs = [self._of(name) for name in ("counts.parquet", "muted.parquet")]
        caps = [self.model_document, self.population, CAP, OPEN_CAP]
        self.stages.file("useful.parquet", [*inputs, *caps], self._write_useful)

    def _write_useful(self, out: Path) -> None:
        muted = pq.read_table(self.stages.folder / "muted.parquet")["key"].to_numpy()
        counted = pq.read_table(self.stages.folder / "counts.parquet")
        pq.write_table(self.worth.useful(counted, muted, OPEN_CAP), out, compression="lz4")

    def _ask(
        self, name: str, ask: Callable[[Engine, finding.Tables, Path], None], tables: dict[str, str]
    ) -> None:
        """One file of an engine; `keys` are there in every question."""
        inputs = [
            name,
            self.history.digest(["keys", "identities"]),
            {table: self._of(file) for table, file in tables.items()},
        ]
        files = {table: [self.stages.folder / file] for table, file in tables.items()}
        files["keys"] = self.history.files("keys") or [self.stages.folder / "no_keys.parquet"]
        self.stages.file(name, inputs, lambda out: ask(self.engine, files, out))

    def _find(self) -> None:
        self._ask("shown.npy", self._shown, {"useful": "useful.parquet"})
        floors = {
            "candidates.parquet": (self.floor, False),
            "open_candidates.parquet": (self.floor + round(1000 * worth.OPEN_BITS), True),
        }
        for name, (floor, both_open) in floors.items():
            used = [self._of(file) for file in ("shown.npy", "useful.parquet", "owners.parquet")]
            inputs = [*used, self.model_document, floor, sharing.BEST]
            find = partial(self._write_candidates, floor, both_open)
            self.stages.file(name, inputs, find)

    def _shown(self, engine: Engine, tables: finding.Tables, out: Path) -> None:
        finding.shown(engine, self._owners().born, tables, out)

    def _owners(self) -> sharing.Owners:
        owners = pq.read_table(self.stages.folder / "owners.parquet")
        return sharing.Owners(owners["born"].to_numpy().astype(np.int64), owners["closed"].to_numpy() == 1)

    def _posted(self) -> NDArray[np.int64]:
        """By account, thousandths of a bit that a pair needs more for what the newer one has posted."""
        posts = self.history.column("identities", "posts").to_numpy()
        return np.rint(1000.0 * self.model.posted(posts)).astype(np.int64)

    def _write_candidates(self, floor: int, both_open: bool, out: Path) -> None:
        points = "open_points" if both_open else "points"
        useful = pq.read_table(self.stages.folder / "useful.parquet", columns=["evidence", points])
        shown = np.load(self.stages.folder / "shown.npy")
        keys = sharing.Keys(useful[points].to_numpy(), useful["evidence"].to_numpy(), shown)
        least = floor + self._posted()
        found = sharing.candidates(keys, self._owners(), self.worth, least, both_open=both_open)
        pq.write_table(found, out, compression="lz4")

    def _pair(self) -> None:
        names = ("candidates.parquet", "open_candidates.parquet")
        inputs = [*(self._of(name) for name in names), self.model_document, self.needed]
        self.stages.file("pairs.parquet", inputs, self._write_pairs)
        pairs = pq.read_table(self.stages.folder / "pairs.parquet", columns=["older", "newer"])
        needed = np.unique(np.concatenate([pairs["older"].to_numpy(), pairs["newer"].to_numpy()]))
        inputs = [self._of("pairs.parquet"), self.history.digest(["identities"])]
        todo = []
        for number, (first, rows, file) in enumerate(self.history.identity_files()):
            chosen = needed[(needed >= first) & (needed < first + rows)]
            if not self.stages.known(accounts_file(number), [*inputs, number]):
                todo.append((number, file, chosen - first, self.stages.partial(accounts_file(number))))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for done, number in enumerate(pool.map(lambda part: _write_accounts(*part), todo), 1):
                self.stages.made(accounts_file(number), [*inputs, number])
                self.progress("accounts", done, len(todo))

    def _write_pairs(self, out: Path) -> None:
        names = ("candidates.parquet", "open_candidates.parquet")
        pairs = pa.concat_tables([pq.read_table(self.stages.folder / name) for name in names])
        older, newer = pairs["older"].to_numpy(), pairs["newer"].to_numpy()
        closed, created = (
            self.history.column("identities", name).fill_null(NEVER).to_numpy()
            for name in ("closed_us", "created_us")
        )
        gap = worth.gap_points(self.model, closed[older], created[newer])
        least = self.needed + self._posted()[newer]
        chosen = np.flatnonzero(pairs["points"].to_numpy() + gap >= least)
        pairs = pairs.take(pa.array(chosen))
        order = sharing.by_kin(*(pairs[name].to_numpy() for name in ("newer", "older", "points")))
        pq.write_table(pairs.take(pa.array(order)), out, compression="lz4")

    def _score(self) -> None:
        plan, inputs = self.plan(), self._score_inputs()
        todo = []
        for name, start, stop in self.batches():
            if not self.stages.known(name, [*inputs, start, stop]):
                todo.append((start, stop, self.stages.partial(name)))
        names = {self.stages.partial(name): (name, start, stop) for name, start, stop in self.batches()}
        processes = self.options.processes or os.cpu_count() or 1
        for done, place in enumerate(scoring.run(plan, todo, processes) if todo else (), 1):
            name, start, stop = names[todo[place][2]]
            self.stages.made(name, [*inputs, start, stop])
            self.progress("score", done, len(todo))

    def _score_inputs(self) -> list[object]:
        files = ("pairs.parquet", "counts.parquet", "muted.parquet", "usual.bin")
        digests = [self._of(name) for name in files]
        return [*digests, self.history.digest(["identities"]), self.model_document, self.options.rules]

    def batches(self) -> list[tuple[str, int, int]]:
        """File, first and last + 1 row of the pairs, batch by batch."""
        rows = pq.read_metadata(self.stages.folder / "pairs.parquet").num_rows
        starts = range(0, rows, scoring.BATCH_PAIRS)
        return [
            (f"scored/part-{number:05}.parquet", start, min(start + scoring.BATCH_PAIRS, rows))
            for number, start in enumerate(starts)
        ]

    def plan(self) -> scoring.Plan:
        """What scoring works from."""
        folder = self.stages.folder
        return scoring.Plan(
            pairs=folder / "pairs.parquet",
            counts=folder / "counts.parquet",
            muted=folder / "muted.parquet",
            accounts=self.account_files(),
            model=self.model_document,
            population=self.population,
            name_counts=self.history.manifest.name_counts,
            usual=folder / "usual.bin",
            weak_accounts=self.options.rules.weak_accounts,
            floor=self.floor,
            worth=self.worth,
        )

    def account_files(self) -> tuple[Path, ...]:
        """The accounts of all pairs, as Arrow files."""
        count = len(self.history.files("identities"))
        return tuple(self.stages.folder / accounts_file(number) for number in range(count))

    def counted(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many accounts show each key (0: one alone)."""
        counts = pq.read_table(self.stages.folder / "counts.parquet")
        known = counts["key"].to_numpy()
        if not len(known):
            return np.zeros(len(keys), np.int64)
        places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        return np.where(known[places] == keys, counts["accounts"].to_numpy()[places], 0)

    def _gather(self) -> None:
        parts = [self._of(name) for name, _, _ in self.batches()]
        inputs: list[object] = [parts, self.history.digest(["identities", "decisions"]), self.options.rules]
        for name, make in reports.FILES.items():
            self.stages.file(name, inputs, partial(make, self))

    def _of(self, name: str) -> str:
        return self.stages.digest(name)


def accounts_file(number: int) -> str:
    """The name of an Arrow file of accounts."""
    return f"accounts/part-{number:05}.arrow"


def sweep_id(history: History, model: bytes, options: Options) -> str:
    """The same for the same history, model and options."""
    content = [history.digest(sorted(history.manifest.tables)), model, options]
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()[:12]


def _write(table: Callable[[], pa.Table], out: Path) -> None:
    pq.write_table(table(), out)


def _write_accounts(number: int, file: Path, rows: NDArray[np.int64], out: Path) -> int:
    taken = pq.ParquetFile(file).read(use_threads=False).take(pa.array(rows))
    with pa.OSFile(str(out), "wb") as sink, pa.ipc.new_file(sink, taken.schema) as writer:
        writer.write_table(taken.combine_chunks())
    return number
