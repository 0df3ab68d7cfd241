"""People in texts: by any usual spelling, with clitics and decoration; not by a given name alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.threats.protectees.watching import Eye, target, watched

KARIM = watched(1, "person", "Karim Nasser", names=["كريم ناصر"], cities=["Amman", "عمّان"], member_of=9)
GRETA = watched(2, "person", "Greta Lindqvist", handles=["greta_l"], accounts=["a-17"], member_of=9)
COMMON = watched(3, "person", "Mohamed Ali", names=["محمد علي"], member_of=9)
RARE = watched(4, "person", "Abdelrahman Shoorideh", names=["عبد الرحمن شوريدة"])
KUNYA = watched(5, "person", "Abu Zaynab", names=["أبو زينب"])
TEAM = watched(9, "team", "Redwood Support", domains=["redwood.example"])
EYE = Eye(KARIM, GRETA, COMMON, RARE, KUNYA, TEAM)


@pytest.mark.parametrize(
    "written",
    [
        "karim nasser",
        "KARIM NASSER",
        "Kareem Nassar",
        "Nasser, Karim",
        "Karim Al-Nasser",
        "Karim bin Nasser",
        "Karim M. Nasser",
        "#KarimNasser",
        "@#karim_nasser",
        "karimnasser",
        "k4rim n4sser",
        "k@rim na$ser",
        "k.a.r.i.m n.a.s.s.e.r",
        "K a r i m   N a s s e r",
        "ka\u200brim nas\u200bser",
        "𝐊𝐚𝐫𝐢𝐦 𝐍𝐚𝐬𝐬𝐞𝐫",
        "Kаrim Nаsser",  # two Cyrillic letters
        "Karim Nasser's",
        "كريم ناصر",
        "كَرِيم نَاصِر",
        "كـــريم نـــاصر",
        "كريم بن ناصر",
        "كريم محمد ناصر",
        "كريم الناصر",
        "ناصر كريم",
        "#كريم_ناصر",
        "لكريم ناصر",
        "وكريم ناصر",
        "ولكريم ناصر",
        "بكريم ناصر",
        "يا كريم يا ناصر",
        "ك ر ي م  ن ا ص ر",
        "kareem el nasser",
    ],
)
def test_a_name_is_found_in_any_usual_spelling(written: str) -> None:
    for text in (f"we will kill {written} tonight", f"سنقتل {written} الليلة"):
        matches = [match for match in EYE.matches(text) if match.protectee == 1]
        assert matches, text
        assert matches[0].how in ("name", "alias")
        start, end = matches[0].span
        assert set(text[start:end]) <= set(written)


_CLITICS = st.sampled_from(["", "و", "ف", "ل", "ب", "ك", "ول", "وب", "فل"])
_MARKS = st.sampled_from(["", "\u064e", "\u0650", "\u0640", "\u200c", "\u064b"])
_AROUND = st.sampled_from(["", " ", "!", "«", "»", "…", "💀", "(", ")", "\n", ".", "،"])
ALIASES = {1: ["كريم ناصر"], 4: ["عبد الرحمن شوريدة"], 5: ["أبو زينب"]}


@given(data=st.data(), id_=st.sampled_from(sorted(ALIASES)), clitic=_CLITICS, before=_AROUND, after=_AROUND)
def test_an_arabic_name_is_found_with_any_clitic_and_decoration(
    data: st.DataObject, id_: int, clitic: str, before: str, after: str
) -> None:
    alias = data.draw(st.sampled_from(ALIASES[id_]))
    written = "".join(letter + (data.draw(_MARKS) if letter != " " else "") for letter in f"{clitic}{alias}")
    assert id_ in EYE.ids(f"سنقتل {before}{written}{after} الليلة"), written


_ARABIZI = {
    1: ["kareem nasser", "karim naser", "kariim nassir", "karem na9er"],
    2: ["greta lindqvist", "greta lindkvist"],
    4: ["3abdelrahman shooride", "abd el ra7man shoorideh", "3abdulrahman shurida"],
}


@given(
    data=st.data(),
    id_=st.sampled_from(sorted(_ARABIZI)),
    clitic=st.sampled_from(["", "w ", "ya ", "l ", "l-", "b ", "w-", "wa "]),
    after=st.sampled_from(["", "!!", "'s", " el leila", "💀", "..."]),
)
def test_a_name_is_found_in_chat_letters(data: st.DataObject, id_: int, clitic: str, after: str) -> None:
    written = data.draw(st.sampled_from(_ARABIZI[id_]))
    cased = data.draw(st.sampled_from([written, written.upper(), written.title()]))
    assert id_ in EYE.ids(f"7a2tol {clitic}{cased}{after}"), cased


@given(st.text(max_size=300))
def test_any_text_is_read_and_spans_lie_within_it(text: str) -> None:
    for match in EYE.matches(text):
        start, end = match.span
        assert 0 <= start < end <= len(text)
        assert 0.5 <= match.strength <= 1


@pytest.mark.parametrize(
    "text",
    [
        "we will kill karim tonight",
        "Nasser will die",
        "سنقتل كريم الليلة",
        "سنذبح ناصر",
        "Karim said that after lunch the tall man called Nasser",
        "kill the karate masters",
        "محمد رسول الله علي الطريق",  # "on the road", not Ali
        "على الناس كريم الخلق نصر",
        "I will kill Omar Haddad",
        "قتلني الضحك",
        "the shore is wide",
        "redwood trees burn",
    ],
)
def test_a_given_name_or_ordinary_words_are_not_taken_for_somebody(text: str) -> None:
    assert EYE.ids(text) == []


def test_two_common_names_need_a_context() -> None:
    for bare, aimed in (
        ("we will kill mohamed ali", "mohamed ali"),
        ("سنقتل محمد علي", "محمد علي"),
    ):
        assert EYE.ids(bare) == []
        assert EYE.ids(bare, targets=[target(bare, aimed)]) == [3]
    assert EYE.ids("the engineer Mohamed Ali will die") == [3]
    assert EYE.ids("المهندس محمد علي سيموت") == [3]
    assert 3 in EYE.ids("mohamed ali of redwood support will die")


def test_one_word_is_enough_beside_the_team_or_a_title_if_it_is_rare() -> None:
    assert set(EYE.ids("kill karim from redwood support")) == {1, 9}
    assert EYE.ids("Dr Shoorideh will die") == [4]
    assert EYE.ids("الدكتور شوريدة سيموت") == [4]
    assert EYE.ids("Shoorideh will die") == []
    assert EYE.ids("Dr Nasser will die") == []


def test_handles_and_account_ids_are_certain() -> None:
    for text in ("@greta_l you die", "greta_l you die", "https://forum.example/@Greta_L/3 dead", "@GRETA_L"):
        (match,) = EYE.matches(text)
        assert (match.protectee, match.how, match.strength) == (2, "handle", 1.0)
    (match,) = EYE.matches("you die", mentions=["a-3", "a-17"])
    assert (match.how, match.span, match.strength) == ("account", (0, 0), 1.0)
    assert EYE.ids("you die", mentions=["A-17"]) == []
    assert EYE.ids("@greta_lx @xgreta_l mygreta_l") == []


def test_the_strongest_of_several_matches_is_told() -> None:
    (match,) = EYE.matches("Greta Lindqvist, @greta_l, Greta Lindqvist")
    assert match.how == "handle"


def test_names_are_watched_in_their_time_only() -> None:
    from datetime import UTC, datetime, timedelta

    day = timedelta(days=1)
    now = datetime.now(UTC)
    late = Eye(watched(1, "person", "Karim Nasser", starts_at=now + day))
    gone = Eye(watched(1, "person", "Karim Nasser", ends_at=now - day))
    here = Eye(watched(1, "person", "Karim Nasser", starts_at=now - day, ends_at=now + day))
    assert [eye.ids("kill karim nasser") for eye in (late, gone, here)] == [[], [], [1]]


def test_nobody_is_found_when_nobody_is_watched() -> None:
    assert Eye().ids("kill karim nasser @greta_l 12 Palm Street", mentions=["a-17"]) == []


@pytest.mark.parametrize(
    "text", ["a " * 50_000, "ا" * 50_000, "1 " * 20_000, "k." * 30_000, "@" * 50_000, "\0\ud800"]
)
def test_hostile_texts_are_read(text: str) -> None:
    assert EYE.ids(text) == []
