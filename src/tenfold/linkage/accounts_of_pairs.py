"""The accounts of pairs, read from Arrow files that are mapped into memory: what comparing them needs."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tenfold.fingerprint import HOURS
from tenfold.linkage import table
from tenfold.linkage.history import NAME_FORMS
from tenfold.linkage.keys import KIND_BITS, Keys
from tenfold.linkage.table import Rows, Table

ALL = (*table.SCHEMA.names, *NAME_FORMS)
COMPARED = tuple(name for name in ALL if name not in ("bios", "urls"))  # of these the keys are enough
_BITS = 26  # of a key that tell whether others may show it: few of those that nobody else shows stay


class Accounts:
    """Accounts in Arrow files, ascending by number over all of them. `counted` are the keys that more than
    one account shows: pairs share no others."""

    def __init__(self, files: Sequence[Path], counted: Keys) -> None:
        self._parts = [pa.ipc.open_file(pa.memory_map(str(file))).read_all() for file in files]
        self._numbers = np.concatenate(
            [np.empty(0, np.int64), *(part["number"].to_numpy() for part in self._parts)]
        )
        self._starts = np.cumsum([0, *map(len, self._parts)])
        known = np.zeros(1 << _BITS, np.bool_)
        known[_place(counted)] = True
        self._counted = np.packbits(known, bitorder="little")

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
        made = _Taken.of_arrow(pa.concat_tables(taken))
        made.keep_keys(self._may_be_shared(made.keys))
        return made, places[: len(older)], places[len(older) :]

    def _may_be_shared(self, keys: Keys) -> NDArray[np.bool_]:
        place = _place(keys)
        return np.asarray(self._counted[place >> 3] >> (place & 7).astype(np.uint8) & 1, np.bool_)


def _place(keys: Keys) -> NDArray[np.int64]:
    return np.asarray(keys >> KIND_BITS & ((1 << _BITS) - 1), np.int64)


class _Taken(Table):
    """Accounts of a history of which some columns may be left out (nobody shows anything there), whose
    hours are one array, and whose forms of names are made."""

    _hours: NDArray[np.int64]
    _forms: dict[tuple[str, str], list[str]]

    @classmethod
    def of_arrow(cls, taken: pa.Table) -> "_Taken":
        """From columns of table.SCHEMA, and NAME_FORMS."""
        filled = {
            name: taken[name] for name in taken.column_names if name != "hours" and name not in NAME_FORMS
        }
        none = {
            field.name: pa.nulls(len(taken), field.type) for field in table.SCHEMA if field.name not in filled
        }
        made = cast(_Taken, cls.from_arrow(pa.table(filled | none)))
        made._forms = {of: taken[name].to_pylist() for name, of in NAME_FORMS.items()}
        lists = taken["hours"].combine_chunks()
        made._hours = np.zeros((len(taken), HOURS), np.int64)
        whole = np.flatnonzero(np.diff(lists.offsets.to_numpy()) == HOURS)
        made._hours[whole] = lists.take(pa.array(whole)).flatten().to_numpy().reshape(-1, HOURS)
        return made

    def keep_keys(self, kept: NDArray[np.bool_]) -> None:
        """Only these keys; `shown` still counts all of them."""
        self.starts = np.concatenate(([0], np.cumsum(kept)))[self.starts]
        self.keys = self.keys[kept]

    def hours_of(self, rows: Rows) -> NDArray[np.int64]:
        """Posts by hour of the day, shape (rows, 24); zeros where unknown."""
        return self._hours[rows]

    def form_of(self, column: str, form: str, rows: Rows) -> list[str]:
        """One of FORMS of the latest of `handles` or `names` in these rows, as it was exported."""
        made = self._forms[column, form]
        return [made[row] for row in rows.tolist()]
