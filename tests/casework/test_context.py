"""What stands around a case's subject: thread, group, author; in windows that can be widened."""

from datetime import timedelta
from typing import Any

import pytest

from tenfold.casework import context
from tenfold.casework.context import Context, around
from tenfold.casework.filing import file_firings
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind
from tests.casework.small_platform import NOW, firing, post


def write(conn: Conn, id_: str, minute: int, account: str = "a-2", **more: Any) -> None:
    values = {"reply_to": None, "group_id": None, "quote_of": None, "media": []} | more
    conn.execute(
        "INSERT INTO posts (id, account, created_at, text, reply_to, group_id, quote_of, media, seq)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [id_, account, NOW + timedelta(minutes=minute), f"text of {id_}", *values.values(), minute],
    )


def told(found: Context) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    return (
        [(piece.id, piece.place) for piece in found.thread],
        [(piece.id, piece.place) for piece in found.nearby],
    )


def test_a_thread_is_shown_in_its_order_with_what_it_answers_and_what_answers_it(platform: Conn) -> None:
    write(platform, "root", -30)
    write(platform, "parent", -20, reply_to="root")
    write(platform, "earlier", -10, reply_to="parent")
    write(platform, "mine", 0, "a-1", reply_to="parent", quote_of="p-3")
    write(platform, "later", 5, reply_to="parent")
    write(platform, "answer", 9, reply_to="mine")
    write(platform, "elsewhere", 3)
    thread, nearby = told(around(platform, post("mine")))
    assert thread == [
        ("root", "above"),
        ("parent", "above"),
        ("earlier", "beside"),
        ("mine", "this"),
        ("p-3", "quoted"),
        ("later", "beside"),
        ("answer", "below"),
    ]
    assert nearby == []


def test_a_post_of_a_group_stands_among_its_neighbours_there(platform: Conn) -> None:
    for minute in range(-3, 4):
        write(platform, f"g{minute}", minute, group_id="g-1")
    found = around(platform, post("g0"))
    assert [piece.id for piece in found.nearby][:5] == ["g-3", "g-2", "g-1", "g0", "p-3"]
    assert {piece.place for piece in found.nearby if piece.id != "g0"} == {"group"}
    assert found.group == "Ashen friends"


def test_alone_it_stands_among_what_its_author_wrote_and_a_case_on_that_is_named(platform: Conn) -> None:
    file_firings(platform, [firing("p-2")], NOW)
    found = around(platform, post("p-1"))
    assert {piece.id for piece in found.nearby} == {"p-1", "p-2", "p-3"}
    cases = {piece.id: piece.case_state for piece in found.nearby}
    assert (cases["p-2"], cases["p-3"]) == ("open", None)


def test_windows_are_bounded_and_widen(platform: Conn) -> None:
    write(platform, "parent", -100)
    for minute in range(-40, 41):
        write(platform, f"r{minute}", minute, reply_to="parent")
    found = around(platform, post("r0"))
    assert len(found.thread) == 2 * context.WINDOW + 2
    assert found.more
    wide = around(platform, post("r0"), wide=10)
    assert len(wide.thread) == 82
    assert not wide.more
    assert [piece.created_at for piece in wide.thread] == sorted(piece.created_at for piece in wide.thread)
    assert around(platform, post("r0"), wide=10**9) == around(platform, post("r0"), wide=context.WIDEST)
    assert around(platform, post("r0"), wide=-1) == found


def test_what_answers_an_unknown_post_or_itself_is_told_so(platform: Conn) -> None:
    write(platform, "lost", 0, reply_to="never-sent")
    assert around(platform, post("lost")).missing == "never-sent"
    write(platform, "one", 1, reply_to="two")
    write(platform, "two", 2, reply_to="one")
    assert {piece.id for piece in around(platform, post("one")).thread} == {"one", "two"}
    assert told(around(platform, post("nobody knows it"))) == ([], [])


@pytest.mark.parametrize("kind", [SubjectKind.ACCOUNT, SubjectKind.GROUP, SubjectKind.MEDIA])
def test_other_kinds_have_what_there_is(platform: Conn, kind: SubjectKind) -> None:
    platform.execute(
        "INSERT INTO media (id, account, created_at, kind, seq) VALUES ('m-1', 'a-2', now(), 'image', 1)"
    )
    write(platform, "with-picture", 1, media=["m-1"])
    subject = {"account": "a-1", "group": "g-1", "media": "m-1"}[kind]
    _, nearby = told(around(platform, Subject(kind, subject)))
    expected = {"account": [], "group": [("p-3", "group")], "media": [("with-picture", "shows")]}[kind]
    assert nearby == expected
