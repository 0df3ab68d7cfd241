"""Who is watched over: the list, one of them, adding, changing, ending. For the security role alone."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from tenfold.store import audit, people, protectees
from tenfold.store.database import Conn
from tenfold.store.protectees import GATHERING, KINDS, Protectee, ProtecteeError, UnknownProtecteeError
from tenfold.threats.protectees import given
from tenfold.threats.protectees.given import GivenError
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.dates import read_moment
from tenfold.web.console.queue import user_ids

ROWS: Final = 50  # in one window
_MOST_GROUPS = 1_000  # offered as a team or an office
LISTS: Final = ("names", "handles", "accounts", "domains", "cities")
_TEXTS = ("kind", "name", "key", "contact", "note")
_TIMES = ("starts_at", "ends_at")

Values = dict[str, str]  # of the form, by field


class Failure(msgspec.Struct, frozen=True):
    """Why a form was not taken: of which field, and the key of the message."""

    field: str
    code: str


@contextmanager
def _store(visit: Visit) -> Iterator[Conn]:
    try:
        with visit.runtime.pool.connection() as conn:
            yield conn
    except UnknownProtecteeError:
        raise NotFoundException from None


def record(conn: Conn, visit: Visit, act: str, id_: int | None = None, **details: Any) -> None:
    """Put an act into the audit chain, with ids alone."""
    subject = "" if id_ is None else f"protectee:{id_}"
    entry = audit.Entry(actor=visit.person.actor, act=act, subject=subject, details=details)
    audit.append(conn, [entry])


@get("/protectees", opt={"needs": Permission.PROTECT}, sync_to_thread=True)
def list_page(visit: Visiting, request: Request[Any, Any, Any]) -> Response[str]:
    """One window of the list."""
    asked = {name: str(request.query_params.get(name, "")).replace("\0", "")[:200] for name in _FILTERS}
    kind = next((known for known in KINDS if known == asked["kind"]), None)
    after = int(asked["after"]) if asked["after"].isascii() and asked["after"].isdigit() else 0
    with _store(visit) as conn:
        found = protectees.page(
            conn,
            after=min(after, 2**62),
            limit=ROWS + 1,
            search=asked["search"],
            kind=kind,
            ended=asked["ended"] == "on",
        )
        record(conn, visit, "protectees.listed", count=len(found[:ROWS]))
    return pages.render(
        visit,
        "protectees.html",
        section="protectees",
        rows=found[:ROWS],
        more=found[ROWS - 1].id if len(found) > ROWS else None,
        kinds=KINDS,
        asked=asked,
        done=str(request.query_params.get("done", "")) if request.query_params.get("done") in _DONE else "",
    )


_FILTERS = ("search", "kind", "ended", "after")
_DONE = frozenset({"imported"})


@get("/protectees/new", opt={"needs": Permission.PROTECT}, sync_to_thread=True)
def new_page(visit: Visiting) -> Response[str]:
    """An empty form."""
    with _store(visit) as conn:
        return _form(visit, conn, None, {"kind": "person"})


@post("/protectees/new", opt={"needs": Permission.PROTECT}, sync_to_thread=True, status_code=303)
def add(visit: Visiting) -> Response[Any]:
    """Watch over somebody or something."""
    values = _read(visit)
    with _store(visit) as conn:
        try:
            with conn.transaction():
                wish = given.from_values(_wish(visit, values))
                id_ = given.add(conn, wish, visit.runtime.secret, visit.person.actor)
                record(conn, visit, "protectee.added", id_)
        except ProtecteeError as error:
            return _form(visit, conn, None, values, failure=_failure(error))
    return pages.redirect(f"/protectees/{id_}?done=added")


@get("/protectees/{protectee:int}", opt={"needs": Permission.PROTECT}, sync_to_thread=True)
def one_page(visit: Visiting, request: Request[Any, Any, Any], protectee: FromPath[int]) -> Response[str]:
    """What is kept of one, to be changed; of addresses only how many."""
    with _store(visit) as conn:
        found = protectees.get(conn, protectee)
        record(conn, visit, "protectee.viewed", protectee)
        return _form(visit, conn, found, _values(found), done=str(request.query_params.get("done", "")))


@post("/protectees/{protectee:int}", opt={"needs": Permission.PROTECT}, sync_to_thread=True, status_code=303)
def change(visit: Visiting, protectee: FromPath[int]) -> Response[Any]:
    """Keep the form; addresses stay unless others are written or they are to be forgotten."""
    values = _read(visit)
    with _store(visit) as conn:
        found = protectees.get(conn, protectee)
        try:
            with conn.transaction():
                wish = given.from_values(_wish(visit, values))
                if given.change(conn, protectee, wish, visit.runtime.secret):
                    record(conn, visit, "protectee.changed", protectee)
        except ProtecteeError as error:
            return _form(visit, conn, found, values, failure=_failure(error))
    return pages.redirect(f"/protectees/{protectee}?done=changed")


@post(
    "/protectees/{protectee:int}/active",
    opt={"needs": Permission.PROTECT},
    sync_to_thread=True,
    status_code=303,
)
def set_active(visit: Visiting, protectee: FromPath[int]) -> Response[Any]:
    """Watch for one no more, or again."""
    active = visit.field("active") == "on"
    with _store(visit) as conn:
        if protectees.change(conn, protectee, {"active": active}):
            record(conn, visit, "protectee.resumed" if active else "protectee.ended", protectee)
    return pages.redirect(f"/protectees/{protectee}?done={'resumed' if active else 'ended'}")


_DONE_WITH_ONE = frozenset({"added", "changed", "ended", "resumed"})


def _form(
    visit: Visit,
    conn: Conn,
    found: Protectee | None,
    values: Mapping[str, str],
    *,
    failure: Failure | None = None,
    done: str = "",
) -> Response[str]:
    groups = [
        group
        for kind in sorted(GATHERING)
        for group in protectees.page(conn, kind=kind, limit=_MOST_GROUPS)
        if found is None or group.id != found.id
    ]
    related = protectees.related(conn, [found.id])[found.id] if found else []
    return pages.render(
        visit,
        "protectee.html",
        422 if failure else 200,
        section="protectees",
        protectee=found,
        values=dict.fromkeys((*_TEXTS, *LISTS, *_TIMES, "member_of", "addresses"), "") | dict(values),
        lists=LISTS,
        kinds=KINDS,
        groups=groups,
        related=list(protectees.many(conn, related).values()),
        people=people.names(conn, user_ids([found.created_by])) if found else {},
        failure=failure,
        done=done if done in _DONE_WITH_ONE else "",
    )


def _read(visit: Visit) -> Values:
    return {name: visit.field(name) for name in (*_TEXTS, *LISTS, *_TIMES, "member_of", "addresses")}


def _wish(visit: Visit, values: Values) -> dict[str, Any]:
    """The form as what is given: lists line by line, times in UTC."""
    wish: dict[str, Any] = {name: values[name] for name in _TEXTS if name != "key" or values[name]}
    for name in LISTS:
        wish[name] = [line.strip() for line in values[name].splitlines() if line.strip()]
    wish["member_of"] = values["member_of"] or None
    for name in _TIMES:
        wish[name] = _moment(values[name]) if values[name] else None
    addresses = [line.strip() for line in values["addresses"].splitlines() if line.strip()]
    if addresses or visit.field("forget") == "on":
        wish["addresses"] = addresses
    return wish


def _moment(text: str) -> str:
    """As what is given holds it; what is no time stays as it is, and is refused there."""
    try:
        return read_moment(text).isoformat()
    except ValueError:
        return text


def _values(one: Protectee) -> Values:
    values = {name: str(getattr(one, name)) for name in _TEXTS}
    values |= {name: "\n".join(getattr(one, name)) for name in LISTS}
    for name in _TIMES:
        at = getattr(one, name)
        values[name] = "" if at is None else f"{at:%Y-%m-%d %H:%M}"
    return values | {"member_of": "" if one.member_of is None else str(one.member_of)}


def _failure(error: ProtecteeError) -> Failure:
    if isinstance(error, GivenError):
        return Failure(error.field, error.code)
    if str(error).startswith("member_of"):
        return Failure("member_of", "team")
    return Failure("key", "taken")


handlers = [list_page, new_page, add, one_page, change, set_active]
