"""Which keys both accounts of each pair show, for many pairs at once."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.keys import KIND_MASK, Keys
from tenfold.linkage.table import Rows, Table

_PAIRS = 8_192  # at once, so that what is searched stays near the processor


class Shared(NamedTuple):
    """One entry a key that both accounts of a pair show: which pair, which key, of which KeyKind."""

    pair: NDArray[np.int64]
    key: Keys
    kind: NDArray[np.int64]


def shared(left: Table, left_rows: Rows, right: Table, right_rows: Rows) -> Shared:
    """Pairs ascending. Exact: what the truncated search finds is compared in full."""
    pairs, keys = [], []
    for start in range(0, len(left_rows), _PAIRS):
        part = slice(start, start + _PAIRS)
        places, found = _search(left, left_rows[part], right, right_rows[part])
        pairs.append(places + start)
        keys.append(found)
    if not pairs:
        return Shared(*(np.empty(0, np.int64) for _ in range(3)))
    key = np.concatenate(keys)
    return Shared(np.concatenate(pairs), key, key & KIND_MASK)


def _search(left: Table, left_rows: Rows, right: Table, right_rows: Rows) -> tuple[NDArray[np.int64], Keys]:
    """Both sides ascend by (pair, key), so one is searched in the other without sorting."""
    left_pair, left_key = left.keys_of_rows(left_rows)
    right_pair, right_key = right.keys_of_rows(right_rows)
    if not len(left_key) or not len(right_key):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    if len(left_key) > len(right_key):  # the fewer are searched
        left_pair, left_key, right_pair, right_key = right_pair, right_key, left_pair, left_key
    found = np.searchsorted(_ordered(right_pair, right_key), _ordered(left_pair, left_key))
    found = np.minimum(found, len(right_key) - 1)
    same = (right_key[found] == left_key) & (right_pair[found] == left_pair)
    return left_pair[same], left_key[same]


def _ordered(pair: NDArray[np.int64], key: Keys) -> NDArray[np.int64]:
    """The pair in the high bits, the key's first 40 bits (sign turned) below: ascends as (pair, key)."""
    return pair << 40 | ((key >> 24) + (1 << 39))
