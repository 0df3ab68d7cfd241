"""Is the server alive, is it ready, and how is it doing."""

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.datastructures import State
from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily

from tenfold.store import database
from tenfold.web.auth import ApiKey, Scope, requires
from tenfold.web.instrumentation import Metrics
from tenfold.web.problems import Problem
from tenfold.web.runtime import Running

PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Health(msgspec.Struct):
    """`status` is always "ok": anything else is a problem document."""

    status: str = "ok"


@get("/livez", summary="The process runs", tags=["health"], sync_to_thread=False)
def livez() -> Health:
    """Asks nothing of the database: a restart would not mend it."""
    return Health()


@get("/readyz", summary="Requests can be served", tags=["health"], sync_to_thread=True)
def readyz(runtime: Running, state: State) -> Health:
    """The database answers and has every migration that this version needs."""
    with runtime.pool.connection(timeout=2) as conn:
        conn.execute("SELECT 1")
    if not state.get("migrated"):
        pending = database.pending_migrations(runtime.url)
        if pending:
            detail = f"The database misses {', '.join(pending)}; run `tenfold migrate`."
            raise Problem(503, "Migrations missing", detail)
        state["migrated"] = True  # migrations are never taken back while a server runs
    return Health()


@get(
    "/metrics",
    summary="Metrics for Prometheus",
    tags=["health"],
    guards=[requires(Scope.METRICS_READ)],
    media_type=MediaType.TEXT,
    sync_to_thread=True,
)
def metrics(request: Request[None, ApiKey, State], runtime: Running) -> Response[str]:
    """Counts of this process, and the depth of the queue as the database has it now."""
    collected: Metrics = request.app.state.metrics
    with runtime.pool.connection() as conn:
        row = conn.execute(
            """
            SELECT (SELECT count(*) FROM event_queue), (SELECT count(*) FROM event_poison),
                (SELECT count(*) FROM deliveries WHERE state = 'dead'),
                (SELECT count(*) FROM mails WHERE state = 'dead')
            """
        ).fetchone()
    assert row is not None
    text = generate_latest(collected.registry) + generate_latest(_Queue(*row))
    return Response(text.decode(), headers={"content-type": PROMETHEUS_TEXT})


class _Queue:
    """What the database counts, as a collector of its own: concurrent scrapes share no gauge."""

    def __init__(self, waiting: int, poisoned: int, deliveries: int, mails: int) -> None:
        self._depths = {
            "tenfold_queue_events": ("Events waiting to be processed.", waiting),
            "tenfold_poisoned_events": ("Events set aside because they could not be processed.", poisoned),
            "tenfold_dead_deliveries": ("Deliveries to webhooks that were given up.", deliveries),
            "tenfold_dead_mails": ("Mails that were given up; people may not have been called.", mails),
        }

    def collect(self) -> list[GaugeMetricFamily]:
        return [GaugeMetricFamily(name, text, value) for name, (text, value) in self._depths.items()]


handlers = [livez, readyz, metrics]
