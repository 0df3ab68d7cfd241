import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.linkage import announcements

CASES = Path(__file__).with_name("announcements.tsv")  # own / other / none, handles announced, text


def sentences():
    with CASES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [(kind, tuple(handles.split()), text) for kind, handles, text in rows]


def test_nearly_all_announcements_are_found_and_hardly_anything_else():
    found = [(set(announcements.named(text, ())), set(handles)) for _, handles, text in sentences()]
    right = sum(len(named & wanted) for named, wanted in found)
    assert right / sum(len(named) for named, _ in found) >= 0.98
    assert right / sum(len(wanted) for _, wanted in found) >= 0.95


def test_hardly_anything_is_called_the_authors_own_that_is_not():
    own = [
        (announcements.own(text, ()), handles if kind == "own" else ()) for kind, handles, text in sentences()
    ]
    right = sum(1 for named, wanted in own if named and named == wanted)
    assert right / sum(1 for named, _ in own if named) >= 0.97
    assert right / sum(1 for _, wanted in own if wanted) >= 0.93


def test_there_are_enough_sentences_of_both_sorts_in_both_scripts():
    arabic = [any("ء" <= c <= "ي" for c in text) for _, _, text in sentences()]
    for wanted in (True, False):
        sorts = [
            kind != "none"
            for (kind, _, _), is_arabic in zip(sentences(), arabic, strict=True)
            if is_arabic is wanted
        ]
        assert min(sum(sorts), len(sorts) - sum(sorts)) >= 30


@pytest.mark.parametrize(
    "text",
    [
        "MY NEW ACCOUNT IS @x1",
        "my neeeew account: @x1!!!",
        "حســابي الجديــد @x1",
        "حِسَابِي الجَدِيد @x1",
        "حسابيييي الجديد @x1",
    ],
)
def test_marks_and_letters_held_down_change_nothing(text):
    assert announcements.own(text, ()) == ("x1",)


def test_ids_of_mentions_are_given_back_by_name_or_by_order():
    text = "welcome back @Falcon_7, formerly @falcon_6"
    assert announcements.named(text, ["falcon_7", "falcon_6"]) == ("falcon_7",)
    assert announcements.named(text, ["81", "82"]) == ("81",)
    assert announcements.named(text, ["81"]) == ()


def test_a_repost_is_nobodys_own_announcement():
    assert announcements.own("RT @other: my new account is @x1", ()) == ()
    assert announcements.named("RT @other: my new account is @x1", ()) == ("x1",)


@given(st.text(max_size=300), st.lists(st.text(min_size=1, max_size=5), max_size=3))
def test_any_text_is_read_and_what_is_found_was_mentioned(text, mentions):
    found = announcements.named(text, mentions)
    assert set(announcements.own(text, mentions)) <= set(found)
    if mentions:
        assert set(found) <= set(mentions)


def test_a_hostile_text_takes_no_longer_than_its_first_two_thousand_characters():
    assert announcements.named("my new account is @x1 " + "my new old account back " * 100_000, ()) == ("x1",)
