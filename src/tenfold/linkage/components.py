"""Connected components of a graph whose nodes are 0..n-1, in numpy."""

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


def spanning(count: int, left: Nodes, right: Nodes) -> NDArray[np.bool_]:
    """Which of these edges, the best first, hold their components together: a spanning tree of each, of the
    best edges that there are (Borůvka: every component takes its best edge to another one, then all that
    are joined are one)."""
    kept = np.zeros(len(left), np.bool_)
    edges, label = np.arange(len(left)), np.arange(count)
    while len(edges):
        a, b = label[left[edges]], label[right[edges]]
        apart = a != b
        edges, a, b = edges[apart], a[apart], b[apart]
        best = np.full((2, count), len(left))
        best[0, a[::-1]] = best[1, b[::-1]] = edges[::-1]  # of several the last one stays: the best
        chosen = best.min(axis=0)
        kept[chosen[chosen < len(left)]] = True
        label = components(count, left[kept], right[kept])
    return kept


class Forest:
    """Union-find over any numbers, one step at a time; a number is known once it was asked for."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def find(self, node: int) -> int:
        """The set that a node is in, by the name of one of its nodes."""
        parent = self._parent
        while parent.setdefault(node, node) != node:
            parent[node] = node = parent[parent[node]]
        return node

    def hang(self, small: int, large: int) -> None:
        """Make two sets, by their names, one of the name `large`."""
        self._parent[small] = large
