"""`/c/exchanges`: the lists of exchanges that banks hold, as the Hasher-Matcher-Actioner API tells of them.

They come in files (`tenfold banks import`), not over the network, so what is fetched there was imported here,
and an exchange bears the name of its bank. Changes are refused with the way to make them.
"""

from typing import Any, Final

from litestar import get, post, route
from litestar.params import FromPath

from tenfold.detectors.exchanges.formats import FORMATS
from tenfold.store import exchanges
from tenfold.store.exchanges import Exchange
from tenfold.web.auth import Scope
from tenfold.web.hma import wire
from tenfold.web.hma.banks import NAME
from tenfold.web.hma.wire import Answer, Body, Refusal, answer
from tenfold.web.runtime import Running

_BY_FILE: Final = "lists are not fetched, but taken in as files: tenfold banks import BANK FILE"


@get("/c/exchanges/apis", guards=[wire.needs(Scope.BANKS_READ)], sync_to_thread=False)
def types() -> Answer:
    """The types of exchanges whose lists can be taken in."""
    return answer(FORMATS)


@get("/c/exchanges/api/{api:str}", guards=[wire.needs(Scope.BANKS_READ)], sync_to_thread=False)
def type_(api: FromPath[str]) -> Answer:
    """A type of exchange; files need no credentials."""
    _known(api)
    return answer({"has_set_authentification": False, "supports_authentification": False})


@get("/c/exchanges/api/{api:str}/schema", guards=[wire.needs(Scope.BANKS_READ)], sync_to_thread=False)
def schema(api: FromPath[str]) -> Answer:
    """What there is to set about a type of exchange: nothing."""
    _known(api)
    return answer({"config_schema": {"fields": []}, "credentials_schema": None})


@get("/c/exchanges", guards=[wire.needs(Scope.BANKS_READ)], sync_to_thread=True)
def names(runtime: Running) -> Answer:
    """The exchanges whose lists were taken in."""
    with runtime.pool.connection() as conn:
        return answer(exchanges.listing(conn))


@get("/c/exchange/{name:str}", guards=[wire.needs(Scope.BANKS_READ)], sync_to_thread=True)
def one(runtime: Running, name: FromPath[str]) -> Answer:
    """One exchange."""
    found = _exchange(runtime, name)
    return answer({"name": found.name, "api": found.api, "enabled": found.enabled})


@get("/c/exchange/{name:str}/status", guards=[wire.needs(Scope.BANKS_READ)], sync_to_thread=True)
def status(runtime: Running, name: FromPath[str]) -> Answer:
    """How many records stand, when the last list was taken in, and how new its newest record is.

    A list is taken in whole or not at all, so there is never one that failed or is under way.
    """
    found = _exchange(runtime, name)
    told: dict[str, Any] = {
        "checkpoint_ts": int(found.newest_at.timestamp()) if found.newest_at else None,
        "fetched_items": found.records,
        "last_fetch_complete_ts": int(found.imported_at.timestamp()),
        "last_fetch_succeeded": True,
        "running_fetch_start_ts": None,
        "up_to_date": True,
    }
    return answer(told)


@post("/c/exchanges", guards=[wire.needs(Scope.BANKS_WRITE)], sync_to_thread=False)
def add(raw: Body) -> Answer:
    """Fetch a list from an exchange."""
    given = wire.fields(raw)
    if not isinstance(given.get("bank"), str) or not NAME.fullmatch(given["bank"]):
        raise Refusal(400, "Field `bank` must match /^[A-Z0-9_]+$/")
    api = str(given.get("api", ""))
    if api not in FORMATS:
        raise Refusal(400, f"No such exchange type {api[:100]!r}")
    raise Refusal(400, _BY_FILE)


@route(
    "/c/exchange/{name:str}",
    http_method=["PUT", "DELETE"],
    status_code=200,
    guards=[wire.needs(Scope.BANKS_WRITE)],
    sync_to_thread=True,
)
def change(runtime: Running, name: FromPath[str]) -> Answer:
    """Change or remove an exchange."""
    _exchange(runtime, name)
    raise Refusal(400, f"{_BY_FILE}; its bank can be disabled or deleted")


def _known(api: str) -> None:
    if api not in FORMATS:
        raise Refusal(400, f"no such Exchange API {api[:100]!r}")


def _exchange(runtime: Running, name: str) -> Exchange:
    if NAME.fullmatch(name):
        with runtime.pool.connection() as conn:
            found = exchanges.by_name(conn, name)
        if found is not None:
            return found
    raise Refusal(404, f"Exchange {name[:100]!r} not found")


handlers = [types, type_, schema, names, one, status, add, change]
