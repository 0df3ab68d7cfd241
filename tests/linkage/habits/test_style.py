from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.linkage import style, style_form

_ENGLISH = "the river and my old house of stone with that small garden to walk you home it is this way"
_ARABIC = "البيت القديم قرب النهر في المدينة على الجبل مع الأصدقاء كان الجو جميلا والشمس دافئة مساء أمس"
WORDS = {
    "en": _ENGLISH.split(),
    "ar": _ARABIC.split(),
}
TEXTS = st.lists(st.text(max_size=80), max_size=8)


def writes(language, seed, habit, posts=30):
    generator = np.random.default_rng(seed)
    return [habit(" ".join(generator.choice(WORDS[language], 12)), generator) for _ in range(posts)]


@cache
def platform():
    """What is usual where some shout and some are careful, in either language."""
    crowd = [
        writes(language, seed, habit, posts=15)
        for seed in range(100, 130)
        for language in WORDS
        for habit in (shouts, careful, str_of)
    ]
    return style.background(np.stack([np.frombuffer(one, np.uint8) for one, _ in style.sketches(crowd)]))


def str_of(text, generator):
    return f"{text}{'?' if generator.random() < 0.3 else ''}"


def shouts(text, generator):
    return f"{text} !!! 🔥🔥" if generator.random() < 0.8 else text.replace(" ", "  ", 2) + " !!"


def careful(text, generator):
    first, second = text[: len(text) // 2].strip(), text[len(text) // 2 :].strip()
    return f"{first.capitalize()}; {second}." if generator.random() < 0.5 else f"{first} - {second}..."


def bits(left, right, usual=None):
    """Bits for texts, on a platform where both habits of the tests are usual unless another is given."""
    usual = usual or platform()
    (a, a_chars), (b, b_chars) = style.sketch(left), style.sketch(right)
    rows = [np.frombuffer(one or bytes(style.STYLE_BYTES), np.uint8)[None, :] for one in (a, b)]
    return float(style.similarity(rows[0], np.array([a_chars]), rows[1], np.array([b_chars]), usual)[0])


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("habit", [shouts, careful])
def test_the_same_habits_speak_for_one_hand(language, habit):
    assert bits(writes(language, 1, habit), writes(language, 2, habit)) > 2


@pytest.mark.parametrize(
    "words",
    [
        "la maison près du jardin était très belle ce soir où nous marchions à côté de l'église voilà",
        "akşam olunca eski köprünün yanında çok güzel bir bahçe vardı küçük çocuklar şarkı söylüyordu",
        "вечером у старого моста был маленький сад где пели дети и горели фонари над рекой",
        "شام کو پرانے پل کے پاس ایک چھوٹا باغ تھا جہاں بچے گیت گاتے تھے اور چراغ جلتے تھے",
    ],
)
@pytest.mark.parametrize("habit", [shouts, careful])
def test_to_write_in_a_language_of_which_nobody_said_what_is_usual_is_no_habit(words, habit, monkeypatch):
    monkeypatch.setitem(WORDS, "other", words.split())
    pair = writes("other", 1, habit), writes("other", 2, habit)
    assert bits(*pair) == pytest.approx(0, abs=0.05)
    assert bits(*pair, style.model().background) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_other_habits_speak_against_it(language):
    assert bits(writes(language, 1, shouts), writes(language, 2, careful)) < -1


def test_nothing_is_known_of_the_words():
    one = ["The harbour was calm, my friend said to you!", "And the boats of this town..."]
    other = ["The kitchen was warm, my sister said to you!", "And the bread of this oven..."]
    assert np.array_equal(
        style_form.counts([style_form.own(one)]), style_form.counts([style_form.own(other)])
    )


def test_dialect_words_and_flags_are_not_told_apart():
    gulf, levantine = ["وش تبون الحين يا جماعة 🇸🇦"], ["عاوزين ايه دلوقتي يا جماعة 🇪🇬"]
    assert np.array_equal(style_form.counts([gulf]), style_form.counts([levantine]))


def test_whom_one_links_mentions_and_reposts_is_no_habit():
    plain = style.sketch(["look at https://a.example/x and @one"])
    assert plain[0] == style.sketch(["look at http://other.example and @somebody_else"])[0]
    assert (
        style.sketch(["RT @one: what others said"])[1]
        == style.sketch(["RT @two: 12 quite different words"])[1]
    )


def test_different_languages_say_nothing():
    assert bits(writes("en", 1, shouts), writes("ar", 2, shouts)) == pytest.approx(0.0, abs=1e-6)


def test_too_little_text_says_nothing_and_no_text_has_no_sketch():
    assert style.sketch([]) == (b"", 0) == style.sketch(["", ""])
    assert bits(["the end!!"], ["the end!!"]) == 0.0
    assert bits([], writes("en", 1, shouts)) == 0.0


@settings(max_examples=40)
@given(TEXTS, TEXTS)
def test_sketches_of_parts_add_up_to_the_sketch_of_the_whole(left, right):
    assert style.merge(*style.sketch(left), *style.sketch(right)) == style.sketch(left + right)
    assert style.sketches([left, right]) == [style.sketch(left), style.sketch(right)]


def test_parts_of_a_long_history_add_up_but_for_rounding():
    parts = [writes("en", seed, shouts, posts=200) for seed in range(6)]
    whole, chars = style.sketch([text for part in parts for text in part])
    merged, merged_chars = b"", 0
    for part in parts:
        merged, merged_chars = style.merge(merged, merged_chars, *style.sketch(part))
    assert merged_chars == chars
    assert len(merged) == style.STYLE_BYTES
    a, b = (np.frombuffer(one, np.uint8)[-style_form.BUCKETS :].astype(int) for one in (whole, merged))
    assert np.abs(a - b).max() <= 3


@settings(max_examples=40)
@given(TEXTS, TEXTS)
def test_bits_are_bounded_and_sides_can_be_exchanged(left, right):
    left, right = (
        [*left, "the end of my way to you " * 20],
        [*right, "and this is the stone of that house " * 20],
    )
    found = bits(left, right)
    assert style.LEAST_BITS <= found <= style.MOST_BITS
    assert bits(right, left) == pytest.approx(found, abs=1e-4)


def test_customs_of_a_platform_are_not_those_of_a_hand():
    crowd = [writes("en", seed, shouts, posts=15) for seed in range(100, 220)]
    rows = np.stack([np.frombuffer(sketch, np.uint8) for sketch, _ in style.sketches(crowd)])
    usual, shipped = style.background(rows), style.model().background
    pairs = [(crowd[i], crowd[i + 1]) for i in range(0, 40, 2)]
    assert (
        np.mean([bits(*pair, usual) for pair in pairs])
        < 1
        < np.mean([bits(*pair, shipped) for pair in pairs])
    )


def test_without_the_platforms_own_background_a_quarter_counts():
    (a, a_chars), (b, b_chars) = (style.sketch(writes("en", seed, shouts)) for seed in (1, 2))
    rows = [np.frombuffer(one, np.uint8)[None, :] for one in (a, b)]
    pair = (rows[0], np.array([a_chars]), rows[1], np.array([b_chars]))
    assert style.similarity(*pair) == pytest.approx(style.similarity(*pair, style.model().background) / 4)


def test_copies_have_one_hash_however_they_are_dressed():
    plain = style.text_hash("They will come back to the old bridge tonight")
    assert plain == style.text_hash(
        "they WILL come baaaack to the old bridge tonight!!! 🔥 https://a.example @one"
    )
    assert plain != style.text_hash("They will come back to the new bridge tonight")
    assert style.text_hash("سنعود إلى الجسر القديم الليلة") == style.text_hash(
        "سَنَعُودُ الى الجسر القديــم الليلة .."
    )
    assert -(2**63) <= plain < 2**63


@pytest.mark.parametrize(
    "text", ["", "ok", "نعم والله", "@one @two https://a.example/very/long/path", "😂😂😂"]
)
def test_short_texts_have_no_hash(text):
    assert style.text_hash(text) == 0


def test_huge_and_broken_texts_are_read():
    sketch, chars = style.sketch(["\ud800\x00\r\n\t", "a" * 3_000_000, "💥" * 10])
    assert len(sketch) == style.STYLE_BYTES
    assert chars <= 1_000_000
