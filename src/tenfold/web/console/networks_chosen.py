"""What was chosen in a network: each with its own evidence, then one decision on the page for many cases."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Response, post

from tenfold.casework import chosen
from tenfold.casework.service import RefusedError
from tenfold.casework.together import MOST
from tenfold.networks.graph import Ask, NodeKind, parse
from tenfold.subjects import Subject, SubjectKind
from tenfold.web.console import pages, together
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.case import acting
from tenfold.web.console.errors import Refused
from tenfold.web.console.networks import Wish, look
from tenfold.web.console.networks_words import ShownNode, Tie, address, ties_of

TIES = 8  # of each that are told


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One of the chosen. `confirmed`: a person said that it is the same people's as another; only then it is
    ticked to begin with. `telling` are ties to closed accounts and to others of the chosen, then the rest."""

    node: ShownNode
    confirmed: bool
    decidable: bool
    telling: list[Tie]


def _nodes(visit: Visit) -> dict[str, Subject]:
    """Accounts and groups that the form names; anything else is left out."""
    found = {}
    for node in visit.fields("node")[: MOST + 1]:
        try:
            kind, own = parse(node)
        except ValueError:
            continue
        if kind in (NodeKind.ACCOUNT, NodeKind.GROUP):
            found[node] = Subject(SubjectKind(kind), own)
    if not found:
        raise Refused(422, "error.nothing_chosen")
    return found


@post("/networks/chosen", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=200)
def look_through(visit: Visiting) -> Response[str]:
    """Each of the chosen with what ties it, and whether people or only the machine said so."""
    nodes = _nodes(visit)
    if len(nodes) > MOST:
        raise Refused(422, "error.too_many_chosen")
    with visit.runtime.pool.connection() as conn:
        looked = look(conn, visit, Wish(starts=list(nodes), ask=Ask(depth=1)), "chosen")
        free = set(chosen.decidable(conn, list(nodes.values())))
    closed = {node.id for node in looked.shown.nodes if node.closed}
    ties = ties_of(looked.shown, nodes)
    candidates = [
        _candidate(node, ties.get(node.id, []), nodes[node.id] in free, closed | nodes.keys())
        for node in looked.shown.nodes
        if node.id in nodes
    ]
    return pages.render(
        visit,
        "networks_chosen.html",
        section="networks",
        candidates=candidates,
        back=address(next(iter(nodes))),
        address=address,
        ties=TIES,
    )


def _candidate(node: ShownNode, ties: list[Tie], decidable: bool, telling: set[str]) -> Candidate:
    return Candidate(
        node=node,
        confirmed=any(tie.mark == "confirmed" for tie in ties),
        decidable=decidable,
        telling=sorted(ties, key=lambda tie: tie.other not in telling),
    )


@post("/networks/decide", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=200)
def decide(visit: Visiting) -> Response[Any]:
    """Open a case for whoever has none, and go on to deciding all of them together."""
    nodes = _nodes(visit)
    try:
        with acting(visit) as conn:
            case_ids = chosen.open_cases(
                conn,
                list(nodes.values()),
                actor=visit.person.actor,
                seen_from=next(iter(nodes)),
                now=datetime.now(UTC),
            )
    except RefusedError:
        raise Refused(422, "error.not_decidable") from None
    return together.page_of(visit, case_ids)


handlers = [look_through, decide]
