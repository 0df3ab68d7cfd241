"""`tenfold banks import` and `export`: entries in files of our own forms, and lists of exchanges."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenfold.cli import common, exchanges
from tenfold.cli.bank_access import ACTOR, BankId, Json, record, store

if TYPE_CHECKING:
    from tenfold.detectors.bank_transfer import Imported
    from tenfold.store.database import Conn


def import_(
    bank: BankId,
    file: Annotated[Path, typer.Argument(help="CSV with a header line, NDJSON, or an exchange's list.")],
    *,
    format_: exchanges.Form = "",
    json: Json = False,
) -> None:
    """Add the entries of a file: columns value, label, confidence, provenance, expires_at, marking.

    Lines that cannot be taken are reported with their numbers, and the exit status is 1. Interrupted, it can
    be run again: what is there already is not added twice.

    Lists of exchanges are known by their content, or named by --format. They update and withdraw what they
    brought before, all of it or nothing.
    """
    from tenfold.detectors.exchanges import formats

    with store() as conn:
        exchange = formats.format_of(file, format_)
        if exchange:
            taken = exchanges.take_in(conn, bank, file, exchange)
            record(conn, "bank.list_imported", bank, **taken.counts, file=file.name)
        else:
            added = _add(conn, bank, file)
            record(conn, "bank.imported", bank, added=added.added, refused=added.refused, file=file.name)
    if exchange:
        exchanges.report(taken, file, json)
    else:
        _report(added, file, json)


def _add(conn: "Conn", bank: str, file: Path) -> "Imported":
    from tenfold.cli.progress import bar
    from tenfold.detectors import bank_transfer
    from tenfold.detectors.bank_transfer import Imported

    result = Imported(bank=bank)
    with bar(f"importing into {bank}", bank_transfer.count_lines(file)) as show:
        for result in bank_transfer.import_file(conn, bank, file, ACTOR):
            conn.commit()
            show(result.lines)
    return result


def _report(result: "Imported", file: Path, json: bool) -> None:
    if json:
        common.print_json(result)
    else:
        exchanges.tell_refused(result, file)
        typer.echo(
            f"{result.bank}: {result.added:,} added, {result.duplicates:,} there already,"
            f" {result.refused:,} refused"
        )
    if result.refused:
        raise typer.Exit(1)


def export(
    bank: BankId,
    file: Annotated[
        Path | None, typer.Argument(help="A .csv or .ndjson file; else NDJSON on standard output.")
    ] = None,
    format_: exchanges.Form = "",
) -> None:
    """Write the entries of a bank in a form that `import` takes.

    With --format, its hashes as an exchange's list: fb_threatexchange, local_file or stop_ncii. Entries
    marked TLP:RED or TLP:AMBER+STRICT are left out of those.
    """
    from tenfold.detectors import bank_transfer
    from tenfold.detectors.exchanges import formats
    from tenfold.detectors.exchanges.exporting import WITHHELD, export_list
    from tenfold.store import banks

    with store() as conn:
        if format_:
            known = formats.known(format_)
            done = export_list(banks.get(conn, bank), banks.stream(conn, bank), file, known)
            sys.stderr.write(f"{bank}: {done.written:,} hashes written ({known})\n")
            if done.withheld:
                sys.stderr.write(
                    f"{done.withheld:,} entries stay: {' and '.join(WITHHELD)} are for nobody else\n"
                )
            return
        if file is None:
            bank_transfer.write_ndjson(banks.stream(conn, bank), sys.stdout)
            return
        banks.get(conn, bank)
        count = bank_transfer.write_file(banks.stream(conn, bank), file)
    sys.stderr.write(f"{bank}: {count:,} entries written to {file}\n")
