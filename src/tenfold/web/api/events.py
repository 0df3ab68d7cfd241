"""`POST /v1/events`: the platform tells what happened."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import msgspec
from anyio import to_thread
from litestar import MediaType, Request, Response, post
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from tenfold.intake import cloudevents
from tenfold.intake.acceptance import Acceptor, EventResult
from tenfold.intake.bodies import BodyError, EventBody, Form, Limits
from tenfold.intake.decompression import DECOMPRESSORS
from tenfold.web.auth import ApiKey, Scope, requires
from tenfold.web.problems import Problem
from tenfold.web.runtime import Running, Runtime

HAND_OVER = 256 * 1024  # bytes of body gathered before a thread works on them
ALL_RESULTS_UP_TO = 100  # events; of larger requests only duplicates and refusals are listed
DRAINED = 4  # a refused body is read on to this many times the limit, so that the answer is heard

JSON = "application/json"
NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl")
CLOUDEVENT = "application/cloudevents+json"
CLOUDEVENTS = "application/cloudevents-batch+json"
FORMS: dict[str, Form] = {
    JSON: "json",
    **dict.fromkeys(NDJSON, "lines"),
    CLOUDEVENT: "single",
    CLOUDEVENTS: "array",
}

Auth = Request[None, ApiKey, State]


class EventsAnswer(msgspec.Struct, kw_only=True):
    """What became of the events of one request, committed before this is sent."""

    accepted: int
    duplicates: int
    refused: int
    results: list[EventResult]


def _media_type(request: Auth) -> str:
    name, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.lower().replace(" ", "").partition("charset=")[2].partition(";")[0].strip('"')
    name = name.strip().lower()
    if name not in FORMS or charset not in ("", "utf-8", "utf8", "us-ascii"):
        known = ", ".join(FORMS)
        raise Problem(415, "Unsupported media type", f"Send one of {known}, in UTF-8.")
    return name


def _acceptor(request: Auth, runtime: Runtime, media_type: str) -> tuple[Acceptor, Form]:
    """What checks the events, and the form of the body."""
    settings = runtime.settings
    files = bool(settings.uploads_dir)
    if media_type == JSON and "ce-specversion" in request.headers:
        headers = dict(request.headers)

        def convert(body: bytes) -> bytes:
            return cloudevents.to_wire(cloudevents.from_headers(headers, body))

        return Acceptor(runtime.secret, settings.max_event, convert, files=files), "single"
    of_cloudevents = media_type in (CLOUDEVENT, CLOUDEVENTS)
    converter = cloudevents.to_wire if of_cloudevents else None
    return Acceptor(runtime.secret, settings.max_event, converter, files=files), FORMS[media_type]


def _open_body(request: Auth, runtime: Runtime) -> EventBody:
    limiter = request.app.state.rate_limiter
    limiter.admit(request.auth.id)
    media_type = _media_type(request)
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    decompressor = DECOMPRESSORS.get(encoding)
    if decompressor is None:
        detail = f"Content-Encoding {encoding[:50]!r} is not known; send gzip, zstd or none."
        raise Problem(415, "Unsupported content encoding", detail, headers={"accept-encoding": "gzip, zstd"})
    settings = runtime.settings
    acceptor, form = _acceptor(request, runtime, media_type)
    return EventBody(
        runtime.pool,
        acceptor,
        decompressor(),
        form,
        limits=Limits(body=settings.max_body, event=settings.max_event, events=settings.max_events),
        on_batch=lambda events: limiter.charge(request.auth.id, events),
    )


class Wire:
    """The body as it comes over the wire."""

    def __init__(self, request: Auth) -> None:
        self._request = request
        self._ended = False

    async def _receive(self) -> bytes:
        message: Any = await self._request.receive()
        if message["type"] == "http.disconnect":
            self._ended = True
            raise Problem(400, "Body incomplete", "The connection ended before the body did.")
        self._ended = not message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        return chunk

    async def chunks(self, limit: int) -> AsyncIterator[bytes]:
        """The body in pieces; 413 when it is, or is announced to be, larger than `limit` bytes."""
        too_large = BodyError(
            413, "Body too large", f"The body is larger than {limit:,} bytes; send it in parts."
        )
        if (self._request.content_length or 0) > limit:
            raise too_large
        size = 0
        while not self._ended:
            chunk = await self._receive()
            size += len(chunk)
            if size > limit:
                raise too_large
            yield chunk

    async def drain(self, limit: int) -> None:
        """Read on and forget: a client that is still sending when the server hangs up loses the answer."""
        size = 0
        while not self._ended and size <= limit:
            size += len(await self._receive())


async def _read(wire: Wire, body: EventBody, limit: int) -> None:
    """Feed the body in threads, a few hundred kilobytes at a time, so that the loop stays free."""
    gathered = bytearray()
    async for chunk in wire.chunks(limit):
        gathered += chunk
        if len(gathered) >= HAND_OVER:
            await to_thread.run_sync(body.feed, bytes(gathered))
            gathered.clear()

    def finish() -> None:
        body.feed(bytes(gathered))
        body.finish()

    await to_thread.run_sync(finish)


def _counts(body: EventBody) -> dict[str, int]:
    return {
        "accepted": body.counts["accepted"],
        "duplicates": body.counts["duplicate"],
        "refused": body.counts["refused"],
    }


def _answer(body: EventBody, results: str | None) -> EventsAnswer:
    listed = body.results
    if results == "problems" or (results is None and len(listed) > ALL_RESULTS_UP_TO):
        listed = [result for result in listed if result.status != "accepted"]
    return EventsAnswer(**_counts(body), results=listed)


def _as_problem(error: BodyError, body: EventBody) -> Problem:
    """What was committed before the error is told, so that nobody wonders."""
    counts = _counts(body) if body.results else {}
    detail = error.detail
    if counts:
        detail += " Events before this are stored; sending them again makes duplicates, which do no harm."
    return Problem(error.status, error.title, detail, extra=counts)


@post(
    "/v1/events",
    summary="Send events",
    tags=["events"],
    guards=[requires(Scope.EVENTS_WRITE)],
    status_code=200,
    responses={207: ResponseSpec(EventsAnswer, description="Some events were refused, the rest is stored")},
    request_max_body_size=None,
)
async def receive_events(
    request: Auth,
    runtime: Running,
    results: Annotated[
        Literal["all", "problems"] | None,
        QueryParameter(
            description="Which results to list; by default all up to 100 events, else problems only."
        ),
    ] = None,
) -> Response[EventsAnswer]:
    """One event, an array, NDJSON, or CloudEvents; answered when everything accepted is committed.

    Sending an event again does nothing: `source` and `id` tell events apart. Bad events are refused one
    by one and do not stop the others: 200 when none was refused, 207 when some were, 422 when all were.
    """
    body = _open_body(request, runtime)
    outcomes = request.app.state.metrics.events
    wire = Wire(request)
    try:
        await _read(wire, body, runtime.settings.max_body)
    except BodyError as error:
        await wire.drain(DRAINED * runtime.settings.max_body)
        raise _as_problem(error, body) from None
    finally:
        for outcome, count in body.counts.items():
            outcomes.labels(outcome).inc(count)
    answer = _answer(body, results)
    if answer.refused and answer.refused == len(body.results):
        raise Problem(
            422,
            "No event accepted",
            "Every event of this request was refused; `results` says why.",
            extra=msgspec.to_builtins(answer),
        )
    return Response(answer, status_code=207 if answer.refused else 200, media_type=MediaType.JSON)


handlers = [receive_events]
