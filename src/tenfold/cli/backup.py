"""`tenfold backup`."""

from pathlib import Path
from typing import Annotated

import typer

from tenfold.cli import common

app = typer.Typer()


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")]) -> None:
    """Write everything to one file: the database, as of one moment, and the installation's secret.

    The server may go on running. Keep the file as safe as the installation itself.
    """
    from tenfold.store.archive import ArchiveError, write

    settings = common.settings()
    with common.database_url(settings) as url:
        try:
            size = write(file, url, settings)
        except ArchiveError as error:
            raise common.CommandError(str(error)) from None
    typer.echo(f"{file}: {size / 1e6:,.1f} MB")
