"""PDQ is the reference implementation's, bit for bit; turned hashes are near those of turned pictures."""

import numpy as np
import pytest

from tenfold.detectors.media import pdq
from tenfold.detectors.media.turns import INVERSE, TURNS, UPRIGHT, turned, turned_hashes
from tests.detectors.media.drawn_pictures import apart, drawn, photo

# Made with the C++ reference implementation from the pictures of `drawn`, 512 x 512.
REFERENCE = (
    "b6e41c2a6dffc47f0f2c3f8699737f8c38796ed11b819600e3fd515a448055a0",
    "af741e2e2dffe47e1d2c3e8699633e8c9979aad19b81d200e1ff548a568054b0",
    "2b755e44bcbfe27ed52a3e8698633e9c99692ad199915b01e1ff94aa760094b0",
    "55ff0b548e23b77e822a3e84c8433e44dd3973698dd54b01f1ffb4ab2a00b4b1",
    "55fe2b748e00d4fe833a3e96f2c31e285d3c5d694dc0698171efd4abaa04d4b1",
    "44bb21be8f01d2fe933a3e9413c3ac2345bcfd694fc0ad0171ebd0dd8a45d2d1",
)


def hash_of(rgb):
    return pdq.hash_of(pdq.luma_of(rgb))


@pytest.mark.parametrize("number", range(len(REFERENCE)))
def test_hash_and_quality_are_those_of_the_reference_implementation(number):
    bits, quality = hash_of(drawn(number))
    assert (pdq.to_hex(bits), quality) == (REFERENCE[number], 100)
    assert (pdq.from_hex(REFERENCE[number]) == bits).all()


def test_blue_taken_for_red_is_another_hash():
    assert apart(pdq.to_hex(hash_of(drawn(0)[..., ::-1])[0]), REFERENCE[0]) > 0


def test_a_blank_picture_has_no_quality():
    assert hash_of(np.full((512, 512, 3), 7, np.uint8))[1] == 0


def test_a_negative_has_the_complement():
    bits, _ = hash_of(drawn(2))
    negative, _ = hash_of(255 - drawn(2))
    assert (bits ^ negative).sum() >= pdq.BITS - 2


@pytest.mark.parametrize("turn", TURNS)
def test_the_hash_of_a_turned_picture_can_be_told_from_the_hash(turn):
    picture = np.asarray(photo(size=(512, 512)))
    honest, _ = hash_of(turned(picture, turn))
    told = turned_hashes(hash_of(picture)[0][None])[turn][0]
    assert (honest ^ told).sum() <= pdq.NEAR
    assert (turn == UPRIGHT) == ((honest ^ hash_of(picture)[0]).sum() == 0)


@pytest.mark.parametrize("turn", TURNS)
def test_a_turn_is_undone_by_its_inverse(turn):
    picture = drawn(1, side=16)
    assert (turned(turned(picture, turn), INVERSE.get(turn, turn)) == picture).all()
    bits = pdq.from_hex(REFERENCE[1])[None]
    back = turned_hashes(turned_hashes(bits)[turn])[INVERSE.get(turn, turn)]
    assert (back == bits).all()


def test_turns_mean_what_they_are_called():
    corner = np.zeros((4, 4, 1), np.uint8)
    corner[0, 0] = 1  # top left
    places = {turn: tuple(np.argwhere(turned(corner, turn)[..., 0])[0]) for turn in TURNS}
    assert places["turned-left"] == (3, 0)
    assert places["turned-right"] == (0, 3)
    assert places["upside-down"] == (3, 3)
    assert places["mirrored"] == (0, 3)
    assert places["flipped"] == (3, 0)


@pytest.mark.parametrize("number", range(3))
def test_the_hashes_of_all_turns_are_those_of_the_turned_pictures(number):
    luma = pdq.luma_of(drawn(number))
    together = pdq.hashes_of_turns(luma)
    assert len(together) == len(TURNS)
    for turn, (bits, quality) in zip(TURNS, together, strict=True):
        alone, its_quality = pdq.hash_of(turned(luma, turn))
        assert np.count_nonzero(bits != alone) <= 1  # sums are rounded in another order
        assert abs(quality - its_quality) <= 1
