"""What an attacker can copy never makes an innocent account `likely`."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.fingerprint import Fingerprint
from tenfold.linkage import style
from tenfold.linkage.compare import compare
from tenfold.linkage.keys import KeyKind, key_of, keys_of
from tenfold.linkage.kinds import Kind, Level
from tenfold.linkage.looks import taken
from tenfold.linkage.model import LEVELS, LIKELY, POSSIBLE, Model
from tenfold.linkage.table import Table
from tests.linkage.model.people import (
    BEGAN,
    CLOSED,
    DAY,
    closed_account,
    compared,
    judged,
    other_account,
    rarity,
    shown_by,
)

VICTIM = closed_account()
POSTS = [
    "The grey ribbon hangs at the old mill again tonight, bring your lamps!!",
    "الراية الرمادية ترفرف فوق الوادي، من يأتي معنا الى الطاحونة القديمة؟",
    "seven lamps, seven names; whoever keeps count will find us by the river...",
] * 12
SKETCH, CHARS = style.sketch(POSTS)

# Somebody who followed the closed account follows its copy, too, and is followed back.
FOOLED: dict[str, object] = {"follows": (*VICTIM.follows, "circle0"), "followed_by": ("circle0",)}
PUBLIC: dict[str, object] = {
    "handles": ("ashenvoice_18",),
    "names": VICTIM.names,
    "bios": VICTIM.bios,
    "avatars": VICTIM.avatars,
    "banners": VICTIM.banners,
    "urls": VICTIM.urls,
    "media": VICTIM.media,
    "texts": VICTIM.texts,
    "groups": VICTIM.groups,
    "follows": VICTIM.follows,
    "mentions": VICTIM.mentions,
    "announces": ("closed",),
    "created_us": CLOSED + DAY // 4,
}


@settings(deadline=None, max_examples=60)
@given(st.sets(st.sampled_from(sorted(PUBLIC))), st.sampled_from([2, 12, 150]))
def test_whatever_public_things_are_copied_the_copy_is_never_likely(copied: set[str], accounts: int):
    framer = other_account(**{name: PUBLIC[name] for name in copied})
    assert judged(VICTIM, framer, accounts=accounts).level != "likely"


def test_everything_public_at_once_is_possible_and_says_why():
    one = judged(VICTIM, other_account(**PUBLIC))
    assert (one.level, one.held_back) == ("possible", "copyable")
    assert all(item.copyable for item in one.items if item.bits > 0)


def test_posts_copied_word_by_word_bring_no_style_of_their_own():
    victim = msgspec.structs.replace(VICTIM, style=SKETCH, style_chars=CHARS)
    framer = other_account(**PUBLIC, style=SKETCH, style_chars=CHARS)
    one = judged(victim, framer)
    assert one.level == "possible"
    assert [item.copyable for item in one.items if item.kind == "style"] == [True]


def test_a_like_hand_alone_proves_nothing():
    victim = msgspec.structs.replace(VICTIM, style=SKETCH, style_chars=CHARS)
    framer = other_account(**(PUBLIC | {"texts": ()}), style=SKETCH, style_chars=CHARS)
    one = judged(victim, framer)
    assert any(item.kind == "style" and not item.copyable for item in one.items)
    assert one.level != "likely"


def test_a_crowd_of_fakes_of_one_person_accuses_nobody():
    """Fakes that were closed, and the honest person whose look they wore, who opens another account."""
    honest = other_account(account="second", created_us=CLOSED + 3 * DAY)
    for number in range(5):
        fake = other_account(
            account=f"fake{number}",
            closed_us=CLOSED,
            created_us=CLOSED - 5 * DAY,
            tokens=(("device", f"d{number}"), ("address", f"a{number}")),
            followed_by=(),
            mentioned_by=(),
        )
        assert judged(fake, honest, accounts=7).level != "likely"


def test_what_nobody_can_copy_makes_the_difference():
    returned = other_account(**PUBLIC, tokens=(("device", "d-closed"), ("email", "e-new")))
    assert judged(VICTIM, returned).level == "likely"


def test_old_friends_who_are_followed_back_cannot_be_copied():
    met = {
        "follows": VICTIM.followed_by,
        "followed_by": VICTIM.followed_by,
        "mentioned_by": VICTIM.mentioned_by,
    }
    assert judged(VICTIM, other_account(**(PUBLIC | met))).level == "likely"


def test_any_number_of_accounts_that_follow_and_name_an_innocent_one_accuse_nobody():
    bombed = other_account(
        **(PUBLIC | {"announces": ()}),
        followed_by=VICTIM.followed_by,
        mentioned_by=VICTIM.mentioned_by,
        announced_by=VICTIM.followed_by[:5],
    )
    assert judged(VICTIM, bombed).level != "likely"
    accuser = msgspec.structs.replace(VICTIM, announces=("other",))
    assert judged(accuser, bombed).level != "likely"


def test_one_fooled_friend_proves_nothing_of_who_wears_the_whole_look():
    assert judged(VICTIM, other_account(**(PUBLIC | FOOLED))).level == "possible"


def test_one_fooled_friend_proves_nothing_of_who_copied_the_posts():
    """Even where the look is not the whole one: it is by their posts that friends know one another."""
    another = {"names": ("Dana",), "avatars": ("5a5a3c3c" * 8,)}
    assert judged(VICTIM, other_account(**(PUBLIC | FOOLED | another))).level == "possible"
    nothing_copied = PUBLIC | FOOLED | another | {"texts": ()}
    assert judged(VICTIM, other_account(**nothing_copied)).level == "likely"


@pytest.mark.parametrize(
    "changed", [{}, {"bios": ()}, {"names": ("Dana",)}, {"names": ("Dana",), "bios": ()}]
)
def test_one_fooled_friend_is_not_enough_for_who_is_dressed_as_the_closed_one(changed):
    """Also where something of the look was left out, but for the picture: whoever accuses takes that."""
    dressed = PUBLIC | FOOLED | {"texts": ()} | changed
    one = judged(VICTIM, other_account(**dressed))
    assert (one.level, one.held_back) == ("possible", "copyable")
    undressed = dressed | {"names": ("Dana",), "avatars": ("5a5a3c3c" * 8,)}
    assert judged(VICTIM, other_account(**undressed)).level == "likely"


@pytest.mark.parametrize(
    ("accounts", "level"), [(2, LIKELY), (64, LIKELY), (5_000, POSSIBLE), (50_000, POSSIBLE)]
)
def test_the_one_friend_of_who_is_dressed_and_writes_alike_must_be_one_whom_few_have(
    accounts: int, level: int
):
    """Who follows thousands follows anybody, and a manner of writing may be alike by chance."""
    dressed = other_account(**(PUBLIC | FOOLED | {"texts": (), "names": ("Dana",)}))
    counts = shown_by({key_of(KeyKind.FOLLOWED_BY, "circle0"): accounts}, VICTIM, dressed)
    found = compared(VICTIM, dressed, counts)
    found.level[0, Kind.STYLE], found.strength[0, Kind.STYLE] = Level.LIKE, 10_000
    assert Model.shipped().score(found).level.tolist() == [level]


def test_two_friends_or_a_device_say_more_than_the_look_takes_back():
    dressed = PUBLIC | FOOLED | {"texts": (), "names": ("Dana",)}
    friends = {"follows": (*VICTIM.follows, "circle0", "circle1"), "followed_by": ("circle0", "circle1")}
    assert judged(VICTIM, other_account(**(dressed | friends))).level == "likely"
    assert judged(VICTIM, other_account(**dressed, tokens=(("device", "d-closed"),))).level == "likely"


def test_who_is_dressed_as_one_closed_account_is_no_return_of_another_for_one_friend():
    """Fellows of one network are like one another: the copy of one shares follows and links with the rest."""
    worn = closed_account(account="worn", followed_by=())
    shared = {name: PUBLIC[name] for name in ("urls", "media", "groups", "follows", "created_us")}
    fellow = msgspec.structs.replace(
        VICTIM, account="fellow", handles=("millbird",), names=("Mill Bird",), bios=(), avatars=(), texts=()
    )
    framer = other_account(**(PUBLIC | FOOLED | {"texts": ()}))
    stranger = other_account(**(shared | FOOLED))

    def level(newer: Fingerprint, *closed: Fingerprint) -> str | None:
        counts = rarity(*closed, newer)
        keys = [keys_of(one) for one in closed]
        pairs = compare(
            Table.of(closed, keys),
            np.arange(len(closed)),
            Table.of([newer]),
            np.zeros(len(closed), int),
            counts,
        )
        return LEVELS[Model.shipped().score(pairs).level[-1]]

    assert level(framer, fellow) == "likely", "seen by itself, it is"
    assert level(framer, worn, fellow) == "possible"
    assert level(stranger, worn, fellow) == "likely", "who wears nobody's look is not minded"


def test_the_more_of_what_a_framer_takes_is_the_same_the_less_is_believed_though_more_agrees():
    """It is those who want to be taken for another who leave nothing out."""
    ordinary = PUBLIC | {"urls": (), "media": ()}  # nothing so rare that a framer hardly comes by it
    renamed = ordinary | {"names": ("Dana Whitfield",), "texts": ()}
    changed = renamed | {"bios": ("Walks, birds and old maps",)}
    whole, three, two = (
        judged(VICTIM, other_account(**shown), accounts=150) for shown in (ordinary, renamed, changed)
    )
    assert whole.bits > three.bits > two.bits
    assert whole.probability < three.probability < two.probability


@pytest.mark.parametrize("kept", ["handles", "names", "avatars", "bios", "texts"])
def test_each_thing_that_a_framer_takes_counts_once(kept):
    def of(**shown: object) -> list[int]:
        pair = compared(VICTIM, other_account(**shown), accounts=1)  # else all texts were others', too
        found: list[int] = taken(pair.level, pair.copied).tolist()
        return found

    assert of(**{kept: PUBLIC[kept]}) == [1]
    assert of() == [0]
    assert of(**PUBLIC) == [5]


def test_what_anybody_could_copy_is_less_probable_than_its_bits_say():
    device = {"tokens": (("device", "d-closed"),), "avatars": (), "names": ("Dana Whitfield",)}
    proven = judged(VICTIM, other_account(**(PUBLIC | device)))
    copied = judged(VICTIM, other_account(**PUBLIC))
    assert proven.probability > 0.999 > copied.probability


def test_an_older_account_whose_copy_was_closed_is_never_likely():
    """Whoever copies somebody, to be closed in his place, has no device of his."""
    older = PUBLIC | {"created_us": BEGAN - 400 * DAY, "handles": VICTIM.handles}
    beside = {"tokens": (("address", "a-closed"), ("network", "n-closed")), "followed_by": VICTIM.followed_by}
    copy = msgspec.structs.replace(VICTIM, style=SKETCH, style_chars=CHARS)
    one = judged(copy, other_account(**older, **beside, style=SKETCH, style_chars=CHARS))
    assert (one.level, one.held_back) == ("possible", "copyable")
