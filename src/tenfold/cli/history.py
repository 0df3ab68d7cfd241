"""`tenfold history`: what the store knows, as Parquet files."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenfold.cli import common, progress

if TYPE_CHECKING:
    from tenfold.linkage.manifest import Manifest

app = typer.Typer()

EXIT_INTERRUPTED = 130
FOLDER = "history"  # in the data folder


@app.callback()
def group() -> None:
    """Keeps `export` a command of its own."""


@app.command()
def export(
    *,
    out: Annotated[
        Path | None, typer.Option(help="An empty folder, or that of an export which was interrupted.")
    ] = None,
    texts: Annotated[
        bool, typer.Option("--texts", help="With the texts of posts; sweeps do not need them.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Write accounts, closures, decisions, ties and posts. Run it again after an interruption: it goes on.

    The files hold what the database holds, tokens instead of addresses and devices; keep them as safe.
    Exit status: 0 written, 2 it cannot be written, 130 interrupted.
    """
    from tenfold.linkage.export import Export
    from tenfold.linkage.manifest import HistoryError

    settings = common.settings()
    folder = out or settings.data_dir / FOLDER
    try:
        with common.connection(settings) as conn, progress.steps() as show:
            manifest = Export(conn, folder, datetime.now(UTC), texts=texts, progress=show).run()
    except HistoryError as error:
        raise common.CommandError(str(error)) from None
    except OSError as error:  # no such place, not ours to write, no room left
        raise common.CommandError(f"{error.filename or folder}: {error.strerror}") from None
    except KeyboardInterrupt:
        typer.echo("interrupted; run the same command again and it goes on where it was", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if as_json:
        common.print_json(_report(folder, manifest))
        return
    for name, written in manifest.tables.items():
        typer.echo(f"{folder / name}: {written.rows:,} rows in {len(written.parts)} files")


def _report(folder: Path, manifest: "Manifest") -> dict[str, Any]:
    tables = {name: {"rows": t.rows, "files": len(t.parts)} for name, t in manifest.tables.items()}
    return {"folder": str(folder), "accounts": manifest.accounts, "tables": tables}
