"""The accounts of pairs: what comparing them needs, in Arrow files that are mapped into memory."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tenfold.fingerprint import HOURS
from tenfold.linkage import table
from tenfold.linkage.history import NAME_FORMS
from tenfold.linkage.keys import KIND_BITS, KIND_MASK, KeyKind, Keys
from tenfold.linkage.table import Columns, Rows, Table

SHOWN = "shown"  # how many keys of each kind an account shows
ALL = (*table.SCHEMA.names, *NAME_FORMS, SHOWN)
COMPARED = tuple(name for name in ALL if name not in ("bios", "urls"))  # of these the keys are enough
_READ = ("handles", "names", "avatars", "banners")  # as they lie in Arrow
_DIGITS, _HEX = 64, b"0123456789abcdef"  # of a PDQ hash
_DIGIT = np.full(256, len(_HEX), np.uint8)
for _case in (_HEX, _HEX.upper()):
    _DIGIT[np.frombuffer(_case, np.uint8)] = np.arange(len(_HEX))
_BITS = 25  # of a key that tell whether others may show it: of those that nobody else shows, some stay
_KINDS = len(KeyKind) + 1


class Counted:
    """Which keys more than one account shows, and some others: pairs share none but these."""

    def __init__(self, keys: Keys) -> None:
        self._known = np.zeros(1 << _BITS, np.bool_)
        self._known[_place(keys)] = True

    def may_be_shared(self, keys: Keys) -> NDArray[np.bool_]:
        """For each key whether it is one of them."""
        return self._known.take(_place(keys), mode="clip")


def _place(keys: Keys) -> NDArray[np.int64]:
    return np.asarray(keys >> KIND_BITS & ((1 << _BITS) - 1), np.int64)


def write(of: Iterable[tuple[Path, Rows]], counted: Counted, out: Path) -> None:
    """An Arrow file of the accounts in these rows of files of identities, with only those of their keys that
    others may show, and with SHOWN, of all keys."""
    taken = pa.concat_tables(
        [
            _of_few_keys(pq.ParquetFile(file).read(use_threads=False).take(pa.array(rows)), counted)
            for file, rows in of
        ]
    )
    with pa.OSFile(str(out), "wb") as sink, pa.ipc.new_file(sink, taken.schema) as writer:
        writer.write_table(taken.combine_chunks())


def _of_few_keys(taken: pa.Table, counted: Counted) -> pa.Table:
    lists = taken["keys"].combine_chunks()
    starts, keys = lists.offsets.to_numpy().astype(np.int64), lists.flatten().to_numpy()
    starts -= starts[0]
    rows = np.repeat(np.arange(len(taken)), np.diff(starts))
    shown = np.bincount(rows * _KINDS + (keys & KIND_MASK), minlength=len(taken) * _KINDS)
    kept = np.flatnonzero(counted.may_be_shared(keys))
    starts = np.searchsorted(kept, starts)
    few = pa.ListArray.from_arrays(pa.array(starts, pa.int32()), pa.array(keys[kept], pa.int64()))
    counts = pa.FixedSizeListArray.from_arrays(pa.array(shown, pa.int32()), _KINDS)
    return taken.set_column(taken.schema.get_field_index("keys"), "keys", few).append_column(SHOWN, counts)


class Accounts:
    """Accounts in Arrow files, ascending by number over all of them."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._parts = [pa.ipc.open_file(pa.memory_map(str(file))).read_all() for file in files]
        self._numbers = np.concatenate(
            [np.empty(0, np.int64), *(part["number"].to_numpy() for part in self._parts)]
        )
        self._starts = np.cumsum([0, *map(len, self._parts)])

    def of_pairs(
        self, older: NDArray[np.int64], newer: NDArray[np.int64], columns: Sequence[str]
    ) -> tuple[Table, NDArray[np.int64], NDArray[np.int64]]:
        """The accounts of pairs as a table, only these columns filled, and the rows of both sides in it."""
        chosen, places = np.unique(np.concatenate([older, newer]), return_inverse=True)
        rows = np.searchsorted(self._numbers, chosen)
        ends = np.searchsorted(rows, self._starts)
        taken = [
            part.select(columns).take(pa.array(rows[start:stop] - first))
            for part, first, start, stop in zip(
                self._parts, self._starts[:-1], ends[:-1], ends[1:], strict=True
            )
            if stop > start
        ]
        return _Taken.of_arrow(pa.concat_tables(taken)), places[: len(older)], places[len(older) :]


class _Taken(Table):
    """Accounts of a history of which some columns may be left out (nobody shows anything there), whose
    hours are one array, whose forms of names are made, and whose names and pictures are read where they lie
    in Arrow: they are only in `columns` where all columns are. Keys are those that others may show; `shown`
    counts all of them."""

    _hours: NDArray[np.int64]
    _arrow: dict[str, pa.Array]

    def __init__(self, columns: Columns) -> None:
        self.columns, self.account = columns, columns.account
        self.created_us, self.closed_us = columns.created_us, columns.closed_us
        self.starts, self.keys = columns.starts, columns.keys

    @classmethod
    def of_arrow(cls, taken: pa.Table) -> "_Taken":
        """From columns of table.SCHEMA, NAME_FORMS and SHOWN."""
        apart = {"hours", SHOWN, *NAME_FORMS, *(() if "bios" in taken.column_names else _READ)}
        filled = {name: taken[name] for name in taken.column_names if name not in apart}
        none = {
            field.name: pa.nulls(len(taken), field.type) for field in table.SCHEMA if field.name not in filled
        }
        made = cast(_Taken, cls.from_arrow(pa.table(filled | none)))
        made._arrow = {name: taken[name].combine_chunks() for name in (*_READ, *NAME_FORMS)}
        lists = taken["hours"].combine_chunks()
        made._hours = np.zeros((len(taken), HOURS), np.int64)
        whole = np.flatnonzero(np.diff(lists.offsets.to_numpy()) == HOURS)
        made._hours[whole] = lists.take(pa.array(whole)).flatten().to_numpy().reshape(-1, HOURS)
        made.shown = taken[SHOWN].combine_chunks().flatten().to_numpy().reshape(-1, _KINDS)
        return made

    def hours_of(self, rows: Rows) -> NDArray[np.int64]:
        """Posts by hour of the day, shape (rows, 24); zeros where unknown."""
        return self._hours[rows]

    def form_of(self, column: str, form: str, rows: Rows) -> list[str]:
        """One of FORMS of the latest of `handles` or `names` in these rows, as it was exported."""
        return cast(list[str], self._arrow[f"{column}_{form}"].take(pa.array(rows)).to_pylist())

    def latest(self, column: str, rows: Rows) -> list[str]:
        """The latest of `handles` or `names` in these rows; "" where there is none."""
        shown = self._arrow[column].take(pa.array(rows)).to_pylist()
        return [some[0] if some else "" for some in shown]

    def named(self, column: str, rows: Rows) -> NDArray[np.bool_]:
        """Whether these rows show any of `handles` or `names`, (rows,)."""
        lists = self._arrow[column]
        some = np.flatnonzero(np.diff(lists.offsets.to_numpy()))
        firsts = lists.values.take(pa.array(lists.offsets.to_numpy()[some]))
        shown = np.zeros(len(lists), np.bool_)
        shown[some] = pc.binary_length(firsts).to_numpy() > 0
        return np.asarray(shown[rows], np.bool_)

    def pictures_of(self, column: str, rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """PDQ hashes of the pictures of `avatars` or `banners` in these rows: to which place in `rows` each
        belongs, ascending, and its four words."""
        lists = self._arrow[column].take(pa.array(rows))
        places = np.repeat(np.arange(len(rows)), np.diff(lists.offsets.to_numpy()))
        shown = lists.flatten()
        long = np.flatnonzero(pc.binary_length(shown).to_numpy() == _DIGITS)
        values = _DIGIT[_bytes(shown.take(pa.array(long)))].reshape(-1, _DIGITS)
        hashes = np.flatnonzero((values < len(_HEX)).all(axis=1))
        words = values[hashes, ::2] << 4 | values[hashes, 1::2]
        return places[long[hashes]], words.view(np.uint64)


def _bytes(texts: pa.StringArray) -> NDArray[np.uint8]:
    """The bytes of all texts, one after another."""
    _, offsets, values = texts.buffers()
    if values is None or not len(texts):
        return np.empty(0, np.uint8)
    ends = np.frombuffer(offsets, np.int32)[[texts.offset, texts.offset + len(texts)]]
    return np.frombuffer(values, np.uint8)[slice(*ends)]
