"""Look-ups of a PDQ hash from memory alone, ahead of the framework, which would cost as much again.

Only what needs nothing but memory is answered here: a key that was good in the last seconds, an index that is
not old, entries of which the store need not be asked. All else, and whatever is to be refused, goes on to the
handlers of matching.py, which have the same functions.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Send
from litestar.types import Scope as ASGIScope

from tenfold.web.auth import KeyCache, Scope, bearer
from tenfold.web.hma import matching, wire
from tenfold.web.hma.lookup import Lookup, Near
from tenfold.web.hma.wire import Answer, Refusal
from tenfold.web.problems import Problem

_ADDRESS: Final = re.compile(r"/hma(?:/key/(?P<token>[^/]+))?(?P<route>/m/(?:raw_)?lookup)")
_ANSWERS: Final[Mapping[str, Callable[[Sequence[Near], Mapping[str, str]], Answer]]] = {
    "/m/lookup": matching.matches_answer,
    "/m/raw_lookup": matching.raw_answer,
}


class Direct:
    """ASGI middleware: answers what it can, and hands the rest to the application as it came."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == ScopeType.HTTP and (answer := _from_memory(scope)):
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _from_memory(scope: HTTPScope) -> Answer | None:
    """The answer, and in the scope what a handler would have left there for log and metrics."""
    asked = _ADDRESS.fullmatch(scope["path"])
    if asked is None or scope["method"] != "GET":
        return None
    keys: KeyCache = scope["litestar_app"].state["key_cache"]
    index: Lookup = scope["litestar_app"].state["lookup"]
    token, route = asked["token"], asked["route"]
    try:
        key = keys.find(bearer(scope["headers"]) if token is None else token)
        if key is None or Scope.BANKS_READ not in key.scopes:
            return None
        values = wire.parameters(scope["query_string"])
        if "url" in values or values.get("signal_type") != "pdq":
            return None
        near = index.at_hand(wire.digits("pdq", values.get("signal", ""), "invalid signal"))
    except (Problem, Refusal):
        return None
    if near is None:
        return None
    scope["auth"] = key
    scope["path_template"] = f"/hma{'' if token is None else '/key/{token:str}'}{route}"
    return _ANSWERS[route](near, values)
