"""Lists of exchanges in `tenfold banks import` and `export`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenfold.cli import common

Form = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="Of an exchange's list: fb_threatexchange, local_file, ncmec, stop_ncii, tat.",
    ),
]

if TYPE_CHECKING:
    from tenfold.detectors.bank_transfer import Imported
    from tenfold.detectors.exchanges.formats import Format
    from tenfold.detectors.exchanges.importing import ListImported
    from tenfold.store.database import Conn


def take_in(conn: "Conn", bank: str, file: Path, format_: "Format") -> "ListImported":
    """Take in a list, in the caller's transaction."""
    from tenfold.cli.progress import steps
    from tenfold.detectors.exchanges.importing import ListImported, import_list

    result = ListImported(bank=bank, format=format_)
    with steps() as show:
        for result in import_list(conn, bank, file, format_):
            show(f"importing into {bank}", result.records)
    return result


def report(result: "ListImported", file: Path, json: bool) -> None:
    """Say what came of an import; exit status 1 where records were refused."""
    if json:
        common.print_json(result)
    else:
        tell_refused(result, file)
        for kind, count in sorted(result.not_held.items()):
            sys.stderr.write(f"{count:,} hashes of kind {kind[:60]!r} are not held\n")
        typer.echo(
            f"{result.bank}: {result.new:,} new, {result.changed:,} changed, {result.ended:,} ended,"
            f" {result.unchanged:,} known already, {result.refused:,} refused ({result.format})"
        )
    if result.refused:
        raise typer.Exit(1)


def tell_refused(result: "Imported | ListImported", file: Path) -> None:
    """Which lines were refused, and why."""
    for one in result.refused_lines:
        sys.stderr.write(f"{file}: line {one.line}: {one.reason}\n")
    if result.refused > len(result.refused_lines):
        sys.stderr.write(f"... and {result.refused - len(result.refused_lines):,} more\n")
