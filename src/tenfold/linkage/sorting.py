"""Finding candidates on one machine by sorting: who shows which keys, told several times faster than by a
join and a count, and with the same result."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tenfold.linkage.engines import EngineError, Tables
from tenfold.linkage.keys import Keys
from tenfold.linkage.ordering import begins_new, spread

ROWS = 80_000_000  # of keys at once, 1.5 GB; where there are more, their files are read once for so many each
_PARTS = 16  # of the keys at once, each of them sorted by itself
_USEFUL = 1 << 18  # keys at once of which it is told who shows them

Numbers = NDArray[np.int64]
Accounts = NDArray[np.int32]
Part = tuple[Keys, Accounts]


class Shown(NamedTuple):
    """Keys that more than one account shows, ascending: who shows key i is
    `account[starts[i]:starts[i + 1]]`."""

    key: Keys
    starts: Numbers
    account: Accounts


class Sorting:
    """Answers what engines are asked (engines.Engine), in memory."""

    name = "numpy"

    def __init__(self, rows: int = ROWS) -> None:
        self._most = rows
        self._last: tuple[Sequence[Path], Shown] | None = None

    def counts(self, tables: Tables, scratch: Path) -> pa.Table:
        """(key, accounts, closed), ascending: of each key that more than one account shows, how many do, and
        how many of these are closed."""
        shown = self._shown(tables["keys"])
        closed = _read(tables["closed"][0], ["account"])["account"].to_numpy()
        shut = np.zeros(max(shown.account.max(initial=-1), closed.max(initial=-1)) + 1, np.int32)
        shut[closed] = 1
        self._last = (tables["keys"], shown)
        starts = range(0, len(shown.key), _USEFUL)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            of_closed = pool.map(lambda start: _sums(shut, shown, start), starts)
            closed = np.concatenate([np.empty(0, np.int64), *of_closed])
        return pa.table({"key": shown.key, "accounts": np.diff(shown.starts), "closed": closed})

    def shown(self, tables: Tables, scratch: Path) -> pa.Table:
        """(place, account), ascending by place: who shows the keys of `useful`, which have these places."""
        known, self._last = self._last, None
        shown = known[1] if known and known[0] == tables["keys"] else self._shown(tables["keys"])
        useful = _read(tables["useful"][0], ["key", "place"])
        key, place = useful["key"].to_numpy(), useful["place"].to_numpy()
        starts = range(0, len(key), _USEFUL)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            parts = pool.map(lambda start: _who(shown, key[start:][:_USEFUL], place[start:]), starts)
            return pa.concat_tables([_who(shown, key[:0], place), *parts])

    def close(self) -> None:
        """Forget what was read."""
        self._last = None

    def _shown(self, files: Sequence[Path]) -> Shown:
        """Some of the keys at a time, as many as may be held."""
        rows = sum(map(_rows, files))
        bits = (_PARTS - 1).bit_length() + max(-(-rows // self._most) - 1, 0).bit_length()
        found: list[Shown] = []
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for first in range(0, 1 << bits, _PARTS):
                read = list(pool.map(partial(_parts, bits, first), files))
                parts = [[parts[place] for parts in read] for place in range(_PARTS)]
                del read
                found += pool.map(_sorted, parts)
        key, counts, account = (
            np.concatenate(column)
            for column in zip(*((one.key, np.diff(one.starts), one.account) for one in found), strict=True)
        )
        return Shown(key, np.append(0, np.cumsum(counts)), account)


def _sums(flags: NDArray[np.int32], shown: Shown, start: int) -> Numbers:
    """How many accounts of a flag show each of _USEFUL keys from this one on."""
    starts = shown.starts[start : start + _USEFUL + 1]
    own = flags[shown.account[starts[0] : starts[-1]]]
    return np.add.reduceat(own, starts[:-1] - starts[0], dtype=np.int64)


def _who(shown: Shown, key: Keys, place: Accounts) -> pa.Table:
    """(place, account): who shows these keys."""
    at, of = spread(shown.starts, np.searchsorted(shown.key, key))
    return pa.table({"place": place[at], "account": shown.account[of]})


@contextmanager
def _opened(file: Path) -> Iterator[pq.ParquetFile]:
    try:
        yield pq.ParquetFile(file)
    except (OSError, pa.ArrowException) as error:
        raise EngineError(f"{file} cannot be read: {error}") from error


def _rows(file: Path) -> int:
    with _opened(file) as opened:
        return int(opened.metadata.num_rows)


def _read(file: Path, columns: list[str]) -> pa.Table:
    with _opened(file) as opened:
        return opened.read(columns=columns, use_threads=False)


def _parts(bits: int, first: int, file: Path) -> list[Part]:
    """Keys and accounts of a file by the first bits of the key, as a number from 0 up; _PARTS of them."""
    rows = _read(file, ["key", "account"])
    key, account = rows["key"].to_numpy(), rows["account"].to_numpy()
    part = (key >> (64 - bits)) + (1 << (bits - 1)) - first
    if 1 << bits > _PARTS:
        own = np.flatnonzero((part >= 0) & (part < _PARTS))
        key, account, part = key[own], account[own], part[own]
    part = part.astype(np.uint8)
    order = np.argsort(part, kind="stable")
    key, account = key[order], account[order].astype(np.int32)
    ends = np.cumsum(np.bincount(part, minlength=_PARTS))
    return [(key[start:end], account[start:end]) for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def _sorted(part: list[Part]) -> Shown:
    """What several accounts show. Sorted are integers of a key's beginning and its row: so nothing else need
    be moved before what stands alone is gone."""
    key, account = np.concatenate([key for key, _ in part]), np.concatenate([who for _, who in part])
    part.clear()
    bits = len(key).bit_length()
    begins = key >> bits << bits
    begins |= np.arange(len(key))
    begins.sort()
    rows = begins & ((1 << bits) - 1)
    begins >>= bits
    rows = rows[_several(begins)]
    key = key[rows]
    if (key[1:] < key[:-1]).any():  # some begin alike and are not the same
        turned = np.argsort(key, kind="stable")
        key, rows = key[turned], rows[turned]
    kept = _several(key)
    key, rows = key[kept], rows[kept]
    first = np.flatnonzero(begins_new(key))
    return Shown(key[first], np.append(first, len(key)), account[rows])


def _several(ascending: Numbers) -> NDArray[np.bool_]:
    """Which of these stand there more than once."""
    new = begins_new(ascending)
    return np.asarray(~(new & np.append(new[1:], True)))
