"""Connected components and bridges of a graph whose nodes are 0..n-1, in numpy and plain Python."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Nodes = NDArray[np.int64]


def components(count: int, left: Nodes, right: Nodes) -> Nodes:
    """For each of `count` nodes the smallest node that edges (left[i], right[i]) connect it with.

    Every root that has a smaller neighbour hangs itself under the smallest one, then paths are cut short:
    at least half of the roots that still have edges go with each round.
    """
    label = np.arange(count, dtype=np.int64)
    a, b = np.asarray(left, np.int64), np.asarray(right, np.int64)
    while len(a):
        a, b = label[a], label[b]
        apart = a != b
        a, b = np.minimum(a, b)[apart], np.maximum(a, b)[apart]
        np.minimum.at(label, b, a)
        while True:
            shorter = label[label]
            if np.array_equal(shorter, label):
                break
            label = shorter
    return label


class Forest:
    """Union-find that can refuse: sets that hold two accounts told apart are never joined."""

    def __init__(self, nodes: Sequence[int], apart: Sequence[tuple[int, int]]) -> None:
        self._parent = {node: node for node in nodes}
        self._size = dict.fromkeys(nodes, 1)
        self._apart: dict[int, set[int]] = {node: set() for node in nodes}
        for one, other in apart:
            self._apart[one].add(other)
            self._apart[other].add(one)

    def find(self, node: int) -> int:
        """The set that a node is in, by the name of one of its nodes."""
        while self._parent[node] != node:
            self._parent[node] = self._parent[self._parent[node]]
            node = self._parent[node]
        return node

    def join(self, one: int, other: int) -> bool:
        """Make two nodes' sets one; False when they must stay apart."""
        a, b = self.find(one), self.find(other)
        if a == b:
            return True
        if b in self._apart[a]:
            return False
        if self._size[a] < self._size[b]:
            a, b = b, a
        self._parent[b] = a
        self._size[a] += self._size[b]
        for enemy in self._apart.pop(b):
            self._apart[enemy].discard(b)
            self._apart[enemy].add(a)
            self._apart[a].add(enemy)
        return True


def bridges(left: Sequence[int], right: Sequence[int]) -> list[tuple[int, int, int]]:
    """Edges of one connected graph without which it falls apart (Tarjan 1974), without recursion.

    Each as (edge, the node on its far side, how many nodes hang there), far as seen from the node of
    the first edge; the far side of a bridge is found before that of one nearer to that node.
    """
    neighbours: dict[int, list[tuple[int, int]]] = {}
    for edge, (a, b) in enumerate(zip(left, right, strict=True)):
        neighbours.setdefault(a, []).append((b, edge))
        neighbours.setdefault(b, []).append((a, edge))
    if not neighbours:
        return []
    start = left[0]
    seen, low, size = {start: 0}, {start: 0}, {start: 1}
    stack = [(start, -1, iter(neighbours[start]))]
    found = []
    while stack:
        node, came_by, rest = stack[-1]
        for other, edge in rest:
            if edge == came_by:
                continue
            if other in seen:
                low[node] = min(low[node], seen[other])
                continue
            seen[other] = low[other] = len(seen)
            size[other] = 1
            stack.append((other, edge, iter(neighbours[other])))
            break
        else:
            stack.pop()
            if stack:
                above = stack[-1][0]
                low[above] = min(low[above], low[node])
                size[above] += size[node]
                if low[node] > seen[above]:
                    found.append((came_by, node, size[node]))
    return found
