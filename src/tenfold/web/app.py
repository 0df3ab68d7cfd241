"""The web application: every handler, and what holds for all of them."""

from typing import Any

from litestar import Litestar, MediaType, Response, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from tenfold.web import console, hma, openapi
from tenfold.web.api import (
    actions,
    appeals,
    banks,
    cases,
    closures,
    evaluate,
    events,
    figures,
    health,
    link_decisions,
    links,
    media,
    media_lookup,
    policy,
    proposals,
    protectees,
    referrals,
    status,
    threat_figures,
    threats,
    webhooks,
)
from tenfold.web.auth import KeyCache
from tenfold.web.hma.direct import Direct
from tenfold.web.hma.files import Files
from tenfold.web.hma.lookup import Lookup
from tenfold.web.instrumentation import Instrumentation, Metrics
from tenfold.web.limits import RateLimiter
from tenfold.web.oidc.provider import Provider
from tenfold.web.problems import EXCEPTION_HANDLERS
from tenfold.web.runtime import Runtime

# Of bodies other than those of /v1/events, which has limits of its own.
MAX_BODY = 4 * 1024 * 1024


def _runtime(state: State) -> Runtime:
    found: Runtime = state["runtime"]
    return found


DEPENDENCIES = {"runtime": Provide(_runtime, sync_to_thread=False)}

API_HANDLERS: list[ControllerRouterHandler] = [
    *events.handlers,
    *media.handlers,
    *media_lookup.handlers,
    *evaluate.handlers,
    *links.handlers,
    *link_decisions.handlers,
    *closures.handlers,
    *protectees.handlers,
    *referrals.handlers,
    *status.handlers,
    *banks.handlers,
    *cases.handlers,
    *proposals.handlers,
    *figures.handlers,
    *appeals.handlers,
    *threats.handlers,
    *threat_figures.handlers,
    *policy.handlers,
    *actions.handlers,
    *webhooks.handlers,
    *health.handlers,
]


def create_app(runtime: Runtime) -> Litestar:
    """The application around one runtime; run it under any ASGI server."""
    app = assemble()
    put_around(app, runtime)
    return app


def assemble() -> Litestar:
    """Every handler in its place, which takes half a second of computing; before it runs, `put_around`."""
    app = Litestar(
        [*API_HANDLERS, *hma.routers(), openapi_json, *console.handlers],
        dependencies=DEPENDENCIES,
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=None,
        logging_config=None,
        on_shutdown=[_close_files],
        request_max_body_size=MAX_BODY,
    )
    app.asgi_handler = Instrumentation(Direct(app.asgi_handler))
    return app


def put_around(app: Litestar, runtime: Runtime) -> None:
    """Give a runtime to an application that does not run; of one that it had before nothing stays."""
    app.state = State(
        {
            "runtime": runtime,
            "metrics": Metrics(),
            "lookup": Lookup(runtime.pool),
            "files": Files(runtime.settings),
            "key_cache": KeyCache(),
            "rate_limiter": RateLimiter(runtime.settings.events_per_second),
            "oidc": Provider(runtime.settings) if runtime.settings.oidc_issuer else None,
        }
    )


def _close_files(app: Litestar) -> None:
    app.state.files.close()


@get("/openapi.json", include_in_schema=False, sync_to_thread=True)
def openapi_json(state: State) -> Response[dict[str, Any]]:
    """The description of this API; made when first asked for."""
    if "openapi" not in state:
        state["openapi"] = openapi.document(API_HANDLERS, DEPENDENCIES)
    return Response(state["openapi"], media_type=MediaType.JSON)
