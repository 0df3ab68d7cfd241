"""Which keys both accounts of each pair show, for many pairs at once."""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.keys import KIND_MASK, Keys
from tenfold.linkage.ordering import begins_new, distinct, order
from tenfold.linkage.table import Rows, Table

_PAIRS = 8_192  # at once, so that what is sorted stays near the processor


class Shared(NamedTuple):
    """One entry a key that both accounts of a pair show: which pair, which key, of which KeyKind."""

    pair: NDArray[np.int64]
    key: Keys
    kind: NDArray[np.int64]


class _Numbered(NamedTuple):
    """Keys of a table's rows by number: those of row i are `numbers[starts[i]:starts[i + 1]]`, ascending."""

    starts: NDArray[np.int64]
    numbers: NDArray[np.int32]


def shared(left: Table, left_rows: Rows, right: Table, right_rows: Rows) -> Shared:
    """Pairs ascending, and the keys of each."""
    keys, numbered = _within(left) if left is right else _between(left, right)
    bits = len(keys).bit_length()
    found = [np.empty(0, np.int64)]
    for start in range(0, len(left_rows), _PAIRS):
        part = slice(start, start + _PAIRS)
        sides = (numbered[0], left_rows[part]), (numbered[-1], right_rows[part])
        both = np.concatenate([_of_rows(shown, rows, bits) for shown, rows in sides])
        both.sort()
        twice = both[1:][both[1:] == both[:-1]]  # no account shows a key twice
        found.append(twice.astype(np.int64) + (start << bits))
    all_found = np.concatenate(found)
    key = keys[all_found & ((1 << bits) - 1)]
    return Shared(all_found >> bits, key, key & KIND_MASK)


@lru_cache(maxsize=1)
def _within(table: Table) -> tuple[Keys, list[_Numbered]]:
    """Of one table, which is asked about more than once."""
    keys, numbered = _numbered(table)
    return keys, [numbered]


def _numbered(table: Table) -> tuple[Keys, _Numbered]:
    """The keys that more than one row shows, ascending, and each row's by their place."""
    places = order(table.keys)
    ascending = table.keys[places]
    new = begins_new(ascending)
    several = ~(new & np.append(new[1:], True))
    new &= several
    numbers = np.full(len(places), -1, np.int32)
    numbers[places[several]] = np.cumsum(new)[several] - 1
    return ascending[new], _kept(table, numbers)


def _between(left: Table, right: Table) -> tuple[Keys, list[_Numbered]]:
    """The keys of the table that has fewer of them, ascending, and those of each row of both by their place:
    one that looks for a few among many sorts few."""
    few = left if len(left.keys) < len(right.keys) else right
    keys, numbers = distinct(few.keys)
    parts = []
    for table in (left, right):
        if table is few:
            parts.append(_Numbered(table.starts, numbers.astype(np.int32)))
        elif not len(keys):
            parts.append(_kept(table, np.full(len(table.keys), -1, np.int32)))
        else:
            found = np.minimum(keys.searchsorted(table.keys), len(keys) - 1)
            parts.append(_kept(table, np.where(keys[found] == table.keys, found, -1).astype(np.int32)))
    return keys, parts


def _kept(table: Table, numbers: NDArray[np.int32]) -> _Numbered:
    """Without the keys whose number is -1."""
    kept = numbers >= 0
    return _Numbered(np.append(0, np.cumsum(kept))[table.starts], numbers[kept])


def _of_rows(shown: _Numbered, rows: Rows, bits: int) -> NDArray[np.signedinteger[Any]]:
    """For each number of these rows the place in `rows` above so many bits and the number in them, in as few
    bytes as they fit into."""
    narrow = np.int32 if len(rows).bit_length() + bits < 32 else np.int64
    begin = shown.starts[rows]
    lengths = shown.starts[rows + 1] - begin
    before = np.cumsum(lengths) - lengths
    at = np.repeat(begin - before, lengths)
    at += np.arange(len(at))
    packed = np.repeat((np.arange(len(rows)) << bits).astype(narrow), lengths)
    packed |= shown.numbers[at].astype(narrow)
    return packed
