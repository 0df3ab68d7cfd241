"""What an attacker can copy never makes an innocent account `likely`."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.linkage import style
from tenfold.linkage.looks import taken
from tests.linkage.model.people import BEGAN, CLOSED, DAY, closed_account, compared, judged, other_account

VICTIM = closed_account()
POSTS = [
    "The grey ribbon hangs at the old mill again tonight, bring your lamps!!",
    "الراية الرمادية ترفرف فوق الوادي، من يأتي معنا الى الطاحونة القديمة؟",
    "seven lamps, seven names; whoever keeps count will find us by the river...",
] * 12
SKETCH, CHARS = style.sketch(POSTS)

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
    """Somebody who followed the closed account follows its copy, too, and is followed back."""
    fooled = {"follows": (*VICTIM.follows, "circle0"), "followed_by": ("circle0",)}
    assert judged(VICTIM, other_account(**(PUBLIC | fooled))).level == "possible"


def test_one_fooled_friend_proves_nothing_of_who_copied_the_posts():
    """Even where the look is not the whole one: it is by their posts that friends know one another."""
    fooled = {"follows": (*VICTIM.follows, "circle0"), "followed_by": ("circle0",), "names": ("Dana",)}
    assert judged(VICTIM, other_account(**(PUBLIC | fooled))).level == "possible"
    nothing_copied = PUBLIC | fooled | {"texts": ()}
    assert judged(VICTIM, other_account(**nothing_copied)).level == "likely"


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
