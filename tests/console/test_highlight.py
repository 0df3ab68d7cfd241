"""Original text as safe HTML: nothing is lost, nothing is run, evidence is marked where it stands."""

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from tenfold.web.console.highlight import Hit, highlighted

hits = st.lists(
    st.builds(Hit, start=st.integers(-5, 60), end=st.integers(-5, 60), finding=st.integers(1, 9)), max_size=8
)


def read_back(markup: str) -> str:
    """The text that a reader (or a copy) of the page gets, invisible characters by their code."""
    named = re.sub(
        r'<span class="invisible"[^>]* data-code="U\+([0-9A-F]+)"></span>',
        lambda m: chr(int(m[1], 16)),
        markup,
    )
    return html.unescape(re.sub(r"</?mark[^>]*>", "", named))


@given(st.text(max_size=50), hits)
def test_the_text_is_whole_whatever_is_marked(text: str, found: list[Hit]) -> None:
    assert read_back(highlighted(text, found)) == text


@given(st.text(alphabet="abcد <&\"'", max_size=50), hits)
def test_each_code_point_is_marked_with_exactly_the_findings_that_cover_it(
    text: str, found: list[Hit]
) -> None:
    covered: list[list[int]] = []
    numbers: list[int] = []
    for token in re.findall(r"<mark[^>]*>|</mark>|&[#\w]+;|.", highlighted(text, found), re.S):
        if token.startswith("<mark"):
            numbers = [int(number) for number in token.split('"')[1].split()]
        elif token == "</mark>":
            numbers = []
        else:
            covered.append(numbers)
    expected = [
        sorted({hit.finding for hit in found if max(hit.start, 0) <= place < hit.end})
        for place in range(len(text))
    ]
    assert covered == expected


@given(st.text(max_size=80), hits)
def test_no_text_becomes_an_element(text: str, found: list[Hit]) -> None:
    markup = highlighted(text, found)
    elements = re.findall(r"<[^>]*>", markup)
    assert all(
        re.match(r'<(/?mark|mark data-findings="[\d ]+"|/?span[^<]*)>$', element) for element in elements
    )


def test_hostile_text_is_inert_inside_marks_too() -> None:
    text = '<script>alert("x")</script><img src=x onerror=alert(1)>'
    markup = highlighted(text, [Hit(0, 8, 1), Hit(20, 40, 2)])
    assert "<script" not in markup
    assert "<img" not in markup


def test_arabic_is_marked_by_code_points_of_the_original() -> None:
    text = "قالوا: الرايةُ الرماديّة قادمة"
    start = text.index("الراية")
    markup = highlighted(text, [Hit(start, start + len("الرايةُ الرماديّة"), 1)])
    assert '<mark data-findings="1">الرايةُ الرماديّة</mark>' in markup


def test_characters_outside_the_first_plane_count_as_one() -> None:
    assert highlighted("𝐀𝐛🙂x", [Hit(2, 3, 1)]) == '𝐀𝐛<mark data-findings="1">🙂</mark>x'


def test_overlapping_findings_share_the_piece_they_share() -> None:
    assert highlighted("abcdef", [Hit(0, 4, 1), Hit(2, 6, 2)]) == (
        '<mark data-findings="1">ab</mark><mark data-findings="1 2">cd</mark>'
        '<mark data-findings="2">ef</mark>'
    )


def test_invisible_characters_are_shown_and_do_not_act() -> None:
    markup = highlighted("ban\u200bner \u202eevil\u202c")
    assert "\u202e" not in markup
    assert 'aria-label="U+202E RIGHT-TO-LEFT OVERRIDE"' in markup
    assert "ZERO WIDTH SPACE" in markup


def test_joiners_that_persian_and_emoji_need_stay() -> None:
    assert highlighted("می\u200cروم 👩\u200d🏫") == "می\u200cروم 👩\u200d🏫"


def test_masked_text_sends_nothing_of_the_original() -> None:
    text = "The Ashen Banner! الراية الرمادية 2026"
    markup = highlighted(text, [Hit(4, 16, 1)], masked=True)
    assert markup == 'xxx <mark data-findings="1">xxxxx xxxxxx</mark>! سسسسسس سسسسسسسس xxxx'
