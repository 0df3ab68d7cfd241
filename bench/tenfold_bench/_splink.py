"""Splink 5 on the same accounts: the peer of `link-quality`, set up as its documentation advises.

Names with term frequencies, e-mail, phone, device, addresses, links, bio, distance of avatars; blocking on
what we block on, frequent values left out (else one carrier's address alone is millions of pairs). Its
probabilities are trained without labels (EM), as where nobody has decided anything yet.
"""

import logging
import time
import warnings
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from numpy.typing import NDArray
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from tenfold.linkage import names
from tenfold.linkage.keys import KeyKind
from tenfold.linkage.table import Table

MOST = 50  # accounts of a value that pairs are made of
RECALL_OF_RULES = 0.3  # of the deterministic rules, for the prior; Splink asks for a guess
RANDOM_PAIRS = 1_000_000
BITS = "(bit_count(xor(avatar_{0}_l, avatar_{0}_r))::INT)"  # bit_count is INT8 and would overflow
DISTANCE = " + ".join(BITS.format(word) for word in range(4))
SINGLE = {"email": KeyKind.EMAIL, "phone": KeyKind.PHONE, "device": KeyKind.DEVICE, "bio": KeyKind.BIO}
SEVERAL = {"addresses": KeyKind.ADDRESS, "links": KeyKind.URL, "bands": KeyKind.AVATAR_BAND}
BLOCKED = ("skeleton", "consonants", "email", "phone", "device")
BLOCKED_SEVERAL = ("addresses", "links", "bands")


class Found(NamedTuple):
    """Rows of `closed` and `newer`, log2 of the odds, and how many seconds it took."""

    closed: NDArray[np.int64]
    newer: NDArray[np.int64]
    bits: NDArray[np.float64]
    seconds: float


def found(closed: Table, newer: Table) -> Found:
    """Splink's pairs of a closed and a newer account."""
    started = time.perf_counter()
    warnings.simplefilter("ignore")
    logging.getLogger("splink").setLevel(logging.ERROR)
    frames = _frame(closed), _frame(newer)
    _cap(frames)
    predicted = _predicted(frames)
    return Found(
        closed=predicted["unique_id_l"].to_numpy(np.int64),
        newer=predicted["unique_id_r"].to_numpy(np.int64),
        bits=predicted["match_weight"].to_numpy(np.float64),
        seconds=time.perf_counter() - started,
    )


def _frame(table: Table) -> pd.DataFrame:
    """What Splink reads of each account; missing is None."""
    handles = [shown[0] if shown else "" for shown in table.columns.handles]
    columns: dict[str, Any] = {
        "unique_id": np.arange(len(table)),
        "skeleton": [names.skeleton(handle) or None for handle in handles],
        "consonants": [names.phonetic(handle) or None for handle in handles],
        "name": [shown[0] if shown else None for shown in table.columns.names],
    }
    for name, kind in SEVERAL.items() | SINGLE.items():
        values = _keys(table, kind)
        columns[name] = values if name in SEVERAL else [one[0] if one else None for one in values]
    places, words = table.pictures_of("avatars", np.arange(len(table)))
    first = np.unique(places, return_index=True)[1]
    for word in range(4):
        column = np.full(len(table), None, object)
        column[places[first]] = words[first, word]
        columns[f"avatar_{word}"] = column
    return pd.DataFrame(columns)


def _keys(table: Table, kind: KeyKind) -> list[list[int]]:
    wanted = np.flatnonzero((table.keys & 63) == kind)
    rows = np.searchsorted(table.starts, wanted, side="right") - 1
    shown: list[list[int]] = [[] for _ in range(len(table))]
    for row, key in zip(rows.tolist(), table.keys[wanted].tolist(), strict=True):
        shown[row].append(key)
    return shown


def _cap(frames: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """Columns `block_*`: the same without values that more than MOST accounts show."""
    for name in (*BLOCKED, *BLOCKED_SEVERAL):
        shown = pd.concat([frame[name] for frame in frames])
        counts = shown.explode().value_counts()
        common = set(counts[counts > MOST].index)
        for frame in frames:
            if name in BLOCKED:
                frame[f"block_{name}"] = [None if one in common else one for one in frame[name]]
            else:
                kept = [[one for one in some if one not in common] for some in frame[name]]
                frame[f"block_{name}"] = kept


def _settings() -> SettingsCreator:
    name = cl.CustomComparison(
        output_column_name="handle",
        comparison_levels=[
            cll.NullLevel("skeleton"),
            cll.ExactMatchLevel("skeleton", term_frequency_adjustments=True),
            cll.ExactMatchLevel("consonants", term_frequency_adjustments=True),
            cll.JaroWinklerLevel("skeleton", 0.92),
            cll.JaroWinklerLevel("skeleton", 0.85),
            cll.ElseLevel(),
        ],
    )
    avatar = cl.CustomComparison(
        output_column_name="avatar",
        comparison_levels=[
            cll.NullLevel("avatar_0"),
            *(
                cll.CustomLevel(f"{DISTANCE} <= {limit}", label_for_charts=f"at most {limit} bits")
                for limit in (0, 15, 31, 56)
            ),
            cll.ElseLevel(),
        ],
    )
    exact = [
        cl.ExactMatch(column).configure(term_frequency_adjustments=True)
        for column in ("email", "phone", "device", "bio")
    ]
    return SettingsCreator(
        link_type="link_only",
        comparisons=[
            name,
            cl.JaroWinklerAtThresholds("name", [0.92, 0.85]).configure(term_frequency_adjustments=True),
            avatar,
            *exact,
            cl.ArrayIntersectAtSizes("addresses", [1]),
            cl.ArrayIntersectAtSizes("links", [1]),
        ],
        blocking_rules_to_generate_predictions=_rules(),
        retain_matching_columns=False,
    )


def _rules() -> list[Any]:
    plain = [block_on(f"block_{name}") for name in BLOCKED]
    return plain + [
        block_on(f"block_{name}", arrays_to_explode=[f"block_{name}"]) for name in BLOCKED_SEVERAL
    ]


def _predicted(frames: tuple[pd.DataFrame, pd.DataFrame]) -> pd.DataFrame:
    api = DuckDBAPI()
    tables = [
        api.register(frame, dataset_display_name=name)
        for frame, name in zip(frames, ("closed", "newer"), strict=True)
    ]
    linker = Linker(tables, _settings(), log_level=None)
    sure = [block_on("email"), block_on("phone"), block_on("skeleton", "block_device")]
    training = linker.training
    training.estimate_probability_two_random_records_match(sure, recall=RECALL_OF_RULES)
    training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=1)
    for rule in (block_on("block_skeleton"), block_on("block_device"), block_on("block_email")):
        training.estimate_parameters_using_expectation_maximisation(rule)
    return linker.inference.predict(threshold_match_weight=-10).as_pandas_dataframe()
