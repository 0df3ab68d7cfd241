"""What commands share: settings, a connection, one form of output for programs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import psycopg

from tenfold import config
from tenfold.config import Settings, SettingsError
from tenfold.store import database
from tenfold.store.database import Conn


class CommandError(Exception):
    """Ends a command with one line that says what is wrong and how to mend it, and exit status 2."""


def settings(**overrides: Any) -> Settings:
    """Settings from the environment and the command line; CommandError when one is unusable."""
    try:
        return config.load(**overrides)
    except SettingsError as error:
        raise CommandError(str(error)) from None


@contextmanager
def database_url(chosen: Settings) -> Iterator[str]:
    """The operator's database, or the embedded one: the running one, or started for this command."""
    from tenfold.store.embedded import EmbeddedServer, connect_url

    url = chosen.database_url or connect_url(chosen.data_dir)
    if url:
        yield url
        return
    server = EmbeddedServer(chosen.data_dir)
    try:
        yield server.url
    finally:
        server.stop()


@contextmanager
def connection(chosen: Settings | None = None) -> Iterator[Conn]:
    """A connection to the migrated store; commits when the block ends well."""
    chosen = chosen or settings()
    with database_url(chosen) as url:
        try:
            database.migrate(url)
            with database.connect(url) as conn:
                yield conn
        except psycopg.OperationalError as error:
            raise CommandError(f"the database cannot be reached: {error}".strip()) from None


def print_json(value: Any) -> None:
    """One JSON document on standard output, for programs."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
