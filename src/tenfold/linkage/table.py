"""Fingerprints by column: what comparing, storing and sweeping many accounts at once need."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tenfold.fingerprint import HOURS, Fingerprint
from tenfold.linkage import names
from tenfold.linkage.keys import KIND_BITS, KIND_MASK, Keys, keys_of, pdq_bytes
from tenfold.linkage.ordering import spread
from tenfold.linkage.style import STYLE_BYTES

NEVER = np.iinfo(np.int64).min  # a time that is not known
Rows = NDArray[np.int64]
Shown = list[tuple[str, ...]]

# What names are compared by: made of each once, not once a pair.
FORMS: Mapping[str, Callable[[str], str]] = {
    "letters": names.skeleton,
    "sound": names.phonetic,
    "population": names.population,
    "words": names.words,
    "particles": names.particles,
}
_STRINGS = pa.list_(pa.string())
SCHEMA = pa.schema(
    [
        ("account", pa.string()),
        ("created_us", pa.int64()),
        ("closed_us", pa.int64()),
        ("handles", _STRINGS),
        ("names", _STRINGS),
        ("bios", _STRINGS),
        ("avatars", _STRINGS),
        ("banners", _STRINGS),
        ("urls", _STRINGS),
        ("keys", pa.list_(pa.int64())),
        ("hours", pa.list_(pa.int32())),
        ("style", pa.binary()),
        ("style_chars", pa.int64()),
        ("posts", pa.int64()),
    ]
)


class Columns(msgspec.Struct, kw_only=True):
    """The columns of SCHEMA, one entry an account; keys of row i are `keys[starts[i]:starts[i + 1]]`."""

    account: list[str]
    created_us: NDArray[np.int64]
    closed_us: NDArray[np.int64]
    handles: Shown
    names: Shown
    bios: Shown
    avatars: Shown
    banners: Shown
    urls: Shown
    starts: NDArray[np.int64]
    keys: Keys
    hours: list[tuple[int, ...]]
    style: list[bytes]
    style_chars: NDArray[np.int64]
    posts: NDArray[np.int64]


_BY_ROW = tuple(name for name in Columns.__struct_fields__ if name not in ("starts", "keys"))


class Table:
    """n accounts by column; row i of each is the same account.

    `account`: ids. `created_us`, `closed_us`: int64 (n,), NEVER when unknown. `handles`, `names`, `bios`,
    `avatars`, `banners`, `urls`: tuples of str. Keys of row i: `keys[starts[i]:starts[i + 1]]`, ascending.
    `shown`: int32 (n, 64), how many keys of each KeyKind. `hours`, `style`: raw, as in Fingerprint.
    """

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.account = columns.account
        self.created_us, self.closed_us = columns.created_us, columns.closed_us
        self.starts, self.keys = columns.starts, columns.keys
        size = len(columns.account)
        rows = np.repeat(np.arange(size), np.diff(self.starts))
        counted = np.bincount(rows << KIND_BITS | (self.keys & KIND_MASK), minlength=size << KIND_BITS)
        self.shown: NDArray[np.int32] = counted.reshape(-1, 1 << KIND_BITS).astype(np.int32)

    def __len__(self) -> int:
        return len(self.account)

    @classmethod
    def of(cls, fingerprints: Iterable[Fingerprint], keys: Sequence[Keys] | None = None) -> "Table":
        """From fingerprints; `keys`, where they are at hand, are those of `keys_of`, one array each."""
        rows = list(fingerprints)
        listed = [keys_of(row) for row in rows] if keys is None else list(keys)
        return cls(
            Columns(
                account=[row.account for row in rows],
                created_us=_times([row.created_us for row in rows]),
                closed_us=_times([row.closed_us for row in rows]),
                handles=[row.handles for row in rows],
                names=[row.names for row in rows],
                bios=[row.bios for row in rows],
                avatars=[row.avatars for row in rows],
                banners=[row.banners for row in rows],
                urls=[row.urls for row in rows],
                starts=_starts(list(map(len, listed))),
                keys=np.concatenate(listed) if listed else np.empty(0, np.int64),
                hours=[row.hours for row in rows],
                style=[row.style for row in rows],
                style_chars=np.array([row.style_chars for row in rows], np.int64),
                posts=np.array([row.posts for row in rows], np.int64),
            )
        )

    def take(self, rows: Rows) -> "Table":
        """The accounts in these rows, in this order."""
        chosen = rows.tolist()
        picked: dict[str, Any] = {}
        for name in _BY_ROW:
            column = getattr(self.columns, name)
            picked[name] = column[rows] if isinstance(column, np.ndarray) else [column[i] for i in chosen]
        places, keys = self.keys_of_rows(rows)
        starts = _starts(np.bincount(places, minlength=len(rows)))
        return Table(Columns(starts=starts, keys=keys, **picked))

    def keys_of_rows(self, rows: Rows) -> tuple[NDArray[np.int64], Keys]:
        """Every key of these rows, and at which place in `rows` the account stands that shows it."""
        places, at = spread(self.starts, rows)
        return places, self.keys[at]

    @classmethod
    def concat(cls, tables: Sequence["Table"]) -> "Table":
        """All rows of several tables, one after another."""
        joined: dict[str, Any] = {}
        for name in _BY_ROW:
            parts = [getattr(table.columns, name) for table in tables]
            arrays = bool(parts) and isinstance(parts[0], np.ndarray)
            joined[name] = np.concatenate(parts) if arrays else [row for part in parts for row in part]
        if not tables:
            return cls.of([])
        starts = _starts(np.concatenate([np.diff(table.starts) for table in tables]))
        return cls(Columns(starts=starts, keys=np.concatenate([table.keys for table in tables]), **joined))

    def to_arrow(self) -> pa.Table:
        """In SCHEMA; an unknown time is null."""
        arrays = []
        for field in SCHEMA:
            column = getattr(self.columns, field.name)
            if field.name == "keys":
                values = pa.array(self.keys, pa.int64())
                arrays.append(pa.ListArray.from_arrays(pa.array(self.starts, pa.int32()), values))
            elif field.name in ("created_us", "closed_us"):
                arrays.append(pa.array(column, mask=column == NEVER))
            else:
                arrays.append(pa.array(column, field.type))
        return pa.Table.from_arrays(arrays, schema=SCHEMA)

    @classmethod
    def from_arrow(cls, table: pa.Table) -> "Table":
        """Back from SCHEMA; ValueError names the columns that are missing."""
        missing = [name for name in SCHEMA.names if name not in table.column_names]
        if missing:
            raise ValueError(f"not a table of fingerprints: it has no column {', '.join(missing)}")
        columns: dict[str, Any] = {}
        for field in SCHEMA:
            column = table.column(field.name).cast(field.type).combine_chunks()
            if field.name == "keys":
                offsets = column.offsets.to_numpy().astype(np.int64)
                columns["starts"] = offsets - offsets[0]
                columns["keys"] = column.values.to_numpy()[offsets[0] : offsets[-1]]
            elif pa.types.is_integer(field.type):
                columns[field.name] = column.fill_null(NEVER).to_numpy(zero_copy_only=False)
            elif pa.types.is_list(field.type):
                columns[field.name] = _tuples(column)
            else:
                columns[field.name] = column.to_pylist()
        return cls(Columns(**columns))

    def latest(self, column: str, rows: Rows) -> list[str]:
        """The latest of `handles` or `names` in these rows; "" where there is none."""
        shown: Shown = getattr(self.columns, column)
        return [shown[row][0] if shown[row] else "" for row in rows.tolist()]

    def named(self, column: str, rows: Rows) -> NDArray[np.bool_]:
        """Whether these rows show any of `handles` or `names`, (rows,)."""
        return np.array(list(map(bool, self.latest(column, rows))), np.bool_)

    def form_of(self, column: str, form: str, rows: Rows) -> list[str]:
        """One of FORMS of the latest of `handles` or `names` in these rows; of "" where there is none."""
        latest = self.latest(column, rows)
        known = {text: FORMS[form](text) for text in set(latest)}
        return [known[text] for text in latest]

    def pictures_of(self, column: str, rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """PDQ hashes of the pictures of `avatars` or `banners` in these rows: to which place in `rows` each
        belongs, ascending, and its four words."""
        shown: Shown = getattr(self.columns, column)
        places, raw = [], []
        for place, row in enumerate(rows.tolist()):
            for picture in shown[row]:
                if hashed := pdq_bytes(picture):
                    places.append(place)
                    raw.append(hashed)
        return np.array(places, np.int64), np.frombuffer(b"".join(raw), np.uint64).reshape(-1, 4)

    def hours_of(self, rows: Rows) -> NDArray[np.int64]:
        """Posts by hour of the day, shape (rows, 24); zeros where unknown."""
        hours = np.zeros((len(rows), HOURS), np.int64)
        for place, row in enumerate(rows.tolist()):
            if len(self.columns.hours[row]) == HOURS:
                hours[place] = self.columns.hours[row]
        return hours

    def style_of(self, rows: Rows) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Sketches, shape (rows, STYLE_BYTES), and the characters they rest on; zeros where there is none."""
        sketches = np.zeros((len(rows), STYLE_BYTES), np.uint8)
        chars = self.columns.style_chars[rows].copy()
        for place, row in enumerate(rows.tolist()):
            sketch = self.columns.style[row]
            if len(sketch) == STYLE_BYTES:
                sketches[place] = np.frombuffer(sketch, np.uint8)
            else:
                chars[place] = 0
        return sketches, chars


def _tuples(lists: pa.ListArray) -> list[tuple[Any, ...]]:
    """Rows of a column of lists; an empty one where nothing is known."""
    if lists.null_count == len(lists):
        return [()] * len(lists)
    values, ends = lists.flatten().to_pylist(), np.cumsum(lists.value_lengths().fill_null(0)).tolist()
    return [tuple(values[start:end]) for start, end in zip([0, *ends], ends, strict=False)]


def _times(values: list[int | None]) -> NDArray[np.int64]:
    return np.array([NEVER if value is None else value for value in values], np.int64)


def _starts(lengths: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(np.asarray(lengths, np.int64))))
