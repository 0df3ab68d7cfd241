"""The index brings an entry whose points an upload shows to the front, from the moment it is added."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.detectors.media.points import CODE_BITS, Points
from tenfold.detectors.media.word_index import INDEXED, LEAST_FRESH, WordIndex
from tests.detectors.media.test_correspondence import drawn, moved


def test_nothing_is_found_in_nothing():
    index = WordIndex()
    assert index.candidates(drawn(1)) == []
    index.add([], [])
    index.add([3], [drawn(1, 0)])
    assert index.candidates(drawn(1)) == []
    assert index.candidates(drawn(1, 0)) == []
    assert (len(index), index.last) == (1, 3)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=6), st.booleans())
def test_every_entry_is_first_for_its_own_points(sizes, freeze):
    index, number = WordIndex(), 0
    held: dict[int, Any] = {}
    for size in sizes:
        entries = [drawn(number + place) for place in range(size)]
        numbers = list(range(number + 5, number + 5 + 2 * size, 2))  # the store's numbers have gaps
        number = numbers[-1]
        index.add(numbers, entries)
        held |= dict(zip(numbers, entries, strict=True))
        if freeze:
            index.freeze()
    for one, entry in held.items():
        assert index.candidates(moved(entry, 0.6, 1.0, 90, flips=4))[0] == one


@settings(deadline=None, max_examples=20)
@given(st.sets(st.integers(0, 11)), st.booleans(), st.booleans())
def test_what_is_let_go_is_not_found_and_the_rest_is(gone, freeze, freeze_later):
    index, entries = WordIndex(), [drawn(seed) for seed in range(12)]
    index.add(list(range(1, 9)), entries[:8])
    if freeze:
        index.freeze()
    index.add(list(range(9, 13)), entries[8:])
    stay = set(range(12)) - gone
    index.keep(np.array([place + 1 for place in stay], np.int64))
    index.add([20], [drawn(50)])
    if freeze_later:
        index.freeze()
    assert (len(index), index.last) == (len(stay) + 1, 20)
    assert index.candidates(drawn(50))[0] == 20
    for place, entry in enumerate(entries):
        found = index.candidates(moved(entry, 0.6, 1.0, 90, flips=4))
        assert (found[:1] == [place + 1]) == (place in stay)
        assert place in stay or place + 1 not in found


def test_only_so_many_are_named():
    entry = drawn(1)
    index = WordIndex()
    index.add(list(range(1, 30)), [entry] * 29)
    assert len(index.candidates(entry, most=7)) == 7


def test_a_few_points_among_many_suffice():
    entries = [drawn(seed, 300) for seed in range(60)]
    index = WordIndex()
    index.add(list(range(1, 61)), entries)
    shown, around = entries[41].first(30), drawn(999, 400)
    upload = Points(
        width=512,
        height=512,
        places=np.concatenate([shown.places, around.places]),
        sizes=np.concatenate([shown.sizes, around.sizes]),
        angles=np.concatenate([shown.angles, around.angles]),
        codes=np.concatenate([shown.codes, around.codes]),
    )
    assert index.candidates(upload)[0] == 42


def test_what_comes_while_the_rest_is_frozen_is_found():
    index, step = WordIndex(), 40
    entries = [drawn(seed, INDEXED) for seed in range(3 * LEAST_FRESH // INDEXED)]
    for start in range(0, len(entries), step):
        part = entries[start : start + step]
        index.add(list(range(start + 1, start + 1 + len(part))), part)
        assert index.candidates(part[-1])[0] == start + len(part)
    for place in (0, len(entries) // 2, len(entries) - 1):
        assert index.candidates(entries[place])[0] == place + 1
    assert index.bytes < (INDEXED * 26 + 8) * len(entries) + 1
    assert CODE_BITS == 128
