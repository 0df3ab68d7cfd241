"""One real PostgreSQL for the whole run; each test that asks for one gets a fresh database in it."""

import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tenfold.store import database
from tenfold.store.embedded import EmbeddedServer

TEMPLATE = "tenfold_template"


def _shared_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short path (unix sockets allow 107 bytes) shared by all xdist workers of this run."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)
    return Path(tempfile.gettempdir()) / f"tf-{run[:12]}"


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a database server whose `tenfold_template` holds the migrated schema."""
    directory = _shared_directory(tmp_path_factory)
    directory.mkdir(exist_ok=True)
    with open(directory / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = EmbeddedServer(directory, durable=False)
        with psycopg.connect(server.url, autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE])
            if found.fetchone() is None:
                database.migrate(server.url)
                connection.execute("SELECT pg_advisory_unlock_all()")
                connection.execute(f"CREATE DATABASE {TEMPLATE}")
                database.migrate(server.url.replace("/tenfold?", f"/{TEMPLATE}?"))
    yield server.url
    with open(directory / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server.stop()
        if not (directory / "postgres" / "postmaster.pid").exists():
            shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def database_url(server_url: str) -> Iterator[str]:
    """URL of a fresh, migrated, empty database."""
    name = f"t_{uuid.uuid4().hex[:16]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE))
        )
    yield server_url.replace("/tenfold?", f"/{name}?")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def conn(database_url: str) -> Iterator[database.Conn]:
    """A connection to a fresh database."""
    with database.connect(database_url) as connection:
        yield connection
