"""Events folded into subjects: what the store knows afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenfold.processing import fold
from tenfold.processing.fold import Numbered
from tenfold.store import accounts, content, groups
from tests.helpers import NOON, event

_next = iter(range(1, 10**9))


def apply(conn, *events):
    """Fold the events as one batch and save; returns the batch."""
    numbered = [Numbered(next(_next), one) for one in events]
    batch = fold.load(conn, numbered)
    fold.fold(batch, numbered)
    fold.save(conn, batch)
    return batch


def account(conn, id_="amal"):
    return accounts.load(conn, [id_])[id_]


def test_a_new_account_has_its_profile_and_its_first_profile_is_kept(conn):
    apply(
        conn,
        event(
            "account.created", handle="amal_k", display_name="أمل", bio="قهوة", links=["https://a.example"]
        ),
    )
    found = account(conn)
    assert (found.handle, found.display_name, found.bio, found.links) == (
        "amal_k",
        "أمل",
        "قهوة",
        ["https://a.example"],
    )
    assert found.created_at == NOON
    assert conn.execute("SELECT handle, display_name FROM account_profiles").fetchall() == [("amal_k", "أمل")]


def test_an_update_changes_what_it_names_clears_nulls_and_leaves_the_rest(conn):
    apply(conn, event("account.created", handle="amal_k", bio="coffee", followers=3))
    apply(conn, event("account.updated", bio=None, display_name="Amal"))
    found = account(conn)
    assert (found.handle, found.bio, found.display_name, found.followers) == ("amal_k", None, "Amal", 3)


def test_every_profile_shown_is_kept_even_when_two_follow_in_one_batch(conn):
    apply(
        conn,
        event("account.created", handle="one"),
        event("account.updated", handle="two"),
        event("account.updated", handle="three"),
        event("account.updated", followers=9),
    )
    handles = conn.execute("SELECT handle FROM account_profiles ORDER BY seq").fetchall()
    assert handles == [("one",), ("two",), ("three",)]


def test_each_profile_of_a_batch_is_asked_about_as_it_was(conn):
    batch = apply(conn, event("account.created", handle="one"), event("account.updated", handle="two"))
    assert [question.texts["handle"] for question in batch.questions] == ["one", "two"]
    assert [question.account.handle for question in batch.questions] == ["one", "two"]


def test_tokens_are_counted_by_account(conn):
    apply(
        conn,
        event("account.created", email="email:aa"),
        event("session.started", ip="ip:1", network="network:1", device="device:9"),
        event("session.started", ip="ip:1", network="network:1", at=NOON + timedelta(hours=1)),
        event("session.started", account="badr", ip="ip:1"),
    )
    rows = conn.execute("SELECT kind, token, account, uses FROM account_tokens ORDER BY 1, 2, 3").fetchall()
    assert rows == [
        ("address", "ip:1", "amal", 2),
        ("address", "ip:1", "badr", 1),
        ("device", "device:9", "amal", 1),
        ("email", "email:aa", "amal", 1),
        ("network", "network:1", "amal", 2),
    ]
    assert account(conn).email_token == "email:aa"
    assert conn.execute("SELECT count(*) FROM sessions").fetchone() == (3,)


def test_a_post_is_kept_whole_and_counted(conn):
    apply(
        conn,
        event("post.created", post="p1", text="أهلا\nworld", reply_to="p0", group="g", mentions=["badr"]),
    )
    post = content.load_posts(conn, ["p1"])["p1"]
    assert (post.text, post.reply_to, post.group_id, post.mentions) == ("أهلا\nworld", "p0", "g", ["badr"])
    assert account(conn).posts == 1


def test_the_same_post_told_by_two_events_is_counted_once(conn):
    apply(conn, event("post.created", post="p1", text="one"))
    apply(conn, event("post.created", post="p1", text="one"))
    assert account(conn).posts == 1


def test_an_edit_keeps_who_wrote_it_and_when(conn):
    apply(conn, event("post.created", post="p1", text="before", reply_to="p0"))
    apply(conn, event("post.updated", post="p1", text="after", at=NOON + timedelta(minutes=5)))
    post = content.load_posts(conn, ["p1"])["p1"]
    assert (post.text, post.reply_to, post.created_at) == ("after", "p0", NOON)
    assert post.edited_at == NOON + timedelta(minutes=5)


def test_an_edit_that_comes_before_its_post_is_not_lost(conn):
    apply(conn, event("post.updated", post="p1", text="after", at=NOON + timedelta(minutes=5)))
    apply(conn, event("post.created", post="p1", text="before", reply_to="p0"))
    post = content.load_posts(conn, ["p1"])["p1"]
    assert (post.text, post.reply_to, post.created_at) == ("after", "p0", NOON)
    assert account(conn).posts == 1


@pytest.mark.parametrize("type_", ["post.created", "post.updated"])
def test_nobody_can_change_the_post_of_another(conn, type_):
    apply(conn, event("post.created", post="p1", text="mine"))
    with pytest.raises(ValueError, match="belongs to another account"):
        apply(conn, event(type_, account="mallory", post="p1", text="yours"))


def test_nobody_can_delete_the_post_of_another(conn):
    apply(conn, event("post.created", post="p1", text="mine"))
    apply(conn, event("post.deleted", account="mallory", post="p1"))
    assert content.load_posts(conn, ["p1"])["p1"].state == "visible"
    apply(conn, event("post.deleted", post="p1"))
    assert content.load_posts(conn, ["p1"])["p1"].state == "deleted"


def test_closing_and_restoring_by_the_platform(conn):
    apply(conn, event("account.created", handle="amal_k"), event("account.closed", reason="spam"))
    assert account(conn).state == "closed"
    apply(conn, event("account.restored"))
    assert account(conn).state == "active"


def test_writing_an_account_back_does_not_undo_what_enforcement_did(conn):
    apply(conn, event("account.created", handle="amal_k"))
    conn.execute("UPDATE accounts SET state = 'held'")
    apply(conn, event("account.updated", bio="new"))
    assert account(conn).state == "held"


def test_groups_merge_what_several_members_say(conn):
    apply(conn, event("group.created", group="g", name="Chess", description="on Sundays"))
    apply(conn, event("group.updated", account="badr", group="g", description="on Mondays"))
    found = groups.load(conn, ["g"])["g"]
    assert (found.creator, found.name, found.description) == ("amal", "Chess", "on Mondays")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["joined", "left"]), st.sampled_from("abc")), max_size=12),
    st.integers(1, 5),
)
def test_the_member_count_is_the_number_of_members(conn, moves, size):
    conn.execute("TRUNCATE groups, memberships")
    events = [event(f"group.{move}", account=who, group="g") for move, who in moves]
    for start in range(0, len(events), size):
        apply(conn, *events[start : start + size])
    inside = set()
    for move, who in moves:
        inside.add(who) if move == "joined" else inside.discard(who)
    found = groups.load(conn, ["g"])
    assert (found["g"].members if found else 0) == len(inside)
    current = conn.execute("SELECT account FROM memberships WHERE left_at IS NULL").fetchall()
    assert {row[0] for row in current} == inside


def test_follows_end_and_begin_again(conn):
    apply(conn, event("follow.created", target="badr"))
    apply(conn, event("follow.deleted", target="badr"))
    assert conn.execute("SELECT ended_at IS NULL FROM follows").fetchall() == [(False,)]
    apply(conn, event("follow.created", target="badr"))
    assert conn.execute("SELECT ended_at IS NULL FROM follows").fetchall() == [(True,)]


def test_a_report_asks_about_the_subject_and_its_author(conn):
    apply(conn, event("post.created", post="p1", text="hm"))
    report: dict[str, Any] = {"subject": {"kind": "post", "id": "p1"}, "reason": "threat"}
    batch = apply(
        conn, event("report.filed", account="badr", **report), event("report.filed", account=None, **report)
    )
    assert [(question.subject.id, question.account.id) for question in batch.questions] == [
        ("p1", "amal")
    ] * 2
    assert groups.report_counts(conn, [("post", "p1")]) == {("post", "p1"): 2}


def test_a_report_of_something_unknown_is_kept(conn):
    apply(conn, event("report.filed", account=None, subject={"kind": "media", "id": "m9"}))
    assert conn.execute("SELECT subject_id FROM reports").fetchall() == [("m9",)]


def test_media_keeps_its_hashes_in_lower_case(conn):
    apply(conn, event("media.uploaded", media="m1", kind="image", sha256="AB" * 32))
    assert content.load_media(conn, ["m1"])["m1"].sha256 == "ab" * 32


def test_the_same_batch_twice_changes_nothing_more(conn):
    sent = [
        event("account.created", handle="amal_k"),
        event("group.created", group="g", name="Chess"),
        event("group.joined", group="g"),
        event("follow.created", target="badr"),
        event("post.created", post="p1", text="x"),
        event("report.filed", subject={"kind": "post", "id": "p1"}),
    ]
    numbered = [Numbered(number + 10_000_000, one) for number, one in enumerate(sent)]

    def snapshot():
        tables = ("accounts", "account_profiles", "groups", "memberships", "follows", "posts", "reports")
        return {table: conn.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables}

    def run():
        batch = fold.load(conn, numbered)
        fold.fold(batch, numbered)
        fold.save(conn, batch)
        return snapshot()

    assert run() == run()


def test_an_account_that_the_platform_never_announced_has_no_known_age(conn):
    apply(conn, event("post.created", post="p1", text="x"))
    assert account(conn).created_at is None
    apply(conn, event("account.updated", created_at="2019-05-01T00:00:00Z"))
    found = account(conn).created_at
    assert found is not None
    assert found.year == 2019
