"""Splink's part of the bench `link-sweep`, in processes of its own, so that its memory can be measured.

`python -m tenfold_bench._sweep_splink PART HISTORY FOLDER`: `prepare` writes what Splink reads, `splink`
trains without labels, predicts and keeps the pairs. The last line of output is JSON.
"""

import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from tenfold.linkage import table
from tenfold.linkage.history import History
from tenfold.linkage.table import NEVER, Table
from tenfold_bench import _splink

SIDES = ("closed", "newer")


def prepare(history: Path, folder: Path) -> dict[str, Any]:
    """What Splink reads: closed accounts on one side, all others on the other."""
    parts: dict[str, list[Table]] = {side: [] for side in SIDES}
    for file in History(history).files("identities"):
        accounts = Table.from_arrow(pq.read_table(file, columns=table.SCHEMA.names))
        closed = accounts.closed_us != NEVER
        for side, chosen in zip(SIDES, (closed, ~closed), strict=True):
            parts[side].append(accounts.take(np.flatnonzero(chosen)))
    frames = tuple(_splink._frame(Table.concat(parts[side])) for side in SIDES)
    _splink._cap((frames[0], frames[1]))
    for side, frame in zip(SIDES, frames, strict=True):
        frame.to_pickle(folder / side)
    return {"accounts": sum(map(len, frames))}


def splink(history: Path, folder: Path) -> dict[str, Any]:
    """Train and predict."""
    started = time.perf_counter()
    frames = [pd.read_pickle(folder / side) for side in SIDES]
    predicted = _splink._predicted((frames[0], frames[1]))
    predicted[["unique_id_l", "unique_id_r", "match_weight"]].to_parquet(folder / "predicted.parquet")
    return {"seconds": time.perf_counter() - started, "pairs": len(predicted)}


PARTS = {"prepare": prepare, "splink": splink}

if __name__ == "__main__":
    name, history_, folder_ = sys.argv[1:4]
    found = PARTS[name](Path(history_), Path(folder_))
    sys.stdout.write("\n" + msgspec.json.encode(found).decode() + "\n")
