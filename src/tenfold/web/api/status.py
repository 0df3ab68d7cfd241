"""`GET /v1/status`: what waits, what was set aside, what failed."""

from litestar import get

from tenfold.store.status import Status, read_status
from tenfold.web.auth import Scope, requires
from tenfold.web.runtime import Running


@get(
    "/v1/status",
    summary="How the installation is",
    tags=["health"],
    guards=[requires(Scope.STATUS_READ)],
    sync_to_thread=True,
)
def status(runtime: Running) -> Status:
    """Counts are exact unless their name says estimate. `queue` is the number of events that wait."""
    with runtime.pool.connection() as conn:
        return read_status(conn)


handlers = [status]
