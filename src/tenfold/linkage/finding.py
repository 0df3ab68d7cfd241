"""Finding candidates over a whole history: what engines (engines.py) are asked, on integers only, and the
files that are made of their answers. Which pairs share enough is then a matter of sorting (sharing.py)."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tenfold.linkage.engines import Engine, Tables
from tenfold.linkage.table import NEVER


def born(created_us: NDArray[np.int64], closed_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """By account number its place in the order in which accounts may follow one another: 0, 1, ...

    Closed ones come first, by their closing: whoever comes back after it may do so with an account that was
    opened long before, slept or bought. Then open ones by their creation, last where it is not known.
    """
    still = closed_us == NEVER
    created = np.where(created_us == NEVER, np.iinfo(np.int64).max, created_us)
    places = np.empty(len(still), np.int64)
    order = np.lexsort((np.arange(len(still)), np.where(still, created, closed_us), still))
    places[order] = np.arange(len(still))
    return places


def counts(engine: Engine, tables: Tables, out: Path) -> None:
    """Engine.counts as a Parquet file (key, accounts, closed), ascending by key."""
    rows = engine.counts(tables, _scratch(out))
    key = rows["key"].to_numpy()
    columns = {name: rows[name].to_numpy() for name in ("key", "accounts", "closed")}
    if (key[1:] < key[:-1]).any():
        order = np.argsort(key)
        columns = {name: column[order] for name, column in columns.items()}
    pq.write_table(pa.table(columns), out, compression="lz4", use_dictionary=False)


def shown(engine: Engine, born: NDArray[np.int64], tables: Tables, out: Path) -> None:
    """Engine.shown as a NumPy file: place << 32 | born[account], int64, ascending."""
    rows = engine.shown(tables, _scratch(out)).to_batches()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = [part for part in pool.map(partial(_packed, born), rows) if len(part)]
    packed = np.concatenate([np.empty(0, np.int64), *parts])
    if any(one[-1] > other[0] for one, other in pairwise(parts)):
        packed.sort()
    with open(out, "wb") as file:
        np.save(file, packed)


def _packed(born: NDArray[np.int64], rows: pa.RecordBatch) -> NDArray[np.int64]:
    packed = np.asarray(rows["place"].to_numpy(), np.int64) << 32
    packed |= born[rows["account"].to_numpy()]
    packed.sort()
    return packed


def _scratch(out: Path) -> Path:
    return out.with_name(out.name + ".raw")
