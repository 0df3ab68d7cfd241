"""`tenfold banks`: curated lists of known material."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from tenfold.cli import bank_files, common
from tenfold.cli.bank_access import ACTOR, BankId, Json, record, store
from tenfold.cli.common import CommandError

app = typer.Typer()


@app.command("list")
def list_(json: Json = False) -> None:
    """Every bank, with the number of its entries."""
    from tenfold.store import banks

    with store() as conn:
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

    with store() as conn:
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
        record(conn, "bank.created", bank, kind=kind, title=title)
    if json:
        common.print_json(made)
    else:
        typer.echo(f"made bank {bank}; fill it with `tenfold banks import {bank} FILE`")


app.command("import")(bank_files.import_)
app.command("export")(bank_files.export)


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
    with store() as conn:
        good, refused = bank_values.check(banks.get(conn, bank).kind, given)
        if refused:
            raise CommandError(f"nothing added: {'; '.join(one.reason for one in refused)}")
        result = banks.add_entries(conn, bank, good, ACTOR)
        record(conn, "bank.added", bank, added=result.added)
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

    with store() as conn:
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
        record(conn, "bank.added", bank, added=result.added)
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

    with store() as conn:
        keys = entry_keys(banks.get(conn, bank).kind, values)
        removed = banks.remove_entries(conn, bank, [*keys, *values])
        if not removed:
            raise CommandError(f"{bank} has no such entry; `tenfold banks export {bank}` shows what it has")
        record(conn, "bank.removed", bank, removed=removed)
    if json:
        common.print_json({"removed": removed})
    else:
        typer.echo(f"{bank}: {removed:,} removed")


def _set_enabled(bank: str, enabled: bool) -> None:
    from tenfold.store import bank_changes
    from tenfold.store.audit import By

    word = "enabled" if enabled else "disabled"
    with store() as conn:
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

    with store() as conn:
        installed = shipped.install(conn)
        for bank in installed:
            record(conn, "bank.created", bank)
    if json:
        common.print_json({"installed": installed})
    else:
        typer.echo("\n".join(installed) or "all of them are there already")
