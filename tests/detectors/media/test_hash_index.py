"""The index finds what comparing everything finds, however hashes came in."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.detectors.media import bands
from tenfold.detectors.media.bands import LARGE, SMALL, FrozenHashes, distances
from tenfold.detectors.media.index import LEAST_SCANNED, HashIndex
from tenfold.detectors.media.pdq import BITS, NEAR

PROFILES = {"small": SMALL, "large": LARGE}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES.keys())
def test_bands_cover_all_bits_and_leave_no_gap(profile):
    assert sum(bits for bits, _ in profile.of_a_word) == 64
    assert sum(bits for bits, _ in profile.bands) == BITS
    assert sorted(profile.of_a_word, reverse=True) == list(profile.of_a_word)
    assert sum(radius + 1 for _, radius in profile.bands) > NEAR


def random_codes(seed, count):
    return np.random.default_rng(seed).integers(0, 2**64, (count, 4), dtype=np.uint64)


def changed(code, bits):
    """A hash with these bits turned over."""
    made = code.copy()
    for bit in bits:
        made[bit // 64] ^= np.uint64(1 << (bit % 64))
    return made


def brute(codes, queries, near):
    """Pairs and distances by comparing all."""
    apart = distances(codes[None], queries[:, None])
    return {(int(q), int(row), int(apart[q, row])) for q, row in np.argwhere(apart <= near)}


def found(result):
    return {(int(q), int(row), int(distance)) for q, row, distance in zip(*result, strict=True)}


BITS_CHANGED = st.sets(st.integers(0, BITS - 1), max_size=45)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES.keys())
@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(0, 60),
    edits=st.lists(BITS_CHANGED, min_size=1, max_size=40),
    near=st.integers(0, NEAR),
)
def test_a_frozen_set_finds_what_comparing_all_finds(profile, seed, count, edits, near):
    base = random_codes(seed, 3)
    codes = np.concatenate(
        [random_codes(seed + 1, count), *(changed(base[i % 3], bits)[None] for i, bits in enumerate(edits))]
    )
    queries = np.concatenate([base, codes[:2]])
    assert found(FrozenHashes(codes, profile).search(queries, near)) == brute(codes, queries, near)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES.keys())
def test_every_hash_at_exactly_the_limit_is_found(profile):
    chance = np.random.default_rng(8)
    codes = random_codes(9, 400)
    queries = np.stack([changed(code, chance.choice(BITS, NEAR, replace=False)) for code in codes])
    assert found(FrozenHashes(codes, profile).search(queries)) == {(n, n, NEAR) for n in range(400)}


def test_many_equal_hashes_are_all_found():
    codes = np.repeat(random_codes(1, 1), 5_000, axis=0)
    assert len(FrozenHashes(codes).search(codes[:2])[0]) == 10_000


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(1, LEAST_SCANNED), min_size=1, max_size=5), st.booleans())
def test_what_was_added_is_found_at_once_while_parts_are_frozen(sizes, freeze):
    index, given_codes, number = HashIndex(), [], 0
    for place, size in enumerate(sizes):
        codes = random_codes(place, size)
        numbers = np.arange(
            number + 3, number + 3 + 2 * size, 2, dtype=np.uint32
        )  # the store's numbers have gaps
        number = int(numbers[-1])
        index.add(numbers, codes)
        given_codes.append((numbers, codes))
        assert (index.last, len(index)) == (number, sum(sizes[: place + 1]))
        for some_numbers, some in given_codes:
            query = changed(some[-1], range(7))[None]
            assert (0, int(some_numbers[-1]), 7) in found(index.search(query))
        if freeze:
            index.freeze()
    numbers, codes = (np.concatenate(parts) for parts in zip(*given_codes, strict=True))
    index.freeze()
    hits = found(index.search(codes[::97]))
    rows = {int(one): row for row, one in enumerate(numbers)}
    assert {(q, rows[one], distance) for q, one, distance in hits} == brute(codes, codes[::97], NEAR)


def test_nothing_is_found_in_nothing():
    assert found(HashIndex().search(random_codes(1, 3))) == set()
    assert found(HashIndex().search(random_codes(1, 0))) == set()


def test_what_was_measured_is_what_is_told():
    frozen = FrozenHashes(random_codes(3, 20_000))
    assert frozen.bytes == 20_000 * (32 + 16 * 4) + 4 * (16 * 2**16 + 1)
    assert bands.LARGE_FROM > 20_000


@settings(max_examples=15, deadline=None)
@given(
    steps=st.lists(st.tuples(st.booleans(), st.integers(1, 60)), min_size=1, max_size=12),
    freeze=st.integers(0, 3),
    seed=st.integers(0, 5),
)
def test_what_was_removed_is_not_found_and_leaves_memory(steps, freeze, seed):
    chance = np.random.default_rng(seed)
    index = HashIndex()
    there: dict[int, Any] = {}
    number = 0
    for place, (adding, count) in enumerate(steps):
        if adding:
            codes = chance.integers(0, 2**64, (count, 4), dtype=np.uint64)
            numbers = np.arange(number + 1, number + count + 1, dtype=np.uint32)
            index.add(numbers, codes)
            there |= dict(zip(numbers.tolist(), codes, strict=True))
            number += count
        else:
            gone = chance.choice(max(1, number), min(count, max(1, number)), replace=False) + 1
            index.remove(gone.astype(np.uint32))
            for one in gone.tolist():
                there.pop(one, None)
        if place == freeze:
            index.freeze()
    assert len(index) == len(there)
    queries = np.array(list(there.values()), np.uint64).reshape(-1, 4)
    _, found, _ = index.search(queries, 0)
    assert sorted(found.tolist()) == sorted(there)
    index.freeze()
    assert len(index._numbers) == len(there)
    _, found, _ = index.search(queries, 0)
    assert sorted(found.tolist()) == sorted(there)
