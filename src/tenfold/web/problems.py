"""Errors as RFC 9457 problem documents: every answer of 400 and above from the API is one."""

import logging
import re
import traceback
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
import psycopg
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    SerializationException,
    ValidationException,
)
from litestar.types import ExceptionHandlersMap
from psycopg.errors import DeadlockDetected, SerializationFailure
from psycopg_pool import PoolClosed, PoolTimeout

MEDIA_TYPE = "application/problem+json"
RETRY_WHEN_DOWN = 2  # seconds: PostgreSQL restarts in about one
RETRY_AFTER_COLLISION = 1  # second: what was in the way is done long before

_log = logging.getLogger("tenfold.web")


class FieldProblem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One thing wrong: where (`field`, a path such as `data.text`), why, and how to mend it."""

    field: str
    reason: str
    hint: str = ""
    index: int | None = None  # which event of the request, from 0
    id: str | None = None  # the event's own id, where it could be read


class ProblemDocument(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is answered on an error. `type` is stable and meant for programs, the rest for people."""

    type: str
    title: str
    status: int
    detail: str = ""
    instance: str = ""
    errors: list[FieldProblem] = []


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """Raise it in a handler to answer with a problem document.

    The type URI is made from the title: "Rate limit reached" is `urn:tenfold:problem:rate-limit-reached`.
    `extra` become members of the document.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        *,
        errors: Sequence[FieldProblem] = (),
        headers: dict[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {title}: {detail}")
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = list(errors)
        self.headers = headers or {}
        self.extra = dict(extra or {})


def type_uri(title: str) -> str:
    """The stable name of a kind of problem."""
    return "urn:tenfold:problem:" + re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def respond(request: Request[Any, Any, Any], problem: Problem) -> Response[dict[str, Any]]:
    """The problem as a response."""
    request_id = request.scope["state"].get("request_id", "")
    document = ProblemDocument(
        type=type_uri(problem.title),
        title=problem.title,
        status=problem.status,
        detail=problem.detail,
        instance=f"urn:tenfold:request:{request_id}" if request_id else "",
        errors=problem.errors,
    )
    content = msgspec.to_builtins(document) | problem.extra
    return Response(content, status_code=problem.status, media_type=MEDIA_TYPE, headers=problem.headers)


def _on_problem(request: Request[Any, Any, Any], error: Problem) -> Response[dict[str, Any]]:
    return respond(request, error)


def _on_validation(request: Request[Any, Any, Any], error: ValidationException) -> Response[dict[str, Any]]:
    """A body or parameter of the wrong shape; a body that is not JSON at all comes here too."""
    if isinstance(error.__cause__, SerializationException) and not isinstance(
        error.__cause__.__cause__, msgspec.ValidationError
    ):
        return respond(request, Problem(400, "Malformed body", "The body is not valid JSON in UTF-8."))
    found = error.extra if isinstance(error.extra, list) else []
    errors = [
        FieldProblem(field=str(item.get("key", "body")), reason=str(item.get("message", "not valid")))
        for item in found
        if isinstance(item, dict)
    ]
    detail = "The request does not have the shape that this endpoint takes."
    return respond(request, Problem(422, "Invalid request", detail, errors=errors))


def _allowed_methods(request: Request[Any, Any, Any]) -> str:
    allowed = []
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        try:
            request.app.asgi_router.handle_routing(path=request.scope["path"], method=method)
        except HTTPException:
            continue
        allowed.append(method)
    return ", ".join(allowed)


def _on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    """Litestar's own exceptions; only the ones below carry a text that is ours to show."""
    status, headers = error.status_code, dict(error.headers or {})
    if isinstance(error, NotFoundException):
        problem = Problem(404, "Not found", "There is nothing at this address.")
    elif isinstance(error, MethodNotAllowedException):
        headers["allow"] = _allowed_methods(request)
        problem = Problem(405, "Method not allowed", f"This address takes {headers['allow']}.")
    elif status == 413:
        problem = Problem(413, "Body too large", "The body is larger than this endpoint takes.")
    elif status >= 500:
        return _on_unexpected(request, error)
    else:
        problem = Problem(status, HTTPStatus(status).phrase, error.detail)
    problem.headers = headers
    return respond(request, problem)


def _on_store_down(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """PostgreSQL cannot be reached, or every connection is in use. Nothing of this request is kept."""
    _log.error("%s: %s", request.scope["state"].get("request_id", "-"), type(error).__name__)
    detail = "The database does not answer. Nothing was lost that was acknowledged; send this again."
    headers = {"retry-after": str(RETRY_WHEN_DOWN)}
    return respond(request, Problem(503, "Temporarily unavailable", detail, headers=headers))


def _on_collision(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """PostgreSQL gave up this transaction so that another could go on. Nothing of it is kept."""
    _log.warning("%s: %s", request.scope["state"].get("request_id", "-"), type(error).__name__)
    detail = "Another request was changing the same things. Nothing of this one is kept; send it again."
    headers = {"retry-after": str(RETRY_AFTER_COLLISION)}
    return respond(request, Problem(503, "Collision", detail, headers=headers))


def _on_unstorable(request: Request[Any, Any, Any], error: psycopg.DataError) -> Response[dict[str, Any]]:
    """A value got as far as the database, which cannot hold it. Which one is in its message, but that may
    quote what people wrote."""
    _log.warning(
        "%s: %s\n%s", request.scope["state"].get("request_id", "-"), type(error).__name__, _frames(error)
    )
    detail = (
        "The database cannot hold a value of this request: text must be free of U+0000, numbers in range."
    )
    return respond(request, Problem(422, "Invalid request", detail))


def _frames(error: Exception) -> str:
    return "\n".join(
        f"  {frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    )


def _on_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """A bug of ours. The log gets type and frames but no message: messages can quote what people wrote."""
    request_id = request.scope["state"].get("request_id", "-")
    _log.error("%s: unexpected %s\n%s", request_id, type(error).__qualname__, _frames(error))
    detail = "This is a fault of the server. The log has the details under the request's id."
    return respond(request, Problem(500, "Internal error", detail))


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    Problem: _on_problem,
    ValidationException: _on_validation,
    HTTPException: _on_http,
    DeadlockDetected: _on_collision,
    SerializationFailure: _on_collision,
    psycopg.DataError: _on_unstorable,
    psycopg.OperationalError: _on_store_down,
    PoolTimeout: _on_store_down,
    PoolClosed: _on_store_down,
    Exception: _on_unexpected,
}
