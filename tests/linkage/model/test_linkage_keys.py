"""Keys of accounts: what two accounts share, found by hashing."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.fingerprint import Fingerprint
from tenfold.linkage.keys import (
    KIND_MASK,
    KeyKind,
    bands,
    domain_of,
    folded,
    key_of,
    keys_of,
    kind_of,
    pdq_bytes,
)
from tests.linkage.model.people import closed_account

text = st.text(max_size=40)
texts = st.lists(text, max_size=4).map(tuple)
fingerprints = st.builds(
    Fingerprint,
    account=text,
    handles=texts,
    names=texts,
    bios=texts,
    avatars=texts,
    urls=texts,
    follows=texts,
    tokens=st.lists(st.tuples(st.sampled_from(["email", "device", "nonsense"]), text), max_size=3).map(tuple),
)


def kinds(fingerprint: Fingerprint) -> set[KeyKind]:
    return {kind_of(key) for key in keys_of(fingerprint).tolist()}


def test_every_kind_of_key_is_made():
    shown = closed_account(announces=("older",), announced_by=("fan",))
    assert kinds(shown) == set(KeyKind)


@settings(deadline=None)
@given(fingerprints)
def test_keys_ascend_and_are_there_once(fingerprint: Fingerprint):
    keys = keys_of(fingerprint)
    assert keys.dtype == np.int64
    assert (keys[1:] > keys[:-1]).all()
    assert key_of(KeyKind.SELF, fingerprint.account) in keys
    for account in fingerprint.follows:
        assert key_of(KeyKind.FOLLOWS, account) in keys
    assert set((keys & KIND_MASK).tolist()) <= {int(kind) for kind in KeyKind}


def test_who_announces_an_account_shares_its_own_key():
    old, new = Fingerprint(account="old"), Fingerprint(account="new", announces=("old",))
    assert set(keys_of(old).tolist()) & set(keys_of(new).tolist()) == {key_of(KeyKind.SELF, "old")}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            Fingerprint(account="a", handles=("abu_umar_17",)),
            Fingerprint(account="b", handles=("Abu.Umar99",)),
        ),
        (Fingerprint(account="a", handles=("ashen",)), Fingerprint(account="b", handles=("аshеn",))),
        (
            Fingerprint(account="a", bios=("مُراسل من الوادي القديم",)),
            Fingerprint(account="b", bios=("مراسـل من الوادي القديم!",)),
        ),
        (
            Fingerprint(account="a", bios=("Keeper of the old mill",)),
            Fingerprint(account="b", bios=("KEEPER, of the old mill.",)),
        ),
    ],
)
def test_disguises_share_keys(one: Fingerprint, other: Fingerprint):
    assert set(keys_of(one).tolist()) & set(keys_of(other).tolist())


def test_a_bio_with_other_words_around_shares_a_run_of_words():
    words = [
        "keeper",
        "of",
        "the",
        "old",
        "mill",
        "herald",
        "of",
        "the",
        "grey",
        "ribbon",
        "and",
        "its",
        "seven",
        "lamps",
    ]
    one = Fingerprint(account="a", bios=(" ".join(words),))
    edited = [
        Fingerprint(account="b", bios=(" ".join([*words[:i], "now", *words[i:]]),)) for i in range(len(words))
    ]
    shared = [set(keys_of(one).tolist()) & set(keys_of(two).tolist()) for two in edited]
    assert sum(map(bool, shared)) >= len(edited) - 1


def flipped(picture: int, bits: int, dice: random.Random) -> str:
    for bit in dice.sample(range(256), bits):
        picture ^= 1 << bit
    return f"{picture:064x}"


@pytest.mark.parametrize(("bits", "least"), [(0, 1.0), (10, 0.98), (20, 0.9), (31, 0.5)])
def test_edited_pictures_mostly_share_a_band(bits: int, least: float):
    dice = random.Random(7)
    found = 0
    for _ in range(300):
        picture = dice.getrandbits(256)
        one = set(bands(KeyKind.AVATAR_BAND, [f"{picture:064x}"]).tolist())
        found += bool(one & set(bands(KeyKind.AVATAR_BAND, [flipped(picture, bits, dice)]).tolist()))
    assert found / 300 >= least


def test_few_strangers_pictures_share_a_band():
    dice = random.Random(8)
    pictures = [f"{dice.getrandbits(256):064x}" for _ in range(20_000)]
    keys = bands(KeyKind.AVATAR_BAND, pictures)
    _, counts = np.unique(keys, return_counts=True)
    collisions = int((counts * (counts - 1)).sum())
    per_picture = collisions / len(pictures) * (1_000_000 / len(pictures))
    assert per_picture <= 5


def test_bands_of_avatars_and_banners_differ():
    picture = ["f8b3" * 16]
    avatar, banner = bands(KeyKind.AVATAR_BAND, picture), bands(KeyKind.BANNER_BAND, picture)
    assert not set(avatar.tolist()) & set(banner.tolist())


@pytest.mark.parametrize("odd", ["", "x" * 64, "f8b3", "ab " * 21 + "c", "sha256:" + "0" * 57])
def test_what_is_no_hash_has_no_bands(odd: str):
    assert pdq_bytes(odd) is None
    assert len(bands(KeyKind.AVATAR_BAND, [odd])) == 0


def test_half_characters_and_nothing_at_all_are_no_trouble():
    assert len(keys_of(Fingerprint(account="\ud800", handles=("\udfff" * 3,), bios=("\ud800" * 9,)))) >= 1
    assert keys_of(Fingerprint(account="a")).tolist() == [key_of(KeyKind.SELF, "a")]


def test_forms():
    assert folded("  Ça VA,\tbien… ") == "ca va bien"
    assert domain_of("https://linkhub.example:8080/x") == domain_of("linkhub.example/y") == "linkhub.example"
