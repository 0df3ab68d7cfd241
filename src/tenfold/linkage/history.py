"""History: what the store knows, as a folder of Parquet files that sweeps and analysts read.

    manifest.json                    what is there: rows, bytes and SHA-256 of every file
    identities/part-00000.parquet    accounts by number, in the columns of linkage.table, and NAME_FORMS
    keys/part-00000.parquet          (account number, key), the integers that engines join
    closures, decisions, muted, ties, posts: see TABLES

A part is written under another name, then renamed, then noted: a folder that was left at any instant is gone
on with, and ends with the same bytes.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tenfold.fingerprint import Fingerprint
from tenfold.linkage import names, table
from tenfold.linkage.manifest import (
    HistoryError,
    Manifest,
    Written,
    read_manifest,
    replace_file,
    sha256_of,
    write_part,
)
from tenfold.linkage.table import FORMS, Table

MANIFEST = "manifest.json"
PROGRESS = "progress.json"  # while it is being written
PART_ACCOUNTS = 20_000

# Forms of the latest handle and name, by column of table.SCHEMA and FORMS: once an account, not once a pair.
NAME_FORMS = {f"{column}_{form}": (column, form) for column in ("handles", "names") for form in FORMS}
TABLES: Mapping[str, pa.Schema] = {
    "identities": pa.schema(
        [("number", pa.int32()), *table.SCHEMA, *((name, pa.string()) for name in NAME_FORMS)]
    ),
    "keys": pa.schema([("account", pa.int32()), ("key", pa.int64())]),
    "closures": pa.schema(
        [
            ("account", pa.string()),
            ("closed_us", pa.int64()),
            ("origin", pa.string()),
            ("ground", pa.string()),
        ]
    ),
    "decisions": pa.schema(
        [("account_a", pa.string()), ("account_b", pa.string()), ("verdict", pa.string())]
    ),
    "muted": pa.schema([("key", pa.int64())]),
    "ties": pa.schema(
        [("account", pa.string()), ("kind", pa.string()), ("value", pa.string()), ("first_us", pa.int64())]
    ),
    "posts": pa.schema(
        [
            ("post", pa.string()),
            ("account", pa.string()),
            ("created_us", pa.int64()),
            ("language", pa.string()),
            ("group", pa.string()),
            ("reply_to", pa.string()),
            ("repost_of", pa.string()),
            ("links", pa.list_(pa.string())),
            ("mentions", pa.list_(pa.string())),
            ("hashtags", pa.list_(pa.string())),
            ("media", pa.list_(pa.string())),
            ("state", pa.string()),
            ("text", pa.string()),
        ]
    ),
}


class Writer:
    """Writes a history into a folder, or goes on with one that was interrupted."""

    def __init__(self, folder: Path, now: datetime, options: dict[str, bool] | None = None) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / MANIFEST).exists():
            raise HistoryError(f"{folder} holds a whole history already; choose another folder")
        found = folder / PROGRESS
        begun = Manifest(started_at=now, options=options or {})
        self.manifest = read_manifest(found) if found.exists() else begun
        if self.manifest.options != begun.options:
            raise HistoryError(
                f"{folder} was begun with {self.manifest.options}; go on with the same options"
            )
        self.resumed = self.manifest.accounts

    def written(self, name: str) -> Written:
        """How far a table has come."""
        return self.manifest.tables.setdefault(name, Written())

    def add(self, name: str, rows: pa.Table, mark: Any) -> None:
        """One more part of a table, noted together with where its source goes on."""
        self._put({name: rows})
        self.written(name).mark = mark
        self._note()

    def add_together(self, tables: Mapping[str, pa.Table], mark: Any) -> None:
        """One more part of each of several tables, all or none of them; the first one's source goes on at
        `mark`."""
        self._put(tables)
        self.written(next(iter(tables))).mark = mark
        self._note()

    def add_accounts(self, fingerprints: Sequence[Fingerprint], mark: Any) -> None:
        """One more part of identities and of keys; accounts are numbered in the order in which they come."""
        columns = Table.of(fingerprints)
        first = self.manifest.accounts
        numbers = np.arange(first, first + len(columns), dtype=np.int32)
        counts, all_rows = np.diff(columns.starts), np.arange(len(columns))
        identities = columns.to_arrow().add_column(0, "number", pa.array(numbers))
        for name, (column, form) in NAME_FORMS.items():
            identities = identities.append_column(
                name, pa.array(columns.form_of(column, form, all_rows), pa.string())
            )
        self._put(
            {
                "identities": identities,
                "keys": pa.table({"account": np.repeat(numbers, counts), "key": columns.keys}),
            }
        )
        for row in fingerprints:
            belongs = names.population(next(iter((*row.names, *row.handles)), ""))
            self.manifest.name_counts[belongs] = self.manifest.name_counts.get(belongs, 0) + 1
        self.written("identities").mark = self.written("keys").mark = mark
        self._note()

    def done(self, name: str) -> None:
        """A table is whole."""
        self.written(name).done = True
        self._note()

    def finish(self) -> Manifest:
        """All of it is whole: from now on the folder can be read."""
        self.manifest.finished = True
        self._note()
        os.replace(self.folder / PROGRESS, self.folder / MANIFEST)
        return self.manifest

    def _put(self, tables: Mapping[str, pa.Table]) -> None:
        for name, rows in tables.items():
            written = self.written(name)
            path = self.folder / name / f"part-{len(written.parts):05}.parquet"
            path.parent.mkdir(exist_ok=True)
            written.parts.append(write_part(path, rows.cast(TABLES[name]), self.folder))

    def _note(self) -> None:
        replace_file(self.folder / PROGRESS, msgspec.json.format(msgspec.json.encode(self.manifest)))


class History:
    """A whole history, to be read. Raises HistoryError where files are missing, cut off or foreign."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / MANIFEST).exists():
            begun = (folder / PROGRESS).exists()
            hint = "was not finished; run the same export again and it goes on" if begun else "is no history"
            raise HistoryError(f"{folder} {hint}: it has no {MANIFEST}")
        self.manifest = read_manifest(folder / MANIFEST)
        for written in self.manifest.tables.values():
            for part in written.parts:
                path = folder / part.name
                size = path.stat().st_size if path.is_file() else None
                if size != part.bytes:
                    found = "is missing" if size is None else f"has {size:,} bytes"
                    raise HistoryError(f"{path} {found}, not {part.bytes:,} as written; export anew")

    def verify(self) -> None:
        """Read every file and compare its SHA-256. Raises HistoryError."""
        for written in self.manifest.tables.values():
            for part in written.parts:
                if sha256_of(self.folder / part.name) != part.sha256:
                    raise HistoryError(f"{self.folder / part.name} is not what was written; export anew")

    def files(self, name: str) -> list[Path]:
        """The files of a table, in order; [] when it is empty or not there."""
        written = self.manifest.tables.get(name)
        return [self.folder / part.name for part in written.parts] if written else []

    def rows(self, name: str) -> int:
        """How many rows a table has; 0 when it is not there."""
        return self.manifest.tables.get(name, Written()).rows

    def digest(self, names: Iterable[str]) -> str:
        """What stands for the content of some tables."""
        parts = [part.sha256 for name in names for part in self.manifest.tables.get(name, Written()).parts]
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()

    def column(self, name: str, column: str) -> Any:
        """One column of a whole table, as a chunked Arrow array."""
        return self.columns(name, [column])[column]

    def columns(self, name: str, columns: Sequence[str]) -> pa.Table:
        """Some columns of a whole table."""
        fields = pa.schema([TABLES[name].field(column) for column in columns])
        parts = [pq.ParquetFile(file).read(columns=list(columns)) for file in self.files(name)]
        return pa.concat_tables([fields.empty_table(), *parts])

    def identity_files(self) -> Iterator[tuple[int, int, Path]]:
        """Part by part: the number of its first account, how many it holds, and its file."""
        first = 0
        for part in self.manifest.tables.get("identities", Written()).parts:
            yield first, part.rows, self.folder / part.name
            first += part.rows
