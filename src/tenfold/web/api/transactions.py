"""Handlers that are one transaction are tried once more when it collided with another."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from psycopg.errors import DeadlockDetected, SerializationFailure

_P = ParamSpec("_P")
_R = TypeVar("_R")


def retried(handler: Callable[_P, _R]) -> Callable[_P, _R]:
    """The handler, called again if PostgreSQL gave up its transaction so that another could go on.

    For handlers whose only effect is one transaction. A second collision is raised, and answered with 503.
    """

    @functools.wraps(handler)
    def attempt(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return handler(*args, **kwargs)
        except (DeadlockDetected, SerializationFailure):
            return handler(*args, **kwargs)

    return attempt
