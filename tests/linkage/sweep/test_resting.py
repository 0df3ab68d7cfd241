"""Which keys a pair rests on: against taking away one key after another."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tenfold.linkage.resting import Rows, needed_keys
from tests.linkage.sweep.test_finding import total, worth

KEYS = st.tuples(st.integers(0, 2), st.integers(0, 4_000), st.booleans())  # evidence, points, asked about
PAIRS = st.lists(st.tuples(st.lists(KEYS, max_size=6), st.integers(0, 3_000)), max_size=5)


def points_of(keys):
    kinds: dict[int, list[int]] = {}
    for evidence, points, _ in keys:
        kinds.setdefault(evidence, []).append(points)
    return total(kinds)


@given(PAIRS)
def test_a_pair_needs_the_keys_without_which_it_has_too_little(pairs):
    rows = [(number, *key) for number, (keys, _) in enumerate(pairs) for key in keys]
    expected = []
    for row, (number, *key) in enumerate(rows):
        keys, spare = pairs[number]
        others = list(keys)
        others.remove(tuple(key))
        if key[2] and points_of(keys) - points_of(others) > spare:
            expected.append(row)
    pair, evidence, points, asked = (np.array([row[place] for row in rows], np.int64) for place in range(4))
    spare = np.array([spare for _, spare in pairs], np.int64)
    found = needed_keys(worth(), Rows(pair, evidence, points), spare, asked == 1)
    assert found.tolist() == expected
