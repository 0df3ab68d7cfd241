"""A network around some nodes: step by step, the ties that tell most first, within a number of nodes."""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from tenfold.networks import around, naming
from tenfold.networks.around import Around
from tenfold.networks.graph import (
    DEEPEST,
    MOST_NODES,
    TOKENS,
    Ask,
    Edge,
    EdgeKind,
    Network,
    Node,
    NodeKind,
    account_id,
    parse,
)
from tenfold.store import networks, networks_nodes
from tenfold.store.database import Conn
from tenfold.store.networks import Held
from tenfold.store.networks_nodes import AccountFacts

MOST_OPENED = 100  # nodes of one step that are looked around; the rest is opened on demand
_TIES = frozenset({EdgeKind.FOLLOWS, EdgeKind.MENTIONS})


def build(conn: Conn, starts: Sequence[str], ask: Ask) -> Network:
    """The network around these nodes (ids as graph.parse takes them).

    However large the platform, it reads at most about MOST_OPENED * (8 ties of 1,000 rows) a step.
    ValueError: a start is no node, or `ask` asks for more than MOST_NODES or DEEPEST.
    """
    if not 1 <= ask.limit <= MOST_NODES or not 0 <= ask.depth <= DEEPEST:
        raise ValueError(f"a network has 1 to {MOST_NODES} nodes and 0 to {DEEPEST} steps")
    walk = _Walk(conn, ask)
    walk.begin(starts)
    with networks.by_index(conn):
        for _ in range(ask.depth):
            walk.step()
        return walk.done()


class _Walk:
    """Nodes and edges so far. `frontier` are the accounts (or first nodes) that were found last."""

    def __init__(self, conn: Conn, ask: Ask) -> None:
        self.conn, self.ask = conn, ask
        self.nodes: dict[str, NodeKind] = {}
        self.edges: dict[tuple[str, str, EdgeKind], Edge] = {}
        self.held: dict[int, Held] = {}
        self.crowds: dict[str, dict[str, int]] = {}
        self.common: set[int] = set()
        self.opened: set[str] = set()
        self.out: dict[str, set[str]] = {}  # of each node the neighbours for which there was no room
        self.denied: list[Edge] = []
        self.frontier: list[str] = []
        self.starts: set[str] = set()

    def begin(self, starts: Sequence[str]) -> None:
        for start in dict.fromkeys(starts[: self.ask.limit]):
            self.nodes[start] = parse(start)[0]
        self.starts = set(self.nodes)
        self.frontier = list(self.nodes)

    def step(self) -> None:
        """Look around those found last, and take in what they are tied to."""
        opening = self.frontier[:MOST_OPENED]
        if not opening:
            return
        of: dict[bool | None, list[str]] = {True: [], False: [], None: []}
        for node in opening:
            kind, own = parse(node)
            of[{NodeKind.ACCOUNT: True, NodeKind.GROUP: False}.get(kind)].append(own)
        found = around.look(self.conn, of[True], of[False], [int(key) for key in of[None]], self.ask)
        self.opened.update(opening)
        before = set(self.nodes)
        self._take(found)
        self.frontier = [node for node in self.nodes if node not in before and node.startswith("account:")]

    def _take(self, found: Around) -> None:
        self.held |= found.held
        self.common |= found.common
        for node, crowd in found.crowds.items():
            self.crowds.setdefault(node, {}).update(crowd)
        found.edges.sort(key=lambda ranked: ranked[0])
        edges = self._wanted([edge for _, edge in found.edges])
        for edge in edges:
            self._add(edge)

    def _wanted(self, edges: list[Edge]) -> list[Edge]:
        """Those between accounts that are asked for."""
        if self.ask.standing == "all":
            return edges
        accounts = {end for edge in edges for end in (edge.source, edge.target) if end.startswith("account:")}
        accounts -= self.nodes.keys()
        closed = networks_nodes.states(self.conn, (parse(account)[1] for account in accounts))
        wanted = self.ask.standing == "closed"
        left = {account_id(account) for account, is_closed in closed.items() if is_closed != wanted}
        return [edge for edge in edges if edge.source not in left and edge.target not in left]

    def _add(self, edge: Edge) -> None:
        """Take in an edge with its ends. Nobody is reached through a link that people denied."""
        if edge.mark == "denied":
            self.denied.append(edge)
            return
        ends = (edge.source, edge.target)
        missing = [end for end in ends if end not in self.nodes]
        if len(self.nodes) + len(missing) > self.ask.limit:
            for end, other in (ends, ends[::-1]):
                self.out.setdefault(end, set()).add(other)
            return
        for end in missing:
            self.nodes[end] = parse(end)[0]
        self._keep(edge)

    def _keep(self, edge: Edge) -> None:
        """One edge between two nodes and of one kind; two that go both ways become one."""
        back = self.edges.get((edge.target, edge.source, edge.kind))
        if back is not None and edge.kind in _TIES:
            both = msgspec.structs.replace(back, both=True, weight=max(back.weight, 0.35))
            self.edges[back.source, back.target, back.kind] = both
        else:
            self.edges.setdefault((edge.source, edge.target, edge.kind), edge)

    def done(self) -> Network:
        """Ties among those that nobody opened, too; values that one account alone shows go."""
        leaves = [parse(node)[1] for node, kind in self.nodes.items() if kind is NodeKind.ACCOUNT]
        unopened = [account for account in leaves if account_id(account) not in self.opened]
        for edge in (*around.among(self.conn, unopened, self.ask), *self.denied):
            if edge.source in self.nodes and edge.target in self.nodes:
                self._keep(edge)
        self._prune()
        nodes = tuple(self._described())
        return Network(
            nodes=nodes,
            edges=tuple(self.edges.values()),
            left_out=len(set().union(*self.out.values()) - self.nodes.keys()) if self.out else 0,
            at_least=bool(self.crowds),
            common=len(self.common),
        )

    def _prune(self) -> None:
        ties = Counter(end for edge in self.edges.values() for end in (edge.source, edge.target))
        for node, kind in list(self.nodes.items()):
            if kind in (NodeKind.ACCOUNT, NodeKind.GROUP) or node in self.starts:
                continue
            key = int(parse(node)[1])
            if ties[node] < 2 and not self.held[key].common and not self.out.get(node):
                del self.nodes[node]
        self.edges = {
            ends: edge
            for ends, edge in self.edges.items()
            if edge.source in self.nodes and edge.target in self.nodes
        }

    def _described(self) -> Iterable[Node]:
        ids = {kind: [parse(n)[1] for n, of in self.nodes.items() if of is kind] for kind in NodeKind}
        accounts = networks_nodes.accounts(self.conn, ids[NodeKind.ACCOUNT])
        groups = networks_nodes.groups(self.conn, ids[NodeKind.GROUP])
        shown_by = self._shown_by()
        named = naming.values(self.conn, shown_by)
        for node, kind in self.nodes.items():
            own = parse(node)[1]
            held = self.held.get(int(own)) if kind not in (NodeKind.ACCOUNT, NodeKind.GROUP) else None
            account = accounts.get(own) if kind is NodeKind.ACCOUNT else None
            yield Node(
                id=node,
                kind=kind,
                account=account,
                group=groups.get(own) if kind is NodeKind.GROUP else None,
                value=named.get(int(own)) if held else None,
                holders=held.accounts if held else 0,
                common=held.common if held else False,
                hidden=len(self.out.get(node, set()) - self.nodes.keys()),
                at_least=node in self.crowds,
                crowds=self._told(node, account),
                opened=node in self.opened,
            )

    def _shown_by(self) -> dict[int, list[str]]:
        """Of each value that may be named: who of these shows it, those that were looked around first."""
        found: dict[int, list[str]] = {}
        for edge in self.edges.values():
            if edge.kind is EdgeKind.SHOWS and self.nodes[edge.target] not in TOKENS:
                found.setdefault(int(parse(edge.target)[1]), []).append(parse(edge.source)[1])
        for accounts in found.values():
            accounts.sort(key=lambda account: account_id(account) not in self.opened)
        return found

    def _told(self, node: str, account: AccountFacts | None) -> dict[str, int]:
        """Crowds with the platform's own number where that is larger than what was read."""
        crowds = dict(self.crowds.get(node, {}))
        if account is not None and account.followers and "followed_by" in crowds:
            crowds["followed_by"] = max(crowds["followed_by"], account.followers)
        return crowds
