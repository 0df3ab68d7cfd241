"""`tenfold serve`: everything in one command."""

from typing import Annotated

import typer

from tenfold.cli import common

app = typer.Typer()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(help="Pipeline workers to run; 0 for none.")] = None,
) -> None:
    """Run everything: API, console, workers and, unless TENFOLD_DATABASE_URL names one, PostgreSQL."""
    import os

    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from tenfold.web.server import Server

    Server(common.settings(host=host, port=port, workers=workers)).run()
