"""What a folder of history says of itself: its files, each with rows, bytes and SHA-256; how far it came."""

import hashlib
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

FORMAT = 3
ROW_GROUP = 1 << 19


class HistoryError(Exception):
    """The folder is no history, or not a whole one; the message says how to mend it."""


class Part(msgspec.Struct, frozen=True):
    """One file: its name in the folder, and what it must be."""

    name: str
    rows: int
    bytes: int
    sha256: str


class Written(msgspec.Struct):
    """One table so far; `mark` says where in the source it goes on."""

    parts: list[Part] = []
    mark: Any = None
    done: bool = False

    @property
    def rows(self) -> int:
        """Rows of all parts."""
        return sum(part.rows for part in self.parts)


class Manifest(msgspec.Struct, kw_only=True):
    """What is in the folder. `name_counts`: accounts by population of names (names.population), counted
    by name or, where there is none, handle."""

    format: int = FORMAT
    started_at: datetime
    finished: bool = False
    options: dict[str, bool] = {}
    tables: dict[str, Written] = msgspec.field(default_factory=dict)
    name_counts: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def accounts(self) -> int:
        """How many accounts it holds."""
        return self.tables["identities"].rows if "identities" in self.tables else 0


def write_part(path: Path, rows: pa.Table, folder: Path) -> Part:
    """Write a Parquet file whole or not at all; the same rows give the same bytes."""
    partial = path.with_name(path.name + ".partial")
    pq.write_table(rows, partial, compression="zstd", row_group_size=ROW_GROUP)
    part = Part(
        path.relative_to(folder).as_posix(), rows.num_rows, partial.stat().st_size, sha256_of(partial)
    )
    os.replace(partial, path)
    return part


def replace_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    os.replace(partial, path)


def sha256_of(path: Path) -> str:
    """The digest of a file's content, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(path: Path) -> Manifest:
    """What a file of a manifest says. Raises HistoryError."""
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except msgspec.MsgspecError as error:
        raise HistoryError(f"{path} cannot be read: {error}; export anew into an empty folder") from None
    if manifest.format != FORMAT:
        raise HistoryError(
            f"{path} has format {manifest.format}, this version reads {FORMAT};"
            " export anew into an empty folder"
        )
    return manifest
