"""Whom a text names: the whole handle, never an innocent whose handle is its beginning."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.linkage import announcements
from tenfold.linkage.handles import named_in
from tests.linkage.online.platform_of_returns import Platform


@pytest.mark.parametrize(
    ("text", "handles"),
    [
        ("My new account is @abu.omar.", ["abu.omar"]),
        ("تابعوا @Abu-Omar_7، و @أبُو_عمر!", ["abu-omar_7", "أبُو_عمر"]),
        ("my new account is @omar@other.example", []),
        ("it is @abu.omar@other.example, not @omar", ["omar"]),
        ("mail a.b@example.org or someone-@x", []),
        ("see https://other.example/@omar", []),
        (".@omar look (@b) @c's", ["omar", "b", "c"]),
        ("@@omar @ @. @-", []),
    ],
)
def test_handles_are_read_whole(text, handles):
    assert named_in(text) == handles


@given(st.text("ab.-@_ /ُ١", max_size=40))
def test_no_handle_goes_on_behind_what_was_read(text):
    for handle in named_in(text):
        assert any(
            not text[end : end + 1].isalnum() and text[end : end + 1] not in {"_", "@"}
            for start in range(len(text))
            if text.startswith("@" + handle, start)
            for end in [start + 1 + len(handle)]
        )


def test_a_text_that_names_somebody_else_says_nothing_of_an_innocent(conn):
    platform = Platform(conn)
    for handle in ("abu", "omar", "abu.omar"):
        platform.sign_up(f"id-{handle}", handle=handle)
    platform.sign_up("author", handle="author")
    platform.tell("post.created", "author", post="p1", text="My new account is @abu.omar. Follow me there")
    platform.tell("post.created", "author", post="p2", text="my new account is @omar@other.example")
    platform.work()
    assert conn.execute("SELECT target FROM mentions").fetchall() == [("id-abu.omar",)]


def test_announced_handles_keep_their_dots_and_hyphens():
    assert announcements.own("My new account is @abu-omar.x.", ()) == ("abu-omar.x",)
    assert announcements.named("عدت بحساب جديد @abu.omar", ()) == ("abu.omar",)
    assert announcements.own("my new account is @omar@other.example", ("id-of-omar",)) == ()
