"""Search: found whatever its spelling, in both languages, up to date, and noted in the audit log."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenfold.casework import searching, service
from tenfold.casework.filing import file_firings
from tenfold.casework.searching import Found, Results, read_query
from tenfold.store import audit, search
from tenfold.store.database import Conn
from tests.casework.small_platform import NOW, add_post, firing, rows


def find(conn: Conn, written: str, kind: str = "post") -> list[Found]:
    (found,) = searching.find(conn, read_query(written), [kind], actor="user:1")
    return found.found


def marked(found: Found) -> list[str]:
    return [found.text[start:end] for start, end in found.hits]


@pytest.mark.parametrize(
    ("written", "searched"),
    [
        ("أعلنت الرايةُ الرماديّة", "اعلنت الرايه الرماديه"),
        ("إلى الأمـــام", "الي الامام"),
        ("مؤمن بالقضاء", "مومن بالقضا"),
        ("رقم ٤٥٦٧", "4567"),
        ("قالوا بالراية", "راية"),
        ("The ASHEN Bänner", "ashen banner"),
        ("الراااااية لنا", "الراية"),
        ("Ashen Ban\u200bner", "banner"),
    ],
)
def test_spelling_does_not_matter(platform: Conn, written: str, searched: str) -> None:
    add_post(platform, "p-9", "a-1", f"before {written} after")
    assert [one.id for one in find(platform, searched)][:1] == ["p-9"]


def test_what_was_found_is_marked_in_the_original(platform: Conn) -> None:
    (found,) = find(platform, "الرايه الرماديه")
    assert found.id == "p-2"
    assert marked(found) == ["الراية", "الرمادية"]


def test_a_piece_of_a_text_cuts_no_word(platform: Conn) -> None:
    words = [f"الكلمة{number:03}" for number in range(200)]
    add_post(platform, "p-9", "a-1", " ".join(words))
    (found,) = find(platform, "الكلمة100")
    assert marked(found) == ["الكلمة100"]
    assert 10 < len(found.text.split()) < 40
    assert set(found.text.split()) <= set(words)


def test_all_words_have_to_be_there_and_quotes_hold_them_together(platform: Conn) -> None:
    add_post(platform, "p-9", "a-1", "the banner was ashen")
    assert {one.id for one in find(platform, "ashen banner")} == {"p-1", "p-9"}
    assert [one.id for one in find(platform, '"ashen banner"')] == ["p-1"]
    assert find(platform, "ashen banner nowhere") == []


def test_what_changes_or_goes_is_found_so_at_once(platform: Conn) -> None:
    platform.execute("UPDATE posts SET text = 'harbour lights' WHERE id = 'p-3'")
    assert [one.id for one in find(platform, "harbour")] == ["p-3"]
    assert find(platform, "morning") == []
    platform.execute("DELETE FROM posts WHERE id = 'p-3'")
    assert find(platform, "harbour") == []
    platform.execute("UPDATE accounts SET display_name = 'Harbour Watch' WHERE id = 'a-2'")
    assert [one.id for one in find(platform, "harbour", "account")] == ["a-2"]


def test_counting_posts_puts_no_account_into_search_again(platform: Conn) -> None:
    searching.catch_up(platform)
    platform.execute("UPDATE accounts SET posts = posts + 1, updated_at = now()")
    assert rows(platform, "SELECT count(*) FROM search_due") == [(0,)]


def test_cases_states_and_closures_come_along(platform: Conn) -> None:
    file_firings(platform, [firing("p-1")], NOW)
    ((case,),) = rows(platform, "SELECT id FROM cases")
    service.note(platform, case_id=case, actor="user:1", text="compare the harbour posts", now=NOW)
    (post,) = find(platform, "ashen banner tonight")
    assert (post.case_id, post.case_state, post.account) == (case, "open", "a-1")
    (note,) = find(platform, "harbour", "note")
    assert note.case_id == case
    platform.execute(
        "INSERT INTO closures (account, closed_at, origin, fingerprint) VALUES ('a-2', %s, 'platform', '{}')",
        [NOW],
    )
    (closed,) = find(platform, "handle-a-2", "account")
    assert closed.closed_at == NOW
    assert set(search.by_id(platform, "a-2", 5)) == {("account", "a-2"), ("closure", "a-2")}


def test_windows_follow_each_other_without_gap_or_repeat(platform: Conn) -> None:
    for number in range(searching.PAGE * 2 + 5):
        add_post(platform, f"q-{number:02}", "a-1", f"harbour {number}")
    platform.execute("UPDATE posts SET created_at = created_at + (seq || ' s')::interval")
    seen: list[str] = []
    before = None
    while True:
        query = read_query("harbour")
        results: list[Results] = searching.find(platform, query, ["post"], actor="user:1", before=before)
        seen += [one.id for one in results[0].found]
        before = results[0].before
        if before is None:
            break
    assert sorted(seen) == [f"q-{number:02}" for number in range(searching.PAGE * 2 + 5)]


def test_it_is_in_the_audit_log(platform: Conn) -> None:
    find(platform, "ashen")
    (entry,) = [row for row in audit.stream(platform) if row.act == "search.made"]
    assert (entry.actor, entry.details) == ("user:1", {"words": "ashen", "found": {"post": 1}})


@pytest.mark.parametrize("written", ["%", "_", "a", "\\", '"', "", "من", "%%%", "___"])
def test_what_cannot_be_searched_finds_nothing(platform: Conn, written: str) -> None:
    assert find(platform, written) == []


def test_signs_of_patterns_are_taken_to_the_letter(platform: Conn) -> None:
    assert search.matching(platform, "post", ["_she%"], before=None, limit=5) == []


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(codec="utf-8", exclude_characters='"\0'), min_size=1, max_size=60))
def test_any_text_is_found_by_itself(platform: Conn, text: str) -> None:
    platform.execute("DELETE FROM posts WHERE id = 'p-9'")
    add_post(platform, "p-9", "a-1", text)
    if read_query(text).searchable:
        assert "p-9" in {one.id for one in find(platform, text)}
