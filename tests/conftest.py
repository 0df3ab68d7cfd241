"""One real PostgreSQL for the whole run; each test that asks for one gets a fresh database in it."""

import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from psycopg_pool import ConnectionPool

from tenfold import config
from tenfold.store import database, keys
from tenfold.store.embedded import EmbeddedServer
from tests.enforcement.mailboxes import Mailbox, mailbox

if TYPE_CHECKING:
    from litestar import Litestar
    from litestar.testing import TestClient

    from tenfold.web.runtime import Runtime

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
            # Copying files takes a fifth of the time that writing every block to the log takes.
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE)
            )
        )
    yield server_url.replace("/tenfold?", f"/{name}?")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def conn(database_url: str) -> Iterator[database.Conn]:
    """A connection to a fresh database."""
    with database.connect(database_url) as connection:
        yield connection


SECRET = b"the installation's key, for tests"


@dataclass
class Server:
    """A client of the running web application, the runtime behind it, and a maker of API keys."""

    client: "TestClient[Litestar]"
    runtime: "Runtime"

    def key(self, *scopes: keys.Scope) -> dict[str, str]:
        """Headers that carry a fresh API key with these scopes."""
        with self.runtime.pool.connection() as conn:
            _, token = keys.create(conn, SECRET, name="test", scopes=scopes)
        return {"authorization": f"Bearer {token}"}


@pytest.fixture
def pool(database_url: str) -> Iterator[ConnectionPool[database.Conn]]:
    """A pool of connections to the test's own database."""
    with database.pool(database_url, 4) as opened:
        yield opened


@pytest.fixture
def box() -> Iterator[Mailbox]:
    """A real mail server and what it received."""
    with mailbox() as running:
        yield running


@pytest.fixture
def serve(database_url: str) -> Iterator[Callable[..., Server]]:
    """Start the web application with chosen settings and parts of the runtime: `serve(max_event=100)`."""
    from litestar.testing import TestClient

    from tenfold.web.app import create_app
    from tenfold.web.runtime import Runtime

    pool = database.pool(database_url, 4)
    clients: list[TestClient[Litestar]] = []

    def start(evaluator: Any = None, **settings: Any) -> Server:
        runtime = Runtime(
            settings=config.load({}, **settings),
            url=database_url,
            pool=pool,
            secret=SECRET,
            evaluator=evaluator,
        )
        client = TestClient(create_app(runtime), raise_server_exceptions=False)
        client.__enter__()
        clients.append(client)
        return Server(client, runtime)

    yield start
    for client in clients:
        client.__exit__(None, None, None)
    pool.close()


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    """The web application with default settings."""
    return serve()
