"""`tenfold closures`: what stays of closed accounts, against which returns are recognised."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenfold.cli import common, progress
from tenfold.cli.common import CommandError

if TYPE_CHECKING:
    from tenfold.store.database import Conn

app = typer.Typer()

ACTOR = "cli:closures"
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def _record(conn: "Conn", act: str, subject: str, **details: Any) -> None:
    from tenfold.store import audit

    audit.append(conn, [audit.Entry(actor=ACTOR, act=act, subject=subject, details=details)])


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="CSV, NDJSON (.gz, .zst too) or Parquet; see docs/closures.md.")
    ],
    json: Json = False,
) -> None:
    """Bring closed accounts of other systems or earlier years; their returns are then looked for.

    A file is taken whole or, when a row is at fault, not at all (exit status 1). Run again, it replaces what
    it brought; interrupted, nothing of it is there.
    """
    from tenfold.config import secret_key
    from tenfold.intake.tables import FileError
    from tenfold.linkage.importing import MAX_FAULTS, import_file

    settings = common.settings()
    try:
        with common.connection(settings) as conn:
            with progress.bar(f"importing {file.name}", file.stat().st_size if file.exists() else 0) as show:
                report = import_file(conn, file, secret_key(settings), show)
            if report.faults:
                conn.rollback()
                report.kept = 0
            else:
                _record(conn, "closures.imported", f"file:{file.name}", kept=report.kept)
    except FileError as error:
        raise CommandError(str(error)) from None
    except KeyboardInterrupt:
        typer.echo("interrupted; nothing of the file is kept", err=True)
        raise typer.Exit(130) from None
    if json:
        common.print_json(report)
    else:
        for fault in report.faults:
            sys.stderr.write(f"{file}: row {fault.row}: {fault.reason}\n")
        if len(report.faults) >= MAX_FAULTS:
            sys.stderr.write("... the rest of the file was not read\n")
        if report.left and not report.faults:
            sys.stderr.write(
                f"{len(report.left):,} accounts were closed by this platform; left as they are\n"
            )
        kept = f"{report.kept:,} closure{'' if report.kept == 1 else 's'} kept"
        typer.echo("nothing of this file is kept" if report.faults else kept)
    if report.faults:
        raise typer.Exit(1)


@app.command("index")
def index(json: Json = False) -> None:
    """Take up accounts that were there before returns were looked for: their keys, and the closures of those
    that are closed. Interrupted, run it again: it goes on where it was.
    """
    from tenfold.linkage import backfill

    done = backfill.Done()
    try:
        with common.connection() as conn:
            with progress.bar("accounts", backfill.waiting(conn)) as show:
                for done in backfill.run(conn):
                    conn.commit()
                    show(done.accounts)
            _record(conn, "closures.indexed", "", accounts=done.accounts, closed=done.closed)
    except KeyboardInterrupt:
        typer.echo("interrupted; run the same command again and it goes on where it was", err=True)
        raise typer.Exit(130) from None
    if json:
        common.print_json(done)
    else:
        typer.echo(f"{done.accounts:,} accounts taken up, {done.closed:,} of them closed")


@app.command("list")
def list_(
    *,
    origin: Annotated[
        str | None, typer.Option(help="How their origin begins: decision:, rule:, platform, import:")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many, the latest first.")] = 50,
    json: Json = False,
) -> None:
    """Closed accounts, the latest first."""
    from tenfold.store import closures

    with common.connection() as conn:
        found = closures.page(conn, origin=origin, limit=limit)
    if json:
        common.print_json(found)
        return
    for one in found:
        expires = f"\texpires {one.expires_at:%Y-%m-%d}" if one.expires_at else ""
        typer.echo(f"{one.account}\t{one.closed_at:%Y-%m-%d %H:%M}\t{one.origin}\t{one.ground}{expires}")
    if not found:
        sys.stderr.write("no closures\n")


@app.command("show")
def show(account: Annotated[str, typer.Argument(help="Id of the closed account.")]) -> None:
    """Everything that is kept of one, as JSON; e-mails and the like are keyed tokens."""
    from tenfold.store import closures

    with common.connection() as conn:
        found = closures.load(conn, [account]).get(account)
        if found is None:
            raise CommandError(
                f"there is no closure of {account!r}; `tenfold closures list` shows which there are"
            )
        _record(conn, "closure.shown", f"account:{account}")
    common.print_json(found)


@app.command("erase")
def erase(
    accounts: Annotated[list[str], typer.Argument(metavar="ACCOUNT...", help="Ids of closed accounts.")],
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")],
    json: Json = False,
) -> None:
    """Forget closed accounts: fingerprints, keys, and the links that were found to them."""
    from tenfold.store import closures

    with common.connection() as conn:
        gone = closures.erase(conn, accounts)
        if not gone:
            raise CommandError("none of these has a closure")
        for account in gone:
            _record(conn, "closure.erased", f"account:{account}", reason=reason)
    if json:
        common.print_json({"erased": gone, "at": datetime.now(UTC)})
    else:
        typer.echo(f"{len(gone):,} erased")
