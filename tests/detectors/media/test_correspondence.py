"""How one picture lies in another, told from points that look and lie alike."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from tenfold.detectors.media.correspondence import LEAST, LEAST_BESIDE, beside, correspond, hull, mapped
from tenfold.detectors.media.points import CODE_BITS, Points
from tests.detectors.media.edited_pictures import points, poster, scene


def drawn(seed, count=80, width=400, height=300):
    """Points at random places with random looks."""
    chance = np.random.default_rng(seed)
    return Points(
        width=width,
        height=height,
        places=chance.uniform(0, width, count) + 1j * chance.uniform(0, height, count),
        sizes=chance.uniform(3, 40, count),
        angles=chance.uniform(0, 2 * np.pi, count),
        codes=chance.integers(0, 2**64, (count, 2), dtype=np.uint64),
    )


def moved(picture, scale, turn, shift, *, flips=0):
    """The same points scaled, turned and moved, with some bits of their looks turned over."""
    chance = np.random.default_rng(1)
    codes = picture.codes.copy()
    for row in codes:
        for bit in chance.choice(CODE_BITS, flips, replace=False):
            row[bit // 64] ^= np.uint64(1) << np.uint64(bit % 64)
    return Points(
        width=512,
        height=512,
        places=picture.places * scale * np.exp(1j * turn) + shift,
        sizes=picture.sizes * scale,
        angles=picture.angles + turn,
        codes=codes,
    )


@settings(deadline=None)
@given(
    seed=st.integers(0, 10_000),
    scale=st.floats(0.2, 3),
    turn=st.floats(0, 6.28),
    shift=st.complex_numbers(max_magnitude=600),
    flips=st.integers(0, 20),
)
def test_a_moved_turned_and_scaled_picture_is_found_where_it_is(seed, scale, turn, shift, flips):
    entry = drawn(seed)
    upload = moved(entry, scale, turn, shift, flips=flips)
    found = correspond(upload, entry)
    assert found is not None
    assert found.sure
    corners = np.array([0, 400, 400 + 300j, 300j])
    assert np.allclose(mapped(found.map, corners), corners * scale * np.exp(1j * turn) + shift, atol=0.5)


@given(st.integers(0, 10_000))
@settings(deadline=None)
def test_pictures_of_chance_are_not_sure(seed):
    found = correspond(drawn(seed), drawn(seed + 20_000))
    assert found is None or not found.sure


def test_the_same_looks_at_other_places_say_nothing():
    entry = drawn(1)
    upload = drawn(2)
    shuffled = Points(
        width=upload.width,
        height=upload.height,
        places=upload.places,
        sizes=upload.sizes,
        angles=upload.angles,
        codes=entry.codes,
    )
    found = correspond(shuffled, entry)
    assert found is None or len(found.pairs) < LEAST


def test_a_line_of_text_alone_is_not_sure():
    entry = drawn(3)
    line = Points(
        width=400,
        height=300,
        places=entry.places.real + 1j * (140 + entry.places.imag / 30),
        sizes=entry.sizes,
        angles=entry.angles,
        codes=entry.codes,
    )
    found = correspond(line, line)
    assert found is not None
    assert len(found.pairs) > LEAST
    assert not found.sure


def lettered(seed, others):
    """Two lines of 12 points each that are always the same, and others that are not."""
    lines, rest = drawn(3, 24), drawn(seed, others)
    ends = np.repeat([60, 240], 12)
    return Points(
        width=400,
        height=300,
        places=np.concatenate([lines.places.real + 1j * (ends + lines.places.imag / 20), rest.places]),
        sizes=np.concatenate([lines.sizes, rest.sizes]),
        angles=np.concatenate([lines.angles, rest.angles]),
        codes=np.concatenate([lines.codes, rest.codes]),
    )


def test_two_lines_of_text_that_lie_alike_are_not_sure_among_much_else():
    found = correspond(lettered(10, 120), lettered(11, 120))
    assert found is not None
    assert len(found.pairs) > 2 * LEAST
    assert found.beside >= LEAST_BESIDE > found.beside_two
    assert not found.sure


def test_two_lines_of_text_are_sure_where_there_is_nothing_else():
    found = correspond(lettered(10, 20), lettered(11, 20))
    assert found is not None
    assert found.beside_two < LEAST_BESIDE
    assert found.sure


@given(
    st.lists(st.tuples(st.floats(0, 400), st.floats(0, 300)), min_size=LEAST, max_size=40),
    st.floats(1, 200),
)
@settings(deadline=None)
def test_fewer_stand_outside_two_strips_than_outside_one(places, width):
    one, two = beside(np.array([x + 1j * y for x, y in places]), width)
    assert 0 <= two <= one < len(places)
    if max(y for _, y in places) - min(y for _, y in places) < width:
        assert one == 0


EDITS = {
    "cropped": lambda image: image.crop((image.width // 4, image.height // 5, image.width, image.height)),
    "tilted": lambda image: image.rotate(5, expand=True),
    "in a frame": lambda image: ImageOps.expand(
        ImageOps.contain(image, (300, 300)), (80, 200, 90, 340), "white"
    ),
    "squeezed": lambda image: image.resize((image.width * 3 // 4, image.height)),
    "dark and coarse": lambda image: image.point(lambda value: value // 2).resize(
        (image.width // 3, image.height // 3)
    ),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("picture", [poster(3), scene(2)], ids=["poster", "scene"])
def test_an_edited_picture_is_sure(picture, edit):
    found = correspond(points(edit(picture)), points(picture))
    assert found is not None
    assert found.sure


def test_other_pictures_are_not():
    pictures = [points(scene(seed)) for seed in range(5)] + [points(poster(seed)) for seed in range(20, 25)]
    for row, one in enumerate(pictures):
        for other in pictures[row + 1 :]:
            found = correspond(one, other)
            assert found is None or not found.sure


def test_nothing_corresponds_with_nothing():
    empty = drawn(1, 0)
    for pair in ((empty, empty), (drawn(1), empty), (empty, drawn(1))):
        assert correspond(*pair) is None


def test_points_on_one_place_break_nothing():
    entry = drawn(5)
    stacked = Points(
        width=400,
        height=300,
        places=np.full(80, 10 + 10j),
        sizes=entry.sizes,
        angles=entry.angles,
        codes=entry.codes,
    )
    found = correspond(stacked, entry)
    assert found is None or not found.sure


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=1, max_size=60))
def test_the_hull_holds_all_and_turns_one_way(places):
    given_places = np.array([x + 1j * y for x, y in places], np.complex128)
    corners = hull(given_places)
    assert set(corners.tolist()) <= set(given_places.tolist())
    if len(corners) > 2:
        edges = np.roll(corners, -1) - corners
        for place in given_places:
            assert ((edges.conjugate() * (place - corners)).imag >= 0).all()


def test_a_mirrored_picture_needs_mirrored_points():
    picture = scene(3)
    upload = points(
        ImageOps.mirror(picture).resize((picture.width // 2, picture.height // 2), Image.Resampling.BOX)
    )
    found = correspond(upload.mirrored(), points(picture))
    assert found is not None
    assert found.sure
