"""Teams, offices, places and events in texts: by name, staff, city and domain, in both languages."""

import pytest

from tests.threats.protectees.watching import Eye, target, watched

AMMAN = watched(1, "team", "Redwood Support", names=["دعم ريدوود"], cities=["Amman", "عمّان"])
CAIRO = watched(2, "office", "Redwood", names=["ريدوود"], cities=["Cairo", "القاهرة"])
TUNIS = watched(3, "office", "Redwood", names=["ريدوود"], cities=["Tunis", "تونس"])
FAIR = watched(4, "event", "Riverside Book Fair", names=["معرض ريفرسايد للكتاب"])
TOWER = watched(5, "place", "Meridian Tower", names=["برج ميريديان"], cities=["Amman", "عمّان"])
SAFETY = watched(6, "team", "Trust and Safety Team", names=["فريق الثقة والسلامة"])
PAPER = watched(7, "team", "The Harbour Courier", names=["بريد المرفأ"], domains=["courier.example"])
EDITOR = watched(8, "person", "Lina Haddad", names=["لينا حداد"], member_of=7)
EYE = Eye(AMMAN, CAIRO, TUNIS, FAIR, TOWER, SAFETY, PAPER, EDITOR)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("every employee of Redwood in Cairo will burn", {2}),
        ("employees of redwood in Tunis", {3}),
        ("burn the Redwood office in Cairo", {2}),
        ("سنحرق مكتب ريدوود في القاهرة", {2}),
        ("سنذبح موظفي ريدوود في تونس", {3}),
        ("وموظفو ريدوود بالقاهرة", {2}),
        ("the staff of Redwood will die", {1, 2, 3}),
        ("7a27ra2 maktab redwood fel cairo", {2}),
        ("Redwood Support are dead", {1}),
        ("burn the riverside book fair down", {4}),
        ("سنفجر معرض ريفرسايد للكتاب", {4}),
        ("bomb in Meridian tower", {5}),
        ("برج ميريديان سيسقط", {5}),
        ("we come for the trust and safety team", {6}),
        ("سنأتي لفريق الثقة والسلامة", {6}),
        ("staff@courier.example", {7}),
        ("l.haddad@mail.courier.example", {7}),
        ("everyone at courier.example", {7}),
        ("موظفو courier.example", {7}),
    ],
)
def test_teams_offices_places_and_events_are_found(text: str, expected: set[int]) -> None:
    assert set(EYE.ids(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "redwood is a fine tree",
        "read https://courier.example/news/3",
        "support your local team",
        "the meridian passes here",
        "a book at the riverside",
        "ثقة وسلامة",
        "I was in Cairo",
        "staff@harbourcourier.example",
    ],
)
def test_ordinary_words_are_no_teams(text: str) -> None:
    assert EYE.ids(text) == []


def test_what_a_threat_is_aimed_at_counts_as_context() -> None:
    text = "burn Redwood down"
    assert EYE.ids(text) == []
    assert set(EYE.ids(text, targets=[target(text, "Redwood", "place")])) == {1, 2, 3}


def test_how_tells_what_was_matched() -> None:
    for text, how in (
        ("the Redwood office in Cairo", "team"),
        ("riverside book fair", "event"),
        ("Meridian Tower", "name"),
        ("برج ميريديان", "alias"),
        ("a@courier.example", "domain"),
    ):
        assert [match.how for match in EYE.matches(text)] == [how], text


def test_the_domain_of_a_team_stands_for_the_team_of_a_member() -> None:
    assert set(EYE.ids("editor@courier.example: Lina, you die")) == {7, 8}
    assert EYE.ids("Lina, you die") == []
