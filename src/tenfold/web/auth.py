"""Who is calling the API: `Authorization: Bearer tf_...`, checked against the scopes of the key."""

import hashlib
import threading
import time
from collections.abc import Callable, Coroutine, Iterable
from datetime import UTC, datetime
from typing import Any

from anyio import to_thread
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from tenfold.store import keys
from tenfold.store.keys import ApiKey, Scope
from tenfold.web.problems import Problem
from tenfold.web.runtime import Runtime

__all__ = ["ApiKey", "KeyCache", "Scope", "allow", "bearer", "requires"]

CACHE_SECONDS = 2.0  # how long a revoked key may go on working
CACHE_SIZE = 10_000

Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Coroutine[Any, Any, None]]


class KeyCache:
    """Keys seen in the last seconds, so that not every request asks the database.

    Holds hashes of keys, never keys, and only of keys that were good.
    """

    def __init__(self, seconds: float = CACHE_SECONDS) -> None:
        self._seconds = seconds
        self._found: dict[bytes, tuple[float, ApiKey]] = {}  # until when the key is taken for good
        self._lock = threading.Lock()

    def find(self, token: str) -> ApiKey | None:
        """The key if it was found good within the last seconds, and has not expired since."""
        until, key = self._found.get(_digest(token), _UNKNOWN)
        return key if time.monotonic() < until else None

    def keep(self, token: str, key: ApiKey) -> None:
        """Remember that this key is good."""
        left = self._seconds
        if key.expires_at is not None:
            left = min(left, (key.expires_at - datetime.now(UTC)).total_seconds())
        with self._lock:
            if len(self._found) >= CACHE_SIZE:
                self._found.clear()
            self._found[_digest(token)] = (time.monotonic() + left, key)


_UNKNOWN: tuple[float, None] = (0.0, None)


def _digest(token: str) -> bytes:
    return hashlib.blake2b(token.encode(), digest_size=32).digest()


def bearer(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The key in the headers of a request; raises Problem with 401 where there is none."""
    given = next((value for name, value in headers if name == b"authorization"), b"")
    scheme, _, token = given.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem(
            401,
            "API key missing",
            "Send the header `Authorization: Bearer tf_...`; `tenfold keys create` makes a key.",
            headers={"www-authenticate": 'Bearer realm="tenfold"'},
        )
    return token.strip()


def _look_up(runtime: Runtime, token: str) -> ApiKey | None:
    with runtime.pool.connection() as conn:
        return keys.authenticate(conn, runtime.secret, token)


async def _authenticate(connection: ASGIConnection[Any, Any, Any, Any], token: str) -> ApiKey:
    cache: KeyCache = connection.app.state.key_cache
    key = cache.find(token)
    if key is None:
        key = await to_thread.run_sync(_look_up, connection.app.state.runtime, token)
        if key is None:
            raise Problem(
                401,
                "API key not accepted",
                "This key is unknown, revoked or expired; `tenfold keys list` shows which keys there are.",
                headers={"www-authenticate": 'Bearer realm="tenfold", error="invalid_token"'},
            )
        cache.keep(token, key)
    return key


def requires(scope: Scope) -> Guard:
    """A guard: lets in callers whose key has `scope`, and sets `request.auth` to the ApiKey."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        await allow(connection, scope)

    return guard


async def allow(
    connection: ASGIConnection[Any, Any, Any, Any], scope: Scope, *, token: str | None = None
) -> None:
    """Let in a caller whose key has `scope`, and set `request.auth` to the ApiKey. `token`: a key that came
    otherwise than in the header. Raises Problem with 401 or 403."""
    key = await _authenticate(connection, bearer(connection.scope["headers"]) if token is None else token)
    connection.scope["auth"] = key
    if scope not in key.scopes:
        raise Problem(
            403,
            "Scope missing",
            f"This needs a key with the scope {scope}; this one has {', '.join(key.scopes)}.",
        )
