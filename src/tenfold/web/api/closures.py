"""`/v1/closures`: what stays of closed accounts, against which returns are recognised."""

import base64
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from tenfold.intake.pseudonyms import Pseudonymiser
from tenfold.linkage import given, importing
from tenfold.linkage.given import GivenClosure, GivenError
from tenfold.store import audit, closures
from tenfold.store.closures import Listed
from tenfold.web.api.cases import ApiRequest
from tenfold.web.api.texts import NO_NUL
from tenfold.web.api.transactions import retried
from tenfold.web.auth import Scope, requires
from tenfold.web.problems import FieldProblem, Problem
from tenfold.web.runtime import Running

MAX_CLOSURES = 1_000  # in one request
MAX_PAGE = 1_000

_Cursor = Annotated[str, QueryParameter(description="`next` of the page before.", pattern=NO_NUL)]


class ClosuresPage(msgspec.Struct, kw_only=True):
    """Closures, the latest first; `next` is the `cursor` of the next page, null at the end."""

    closures: list[Listed]
    next: str | None = None


class ClosuresKept(msgspec.Struct, kw_only=True):
    """How many closures are kept now; one of the same account replaces the one that was imported before.
    `left`: accounts that this platform closed itself, whose closures were left as they are."""

    kept: int
    left: list[str] = []


@get(
    "/v1/closures",
    summary="Closed accounts that are remembered",
    tags=["closures"],
    guards=[requires(Scope.CLOSURES_READ)],
    sync_to_thread=True,
)
def get_closures(
    runtime: Running,
    cursor: _Cursor = "",
    origin: Annotated[str, QueryParameter(description="How the origin begins.", pattern=NO_NUL)] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_PAGE)] = 100,
) -> ClosuresPage:
    """Without their fingerprints, which never leave the installation this way."""
    with runtime.pool.connection() as conn:
        found = closures.page(conn, before=_decoded(cursor), origin=origin or None, limit=limit)
    return ClosuresPage(closures=found, next=_encoded(found[-1]) if len(found) == limit else None)


@post(
    "/v1/closures",
    summary="Tell of accounts that were closed elsewhere",
    tags=["closures"],
    guards=[requires(Scope.CLOSURES_WRITE)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def post_closures(
    data: JSONBody[Annotated[list[GivenClosure], Meta(min_length=1, max_length=MAX_CLOSURES)]],
    request: ApiRequest,
    runtime: Running,
) -> ClosuresKept:
    """All or none. Personal data become keyed tokens before anything is kept. Accounts that are open on this
    platform are refused: close them, and they are remembered by themselves.
    """
    problems = []
    for number, one in enumerate(data):
        try:
            given.check(one)
        except GivenError as error:
            field, _, reason = str(error).partition(": ")
            problems.append(FieldProblem(field=f"[{number}].{field}", reason=reason))
    if not problems:
        pseudonyms, origin = Pseudonymiser(runtime.secret), f"import:{request.auth.actor}"
        last = {one.account: given.closure(one, pseudonyms, origin) for one in data}
        with runtime.pool.connection() as conn:
            done = importing.keep(conn, list(last.values()))
            if done.opened:
                conn.rollback()
                problems = [
                    FieldProblem(field=f"[{number}].account", reason="is open on this platform")
                    for number, one in enumerate(data)
                    if one.account in done.opened
                ]
            else:
                details = {"kept": done.kept}
                actor = request.auth.actor
                audit.append(conn, [audit.Entry(actor=actor, act="closures.imported", details=details)])
    if problems:
        raise Problem(422, "Invalid request", "Nothing of this request is kept.", errors=problems)
    return ClosuresKept(kept=done.kept, left=done.left)


@delete(
    "/v1/closures/{account:str}",
    summary="Forget a closed account",
    tags=["closures"],
    guards=[requires(Scope.CLOSURES_WRITE)],
    sync_to_thread=True,
)
@retried
def delete_closure(
    account: Annotated[str, PathParameter(description="Id of the account.")],
    request: ApiRequest,
    runtime: Running,
) -> None:
    """Its fingerprint, its keys, and the links that were found to it. 404 when there is none."""
    with runtime.pool.connection() as conn:
        if not closures.erase(conn, [account]):
            raise Problem(404, "Not found", f"There is no closure of account {account!r}.")
        entry = audit.Entry(actor=request.auth.actor, act="closure.erased", subject=f"account:{account}")
        audit.append(conn, [entry])


def _encoded(last: Listed) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([last.closed_at, last.account])).decode()


def _decoded(cursor: str) -> tuple[datetime, str] | None:
    if not cursor:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor.encode()), type=tuple[datetime, str])
    except (ValueError, msgspec.MsgspecError):
        raise Problem(422, "Invalid request", "cursor: take `next` of the page before as it is.") from None


handlers = [get_closures, post_closures, delete_closure]
