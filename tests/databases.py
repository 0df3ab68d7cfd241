"""Databases of tests: copies of templates on a server of the worker's own."""

import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from tenfold.store import database
from tenfold.store.database import Conn
from tenfold.store.embedded import EmbeddedServer

MIGRATED = "tenfold_template"  # the schema and nothing else
PREFIX = "tf-"  # of the folder of a server; then the number of the process that has it
MEMORY = Path("/dev/shm")
ROOM = 4 * 2**30  # bytes free in memory, with which a server is well below half of them
THROWN_AWAY = {"full_page_writes": "off", "max_wal_size": "512MB"}


def parent() -> Path:
    """The folder for a server: in memory where there is room.

    A database is a thousand files, and ext4, which gives no inode away again for a minute, takes longer to
    find free ones than PostgreSQL takes to fill them.
    """
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK):
        free = min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available)
        if free > ROOM:
            return MEMORY
    return Path(tempfile.gettempdir())


def _remove_left_behind(above: Path) -> None:
    """Servers of workers that were killed, which would keep their memory for ever."""
    for folder in above.glob(f"{PREFIX}*-*"):
        owner = folder.name.removeprefix(PREFIX).split("-")[0]
        if not owner.isdecimal() or psutil.pid_exists(int(owner)):
            continue
        with suppress(OSError, ValueError, IndexError):
            os.kill(int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0]), signal.SIGINT)
        shutil.rmtree(folder, ignore_errors=True)


class Databases:
    """A server of databases. Each worker of a run has its own: what waits for transactions of before, as
    hunts for returns do, waits for those of every database of a server."""

    def __init__(self) -> None:
        above = parent()
        _remove_left_behind(above)
        # A short path: unix sockets allow 107 bytes.
        self._folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=above))
        self._folder.chmod(0o755)  # PostgreSQL runs as another user where root runs the tests
        self._server = EmbeddedServer(self._folder, durable=False)
        self.server_url = self._server.url
        self._filled: set[str] = set()
        with self._connection() as connection:
            for name, value in THROWN_AWAY.items():
                command = sql.SQL("ALTER SYSTEM SET {} = {}")
                connection.execute(command.format(sql.Identifier(name), sql.Literal(value)))
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(MIGRATED)))
        database.migrate(self.url(MIGRATED))

    def url(self, name: str) -> str:
        """Where to connect to the database of this name."""
        return self.server_url.replace("/tenfold?", f"/{name}?")

    def filled(self, name: str, fill: Callable[[Conn], object]) -> str:
        """`name` of a template: the schema and what `fill`, which is called the first time, does with a
        connection to it. For `copy`, which waits for whoever is connected."""
        if name not in self._filled:
            self._copy(MIGRATED, name)
            with database.connect(self.url(name)) as conn:
                fill(conn)
            self._filled.add(name)
        return name

    @contextmanager
    def copy(self, template: str = MIGRATED) -> Iterator[str]:
        """The URL of a fresh copy of a template, dropped at the end with whoever is connected to it."""
        name = f"t_{uuid.uuid4().hex[:16]}"
        self._copy(template, name)
        yield self.url(name)
        with self._connection() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def stop(self) -> None:
        """End the server and remove all of it."""
        self._server.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _copy(self, template: str, name: str) -> None:
        # Copying files takes a fifth of the time that writing every block to the log takes.
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        with self._connection() as connection:
            connection.execute(command.format(sql.Identifier(name), sql.Identifier(template)))

    def _connection(self) -> Conn:
        return psycopg.connect(self.server_url, autocommit=True)
