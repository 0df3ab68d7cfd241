"""`tenfold migrate`."""

from typing import Annotated

import typer

from tenfold.cli import common

app = typer.Typer()


@app.command()
def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 if something is missing.")
    ] = False,
) -> None:
    """Bring the database to this version's schema (`serve` does it too, at start)."""
    from tenfold.store import database

    with common.database_url(common.settings()) as url:
        names = database.pending_migrations(url) if check else database.migrate(url)
    for name in names:
        typer.echo(f"{'missing' if check else 'applied'} {name}")
    if not names:
        typer.echo("the database is up to date")
    if check and names:
        raise typer.Exit(1)
