"""Entries of banks in files: CSV with a header line, or NDJSON, one entry a line."""

import csv
import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from tenfold.banks import MAX_MEDIA_LENGTH, BankKind
from tenfold.detectors import bank_values
from tenfold.detectors.bank_values import GivenEntry
from tenfold.store import banks
from tenfold.store.banks import StoredEntry
from tenfold.store.database import Conn

COLUMNS = ("value", "label", "confidence", "provenance", "expires_at", "marking")
BATCH = 10_000  # entries that are added, and committed by the caller, at once
MAX_REFUSED_SHOWN = 1_000

_Row = TypeVar("_Row")


class EntryFileError(ValueError):
    """A file that cannot be read as entries: says which, where and how to mend it."""


class RefusedLine(msgspec.Struct, frozen=True):
    """A line of a file that was not taken, and why."""

    line: int
    reason: str


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """How an import stands: lines read so far and what came of them; the first refused ones are listed."""

    bank: str
    lines: int = 0
    added: int = 0
    duplicates: int = 0
    refused: int = 0
    refused_lines: tuple[RefusedLine, ...] = ()


def import_file(conn: Conn, bank: str, path: Path, added_by: str) -> Iterator[Imported]:
    """Add a file's entries to a bank, a batch at a time; yields after each how the whole stands.

    A caller that commits at each yield can be interrupted and run again: what was added counts as
    duplicates then. Raises EntryFileError and UnknownBankError.
    """
    kind = banks.get(conn, bank).kind
    total = Imported(bank=bank)
    for batch in _batches(read_file(path), BATCH):
        total = _add(conn, kind, total, batch, added_by)
        yield total


def read_file(path: Path) -> Iterator[tuple[int, GivenEntry | str]]:
    """Line number and entry, or what is wrong with the line; `.csv`, `.ndjson` and `.jsonl` files."""
    readers = {".csv": _read_csv, ".ndjson": _read_ndjson, ".jsonl": _read_ndjson}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise EntryFileError(f"{path}: ends in none of {', '.join(readers)}, so its form is not known")
    with opened(path) as text:
        yield from reader(path, text)


@contextmanager
def opened(path: Path) -> Iterator[IO[str]]:
    """A file as UTF-8 text; raises EntryFileError, also for what is found wrong while it is read."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
        if start.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise EntryFileError(f"{path}: is UTF-16; save it as UTF-8")
        if not start:
            raise EntryFileError(f"{path}: is empty")
        with path.open(encoding="utf-8-sig", newline="") as text:
            yield text
    except UnicodeDecodeError as error:
        raise EntryFileError(
            f"{path}: not UTF-8 (byte {error.object[error.start]:#04x}); save it as UTF-8"
        ) from None
    except OSError as error:
        raise EntryFileError(f"{path}: cannot be read: {error.strerror}") from None


def count_lines(path: Path) -> int:
    """About how many entries a file holds, for a progress bar; 0 when it cannot be read."""
    try:
        with path.open("rb") as file:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
    except OSError:
        return 0


def write_file(entries: Iterable[StoredEntry], path: Path) -> int:
    """Write entries to a new file, in the form that its name says; returns how many.

    The file appears when it is complete. Raises EntryFileError.
    """
    writers = {".csv": write_csv, ".ndjson": write_ndjson, ".jsonl": write_ndjson}
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise EntryFileError(f"{path}: name it with one of {', '.join(writers)}, to say which form it gets")
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            count = writer(entries, file)
        part.replace(path)
    except OSError as error:
        raise EntryFileError(f"{path}: cannot be written: {error.strerror}") from None
    return count


def write_csv(entries: Iterable[StoredEntry], file: IO[str]) -> int:
    """Write entries as CSV that `read_file` takes; returns how many."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for entry in entries:
        row = msgspec.to_builtins(entry)
        writer.writerow(["" if row[column] is None else row[column] for column in COLUMNS])
        count += 1
    return count


def write_ndjson(entries: Iterable[StoredEntry], file: IO[str]) -> int:
    """Write entries as NDJSON that `read_file` takes; returns how many."""
    count = 0
    for entry in entries:
        row = msgspec.to_builtins(entry)
        kept = {column: row[column] for column in COLUMNS if row[column] not in (None, "")}
        file.write(msgspec.json.encode(kept).decode() + "\n")
        count += 1
    return count


def _read_csv(path: Path, file: IO[str]) -> Iterator[tuple[int, GivenEntry | str]]:
    csv.field_size_limit(2 * MAX_MEDIA_LENGTH)
    reader = csv.reader(file, strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        unknown = sorted(set(header) - set(COLUMNS))
        if "value" not in header or unknown or len(set(header)) < len(header):
            wrong = f"unknown columns {', '.join(map(repr, unknown))}" if unknown else "no or doubled column"
            raise EntryFileError(
                f"{path}: line 1: {wrong}; the header has `value` and, if wanted, {', '.join(COLUMNS[1:])}"
            )
        line = reader.line_num + 1
        for cells in reader:
            if cells:
                yield line, _from_cells(header, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise EntryFileError(f"{path}: line {reader.line_num}: not valid CSV: {error}") from None


def _from_cells(header: list[str], cells: list[str]) -> GivenEntry | str:
    if len(cells) != len(header):
        return f"has {len(cells)} columns, the header {len(header)}; put quotation marks around commas"
    row = {name: cell for name, cell in zip(header, cells, strict=True) if cell or name == "value"}
    try:
        return msgspec.convert(row, GivenEntry, strict=False)
    except msgspec.ValidationError as error:
        return readable(error)


def _read_ndjson(path: Path, file: IO[str]) -> Iterator[tuple[int, GivenEntry | str]]:
    decoder = msgspec.json.Decoder(GivenEntry)
    for number, line in enumerate(file, start=1):
        if line.strip():
            try:
                yield number, decoder.decode(line)
            except msgspec.ValidationError as error:
                yield number, readable(error)
            except (msgspec.DecodeError, RecursionError) as error:
                yield number, f"not valid JSON: {error}"


def readable(error: msgspec.ValidationError) -> str:
    """Which field is wrong, and how."""
    message, _, path = str(error).partition(" - at `$.")
    return f"{path.rstrip('`')}: {message}" if path else message


def _add(
    conn: Conn, kind: BankKind, total: Imported, batch: list[tuple[int, GivenEntry | str]], added_by: str
) -> Imported:
    given = [(line, entry) for line, entry in batch if isinstance(entry, GivenEntry)]
    good, refused = bank_values.check(kind, [entry for _, entry in given])
    result = banks.add_entries(conn, total.bank, good, added_by)
    lines = [RefusedLine(line, reason) for line, reason in batch if isinstance(reason, str)]
    lines += [RefusedLine(given[one.place][0], one.reason) for one in refused]
    lines.sort(key=lambda one: one.line)
    return Imported(
        bank=total.bank,
        lines=total.lines + len(batch),
        added=total.added + result.added,
        duplicates=total.duplicates + result.duplicates,
        refused=total.refused + len(lines),
        refused_lines=(total.refused_lines + tuple(lines))[:MAX_REFUSED_SHOWN],
    )


def _batches(rows: Iterable[_Row], size: int) -> Iterator[list[_Row]]:
    iterator = iter(rows)
    while batch := list(itertools.islice(iterator, size)):
        yield batch
