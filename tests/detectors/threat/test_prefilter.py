"""Which patterns may stand in a text: never one too few."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.detectors.threat.lexicon import sayings
from tenfold.detectors.threat.prefilter import Prefilter

PATTERNS = [
    r"(?:wipe|wiped) (?:\w+ ){0,3}(?:out|off)",
    r"bring (?:me )?(?:his|her) heads?",
    r"no (?:place|room) for (?:\w+ )+on earth|days are numbered",
    r"un(?:safe|loved) (?:here|in (?:this|the) town)",
    r"li(?:fe|ves) (?: not)?(?:of|in) pain",
    r"\bhunt(?:s|ed|ing)? (?:them|you)\b",
]
WORDS = st.sampled_from([
    "wipe", "wiped", "out", "off", "bring", "me", "his", "her", "heads", "head", "no", "place",
    "room", "for", "on", "earth", "days", "are", "numbered", "unsafe", "unloved", "here", "in",
    "this", "the", "town", "life", "lives", "not", "of", "pain", "hunt", "hunting", "them", "you",
    "all", "people", "must", "die",
])  # fmt: skip


@given(st.lists(WORDS, max_size=14))
@settings(max_examples=400)
def test_every_pattern_that_stands_in_a_text_is_named(words: list[str]) -> None:
    text = " ".join(words)
    standing = {i for i, pattern in enumerate(PATTERNS) if re.search(rf"\b(?:{pattern})\b", text)}
    assert standing <= Prefilter(PATTERNS).which(set(words))


def test_what_lacks_a_word_is_not_looked_for() -> None:
    assert Prefilter(PATTERNS).which({"wipe", "the", "table", "bring", "heads"}) == set()
    assert Prefilter(PATTERNS).which({"wipe", "out"}) == {0}


@pytest.mark.parametrize("pattern", [r"\w+ \w+", "(?:a )?(?:b )?", r"(?:kill|\w+)"])
def test_a_pattern_without_a_certain_word_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="no certain word"):
        Prefilter([pattern])


def test_a_group_that_is_not_closed_is_told() -> None:
    with pytest.raises(ValueError, match="not closed"):
        Prefilter(["kill (?:them|all"])


def test_a_saying_is_found_where_it_stands() -> None:
    text = "they say that all the landlords have no right to live in this town"
    numbers = sayings().which(text, text.split())
    found = sayings().find(text, numbers, "en")
    assert any("no right to live" in text[start:end] for start, end, _ in found)
