"""Splink's `predict_between` for one record at a time, on the same accounts: the peer of `link-online`.

Splink is given what it does best with: names, e-mail, phone, device, addresses as columns, blocking rules on
them with frequent values left out, and fixed weights (training is not what is timed).
"""

import logging
import time
import warnings
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink import comparison_library as cl

from tenfold.linkage.history import History
from tenfold.linkage.keys import KeyKind

MOST = 50  # accounts of a value that pairs are made of
COLUMNS = {
    "skeleton": KeyKind.HANDLE_SKELETON,
    "consonants": KeyKind.HANDLE_PHONETIC,
    "name": KeyKind.NAME_SKELETON,
    "email": KeyKind.EMAIL,
    "phone": KeyKind.PHONE,
    "device": KeyKind.DEVICE,
    "address": KeyKind.ADDRESS,
    "bio": KeyKind.BIO,
    "avatar": KeyKind.AVATAR,
}


def seconds_a_record(history: Path, records: int) -> list[float]:
    """Seconds of `predict_between` for each of a few new records against all others."""
    warnings.simplefilter("ignore")
    logging.getLogger("splink").setLevel(logging.ERROR)
    frame = _frame(history)
    api = DuckDBAPI()
    population = api.register(frame, dataset_display_name="population")
    linker = Linker(population, _settings(), log_level=None)
    linker.training.estimate_u_using_random_sampling(max_pairs=200_000, seed=1)
    for name in COLUMNS:
        linker.table_management.compute_tf_table(name)
    took = []
    for place in np.linspace(len(frame) // 2, len(frame) - 1, records + 1).astype(int).tolist():
        record = frame.iloc[[place]].assign(unique_id=-1)
        started = time.perf_counter()
        new = api.register(record, dataset_display_name=f"new_{place}")
        linker.inference.predict_between(population, new, threshold_match_weight=-10).as_record_list()
        took.append(time.perf_counter() - started)
    return took[1:]  # the first one makes tables that the others use


def _frame(history: Path) -> pd.DataFrame:
    """One row an account, each column one of its keys of a kind; frequent values are left out."""
    files = [str(file) for file in History(history).files("keys")]
    made = duckdb.connect()
    made.execute(f"CREATE VIEW keys AS SELECT * FROM read_parquet({files})")
    chosen = ", ".join(
        f"max(key) FILTER (WHERE (key & 63) = {int(kind)}) AS {name}" for name, kind in COLUMNS.items()
    )
    kinds = ", ".join(str(int(kind)) for kind in COLUMNS.values())
    query = f"""
        WITH rare AS (
            SELECT key FROM keys WHERE (key & 63) IN ({kinds}) GROUP BY key HAVING count(*) <= {MOST})
        SELECT account AS unique_id, {chosen} FROM keys SEMI JOIN rare USING (key) GROUP BY account
        ORDER BY account
    """
    return made.execute(query).df()


def _settings() -> SettingsCreator:
    comparisons: list[Any] = [
        cl.ExactMatch(name).configure(term_frequency_adjustments=True) for name in COLUMNS
    ]
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[block_on(name) for name in COLUMNS],
        retain_matching_columns=False,
    )
