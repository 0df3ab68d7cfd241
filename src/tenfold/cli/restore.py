"""`tenfold restore`."""

from pathlib import Path
from typing import Annotated

import typer

from tenfold.cli import common

app = typer.Typer()


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="A file that `tenfold backup` wrote.")]) -> None:
    """Bring a backup into an empty database. A database that holds events or accounts is refused."""
    from tenfold.store.archive import ArchiveError, read

    settings = common.settings()
    with common.database_url(settings) as url:
        try:
            read(file, url, settings)
        except ArchiveError as error:
            raise common.CommandError(str(error)) from None
    typer.echo(f"{file}: restored")
