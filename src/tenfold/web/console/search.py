"""Searching everything that a person may see, in whatever spelling; what was searched for is audited."""

from datetime import datetime
from typing import Any, Final

import msgspec
import psycopg
from litestar import Request, Response, get

from tenfold.casework import searching
from tenfold.casework.lists import read_cursor, written_cursor
from tenfold.casework.searching import Query, Results
from tenfold.store import cases, people, search
from tenfold.store.database import Conn
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visiting
from tenfold.web.console.errors import Refused
from tenfold.web.console.highlight import Hit
from tenfold.web.console.queue import user_ids

FEW: Final = 5  # of each kind, when all are looked at
BY_ID: Final = 5


class _Before(msgspec.Struct, array_like=True):
    """The last result of a window."""

    at: datetime
    id: str


class Asked(msgspec.Struct, frozen=True):
    """What was asked for: the words, one kind (or none for all), where the window begins."""

    query: Query
    kind: str
    before: tuple[datetime, str] | None


def _read(request: Request[Any, Any, Any]) -> Asked:
    values = request.query_params
    kind = str(values.get("kind", ""))
    cursor = str(values.get("before", ""))
    try:
        last = read_cursor(cursor, _Before) if cursor else None
    except ValueError:
        raise Refused(400, "error.400") from None
    return Asked(
        searching.read_query(str(values.get("q", "")).replace("\0", "")),
        kind if kind in search.KINDS else "",
        (last.at, last.id) if last else None,
    )


def _by_id(conn: Conn, asked: Asked) -> list[tuple[str, str, int | None]]:
    """What the words are the id of: kinds, ids, and the case on each; cases by their number."""
    written = asked.query.written
    if asked.kind or asked.before or len(written) < 2 or " " in written:
        return []
    number = int(written) if written.isascii() and written.isdigit() and len(written) < 19 else None
    known = [("case", written, number)] if number and cases.load(conn, [number]) else []
    found = search.by_id(conn, written, BY_ID)
    on = search.cases_on(conn, found)
    return [*known, *((kind, id_, on.get((kind, id_))) for kind, id_ in found)]


@get("/search", opt={"needs": Permission.READ}, sync_to_thread=True)
def search_page(visit: Visiting, request: Request[Any, Any, Any]) -> Response[str]:
    """The form, and what was found: a few of each kind, or one kind window by window."""
    asked = _read(request)
    results: list[Results] = []
    ids: list[tuple[str, str, int | None]] = []
    names: dict[int, str] = {}
    broad = False
    if asked.query.written:
        kinds = [asked.kind] if asked.kind else list(search.KINDS)
        actor = visit.person.actor
        try:
            with visit.runtime.pool.connection() as conn:
                ids = _by_id(conn, asked)
                results = searching.find(conn, asked.query, kinds, actor=actor, before=asked.before)
                titles = [one.title for result in results if result.kind == "note" for one in result.found]
                names = people.names(conn, user_ids(titles))
        except psycopg.errors.QueryCanceled:
            broad = True
    return pages.render(
        visit,
        "search.html",
        section="search",
        asked=asked,
        results=[result for result in results if result.found],
        by_id=ids,
        people=names,
        broad=broad,
        few=None if asked.kind else FEW,
        kinds=search.KINDS,
        hits=lambda one: [Hit(start, end, 1) for start, end in one.hits],
        cursor=lambda before: written_cursor(_Before(*before)),
    )


handlers = [search_page]
