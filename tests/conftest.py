"""A real PostgreSQL for each worker; each test that asks for one gets a fresh database in it."""

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from psycopg_pool import ConnectionPool

from tenfold import config
from tenfold.store import database, keys
from tests.databases import Databases
from tests.enforcement.mailboxes import Mailbox, mailbox

if TYPE_CHECKING:
    from litestar import Litestar
    from litestar.testing import TestClient

    from tenfold.web.runtime import Runtime


# How long a test may take is said in pyproject.toml; an example among many may be slow on a busy machine.
settings.register_profile("tenfold", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tenfold")


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the garbage collector need not walk it again and again."""
    gc.freeze()


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """This worker's database server, and templates of databases on it."""
    made = Databases()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def server_url(databases: Databases) -> str:
    """URL of a database on this worker's server from which others can be made."""
    return databases.server_url


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """URL of a fresh, migrated, empty database."""
    with databases.copy() as url:
        yield url


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

    from tenfold.web.runtime import Runtime
    from tests.apps import application

    pool = database.pool(database_url, 4)
    running = ExitStack()

    def start(evaluator: Any = None, **chosen: Any) -> Server:
        runtime = Runtime(
            settings=config.load({}, **chosen),
            url=database_url,
            pool=pool,
            secret=SECRET,
            evaluator=evaluator,
        )
        app = running.enter_context(application(runtime))
        client = running.enter_context(TestClient(app, raise_server_exceptions=False))
        return Server(client, runtime)

    with pool, running:
        yield start


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    """The web application with default settings."""
    return serve()
