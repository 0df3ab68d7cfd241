"""A file of protectees into the store, whole or not at all; and out of it."""

import csv
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TextIO

import msgspec

from tenfold.linkage.spreadsheets import cell
from tenfold.store import protectees
from tenfold.store.database import Conn
from tenfold.store.protectees import Protectee, ProtecteeError
from tenfold.threats.protectees import given as given_fields
from tenfold.threats.protectees.given import GivenError
from tenfold.threats.protectees.tables import COLUMNS, LIST_END, MAX_FAULTS, Fault, Row, rows

_Advance = Callable[[int, int], None]  # told how many rows of how many are done


class Imported(msgspec.Struct, kw_only=True):
    """What came of a file; with faults nothing of it is kept. `ids`: those added or changed."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    ids: list[int] = []
    faults: list[Fault] = []


def import_csv(
    conn: Conn,
    data: bytes,
    secret: bytes,
    actor: str,
    *,
    advance: _Advance = lambda done, of: None,
) -> Imported:
    """Keep all rows of a CSV file, known ones by their `key`, as a part of the caller's
    transaction.

    The same file again changes nothing. Columns that the file has are set, empty cells clear; those that it
    has not stay. With faults nothing is kept. Raises TableError when the file cannot be read.
    """
    read, faults = rows(data)
    report = Imported(rows=len(read) + len(faults), faults=faults)
    protectees.lock(conn)  # the caller's transaction has begun, so that what follows is a part of it
    try:
        with conn.transaction():
            _keep(conn, read, report, secret=secret, actor=actor, advance=advance)
            if report.faults:
                raise _Refused
    except _Refused:
        report.added = report.changed = report.unchanged = 0
        report.ids = []
    return report


class _Refused(Exception):  # noqa: N818 - it only ends the transaction
    """A row has a fault."""


def _keep(
    conn: Conn, read: list[Row], report: Imported, *, secret: bytes, actor: str, advance: _Advance
) -> None:
    known = protectees.by_key(conn, [str(row.given.key) for row in read])
    ids = {key: one.id for key, one in known.items()}
    for done, row in enumerate(read, 1):
        key = str(row.given.key)
        try:
            with conn.transaction():
                if key in ids:
                    changed = given_fields.change(conn, ids[key], row.given, secret)
                else:
                    ids[key] = given_fields.add(conn, row.given, secret, actor)
                    changed = True
        except ProtecteeError as error:
            _note(report, row, error)
            continue
        _count(report, ids[key], known=key in known, changed=changed)
        advance(done, len(read))
    _join(conn, read, ids, report)


def _join(conn: Conn, read: list[Row], ids: dict[str, int], report: Imported) -> None:
    """Memberships, when every row that they may name is there."""
    teams = protectees.by_key(conn, sorted({row.team for row in read if row.team}))
    for row in read:
        id_ = ids.get(str(row.given.key))
        if row.team is None or id_ is None:
            continue
        if row.team and row.team not in teams:
            _note(
                report, row, GivenError("member_of", f"there is no protectee with the key {row.team[:60]!r}")
            )
            continue
        try:
            with conn.transaction():
                team = teams[row.team].id if row.team else None
                if protectees.change(conn, id_, {"member_of": team}) and id_ not in report.ids:
                    report.unchanged -= 1
                    report.changed += 1
                    report.ids.append(id_)
        except ProtecteeError as error:
            _note(report, row, error)


def _count(report: Imported, id_: int, *, known: bool, changed: bool) -> None:
    if changed:
        report.ids.append(id_)
    if not known:
        report.added += 1
    elif changed:
        report.changed += 1
    else:
        report.unchanged += 1


def _note(report: Imported, row: Row, error: ProtecteeError) -> None:
    column, _, reason = str(error).partition(": ")
    if column not in COLUMNS:
        column, reason = "", str(error)
    code = error.code if isinstance(error, GivenError) else "team" if column == "member_of" else "invalid"
    if len(report.faults) < MAX_FAULTS:
        report.faults.append(Fault(row.line, column, reason, code))


def export_csv(conn: Conn, file: TextIO) -> int:
    """Write all protectees as `import_csv` takes them, without addresses, of which only hashes are kept.
    Returns how many."""
    writer = csv.writer(file, lineterminator="\n")
    columns = [name for name in COLUMNS if name != "addresses"]
    writer.writerow(columns)
    count = 0
    keys = {one.id: one.key for one in protectees.stream(conn)}
    for one in protectees.stream(conn):
        writer.writerow([cell(text) for text in _cells(one, columns, keys)])
        count += 1
    return count


def _cells(one: Protectee, columns: Sequence[str], keys: dict[int, str]) -> list[str]:
    cells = []
    for name in columns:
        value = getattr(one, name)
        if name == "member_of":
            cells.append(keys.get(value, ""))
        elif isinstance(value, list):
            cells.append(LIST_END.join(value))
        elif isinstance(value, bool):
            cells.append("yes" if value else "no")
        elif isinstance(value, datetime):
            cells.append(value.isoformat())
        else:
            cells.append("" if value is None else value)
    return cells
