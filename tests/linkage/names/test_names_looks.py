"""Skeletons, consonant keys, succession and populations of names."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.linkage.names import phonetic, population, skeleton, succeeds

# Names and handles as people and evaders write them, and anything at all.
ALPHABET = "abeilmnorstuvwxyz ABIKO_.-0123456789@$!|" + "ابتحخعمنةىأإؤـَّ" + "аеорсхВНТжνο" + "é₂²🔥\u200d"
TEXTS = st.text() | st.text(alphabet=ALPHABET, max_size=24)

SAME_LOOKS = [
    ("Abu Umar", "abu_umar_17"),
    ("AbuOmar", "аbuоmаr"),  # Cyrillic a and o
    ("ΑΒΟ", "abo"),  # Greek capitals
    ("faris", "f4r1s"),
    ("bilal", "bi1al"),
    ("paul", "p@ul"),
    ("arnold", "amold"),
    ("abu omar", "𝓪𝓫𝓾 𝓸𝓶𝓪𝓻 🔥🔥"),
    ("hassan", "hasssan"),
    ("محمّد", "محـــــمد"),
    ("أبو فاطمة", "ابو_فاطمه٩٩"),
    ("مصطفى", "مصطفي"),
    ("یوسف", "يوسف"),  # Persian ya
    ("fáris", "FARIS"),
]
DIFFERENT_LOOKS = [("omar", "umar"), ("خالد", "حامد"), ("Борис", "Lapnc"), ("sami", "rami")]
SAME_SOUND = [
    ("أبو عمر", "Abu Umar", "abo3mar_17"),
    ("محمد", "Muhammad", "Mo7amad"),
    ("خالد", "Khaled", "5aled99"),
    ("صالح", "Saleh", "Sale7"),
    ("الخطيب", "Al-Khatib", "El5atib"),
    ("طارق", "Tariq", "6areq"),
    ("عائشة", "Aisha", "3aysha"),
]


@pytest.mark.parametrize(("one", "other"), SAME_LOOKS)
def test_look_alikes_have_one_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other) != ""


@pytest.mark.parametrize(("one", "other"), DIFFERENT_LOOKS)
def test_what_looks_different_does_not(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


@pytest.mark.parametrize("text", ["", "   ", "404", "12_34", "🔥🔥", "ـــ", "\u200b", "\ud800", "!!!"])
def test_nothing_is_left_of_no_letters(text: str) -> None:
    assert skeleton(text) == phonetic(text) == population(text) == ""


@settings(deadline=None)  # the first example loads tables
@given(TEXTS)
def test_the_skeleton_of_a_skeleton_is_itself(text: str) -> None:
    once = skeleton(text)
    assert skeleton(once) == once


@settings(deadline=None)  # the first example loads tables
@given(TEXTS)
def test_a_skeleton_has_neither_space_nor_digit(text: str) -> None:
    assert not any(character.isspace() or character in "0123456789" for character in skeleton(text))


@settings(deadline=None)  # the first example loads tables
@given(st.text(alphabet="abcdefghkmopstuwxyz", min_size=1), st.integers(0, 10**6))
def test_numbers_at_the_end_change_neither_key(stem: str, number: int) -> None:
    assert skeleton(f"{stem}_{number}") == skeleton(stem)
    assert phonetic(f"{stem}_{number}") == phonetic(stem)


@pytest.mark.parametrize("spellings", SAME_SOUND)
def test_usual_spellings_have_one_consonant_key(spellings: tuple[str, ...]) -> None:
    assert len({phonetic(spelling) for spelling in spellings}) == 1
    assert phonetic(spellings[0])


@pytest.mark.parametrize(
    ("one", "other"), [("خالد", "Hamid"), ("Abu Umar", "أبو بكر"), ("نبيل", "Jamil"), ("Sami", "رامي")]
)
def test_other_names_have_other_keys(one: str, other: str) -> None:
    assert phonetic(one) != phonetic(other)


@settings(deadline=None)  # the first example loads tables
@given(TEXTS)
def test_keys_are_plain_letters_for_any_text(text: str) -> None:
    key = phonetic(text)
    assert key == "" or (key.isascii() and key.isalpha() and key.islower())


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("abuayisha102", "abuayisha108", 1),
        ("abu_omar", "abu_omar2", 1),
        ("abu_omar_1", "AbuOmar_2", 0),  # another name is no other number
        ("Abu_Omar_1", "abu_omar_22", 1),
        ("راية١", "راية٢", 1),
        ("abu_omar1", "abu_omar1", 0),
        ("omar1", "umar2", 0),
        ("123", "124", 0),
        ("", "", 0),
    ],
)
def test_succession(before: str, after: str, expected: int) -> None:
    assert succeeds([before], [after]).tolist() == [expected]


@settings(deadline=None)  # the first example loads tables
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=4))
def test_succession_is_symmetric_and_never_of_equals(pairs: list[tuple[str, str]]) -> None:
    left, right = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    assert succeeds(left, right).tolist() == succeeds(right, left).tolist()
    assert not succeeds(left, left).any()


def test_succession_needs_pairs() -> None:
    with pytest.raises(ValueError, match="1 and 2"):
        succeeds(["a"], ["b", "c"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("أبو عمر", "Arab"),
        ("Khaled Hassan", "Arab"),
        ("abo3mar_17", "Arab"),
        ("Fatima Al-Zahrani", "Arab"),
        ("John Wilson", "Latn"),
        ("Kevin Schmidt", "Latn"),
        ("Olivia Parker", "Latn"),
        ("Борис", ""),
        ("李小龙", ""),
    ],
)
def test_population(name: str, expected: str) -> None:
    assert population(name) == expected


@settings(deadline=None)  # the first example loads tables
@given(TEXTS)
def test_every_text_has_a_population_or_none(text: str) -> None:
    assert population(text) in {"Arab", "Latn", ""}
