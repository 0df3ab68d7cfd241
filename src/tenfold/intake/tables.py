"""Files to ingest, record by record: NDJSON, CSV and Parquet, plain or compressed.

A record keeps what is needed to write it out again when it is refused.
"""

import csv
import itertools
import json
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

import msgspec

from tenfold.intake.decompression import DECOMPRESSORS, PIECE, CompressionError
from tenfold.intake.lines import LineSplitter

Kind = Literal["ndjson", "csv", "parquet"]

KINDS: dict[str, Kind] = {
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "ndjson",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
}
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
REASON = "_reason"  # the column that a file of refused rows has beside its own

Advance = Callable[[int], None]  # told how many bytes of the file were read so far


class FileError(ValueError):
    """A file that cannot be read on: which file, where, why, how to mend it."""


class RowRefusedError(ValueError):
    """One row that cannot be read; the rest of the file can."""


class Record(msgspec.Struct):
    """One row: its number from 1 (without a header); `cells` by column, or the `line` of NDJSON.

    `fault` says why the row as such cannot be read; `values` are a CSV row's cells as they stand.
    """

    number: int
    cells: dict[str, Any] = {}
    line: bytes = b""
    values: list[str] = []
    fault: str = ""


def kind_of(path: Path) -> tuple[Kind, str]:
    """The kind of a file and its compression, by its name; raises FileError."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    compression = COMPRESSIONS.get(suffixes[-1], "identity") if suffixes else "identity"
    if compression != "identity":
        suffixes.pop()
    kind = KINDS.get(suffixes[-1]) if suffixes else None
    if kind is None or (kind == "parquet" and compression != "identity"):
        known = ", ".join(KINDS)
        raise FileError(f"{path}: the name must end in one of {known}, all but Parquet also with .gz or .zst")
    return kind, compression


def _pieces(path: Path, compression: str, advance: Advance) -> Iterator[bytes]:
    decompressor = DECOMPRESSORS[compression]()
    try:
        with path.open("rb") as file:
            while data := file.read(PIECE):
                advance(file.tell())
                yield from decompressor.feed(data)
        decompressor.finish()
    except CompressionError as error:
        raise FileError(f"{path}: {error}") from None
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from None


def ndjson(path: Path, compression: str, max_line: int, advance: Advance) -> Iterator[Record]:
    """One record a line; longer lines than `max_line` bytes are cut, to be refused."""
    splitter = LineSplitter(max_line)
    pieces = _pieces(path, compression, advance)
    lines = itertools.chain.from_iterable(
        splitter.feed(piece) if piece else splitter.finish() for piece in itertools.chain(pieces, [b""])
    )
    for number, line in enumerate(lines, 1):
        yield Record(number, line=line)


def _text_lines(path: Path, compression: str, advance: Advance) -> Iterator[str]:
    """Lines with their ends, decoded; a wrong encoding is found at its first byte."""
    position, number, rest = 0, 0, b""
    for piece in itertools.chain(_pieces(path, compression, advance), [None]):
        rest += piece or b""
        if not number and rest.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise FileError(f"{path}: is UTF-16; make it UTF-8, for example iconv -f UTF-16 -t UTF-8")
        lines = rest.splitlines(keepends=True) if piece is None else rest.split(b"\n")
        if piece is not None:
            rest = lines.pop()
            lines = [line + b"\n" for line in lines]
        for line in lines:
            number += 1
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                place = f"line {number:,}, byte {position + error.start:,} (0x{line[error.start]:02x})"
                raise FileError(
                    f"{path}: {place} is not UTF-8; convert it, for example iconv -f WINDOWS-1256 -t UTF-8"
                ) from None
            position += len(line)


def comma_separated(
    path: Path, compression: str, delimiter: str, max_cell: int, advance: Advance
) -> tuple[list[str], Iterator[Record]]:
    """The header and the rows of a CSV file (RFC 4180; quoted cells may hold line ends)."""
    csv.field_size_limit(max_cell)
    reader = csv.reader(_text_lines(path, compression, advance), delimiter=delimiter, strict=True)
    rows = _guarded(path, reader)
    header = next(rows, None)
    if header is None:
        raise FileError(f"{path}: is empty; the first row must name the columns")
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        raise FileError(f"{path}: two columns are called {doubled[0]!r}")
    return header, _records(header, rows)


def _guarded(path: Path, reader: Any) -> Iterator[list[str]]:
    """Rows of the reader; its errors name where the row began, since an open quote swallows what follows."""
    number = 0
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            place = f"the row that begins on line {line:,}" if number else "the header"
            raise FileError(f"{path}: {place} cannot be read: {error}; is a quote left open?") from None
        if row:
            number += 1
            yield row


def _records(header: list[str], rows: Iterator[list[str]]) -> Iterator[Record]:
    for number, values in enumerate(rows, 1):
        fault = ""
        if len(values) != len(header):
            fault = f"has {len(values)} cells where the header has {len(header)}"
        yield Record(number, cells=dict(zip(header, values, strict=False)), values=values, fault=fault)


def parquet(path: Path, advance: Advance) -> tuple[list[str], Iterator[Record]]:
    """The columns and the rows of a Parquet file; `advance` is told bytes in proportion to rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise FileError(f"{path}: is no readable Parquet file: {error}") from None
    columns = list(file.schema_arrow.names)

    def records() -> Iterator[Record]:
        size, total, number = path.stat().st_size, max(1, file.metadata.num_rows), 0
        try:
            for batch in file.iter_batches(batch_size=5_000):
                for cells in batch.to_pylist():
                    number += 1
                    yield Record(number, cells=cells)
                advance(size * number // total)
        except (pa.ArrowInvalid, OSError) as error:
            raise FileError(f"{path}: cannot be read after row {number:,}: {error}") from None

    return columns, records()


def line_cells(record: Record) -> dict[str, Any]:
    """The top of a line of NDJSON as cells; raises RowRefusedError."""
    try:
        return msgspec.json.decode(record.line, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RowRefusedError(f"is no JSON object: {error}") from None


class RefusedWriter:
    """Writes refused rows as they were, with the reason beside, to be mended and ingested again.

    CSV stays CSV, everything else becomes NDJSON. The file is made with the first row; `append` goes
    on with the file of an interrupted run.
    """

    def __init__(self, path: Path, header: list[str] | None, delimiter: str, *, append: bool) -> None:
        self.path = path
        self._header = header
        self._delimiter = delimiter
        self._append = append and path.exists()
        self._file: Any = None

    def write(self, record: Record, reason: str) -> None:
        """Add one row; flushed with `flush`."""
        if self._file is None:
            self._open()
        if self._header is not None:
            own = [value for value, name in zip_longest(record.values, self._header) if name != REASON]
            self._writer.writerow([*(value or "" for value in own), reason])
        else:
            self._file.write(_with_reason(record, reason) + "\n")

    def flush(self) -> None:
        """Hand everything to the operating system."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """The file is done."""
        if self._file is not None:
            self._file.close()

    def _open(self) -> None:
        try:
            self._file = self.path.open("a" if self._append else "w", encoding="utf-8", newline="")
        except OSError as error:
            raise FileError(
                f"{self.path}: refused rows cannot be written there: {error.strerror}; choose with --refused"
            ) from None
        if self._header is not None:
            self._writer = csv.writer(self._file, delimiter=self._delimiter, lineterminator="\n")
            if not self._append:
                self._writer.writerow([name for name in self._header if name != REASON] + [REASON])


def _with_reason(record: Record, reason: str) -> str:
    if not record.line:
        return json.dumps(record.cells | {REASON: reason}, ensure_ascii=False, default=str)
    try:
        cells: dict[str, Any] = msgspec.json.decode(record.line, type=dict[str, msgspec.Raw])
        cells[REASON] = reason
        return msgspec.json.encode(cells).decode()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        line = record.line.decode("utf-8", "backslashreplace")
        return json.dumps({"_line": line, REASON: reason}, ensure_ascii=False)
