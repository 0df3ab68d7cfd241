"""Closing all accounts of the same people by one decision, with whoever is left out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException

from tenfold.casework import closing, clusters, seconds
from tenfold.casework.clusters import Cluster
from tenfold.casework.seconds import Proposed
from tenfold.casework.service import NotFoundError, RefusedError
from tenfold.store import audit, people
from tenfold.taxonomy import Ground
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.case import acting
from tenfold.web.console.decision_form import GROUNDS
from tenfold.web.console.queue import read_toast, user_ids
from tenfold.web.console.returns import place
from tenfold.web.console.returns_words import chance, kind_name

VIOLATIONS = tuple((code, key) for code, key in GROUNDS if Ground(code).is_violation)


class Wish(msgspec.Struct, kw_only=True):
    """The form as filled in; `chosen` None: everybody who can be closed and whom nobody denied."""

    account: str
    chosen: set[str] | None = None
    ground: str = ""
    reason: str = ""
    notify: bool = True


def _read_wish(visit: Visit) -> Wish:
    ground = visit.field("ground")
    return Wish(
        account=visit.field("account"),
        chosen={value.replace("\0", "") for value in visit.fields("member")},
        ground=ground if any(ground == code for code, _ in VIOLATIONS) else "",
        reason=visit.field("reason"),
        notify=visit.field("notify") == "on",
    )


def _page(
    visit: Visit,
    request: Request[Any, Any, Any],
    wish: Wish,
    *,
    status: int = 200,
    failure: str | None = None,
    template: str = "returns_close.html",
) -> Response[str]:
    with visit.runtime.pool.connection() as conn:
        try:
            found = clusters.cluster(conn, wish.account, datetime.now(UTC))
        except NotFoundError:
            raise NotFoundException from None
        chosen = _proposed(found) if wish.chosen is None else wish.chosen
        told = None
        if wish.notify and wish.ground:
            told = closing.told(conn, found, sorted(chosen), Ground(wish.ground), wish.reason)
        names = people.names(conn, user_ids(_actors(found)))
        entry = audit.Entry(actor=visit.person.actor, act="cluster.viewed", subject=f"account:{wish.account}")
        audit.append(conn, [entry])
    return pages.render(
        visit,
        template,
        status,
        section="returns",
        cluster=found,
        wish=wish,
        chosen=chosen,
        effects=closing.effects(found, sorted(chosen)),
        told=told,
        failure=failure,
        grounds=VIOLATIONS,
        people=names,
        place=place,
        kind_name=lambda kind: kind_name(visit.translator, kind),
        chance=lambda probability: chance(visit.translator, probability),
        decided=read_toast(request.query_params),
    )


def _proposed(found: Cluster) -> set[str]:
    """Who is ticked at first: not who was told apart from another member."""
    return {member.brief.account for member in found.members if member.closable and not member.denied}


def _actors(found: Cluster) -> Sequence[str | None]:
    return [
        *(member.holder for member in found.members),
        *(confirmed.author for member in found.members for confirmed in member.evidence),
        *(standing.author for standing in found.closings),
    ]


@get("/returns/close", opt={"needs": Permission.READ}, sync_to_thread=True)
def close_page(visit: Visiting, request: Request[Any, Any, Any]) -> Response[str]:
    """Each account with its own evidence, and what closing those that are ticked would do."""
    return _page(visit, request, Wish(account=str(request.query_params.get("account", ""))))


@post("/returns/close/preview", opt={"needs": Permission.READ}, sync_to_thread=True, status_code=200)
def preview(visit: Visiting, request: Request[Any, Any, Any]) -> Response[str]:
    """The same with other ticks; htmx gets the effects alone."""
    template = "parts/close_effects.html" if visit.fragment else "returns_close.html"
    return _page(visit, request, _read_wish(visit), template=template)


@post("/returns/close", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=303)
def close(visit: Visiting, request: Request[Any, Any, Any]) -> Response[Any]:
    """Close those that are ticked, by one decision."""
    wish = _read_wish(visit)
    missing = (
        "decide.missing_ground"
        if not wish.ground
        else "decide.missing_reason"
        if not wish.reason
        else "decide.missing_members"
        if not wish.chosen
        else None
    )
    if missing:
        return _page(visit, request, wish, status=422, failure=missing)
    try:
        with acting(visit) as conn:
            actor, now = visit.person.actor, datetime.now(UTC)
            made = seconds.or_propose(
                conn,
                lambda: closing.close_cluster(
                    conn,
                    account=wish.account,
                    chosen=sorted(wish.chosen or ()),
                    ground=Ground(wish.ground),
                    reason=wish.reason,
                    actor=actor,
                    now=now,
                    notify=wish.notify,
                ),
                actor=actor,
                now=now,
            )
    except RefusedError:
        return _page(visit, request, wish, status=422, failure="decide.close_refused")
    if isinstance(made, Proposed):
        return pages.redirect(f"/seconds/{made.proposal_id}?fresh=true")
    query = {"account": wish.account, "decided": made.decision_id, "of": made.case_id}
    return pages.redirect(f"/returns/close?{urlencode(query)}")


handlers = [close_page, preview, close]
