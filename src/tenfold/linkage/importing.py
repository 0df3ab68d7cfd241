"""Files of closures into the store: each file whole or not at all, every fault told with its line."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tenfold.intake import tables
from tenfold.intake.pseudonyms import Pseudonymiser
from tenfold.intake.tables import Advance, FileError, Record, RowRefusedError
from tenfold.linkage import given
from tenfold.linkage.given import GivenError
from tenfold.store import closures, link_keys, links_due
from tenfold.store.closures import Closure
from tenfold.store.database import Conn

AT_ONCE = 500  # closures
MAX_CELL = 4 * 1024 * 1024  # bytes of a cell or a line
ORIGIN = "import:"  # of what was imported
MAX_FAULTS = 50  # told of one file


class Fault(msgspec.Struct, frozen=True):
    """A row that cannot be taken: its number from 1, without a header, and why."""

    row: int
    reason: str


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """How many closures were kept; the accounts that are `opened` here, and those whose closure the platform
    made itself, which was `left` as it is."""

    kept: int
    opened: list[str]
    left: list[str]


class Imported(msgspec.Struct, kw_only=True):
    """What came of a file; with faults nothing of it is kept. `left`: accounts that this platform closed
    itself, whose closures were left as they are."""

    file: str
    rows: int = 0
    kept: int = 0
    left: list[str] = []
    faults: list[Fault] = []


def import_file(conn: Conn, path: Path, secret: bytes, advance: Advance) -> Imported:
    """Keep all closures of a CSV, NDJSON or Parquet file in the caller's transaction, which must not commit
    when there are faults. The same file again replaces what it brought. Raises FileError.
    """
    pseudonyms, origin = Pseudonymiser(secret), f"{ORIGIN}{path.name}"
    report = Imported(file=str(path))
    waiting: dict[str, tuple[int, Closure]] = {}
    for record in _records(path, advance):
        report.rows += 1
        try:
            one = given.parse(_cells(record))
        except (GivenError, RowRefusedError) as error:
            report.faults.append(Fault(record.number, str(error)))
            if len(report.faults) >= MAX_FAULTS:
                break
            continue
        if not report.faults:
            waiting[one.account] = record.number, given.closure(one, pseudonyms, origin)
        if len(waiting) >= AT_ONCE:
            _keep(conn, waiting, report)
    if waiting and not report.faults:
        _keep(conn, waiting, report)
    return report


def keep(conn: Conn, given_: list[Closure]) -> Kept:
    """Keep closures, and hunt with them. Accounts that are open here are to be closed, not imported; what the
    platform kept of an account that it closed itself is not replaced by what somebody else says of it.
    """
    ids = [one.account for one in given_]
    opened = conn.execute(
        "SELECT id FROM accounts WHERE id = ANY(%s) AND state NOT IN ('closed', 'deleted') ORDER BY id", [ids]
    ).fetchall()
    own = conn.execute(
        """
        SELECT account FROM closures WHERE account = ANY(%s) AND NOT starts_with(origin, %s) ORDER BY account
        """,
        [ids, ORIGIN],
    ).fetchall()
    without = {row[0] for row in (*opened, *own)}
    chosen = closures.keep(conn, [one for one in given_ if one.account not in without])
    link_keys.add(conn, ((one.account, key) for one in chosen for key in one.keys))
    links_due.note_hunt(conn, [one.account for one in chosen], datetime.now(UTC))
    return Kept(kept=len(chosen), opened=[row[0] for row in opened], left=[row[0] for row in own])


def _keep(conn: Conn, waiting: dict[str, tuple[int, Closure]], report: Imported) -> None:
    done = keep(conn, [one for _, one in waiting.values()])
    for account in done.opened:
        reason = f"account: {account!r} is open on this platform; close it there"
        report.faults.append(Fault(waiting[account][0], reason))
    report.kept += done.kept
    report.left += done.left
    waiting.clear()


def _records(path: Path, advance: Advance) -> Iterator[Record]:
    kind, compression = tables.kind_of(path)
    if not path.is_file():
        raise FileError(f"{path}: there is no such file")
    if kind == "ndjson":
        return tables.ndjson(path, compression, MAX_CELL, advance)
    if kind == "parquet":
        return tables.parquet(path, advance)[1]
    delimiter = "\t" if ".tsv" in path.suffixes else ","
    return tables.comma_separated(path, compression, delimiter, MAX_CELL, advance)[1]


def _cells(record: Record) -> dict[str, object]:
    if record.fault:
        raise RowRefusedError(record.fault)
    return tables.line_cells(record) if record.line else record.cells
