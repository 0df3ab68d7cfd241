"""Clusters: accounts that are run by the same people, from links between pairs, guarded against hairballs.

Connected components of strong links grow together wherever one link is wrong. So links are followed one by
one, the strongest first, and each joins the groups at its ends only if

1. nobody decided that an account of one and an account of the other are of different hands;
2. what links the two groups does not all rest on one weak value: one that many accounts show, and without
   which none of these links would have been looked at;
3. it adds one account; or it is strong; or at least half of the smaller group's accounts have a link to the
   larger group, so that no stray link ties two groups.

A cluster never holds accounts that links do not connect.
"""

from collections.abc import Sequence
from enum import IntEnum

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.components import Forest, Nodes, components

_NEVER_THIN = 2  # accounts: any link to a group so small comes from half of it
DECIDED = 1e6  # bits of a link that people decided is true


class Cut(IntEnum):
    """Why a link holds nothing together."""

    NO = 0
    WEAK = 1  # below the strength that clusters are made of
    DECIDED = 2  # it would join accounts that people told apart
    ONE_VALUE = 3  # it rests on a value that many accounts show, and so does all else between the two groups
    THIN = 4  # it and few others would join two groups


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """`least_bits`: links below are not followed. `strong_bits`: one link that strong joins two groups.

    `weak_accounts`: a value that more accounts show is weak. Bits are log2 of the odds, prior included.
    """

    least_bits: float = 0.0
    strong_bits: float = 10.0
    weak_accounts: int = 8


class Links(msgspec.Struct, kw_only=True):
    """n links between accounts by number, each pair once.

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
    followed = np.flatnonzero(cut == Cut.NO)
    low = np.minimum(links.older, links.newer)[followed]
    high = np.maximum(links.older, links.newer)[followed]
    order = np.lexsort((high, low, -links.bits[followed]))
    followed, low, high = followed[order], low[order], high[order]
    doubted, start = _doubted(accounts, links, followed, different, rules)
    groups = _Groups(links, followed[doubted], start, rules)
    for one, other in different:
        groups.tell_apart(one, other)
    low, high = start[low[doubted]], start[high[doubted]]
    ends = low.tolist(), high.tolist(), links.bits[followed[doubted]].tolist()
    cut[followed[doubted]] = [groups.join(*link) for link in zip(*ends, strict=True)]
    nodes, places = np.unique(np.concatenate([low, high]), return_inverse=True)
    root = np.array([groups.find(node) for node in nodes.tolist()], np.int64)[places]
    cut[followed[doubted][root[: len(low)] == root[len(low) :]]] = Cut.NO
    joined = np.flatnonzero(cut == Cut.NO)
    return Clusters(label=components(accounts, links.older[joined], links.newer[joined]), cut=cut)


def _doubted(
    accounts: int, links: Links, followed: Nodes, different: Sequence[tuple[int, int]], rules: Rules
) -> tuple[NDArray[np.bool_], Nodes]:
    """Links that may be cut, of those that are followed: in components in which somebody is told apart or a
    link rests on a weak value, or which are large enough for a link that is not strong to be thin. And by
    account the group that it is in for certain, called by one of its accounts: in other components strong
    links hold, and they come first."""
    older, newer = links.older[followed], links.newer[followed]
    whole = components(accounts, older, newer)
    rests = np.zeros(len(links), np.bool_)
    rests[links.rests_link] = True
    spoken_against = np.zeros(accounts, np.bool_)
    spoken_against[whole[older[rests[followed]]]] = True
    for pair in different:
        spoken_against[whole[list(pair)]] = True
    strong = links.bits[followed] >= rules.strong_bits
    held = components(accounts, older[strong], newer[strong])
    start = np.where(spoken_against[whole], np.arange(accounts), held)
    doubtful = spoken_against | (np.bincount(whole, minlength=accounts) > 2 * _NEVER_THIN + 1)
    return doubtful[whole[older]] & (start[older] != start[newer]), start


class _Groups:
    """Union-find that knows, for every two groups, the links between them. `start`: as in `_doubted`."""

    def __init__(self, links: Links, followed: Nodes, start: Nodes, rules: Rules) -> None:
        self._rules = rules
        self._forest = Forest()
        self.find = self._forest.find
        self._between: dict[int, dict[int, list[int]]] = {}
        self._apart: dict[int, set[int]] = {}
        self._refused: dict[tuple[int, int], tuple[int, int, Cut]] = {}
        older, newer = links.older[followed], links.newer[followed]
        names = np.unique(start[np.concatenate([older, newer])])
        sizes = np.bincount(start, minlength=len(start))[names]
        self._size: dict[int, int] = dict(zip(names.tolist(), sizes.tolist(), strict=True))
        # Of each link both accounts, each with the group that it starts in.
        ends = (older, start[older], newer, start[newer])
        self._ends = dict(
            zip(followed.tolist(), zip(*(end.tolist() for end in ends), strict=True), strict=True)
        )
        self._rests: dict[int, set[int]] = {}
        for link, key in zip(links.rests_link.tolist(), links.rests_key.tolist(), strict=True):
            self._rests.setdefault(link, set()).add(key)
        for link, (_, one, _, other) in self._ends.items():
            self._between.setdefault(one, {}).setdefault(other, []).append(link)
            self._between.setdefault(other, {}).setdefault(one, []).append(link)

    def tell_apart(self, one: int, other: int) -> None:
        """These two accounts are never in one group."""
        self._apart.setdefault(one, set()).add(other)
        self._apart.setdefault(other, set()).add(one)

    def join(self, one: int, other: int, bits: float) -> Cut:
        """Follow a link; Cut.NO when its ends are in one group by now, or else why not."""
        a, b = self.find(one), self.find(other)
        if a == b:
            return Cut.NO
        if self._size[a] < self._size[b]:
            a, b = b, a
        sizes = self._size[a], self._size[b]
        *before, reason = self._refused.get((a, b), (0, 0, Cut.NO))
        strong = bits >= self._rules.strong_bits
        if tuple(before) != sizes or strong:
            reason = self._obstacle(a, b, strong)
        if reason == Cut.NO:
            self._merge(a, b)
        else:
            self._refused[a, b] = (*sizes, Cut(reason))
        return Cut(reason)

    def _obstacle(self, large: int, small: int, strong: bool) -> Cut:
        if small in self._apart.get(large, ()):
            return Cut.DECIDED
        links = self._between[large][small]
        common = set.intersection(*(self._rests.get(link, set()) for link in links))
        if common:
            return Cut.ONE_VALUE
        if strong or self._size[small] == 1:
            return Cut.NO
        ends = (self._ends[link] for link in links)
        linked = {a if self.find(group) == small else b for a, group, b, _ in ends}
        return Cut.NO if 2 * len(linked) >= self._size[small] else Cut.THIN

    def _merge(self, large: int, small: int) -> None:
        self._forest.hang(small, large)
        self._size[large] += self._size[small]
        for enemy in self._apart.pop(small, set()):
            self._apart[enemy].discard(small)
            self._apart[enemy].add(large)
            self._apart.setdefault(large, set()).add(enemy)
        for other, links in self._between.pop(small).items():
            self._between[other].pop(small)
            if other != large:
                self._between[large].setdefault(other, []).extend(links)
                self._between[other][large] = self._between[large][other]
