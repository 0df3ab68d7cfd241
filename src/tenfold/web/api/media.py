"""`POST /v1/media`: bytes that were uploaded, with the event that tells of it."""

from typing import Any, Literal

import anyio
import msgspec
from anyio import to_thread
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec

from tenfold.intake.acceptance import Acceptor, EventResult
from tenfold.intake.bodies import BodyError
from tenfold.intake.upload_body import UploadBody
from tenfold.store import uploads
from tenfold.store.bucket import StoreAwayError
from tenfold.store.objects import Incoming, ObjectStore
from tenfold.store.s3_objects import objects_of
from tenfold.web.api.events import HAND_OVER, Wire
from tenfold.web.auth import ApiKey, Scope, requires
from tenfold.web.problems import Problem
from tenfold.web.runtime import Running, Runtime

UPLOAD_SECONDS = 900  # for one body, however slowly it comes
DRAINED_BYTES = 8 * 1024 * 1024  # of a refused body that are read on, so that the answer is heard
RETRY_WHEN_AWAY = 30  # seconds
OVERHEAD = 64 * 1024  # bytes of boundaries and headers beside event and file

Auth = Request[None, ApiKey, State]


class UploadAnswer(msgspec.Struct, kw_only=True):
    """Bytes and event are stored. What is found in them becomes known when they have been examined."""

    id: str | None
    status: Literal["accepted", "duplicate"]
    sha256: str
    bytes: int


@post(
    "/v1/media",
    summary="Upload media",
    tags=["events"],
    guards=[requires(Scope.EVENTS_WRITE)],
    status_code=202,
    responses={
        413: ResponseSpec(None, description="The file or the event is too large"),
        503: ResponseSpec(None, description="The object store cannot be used now; `Retry-After` says when"),
        507: ResponseSpec(None, description="No space is left"),
    },
    request_max_body_size=None,
)
async def upload(request: Auth, runtime: Running) -> Response[UploadAnswer]:
    """One file as multipart/form-data: the part `event` is the JSON of `media.uploaded`, `file` the bytes.

    Answered when both are on the disk. The file is then decoded and hashed in a process that can do nothing
    else, and the event goes on with the hashes. Sending an event again does nothing.
    """
    limiter = request.app.state.rate_limiter
    limiter.admit(request.auth.id)
    limiter.charge(request.auth.id, 1)
    objects = await to_thread.run_sync(objects_of, runtime.settings)
    try:
        with objects.receive(runtime.settings.max_upload) as incoming:
            event = await _read(request, runtime, incoming)
            result = await to_thread.run_sync(_keep, runtime, objects, incoming, event)
            sha256, size = incoming.sha256, incoming.bytes
    except StoreAwayError as error:
        headers = {"retry-after": str(RETRY_WHEN_AWAY)}
        raise Problem(
            503, "Object store away", f"Nothing was kept; send it again: {error}.", headers=headers
        ) from None
    except OSError as error:
        raise Problem(507, "No space is left", f"The file cannot be stored: {error}.") from None
    request.app.state.metrics.events.labels(result.status).inc()
    if result.problem or result.status == "refused":
        raise Problem(
            422, "Event not accepted", "The event was refused; `result` says why.", extra=_shown(result)
        )
    return Response(
        UploadAnswer(id=result.id, status=result.status, sha256=sha256, bytes=size), status_code=202
    )


async def _read(request: Auth, runtime: Runtime, incoming: Incoming) -> bytes:
    """The body to the disk, a few hundred kilobytes at a time, in threads; returns the event's JSON."""
    wire = Wire(request)
    limits = runtime.settings
    try:
        body = UploadBody(request.headers.get("content-type", ""), incoming, limits.max_event)
        gathered = bytearray()
        with anyio.fail_after(UPLOAD_SECONDS):
            async for chunk in wire.chunks(limits.max_upload + limits.max_event + OVERHEAD):
                gathered += chunk
                if len(gathered) >= HAND_OVER:
                    await to_thread.run_sync(body.feed, bytes(gathered))
                    gathered.clear()
        if gathered:
            await to_thread.run_sync(body.feed, bytes(gathered))
        body.finish()
    except TimeoutError:
        raise Problem(408, "Body too slow", f"The body took longer than {UPLOAD_SECONDS} s.") from None
    except BodyError as error:
        await wire.drain(DRAINED_BYTES)
        raise Problem(error.status, error.title, error.detail) from None
    return bytes(body.event)


def _keep(runtime: Runtime, objects: ObjectStore, incoming: Incoming, event: bytes) -> EventResult:
    """Event and bytes, both or neither."""
    acceptor = Acceptor(runtime.secret, runtime.settings.max_event)
    with runtime.pool.connection() as conn, conn.transaction():
        result = acceptor.accept_upload(conn, event, incoming.sha256)
        if result.status == "accepted":
            uploads.stored(conn, incoming.sha256, incoming.bytes)
            objects.keep(incoming)
    return result


def _shown(result: EventResult) -> dict[str, Any]:
    return {"result": msgspec.to_builtins(result)}


handlers = [upload]
