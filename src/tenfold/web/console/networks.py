"""Networks: the graph around an account, group or value, as a page with its table and as JSON."""

from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.exceptions import NotFoundException
from markupsafe import Markup

from tenfold.networks import building, ranking
from tenfold.networks.graph import (
    DEEPEST,
    MOST_NODES,
    TOKENS,
    Ask,
    Network,
    Sort,
    Standing,
    account_id,
    parse,
)
from tenfold.networks.ranking import Ranking
from tenfold.store import audit, networks_nodes, population
from tenfold.store.database import Conn
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.errors import Refused
from tenfold.web.console.networks_packed import pack
from tenfold.web.console.networks_words import SHOWN_TIES, Shown, ShownNode, address, shown, ties_of

ROWS: Final = 50  # of the table in one window
MOST_STARTS: Final = 50
NEAREST: Final = 10  # accounts of the ranking that are told with what they share
STANDINGS: Final = ("all", "open", "closed")
SHAPES: Final = {"account": "ring", "group": "square"} | dict.fromkeys(map(str, TOKENS), "triangle")
CLIENT_WORDS: Final = {
    "count": "networks.count",
    "found": "networks.found",
    "opened": "networks.opened",
    "full": "networks.full",
    "failed": "networks.failed",
    "chosen": "networks.chosen.count",
    "more_ties": "networks.card.more_ties",
    "case": "networks.case",
    "centre": "networks.centre",
    "expand": "networks.expand",
    "evidence": "networks.evidence",
    "choose": "networks.choose",
    "expand_of": "networks.expand_of",
    "place": "networks.place.short",
}


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What the address asks for; `rows` is where the window of the table begins."""

    starts: list[str]
    ask: Ask
    rows: int = 0

    def query(self, **changed: str) -> str:
        """As the address of the page, so that it can be kept."""
        values: list[tuple[str, str]] = [("start", start) for start in self.starts]
        values += [("depth", str(self.ask.depth)), ("standing", self.ask.standing)]
        values += [("sort", sort) for sort in Sort if sort in self.ask.sorts]
        values += [("common", "on")] if self.ask.common else []
        values += list(changed.items())
        return urlencode(values)


def read_wish(request: Request[Any, Any, Any]) -> Wish:
    """The address as a wish; what cannot be is a page that says so."""
    query = request.query_params
    starts = [start for start in query.getall("start", []) if start][:MOST_STARTS]
    if account := query.get("account"):
        starts.append(account_id(account))
    sorts = frozenset(sort for sort in Sort if str(sort) in query.getall("sort", []))
    standing = query.get("standing", "all")
    try:
        for start in starts:
            parse(start)
        ask = Ask(
            depth=min(max(int(query.get("depth", "1")), 0), DEEPEST),
            sorts=sorts or frozenset(Sort),
            limit=min(max(int(query.get("limit", str(MOST_NODES))), 1), MOST_NODES),
            standing=msgspec.convert(standing if standing in STANDINGS else "all", Standing),
            common=query.get("common") == "on",
        )
        return Wish(starts=starts, ask=ask, rows=max(int(query.get("rows", "0")), 0))
    except ValueError:
        raise Refused(422, "error.network") from None


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """A network that somebody looked at, with its ranking and in words."""

    network: Network
    ranking: Ranking
    shown: Shown


def look(conn: Conn, visit: Visit, wish: Wish, seen_as: str) -> Looked:
    """Build a network and note in the audit log that it was seen."""
    network = building.build(conn, wish.starts, wish.ask)
    ranked = ranking.rank(network, population.count(conn))
    details = {"starts": wish.starts, "depth": wish.ask.depth, "nodes": len(network.nodes), "as": seen_as}
    entry = audit.Entry(
        actor=visit.person.actor, act="network.viewed", subject=wish.starts[0], details=details
    )
    audit.append(conn, [entry])
    words = shown(visit.translator, network, ranked, set(wish.starts))
    return Looked(network=network, ranking=ranked, shown=words)


@get("/networks", opt={"needs": Permission.READ}, sync_to_thread=True)
def page(visit: Visiting, request: Request[Any, Any, Any]) -> Response[Any]:
    """The network around where one starts; without a start, where one may begin."""
    if text := request.query_params.get("q", "").replace("\0", "").strip():
        with visit.runtime.pool.connection() as conn:
            found = networks_nodes.named(conn, text)
        return pages.redirect(address(account_id(found))) if found else _begin(visit, text)
    wish = read_wish(request)
    if not wish.starts:
        return _begin(visit)
    with visit.runtime.pool.connection() as conn:
        looked = look(conn, visit, wish, "graph")
    _known_or_404(looked.network)
    rows = looked.shown.nodes[wish.rows : wish.rows + ROWS]
    return pages.render(
        visit,
        "networks.html",
        section="networks",
        wish=wish,
        looked=looked,
        graph=_json(pack(looked.shown)),
        client_words=_json({name: visit.translator.messages[key] for name, key in CLIENT_WORDS.items()}),
        rows=rows,
        ties=ties_of(looked.shown, {node.id for node in rows}),
        nearest=sorted((node for node in looked.shown.nodes if node.place), key=_place)[:NEAREST],
        window=ROWS,
        shown_ties=SHOWN_TIES,
        address=address,
        shapes=SHAPES,
        choosing=visit.may(Permission.DECIDE),
        sorts=list(Sort),
        standings=STANDINGS,
        depths=range(1, DEEPEST + 1),
        most=MOST_NODES,
        start=looked.shown.nodes[0],
    )


def _place(node: ShownNode) -> int:
    return node.place or 0


def _begin(visit: Visit, missed: str = "") -> Response[str]:
    with visit.runtime.pool.connection() as conn:
        latest = networks_nodes.latest_closed(conn)
    return pages.render(
        visit,
        "networks_begin.html",
        404 if missed else 200,
        section="networks",
        latest=latest,
        missed=missed,
        address=address,
        account_id=account_id,
        among=networks_nodes.AMONG,
    )


def _known_or_404(network: Network) -> None:
    """A start that nobody has told of, and that nothing is tied to, is a mistyped address."""
    first = network.nodes[0]
    told = first.account.known if first.account else first.group.state is not None if first.group else True
    if not told and len(network.nodes) == 1:
        raise NotFoundException


@get("/networks/graph", opt={"needs": Permission.READ}, sync_to_thread=True)
def graph(visit: Visiting, request: Request[Any, Any, Any]) -> Response[bytes]:
    """The same as JSON: nodes, edges, sentences about what is left out (`networks_packed.pack`)."""
    wish = read_wish(request)
    if not wish.starts:
        raise Refused(422, "error.network")
    with visit.runtime.pool.connection() as conn:
        looked = look(conn, visit, wish, "json")
    return Response(msgspec.json.encode(pack(looked.shown)), media_type=MediaType.JSON)


def _json(one: object) -> Markup:
    """As data in a template element: nothing in it can end the element."""
    text = msgspec.json.encode(one).decode()
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - escaped above


handlers = [page, graph]
