"""Entries of banks of media: hashes with their kinds, checked, each with one key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.detectors import bank_values
from tenfold.detectors.bank_values import GivenEntry
from tenfold.detectors.media import frames, hashes, keypoints
from tenfold.detectors.media.hashes import Form, Hash, HashError
from tenfold.detectors.media.turns import TURNS
from tests.detectors.media.edited_pictures import scene

PDQ = "b6e41c2a6dffc47f0f2c3f8699737f8c38796ed11b819600e3fd515a448055a0"
FORMS = st.builds(Form, st.booleans(), st.sampled_from(TURNS)) | st.just(Form(tilted=True))
PDQS = st.builds(
    lambda form, number: Hash("pdq", form, f"{number | (2**100 - 1):064x}"), FORMS, st.integers(0, 2**256 - 1)
)
DIGESTS = st.one_of(
    st.binary(min_size=32, max_size=32).map(lambda raw: Hash("sha256", Form(), raw.hex())),
    st.binary(min_size=16, max_size=16).map(lambda raw: Hash("md5", Form(), raw.hex())),
)


@given(
    st.lists(st.one_of(PDQS, DIGESTS), min_size=1, max_size=20, unique_by=lambda one: (one.kind, one.form))
)
def test_what_is_written_is_read(some):
    assert hashes.read(hashes.write(some)) == some
    assert hashes.read(hashes.write(some).upper()) == some
    assert hashes.key_of(some) in hashes.write(some).split()


def test_points_of_frames_are_read_with_their_times_and_several_belong_to_one_film():
    points = frames.write(keypoints.features(scene()))
    text = f"points/0:{points} points/12500:{points} points:{points}"
    found = hashes.read(text)
    assert [one.form.at for one in found] == [0, 12_500, None]
    assert hashes.write(found) == text
    with pytest.raises(HashError, match="no time of a frame"):
        hashes.read(f"points/soon:{points}")


def test_the_key_is_the_file_then_the_picture():
    md5, sha = f"md5:{'a' * 32}", f"sha256:{'b' * 64}"
    assert hashes.key_of(hashes.read(f"{md5} pdq/mirrored:{PDQ} pdq:{PDQ} {sha}")) == sha
    assert hashes.key_of(hashes.read(f"{md5} pdq/mirrored:{PDQ[::-1]} pdq:{PDQ}")) == f"pdq:{PDQ}"
    assert hashes.key_of(hashes.read(md5)) == md5


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (PDQ, "does not say what kind"),
        ("phash:0123", "'phash' is no kind of hash"),
        (f"pdq:{PDQ[1:]}", "pdq is 64 hexadecimal digits"),
        (f"pdq:{PDQ}0", "pdq is 64 hexadecimal digits"),
        (f"md5:{'g' * 32}", "md5 is 32 hexadecimal digits"),
        (f"sha256:{'٣' * 64}", "sha256 is 64 hexadecimal digits"),
        (f"pdq:{'0' * 64}", "blank picture"),
        (f"pdq/sideways:{PDQ}", "'sideways' is no form"),
        (f"pdq/mirrored/trimmed:{PDQ}", "is no form"),
        (f"md5/mirrored:{'a' * 32}", "belongs to pdq"),
        (f"md5:{'a' * 32} md5:{'b' * 32}", "two different md5"),
        ("   ", "holds no hash"),
        (" ".join(f"pdq:{(1 << 128) - 1 + (n << 130):064x}" for n in range(65)), "at most 64"),
    ],
)
def test_what_cannot_be_held_is_told_with_its_remedy(value, reason):
    with pytest.raises(HashError, match=reason):
        hashes.read(value)
    good, refused = bank_values.check("media", [GivenEntry(value=value)])
    assert not good
    assert reason in refused[0].reason


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text):
    try:
        assert hashes.read(text)
    except HashError as error:
        assert str(error)
