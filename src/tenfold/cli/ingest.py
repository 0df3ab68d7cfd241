"""`tenfold ingest`: files into the store."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenfold.cli import common, progress

if TYPE_CHECKING:
    from tenfold.intake.files import Report

app = typer.Typer()

EXIT_REFUSED = 1
EXIT_INTERRUPTED = 130


@app.command()
def ingest(
    files: Annotated[list[Path], typer.Argument(help="NDJSON, CSV (.gz, .zst too) or Parquet.")],
    *,
    mapping: Annotated[
        str | None, typer.Option(help="How columns become events: a shipped mapping, or a YAML file.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Where the events come from; part of their identity.")
    ] = None,
    refused: Annotated[
        Path | None, typer.Option(help="Where refused rows go; by default NAME.refused.* in this folder.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Read files from the start that were ingested before.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Bring history in. Run it again after an interruption: it goes on where it was, and nothing doubles.

    Exit status: 0 all taken, 1 some rows refused, 2 a file cannot be read, 130 interrupted.
    """
    from tenfold.config import secret_key
    from tenfold.intake.files import FileIngest, Options
    from tenfold.intake.mapping import MappingError, load
    from tenfold.intake.tables import FileError

    if refused is not None and len(files) > 1:
        raise common.CommandError("--refused names one file; ingest the files one by one")
    settings = common.settings()
    reports: list[Report] = []
    try:
        options = Options(
            mapping=load(mapping, source) if mapping else None,
            source=source,
            refused=refused,
            again=again,
            max_event=settings.max_event,
            files=bool(settings.uploads_dir),
        )
        with common.connection(settings) as conn:
            for path in files:
                run = FileIngest(conn, secret_key(settings), path, options)
                with progress.bar(path.name, path.stat().st_size if path.exists() else 0) as show:
                    reports.append(run.run(show))
    except (FileError, MappingError) as error:
        raise common.CommandError(str(error)) from None
    except KeyboardInterrupt:
        typer.echo("interrupted; run the same command again and it goes on where it was", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    finally:
        _show(reports, as_json=as_json)
    if any(report.refused and not report.already_done for report in reports):
        raise typer.Exit(EXIT_REFUSED)


def _show(reports: Sequence["Report"], *, as_json: bool) -> None:
    if as_json:
        common.print_json({"files": reports})
        return
    for report in reports:
        if report.already_done:
            typer.echo(f"{report.file}: ingested before; nothing to do (--again reads it once more)")
            continue
        resumed = f", went on after row {report.resumed_at:,}" if report.resumed_at else ""
        typer.echo(
            f"{report.file}: {report.rows:,} rows, {report.accepted:,} events accepted,"
            f" {report.duplicates:,} duplicates, {report.refused:,} rows refused{resumed}"
        )
        if report.refused_file:
            typer.echo(f"  refused rows and why: {report.refused_file}; mend them and ingest that file")
