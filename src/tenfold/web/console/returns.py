"""Returns: the list of links, and the page on which one link is looked at and decided."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.exceptions import NotFoundException

from tenfold.casework import returns, returns_list, track_record
from tenfold.casework.returns_shown import ReturnView
from tenfold.casework.shared_values import DAYS, WHYS
from tenfold.store import people
from tenfold.store.database import Conn
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.errors import Refused
from tenfold.web.console.queue import number_of, user_ids
from tenfold.web.console.returns_sides import pictures, traits
from tenfold.web.console.returns_words import chance, kind_name, meaning, signed, waterfall
from tenfold.web.console.sparing import Spared, spare

# Verdicts in the order of the form, each with the key that picks it.
VERDICT_KEYS: Final = (("same", "s"), ("different", "x"), ("unsure", "t"))


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which links are listed: those that wait, of one level or all, of open accounts or of those that `ended`
    meanwhile; or those decided in one way or all."""

    level: returns_list.Level | None = None
    verdict: returns_list.Verdict | None = None
    decided: bool = False
    ended: bool = False
    cursor: str = ""

    @property
    def state(self) -> str:
        """As the form says it."""
        return (self.verdict or "decided") if self.decided else "ended" if self.ended else "waiting"

    def query(self, cursor: str = "") -> str:
        """As the query of an address, with its question mark; empty when nothing is filtered."""
        state = self.state if self.decided or self.ended else None
        values = {"level": self.level, "state": state, "cursor": cursor}
        chosen = {name: value for name, value in values.items() if value}
        return f"?{urlencode(chosen)}" if chosen else ""


def read_filter(values: Mapping[str, Any]) -> Filter:
    """From a query. What is not one of the choices is no filter."""
    state, level, cursor = (str(values.get(name, "")) for name in ("state", "level", "cursor"))
    return Filter(
        level=next((known for known in returns_list.LEVELS if known == level), None),
        verdict=next((known for known in returns_list.VERDICTS if known == state), None),
        decided=state == "decided" or state in returns_list.VERDICTS,
        ended=state == "ended",
        cursor=cursor.replace("\0", "")[:2_000],
    )


def place(closed: str, new: str, **more: str | int) -> str:
    """The address of the page about two accounts."""
    return f"/returns/pair?{urlencode({'closed': closed, 'new': new, **more})}"


@get("/returns", opt={"needs": Permission.READ}, sync_to_thread=True)
def returns_page(visit: Visiting, request: Request[Any, Any, Any]) -> Response[str]:
    """One window of the list."""
    filter_ = read_filter(request.query_params)
    with visit.runtime.pool.connection() as conn:
        try:
            page = (
                returns_list.decided_page(conn, verdict=filter_.verdict, cursor=filter_.cursor or None)
                if filter_.decided
                else returns_list.waiting_page(
                    conn, level=filter_.level, ended=filter_.ended, cursor=filter_.cursor or None
                )
            )
        except ValueError:
            raise Refused(400, "error.400") from None
        counts = returns_list.waiting_counts(conn)
        names = people.names(conn, user_ids(row.author for row in page.rows))
    return pages.render(
        visit,
        "returns.html",
        section="returns",
        filter=filter_,
        page=page,
        counts=counts,
        verdicts=returns_list.VERDICTS,
        levels=returns_list.LEVELS,
        kind_name=lambda kind: kind_name(visit.translator, kind),
        chance=lambda probability: chance(visit.translator, probability),
        place=place,
        people=names,
        first=f"/returns{filter_.query()}",
        further=f"/returns{filter_.query(page.next or '')}",
        judged=number_of(request.query_params, "judged"),
    )


class Wish(msgspec.Struct, kw_only=True):
    """The verdict form as filled in, so that an error gives it back as it was."""

    verdict: str = ""
    reason: str = ""
    shared: set[str] = set()
    why: str = "common"
    days: int = 90


def read_pair(conn: Conn, visit: Visit, closed: str, new: str) -> ReturnView:
    """The link between two accounts; NotFoundException if there is none."""
    try:
        view = returns.return_view(conn, accounts=(closed, new), viewer=visit.person.actor)
    except ValueError:
        raise NotFoundException from None
    if view is None:
        raise NotFoundException
    return view


def shown(conn: Conn, visit: Visit, view: ReturnView, spared: Spared) -> dict[str, Any]:
    """What the templates of one link need, on its own page or on that of a case."""
    words = visit.translator
    standing = view.verdict
    return {
        "returned": view,
        "verdicts_made": view.verdicts,
        "fall": waterfall(words, view.link),
        "meaning": meaning(words, view.record, track_record.tried(conn)),
        "traits": traits(view, spared),
        "pictures": pictures(view),
        "signed": lambda bits: signed(words, bits),
        "kind_name": lambda kind: kind_name(words, kind),
        "chance": lambda probability: chance(words, probability),
        "place": place,
        "verdict_keys": VERDICT_KEYS,
        "whys": WHYS,
        "day_choices": DAYS,
        "may_revise": standing is None
        or standing.author == visit.person.actor
        or visit.may(Permission.REVERSE),
    }


def pair_page(
    visit: Visit,
    request: Request[Any, Any, Any],
    closed: str,
    new: str,
    *,
    status: int = 200,
    wish: Wish | None = None,
    failure: str | None = None,
    failure_detail: str = "",
) -> Response[str]:
    """The page about two accounts."""
    revealed = failure is not None or "shown" in request.query_params
    with visit.runtime.pool.connection() as conn:
        view = read_pair(conn, visit, closed, new)
        spared = spare(conn, visit, revealed=revealed)
        values = shown(conn, visit, view, spared)
        names = people.names(conn, user_ids(made.author for made in view.verdicts))
    return pages.render(
        visit,
        "return.html",
        status,
        section="returns",
        spared=spared,
        people=names,
        link_wish=wish or Wish(),
        link_failure=failure,
        link_failure_detail=failure_detail,
        case=None,
        origin_case=number_of(visit.form, "origin"),
        judged=number_of(request.query_params, "judged"),
        undone="undone" in request.query_params,
        **values,
    )


@get("/returns/pair", opt={"needs": Permission.READ}, sync_to_thread=True)
def one_return(visit: Visiting, request: Request[Any, Any, Any]) -> Response[str]:
    """One link. That it was looked at is in the audit log."""
    query = request.query_params
    return pair_page(visit, request, str(query.get("closed", "")), str(query.get("new", "")))


handlers = [returns_page, one_return]
