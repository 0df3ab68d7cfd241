"""`/v1/protectees`: who is watched over. Street addresses come in and never go out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import get, patch, post
from litestar.params import JSONBody, PathParameter, QueryParameter

from tenfold.store import audit, protectees
from tenfold.store.database import Conn
from tenfold.store.protectees import Kind, Protectee, ProtecteeError, UnknownProtecteeError
from tenfold.threats.protectees import given
from tenfold.threats.protectees.given import Given, GivenError
from tenfold.threats.protectees.importing import Imported, import_csv
from tenfold.threats.protectees.tables import TableError
from tenfold.web.api.cases import ApiRequest
from tenfold.web.api.texts import NO_NUL
from tenfold.web.api.transactions import retried
from tenfold.web.auth import Scope, requires
from tenfold.web.problems import FieldProblem, Problem
from tenfold.web.runtime import Running, Runtime

MAX_PAGE = 1_000

_Id = Annotated[int, PathParameter(description="Id of the protectee.")]


class ProtecteesPage(msgspec.Struct, kw_only=True):
    """Protectees by id; `next` is the `after` of the next page, null at the end."""

    protectees: list[Protectee]
    next: int | None = None


class RelatedTo(msgspec.Struct, kw_only=True):
    """A protectee, and the ids of those that a threat to it concerns too: its teams and offices, its
    members."""

    protectee: Protectee
    related: list[int]


@contextmanager
def _store(runtime: Runtime) -> Iterator[Conn]:
    try:
        with runtime.pool.connection() as conn:
            yield conn
    except UnknownProtecteeError as error:
        raise Problem(404, "Not found", f"{error}.") from None
    except GivenError as error:
        field = FieldProblem(field=error.field, reason=error.reason)
        raise Problem(422, "Invalid request", "Nothing is kept.", errors=[field]) from None
    except ProtecteeError as error:
        raise Problem(409, "Conflict", f"{error}.") from None


def _record(conn: Conn, request: ApiRequest, act: str, id_: int | None = None, **details: Any) -> None:
    subject = "" if id_ is None else f"protectee:{id_}"
    audit.append(conn, [audit.Entry(actor=request.auth.actor, act=act, subject=subject, details=details)])


@get(
    "/v1/protectees",
    summary="Who is watched over",
    tags=["protectees"],
    guards=[requires(Scope.PROTECTEES)],
    sync_to_thread=True,
)
def get_protectees(
    request: ApiRequest,
    runtime: Running,
    *,
    after: Annotated[int, QueryParameter(description="Id after which to begin.", ge=0, le=2**62)] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_PAGE)] = 100,
    search: Annotated[
        str, QueryParameter(description="In names, handles, accounts, domains, cities, key.", pattern=NO_NUL)
    ] = "",
    kind: Annotated[Kind | None, QueryParameter()] = None,
    ended: Annotated[bool, QueryParameter(description="Ended ones too.")] = False,
) -> ProtecteesPage:
    """By id. Of street addresses only how many are kept. Listing is in the audit log."""
    with _store(runtime) as conn:
        found = protectees.page(conn, after=after, limit=limit, search=search, kind=kind, ended=ended)
        _record(conn, request, "protectees.listed", count=len(found))
    return ProtecteesPage(protectees=found, next=found[-1].id if len(found) == limit else None)


@post(
    "/v1/protectees",
    summary="Watch over somebody or something",
    tags=["protectees"],
    guards=[requires(Scope.PROTECTEES)],
    sync_to_thread=True,
)
@retried
def post_protectee(data: JSONBody[Given], request: ApiRequest, runtime: Running) -> Protectee:
    """`kind` and `name` are needed. 409 when the key is taken."""
    with _store(runtime) as conn:
        id_ = given.add(conn, data, runtime.secret, request.auth.actor)
        _record(conn, request, "protectee.added", id_)
        return protectees.get(conn, id_)


@get(
    "/v1/protectees/{protectee:int}",
    summary="One protectee",
    tags=["protectees"],
    guards=[requires(Scope.PROTECTEES)],
    sync_to_thread=True,
)
def get_protectee(protectee: _Id, request: ApiRequest, runtime: Running) -> RelatedTo:
    """An ended one too, with those that a threat to it concerns. Viewing is in the audit log."""
    with _store(runtime) as conn:
        found = protectees.get(conn, protectee)
        related = protectees.related(conn, [protectee])[protectee]
        _record(conn, request, "protectee.viewed", protectee)
    return RelatedTo(protectee=found, related=related)


@patch(
    "/v1/protectees/{protectee:int}",
    summary="Change a protectee",
    tags=["protectees"],
    guards=[requires(Scope.PROTECTEES)],
    sync_to_thread=True,
)
@retried
def patch_protectee(
    protectee: _Id, data: JSONBody[Given], request: ApiRequest, runtime: Running
) -> Protectee:
    """What is left out stays. `active` true watches for an ended one again."""
    with _store(runtime) as conn:
        if given.change(conn, protectee, data, runtime.secret):
            _record(conn, request, "protectee.changed", protectee)
        return protectees.get(conn, protectee)


@post(
    "/v1/protectees/{protectee:int}/end",
    summary="Watch for one no more",
    tags=["protectees"],
    guards=[requires(Scope.PROTECTEES)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def end_protectee(protectee: _Id, request: ApiRequest, runtime: Running) -> Protectee:
    """It is kept for the records that name it. Twice does no harm."""
    with _store(runtime) as conn:
        if protectees.end(conn, protectee):
            _record(conn, request, "protectee.ended", protectee)
        return protectees.get(conn, protectee)


@post(
    "/v1/protectees/import",
    summary="Bring in a CSV file",
    tags=["protectees"],
    guards=[requires(Scope.PROTECTEES)],
    status_code=200,
)
async def post_import(request: ApiRequest, runtime: Running) -> Imported:
    """The body is the file, at most 4 MiB; `text/csv`. Whole or, with the faults by line and column, not at
    all (422). Known rows are found by `key`; the same file again changes nothing.
    """
    return await to_thread.run_sync(_import, await request.body(), request, runtime)


def _import(body: bytes, request: ApiRequest, runtime: Runtime) -> Imported:
    try:
        with runtime.pool.connection() as conn:
            report = import_csv(conn, body, runtime.secret, request.auth.actor)
            if report.ids:
                _record(conn, request, "protectees.imported", ids=report.ids)
    except TableError as error:
        raise Problem(422, "Invalid request", f"The file cannot be read: {error}.") from None
    if report.faults:
        errors = [
            FieldProblem(field=f"line {one.line}, {one.column or 'row'}", reason=one.reason)
            for one in report.faults
        ]
        raise Problem(422, "Invalid request", "Nothing of the file is kept.", errors=errors)
    return report


handlers = [
    get_protectees,
    post_protectee,
    get_protectee,
    patch_protectee,
    end_protectee,
    post_import,
]
