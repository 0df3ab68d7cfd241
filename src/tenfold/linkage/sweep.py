"""A sweep: every account of a history linked anew, and the links gathered into clusters.

    counts, candidates, pairs     an engine counts and joins integers, sums by sorting (first_look.py)
    accounts, scored              numpy compares and scores, batch by batch (scoring.py)
    links, clusters               union-find with guards (clusters.py, reports.py)

Every stage leaves a file; a sweep that was interrupted goes on where it was, also on another engine. The same
history and model give the same bytes on every engine.
"""

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tenfold.linkage import accounts_of_pairs, reports, scoring, worth
from tenfold.linkage.clusters import Rules
from tenfold.linkage.engines import Engine
from tenfold.linkage.first_look import FirstLook
from tenfold.linkage.history import History
from tenfold.linkage.model import Model
from tenfold.linkage.ordering import portions
from tenfold.linkage.stages import Stages

ACCOUNT_FILES = 5  # of identities that one file of accounts is made of: to read from few files is quicker
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
        self._first = FirstLook(history, self.stages, engine, model, options.slack_bits)

    def run(self) -> Report:
        """All stages; those that are made already are skipped."""
        with scoring.Processes(self.options.processes or os.cpu_count() or 1) as self._processes:
            self._run()
        return reports.report(self)

    def _run(self) -> None:
        steps = (
            self._first.inputs,
            self._first.count,
            self._find,
            self._first.pair,
            self._accounts,
            self._score,
            self._gather,
        )
        for number, step in enumerate(steps):
            self.progress(step.__name__.strip("_"), number, len(steps))
            step()

    def _find(self) -> None:
        """As FirstLook.find; meanwhile the processes that will score get ready: about as many pairs are found
        as there are accounts."""
        if not (self.stages.folder / "pairs.parquet").exists():
            self._processes.start(self.history.manifest.accounts // scoring.BATCH_PAIRS)
        self._first.find()

    def _accounts(self) -> None:
        pairs = pq.read_table(self.stages.folder / "pairs.parquet", columns=["older", "newer"])
        paired = np.zeros(self.history.manifest.accounts, np.bool_)
        for side in pairs.columns:
            paired[side.to_numpy()] = True
        needed = np.flatnonzero(paired)
        inputs = [self._of(name) for name in ("pairs.parquet", "counts.parquet")]
        inputs.append(self.history.digest(["identities"]))
        todo = []
        for number, files in enumerate(self._identities()):
            if not self.stages.known(accounts_file(number), [*inputs, number]):
                chosen = [
                    (file, needed[(needed >= first) & (needed < first + rows)] - first)
                    for first, rows, file in files
                ]
                todo.append((number, chosen, self.stages.partial(accounts_file(number))))
        if not todo:
            return
        counts = pq.read_table(self.stages.folder / "counts.parquet", columns=["key"])
        counted = accounts_of_pairs.Counted(counts["key"].to_numpy())
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            written = pool.map(lambda one: accounts_of_pairs.write(one[1], counted, one[2]), todo)
            for done, ((number, _, _), _) in enumerate(zip(todo, written, strict=True), 1):
                self.stages.made(accounts_file(number), [*inputs, number])
                self.progress("accounts", done, len(todo))

    def _identities(self) -> list[list[tuple[int, int, Path]]]:
        """The files of identities, as many at once as one file of accounts is made of."""
        files = list(self.history.identity_files())
        return [files[start : start + ACCOUNT_FILES] for start in range(0, len(files), ACCOUNT_FILES)]

    def _score(self) -> None:
        plan, inputs, batches = self.plan(), self._score_inputs(), self.batches()
        todo = []
        for name, start, stop in batches:
            if not self.stages.known(name, [*inputs, start, stop]):
                todo.append((start, stop, self.stages.partial(name)))
        names = {self.stages.partial(name): (name, start, stop) for name, start, stop in batches}
        for done, place in enumerate(scoring.run(plan, todo, self._processes) if todo else (), 1):
            name, start, stop = names[todo[place][2]]
            self.stages.made(name, [*inputs, start, stop])
            self.progress("score", done, len(todo))

    def _score_inputs(self) -> list[object]:
        files = ("pairs.parquet", "counts.parquet", "muted.parquet", "usual.bin")
        digests = [self._of(name) for name in files]
        return [*digests, self.history.digest(["identities"]), self.model_document, self.options.rules]

    def batches(self) -> list[tuple[str, int, int]]:
        """File, first and last + 1 row of the pairs, batch by batch."""
        newer = pq.read_table(self.stages.folder / "pairs.parquet", columns=["newer"])["newer"].to_numpy()
        return [
            (f"scored/part-{number:05}.parquet", *portion)
            for number, portion in enumerate(portions(newer, scoring.BATCH_PAIRS))
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
            worth=self._first.worth,
        )

    def account_files(self) -> tuple[Path, ...]:
        """The accounts of all pairs, as Arrow files."""
        count = len(self._identities())
        return tuple(self.stages.folder / accounts_file(number) for number in range(count))

    def counted(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many accounts show each key (0: one alone)."""
        known, accounts = self._counts
        if not len(known):
            return np.zeros(len(keys), np.int64)
        places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        return np.where(known[places] == keys, accounts[places], 0)

    @cached_property
    def _counts(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Keys that more than one account shows, ascending, and how many do."""
        counts = pq.read_table(self.stages.folder / "counts.parquet", columns=["key", "accounts"])
        return counts["key"].to_numpy(), counts["accounts"].to_numpy()

    def _gather(self) -> None:
        """Links; then side by side their spreadsheet and all that is made of them."""
        parts = [self._of(name) for name, _, _ in self.batches()]
        inputs: list[object] = [parts, self.history.digest(["identities", "decisions"]), self.options.rules]

        def make(*names: str) -> None:
            for name in names:
                self.stages.file(name, inputs, partial(reports.FILES[name], self))

        make("links.parquet")
        with ThreadPoolExecutor() as pool:
            sheet = pool.submit(make, "links.csv")
            make("clusters.parquet", "why.parquet", "clusters.csv", "why.csv")
            sheet.result()

    def _of(self, name: str) -> str:
        return self.stages.digest(name)


def accounts_file(number: int) -> str:
    """The name of an Arrow file of accounts."""
    return f"accounts/part-{number:05}.arrow"


def sweep_id(history: History, model: bytes, options: Options) -> str:
    """The same for the same history, model and options."""
    content = [history.digest(sorted(history.manifest.tables)), model, options]
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()[:12]
