"""Who stands nearest to the closed accounts of a network. Association only, never that two are one person.

The walk of networks.association over what accounts share in public: links, pictures, groups, whom they follow
and name. How rare a thing is, is measured on the whole platform, not in the part that is looked at.
"""

import msgspec
import numpy as np

from tenfold.networks.association import Graph
from tenfold.networks.graph import EdgeKind, Network, Node, NodeKind

MOST_TOLD = 5  # shared things that are told of an account
_MATERIAL = frozenset({NodeKind.URL, NodeKind.DOMAIN, NodeKind.MEDIA})
_TARGETS = frozenset({EdgeKind.FOLLOWS, EdgeKind.MENTIONS, EdgeKind.ANNOUNCES})


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """A thing that an account has in common with closed ones: the node that it is (or, where they follow or
    name somebody, who that is, with `kind`), how rare in bits, and of how many closed accounts here."""

    node: str
    kind: EdgeKind
    bits: float
    closed: int


class Ranked(msgspec.Struct, frozen=True, kw_only=True):
    """An open account: its place from 1, and how many times more often a walk comes to it from the closed
    accounts than from anybody."""

    account: str
    place: int
    lift: float
    shared: tuple[Shared, ...]


class Ranking(msgspec.Struct, frozen=True, kw_only=True):
    """`closed` accounts that the walk starts at, `accounts` open ones that were looked at; those that
    nothing ties to closed ones have no place."""

    closed: int
    accounts: int
    ranked: tuple[Ranked, ...]


def rank(network: Network, population: int) -> Ranking:
    """The open accounts of a network by what ties them to its closed ones; `population` is how many accounts
    the platform has."""
    number = {account.id: place for place, account in enumerate(network.accounts)}
    is_closed = np.array([account.closed for account in network.accounts], np.bool_)
    closed = np.flatnonzero(is_closed).astype(np.int64)
    things = _Things(network, number)
    if not len(closed) or not things.account:
        return Ranking(closed=len(closed), accounts=len(number) - len(closed), ranked=())
    graph = Graph(
        len(number),
        np.array(things.account, np.int64),
        np.array(things.thing, np.int64),
        population=population,
        held=np.array(things.held, np.int64),
    )
    lift = graph.lift(closed)
    lift[closed] = 0
    order = [int(one) for one in np.argsort(-lift, kind="stable") if lift[one] > 0]
    having, bits, names = graph.having(closed), graph.bits(), list(number)
    ranked = []
    for place, one in enumerate(order, start=1):
        shared = [thing for thing in graph.artifacts_of(one).tolist() if having[thing] > 0]
        rarest = sorted(shared, key=lambda thing: -bits[thing])[:MOST_TOLD]
        told = tuple(
            Shared(
                node=things.names[thing][0],
                kind=things.names[thing][1],
                bits=float(bits[thing]),
                closed=int(having[thing]),
            )
            for thing in rarest
        )
        ranked.append(Ranked(account=names[one], place=place, lift=float(lift[one]), shared=told))
    return Ranking(closed=len(closed), accounts=len(number) - len(closed), ranked=tuple(ranked))


class _Things:
    """Who has what, as the walk takes it: parallel numbers of accounts and things; of each thing how many
    accounts of the platform have it at least, and which node it is by which kind of tie."""

    def __init__(self, network: Network, number: dict[str, int]) -> None:
        self.account: list[int] = []
        self.thing: list[int] = []
        self.held: list[int] = []
        self.names: list[tuple[str, EdgeKind]] = []
        self._numbers: dict[tuple[str, EdgeKind], int] = {}
        nodes = {node.id: node for node in network.nodes}
        for edge in network.edges:
            source, target = nodes[edge.source], nodes[edge.target]
            if edge.kind is EdgeKind.SHOWS and target.kind not in _MATERIAL:
                continue
            if edge.kind is EdgeKind.LINK or source.account is None:
                continue
            self._add(number[source.account.id], target, edge.kind)
            if edge.both and target.account is not None:
                self._add(number[target.account.id], source, edge.kind)

    def _add(self, account: int, target: Node, kind: EdgeKind) -> None:
        kind = EdgeKind.MENTIONS if kind is EdgeKind.ANNOUNCES else kind
        thing = self._numbers.setdefault((target.id, kind), len(self.names))
        if thing == len(self.names):
            self.names.append((target.id, kind))
            self.held.append(_held(target, kind))
        self.account.append(account)
        self.thing.append(thing)


def _held(target: Node, kind: EdgeKind) -> int:
    if target.account is not None:
        return target.account.followers or 0 if kind in _TARGETS else 0
    return target.group.members if target.group is not None else target.holders
