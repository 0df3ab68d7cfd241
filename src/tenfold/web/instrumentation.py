"""What happens around every request: an id, security headers, metrics, one line of log.

The log line holds method, route template, status, time and key id: no address, query, body or header.
"""

import logging
import random
import re
import time
from collections.abc import Iterable
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Histogram

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")

# Where a handler (the console) sets one of these itself, its own stands.
SECURITY_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cross-origin-resource-policy": b"same-origin",
}
# A single event answers in about 2 ms, a request of 100,000 in some seconds.
LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

_log = logging.getLogger("tenfold.web.requests")


class Metrics:
    """The counters of one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "tenfold_http_requests_total",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.latency = Histogram(
            "tenfold_http_request_seconds",
            "Time from the first byte of the request to the last of the answer.",
            ["method", "route"],
            registry=self.registry,
            buckets=LATENCY_BUCKETS,
        )
        self.events = Counter(
            "tenfold_events_total",
            "Events received, by outcome: accepted, duplicate or refused.",
            ["outcome"],
            registry=self.registry,
        )
        for outcome in ("accepted", "duplicate", "refused"):
            self.events.labels(outcome)
        # By method, route and status: finding them by their labels costs 10 µs a request.
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        counted = (method, route, status)
        children = self._children.get(counted)
        if children is None:
            children = (self.requests.labels(method, route, str(status)), self.latency.labels(method, route))
            self._children[counted] = children
        children[0].inc()
        children[1].observe(seconds)


class Instrumentation:
    """ASGI middleware that stands outside everything, so that a 404 or a crash is seen too. It counts in the
    `metrics` of the application's state."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (or pass on anything that is not HTTP)."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _request_id(scope)
        scope["state"]["request_id"] = request_id
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _with_headers(message.get("headers", ()), request_id)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            self._record(scope, status, time.perf_counter() - started)

    def _record(self, scope: Any, status: int, seconds: float) -> None:
        # The template, not the path: ids in paths are personal and would make endless metrics.
        route = scope.get("path_template") or "unmatched"
        method = scope["method"] if scope.get("path_template") else "any"
        metrics: Metrics = scope["app"].state.metrics
        metrics.answered(method, route, status, seconds)
        key = getattr(scope.get("auth"), "id", "-")
        _log.info(
            "%s %s %s %d %.1fms key=%s",
            scope["state"]["request_id"],
            method,
            route,
            status,
            seconds * 1000,
            key,
        )


def _request_id(scope: Any) -> str:
    """The caller's X-Request-Id if it is a plain word, else a fresh one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value.decode())
    return f"{random.getrandbits(64):016x}"


def _with_headers(headers: Iterable[tuple[bytes, bytes]], request_id: str) -> list[tuple[bytes, bytes]]:
    given = [*headers, (b"x-request-id", request_id.encode())]
    present = {name.lower() for name, _ in given}
    if present.isdisjoint(SECURITY_HEADERS):
        return [*given, *SECURITY_HEADERS.items()]
    return [*given, *((name, value) for name, value in SECURITY_HEADERS.items() if name not in present)]
