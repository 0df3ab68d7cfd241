"""How a hidden term was read: what stands in the original, what was changed, what was read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.banks import Bank, BankEntry
from tenfold.detectors.base import TextItem
from tenfold.detectors.text.read_as import explained
from tenfold.detectors.text.terms import TermsDetector
from tenfold.subjects import Subject, SubjectKind

ENGLISH, ARABIC = "Ashen Banner", "الراية الرمادية"
BANK = Bank(
    id="b",
    kind="terms",
    title="b",
    entries=[BankEntry(key="ashen banner", value=ENGLISH), BankEntry(key="الرايه الرماديه", value=ARABIC)],
)
DETECTOR = TermsDetector([BANK])


def read(text: str) -> list[tuple[str, list[str], str]]:
    """Of what the detector found first: each word as written, what of it was changed, as read."""
    (found,) = DETECTOR.detect([TextItem(Subject(SubjectKind.POST, "p"), {"text": text})])
    span = found[0].spans[0]
    words = explained(text, span.start, span.end, str(found[0].details["entry"]))
    return [(text[word.start : word.end], [text[a:b] for a, b in word.changed], word.read) for word in words]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("for the A5hen B4nner!", [("A5hen", ["5"], "ashen"), ("B4nner", ["4"], "banner")]),
        ("Ashen Bann\u0435r", [("Ashen", [], "ashen"), ("Bann\u0435r", ["\u0435"], "banner")]),
        ("Ashen Ban\u200bner", [("Ashen", [], "ashen"), ("Ban\u200bner", ["n\u200b"], "banner")]),
        ("الـراية الرمـــادية", [("الـراية", ["لـ"], "الرايه"), ("الرمـــادية", ["مـــ"], "الرماديه")]),
        ("الرااااية الرمادية", [("الرااااية", ["اااا"], "الرايه"), ("الرمادية", [], "الرماديه")]),
        ("الر1ية الرم1دية", [("الر1ية", ["1"], "الرايه"), ("الرم1دية", ["1"], "الرماديه")]),
    ],
)  # fmt: skip
def test_what_hides_a_term_is_told_letter_by_letter(
    text: str, words: list[tuple[str, list[str], str]]
) -> None:
    assert read(text) == words


@pytest.mark.parametrize("text", ["a s h e n   b a n n e r", "ا ل ر ا ي ة   ا ل ر م ا د ي ة", "#AshenBanner"])
def test_letters_spaced_out_and_words_run_together_are_read_as_words(text: str) -> None:
    assert "".join(word for _, _, word in read(text)) in ("ashenbanner", "الرايهالرماديه")


@pytest.mark.parametrize(
    "text", ["the ASHEN BANNER", "الرَّايةُ الرماديّة", "الرايه الرماديه", "The Ashen  Banner"]
)
def test_what_everybody_would_write_needs_no_words(text: str) -> None:
    assert read(text) == []


def test_what_was_found_in_no_known_way_is_not_explained() -> None:
    assert explained("nothing of it", 0, 13, ENGLISH) == []
    assert explained("", 0, 0, ENGLISH) == []
    assert explained("x" * 1000, 0, 1000, ENGLISH) == []
    assert explained("some text", 0, 9, "!!!") == []


@given(st.text(max_size=60), st.text(max_size=20), st.integers(0, 60), st.integers(0, 60))
def test_every_word_lies_where_it_was_asked_for(text: str, term: str, start: int, end: int) -> None:
    for word in explained(text, start, end, term):
        assert start <= word.start < word.end <= end
        assert all(word.start <= a < b <= word.end for a, b in word.changed)
