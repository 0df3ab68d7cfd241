"""Errors as pages that say what happened and what to do next, in the reader's language."""

import logging
import traceback
from typing import Any
from urllib.parse import quote

import psycopg
from litestar import Request, Response
from litestar.exceptions import HTTPException, NotAuthorizedException
from litestar.types import ExceptionHandlersMap
from psycopg_pool import PoolClosed, PoolTimeout

from tenfold.casework.service import Present, RefusedError
from tenfold.web.console import pages
from tenfold.web.console.access import SecondFactorNeeded, Visit

_log = logging.getLogger("tenfold.web")


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """Raise it in a handler: a page with `status` and the message `key` (title, and `key.help`)."""

    def __init__(self, status: int, key: str) -> None:
        super().__init__(key)
        self.status = status
        self.key = key


class Conflict(Exception):  # noqa: N818 - the same
    """Somebody was first: how the case stands now, and the names of users by id."""

    def __init__(self, present: Present, people: dict[int, str]) -> None:
        super().__init__("conflict")
        self.present = present
        self.people = people


def _page(request: Request[Any, Any, Any], status: int, key: str) -> Response[Any]:
    visit = request.scope["state"].get("visit")
    if not isinstance(visit, Visit):  # the store did not answer when we asked who this is
        text = "Tenfold: the database does not answer. / قاعدة البيانات لا تجيب."
        return pages.harden(Response(text, status_code=status, media_type="text/plain; charset=utf-8"))
    template = "parts/alert.html" if visit.fragment else "error.html"
    response = pages.render(visit, template, status, section="", key=key, code=status)
    if visit.fragment:
        # The part that was asked for stays as it is; the message goes where messages go.
        response.headers["hx-retarget"] = "#messages"
        response.headers["hx-reswap"] = "innerHTML"
    return pages.harden(response)


def _on_refused(request: Request[Any, Any, Any], error: Refused) -> Response[Any]:
    return _page(request, error.status, error.key)


def _on_refused_by_casework(request: Request[Any, Any, Any], _: RefusedError) -> Response[Any]:
    return _page(request, 422, "error.refused")


def _on_conflict(request: Request[Any, Any, Any], error: Conflict) -> Response[Any]:
    visit: Visit = request.scope["state"]["visit"]
    if visit.fragment:
        return _page(request, 409, "conflict.title")
    return pages.harden(
        pages.render(visit, "conflict.html", 409, section="", present=error.present, people=error.people)
    )


def _on_login_needed(request: Request[Any, Any, Any], _: NotAuthorizedException) -> Response[Any]:
    visit: Visit = request.scope["state"]["visit"]
    back = visit.path if request.method == "GET" and not visit.fragment else "/"
    address = "/login" if back == "/" else f"/login?next={quote(back, safe='')}"
    if visit.fragment:
        return pages.harden(Response("", status_code=401, headers={"hx-redirect": address}))
    return pages.harden(pages.redirect(address))


def _on_second_factor_needed(request: Request[Any, Any, Any], _: SecondFactorNeeded) -> Response[Any]:
    visit: Visit = request.scope["state"]["visit"]
    if visit.fragment:
        return pages.harden(Response("", status_code=403, headers={"hx-redirect": "/security"}))
    return pages.harden(pages.redirect("/security"))


def _on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    status = error.status_code
    if status == 403 and error.detail == "csrf":
        return _page(request, 403, "error.csrf")
    known = {400: "error.400", 403: "error.403", 404: "error.404", 405: "error.404", 413: "error.413"}
    return _page(request, status, known.get(status, "error.500" if status >= 500 else "error.400"))


def _on_store_down(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    _log.error("console: %s", type(error).__name__)
    return _page(request, 503, "error.503")


def _on_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A bug of ours: type and frames to the log, but no message, which can quote what people wrote."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    _log.error("console: unexpected %s\n%s", type(error).__qualname__, frames)
    return _page(request, 500, "error.500")


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    Refused: _on_refused,
    RefusedError: _on_refused_by_casework,
    Conflict: _on_conflict,
    NotAuthorizedException: _on_login_needed,
    SecondFactorNeeded: _on_second_factor_needed,
    HTTPException: _on_http,
    psycopg.OperationalError: _on_store_down,
    PoolTimeout: _on_store_down,
    PoolClosed: _on_store_down,
    Exception: _on_unexpected,
}
