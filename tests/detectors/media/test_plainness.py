"""A hash of one edge or corner agrees with those of other such pictures, and is no proof at a distance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.detectors.media import frames
from tenfold.detectors.media.bands import codes_of
from tenfold.detectors.media.detector import MediaDetector, MediaItem
from tenfold.detectors.media.hasher import Hasher
from tenfold.detectors.media.pdq import NEAR, from_hex, to_hex
from tenfold.detectors.media.plainness import PLAIN, PLAIN_NEAR, plainness, telling
from tenfold.detectors.media.turns import turned_hashes
from tenfold.store import banks
from tenfold.subjects import Subject, SubjectKind
from tests.detectors.media.drawn_pictures import photo
from tests.detectors.media.edited_pictures import png, poster, scene
from tests.detectors.media.media_bank import bank

PDQ = "b6e41c2a6dffc47f0f2c3f8699737f8c38796ed11b819600e3fd515a448055a0"


@pytest.fixture(scope="module")
def hasher():
    with Hasher() as one:
        yield one


@pytest.fixture
def store(conn):
    banks.create(conn, id="ours", kind="media", title="Known pictures")
    conn.commit()
    conn.autocommit = True
    return conn


def codes(*bits):
    return codes_of(b"".join(bytes.fromhex(to_hex(one)) for one in bits))


def product(seed):
    """The hash of an edge or corner: a column times a row."""
    column, row = np.random.default_rng(seed).integers(0, 2, (2, 16)).astype(np.bool_)
    return (column[:, None] ^ row).ravel()


def known(store, detector, **hashes):
    item = MediaItem(subject=Subject(SubjectKind.MEDIA, "m1"), **hashes)
    return bool(detector.detect(store, [item])[0])


@given(st.integers(0, 2**256 - 1), st.sampled_from(sorted(turned_hashes(np.zeros((1, 256), np.bool_)))))
def test_it_is_a_share_that_turning_and_inverting_leave_alone(number, turn):
    bits = from_hex(f"{number:064x}")
    (share,) = plainness(codes(bits))
    assert 1 / 16 - 1e-9 <= share <= 1 + 1e-9
    forms = (turned_hashes(bits[None])[turn][0], ~bits)
    assert np.allclose(plainness(codes(*forms)), share)


@given(st.integers(0, 2**16 - 1), st.integers(0, 2**16 - 1))
def test_the_product_of_a_column_and_a_row_is_plainest(down, across):
    column, row = (np.array([one >> bit & 1 for bit in range(16)], np.bool_) for one in (down, across))
    assert plainness(codes((column[:, None] ^ row).ravel()))[0] == pytest.approx(1)


@given(st.integers(0, 2**256 - 1), st.lists(st.integers(0, 255), max_size=NEAR, unique=True))
def test_what_is_near_enough_tells_however_plain(number, flips):
    bits = from_hex(f"{number:064x}").copy()
    bits[flips] ^= True
    queries = codes(bits)
    (told,) = telling(queries, np.zeros(1, np.int64), np.array([len(flips)], np.uint8))
    assert told == (len(flips) <= PLAIN_NEAR or plainness(queries)[0] <= PLAIN)


def test_no_pair_is_no_answer():
    nothing = np.zeros(0, np.int64)
    assert not len(telling(codes(from_hex("0" * 64)), nothing, nothing.astype(np.uint8)))


@pytest.mark.parametrize("picture", [photo(), poster(3), scene(2)], ids=["photo", "poster", "scene"])
def test_pictures_are_not_plain(hasher, picture):
    seen = hasher.look(png(picture))
    assert (plainness(codes(*map(from_hex, seen.whole.hashes))) < PLAIN - 0.1).all()


@pytest.mark.parametrize(("flips", "told"), [(0, True), (PLAIN_NEAR, True), (PLAIN_NEAR + 1, False)])
def test_a_picture_of_a_corner_is_itself_and_no_other(store, flips, told):
    bits = product(5)
    bank(store, f"pdq:{to_hex(bits)}")
    other = bits.copy()
    other[np.random.default_rng(1).choice(256, flips, replace=False)] ^= True
    assert plainness(codes(other))[0] > PLAIN
    assert known(store, MediaDetector(), pdq=to_hex(other)) == told
    assert known(store, MediaDetector(), pdq=PDQ, pdq_panels=[to_hex(other)]) == told


@pytest.mark.parametrize(("flips", "told"), [(PLAIN_NEAR, True), (PLAIN_NEAR + 1, False)])
def test_so_is_a_frame_of_a_corner(store, flips, told):
    bits = product(5)
    bank(store, f"pdq:{to_hex(bits)}")
    other = bits.copy()
    other[np.random.default_rng(1).choice(256, flips, replace=False)] ^= True
    film = frames.write(frames.pack([0], [bytes.fromhex(to_hex(other))], [False]))
    assert known(store, MediaDetector(), film=film) == told
