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
