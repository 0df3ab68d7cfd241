"""Normal forms: what is folded, what is kept, and that spans lead back to the original."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.detectors.text.fold_table import fold_character
from tenfold.detectors.text.normalise import normalise, normalise_batch

ANY_TEXT = st.text(st.characters(codec=None), max_size=60)  # every code point, lone surrogates too
ALPHABET = "aAbnNرايةيىكﷺﻻﬁ½ßАсонНкжαά𝛂ʼ\u0301\u064b\u0640\u200d\ud800\x00 \n\u00a0-#_1٣٧1😀"
TRICKY_TEXT = st.text(st.sampled_from(ALPHABET), max_size=40)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("", ""),
        (" \n\t!", ""),
        ("The  Ashen,\nBanner!", "the ashen banner"),
        ("الرَّايَــةُ الرمــاديّة", "الرايه الرماديه"),  # harakat, tatweel, ta marbuta
        ("أإآٱا", "ااااا"),
        ("مسؤول بيئة على هادئ", "مسوول بييه علي هادي"),
        ("راية ڪبيرة کبیرہ", "رايه كبيره كبيره"),  # Persian and Urdu letters
        ("ﺍﻟﺮﺍﻳﺔ ﻻ", "الرايه لا"),  # presentation forms, a ligature
        ("٠١٢٣٤٥٦٧٨٩ ۰۱۲۳۴۵۶۷۸۹", "0123456789 0123456789"),
        ("ba\u200bn\u202ener \u2067الراية\u2069", "banner الرايه"),  # zero width and bidi controls
        ("Ｂａｎｎｅｒ 𝐁𝕒𝖓𝗻𝘦𝚛 ⓑⓐⓝⓝⓔⓡ 🅱🅰🅽🅽🅴🆁", "banner banner banner banner"),
        ("ʙᴀɴɴᴇʀ bäññér ﬁre straße", "banner banner fire strasse"),
        ("#الراية_الرمادية @ashen.banner", "الرايه الرماديه ashen banner"),
        ("ash🔥en", "ash en"),
        ("x² Ⅳ ½ ™", "x2 iv 1 2"),
        ("日本語 한국어 हिन्दी", "日本語 한국어 हिन्दी"),
        ("صلى ﷺ", "صلي صلي الله عليه وسلم"),
    ],
)
def test_normal_form(text, normal):
    assert normalise(text).text == normal


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("bаnnеr", "banner"),  # Cyrillic a and e in a Latin word
        ("βαnnεr", "banner"),
        ("АSНЕN", "ashen"),
        ("ѕсоре", "scope"),  # nothing but look-alikes, and nothing else in the text
        ("Сор и нос", "сор и нос"),  # Russian stays Russian
        ("και πότε", "και ποτε"),
    ],
)
def test_look_alikes_fold_only_where_latin_is_meant(text, normal):
    assert normalise(text).text == normal


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("bannnner", "baner"),
        ("الراااية", "الرايه"),
        ("nooooo wayyy", "no way"),
        ("banner الله", "banner الله"),  # two are spelling, three are not
        ("www hhhh ههههه", "www hhhh ههههه"),  # words of one letter
        ("1000000 a1111", "1000000 a1111"),
    ],
)
def test_letters_held_down(text, normal):
    assert normalise(text).text == normal


@pytest.mark.parametrize(
    ("text", "part", "original"),
    [
        ("say الرَّايَــةُ!", "الرايه", "الرَّايَــةُ"),
        ("see bannnnerrrr now", "baner", "bannnnerrrr"),
        ("a ﻻ b", "لا", "ﻻ"),
        ("a ﻻ b", "ل", "ﻻ"),
        ("x B\u200bAN\u202eNER\u202c y", "banner", "B\u200bAN\u202eNER\u202c"),
        ("😀😀 fire", "fire", "fire"),
        ("ashen -- 🔥 banner.", "ashen banner", "ashen -- 🔥 banner"),
    ],
)
def test_span_covers_what_was_written(text, part, original):
    normal = normalise(text)
    start = normal.text.index(part)
    first, last = normal.span(start, start + len(part))
    assert text[first:last] == original


@given(ANY_TEXT | TRICKY_TEXT)
def test_any_text_has_a_normal_form_of_spaced_words(text):
    normal = normalise(text)
    assert normal.text == " ".join(normal.text.split(" ")).strip(" ")
    assert "  " not in normal.text
    assert not any(c in normal.text for c in "\n\0#_-")
    normal.text.encode()  # holds no surrogate


@given(ANY_TEXT | TRICKY_TEXT)
def test_normalising_twice_is_normalising_once(text):
    once = normalise(text).text
    assert normalise(once).text == once


@given(ANY_TEXT | TRICKY_TEXT, st.data())
def test_spans_lie_in_the_original_and_keep_order(text, data):
    normal = normalise(text)
    assert len(normal.origin) == len(normal.text) + 1
    if not normal.text:
        return
    start = data.draw(st.integers(0, len(normal.text) - 1))
    end = data.draw(st.integers(start + 1, len(normal.text)))
    first, last = normal.span(start, end)
    assert 0 <= first < last <= len(text)
    assert list(normal.origin) == sorted(normal.origin)


@given(TRICKY_TEXT, st.data())
def test_a_single_character_comes_from_its_span(text, data):
    """Folding the first character of a span gives the normal character (or begins with it)."""
    normal = normalise(text)
    if not normal.text:
        return
    at = data.draw(st.integers(0, len(normal.text) - 1))
    source = text[normal.origin[at]]
    look_alike = normal.text[at].isascii() and not source.isascii()
    assert look_alike or normal.text[at] in fold_character(ord(source))


@given(st.lists(ANY_TEXT | TRICKY_TEXT, max_size=8))
def test_a_batch_is_its_texts_one_by_one(texts):
    batch = normalise_batch(texts)
    assert len(batch) == len(texts)
    for index, text in enumerate(texts):
        alone, together = normalise(text), batch[index]
        assert together.text == alone.text
        assert list(together.origin) == list(alone.origin)
    starts, ends = batch.words
    words = [batch.text[a:b] for a, b in zip(starts, ends, strict=True)]
    assert words == [word for index in range(len(batch)) for word in batch[index].text.split()]
    for start, end, number in zip(starts, ends, batch.word_texts, strict=True):
        first, last = batch.span(int(start), int(end))
        assert 0 <= first < last <= len(texts[number])
        assert batch.locate(int(batch.origin[start]), int(batch.origin[start]) + 1)[0] == number
