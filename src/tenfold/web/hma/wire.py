"""What all answers of the Hasher-Matcher-Actioner API have in common: shapes of errors, parameters, keys.

Errors are `{"message": ...}`; only a field that is missing or of the wrong type is told as an array of
`{"type", "loc", "msg", "input"}` with status 422, as that API does.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal, get_args
from urllib.parse import parse_qsl

import msgspec
from litestar import MediaType, Request, Response
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.types import ExceptionHandlersMap, HTTPScope, Receive, Send
from litestar.types.asgi_types import HTTPResponseBodyEvent, HTTPResponseStartEvent

from tenfold.web.auth import Guard, Scope, allow
from tenfold.web.problems import Problem

SignalName = Literal["pdq", "video_md5"]
ContentName = Literal["photo", "video"]
SIGNALS: Final[tuple[SignalName, ...]] = get_args(SignalName)
CONTENTS: Final[tuple[ContentName, ...]] = get_args(ContentName)
# Which signals a content of each type has.
SIGNALS_OF: Final[Mapping[ContentName, SignalName]] = {"photo": "pdq", "video": "video_md5"}
_DIGITS: Final[Mapping[SignalName, re.Pattern[str]]] = {
    "pdq": re.compile("[0-9a-f]{64}"),
    "video_md5": re.compile("[0-9a-f]{32}"),
}


Body = NamedDependency[bytes]  # of a request that is no form
Form = NamedDependency[dict[str, Any]]  # its fields and files


class Refusal(Exception):  # noqa: N818 - an answer
    """A status and the body to answer with: a text becomes `{"message": text}`."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = {"message": body} if isinstance(body, str) else body


def missing(field: str, given: Any) -> Refusal:
    """A field that must be there."""
    return Refusal(422, [{"type": "missing", "loc": [field], "msg": "Field required", "input": given}])


def wrong(field: str, kind: str, message: str, given: Any) -> Refusal:
    """A field of the wrong type."""
    return Refusal(422, [{"type": kind, "loc": [field], "msg": message, "input": given}])


class Answer:
    """A JSON answer, as an ASGI application. A Response of the framework costs 20 µs of CPU more."""

    def __init__(self, body: bytes, status: int) -> None:
        self._body, self._status = body, status

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Send it."""
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(self._body))]
        await send(HTTPResponseStartEvent(type="http.response.start", status=self._status, headers=headers))
        await send(HTTPResponseBodyEvent(type="http.response.body", body=self._body, more_body=False))


def answer(body: Any, status: int = 200) -> Answer:
    """A JSON answer."""
    return Answer(msgspec.json.encode(body), status)


def parameters(query: bytes) -> dict[str, str]:
    """What stands in an address after `?`; of what stands there twice the first."""
    text = query.decode("latin-1")
    if "%" in text or "+" in text:
        pairs = parse_qsl(text, keep_blank_values=True)
    else:  # the same in a third of the time
        pairs = [(name, value) for name, _, value in (one.partition("=") for one in text.split("&") if one)]
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


def fields(body: bytes) -> dict[str, Any]:
    """The JSON object of a request; an empty body is an empty one."""
    try:
        found = msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal(400, "Request input was not valid JSON") from None
    if not isinstance(found, dict):
        raise Refusal(400, "Request input was not a dict")
    return found


def flag(values: Mapping[str, str], name: str, default: bool = False) -> bool:
    """A parameter that is true or false."""
    given = values.get(name)
    return default if given is None else given.strip().lower() in ("true", "1", "yes", "on")


def signal_name(name: str, message: str = "No such SignalType {!r}") -> SignalName:
    """A type of signal that we have."""
    for known in SIGNALS:
        if known == name:
            return known
    raise Refusal(400, message.format(name[:100]))


def content_name(name: str) -> ContentName:
    """A type of content that we have."""
    for known in CONTENTS:
        if known == name:
            return known
    raise Refusal(400, f"no such content_type: {name[:100]!r}")


def digits(signal: SignalName, value: str, message: str) -> str:
    """A hash as it is written: lower-case hexadecimal digits, as many as its type has."""
    if not _DIGITS[signal].fullmatch(value):
        what = "PDQ hash" if signal == "pdq" else "MD5 hash"
        raise Refusal(400, f"{message}: invalid {what}")
    return value


def needs(scope: Scope) -> Guard:
    """A guard that takes the key from the header, or from the path where a client can send no header."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        await allow(connection, scope, token=connection.path_params.get("token"))

    return guard


def _error(body: Any, status: int, headers: dict[str, str] | None = None) -> Response[bytes]:
    text = msgspec.json.encode(body)
    return Response(text, status_code=status, media_type=MediaType.JSON, headers=headers)


def _refused(_: Request[Any, Any, Any], refusal: Refusal) -> Response[bytes]:
    return _error(refusal.body, refusal.status)


def _problem(_: Request[Any, Any, Any], problem: Problem) -> Response[bytes]:
    return _error({"message": f"{problem.title}. {problem.detail}"}, problem.status, problem.headers)


def _http(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    return _error({"message": error.detail}, error.status_code)


EXCEPTION_HANDLERS: Final[ExceptionHandlersMap] = {
    Refusal: _refused,
    Problem: _problem,
    HTTPException: _http,
}
