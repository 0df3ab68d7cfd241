"""The drawing over two pictures: places of thousandths become places of the drawing, cut off at the edges."""

from hypothesis import given
from hypothesis import strategies as st

from tenfold.detectors.media.matches import Lies
from tenfold.detectors.media.overlay import GAP, side_by_side

SQUARE = [(0, 0), (1000, 0), (1000, 1000), (0, 1000)]
PLACES = st.lists(st.tuples(st.integers(-3000, 4000), st.integers(-3000, 4000)), max_size=12)
SIZES = st.tuples(st.integers(1, 5000), st.integers(1, 5000))


def lies(outline=SQUARE, here=SQUARE, there=SQUARE, pairs=()):
    return Lies(outline=outline, here=here, there=there, pairs=list(pairs), points=12, covered=0.5)


def places(polygon):
    return [tuple(float(number) for number in place.split(",")) for place in polygon.split()]


def test_both_stand_side_by_side_as_high_as_the_drawing():
    drawn = side_by_side(lies(pairs=[(0, 0, 1000, 1000), (500, 250, 0, 500)]), (800, 400), (300, 600))
    assert (drawn.upload.width, drawn.upload.height) == (800, 400)
    assert (drawn.entry.x, drawn.entry.width) == (800 + GAP, 200)
    assert (drawn.width, drawn.height) == (800 + GAP + 200, 400)
    assert drawn.lines == [(0, 0, 1024, 400), (400, 100, 824, 200)]
    assert places(drawn.there) == [(824, 0), (1024, 0), (1024, 400), (824, 400)]


def test_what_reaches_beyond_the_upload_is_cut_off():
    drawn = side_by_side(lies(outline=[(-500, 200), (500, 200), (500, 800), (-500, 800)]), (100, 100), (1, 1))
    assert set(places(drawn.outline)) == {(0, 80), (200, 80), (200, 320), (0, 320)}


def test_what_lies_outside_is_not_drawn():
    assert side_by_side(lies(outline=[(1200, 0), (1900, 0), (1900, 900)]), (10, 10), (10, 10)).outline == ""
    assert side_by_side(lies(outline=[]), (10, 10), (10, 10)).outline == ""


@given(PLACES, SIZES, SIZES)
def test_nothing_is_drawn_outside_its_picture(outline, upload, entry):
    drawn = side_by_side(lies(outline=outline, here=outline), upload, entry)
    for x, y in places(drawn.outline) + places(drawn.here):
        assert -0.1 <= x <= drawn.upload.width + 0.1
        assert -0.1 <= y <= 400.1
