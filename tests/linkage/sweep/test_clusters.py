"""Clusters: what holds accounts together, and what must not."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.linkage import clusters
from tenfold.linkage.clusters import Cut, Links, Rules, find
from tenfold.linkage.components import components

RULES = Rules(least_bits=0.0, strong_bits=10.0, weak_accounts=8)


def links(edges, rests=()):
    """Links from (older, newer, bits); `rests` are (link, key)."""
    pairs = sorted(rests)
    return Links(
        older=np.array([edge[0] for edge in edges], np.int64),
        newer=np.array([edge[1] for edge in edges], np.int64),
        bits=np.array([edge[2] for edge in edges], np.float64),
        rests_link=np.array([link for link, _ in pairs], np.int64),
        rests_key=np.array([key for _, key in pairs], np.int64),
    )


def groups(label):
    found: dict[int, set[int]] = {}
    for account, name in enumerate(label.tolist()):
        found.setdefault(name, set()).add(account)
    return sorted(map(sorted, found.values()))


def naive_components(count, edges):
    sets = [{node} for node in range(count)]
    for a, b in edges:
        one = next(s for s in sets if a in s)
        other = next(s for s in sets if b in s)
        if one is not other:
            sets.remove(other)
            one |= other
    return sorted(map(sorted, sets))


EDGES = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda e: e[0] != e[1]), max_size=30
)


@given(EDGES)
def test_components_are_those_of_a_naive_union(edges):
    label = components(12, np.array([e[0] for e in edges]), np.array([e[1] for e in edges]))
    assert groups(label) == naive_components(12, edges)
    assert all(label[account] == min(group) for group in groups(label) for account in group)


def test_components_of_a_long_path_in_the_worst_order():
    nodes = np.random.default_rng(5).permutation(50_000)
    assert (components(50_000, nodes[:-1], nodes[1:]) == 0).all()


def test_weak_links_hold_nothing():
    found = find(3, links([(0, 1, 5.0), (1, 2, -0.1)]), [], RULES)
    assert groups(found.label) == [[0, 1], [2]]
    assert found.cut.tolist() == [Cut.NO, Cut.WEAK]


def test_two_groups_on_one_weak_link_are_two_clusters():
    edges = [(0, 1, 9.0), (1, 2, 9.0), (0, 2, 9.0), (3, 4, 9.0), (4, 5, 9.0), (3, 5, 9.0), (2, 3, 1.0)]
    found = find(6, links(edges), [], RULES)
    assert groups(found.label) == [[0, 1, 2], [3, 4, 5]]
    assert found.cut[-1] == Cut.THIN
    strong = find(6, links([*edges[:-1], (2, 3, 10.0)]), [], RULES)
    assert groups(strong.label) == [[0, 1, 2, 3, 4, 5]]


def test_links_of_half_a_group_hold_two_groups_together():
    edges = [(0, 1, 9.0), (1, 2, 9.0), (0, 2, 9.0), (3, 4, 9.0), (4, 5, 9.0), (3, 5, 9.0)]
    found = find(6, links([*edges, (2, 3, 1.0), (2, 4, 1.0)]), [], RULES)
    assert groups(found.label) == [[0, 1, 2, 3, 4, 5]]


def test_many_stray_links_between_large_groups_do_not_make_a_hairball():
    edges = [(a, b, 9.0) for start in (0, 10) for a, b in itertools.combinations(range(start, start + 10), 2)]
    stray = [(0, 10, 3.0), (3, 14, 3.0), (7, 12, 3.0)]
    found = find(20, links(edges + stray), [], RULES)
    assert groups(found.label) == [list(range(10)), list(range(10, 20))]
    assert set(found.cut[-3:].tolist()) == {Cut.THIN}


def test_one_account_more_needs_no_strong_link():
    edges = [(0, 1, 9.0), (1, 2, 1.0)]
    assert groups(find(3, links(edges), [], RULES).label) == [[0, 1, 2]]


def test_a_value_of_many_holds_no_cluster_together():
    """Five accounts behind one router: every link rests on it, but two of them have more in common."""
    edges = [(a, b, 3.0) for a, b in itertools.combinations(range(5), 2)]
    router = [(link, 77) for link, edge in enumerate(edges) if edge[:2] != (1, 2)]
    found = find(5, links(edges, router), [], RULES)
    assert groups(found.label) == [[0], [1, 2], [3], [4]]
    assert {Cut(cut) for cut in found.cut.tolist()} == {Cut.NO, Cut.ONE_VALUE}


def test_a_value_of_many_beside_other_evidence_stays():
    edges = [(0, 1, 3.0), (1, 2, 3.0), (0, 2, 3.0), (2, 3, 5.0)]
    found = find(4, links(edges, [(0, 77), (3, 77)]), [], RULES)
    assert groups(found.label) == [[0, 1, 2], [3]]  # 3 hangs on the value alone, 0 and 1 do not
    assert found.cut.tolist() == [Cut.NO, Cut.NO, Cut.NO, Cut.ONE_VALUE]


def test_told_apart_stays_apart_and_the_weakest_link_gives_way():
    edges = [(0, 1, 9.0), (1, 2, 5.0), (2, 3, 9.0)]
    found = find(4, links(edges), [(3, 0)], RULES)
    assert groups(found.label) == [[0, 1], [2, 3]]
    assert found.cut.tolist() == [Cut.NO, Cut.DECIDED, Cut.NO]


def test_a_decision_about_accounts_that_nothing_links_changes_nothing():
    edges = [(0, 1, 9.0)]
    assert groups(find(3, links(edges), [(0, 2)], RULES).label) == [[0, 1], [2]]


def test_no_links_at_all():
    found = find(3, links([]), [(0, 1)], RULES)
    assert groups(found.label) == [[0], [1], [2]]
    assert not len(found.cut)


BITS = st.sampled_from([-1.0, 0.0, 1.0, 3.0, 9.0, 12.0])


@st.composite
def cases(draw):
    pairs = draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25))
    chosen = sorted({(min(p), max(p)) for p in pairs if p[0] != p[1]})
    edges = [(a, b, draw(BITS)) for a, b in chosen]
    rests = draw(st.sets(st.tuples(st.integers(0, max(len(edges) - 1, 0)), st.integers(1, 3)), max_size=12))
    apart = draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=5))
    return edges, rests if edges else set(), [pair for pair in apart if pair[0] != pair[1]]


@settings(max_examples=300)
@given(cases(), st.randoms(use_true_random=False))
def test_splitting_never_merges_nor_joins_those_told_apart_in_any_order(case, random):
    edges, rests, apart = case
    found = find(10, links(edges, rests), apart, RULES)
    plain = components(
        10,
        np.array([a for a, _, bits in edges if bits >= 0], np.int64),
        np.array([b for _, b, bits in edges if bits >= 0], np.int64),
    )
    for group in groups(found.label):
        assert len({int(plain[account]) for account in group}) == 1
    assert all(found.label[a] != found.label[b] for a, b in apart)
    held = [edge[:2] for edge, cut in zip(edges, found.cut.tolist(), strict=True) if cut == Cut.NO]
    assert naive_components(10, held) == groups(found.label)
    order = list(range(len(edges)))
    random.shuffle(order)
    moved = {old: new for new, old in enumerate(order)}
    again = find(
        10,
        links([edges[i] for i in order], {(moved[link], key) for link, key in rests}),
        [(b, a) for a, b in reversed(apart)],
        RULES,
    )
    assert groups(again.label) == groups(found.label)


@settings(max_examples=300)
@given(cases())
def test_links_that_nothing_speaks_against_need_not_be_followed_one_by_one(case):
    """Following all of them one by one gives the same."""
    edges, rests, apart = case
    found = find(30, links(edges, rests), apart, RULES)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            clusters, "_doubted", lambda *given: (np.ones(len(given[2]), np.bool_), np.arange(30))
        )
        each = find(30, links(edges, rests), apart, RULES)
    assert (found.label == each.label).all()
    assert (found.cut == each.cut).all()
