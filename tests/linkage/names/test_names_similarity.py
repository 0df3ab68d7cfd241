"""How alike names are, in one script and across."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.linkage.names import similarity, skeleton
from tenfold.linkage.transliteration import log_likelihoods, log_priors, readings

ALPHABET = "abeilmnorstuvwxyz ABIKO_.-0123456789@$!|" + "ابتحخعمنةىأإؤـَّ" + "аеорсхВНТжνο" + "é₂²🔥\u200d"
TEXTS = st.text() | st.text(alphabet=ALPHABET, max_size=24)

ALIKE = [
    ("أبو عمر", "Abu Umar"),
    ("Abu Umar", "abo3mar_17"),
    ("أبو عمر", "abo3mar_17"),
    ("محمد علي", "Mo7amad 3ali"),
    ("محمد علي", "Ali Muhammad"),
    ("خالد", "5alid99"),
    ("عبد الله", "abdallah_1"),
    ("Omar al-Shami", "عمر الشامي"),
    ("Echo of Ash", "3cho_of_4sh"),
    ("حفيد الموقد", "7afid Elmaw8ed"),
    ("Muhammad", "Mohamed"),
    ("faris", "fаris"),
    ("شيماء", "Shaymaa2"),
    ("مصطفى", "مصطفي"),
]
FAR = [
    ("abu_khalid", "abu_omar"),
    ("أبو خالد", "أبو عمر"),
    ("أبو خالد", "Abu Omar"),
    ("Umm Salma", "أم هدى"),
    ("Nabil", "Jamil"),
    ("نبيل", "Jamil"),
    ("Al-Masri", "Al-Shami"),
    ("المصري", "Al-Shami"),
    ("John Smith", "Kevin Parker"),
    ("خالد حداد", "ياسر درويش"),
    ("the_real_omar", "the_real_john"),
]


def alike(one: str, other: str) -> float:
    return float(similarity([one], [other])[0])


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_spellings_of_one_name_are_alike(one: str, other: str) -> None:
    assert alike(one, other) > 0.6


@pytest.mark.parametrize(("one", "other"), FAR)
def test_different_names_of_one_culture_are_far(one: str, other: str) -> None:
    assert alike(one, other) < 0.35


@pytest.mark.parametrize(
    ("one", "other"), [("Omar Shami", "omar_shami_2"), ("عُمَر", "عمر"), ("AbuOmar", "Abu Omar")]
)
def test_only_looks_differ(one: str, other: str) -> None:
    assert alike(one, other) == 1


def test_words_left_over_lower_the_figure() -> None:
    assert 1 > alike("omar", "omar shami") > alike("omar", "omar shami haddad mansour") > 0.3


def test_another_kunya_lowers_it_a_little() -> None:
    assert 0.9 < alike("abu omar", "umm omar") < 1


def test_particles_count_where_nothing_else_is_left() -> None:
    assert alike("abu", "abu") == 1
    assert alike("abu", "omar") < 0.35


@settings(deadline=None)  # the first example loads tables
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=5))
def test_symmetric_in_range_and_of_the_right_type_for_any_text(pairs: list[tuple[str, str]]) -> None:
    left, right = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    values = similarity(left, right)
    assert values.dtype == np.float32
    assert values.shape == (len(pairs),)
    assert ((values >= 0) & (values <= 1)).all()
    assert similarity(right, left).tolist() == values.tolist()


@settings(deadline=None)  # the first example loads tables
@given(TEXTS)
def test_equal_names_give_1_when_they_have_letters(text: str) -> None:
    assert alike(text, text) == (1 if skeleton(text) else 0)


@settings(deadline=None)  # the first example loads tables
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5))
def test_a_pair_does_not_depend_on_its_batch(pairs: list[tuple[str, str]]) -> None:
    values = similarity([pair[0] for pair in pairs], [pair[1] for pair in pairs])
    assert values.tolist() == pytest.approx([alike(*pair) for pair in pairs], abs=1e-5)


def test_huge_names_are_compared_by_their_beginnings() -> None:
    assert alike("a" * 100_000, "ا" * 100_000) >= 0
    assert alike("omar " * 10_000, "عمر " * 10_000) > 0.6


def test_sides_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="1 names and 2"):
        similarity(["a"], ["b", "c"])


def test_no_pairs() -> None:
    assert similarity([], []).shape == (0,)


def test_the_right_spelling_is_the_likeliest() -> None:
    latin = ["khaled", "hamid", "walid", "khalil", "majed"]
    assert latin[int(log_likelihoods(["خالد"] * 5, latin).argmax())] == "khaled"
    assert latin[int(log_likelihoods(["حميد"] * 5, latin).argmax())] == "hamid"


def test_spellings_that_cannot_be_have_no_likelihood() -> None:
    assert np.isneginf(log_likelihoods(["", "محمد", "محمد"], ["ali", "", "m"])).all()


def test_likelihoods_of_all_spellings_add_up_to_about_one() -> None:
    arabic = ["ا", "ي", "أ", "ع", "اي", "أي", "إي", "ه", "و", "يا", "ئ", "إ", "آ", "ى", "ة"]
    total = float(np.exp(log_likelihoods(arabic, ["a"] * len(arabic))).sum())
    assert 0.5 < total <= 1.01


def test_common_letters_are_likelier_than_rare_ones() -> None:
    common, rare = log_priors(["محمد", "ظظظظ"])
    assert common > rare


def test_readings_follow_neighbours_and_the_chat_alphabet() -> None:
    assert readings(["tariq", "7asan", "", "3ali", "shadi"]) == ["تاريق", "حاسان", "", "عالي", "شادي"]
