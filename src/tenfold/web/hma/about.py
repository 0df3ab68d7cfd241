"""What the Hasher-Matcher-Actioner API says of the server: whether it lives, its types, its index."""

from typing import Any

from litestar import MediaType, get

from tenfold.web.auth import Scope
from tenfold.web.hma import wire
from tenfold.web.hma.matching import held
from tenfold.web.hma.wire import CONTENTS, SIGNALS, Answer, answer
from tenfold.web.runtime import Running


@get(["/status", "/status/live"], opt={"public": True}, media_type=MediaType.TEXT, sync_to_thread=True)
def alive(runtime: Running) -> str:
    """Alive, and the database answers."""
    with runtime.pool.connection() as conn:
        conn.execute("SELECT 1")
    return "I-AM-ALIVE"


@get("/c/signal_type", guards=[wire.needs(Scope.BANKS_READ)], sync_to_thread=False)
def signal_types() -> Answer:
    """The types of signals."""
    return answer([{"enabled_ratio": 1.0, "name": name} for name in SIGNALS])


@get("/c/signal_type/index", guards=[wire.needs(Scope.BANKS_READ)], sync_to_thread=True)
def signal_index(runtime: Running) -> Answer:
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
def content_types() -> Answer:
    """The types of content."""
    return answer([{"enabled": True, "name": name} for name in CONTENTS])


handlers = [alive, signal_types, signal_index, content_types]
