"""Clusters: accounts that are run by the same people, from links between pairs, guarded against hairballs.

Connected components of strong links grow together wherever one link is wrong. Three guards split them again;
none ever joins what links do not:

1. people decided that two accounts are of different hands: links are followed strongest first, and one that
   would put the two into one cluster is left out (constrained single linkage);
2. one weak value: links that would not have been looked at without one value, which many accounts show,
   are cut where nothing else holds their two sides together;
3. a weak bridge: one link alone between two groups must be stronger than one that adds a single account.
"""

from collections.abc import Sequence
from enum import IntEnum

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.components import Forest, Nodes, bridges, components

DECIDED = 1e6  # bits of a link that people decided is true


class Cut(IntEnum):
    """Why a link holds nothing together."""

    NO = 0
    WEAK = 1  # below the strength that clusters are made of
    DECIDED = 2  # it would join accounts that people told apart
    ONE_VALUE = 3  # it rests on a value that many accounts show, and so does its whole side
    BRIDGE = 4  # it alone would join two groups


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """`least_bits`: links below are not followed. `bridge_bits`: what one needs to join two groups alone.

    `weak_accounts`: a value that more accounts show is weak. Bits are log2 of the odds, prior included.
    """

    least_bits: float = 0.0
    bridge_bits: float = 6.0
    weak_accounts: int = 8


class Links(msgspec.Struct, kw_only=True):
    """n links between accounts by number, `older[i]` < or > `newer[i]` as it was; each pair once.

    `bits` (float, n). `rests_link`, `rests_key`: parallel, ascending by link: the link would not have been
    looked at without this key, which more than Rules.weak_accounts accounts show.
    """

    older: Nodes
    newer: Nodes
    bits: NDArray[np.float64]
    rests_link: Nodes
    rests_key: Nodes

    def __len__(self) -> int:
        return len(self.older)


class Clusters(msgspec.Struct, kw_only=True):
    """`label` (accounts,): the smallest account of the cluster that each account is in, itself when alone.
    `cut` (links,): a Cut for each link."""

    label: Nodes
    cut: NDArray[np.int8]


def find(accounts: int, links: Links, different: Sequence[tuple[int, int]], rules: Rules) -> Clusters:
    """Clusters of accounts 0..accounts-1: the same ones in whatever order the links come."""
    cut = np.where(links.bits >= rules.least_bits, Cut.NO, Cut.WEAK).astype(np.int8)
    _keep_apart(accounts, links, different, cut)
    waiting = _pieces(links, np.flatnonzero(cut == Cut.NO))
    while waiting:
        edges = waiting.pop()
        if _cut_value(links, edges, cut) or _cut_bridge(links, edges, cut, rules):
            waiting += _pieces(links, edges[cut[edges] == Cut.NO])
    return Clusters(label=components(accounts, *_held(links, cut)), cut=cut)


def _held(links: Links, cut: NDArray[np.int8]) -> tuple[Nodes, Nodes]:
    held = cut == Cut.NO
    return links.older[held], links.newer[held]


def _local(links: Links, edges: Nodes) -> tuple[int, Nodes, Nodes]:
    """How many accounts these links are between, and both ends of each by their place among them."""
    both = np.concatenate([links.older[edges], links.newer[edges]])
    nodes, ends = np.unique(both, return_inverse=True)
    return len(nodes), ends[: len(edges)], ends[len(edges) :]


def _pieces(links: Links, edges: Nodes) -> list[Nodes]:
    """These links, cluster by cluster; clusters of two accounts, which no guard splits, are left out."""
    count, one, other = _local(links, edges)
    label = components(count, one, other)
    large = np.bincount(label, minlength=count)[label[one]] >= 3
    edges, label = edges[large], label[one][large]
    order = np.argsort(label, kind="stable")
    ends = np.flatnonzero(np.diff(label[order])) + 1
    return [piece for piece in np.split(edges[order], ends) if len(piece)]


def _keep_apart(
    accounts: int, links: Links, different: Sequence[tuple[int, int]], cut: NDArray[np.int8]
) -> None:
    """Guard 1, only where two accounts that were told apart are in one component."""
    label = components(accounts, *_held(links, cut))
    apart = [(one, other) for one, other in different if label[one] == label[other] and one != other]
    concerned = np.unique([label[one] for one, _ in apart]) if apart else np.empty(0, np.int64)
    inside = np.flatnonzero((cut == Cut.NO) & np.isin(label[links.older], concerned))
    if not len(inside):
        return
    low = np.minimum(links.older[inside], links.newer[inside])
    high = np.maximum(links.older[inside], links.newer[inside])
    inside = inside[np.lexsort((high, low, -links.bits[inside]))]
    nodes = np.unique(np.concatenate([links.older[inside], links.newer[inside]])).tolist()
    forest = Forest(nodes, apart)
    for link in inside.tolist():
        if not forest.join(int(links.older[link]), int(links.newer[link])):
            cut[link] = Cut.DECIDED


def _cut_value(links: Links, edges: Nodes, cut: NDArray[np.int8]) -> bool:
    """Guard 2 on one cluster: cut the links of the first key without which it falls apart."""
    count, one, other = _local(links, edges)
    places, keys = _rests(links, edges)
    shared, times = np.unique(keys, return_counts=True)
    for key in shared[times >= 2]:
        without = np.ones(len(edges), np.bool_)
        without[places[keys == key]] = False
        side = components(count, one[without], other[without])
        between = side[one] != side[other]
        if between.any():
            cut[edges[between]] = Cut.ONE_VALUE
            return True
    return False


def _rests(links: Links, edges: Nodes) -> tuple[Nodes, Nodes]:
    """The weak keys that these links rest on: places in `edges`, and keys."""
    low, high = np.searchsorted(links.rests_link, edges), np.searchsorted(links.rests_link, edges, "right")
    counts = high - low
    rows = np.arange(counts.sum()) + np.repeat(low - (np.cumsum(counts) - counts), counts)
    return np.repeat(np.arange(len(edges)), counts), links.rests_key[rows]


def _cut_bridge(links: Links, edges: Nodes, cut: NDArray[np.int8], rules: Rules) -> bool:
    """Guard 3 on one cluster: cut its weakest bridge, of equally weak ones that nearest to the middle."""
    count, one, other = _local(links, edges)
    found = []
    for place, _, beyond in bridges(one.tolist(), other.tolist()):
        group, strength = min(beyond, count - beyond), float(links.bits[edges[place]])
        if group >= 2 and strength < rules.bridge_bits:
            ends = sorted((int(one[place]), int(other[place])))
            found.append((strength, -group, ends, int(edges[place])))
    if found:
        cut[min(found)[-1]] = Cut.BRIDGE
    return bool(found)
