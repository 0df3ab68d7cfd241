"""A whole installation under load, parts of it killed at random: nothing lost, nothing done twice."""

from tenfold_bench.durability import trial


def test_random_kills_lose_nothing_and_repeat_nothing(tmp_path):
    wrong, killed, acknowledged, _ = trial(tmp_path, kills=6, seed=7)
    assert sum(killed.values()) == 6
    assert acknowledged > 0
    assert {label: count for label, count in wrong.items() if count} == {}
