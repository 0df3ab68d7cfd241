"""Comparing pairs: what is found, and that one pair is compared the same alone and among many."""

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.fingerprint import Fingerprint
from tenfold.linkage import pairing
from tenfold.linkage.compare import Comparisons, compare
from tenfold.linkage.keys import KeyKind, key_of, keys_of
from tenfold.linkage.kinds import Kind, Level
from tenfold.linkage.rarity import Rarity, count_names, millibits
from tenfold.linkage.shared_keys import shared
from tenfold.linkage.table import Table
from tests.linkage.model.people import (
    CLOSED,
    DAY,
    PICTURE,
    POPULATION,
    closed_account,
    compared,
    other_account,
    rarity,
)

few = st.lists(st.sampled_from("abcdefgh"), max_size=5).map(tuple)
small = st.builds(
    Fingerprint,
    account=st.sampled_from(["one", "two", "three"]),
    handles=few,
    names=few,
    urls=few,
    follows=few,
    groups=few,
    followed_by=few,
    announces=st.lists(st.sampled_from(["one", "two", "three"]), max_size=2).map(tuple),
)


def level(pair: Comparisons, kind: Kind) -> Level:
    return Level(int(pair.level[0, kind]))


@settings(deadline=None)
@given(st.lists(small, min_size=1, max_size=4), st.lists(small, min_size=1, max_size=4))
def test_shared_keys_are_exactly_those_of_both(left: list[Fingerprint], right: list[Fingerprint]):
    pairs = [(i, j) for i in range(len(left)) for j in range(len(right))]
    rows = np.array(pairs, np.int64)
    found = shared(Table.of(left), rows[:, 0], Table.of(right), rows[:, 1])
    expected = {
        (number, key)
        for number, (i, j) in enumerate(pairs)
        for key in set(keys_of(left[i]).tolist()) & set(keys_of(right[j]).tolist())
    }
    assert set(zip(found.pair.tolist(), found.key.tolist(), strict=True)) == expected
    assert len(found.key) == len(expected)


@settings(deadline=None, max_examples=50)
@given(st.lists(small, min_size=2, max_size=5))
def test_a_pair_is_compared_the_same_alone_and_among_others(people: list[Fingerprint]):
    table, counts = Table.of(people), rarity(*people, accounts=7)
    pairs = np.array([(i, j) for i in range(len(people)) for j in range(len(people)) if i != j], np.int64)
    together = compare(table, pairs[:, 0], table, pairs[:, 1], counts)
    for number in range(len(pairs)):
        alone = compare(table, pairs[number : number + 1, 0], table, pairs[number : number + 1, 1], counts)
        for name in ("level", "strength", "accounts", "count", "distance"):
            assert np.array_equal(getattr(alone, name)[0], getattr(together, name)[number]), name


def test_two_who_share_nothing_differ_in_all_that_both_show():
    pair = compared(closed_account(), other_account())
    for kind in (Kind.BIO, Kind.AVATAR, Kind.BANNER, Kind.EMAIL, Kind.DEVICE, Kind.URL, Kind.FOLLOWS):
        assert level(pair, kind) == Level.DIFFERENT
    assert not pair.strength[0, : Kind.STYLE].any()


def test_what_one_does_not_show_counts_neither_way():
    nothing = Fingerprint(account="new")
    pair = compared(closed_account(), nothing)
    assert not pair.level.any()
    assert not pair.strength.any()


def test_the_same_account_again_agrees_in_everything():
    again = closed_account(account="again", closed_us=None, created_us=CLOSED + DAY // 2)
    pair = compared(closed_account(), again)
    expected = {
        Kind.HANDLE: Level.LETTERS,
        Kind.NAME: Level.LETTERS,
        Kind.BIO: Level.EQUAL,
        Kind.AVATAR: Level.EQUAL,
        Kind.BANNER: Level.EQUAL,
        Kind.NETWORK: Level.MISSING,  # the address says it already
        Kind.DOMAIN: Level.MISSING,  # the page says it already
        Kind.GAP: Level.DAY,
    }
    for kind in (Kind.EMAIL, Kind.PHONE, Kind.DEVICE, Kind.ADDRESS, Kind.URL, Kind.MEDIA, Kind.TEXT):
        expected[kind] = Level.SHARED
    assert {kind: level(pair, kind) for kind in expected} == expected
    assert pair.strength[0, Kind.DEVICE] == millibits(POPULATION, np.array([2]))[0]
    assert pair.count[0, Kind.FOLLOWS] == 30
    assert pair.copied[0]


def test_handles():
    for handle, found in {
        "ashenvoice_18": Level.SUCCESSOR,
        "аshenvоice": Level.SUCCESSOR,  # Cyrillic letters, and no number any more
        "ashen_voice_17": Level.LETTERS,
        "the_ashenvoice": Level.NEAR,
        "zzq": Level.DIFFERENT,
    }.items():
        assert level(compared(closed_account(), other_account(handles=(handle,))), Kind.HANDLE) == found, (
            handle
        )


def test_a_name_in_another_script_is_found_by_its_sound():
    one = closed_account(names=("أبو عمر",), handles=())
    assert level(compared(one, other_account(names=("Abu Umar",), handles=())), Kind.NAME) == Level.SOUND


def test_names_are_as_rare_as_among_their_like():
    shown = (closed_account(names=("أبو عمر",)), other_account(names=("أبو عمر",)))
    keys = np.unique(np.concatenate([keys_of(one) for one in shown]))
    counts = Rarity(
        keys,
        np.full(len(keys), 100),
        POPULATION,
        name_counts=count_names(["أبو عمر"] + ["Jo Ray"] * 9, POPULATION),
    )
    pair = compared(*shown, counts)
    assert pair.strength[0, Kind.NAME] == millibits(POPULATION // 10, np.array([100]))[0]


def test_pictures():
    edited = f"{int(PICTURE, 16) ^ ((1 << 20) - 1):064x}"
    far = f"{int(PICTURE, 16) ^ ((1 << 45) - 1):064x}"
    for picture, found, distance in (
        (PICTURE, Level.EQUAL, 0),
        (edited, Level.NEAR, 20),
        (far, Level.FAINT, 45),
    ):
        pair = compared(closed_account(), other_account(avatars=(picture,)))
        assert level(pair, Kind.AVATAR) == found
        assert pair.distance[0, Kind.AVATAR] == distance


def test_a_stock_picture_lightly_edited_is_as_common_as_the_stock_picture():
    edited = f"{int(PICTURE, 16) ^ 0b111:064x}"
    pair = (closed_account(), other_account(avatars=(edited,)))
    rare = compared(*pair, rarity(*pair, accounts=2)).strength[0, Kind.AVATAR]
    stock = compared(*pair, rarity(*pair, accounts=POPULATION // 4)).strength[0, Kind.AVATAR]
    assert rare > 15_000
    assert stock == 2_000


def test_an_old_picture_is_found_too():
    pair = compared(
        closed_account(avatars=("1234" * 16, PICTURE)), other_account(avatars=("9" * 64, PICTURE))
    )
    assert level(pair, Kind.AVATAR) == Level.EQUAL


def test_values_that_a_person_marked_as_shared_count_nothing():
    device = key_of(KeyKind.DEVICE, "d-closed")
    shown = (closed_account(), other_account(tokens=(("device", "d-closed"),), avatars=(PICTURE,)))
    assert level(compared(*shown), Kind.DEVICE) == Level.SHARED
    muted = compared(*shown, rarity(*shown, muted=(device,)))
    assert level(muted, Kind.DEVICE) == Level.MISSING
    assert muted.strength[0, Kind.DEVICE] == 0


def test_who_says_so_matters():
    says = compared(closed_account(), other_account(announces=("closed",)))
    said = compared(closed_account(announces=("other",)), other_account())
    assert (level(says, Kind.ANNOUNCES), level(says, Kind.ANNOUNCED)) == (Level.SHARED, Level.MISSING)
    assert (level(said, Kind.ANNOUNCES), level(said, Kind.ANNOUNCED)) == (Level.MISSING, Level.SHARED)


def test_many_friends_make_a_few_shared_ones_less_surprising():
    friends = tuple(f"friend{i}" for i in range(3))
    crowd = tuple(f"stranger{i}" for i in range(60))
    few_ties = compared(closed_account(), other_account(follows=friends))
    many_ties = compared(closed_account(), other_account(follows=friends + crowd))
    assert 0 < many_ties.strength[0, Kind.FOLLOWS] < few_ties.strength[0, Kind.FOLLOWS]


def test_gaps():
    for days, found in {
        -1: Level.BEFORE,
        0.5: Level.DAY,
        2: Level.DAYS,
        5: Level.WEEK,
        400: Level.LATER,
    }.items():
        new = other_account(created_us=CLOSED + int(days * DAY))
        assert level(compared(closed_account(), new), Kind.GAP) == found
    assert level(compared(closed_account(), other_account(created_us=None)), Kind.GAP) == Level.MISSING


def test_no_pairs():
    table, none = Table.of([closed_account()]), np.empty(0, np.int64)
    assert len(compare(table, none, table, none, rarity(closed_account()))) == 0


def test_rarity_of_what_was_not_counted_is_that_of_two():
    counts = Rarity(np.array([5, 3], np.int64), np.array([9, 4]), 1_000)
    assert counts.accounts_of(np.array([3, 4, 5], np.int64)).tolist() == [4, 2, 9]
    assert millibits(1_000, np.array([1_000, 5_000])).tolist() == [0, 0]


def test_candidates_are_those_that_share_what_is_rare():
    closed = [closed_account(), closed_account(account="closed2", tokens=(), handles=("greylamp",), names=())]
    again = other_account(tokens=(("device", "d-closed"), ("email", "e-closed")))
    stranger = msgspec.structs.replace(other_account(account="stranger"), created_us=CLOSED + DAY)
    newer = [again, stranger]
    found = pairing.candidates(Table.of(closed), Table.of(newer), rarity(*closed, *newer))
    pairs = list(zip(found.closed.tolist(), found.newer.tolist(), strict=True))
    assert pairs == [(0, 0)]
    assert found.bits.tolist() == [2 * millibits(POPULATION, np.array([2]))[0]]


def test_an_account_is_no_candidate_of_itself_nor_of_a_later_one():
    early = other_account(
        created_us=CLOSED - 100 * DAY, tokens=(("device", "d-closed"), ("email", "e-closed"))
    )
    closed, newer = Table.of([closed_account()]), Table.of([closed_account(), early])
    assert not len(pairing.candidates(closed, newer, rarity(closed_account(), early)).newer)
