"""Association: who shares rare things with closed accounts, and what everybody shares."""

import csv
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.fingerprint import Fingerprint
from tenfold.linkage.history import TABLES, History, Writer
from tenfold.networks import association
from tenfold.networks.association import ITERATIONS, RESTART, Graph, one_hop

EDGES = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 8)), min_size=1, max_size=40)


def graph(edges, accounts=7):
    return Graph(accounts, np.array([e[0] for e in edges]), np.array([e[1] for e in edges]))


def naive_walk(edges, accounts, start):
    """The same walk over dictionaries."""
    pairs = set(edges)
    degree = {b: sum(1 for e in pairs if e[1] == b) for _, b in pairs}
    weight = {b: np.log2(accounts / d) for b, d in degree.items()}
    pairs = {(a, b) for a, b in pairs if degree[b] >= 2}
    out = {a: sum(weight[b] for x, b in pairs if x == a) for a in range(accounts)}
    rank = list(start)
    for _ in range(ITERATIONS):
        moved = [0.0] * accounts
        for a, b in pairs:
            for c, d in pairs:
                if d == b and out[a] > 0:
                    moved[c] += rank[a] * weight[b] / out[a] / degree[b]
        kept = (1 - RESTART) * sum(moved)
        rank = [(1 - RESTART) * moved[i] + (1 - kept) * start[i] for i in range(accounts)]
    return rank


@settings(deadline=None)
@given(EDGES, st.integers(0, 6))
def test_the_walk_is_that_of_a_naive_one_and_loses_nothing(edges, seed):
    start = np.zeros(7)
    start[seed] = 1.0
    rank = graph(edges).walk(start)
    assert rank == pytest.approx(naive_walk(edges, 7, start))
    assert rank.sum() == pytest.approx(1.0)


@given(EDGES, st.integers(0, 6))
def test_nothing_shared_with_a_closed_account_means_no_lift(edges, seed):
    reached, frontier = {seed}, {seed}
    while frontier:
        artifacts = {b for a, b in edges if a in frontier}
        frontier = {a for a, b in edges if b in artifacts} - reached
        reached |= frontier
    lift = graph(edges).lift(np.array([seed]))
    assert all(lift[a] == 0 for a in range(7) if a not in reached)


def test_what_everybody_shares_carries_nothing():
    """1 shares a rare hashtag with the closed account 0; 2 shares ten common ones."""
    everywhere = [(a, b) for a in range(30) for b in range(10) if a != 1]
    edges = [*everywhere, (0, 10), (1, 10), (1, 11), (5, 11)]
    found = graph(edges, 30)
    lift = found.lift(np.array([0]))
    assert lift[1] == max(lift[1:])
    plain = found.lift(np.array([0]), "none")
    assert lift[1] / lift[2] > plain[1] / plain[2]


def test_bits_of_one_hop_add_up():
    edges = [(0, 0), (1, 0), (0, 1), (1, 1), (2, 1), (3, 2), (2, 2)]
    scores = one_hop(graph(edges, 4), np.array([0]))
    assert scores[1] == pytest.approx(np.log2(4 / 2) + np.log2(4 / 3))
    assert scores[2] == pytest.approx(np.log2(4 / 3))
    assert scores[3] == 0


def history(folder, ties, closed=("c",)):
    writer = Writer(folder, datetime(2026, 3, 1, tzinfo=UTC))
    accounts = sorted({tie[0] for tie in ties} | set(closed))
    rows = [Fingerprint(account=a, created_us=1, closed_us=2 if a in closed else None) for a in accounts]
    writer.add_accounts(rows, None)
    arrays = list(zip(*[(*tie, 0) for tie in ties], strict=True)) or [(), (), (), ()]
    columns = [pa.array(column, field.type) for column, field in zip(arrays, TABLES["ties"], strict=True)]
    writer.add("ties", pa.Table.from_arrays(columns, schema=TABLES["ties"]), None)
    writer.finish()
    return History(folder)


@pytest.mark.parametrize("tag", ["TheAshenBanner", "الراية_الرمادية"])
def test_a_ranking_says_why_in_both_scripts(tmp_path, tag):
    ties = [("c", "hashtag", tag), ("near", "hashtag", tag), ("far", "hashtag", "football")]
    ties += [(name, "url", "news.example/1") for name in ("c", "near", "far", "other")]
    ties += [("lone", "hashtag", "football"), ("alone", "hashtag", "tennis")]
    found = association.from_history(history(tmp_path / "h", ties), 10, lambda step: None)
    assert found[0].account == "near"
    assert found[0].lift > found[-1].lift
    first = found[0].ties[0]
    assert (first.kind, first.value, first.closed, first.accounts) == ("hashtag", tag, 1, 2)
    assert first.bits == pytest.approx(np.log2(3))  # 2 of 6 accounts
    assert "c" not in {one.account for one in found}
    association.write_csv(found, tmp_path / "a.csv")
    with open(tmp_path / "a.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"account": "near", "kind": "hashtag", "value": tag}.items() <= rows[0].items()


def test_a_history_without_ties_or_closures_ranks_nobody(tmp_path):
    assert association.from_history(history(tmp_path / "a", []), 5, lambda step: None) == []
    nobody_closed = history(tmp_path / "b", [("x", "url", "u"), ("y", "url", "u")], closed=())
    assert association.from_history(nobody_closed, 5, lambda step: None) == []
