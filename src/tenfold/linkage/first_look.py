"""The first look of a sweep: its stages up to the pairs that are compared.

muted, closed, usual.bin        what is known of accounts
counts, useful, shown.npy       an engine counts and joins integers (finding.py, worth.py)
candidates, open_candidates     who shares enough (sharing.py)
pairs                           both, those that may be of one hand near each other
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tenfold.linkage import finding, sharing, usual, worth
from tenfold.linkage.engines import Engine, Tables
from tenfold.linkage.history import TABLES, History
from tenfold.linkage.model import Model
from tenfold.linkage.stages import Stages
from tenfold.linkage.table import NEVER

CAP = 50  # a key that more accounts show finds no candidates in a sweep; agreeing on it still counts
OPEN_CAP = 20  # the same between accounts of which neither is closed
_COUNTS = 1 << 18  # keys at once of which it is told whether they find somebody


class FirstLook:
    """Of one history with one model. `worth`: of keys; `needed`: points of a pair whose newer account has
    posted nothing."""

    def __init__(
        self, history: History, stages: Stages, engine: Engine, model: bytes, slack_bits: float
    ) -> None:
        self._history, self._stages, self._engine = history, stages, engine
        self._document, self._model = model, Model.load(model)
        self._population = max(history.manifest.accounts, 2)
        self._of = stages.digest
        self.worth = worth.worth(self._model, self._population, CAP)
        self.needed = worth.floor(self._model, self._population, slack_bits)

    def inputs(self) -> None:
        """What is known of accounts."""
        made: dict[str, Callable[[], pa.Table]] = {
            "closed.parquet": self._closed,
            "no_keys.parquet": TABLES["keys"].empty_table,
            "muted.parquet": lambda: pa.table({"key": self._history.column("muted", "key")}),
        }
        for name, table in made.items():
            inputs = [name, self._history.digest(["identities", "muted"])]
            self._stages.file(name, inputs, partial(_write, table))
        self._stages.file("usual.bin", [self._history.digest(["identities"])], self._write_usual)

    def _closed(self) -> pa.Table:
        return pa.table({"account": np.flatnonzero(self._times["closed_us"] != NEVER).astype(np.int32)})

    def _write_usual(self, out: Path) -> None:
        out.write_bytes(usual.to_bytes(usual.of_files(self._history.files("identities"))))

    def count(self) -> None:
        """How many accounts show each key, and which keys find somebody."""
        self._ask("counts.parquet", finding.counts, {"closed": "closed.parquet"})
        inputs = [self._of(name) for name in ("counts.parquet", "muted.parquet")]
        caps = [self._document, self._population, CAP, OPEN_CAP]
        self._stages.file("useful.parquet", [*inputs, *caps], self._write_useful)

    def _write_useful(self, out: Path) -> None:
        muted = pq.read_table(self._stages.folder / "muted.parquet")["key"].to_numpy()
        counted = pq.read_table(self._stages.folder / "counts.parquet")
        starts = range(0, max(len(counted), 1), _COUNTS)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            parts = pool.map(
                lambda start: self.worth.useful(counted.slice(start, _COUNTS), muted, OPEN_CAP), starts
            )
            useful = pa.concat_tables(parts)
        useful = useful.set_column(1, "place", pa.array(np.arange(len(useful)), pa.int32()))
        pq.write_table(useful, out, compression="lz4", use_dictionary=False)

    def _ask(self, name: str, ask: Callable[[Engine, Tables, Path], None], tables: dict[str, str]) -> None:
        """One file of an engine; `keys` are there in every question."""
        inputs = [
            name,
            self._history.digest(["keys", "identities"]),
            {table: self._of(file) for table, file in tables.items()},
        ]
        files = {table: [self._stages.folder / file] for table, file in tables.items()}
        files["keys"] = self._history.files("keys") or [self._stages.folder / "no_keys.parquet"]
        self._stages.file(name, inputs, lambda out: ask(self._engine, files, out))

    def find(self) -> None:
        """Who shows these keys, and which pairs share enough."""
        self._ask("shown.npy", self._shown, {"useful": "useful.parquet"})
        wanted = {
            "candidates.parquet": (self.needed, False),
            "open_candidates.parquet": (self.needed + round(1000 * worth.OPEN_BITS), True),
        }
        used = [self._of(file) for file in ("shown.npy", "useful.parquet")]
        inputs = [*used, self._history.digest(["identities"]), self._document]
        self._stages.files(
            {
                name: ([*inputs, needed, sharing.BEST], partial(self._write_candidates, needed, both_open))
                for name, (needed, both_open) in wanted.items()
            }
        )

    def _shown(self, engine: Engine, tables: Tables, out: Path) -> None:
        finding.shown(engine, self._born, tables, out)

    @cached_property
    def _times(self) -> dict[str, NDArray[np.int64]]:
        """By account number, when it was created and closed, NEVER where nobody knows or it is open."""
        columns = self._history.columns("identities", ["created_us", "closed_us"])
        return {name: columns[name].fill_null(NEVER).to_numpy() for name in columns.column_names}

    @cached_property
    def _born(self) -> NDArray[np.int64]:
        return finding.born(self._times["created_us"], self._times["closed_us"])

    @cached_property
    def _posted(self) -> NDArray[np.int64]:
        """By account, thousandths of a bit that a pair needs more for what the newer one has posted."""
        posts = self._history.column("identities", "posts").to_numpy()
        return cast(NDArray[np.int64], np.rint(1000.0 * self._model.posted(posts)).astype(np.int64))

    def _write_candidates(self, needed: int, both_open: bool, out: Path) -> None:
        points = "open_points" if both_open else "points"
        useful = pq.read_table(self._stages.folder / "useful.parquet", columns=["evidence", points])
        shown = np.asarray(np.load(self._stages.folder / "shown.npy", mmap_mode="r"))
        keys = sharing.Keys(useful[points].to_numpy(), useful["evidence"].to_numpy(), shown)
        owners = sharing.Owners(born=self._born, least=needed + self._posted, **self._times)
        found = sharing.candidates(keys, owners, self.worth, both_open=both_open)
        pq.write_table(found, out, compression="lz4", use_dictionary=False)

    def pair(self) -> None:
        """Pairs to be compared, those that may be of one hand near each other."""
        names = ("candidates.parquet", "open_candidates.parquet")
        self._stages.file("pairs.parquet", [self._of(name) for name in names], self._write_pairs)

    def _write_pairs(self, out: Path) -> None:
        names = ("candidates.parquet", "open_candidates.parquet")
        pairs = pa.concat_tables([pq.read_table(self._stages.folder / name) for name in names])
        order = sharing.by_kin(*(pairs[name].to_numpy() for name in ("newer", "older", "points")))
        pq.write_table(pairs.take(pa.array(order)), out, compression="lz4", use_dictionary=False)


def _write(table: Callable[[], pa.Table], out: Path) -> None:
    pq.write_table(table(), out)
