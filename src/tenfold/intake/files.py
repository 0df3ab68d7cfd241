"""Ingest one file into the store: batch by batch, each committed together with how far it has come."""

import difflib
import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tenfold.intake.acceptance import BATCH_BYTES, BATCH_EVENTS, Acceptor, EventResult
from tenfold.intake.mapping import Mapping
from tenfold.intake.tables import (
    REASON,
    Advance,
    FileError,
    Record,
    RefusedWriter,
    RowRefusedError,
    comma_separated,
    kind_of,
    line_cells,
    ndjson,
    parquet,
)
from tenfold.intake.values import CellError
from tenfold.store.database import Conn

_DIGEST_PIECE = 1024 * 1024


class Report(msgspec.Struct, kw_only=True):
    """What became of one file, over all runs: rows read, events accepted and duplicate, rows refused.

    `resumed_at` is the row after which this run went on (0: from the start); `already_done` is true
    when the file had been ingested whole before and nothing was read.
    """

    file: str
    source: str
    rows: int = 0
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    refused_file: str | None = None
    resumed_at: int = 0
    already_done: bool = False


class Options(msgspec.Struct, kw_only=True):
    """How to read a file. Without a mapping it must be NDJSON of events.

    `source` replaces the source of events; `again` reads a file from the start although it was
    ingested before; `max_event` is in bytes.
    """

    mapping: Mapping | None
    source: str | None
    refused: Path | None
    again: bool
    max_event: int
    files: bool = False  # whether events may refer to files


class _Batch(msgspec.Struct):
    raws: list[bytes] = []
    owners: list[int] = []  # for each event the place of its row in `records`
    records: list[Record] = []
    faults: dict[int, str] = {}  # by place in `records`
    size: int = 0

    def full(self) -> bool:
        return len(self.raws) >= BATCH_EVENTS or len(self.records) >= BATCH_EVENTS or self.size >= BATCH_BYTES


def digest_of(path: Path, mapping: Mapping | None) -> str:
    """What makes a run the same run: the bytes of the file and the text of the mapping."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from None
    digest.update((mapping.digest if mapping else "").encode())
    return digest.hexdigest()


class FileIngest:
    """One file on its way into the store."""

    def __init__(self, conn: Conn, secret: bytes, path: Path, options: Options) -> None:
        self._conn = conn
        self._path = path
        self._options = options
        self._kind, self._compression = kind_of(path)
        if options.mapping is None and self._kind != "ndjson":
            raise FileError(f"{path}: say how its columns become events: --mapping NAME or FILE")
        prepare = None if options.mapping else self._prepare_event
        self._acceptor = Acceptor(secret, options.max_event, prepare, files=options.files)

    def run(self, advance: Advance) -> Report:
        """Read to the end; raises FileError. What was committed before stays."""
        source = self._options.mapping.source if self._options.mapping else self._options.source
        digest = digest_of(self._path, self._options.mapping)
        report = self._begin(source or "platform", digest)
        if report.already_done:
            return report
        header, records = self._open(advance)
        writer = RefusedWriter(
            self._options.refused or self._default_refused(header),
            header,
            self._delimiter(),
            append=report.resumed_at > 0,
        )
        try:
            for batch in self._batches(records, report.resumed_at):
                self._store(batch, digest, report, writer)
            self._conn.execute(
                "UPDATE ingest_runs SET done = true, updated_at = now() WHERE source = %s AND digest = %s",
                [report.source, digest],
            )
            self._conn.commit()
        finally:
            writer.close()
        if report.refused:
            report.refused_file = str(writer.path)
        return report

    def _begin(self, source: str, digest: str) -> Report:
        """Find how far an earlier run has come."""
        report = Report(file=str(self._path), source=source)
        if self._options.again:
            self._conn.execute("DELETE FROM ingest_runs WHERE source = %s AND digest = %s", [source, digest])
        row = self._conn.execute(
            """
            INSERT INTO ingest_runs (source, digest, file) VALUES (%s, %s, %s)
            ON CONFLICT (source, digest) DO UPDATE SET file = excluded.file
            RETURNING position, accepted, duplicates, refused, done
            """,
            [source, digest, self._path.name],
        ).fetchone()
        self._conn.commit()
        assert row is not None
        report.rows = report.resumed_at = row[0]
        report.accepted, report.duplicates, report.refused, report.already_done = row[1:]
        return report

    def _open(self, advance: Advance) -> tuple[list[str] | None, Iterator[Record]]:
        """The header (CSV only, for writing refused rows) and the records."""
        if self._kind == "ndjson":
            return None, ndjson(self._path, self._compression, self._options.max_event, advance)
        if self._kind == "parquet":
            columns, records = parquet(self._path, advance)
        else:
            columns, records = comma_separated(
                self._path, self._compression, self._delimiter(), self._options.max_event, advance
            )
        self._require_columns(columns)
        return (columns if self._kind == "csv" else None), records

    def _delimiter(self) -> str:
        chosen = self._options.mapping.delimiter if self._options.mapping else None
        return chosen or ("\t" if ".tsv" in self._path.suffixes else ",")

    def _require_columns(self, columns: list[str]) -> None:
        assert self._options.mapping is not None
        for name in sorted(self._options.mapping.columns - set(columns)):
            near = difflib.get_close_matches(name, columns, 1)
            hint = f"is it {near[0]!r}?" if near else f"it has {', '.join(columns)}"
            raise FileError(f"{self._path}: has no column {name!r}, which the mapping uses; {hint}")

    def _default_refused(self, header: list[str] | None) -> Path:
        stem = self._path.name.split(".")[0]
        suffix = (".tsv" if self._delimiter() == "\t" else ".csv") if header is not None else ".ndjson"
        return Path(f"{stem}.refused{suffix}")

    def _prepare_event(self, raw: bytes) -> bytes:
        """An event from NDJSON: without the reason it was refused for once, with the chosen source."""
        if self._options.source is None and b'"_reason"' not in raw:
            return raw
        try:
            fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return raw  # the check that follows says what is wrong
        fields.pop(REASON, None)
        if self._options.source is not None:
            fields["source"] = msgspec.Raw(msgspec.json.encode(self._options.source))
        return msgspec.json.encode(fields)

    def _events(self, record: Record) -> list[bytes]:
        """The events of a row; raises CellError or RowRefusedError."""
        mapping = self._options.mapping
        if record.fault:
            raise RowRefusedError(record.fault)
        if mapping is None:
            return [record.line]
        cells = record.cells
        if self._kind == "ndjson":
            cells = line_cells(record)
            cells = dict.fromkeys(mapping.columns) | cells
        cells = {name: cell for name, cell in cells.items() if name != REASON}
        return list(mapping.events(cells, record.number))

    def _batches(self, records: Iterator[Record], skip: int) -> Iterator[_Batch]:
        batch = _Batch()
        for record in records:
            if record.number <= skip:
                continue
            place = len(batch.records)
            batch.records.append(record)
            try:
                events = self._events(record)
            except (CellError, RowRefusedError) as error:
                batch.faults[place] = str(error)
                events = []
            batch.raws += events
            batch.owners += [place] * len(events)
            batch.size += sum(map(len, events)) + sum(map(len, record.values))
            if batch.full():
                yield batch
                batch = _Batch()
        if batch.records:
            yield batch

    def _store(self, batch: _Batch, digest: str, report: Report, writer: RefusedWriter) -> None:
        """One transaction: the events and how far the file has come.

        Refused rows are written before it commits: after a crash one may stand in the file twice, and
        none is missing.
        """
        results = self._acceptor.accept(self._conn, batch.raws)
        faults = dict(batch.faults)
        for owner, result in zip(batch.owners, results, strict=True):
            if result.problem is not None:
                faults.setdefault(owner, _reason(result))
        for place in sorted(faults):
            writer.write(batch.records[place], faults[place])
        writer.flush()
        report.rows = batch.records[-1].number
        report.accepted += sum(result.status == "accepted" for result in results)
        report.duplicates += sum(result.status == "duplicate" for result in results)
        report.refused += len(faults)
        self._conn.execute(
            """
            UPDATE ingest_runs
            SET position = %s, accepted = %s, duplicates = %s, refused = %s, updated_at = now()
            WHERE source = %s AND digest = %s
            """,
            [report.rows, report.accepted, report.duplicates, report.refused, report.source, digest],
        )
        self._conn.commit()


def _reason(result: EventResult) -> str:
    assert result.problem is not None
    hint = f" ({result.problem.hint})" if result.problem.hint else ""
    return f"{result.problem.field}: {result.problem.reason}{hint}"
