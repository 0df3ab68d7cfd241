"""`tenfold protectees`: who is watched over."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenfold.cli import common, progress
from tenfold.cli.common import CommandError

if TYPE_CHECKING:
    from tenfold.store.database import Conn
    from tenfold.store.protectees import Protectee

app = typer.Typer()

ACTOR = "cli:protectees"
STANDARD = Path("-")  # standard input or output
Id = Annotated[int, typer.Argument(metavar="ID", help="As `tenfold protectees list` shows it.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Several = list[str] | None


@contextmanager
def _store() -> Iterator["Conn"]:
    """A connection to the store; what cannot be done there ends the command with its reason."""
    from tenfold.store.protectees import ProtecteeError
    from tenfold.threats.protectees.tables import TableError

    try:
        with common.connection() as conn:
            yield conn
    except (ProtecteeError, TableError) as error:
        raise CommandError(str(error)) from None


def _record(conn: "Conn", act: str, id_: int | None = None, **details: Any) -> None:
    from tenfold.store import audit

    subject = "" if id_ is None else f"protectee:{id_}"
    audit.append(conn, [audit.Entry(actor=ACTOR, act=act, subject=subject, details=details)])


@app.command("list")
def list_(
    search: Annotated[
        str, typer.Option(help="In names, handles, accounts, domains, cities and the key.")
    ] = "",
    ended: Annotated[bool, typer.Option("--ended", help="Ended ones too.")] = False,
    json: Json = False,
) -> None:
    """Who is watched over, by id. Of street addresses only their number is known."""
    from tenfold.store import protectees

    with _store() as conn:
        found: list[Protectee] = []
        while page := protectees.page(
            conn, after=found[-1].id if found else 0, limit=1_000, search=search, ended=ended
        ):
            found += page
        _record(conn, "protectees.listed", count=len(found))
    if json:
        common.print_json(found)
        return
    if not found:
        sys.stderr.write("none; `tenfold protectees import FILE` or `add` brings them in\n")
    for one in found:
        state = "" if one.active else "\tended"
        addresses = f"\t{one.addresses} addresses" if one.addresses else ""
        typer.echo(f"{one.id}\t{one.key}\t{one.kind}\t{one.name}{addresses}{state}")


@app.command("add")
def add(
    kind: Annotated[str, typer.Argument(help="person, team, office, place or event.")],
    name: Annotated[str, typer.Argument(help="The name, in any script.")],
    *,
    key: Annotated[str | None, typer.Option(help="Your own id.")] = None,
    alias: Annotated[Several, typer.Option(help="Another name or spelling; may be repeated.")] = None,
    handle: Annotated[Several, typer.Option(help="May be repeated.")] = None,
    account: Annotated[Several, typer.Option(help="The platform's id; may be repeated.")] = None,
    domain: Annotated[Several, typer.Option(help="Of staff's e-mail; may be repeated.")] = None,
    city: Annotated[Several, typer.Option(help="In each spelling; may be repeated.")] = None,
    address: Annotated[
        Several, typer.Option(help="Kept as a keyed hash only; `-` reads one a line from standard input.")
    ] = None,
    member_of: Annotated[int | None, typer.Option(help="Id of a team or an office.")] = None,
    contact: Annotated[str, typer.Option(help="How security reaches them.")] = "",
    note: Annotated[str, typer.Option()] = "",
    starts: Annotated[str | None, typer.Option(help="A time such as 2026-03-01T09:00:00+03:00.")] = None,
    ends: Annotated[str | None, typer.Option(help="The same.")] = None,
    json: Json = False,
) -> None:
    """Watch over somebody or something."""
    from tenfold.config import secret_key
    from tenfold.threats.protectees import given

    addresses = (
        [line for line in sys.stdin.read().splitlines() if line.strip()] if address == ["-"] else address
    )
    values: dict[str, Any] = {
        "kind": kind,
        "name": name,
        "names": alias or [],
        "handles": handle or [],
        "accounts": account or [],
        "domains": domain or [],
        "cities": city or [],
        "addresses": addresses or [],
        "member_of": member_of,
        "contact": contact,
        "note": note,
        "starts_at": starts,
        "ends_at": ends,
    }
    with _store() as conn:
        wish = given.from_values(values | ({"key": key} if key else {}))
        id_ = given.add(conn, wish, secret_key(common.settings()), ACTOR)
        _record(conn, "protectee.added", id_)
    if json:
        common.print_json({"id": id_})
    else:
        typer.echo(f"added {id_}")


@app.command("end")
def end(id_: Id, json: Json = False) -> None:
    """Watch for one no more; it is kept for the records that name it."""
    from tenfold.store import protectees

    with _store() as conn:
        ended = protectees.end(conn, id_)
        if ended:
            _record(conn, "protectee.ended", id_)
    if json:
        common.print_json({"id": id_, "ended": ended})
    else:
        typer.echo(f"{id_} is ended" if ended else f"{id_} was ended already")


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="CSV with the columns of docs/protectees.md; `-` is standard input.")
    ],
    json: Json = False,
) -> None:
    """Bring in a CSV file, whole or, when a row is at fault, not at all (exit status 1).

    The column `key` is your own id: run again, the file changes nothing, and a changed row changes its
    protectee. Interrupted, nothing of it is there.
    """
    from tenfold.config import secret_key
    from tenfold.threats.protectees.importing import import_csv
    from tenfold.threats.protectees.tables import MAX_FAULTS

    data = _read(file)
    try:
        with _store() as conn, progress.steps() as show:
            report = import_csv(
                conn,
                data,
                secret_key(common.settings()),
                ACTOR,
                advance=lambda done, of: show("rows", done, of),
            )
            if report.ids:
                _record(conn, "protectees.imported", ids=report.ids)
    except KeyboardInterrupt:
        typer.echo("interrupted; nothing of the file is kept", err=True)
        raise typer.Exit(130) from None
    if json:
        common.print_json(report)
    else:
        for fault in report.faults:
            column = f"column {fault.column}: " if fault.column else ""
            sys.stderr.write(f"{file}: line {fault.line}: {column}{fault.reason}\n")
        if len(report.faults) >= MAX_FAULTS:
            sys.stderr.write("... there may be more\n")
        typer.echo(
            "nothing of this file is kept"
            if report.faults
            else f"{report.added:,} added, {report.changed:,} changed, {report.unchanged:,} as they were"
        )
    if report.faults:
        raise typer.Exit(1)


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="A CSV file; `-` is standard output.")] = STANDARD,
) -> None:
    """Write all of them as `import` takes them; without street addresses, of which only hashes are kept."""
    from tenfold.threats.protectees.importing import export_csv

    with _store() as conn:
        if file == STANDARD:
            count = export_csv(conn, sys.stdout)
        else:
            with file.open("w", encoding="utf-8-sig", newline="") as opened:
                count = export_csv(conn, opened)
        _record(conn, "protectees.exported", count=count)
    sys.stderr.write(f"{count:,} written\n")


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == STANDARD else file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file}: cannot be read: {error.strerror}") from None
