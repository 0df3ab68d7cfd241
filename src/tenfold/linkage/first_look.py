"""The first look of a sweep: its stages up to the pairs that are compared.

owners, muted, usual.bin        what is known of accounts
counts, useful, shown.npy       an engine counts and joins integers (finding.py, worth.py)
candidates, open_candidates     who shares enough (sharing.py)
pairs                           of these, those to whom the time since the closure allows it
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tenfold.linkage import finding, sharing, usual, worth
from tenfold.linkage.engines import Engine
from tenfold.linkage.history import TABLES, History
from tenfold.linkage.model import Model
from tenfold.linkage.stages import Stages
from tenfold.linkage.table import NEVER

CAP = 50  # a key that more accounts show finds no candidates in a sweep; agreeing on it still counts
OPEN_CAP = 20  # the same between accounts of which neither is closed


class FirstLook:
    """Of one history with one model. `worth`: of keys; `floor`: points that a pair needs of an engine, which
    knows no times; `needed`: with the time since the closure."""

    def __init__(
        self, history: History, stages: Stages, engine: Engine, model: bytes, slack_bits: float
    ) -> None:
        self._history, self._stages, self._engine = history, stages, engine
        self._document, self._model = model, Model.load(model)
        self._population = max(history.manifest.accounts, 2)
        self._of = stages.digest
        self.worth = worth.worth(self._model, self._population, CAP)
        self.needed = worth.floor(self._model, self._population, slack_bits)
        self.floor = max(self.needed - round(1000 * worth.TIME_BITS), 1)

    def inputs(self) -> None:
        """What is known of accounts."""
        made: dict[str, Callable[[], pa.Table]] = {
            "owners.parquet": partial(finding.owners, self._history),
            "no_keys.parquet": TABLES["keys"].empty_table,
            "muted.parquet": lambda: pa.table({"key": self._history.column("muted", "key")}),
        }
        for name, table in made.items():
            inputs = [name, self._history.digest(["identities", "muted"])]
            self._stages.file(name, inputs, partial(_write, table))
        self._stages.file("closed.parquet", [self._of("owners.parquet")], self._write_closed)
        self._stages.file("usual.bin", [self._history.digest(["identities"])], self._write_usual)

    def _write_closed(self, out: Path) -> None:
        owners = pq.read_table(self._stages.folder / "owners.parquet")
        pq.write_table(owners.filter(pc.equal(owners["closed"], 1)).select(["account"]), out)

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
        pq.write_table(self.worth.useful(counted, muted, OPEN_CAP), out, compression="lz4")

    def _ask(
        self, name: str, ask: Callable[[Engine, finding.Tables, Path], None], tables: dict[str, str]
    ) -> None:
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
        floors = {
            "candidates.parquet": (self.floor, False),
            "open_candidates.parquet": (self.floor + round(1000 * worth.OPEN_BITS), True),
        }
        for name, (floor, both_open) in floors.items():
            used = [self._of(file) for file in ("shown.npy", "useful.parquet", "owners.parquet")]
            inputs = [*used, self._history.digest(["identities"]), self._document, floor, sharing.BEST]
            find = partial(self._write_candidates, floor, both_open)
            self._stages.file(name, inputs, find)

    def _shown(self, engine: Engine, tables: finding.Tables, out: Path) -> None:
        finding.shown(engine, self._owners().born, tables, out)

    def _owners(self) -> sharing.Owners:
        owners = pq.read_table(self._stages.folder / "owners.parquet")
        return sharing.Owners(owners["born"].to_numpy().astype(np.int64), owners["closed"].to_numpy() == 1)

    def _posted(self) -> NDArray[np.int64]:
        """By account, thousandths of a bit that a pair needs more for what the newer one has posted."""
        posts = self._history.column("identities", "posts").to_numpy()
        return np.rint(1000.0 * self._model.posted(posts)).astype(np.int64)

    def _write_candidates(self, floor: int, both_open: bool, out: Path) -> None:
        points = "open_points" if both_open else "points"
        useful = pq.read_table(self._stages.folder / "useful.parquet", columns=["evidence", points])
        shown = np.load(self._stages.folder / "shown.npy")
        keys = sharing.Keys(useful[points].to_numpy(), useful["evidence"].to_numpy(), shown)
        least = floor + self._posted()
        found = sharing.candidates(keys, self._owners(), self.worth, least, both_open=both_open)
        pq.write_table(found, out, compression="lz4")

    def pair(self) -> None:
        """Pairs to be compared, those that may be of one hand near each other."""
        names = ("candidates.parquet", "open_candidates.parquet")
        digests = [*(self._of(name) for name in names), self._history.digest(["identities"])]
        self._stages.file("pairs.parquet", [*digests, self._document, self.needed], self._write_pairs)

    def _write_pairs(self, out: Path) -> None:
        names = ("candidates.parquet", "open_candidates.parquet")
        pairs = pa.concat_tables([pq.read_table(self._stages.folder / name) for name in names])
        older, newer = pairs["older"].to_numpy(), pairs["newer"].to_numpy()
        closed, created = (
            self._history.column("identities", name).fill_null(NEVER).to_numpy()
            for name in ("closed_us", "created_us")
        )
        gap = worth.gap_points(self._model, closed[older], created[newer])
        least = self.needed + self._posted()[newer]
        chosen = np.flatnonzero(pairs["points"].to_numpy() + gap >= least)
        pairs = pairs.take(pa.array(chosen))
        order = sharing.by_kin(*(pairs[name].to_numpy() for name in ("newer", "older", "points")))
        pq.write_table(pairs.take(pa.array(order)), out, compression="lz4")


def _write(table: Callable[[], pa.Table], out: Path) -> None:
    pq.write_table(table(), out)
