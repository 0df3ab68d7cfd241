"""`tenfold banks`: curated lists of known material."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenfold.cli import common, exchanges
from tenfold.cli.common import CommandError

if TYPE_CHECKING:
    from tenfold.store.database import Conn

app = typer.Typer()

ACTOR = "cli:banks"

BankId = Annotated[str, typer.Argument(metavar="BANK", help="Id of the bank.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@contextmanager
def _store() -> Iterator["Conn"]:
    """A connection to the store; what cannot be done there ends the command with its reason."""
    from tenfold.detectors.bank_transfer import EntryFileError
    from tenfold.store.banks import BankError

    try:
        with common.connection() as conn:
            yield conn
    except (BankError, EntryFileError) as error:
        raise CommandError(str(error)) from None


def _record(conn: "Conn", act: str, bank: str, **details: Any) -> None:
    from tenfold.store import audit

    audit.append(conn, [audit.Entry(actor=ACTOR, act=act, subject=f"bank:{bank}", details=details)])


@app.command("list")
def list_(json: Json = False) -> None:
    """Every bank, with the number of its entries."""
    from tenfold.store import banks

    with _store() as conn:
        found = banks.listing(conn)
    if json:
        common.print_json(found)
        return
    if not found:
        sys.stderr.write("no banks; `tenfold banks starter` installs those that come with Tenfold\n")
    for bank in found:
        state = "" if bank.enabled else ", disabled"
        expired = f", {bank.expired:,} expired" if bank.expired else ""
        typer.echo(f"{bank.id}\t{bank.kind}\t{bank.entries:,} entries{expired}{state}\t{bank.title}")


@app.command("create")
def create(
    bank: BankId,
    *,
    kind: Annotated[str, typer.Option(help="terms, urls, domains, texts, meanings or media.")],
    title: Annotated[str, typer.Option(help="What it holds, in a few words.")],
    purpose: Annotated[str, typer.Option(help="What it is for.")] = "",
    provenance: Annotated[str, typer.Option(help="Where its entries come from.")] = "",
    marking: Annotated[str, typer.Option(help="Traffic Light Protocol 2.0.")] = "TLP:AMBER",
    confidence: Annotated[float, typer.Option(min=0, max=1, help="Of entries without their own.")] = 1.0,
    json: Json = False,
) -> None:
    """Make an empty bank."""
    from tenfold.detectors.bank_values import checked_id, checked_kind
    from tenfold.store import banks

    with _store() as conn:
        made = banks.create(
            conn,
            id=checked_id(bank),
            kind=checked_kind(kind),
            title=title,
            purpose=purpose,
            provenance=provenance,
            marking=marking,
            confidence=confidence,
        )
        _record(conn, "bank.created", bank, kind=kind, title=title)
    if json:
        common.print_json(made)
    else:
        typer.echo(f"made bank {bank}; fill it with `tenfold banks import {bank} FILE`")


@app.command("import")
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
    from tenfold.cli.progress import bar
    from tenfold.detectors import bank_transfer
    from tenfold.detectors.bank_transfer import Imported

    with _store() as conn:
        exchange = exchanges.format_of(file, format_)
        if exchange:
            taken = exchanges.take_in(conn, bank, file, exchange)
            _record(conn, "bank.list_imported", bank, **exchanges.counted(taken), file=file.name)
    if exchange:
        exchanges.report(taken, file, json)
        return
    result = Imported(bank=bank)
    with _store() as conn:
        total = bank_transfer.count_lines(file)
        with bar(f"importing into {bank}", total) as report:
            for result in bank_transfer.import_file(conn, bank, file, ACTOR):
                conn.commit()
                report(result.lines)
        _record(conn, "bank.imported", bank, added=result.added, refused=result.refused, file=file.name)
    if json:
        common.print_json(result)
    else:
        for one in result.refused_lines:
            sys.stderr.write(f"{file}: line {one.line}: {one.reason}\n")
        if result.refused > len(result.refused_lines):
            sys.stderr.write(f"... and {result.refused - len(result.refused_lines):,} more\n")
        typer.echo(
            f"{bank}: {result.added:,} added, {result.duplicates:,} there already, {result.refused:,} refused"
        )
    if result.refused:
        raise typer.Exit(1)


@app.command("export")
def export(
    bank: BankId,
    file: Annotated[
        Path | None, typer.Argument(help="A .csv or .ndjson file; else NDJSON on standard output.")
    ] = None,
    format_: exchanges.Form = "",
) -> None:
    """Write the entries of a bank in a form that `import` takes.

    With --format, its hashes as an exchange's list: fb_threatexchange, local_file or stop_ncii.
    """
    from tenfold.detectors import bank_transfer
    from tenfold.detectors.exchanges import formats
    from tenfold.detectors.exchanges.exporting import export_list
    from tenfold.store import banks

    with _store() as conn:
        if format_:
            known = formats.known(format_)
            count = export_list(banks.get(conn, bank), banks.stream(conn, bank), file, known)
            sys.stderr.write(f"{bank}: {count:,} hashes written ({known})\n")
            return
        if file is None:
            bank_transfer.write_ndjson(banks.stream(conn, bank), sys.stdout)
            return
        banks.get(conn, bank)
        count = bank_transfer.write_file(banks.stream(conn, bank), file)
    sys.stderr.write(f"{bank}: {count:,} entries written to {file}\n")


@app.command("add")
def add(
    bank: BankId,
    values: Annotated[
        list[str], typer.Argument(metavar="VALUE...", help="Terms, URLs, texts, hashes: what the bank holds.")
    ],
    *,
    label: Annotated[str, typer.Option(help="What sort of thing they are.")] = "",
    provenance: Annotated[str, typer.Option(help="Where they come from.")] = "",
    confidence: Annotated[float | None, typer.Option(min=0, max=1)] = None,
    json: Json = False,
) -> None:
    """Add entries."""
    from tenfold.detectors import bank_values
    from tenfold.detectors.bank_values import GivenEntry
    from tenfold.store import banks

    given = [
        GivenEntry(value=value, label=label, provenance=provenance, confidence=confidence) for value in values
    ]
    with _store() as conn:
        good, refused = bank_values.check(banks.get(conn, bank).kind, given)
        if refused:
            raise CommandError(f"nothing added: {'; '.join(one.reason for one in refused)}")
        result = banks.add_entries(conn, bank, good, ACTOR)
        _record(conn, "bank.added", bank, added=result.added)
    if json:
        common.print_json(result)
    else:
        typer.echo(f"{bank}: {result.added:,} added, {result.duplicates:,} there already")


@app.command("add-files")
def add_files(
    bank: BankId,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Pictures, films, sounds, or files of any kind.")
    ],
    *,
    label: Annotated[str, typer.Option(help="What sort of thing they are.")] = "",
    provenance: Annotated[str, typer.Option(help="Where they come from.")] = "",
    confidence: Annotated[float | None, typer.Option(min=0, max=1)] = None,
    json: Json = False,
) -> None:
    """Add the hashes of files to a bank of media; the files stay where they are."""
    from tenfold.cli.hash import hashed
    from tenfold.detectors import bank_values
    from tenfold.detectors.bank_values import GivenEntry
    from tenfold.store import banks

    with _store() as conn:
        kind = banks.get(conn, bank).kind
        if kind != "media":
            raise CommandError(f"{bank} is a bank of {kind}; files go into a bank of media")
        found = hashed(files)
        given = [
            GivenEntry(value=one.value, label=label, provenance=provenance, confidence=confidence)
            for one in found
        ]
        good, _ = bank_values.check(kind, given)
        result = banks.add_entries(conn, bank, good, ACTOR)
        _record(conn, "bank.added", bank, added=result.added)
    for one in found:
        if one.note:
            sys.stderr.write(f"{one.file}: {one.note}\n")
    if json:
        common.print_json(result)
    else:
        typer.echo(f"{bank}: {result.added:,} added, {result.duplicates:,} there already")


@app.command("remove")
def remove(
    bank: BankId,
    values: Annotated[
        list[str], typer.Argument(metavar="VALUE...", help="As they were added, or another spelling.")
    ],
    json: Json = False,
) -> None:
    """Remove entries."""
    from tenfold.detectors.bank_values import entry_keys
    from tenfold.store import banks

    with _store() as conn:
        keys = entry_keys(banks.get(conn, bank).kind, values)
        removed = banks.remove_entries(conn, bank, [*keys, *values])
        if not removed:
            raise CommandError(f"{bank} has no such entry; `tenfold banks export {bank}` shows what it has")
        _record(conn, "bank.removed", bank, removed=removed)
    if json:
        common.print_json({"removed": removed})
    else:
        typer.echo(f"{bank}: {removed:,} removed")


def _set_enabled(bank: str, enabled: bool) -> None:
    from tenfold.store import bank_changes
    from tenfold.store.audit import By

    word = "enabled" if enabled else "disabled"
    with _store() as conn:
        changed = bank_changes.set_enabled(conn, By(actor=ACTOR), bank, enabled)
    typer.echo(f"{bank}: {word}" if changed else f"{bank}: was {word} already")


@app.command("disable")
def disable(bank: BankId) -> None:
    """Let a bank match no more, and keep its entries."""
    _set_enabled(bank, False)


@app.command("enable")
def enable(bank: BankId) -> None:
    """Let a disabled bank match again."""
    _set_enabled(bank, True)


@app.command("starter")
def starter(json: Json = False) -> None:
    """Install the fictional banks that come with Tenfold; those that are there already stay as they are."""
    from tenfold.detectors import shipped

    with _store() as conn:
        installed = shipped.install(conn)
        for bank in installed:
            _record(conn, "bank.created", bank)
    if json:
        common.print_json({"installed": installed})
    else:
        typer.echo("\n".join(installed) or "all of them are there already")
