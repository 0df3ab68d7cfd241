"""Points of pictures: found, written, read, mirrored."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageOps

from tenfold.detectors import bank_values
from tenfold.detectors.bank_values import GivenEntry
from tenfold.detectors.media import frames, keypoints
from tenfold.detectors.media.correspondence import correspond
from tenfold.detectors.media.points import LONGEST, MOST, Points, PointsError
from tenfold.events import MAX_POINTS_LENGTH
from tests.detectors.media.edited_pictures import points, scene


@st.composite
def some_points(draw):
    count = draw(st.integers(0, 40))
    width, height = draw(st.integers(1, 512)), draw(st.integers(1, 512))

    def numbers(most):
        return draw(arrays.arrays(np.float64, count, elements=st.floats(0, most)))

    return Points(
        width=width,
        height=height,
        places=numbers(width) + 1j * numbers(height),
        sizes=numbers(200) + 1,
        angles=numbers(6.28),
        codes=draw(arrays.arrays(np.uint64, (count, 2))),
    )


@given(some_points())
def test_what_is_written_is_read(given_points):
    read = Points.from_bytes(given_points.to_bytes())
    assert (read.width, read.height, len(read)) == (
        given_points.width,
        given_points.height,
        len(given_points),
    )
    assert np.array_equal(read.codes, given_points.codes)
    assert np.allclose(read.places, given_points.places, atol=1 / 64)
    assert np.allclose(read.sizes, given_points.sizes, rtol=0.03)
    assert np.allclose(np.exp(1j * read.angles), np.exp(1j * given_points.angles), atol=0.02)
    assert read.to_bytes() == given_points.to_bytes()


@given(some_points())
def test_mirroring_twice_changes_nothing(given_points):
    twice = given_points.mirrored().mirrored()
    assert np.array_equal(twice.codes, given_points.codes)
    assert np.allclose(twice.places, given_points.places)
    assert np.allclose(np.exp(1j * twice.angles), np.exp(1j * given_points.angles))


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data):
    try:
        assert Points.from_bytes(data).to_bytes() == data or data[5:]
    except PointsError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "cut off"),
        (b"\1\0\1\0\1" + bytes(21), "cut off"),
        (b"\1\0\1\0\1" + bytes(22 * (MOST + 1)), "at most"),
        (b"\2\0\1\0\1", "version 2"),
        (b"\1\0\0\0\1", "0 x 256 pixels"),
        (b"\1\0\4\0\1", "1024 x 256 pixels"),
    ],
)
def test_what_is_no_picture_s_points_is_refused(data, reason):
    with pytest.raises(PointsError, match=reason):
        Points.from_bytes(data)
    _, refused = bank_values.check("media", [GivenEntry(value=f"points:{frames.write(data)}")])
    assert refused


def test_the_most_points_fit_into_an_event():
    assert len(frames.write(bytes(LONGEST))) == MAX_POINTS_LENGTH


def test_a_picture_s_points_are_within_it_and_the_same_again():
    found = points(scene())
    assert 100 < len(found) <= MOST
    assert max(found.width, found.height) == 512
    assert found.places.real.min() >= 0
    assert found.places.real.max() <= found.width
    assert found.places.imag.max() <= found.height
    assert found.to_bytes() == keypoints.features(scene())


def test_points_of_the_mirrored_picture_are_about_the_mirrored_points():
    mirrored = points(ImageOps.mirror(scene()))
    same = correspond(mirrored, points(scene()).mirrored())
    assert same is not None
    assert len(same.pairs) > 0.4 * len(mirrored)
    assert np.allclose(same.map, [[1, 0, 0], [0, 1, 0]], atol=2)
    other = correspond(mirrored, points(scene()))
    assert other is None or len(other.pairs) < 0.1 * len(mirrored)


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGB", (300, 200)),
        Image.new("L", (1, 1)),
        Image.new("RGB", (9000, 3)),
        Image.new("RGBA", (2, 700)),
    ],
    ids=["blank", "one pixel", "a line", "a column"],
)
def test_nothing_to_see_has_no_points(image):
    assert keypoints.features(image) == b""


def test_a_caption_does_not_take_all_points():
    picture = scene(4)
    below = picture.crop((0, picture.height // 2, picture.width, picture.height))
    busy = Image.effect_noise(picture.size, 120).convert("RGB")
    busy.paste(below, (0, picture.height // 2))
    found = points(busy)
    lower = (found.places.imag > found.height / 2).mean()
    assert 0.3 < lower < 0.7
