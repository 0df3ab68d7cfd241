"""`tenfold worker`: one pipeline worker."""

import os
import signal
import threading
from contextlib import suppress
from typing import Annotated

import typer

from tenfold.cli import common

app = typer.Typer()


@app.command()
def worker(
    parent: Annotated[int | None, typer.Option(hidden=True, help="End when this process is gone.")] = None,
) -> None:
    """Run one pipeline worker, the outbox and maintenance until interrupted.

    Any number may run against one database, on any number of machines.
    """
    # Workers share the cores among themselves: a matrix product must not take them all.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import psycopg

    from tenfold.store import database
    from tenfold.work import Worker

    settings = common.settings()
    with common.database_url(settings) as url:
        with suppress(psycopg.OperationalError):  # a database that is away is waited for
            if missing := database.pending_migrations(url):
                raise common.CommandError(f"the database lacks {', '.join(missing)}; run `tenfold migrate`")
        running = Worker(settings, url)
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        running.run(stop, parent)
