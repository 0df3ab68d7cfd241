"""Sorting by what keys begin with, and the links that hold a component together."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tenfold.linkage import ordering
from tenfold.linkage.components import Forest, spanning

# Many begin alike: then their beginnings do not tell them from each other.
KEYS = st.lists(
    st.one_of(
        st.integers(-(2**63), 2**63 - 1),
        st.builds(lambda a, b: (a << 58) + b, st.integers(-8, 7), st.integers(0, 3)),
    )
)


@given(KEYS)
def test_keys_come_in_order_and_each_once(keys):
    given_keys = np.array(keys, np.int64)
    assert given_keys[ordering.order(given_keys)].tolist() == sorted(keys)
    each, places = ordering.distinct(given_keys)
    assert each.tolist() == sorted(set(keys))
    assert each[places].tolist() == keys


@given(st.lists(st.integers(0, 30)), st.integers(31, 40))
def test_rows_come_once(rows, size):
    each, places = ordering.once(np.array(rows, np.int64), size)
    assert each.tolist() == sorted(set(rows))
    assert each[places].tolist() == rows


@given(st.lists(st.lists(st.integers(0, 9), max_size=4)), st.data())
def test_lists_are_spread_in_the_order_of_their_rows(lists, data):
    starts = np.cumsum([0, *map(len, lists)])
    rows = data.draw(st.lists(st.integers(0, len(lists) - 1))) if lists else []
    places, at = ordering.spread(starts, np.array(rows, np.int64))
    values = [value for some in lists for value in some]
    found = [(place, values[where]) for place, where in zip(places.tolist(), at.tolist(), strict=True)]
    assert found == [(place, value) for place, row in enumerate(rows) for value in lists[row]]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=60))
def test_the_best_edges_that_join_anything_span(edges):
    forest, kept = Forest(), []
    for one, other in edges:
        a, b = forest.find(one), forest.find(other)
        kept.append(a != b)
        if a != b:
            forest.hang(a, b)
    left, right = np.array(edges, np.int64).reshape(-1, 2).T
    assert spanning(13, left, right).tolist() == kept


@given(st.lists(st.integers(1, 5)), st.integers(1, 12))
def test_portions_part_no_group_and_leave_nothing_out(sizes, size):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    found = ordering.portions(groups, size)
    rows = [row for start, stop in found for row in range(start, stop)]
    assert rows == list(range(len(groups)))
    assert all(groups[start - 1] != groups[start] for start, _ in found[1:])
    assert all(stop - start >= size for start, stop in found[:-1])
    assert all(stop - start < size + 5 for start, stop in found)
