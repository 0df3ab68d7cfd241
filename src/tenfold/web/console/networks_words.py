"""A network in words: what each node is called, what is known of it, what each tie says at both ends."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import msgspec

from tenfold.networks.graph import TOKENS, Edge, EdgeKind, Network, Node, NodeKind, account_id
from tenfold.networks.ranking import Ranked, Ranking
from tenfold.web.console.i18n import Translator
from tenfold.web.console.returns_words import chance

SHOWN_TIES: Final = 3  # of a node in the table
LONGEST: Final = 60  # characters of a value in a label; the card has it whole


class Tie(msgspec.Struct, frozen=True, kw_only=True):
    """A tie as one of its ends tells it: `words`, then who is at the other end; `href`: its evidence."""

    words: str
    other: str
    other_label: str
    mark: str | None
    href: str | None


class ShownNode(msgspec.Struct, frozen=True, kw_only=True):
    """A node for table, card and canvas. `standing` is the state of an account or group, `facts` are lines of
    text, `case` the number of its case, `more` says how many neighbours are not shown; `place` is its rank in
    association with closed accounts, `association` what that rests on."""

    id: str
    kind: str
    kind_name: str
    label: str
    title: str
    closed: bool
    known: bool
    start: bool
    standing: str | None
    standing_name: str | None
    facts: list[str]
    case: int | None
    opened: bool
    more: str | None
    place: int | None
    association: list[str]


class ShownEdge(msgspec.Struct, frozen=True, kw_only=True):
    """An edge for the canvas. `words` as its source tells it, `back` as its target does."""

    source: str
    target: str
    kind: str
    mark: str | None
    weight: float
    words: str
    back: str
    href: str | None


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """The whole in words; `told` are sentences about what is not shown."""

    nodes: list[ShownNode]
    edges: list[ShownEdge]
    told: list[str]


class _Around(NamedTuple):
    """What the words for one node draw on, by node."""

    labels: dict[str, str]
    ranked: dict[str, Ranked]
    places: int
    starts: set[str]


def address(start: str, **more: str) -> str:
    """Where the network around a node is."""
    return f"/networks?{urlencode({'start': start} | more)}"


def shown(words: Translator, network: Network, ranking: Ranking, starts: set[str]) -> Shown:
    """A network for a page in the language of `words`."""
    nodes = {node.id: node for node in network.nodes}
    labels = {node.id: label(words, node) for node in network.nodes}
    said: dict[_Saying, tuple[str, str]] = {}
    ranked = {account_id(one.account): one for one in ranking.ranked}
    around = _Around(labels=labels, ranked=ranked, places=len(ranked), starts=starts)
    return Shown(
        nodes=[_node(words, node, around) for node in network.nodes],
        edges=[_edge(words, edge, nodes, said) for edge in network.edges],
        told=_told(words, network),
    )


def label(words: Translator, node: Node) -> str:
    """What a node is called: handles, names, values; of tokens only what they are."""
    if node.account is not None:
        return f"@{node.account.handle}" if node.account.handle else node.account.name or node.account.id
    if node.group is not None:
        return node.group.name or node.group.id
    if node.kind in TOKENS or node.value is None:
        return words.text(f"networks.one.{node.kind}")
    if node.kind in (NodeKind.MEDIA, NodeKind.AVATAR, NodeKind.BANNER):
        # The first digits of a hash; people know pictures by what they are.
        return f"{words.text(f'networks.kind.{node.kind}')} \u2068{_first_digits(node.value)}\u2069"
    return node.value if len(node.value) <= LONGEST else f"{node.value[: LONGEST - 1]}…"


def _first_digits(picture: str) -> str:
    return picture.rpartition(":")[2][:12]


def _title(node: Node) -> str:
    if node.account is not None:
        return node.account.name or node.account.id
    return (node.group.id if node.group is not None else node.value) or ""


def _node(words: Translator, node: Node, around: _Around) -> ShownNode:
    ranked = around.ranked.get(node.id)
    about = node.account or node.group
    standing = about.state if about is not None else None
    closed = node.account is not None and node.account.closed
    if closed and standing is None:
        standing = "closed"
    return ShownNode(
        id=node.id,
        kind=node.kind,
        kind_name=words.text(f"networks.kind.{node.kind}"),
        label=around.labels[node.id],
        title=_title(node),
        closed=closed,
        known=node.account is None or node.account.known,
        start=node.id in around.starts,
        standing=standing,
        standing_name=words.text(f"standing.{standing}") if standing else None,
        facts=_facts(words, node),
        case=about.case_id if about is not None else None,
        opened=node.opened,
        more=_more(words, node),
        place=ranked.place if ranked else None,
        association=_association(words, ranked, around),
    )


def _facts(words: Translator, node: Node) -> list[str]:
    found = []
    if node.account is not None:
        if not node.account.known:
            found.append(words.text("networks.unknown"))
        if node.account.created_at:
            found.append(words.text("kin.opened", at=words.moment(node.account.created_at)))
        if node.account.closed_at and node.account.closed:
            found.append(words.text("kin.closed", at=words.moment(node.account.closed_at)))
    elif node.group is not None:
        found.append(words.text("networks.members", n=node.group.members))
    elif node.common:
        found.append(words.text("networks.common_value") if node.holders else words.text("networks.marked"))
    elif node.holders:
        found.append(words.text("networks.holders", n=node.holders))
    for crowd, count in node.crowds.items():
        found.append(words.text(f"networks.crowd.{crowd}", n=count))
    return found


def _more(words: Translator, node: Node) -> str | None:
    if node.hidden:
        return words.text("networks.more", n=node.hidden)
    return None


def _association(words: Translator, ranked: Ranked | None, around: _Around) -> list[str]:
    """How an account is associated with closed ones, then what it shares with them."""
    if ranked is None:
        return []
    lines = [words.text("networks.place", n=ranked.place, of=around.places)]
    for thing in ranked.shared:
        lines.append(
            words.text(
                f"networks.shared.{thing.kind}",
                what=around.labels.get(thing.node, thing.node),
                n=thing.closed,
                bits=words.number(thing.bits, 1),
            )
        )
    return lines


def ties_of(one: Shown, nodes: Collection[str]) -> dict[str, list[Tie]]:
    """The ties of these nodes as each tells them, those that tell most first."""
    labels = {node.id: node.label for node in one.nodes}
    found: dict[str, list[Tie]] = defaultdict(list)
    for edge in sorted(one.edges, key=lambda edge: (edge.kind != EdgeKind.LINK, -edge.weight)):
        for end, other, said in (
            (edge.source, edge.target, edge.words),
            (edge.target, edge.source, edge.back),
        ):
            if end in nodes:
                found[end].append(
                    Tie(words=said, other=other, other_label=labels[other], mark=edge.mark, href=edge.href)
                )
    return found


# What words depend on, of all edges but links: thousands say one of a few sentences.
_Saying = tuple[EdgeKind, bool, str | None]


def _edge(
    words: Translator, edge: Edge, nodes: dict[str, Node], sayings: dict[_Saying, tuple[str, str]]
) -> ShownEdge:
    href = None
    if edge.kind is EdgeKind.LINK:
        ends = {"closed": edge.source.partition(":")[2], "new": edge.target.partition(":")[2]}
        href = f"/returns/pair?{urlencode(ends)}"
        said = back = _of_link(words, edge)
    else:
        saying = (edge.kind, edge.both, edge.target if edge.kind is EdgeKind.SHOWS else None)
        if saying not in sayings:
            sayings[saying] = _said(words, edge, nodes)
        said, back = sayings[saying]
    return ShownEdge(
        source=edge.source,
        target=edge.target,
        kind=edge.kind,
        mark=edge.mark,
        weight=edge.weight,
        words=said,
        back=back,
        href=href,
    )


def _said(words: Translator, edge: Edge, nodes: dict[str, Node]) -> tuple[str, str]:
    if edge.kind is EdgeKind.SHOWS:
        value = nodes[edge.target]
        key = "networks.shows_common" if value.common else "networks.shows"
        counted: dict[str, Any] = {} if value.common else {"n": value.holders}
        return words.text(key, what=words.text(f"networks.kind.{value.kind}"), **counted), words.text(
            "networks.shown_by"
        )
    if edge.both:
        said = words.text(f"networks.edge.{edge.kind}.both")
        return said, said
    return words.text(f"networks.edge.{edge.kind}"), words.text(f"networks.edge.{edge.kind}.back")


def _of_link(words: Translator, edge: Edge) -> str:
    """A link with its probability, bits and the evidence that tells most."""
    parts = [words.text(f"networks.link.{edge.mark}")]
    if edge.probability is not None:
        parts.append(chance(words, edge.probability))
    if edge.bits is not None:
        sign = "+" if edge.bits > 0 else "−" if edge.bits < 0 else ""
        parts.append(words.text("networks.bits", bits=f"{sign}{words.number(abs(edge.bits), 1)}"))
    if edge.kinds:
        parts.append(words.text("networks.comma").join(_kind(words, kind) for kind, _ in edge.kinds))
    return " · ".join(parts)


def _kind(words: Translator, kind: str) -> str:
    key = f"evidence.kind.{kind}"
    return words.text(key) if words.has(key) else kind


def _told(words: Translator, network: Network) -> list[str]:
    told = []
    if network.left_out:
        told.append(words.text("networks.left_out", n=network.left_out))
    if network.common:
        told.append(words.text("networks.common", n=network.common))
    if network.at_least:
        told.append(words.text("networks.crowds"))
    return told
