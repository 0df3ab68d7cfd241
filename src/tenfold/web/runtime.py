"""What every request handler needs, made once when the server starts."""

import msgspec
from litestar.di import NamedDependency
from psycopg_pool import ConnectionPool

from tenfold.config import Settings
from tenfold.evaluate import Evaluator
from tenfold.store.database import Conn


class Runtime(msgspec.Struct, frozen=True, kw_only=True):
    """Handlers ask for it as the dependency `runtime: Running`.

    `url` is the database's, `secret` the installation's key (`config.secret_key`). `evaluator` answers
    "what would be done with this event?" without filing anything; None when the server has no rules.
    """

    settings: Settings
    url: str
    pool: ConnectionPool[Conn]
    secret: bytes
    evaluator: Evaluator | None = None


Running = NamedDependency[Runtime]  # what handlers write for their parameter `runtime`
