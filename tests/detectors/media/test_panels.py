"""Pictures that stand in a screenshot, a collage or a frame are found, and known by their own hash."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from tenfold_bench import _made_pictures as made

from tenfold import events
from tenfold.detectors.media import keypoints, panels
from tenfold.detectors.media.correspondence import correspond
from tenfold.detectors.media.detector import MediaDetector, MediaItem
from tenfold.detectors.media.hasher import Hasher
from tenfold.detectors.media.pdq import NEAR
from tenfold.detectors.media.points import LARGEST_SIDE, Points
from tenfold.store import banks
from tenfold.subjects import Subject, SubjectKind
from tests.detectors.media.drawn_pictures import apart, photo, saved
from tests.detectors.media.edited_pictures import scene
from tests.detectors.media.media_bank import bank

SUBJECT = Subject(SubjectKind.MEDIA, "m1")


@pytest.fixture(scope="module")
def hasher():
    with Hasher() as one:
        yield one


def screen(image, ground, box=(500, 180), size=(1600, 900)):
    """A window with text to the left and the picture; returns it and where the picture stands."""
    shown = ImageOps.contain(image, (700, 560))
    screenshot = Image.new("RGB", size, ground)
    screenshot.paste((60, 90, 120), (0, 0, size[0], 60))
    for line in range(12):
        strip = Image.new("RGB", (380, 40), ground)
        made.write(np.random.default_rng(line), strip, 24)
        screenshot.paste(strip, (40, 100 + 60 * line))
    screenshot.paste(shown, box)
    return screenshot, (*box, box[0] + shown.width, box[1] + shown.height)


def found(image):
    return panels.panels(np.asarray(image.convert("L")))


def off(box, other):
    return max(abs(one - two) for one, two in zip(box, other, strict=True))


@pytest.mark.parametrize("ground", ["white", (18, 18, 22), (200, 210, 230)], ids=["light", "dark", "blue"])
def test_the_picture_in_a_screenshot_is_found_to_the_pixel(ground):
    screenshot, box = screen(photo(), ground)
    assert min(off(one, box) for one in found(screenshot)) <= 1


def test_all_pictures_of_a_collage_are_found():
    collage = Image.new("RGB", (1000, 800), "white")
    places = [(4, 4), (504, 4), (4, 404), (504, 404)]
    for seed, place in enumerate(places):
        collage.paste(photo(seed, (490, 390)), place)
    boxes = found(collage)
    assert all(min(off(one, (x, y, x + 490, y + 390)) for one in boxes) <= 1 for x, y in places)


@pytest.mark.parametrize("image", [photo(), scene(6), scene(11)])
def test_a_picture_that_fills_its_frame_has_none(image):
    assert found(image) == []


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 70), st.integers(1, 70), st.binary(min_size=1, max_size=40), st.integers(1, 9))
def test_whatever_it_shows_panels_lie_within_and_are_few(rows, columns, values, repeat):
    cells = np.repeat(np.resize(np.frombuffer(values, np.uint8), (rows, columns)), repeat, axis=0)
    boxes = panels.panels(cells)
    assert len(boxes) <= panels.MOST == events.MAX_PANELS
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= columns
        assert 0 <= top < bottom <= rows * repeat
        assert (left, top, right, bottom) != (0, 0, columns, rows * repeat)


def test_a_flat_picture_in_a_screenshot_is_known_by_its_hash(hasher, conn):
    """It has hardly a corner, so that only the hash of its own rectangle can tell."""
    banks.create(conn, id="ours", kind="media", title="Known pictures")
    picture = photo()
    known = hasher.look(saved(picture, "PNG"))
    bank(conn, f"pdq:{known.whole.hashes[0]}")
    screenshot, _ = screen(picture, "white")
    upload = hasher.look(saved(screenshot, "JPEG", quality=80))
    assert apart(upload.whole.hashes[0], known.whole.hashes[0]) > NEAR
    assert min(apart(one, known.whole.hashes[0]) for one in upload.panels) <= NEAR
    item = MediaItem(subject=SUBJECT, pdq=upload.whole.hashes[0], pdq_panels=upload.panels)
    ((signal,),) = MediaDetector().detect(conn, [item])
    assert signal.details["border"]


def test_a_small_picture_in_a_screenshot_is_looked_at_by_itself(hasher):
    picture = scene(3)
    entry = Points.from_bytes(hasher.look(saved(picture, "PNG")).points)
    screenshot, _ = screen(picture, "white", size=(1900, 1060))
    upload = Points.from_bytes(hasher.look(saved(screenshot, "PNG")).points)
    whole = Points.from_bytes(keypoints.features(screenshot))
    assert whole.width == 512 < upload.width <= LARGEST_SIDE
    by_itself, at_all = correspond(upload, entry), correspond(whole, entry)
    assert by_itself
    assert at_all
    assert len(by_itself.pairs) > 1.2 * len(at_all.pairs)
