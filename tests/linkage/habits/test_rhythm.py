import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.linkage import rhythm

HOUR = 3_600_000_000
COUNTS = st.lists(st.integers(0, 400), min_size=24, max_size=24)


def bits(left, right):
    return float(rhythm.similarity(np.array([left]), np.array([right]))[0])


def keeping(hours, share, total, seed):
    """Counts of somebody who spends a share of so many posts in few hours, the rest by day."""
    generator = np.random.default_rng(seed)
    shares = np.array([5, 3, 2, 1, 1, 1, 2, 4, 6, 7, 8, 8, 9, 9, 9, 9, 9, 10, 10, 10, 10, 9, 8, 6.0])
    shares = (1 - share) * shares / shares.sum()
    shares[list(hours)] += share / len(hours)
    return generator.multinomial(total, shares)


def test_posts_of_one_hour_of_one_day_count_once():
    noon = 12 * HOUR
    assert rhythm.hours([noon, noon + 1, noon + HOUR - 1, noon + 24 * HOUR])[12] == 2
    assert sum(rhythm.hours([noon, noon + HOUR])) == 2
    assert rhythm.hours([]) == ()


def test_times_before_1970_and_out_of_order_are_read():
    assert rhythm.hours([5 * HOUR, -HOUR])[23] == 1


def test_peculiar_hours_kept_by_both_speak_for_one_person():
    assert (
        np.mean(
            [bits(keeping((2, 3, 4), 0.7, 80, i), keeping((2, 3, 4), 0.7, 80, 90 + i)) for i in range(20)]
        )
        > 1
    )


def test_different_hours_speak_against_it():
    assert (
        np.mean([bits(keeping((2, 3, 4), 0.7, 80, i), keeping((14, 15), 0.7, 80, 90 + i)) for i in range(20)])
        < -2
    )


@pytest.mark.parametrize("posts", [30, 80, 300])
def test_two_ordinary_people_of_one_zone_get_hardly_any_bits(posts):
    got = [bits(keeping((20,), 0.05, posts, i), keeping((20,), 0.05, posts, 500 + i)) for i in range(200)]
    assert np.mean(got) < 0.8
    assert np.mean(np.array(got) > 2) < 0.1


@given(COUNTS, COUNTS, st.integers(1, 23))
def test_the_time_zone_of_both_changes_nothing_and_sides_can_be_exchanged(left, right, shift):
    expected = bits(left, right)
    assert bits(np.roll(left, shift), np.roll(right, shift)) == pytest.approx(expected, abs=2e-3)
    assert bits(right, left) == pytest.approx(expected, abs=2e-3)
    assert rhythm.LEAST_BITS <= expected <= rhythm.MOST_BITS


@given(COUNTS, COUNTS)
def test_few_hours_say_nothing(left, right):
    if min(sum(left), sum(right)) < rhythm.LEAST:
        assert bits(left, right) == 0.0


def test_no_pairs_no_bits():
    assert rhythm.similarity(np.zeros((0, 24), np.int64), np.zeros((0, 24), np.int64)).shape == (0,)
