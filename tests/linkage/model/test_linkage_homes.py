"""Housemates, carriers, copied texts: what is shared with a closed account by others than who ran it."""

import msgspec
import numpy as np
import pytest

from tenfold.linkage.compare import compare
from tenfold.linkage.keys import KeyKind, key_of, keys_of
from tenfold.linkage.kinds import FEW, HOME, Kind, Level
from tenfold.linkage.ledger import Judged
from tenfold.linkage.model import Model
from tenfold.linkage.table import Table
from tests.linkage.model.people import (
    CLOSED,
    DAY,
    PICTURE,
    POPULATION,
    closed_account,
    compared,
    judged,
    other_account,
    shown_by,
)
from tests.linkage.model.test_linkage_framing import CHARS, PUBLIC, SKETCH

HOME_TOKENS = (("device", "d-closed"), ("address", "a-closed"), ("network", "n-closed"))
CLOSED_ONE = closed_account()
SOON = CLOSED + DAY // 4


def levels_at_home(**changes: object) -> set[Level]:
    newer = other_account(**({"tokens": HOME_TOKENS, "texts": ()} | changes))
    found = compared(CLOSED_ONE, newer)
    return {Level(level) for level in found.level[0, HOME].tolist()} - {Level.MISSING, Level.DIFFERENT}


def test_who_shares_home_and_device_and_nothing_else_is_taken_for_a_housemate():
    assert levels_at_home() == {Level.HOUSED}


@pytest.mark.parametrize(
    "kept",
    [
        {"handles": ("ashenvoice_18",)},
        {"names": CLOSED_ONE.names},
        {"avatars": CLOSED_ONE.avatars},
        {"bios": CLOSED_ONE.bios},
        {"urls": CLOSED_ONE.urls},
        {"media": CLOSED_ONE.media},
        {"tokens": (*HOME_TOKENS, ("phone", "p-closed"))},
        {"announces": ("closed",)},
    ],
    ids=lambda kept: next(iter(kept)),
)
def test_whoever_keeps_anything_rare_beside_the_home_is_no_mere_housemate(kept):
    assert levels_at_home(**kept) == {Level.SHARED}


def test_what_many_show_tells_nobody_from_a_housemate():
    """A stock picture, a common name: half of the platform has them."""
    newer = other_account(tokens=HOME_TOKENS, avatars=CLOSED_ONE.avatars, names=CLOSED_ONE.names, texts=())
    common = dict.fromkeys(keys_of(other_account(avatars=CLOSED_ONE.avatars)).tolist(), POPULATION // 2)
    common |= dict.fromkeys(keys_of(other_account(names=CLOSED_ONE.names)).tolist(), POPULATION // 2)
    found = compared(CLOSED_ONE, newer, shown_by(common, CLOSED_ONE, newer))
    assert found.level[0, Kind.DEVICE] == Level.HOUSED


def one_in(share: int, **shown: object) -> dict[int, int]:
    """Counts by which one account in `share` shows what `shown` shows."""
    kept = set(keys_of(other_account(**shown)).tolist()) - set(keys_of(other_account()).tolist())
    return dict.fromkeys(kept, POPULATION // share)


@pytest.mark.parametrize("kept", [{"bios"}, {"avatars"}, {"urls"}, {"bios", "avatars"}, {"bios", "urls"}])
def test_common_things_tell_nobody_from_a_housemate_but_together_they_do(kept: set[str]):
    """A bio, a picture, a page that one in a thousand show: two of them are one in a million."""
    shown = {name: getattr(CLOSED_ONE, name) for name in kept}
    newer = other_account(tokens=HOME_TOKENS, texts=(), **shown)
    counts = {key: most for name in kept for key, most in one_in(1_000, **{name: shown[name]}).items()}
    found = compared(CLOSED_ONE, newer, shown_by(counts, CLOSED_ONE, newer))
    assert found.level[0, Kind.DEVICE] == (Level.SHARED if len(kept) == 2 else Level.HOUSED)


def test_a_place_that_many_show_is_no_home():
    address = {key_of(KeyKind.ADDRESS, "a-closed"): FEW + 1}
    newer = other_account(tokens=(("address", "a-closed"),), texts=())
    found = compared(CLOSED_ONE, newer, shown_by(address, CLOSED_ONE, newer))
    assert found.level[0, Kind.ADDRESS] == Level.SHARED


def test_housemates_are_never_likely_whatever_friends_they_share():
    """Home, device, all friends both ways, the same way of writing, the very next day."""
    housemate = other_account(
        tokens=HOME_TOKENS,
        follows=CLOSED_ONE.follows + CLOSED_ONE.followed_by,
        mentions=CLOSED_ONE.mentions,
        groups=CLOSED_ONE.groups,
        followed_by=CLOSED_ONE.followed_by,
        mentioned_by=CLOSED_ONE.mentioned_by,
        texts=(),
        style=SKETCH,
        style_chars=CHARS,
        created_us=SOON,
    )
    closed = msgspec.structs.replace(CLOSED_ONE, style=SKETCH, style_chars=CHARS)
    one = judged(closed, housemate)
    assert (one.level, one.held_back) == ("possible", "copyable")
    returned = msgspec.structs.replace(housemate, handles=("ashenvoice_18",))
    assert judged(closed, returned).level == "likely"


def behind_one_carrier(accounts: int, **changes: object) -> Judged:
    """Everything public is copied, and both are seen behind an address that so many accounts show."""
    newer = other_account(**(PUBLIC | {"texts": (), "tokens": (("address", "a-closed"),)} | changes))
    closed = msgspec.structs.replace(CLOSED_ONE, style=SKETCH, style_chars=CHARS)
    counts = shown_by({key_of(KeyKind.ADDRESS, "a-closed"): accounts}, closed, newer)
    return judged(closed, newer, counts)


@pytest.mark.parametrize("accounts", [FEW + 1, 1_000, POPULATION // 13])
def test_a_carriers_address_proves_nothing_of_who_copied_the_rest(accounts):
    one = behind_one_carrier(accounts)
    assert (one.level, one.held_back) == ("possible", "copyable")


WRITES_ALIKE = {"style": SKETCH, "style_chars": CHARS}
ALL_NEW = {
    name: getattr(other_account(), name) for name in ("handles", "names", "bios", "avatars", "banners")
}


def test_a_carriers_address_proves_what_was_kept_of_a_look():
    """A returner changes what is looked for, and keeps something; behind the same carrier as before."""
    kept = {"names": other_account().names, "avatars": other_account().avatars}
    assert behind_one_carrier(1_000, **WRITES_ALIKE, **kept).level == "likely"
    assert behind_one_carrier(1_000, **kept).level == "likely"


@pytest.mark.parametrize("changed", [("names", "bios"), ("handles", "names"), ("handles", "bios")])
def test_a_carriers_address_proves_nothing_of_who_is_dressed_as_the_closed_one(changed: tuple[str, ...]):
    """Two things of the look and the picture are what a framer takes; a like hand he may have by luck."""
    newer = {name: getattr(other_account(), name) for name in changed}
    one = behind_one_carrier(1_000, **newer)
    assert (one.level, one.held_back) == ("possible", "copyable")


def test_a_carriers_address_proves_nothing_of_who_wears_the_whole_look():
    """Neither a like hand nor the address, both of which a framer may have by luck."""
    one = behind_one_carrier(1_000, **WRITES_ALIKE)
    assert (one.level, one.held_back) == ("possible", "copyable")


def test_a_carriers_address_proves_nothing_of_who_resembles_the_closed_account_all_through():
    """The copy of one account does so with the same person's earlier ones, whose looks it does not wear."""
    somewhat = {
        "names": ("Sawt al-Raya al-Ramadiya",),
        "avatars": (PICTURE[:-4] + "0000",),
        "bios": ("Keeper of the old mill, herald of the grey ribbon and its nine lamps",),
    }
    one = behind_one_carrier(1_000, **WRITES_ALIKE, **somewhat)
    assert (one.level, one.held_back) == ("possible", "copyable")
    another = somewhat | {"avatars": other_account().avatars}
    assert behind_one_carrier(1_000, **WRITES_ALIKE, **another).level == "likely"


@pytest.mark.parametrize("accounts", [FEW + 1, 1_000, POPULATION // 13])
def test_a_carriers_address_adds_next_to_nothing_whomever_it_is_shared_with(accounts):
    """Or honest people behind it would be suspects more often than others."""
    (item,) = (item for item in behind_one_carrier(accounts).items if item.kind == "address")
    assert 0 < item.bits <= 1
    (home,) = (item for item in behind_one_carrier(FEW).items if item.kind == "address")
    assert home.bits > 3


@pytest.mark.parametrize("accounts", [FEW + 1, 1_000, POPULATION // 13])
def test_people_of_one_circle_behind_one_carrier_are_not_likely(accounts: int):
    """They follow the same others and are in the same groups, and nothing that either shows is alike."""
    unlike = {"urls": other_account().urls, "media": other_account().media, "announces": ()}
    one = behind_one_carrier(accounts, **ALL_NEW, **unlike)
    assert one.level == "possible"
    assert behind_one_carrier(accounts, **WRITES_ALIKE, **ALL_NEW, **unlike).level == "likely"


def test_a_carriers_address_proves_nothing_where_texts_are_copied_along():
    one = behind_one_carrier(1_000, texts=CLOSED_ONE.texts, style=SKETCH, style_chars=CHARS)
    assert one.level == "possible"


def test_texts_copied_from_another_account_of_the_same_people_bring_no_style_of_their_own():
    """The framer copies the posts of one account and is compared with another of the same hand."""
    first = closed_account(account="first", texts=tuple(range(100)), style=SKETCH, style_chars=CHARS)
    framer = other_account(texts=tuple(range(900, 912)), style=SKETCH, style_chars=CHARS)
    copied = {key_of(KeyKind.TEXT, str(text)): 2 for text in range(900, 912)}
    left, right, row = Table.of([first]), Table.of([framer]), np.zeros(1, np.int64)
    for counts, expected in (
        (copied, True),
        (dict.fromkeys(copied, 1), False),
        (dict.fromkeys(copied, 400), False),
    ):
        found = compare(left, row, right, row, shown_by(counts, first, framer))
        assert found.copied.tolist() == [expected]


def test_one_old_text_among_many_new_ones_is_no_copying():
    again = other_account(texts=(100, *range(800, 810)), style=SKETCH, style_chars=CHARS)
    fresh = {key_of(KeyKind.TEXT, str(text)): 1 for text in range(800, 810)}
    assert compared(CLOSED_ONE, again, shown_by(fresh, CLOSED_ONE, again)).copied.tolist() == [False]
    mostly = other_account(texts=(*range(100, 103), *range(800, 810)))
    assert compared(CLOSED_ONE, mostly, shown_by(fresh, CLOSED_ONE, mostly)).copied.tolist() == [True]


def test_the_more_an_account_has_posted_the_more_agrees_by_chance():
    few, many = (judged(CLOSED_ONE, other_account(posts=posts)) for posts in (3, 30))
    assert few.prior_bits > many.prior_bits
    assert Model.shipped().prior_bits(POPULATION) >= few.prior_bits
