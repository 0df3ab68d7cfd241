"""What the Hasher-Matcher-Actioner API says of the server: whether it lives, types, exchanges, its routes.

Lists are fetched from no exchange yet, so there is none to name; clients see an empty list and are told that
a type is not known.
"""

from typing import Any

from litestar import MediaType, Request, Response, get, post, route
from litestar.datastructures import State
from litestar.params import FromPath

from tenfold.web.auth import ApiKey, Scope
from tenfold.web.hma import wire
from tenfold.web.hma.matching import held
from tenfold.web.hma.wire import CONTENTS, SIGNALS, Body, Refusal, answer
from tenfold.web.runtime import Running

Auth = Request[None, ApiKey, State]


@get(["/status", "/status/live"], opt={"public": True}, media_type=MediaType.TEXT, sync_to_thread=True)
def alive(runtime: Running) -> str:
    """Alive, and the database answers."""
    with runtime.pool.connection() as conn:
        conn.execute("SELECT 1")
    return "I-AM-ALIVE"


@get("/c/signal_type", guards=[wire.needs(Scope.BANKS_READ)], sync_to_thread=False)
def signal_types() -> Response[bytes]:
    """The types of signals."""
    return answer([{"enabled_ratio": 1.0, "name": name} for name in SIGNALS])


@get("/c/signal_type/index", guards=[wire.needs(Scope.BANKS_READ)], sync_to_thread=True)
def signal_index(runtime: Running) -> Response[bytes]:
    """How far the index is; it is never behind."""
    return answer({name: _index(size, newest) for name, (size, newest) in held(runtime, SIGNALS).items()})


def _index(size: int, newest: int) -> dict[str, Any]:
    return {
        "db_size": size,
        "index_size": size,
        "index_out_of_date": False,
        "newest_db_item": newest,
        "index_built_to": newest,
    }


@get("/c/content_type", guards=[wire.needs(Scope.BANKS_READ)], sync_to_thread=False)
def content_types() -> Response[bytes]:
    """The types of content."""
    return answer([{"enabled": True, "name": name} for name in CONTENTS])


@get(["/c/exchanges", "/c/exchanges/apis"], guards=[wire.needs(Scope.BANKS_READ)], sync_to_thread=False)
def exchanges() -> Response[bytes]:
    """The exchanges from which lists are fetched, and the types that there are."""
    return answer([])


@get(
    ["/c/exchanges/api/{api:str}", "/c/exchanges/api/{api:str}/schema"],
    guards=[wire.needs(Scope.BANKS_READ)],
    sync_to_thread=False,
)
def exchange_type(api: FromPath[str]) -> Response[bytes]:
    """A type of exchange."""
    raise Refusal(400, f"no such Exchange API {api[:100]!r}")


@post("/c/exchanges", guards=[wire.needs(Scope.BANKS_WRITE)], sync_to_thread=False)
def add_exchange(raw: Body) -> Response[bytes]:
    """Fetch a list from an exchange."""
    raise Refusal(400, f"No such exchange type {str(wire.fields(raw).get('api', ''))[:100]!r}")


@get(
    ["/c/exchange/{name:str}", "/c/exchange/{name:str}/status"],
    guards=[wire.needs(Scope.BANKS_READ)],
    sync_to_thread=False,
)
def exchange(name: FromPath[str]) -> Response[bytes]:
    """One exchange."""
    raise Refusal(404, f"Exchange {name[:100]!r} not found")


@route(
    "/c/exchange/{name:str}",
    http_method=["PUT", "DELETE"],
    status_code=200,
    guards=[wire.needs(Scope.BANKS_WRITE)],
    sync_to_thread=False,
)
def change_exchange(name: FromPath[str]) -> Response[bytes]:
    """Change or remove an exchange."""
    raise Refusal(404, f"Exchange {name[:100]!r} not found")


handlers = [
    alive,
    signal_types,
    signal_index,
    content_types,
    exchanges,
    exchange_type,
    add_exchange,
    exchange,
    change_exchange,
]
