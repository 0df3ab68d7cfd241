"""Finding candidates over a whole history: the SQL that engines run, on integers only.

Two questions outgrow memory, and engines answer them: how many accounts show each key, and who shows the keys
that find somebody (few of all). Which pairs share enough is then a matter of sorting (sharing.py). One text
for every engine: what DuckDB and Spark SQL both read, and nothing in it that they round, order or compare
differently.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import rmtree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tenfold.linkage.engines import Engine
from tenfold.linkage.table import NEVER

Tables = Mapping[str, Sequence[Path]]

# How many accounts show each key that more than one shows, and how many of them are closed.
COUNTS = """
SELECT keys.key, count(*) AS accounts, count(closed.account) AS closed
FROM keys LEFT JOIN closed ON closed.account = keys.account
GROUP BY keys.key HAVING count(*) >= 2
"""

# Who shows the keys that find somebody.
SHOWN = """
SELECT useful.place, keys.account FROM keys JOIN useful ON useful.key = keys.key
"""


def born(created_us: NDArray[np.int64], closed_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """By account number its place in the order of creation: 0, 1, ...

    Where a time is not known nothing speaks against a return: a closed account counts as older than all
    others, an open one as newer.
    """
    still = closed_us == NEVER
    known = np.where((created_us == NEVER) & still, np.iinfo(np.int64).max, created_us)
    places = np.empty(len(known), np.int64)
    places[np.lexsort((np.arange(len(known)), still, known))] = np.arange(len(known))
    return places


def counts(engine: Engine, tables: Tables, out: Path) -> None:
    """COUNTS as a Parquet file (key, accounts, closed), ascending by key."""
    rows = _rows(engine, COUNTS, tables, out)
    order = np.argsort(rows["key"].to_numpy())
    columns = ((name, rows[name].to_numpy()[order]) for name in ("key", "accounts", "closed"))
    pq.write_table(pa.table(dict(columns)), out, compression="lz4")


def shown(engine: Engine, born: NDArray[np.int64], tables: Tables, out: Path) -> None:
    """SHOWN as a NumPy file: place << 32 | born[account], int64, ascending."""
    rows = _rows(engine, SHOWN, tables, out)
    packed = rows["place"].to_numpy().astype(np.int64) << 32
    packed |= born[rows["account"].to_numpy()]
    packed.sort()
    with open(out, "wb") as file:
        np.save(file, packed)


def _rows(engine: Engine, sql: str, tables: Tables, out: Path) -> pa.Table:
    """What an engine answers, rows in any order; nothing of its files stays."""
    raw = out.with_name(out.name + ".raw")
    engine.run(sql.strip(), tables, raw)
    rows = pq.read_table(raw)
    if raw.is_dir():
        rmtree(raw)
    else:
        raw.unlink()
    return rows
