"""Which part of one film is which part of another, told from pairs of times that look alike."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.detectors.media.alignment import align


def pairs(count=60, start=5.0, speed=1.0, at=30.0, step=0.5):
    """Moments of an upload that shows an entry from `at` on at this speed."""
    times = start + step * np.arange(count)
    return times, at + speed * (times - start)


@settings(max_examples=40, deadline=None)
@given(
    speed=st.floats(0.8, 1.25),
    start=st.floats(0, 3000),
    at=st.floats(0, 3000),
    noise=st.integers(0, 120),
    seed=st.integers(0, 9),
)
def test_a_part_is_found_at_any_speed_among_pairs_that_mean_nothing(speed, start, at, noise, seed):
    chance = np.random.default_rng(seed)
    times, entry_times = pairs(start=start, speed=speed, at=at)
    strange = start + chance.uniform(-300, 300, noise)
    part = align(
        np.concatenate([times, strange]),
        np.concatenate([entry_times, at + chance.uniform(-300, 300, noise)]),
        0.8,
    )
    assert part is not None
    assert part.moments >= 50
    assert len(set(part.pairs.tolist()) & set(range(60))) >= 50
    near = pytest.approx
    assert part.start >= times[0] - 13
    assert part.end <= times[-1] + 13
    assert part.entry_end - part.entry_start == near(speed * (part.end - part.start), abs=4)


def test_nothing_and_one_pair():
    assert align(np.zeros(0), np.zeros(0), 0.8) is None
    part = align(np.array([3.0]), np.array([9.0]), 0.8)
    assert part is not None
    assert (part.start, part.entry_start, part.moments) == (3.0, 9.0, 1)


def test_a_moment_counts_once_however_many_of_the_entry_look_like_it():
    part = align(np.full(50, 3.0), np.linspace(9, 9.4, 50), 0.8)
    assert part is not None
    assert part.moments == 1


def test_of_two_parts_the_longer_is_told():
    first, second = pairs(20), pairs(40, start=100, at=500)
    times, entry_times = (np.concatenate(both) for both in zip(first, second, strict=True))
    part = align(times, entry_times, 0.8)
    assert part is not None
    assert (part.start, part.entry_start) == (100, 500)


def test_parts_far_apart_on_one_line_are_not_one():
    times, entry_times = pairs(60)
    kept = (times < 12) | (times > 26)
    part = align(times[kept], entry_times[kept], 0.8)
    assert part is not None
    assert part.start > 26
