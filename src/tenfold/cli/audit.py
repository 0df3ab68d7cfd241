"""`tenfold audit`: verify, show and export the audit chain, and make checkpoints of it."""

import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from tenfold.cli import common

if TYPE_CHECKING:
    from tenfold.store.audit import Checkpoint, Row, Verification

app = typer.Typer()

Json = Annotated[bool, typer.Option("--json", help="One JSON document, for programs.")]


@app.command()
def verify(
    file: Annotated[
        Path | None, typer.Option(help="An export instead of the database; needs no database and no secret.")
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="A kept checkpoint: shows that rows were cut off or written anew.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Walk the whole chain; exit status 1 and the first row at fault if it does not hold."""
    from tenfold.store import audit

    mark = _read_checkpoint(checkpoint) if checkpoint else None
    if file is not None:
        found = audit.verify_rows(_progress(_read_export(file)), mark)
    else:
        with common.connection() as conn:
            if mark is not None:
                _check_ours(mark)
            found = audit.verify_rows(_progress(audit.stream(conn)), mark)
    _tell(found, as_json)
    if not found.intact:
        raise typer.Exit(1)


@app.command()
def show(
    subject: Annotated[str | None, typer.Option(help="Only about this: case:7, post:p-1, ...")] = None,
    actor: Annotated[str | None, typer.Option(help="Only by: user:3, key:1, system, ...")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The last so many rows.")] = 50,
    as_json: Json = False,
) -> None:
    """Show the last rows, oldest first."""
    import msgspec

    from tenfold.store import audit

    with common.connection() as conn:
        rows = audit.latest(conn, subject=subject, actor=actor, limit=limit)
    if as_json:
        common.print_json(rows)
        return
    for row in rows:
        details = msgspec.json.encode(row.details).decode() if row.details else ""
        typer.echo(f"{row.seq}  {row.at}  {row.actor}  {row.act}  {row.subject}  {details}".rstrip())


@app.command()
def export(
    output: Annotated[Path | None, typer.Option(help="A file; standard output without it.")] = None,
) -> None:
    """Write the chain as NDJSON, which `tenfold audit verify --file` checks anywhere."""
    from tenfold.store import audit

    with common.connection() as conn:
        rows = audit.stream(conn)
        if output is None:
            _write(rows, sys.stdout.buffer)
            return
        partial = output.with_name(output.name + ".partial")
        with partial.open("wb") as file:
            _write(_progress(rows), file)
        partial.replace(output)


@app.command()
def checkpoint() -> None:
    """Print where the chain ends now, authenticated with the installation's secret. Keep it elsewhere."""
    from tenfold.config import secret_key
    from tenfold.store import audit

    chosen = common.settings()
    with common.connection(chosen) as conn:
        common.print_json(audit.checkpoint(conn, secret_key(chosen)))


def _read_checkpoint(path: Path) -> "Checkpoint":
    import msgspec

    from tenfold.store.audit import Checkpoint

    try:
        return msgspec.json.decode(path.read_bytes(), type=Checkpoint)
    except OSError as error:
        raise common.CommandError(f"cannot read {path}: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise common.CommandError(f"{path} is no output of `tenfold audit checkpoint`: {error}") from None


def _check_ours(mark: "Checkpoint") -> None:
    from tenfold.config import secret_key
    from tenfold.store import audit

    if not audit.is_ours(mark, secret_key(common.settings())):
        raise common.CommandError(
            "the checkpoint was not made by this installation: its mac does not fit the installation's secret"
        )


def _read_export(path: Path) -> Iterator["Row"]:
    import msgspec

    from tenfold.store.audit import Row

    decoder = msgspec.json.Decoder(Row)
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    yield decoder.decode(line)
                except msgspec.MsgspecError as error:
                    raise common.CommandError(f"{path}, line {number}: {error}") from None
    except OSError as error:
        raise common.CommandError(f"cannot read {path}: {error.strerror}") from None


def _write(rows: Iterable["Row"], file: BinaryIO) -> None:
    import msgspec

    encoder = msgspec.json.Encoder()
    rows = iter(rows)
    while batch := list(islice(rows, 1_000)):
        file.write(encoder.encode_lines(batch))


def _progress(rows: Iterable["Row"]) -> Iterator["Row"]:
    """Count rows on a terminal's standard error."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed:,} rows"))
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        for row in rows:
            yield row
            bar.advance(task)


def _tell(found: "Verification", as_json: bool) -> None:
    if as_json:
        common.print_json(found)
    elif found.intact:
        typer.echo(f"The chain holds: {found.rows:,} rows, last hash {found.last_hash}")
    else:
        typer.echo(f"The chain is broken at row {found.broken}: {found.reason}")
