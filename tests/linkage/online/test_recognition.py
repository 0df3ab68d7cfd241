"""Returns are recognised at sign-up, later, and among those who are there already."""

import pytest

from tenfold.linkage import gather
from tenfold.store import closures, link_decisions, link_keys, shared_keys, signals
from tenfold.subjects import Subject, SubjectKind
from tests.casework.returning_platform import use_a_plain_model
from tests.helpers import NOON
from tests.linkage.online.platform_of_returns import KEPT, TEXTS, Platform


@pytest.fixture
def platform(conn):
    platform = Platform(conn)
    platform.crowd()
    return platform


def test_a_return_with_the_same_device_and_name_is_a_case_at_once(platform):
    platform.propagandist()
    platform.close("old")
    platform.sign_up("new", **KEPT)
    platform.work()
    assert platform.links("new").keys() == {"old"}
    assert ("new", "returns") in platform.cases()
    (found,) = signals.load(platform.conn, [Subject(SubjectKind.ACCOUNT, "new")], "return").values()
    (signal,) = found
    assert signal.key == signal.details["closed"] == "old"
    total = signal.details["prior_bits"] + sum(item["bits"] for item in signal.details["items"])
    assert total == pytest.approx(signal.details["bits"], abs=0.01)


def test_who_was_there_before_the_closing_is_found_when_it_is_closed(platform):
    platform.propagandist()
    platform.sign_up("backup", **KEPT)
    for n in range(6):
        platform.tell("follow.created", f"p{n}", target="backup")
    platform.work()
    assert platform.links("backup") == {}
    platform.close("old")
    assert platform.links("backup").keys() == {"old"}
    assert ("backup", "returns") in platform.cases()


def test_an_account_made_long_before_is_found_when_it_takes_over(platform):
    platform.sign_up("aged", handle="quiet gardener")
    platform.propagandist()
    platform.close("old")
    profile = {name: value for name, value in KEPT.items() if name != "device"}
    platform.tell("account.updated", "aged", **profile)
    platform.tell("session.started", "aged", device="device:z")
    for n in range(6):
        platform.tell("follow.created", f"p{n}", target="aged")
    platform.work()
    assert platform.links("aged").keys() == {"old"}


@pytest.mark.parametrize(("dressed", "level"), [(True, "possible"), (False, "likely")])
def test_a_hunt_sees_whose_look_somebody_wears_as_a_look_does(platform, dressed, level):
    """One friend in common makes nobody likely who is dressed as another closed account."""
    use_a_plain_model(platform.conn)
    own = {"device": "device:w", "email": "email:w", "phone": "phone:w"}
    platform.propagandist("worn", **own)
    platform.propagandist("fellow", handle="mill_bird", display_name="", bio="")
    if dressed:
        platform.close("worn")
    platform.sign_up("copy", **{name: value for name, value in KEPT.items() if name not in own})
    for n in range(6):
        platform.tell("follow.created", "copy", target=f"p{n + 20}")
    platform.tell("follow.created", "p0", target="copy")
    platform.tell("follow.created", "copy", target="p0")
    platform.tell("group.joined", "copy", group="g-rare")
    platform.work()
    platform.day -= 1.5  # the closing comes to be known late: it was before the copy was opened
    platform.close("fellow")
    hunted = platform.links("copy")
    assert hunted["fellow"] == level
    platform.tell("follow.created", "copy", target="p29")
    platform.work()
    assert platform.links("copy") == hunted


def test_of_two_closed_accounts_the_later_is_the_return_of_the_earlier(platform):
    platform.propagandist()
    platform.sign_up("backup", **KEPT)
    platform.day += 1
    platform.tell("account.closed", "backup")
    platform.day += 1
    platform.tell("account.closed", "old")
    platform.work()
    assert platform.links("old").keys() == {"backup"}
    assert platform.links("backup") == {}
    assert platform.cases() == [], "nobody need decide about closed accounts"


def test_an_account_that_its_owner_deleted_is_no_closure(platform):
    platform.propagandist()
    platform.day += 1
    platform.tell("account.deleted", "old")
    platform.work()
    assert closures.count(platform.conn) == 0
    assert link_keys.of_account(platform.conn, "old") == set()
    platform.sign_up("new", **KEPT)
    platform.work()
    assert platform.links("new") == {}


def test_a_restored_account_leaves_no_fingerprint_no_key_and_no_link(platform):
    platform.propagandist()
    platform.close("old")
    platform.sign_up("new", **KEPT)
    platform.work()
    platform.tell("account.restored", "old")
    platform.work()
    assert closures.load(platform.conn, ["old"]) == {}
    assert link_keys.of_account(platform.conn, "old", closed=True) == set()
    assert platform.links("new") == {}
    assert signals.load(platform.conn, [Subject(SubjectKind.ACCOUNT, "new")], "return") == {}
    acts = platform.conn.execute(
        "SELECT act FROM audit WHERE subject = 'account:old' ORDER BY seq"
    ).fetchall()
    assert acts == [("closure.kept",), ("closure.erased",)]


def test_closing_an_account_again_leaves_the_day_of_its_closing(platform):
    platform.propagandist()
    platform.close("old")
    first = closures.closed_at(platform.conn, ["old"])
    platform.day += 5
    platform.tell("account.closed", "old", reason="by hand")
    platform.work()
    assert closures.closed_at(platform.conn, ["old"]) == first
    platform.tell("account.restored", "old")
    platform.day += 1
    platform.tell("account.closed", "old")
    platform.work()
    assert closures.closed_at(platform.conn, ["old"])["old"] > first["old"], "it was open in between"


def test_old_friends_who_follow_the_new_account_are_evidence_that_comes_late(platform):
    use_a_plain_model(platform.conn)
    platform.propagandist()
    platform.close("old")
    platform.sign_up("new", **{**KEPT, "email": "email:2", "phone": "phone:2"})
    platform.work()
    before = platform.bits("new")
    for n in range(6):
        platform.tell("follow.created", f"p{n}", target="new")
    platform.work()
    assert platform.bits("new") == before  # anybody can follow anybody
    for n in range(6):
        platform.tell("follow.created", "new", target=f"p{n}")
    platform.work()
    assert platform.bits("new") > before
    assert ("new", "returns") in platform.cases()


def test_posts_of_the_same_words_are_evidence(platform):
    platform.propagandist()
    for n, text in enumerate(TEXTS):
        platform.tell("post.created", "old", post=f"o{n}", text=text)
    platform.close("old")
    platform.sign_up("new", **KEPT)
    platform.work()
    before = platform.bits("new")
    for n, text in enumerate(TEXTS):
        platform.tell("post.created", "new", post=f"n{n}", text=text)
    platform.work()
    (evidence,) = platform.conn.execute("SELECT evidence FROM links").fetchone()
    assert "text" in {item["kind"] for item in evidence}
    assert platform.bits("new") > before


def test_a_pair_decided_to_be_different_is_not_linked_again(platform):
    platform.propagandist()
    platform.close("old")
    link_decisions.record(platform.conn, ("new", "old"), "different", author="user:1", now=NOON)
    platform.sign_up("new", **KEPT)
    platform.work()
    assert platform.links("new") == {}
    assert platform.cases() == []


def test_a_pair_decided_to_be_the_same_stays_likely_whatever_the_evidence(platform):
    platform.propagandist()
    platform.close("old")
    link_decisions.record(platform.conn, ("new", "old"), "same", author="user:1", now=NOON)
    platform.sign_up("new", handle="zarqun_alfidda2")
    platform.work()
    assert platform.links("new") == {"old": "likely"}


def test_a_value_marked_as_shared_finds_nobody_and_links_that_rest_on_it_go(platform):
    platform.propagandist()
    platform.close("old")
    platform.sign_up("new", **KEPT)
    platform.work()
    for key in link_keys.in_common(platform.conn, "old", "new"):
        shared_keys.mark(platform.conn, key, kind="", reason="a family", marked_by="user:1", until=None)
    platform.work()
    assert platform.links("new") == {}
    platform.sign_up("third", device="device:z")
    platform.work()
    assert platform.links("third") == {}


def test_a_common_name_links_nobody(platform):
    for n in range(30):
        platform.sign_up(f"m{n}", handle=f"mohammed{n}", display_name="محمد")
    platform.work()
    platform.close("m0")
    platform.sign_up("late", handle="mohammed99", display_name="محمد")
    platform.work()
    assert platform.links("late") == {}


def test_late_avatars_that_are_media_ids_are_compared_by_their_hash(platform):
    pdq = "0f" * 32
    platform.propagandist(avatar="m-old")
    platform.tell("media.uploaded", "old", media="m-old", kind="image", pdq=pdq)
    platform.tell("account.updated", "old", bio="the silver one")
    platform.close("old")
    platform.day += 1
    platform.tell("media.uploaded", "new", media="m-new", kind="image", pdq=pdq)
    platform.sign_up("new", **KEPT, avatar="m-new")
    platform.work()
    kept = closures.load(platform.conn, ["old"])["old"].fingerprint
    assert kept.avatars == gather.fingerprints(platform.conn, ["new"])["new"].avatars == (pdq,)
