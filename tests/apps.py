"""The web application as tests run it: assembled once a worker, and given another runtime for each test."""

from collections.abc import Iterator
from contextlib import contextmanager

from litestar import Litestar

from tenfold.web.app import assemble, put_around
from tenfold.web.runtime import Runtime

_idle: list[Litestar] = []


@contextmanager
def application(runtime: Runtime) -> Iterator[Litestar]:
    """The application around this runtime, for nobody else meanwhile; start and stop it within."""
    app = _idle.pop() if _idle else assemble()
    put_around(app, runtime)
    yield app
    _idle.append(app)
