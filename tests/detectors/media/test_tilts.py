"""A picture with hardly a corner is known when it was turned by a few degrees."""

import io

import pytest
from PIL import Image, ImageDraw

from tenfold.detectors.media.detector import MediaDetector, MediaItem
from tenfold.detectors.media.hasher import Hasher, digests_of, together
from tenfold.store import banks
from tenfold.subjects import Subject, SubjectKind
from tests.detectors.media.edited_pictures import png, scene
from tests.detectors.media.media_bank import bank


@pytest.fixture(scope="module")
def hasher():
    with Hasher() as one:
        yield one


def flat():
    """A wall, a floor and a disc in soft colours."""
    ground = Image.linear_gradient("L").resize((900, 600)).rotate(20, Image.Resampling.BILINEAR)
    picture = Image.merge("RGB", (ground, ground.transpose(Image.Transpose.ROTATE_180), ground))
    draw = ImageDraw.Draw(picture)
    draw.polygon([(0, 380), (520, 250), (900, 420), (900, 600), (0, 600)], (20, 90, 120))
    draw.ellipse((180, 60, 420, 300), (230, 200, 120))
    return picture


def hashed(hasher, picture):
    data = png(picture)
    return together("", digests_of(io.BytesIO(data)), hasher.look(data))


@pytest.mark.parametrize("expand", [False, True], ids=["cut off", "whole"])
@pytest.mark.parametrize("degrees", [-4.1, -2.3, 1.1, 3.8])
def test_turned_by_a_few_degrees_it_is_known(conn, hasher, degrees, expand):
    banks.create(conn, id="ours", kind="media", title="Known pictures", confidence=0.9)
    bank(conn, hashed(hasher, flat()).value)
    upload = hashed(hasher, flat().rotate(degrees, Image.Resampling.BICUBIC, expand=expand))
    item = MediaItem(subject=Subject(SubjectKind.MEDIA, "m1"), pdq=upload.pdq)
    ((found,),) = MediaDetector().detect(conn, [item])
    assert (found.details["match"], found.details["turn"]) == ("near-copy", "upright")


def test_pictures_with_many_corners_need_no_such_hashes_and_blank_ones_have_none(hasher):
    assert "pdq/tilted:" in hashed(hasher, flat()).value
    assert "pdq/tilted:" not in hashed(hasher, scene(1)).value
    assert "pdq/tilted:" not in hashed(hasher, Image.new("RGB", (300, 200), "grey")).value
