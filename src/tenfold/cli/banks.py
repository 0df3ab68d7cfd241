"""`tenfold banks`: curated lists of known material."""

import sys
from typing import Annotated

import typer

from tenfold.cli import bank_entries, bank_files, common
from tenfold.cli.bank_access import ACTOR, BankId, Json, record, store

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
        state += f", asked of {bank.ratio:.1%} of uploads" if bank.ratio < 1 else ""
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
app.command("add")(bank_entries.add)
app.command("add-files")(bank_entries.add_files)
app.command("add-case")(bank_entries.add_case)
app.command("remove")(bank_entries.remove)


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


@app.command("ratio")
def ratio(
    bank: BankId,
    share: Annotated[float, typer.Argument(min=0, max=1, metavar="SHARE", help="0 to 1; 1 is everything.")],
) -> None:
    """Ask a bank of media of a share of uploads only, always the same ones: to try it, or to wind it down."""
    from tenfold.store import bank_changes
    from tenfold.store.audit import By

    with store() as conn:
        changed = bank_changes.set_ratio(conn, By(actor=ACTOR), bank, share)
    typer.echo(f"{bank}: asked of {share:.1%} of uploads" if changed else f"{bank}: was that already")


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
