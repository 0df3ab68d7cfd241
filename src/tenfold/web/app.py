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
from tenfold.web.hma.files import Files
from tenfold.web.hma.lookup import Lookup
from tenfold.web.instrumentation import Instrumentation, Metrics
from tenfold.web.limits import RateLimiter
from tenfold.web.oidc.provider import Provider
from tenfold.web.problems import EXCEPTION_HANDLERS
from tenfold.web.runtime import Runtime

# Of bodies other than those of /v1/events, which has limits of its own.
MAX_BODY = 4 * 1024 * 1024

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

    def provide_runtime() -> Runtime:
        return runtime

    dependencies = {"runtime": Provide(provide_runtime, sync_to_thread=False)}
    metrics = Metrics()
    files = Files(runtime.settings)
    lookup = Lookup(runtime.pool)
    app = Litestar(
        [*API_HANDLERS, *hma.routers(lookup, files), openapi_json, *console.handlers],
        dependencies=dependencies,
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=None,
        logging_config=None,
        on_shutdown=[files.close],
        request_max_body_size=MAX_BODY,
        state=State(
            {
                "runtime": runtime,
                "metrics": metrics,
                "lookup": lookup,
                "files": files,
                "key_cache": KeyCache(),
                "rate_limiter": RateLimiter(runtime.settings.events_per_second),
                "dependencies": dependencies,
                "oidc": Provider(runtime.settings) if runtime.settings.oidc_issuer else None,
            }
        ),
    )
    app.asgi_handler = Instrumentation(app.asgi_handler, metrics)
    return app


@get("/openapi.json", include_in_schema=False, sync_to_thread=True)
def openapi_json(state: State) -> Response[dict[str, Any]]:
    """The description of this API; made when first asked for."""
    if "openapi" not in state:
        state["openapi"] = openapi.document(API_HANDLERS, state["dependencies"])
    return Response(state["openapi"], media_type=MediaType.JSON)
