"""Terms of banks in posts: what matches, what must not, and where it is in the original."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.detectors.base import Bank, BankEntry, TextItem
from tenfold.detectors.text.normalise import normalise, normalise_batch
from tenfold.detectors.text.phrase_index import PhraseIndex
from tenfold.detectors.text.terms import MAX_SIGNALS, MAX_SPANS, TermsDetector
from tenfold.subjects import Subject, SubjectKind


def entry(value: str, label: str = "", confidence: float | None = None) -> BankEntry:
    return BankEntry(key=normalise(value).text, value=value, label=label, confidence=confidence)


def bank(*values: str | BankEntry, id: str = "ashen", kind: str = "terms", confidence: float = 0.9) -> Bank:
    entries = [entry(value) if isinstance(value, str) else value for value in values]
    return Bank(id=id, kind=kind, title=id, confidence=confidence, entries=entries)


def item(text: str, **fields: str) -> TextItem:
    return TextItem(Subject(SubjectKind.POST, "p-1"), {"text": text} | fields)


ASHEN = TermsDetector([bank("Ashen Banner", "ashen", "banner", "الراية الرمادية", "راية", "سلاح", "نار")])


def found(text: str, detector: TermsDetector = ASHEN) -> list[tuple[str, str]]:
    """What was found: the entry and the original text under each span."""
    signals = detector.detect([item(text)])[0]
    return sorted((s.details["entry"], text[p.start : p.end]) for s in signals for p in s.spans)


def form(text: str) -> dict[str, str]:
    return {s.details["entry"]: s.details["form"] for s in ASHEN.detect([item(text)])[0]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the Ashen Banner", [("Ashen Banner", "Ashen Banner")]),
        ("الراية الرمادية", [("الراية الرمادية", "الراية الرمادية")]),
        ("join ASHEN - 🔥\nbánner!", [("Ashen Banner", "ASHEN - 🔥\nbánner")]),
        ("الرَّايةُ، (الرمـــادية)", [("الراية الرمادية", "الرَّايةُ، (الرمـــادية")]),
        ("ashen sky, red banner", [("ashen", "ashen"), ("banner", "banner")]),
        ("#الراية_الرمادية", [("الراية الرمادية", "الراية_الرمادية")]),
        ("#ashen_banner @ashen_banner", [("Ashen Banner", "ashen_banner")] * 2),
        ("banner's banner-like", [("banner", "banner"), ("banner", "banner")]),
        ("bаnnеr Ⓑⓐⓝⓝⓔⓡ", [("banner", "bаnnеr"), ("banner", "Ⓑⓐⓝⓝⓔⓡ")]),
    ],
)
def test_plain_matches_lead_back_to_the_original(text, expected):
    assert found(text) == expected
    assert set(form(text).values()) == {"plain"}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("والراية الرمادية", "الراية الرمادية"),
        ("بالراية الرمادية", "الراية الرمادية"),
        ("فبالراية الرمادية", "الراية الرمادية"),
        ("كالراية الرمادية", "الراية الرمادية"),
        ("للراية الرمادية", "راية الرمادية"),  # the alef of the article is not written after l
        ("وللراية الرمادية", "راية الرمادية"),
    ],
)
def test_arabic_clitics_before_a_phrase(text, part):
    assert ("الراية الرمادية", part) in found(text)


@pytest.mark.parametrize(
    "word", ["راية", "الراية", "والراية", "براية", "ورايتهم", "رايتنا", "رايته", "لرايتكم"]
)
def test_arabic_clitics_around_a_word(word):
    assert [name for name, _ in found(f"هذه {word} هنا")] == ["راية"]


@pytest.mark.parametrize(
    "word",
    [
        "bannered", "embanner", "banners", "ashenly",  # substrings
        "رايات", "مراية", "الدراية", "تسلاح", "سلاحف", "سلاحة", "سلاحه",  # other words
        "منار", "ناري", "بنار", "كنار",  # a term of three letters after a one-letter preposition
        "رايتي",  # ya may be a pronoun or make an adjective
    ],
)  # fmt: skip
def test_innocent_words_that_hold_a_term(word):
    assert found(f"x {word} y") == []


@pytest.mark.parametrize("word", ["نار", "النار", "والنار", "ونار", "بالنار", "للنار"])
def test_short_terms_match_where_the_clitic_is_plain(word):
    assert [name for name, _ in found(word)] == ["نار"]


@pytest.mark.parametrize(
    ("text", "name", "written", "how"),
    [
        ("the b4nner", "banner", "b4nner", "leet"),
        ("b@nn3r!", "banner", "b@nn3r", "leet"),
        ("4sh3n b4nn3r", "Ashen Banner", "4sh3n b4nn3r", "leet"),
        ("a5hen", "ashen", "a5hen", "leet"),
        ("١لر١ي٥ الرمادية", "الراية الرمادية", "١لر١ي٥ الرمادية", "leet"),
        ("see b a n n e r now", "banner", "b a n n e r", "spaced"),
        ("see b.a-n_n*e r now", "banner", "b.a-n_n*e r", "spaced"),
        ("A S H E N   B A N N E R", "Ashen Banner", "A S H E N   B A N N E R", "spaced"),
        ("ashenbanner a s h e n b a n n e r", "Ashen Banner", "a s h e n b a n n e r", "spaced"),
        ("I s a w a s h e n", "ashen", "a s h e n", "spaced"),
        ("b 4 n n 3 r", "banner", "b 4 n n 3 r", "spaced"),
        ("ا ل ر ا ي ة  ا ل ر م ا د ي ة", "الراية الرمادية", "ا ل ر ا ي ة  ا ل ر م ا د ي ة", "spaced"),
        ("ا.ل.ر.ا.ي.ة الرمادية", "الراية الرمادية", "ا.ل.ر.ا.ي.ة الرمادية", "spaced"),
        ("bannnnnerrr", "banner", "bannnnnerrr", "stretched"),
        ("ash🔥 aaashen bannnner", "Ashen Banner", "aaashen bannnner", "stretched"),
        ("#AshenBanner", "Ashen Banner", "AshenBanner", "hashtag"),
        ("#ashenbanner", "Ashen Banner", "ashenbanner", "hashtag"),
        ("#الرايةالرمادية", "الراية الرمادية", "الرايةالرمادية", "hashtag"),
        ("#JoinTheAshenBanner2026", "Ashen Banner", "AshenBanner", "hashtag"),
    ],
)
def test_evasions(text, name, written, how):
    assert (name, written) in found(text)
    assert form(text)[name] == how


@pytest.mark.parametrize(
    "text",
    [
        "call 8411133 or 4-5-6", "room b4 at 10am", "a b c d e f", "1 2 3 4 5 6", "hell0 w0rld!",
        "covid2019 banne12345", "aban ner", "#ban #ner", "b a n", "ashe n banne r", "ا ب ت ث ج",
    ],
)  # fmt: skip
def test_what_only_resembles_an_evasion(text):
    assert found(text) == []


def test_numbers_stay_numbers():
    detector = TermsDetector([bank("1488", "so", "١٢٣")])
    assert found("50 s0 1488 ١٤٨٨ 123", detector) == [
        ("1488", "1488"),
        ("1488", "١٤٨٨"),
        ("so", "s0"),
        ("١٢٣", "123"),
    ]


def test_known_double_letters_survive_being_held_down():
    detector = TermsDetector([bank("الله اكبر", "coop", "cop")])
    assert found("اللللله اكبر", detector) == [("الله اكبر", "اللللله اكبر")]
    assert found("cooooop", detector) == [("coop", "cooooop")] or found("cooooop", detector) == [
        ("cop", "cooooop")
    ]
    assert found("coop", detector) == [("coop", "coop")]


def test_the_longest_wins_within_a_bank_and_banks_do_not_hide_each_other():
    detector = TermsDetector([bank("ashen banner", "banner"), bank("banner", "banner fire", id="other")])
    signals = detector.detect([item("ashen banner fire, banner")])[0]
    assert {(s.key, tuple((p.start, p.end) for p in s.spans)) for s in signals} == {
        ("ashen:ashen banner", ((0, 12),)),
        ("ashen:banner", ((19, 25),)),
        ("other:banner fire", ((6, 17),)),
        ("other:banner", ((19, 25),)),
    }


def test_a_signal_says_what_was_found():
    detector = TermsDetector(
        [bank(entry("Banner", "slogan", 0.4), "ashen"), bank("x", id="none", kind="urls")]
    )
    first, second = detector.detect([item("banner ashen", bio="the banner")])[0]
    assert (first.score, second.score) == (0.9, 0.4)
    assert (second.name, second.key, second.detector) == ("terms", "ashen:banner", "terms")
    assert [(p.field, p.start, p.end) for p in second.spans] == [("text", 0, 6), ("bio", 4, 10)]
    assert second.details == {
        "bank": "ashen",
        "label": "slogan",
        "entry": "Banner",
        "form": "plain",
        "count": 2,
    }
    assert {type(value).__name__ for value in second.details.values()} <= {"str", "int"}
    assert set(second.details) == set(detector.kinds[0].details)


def test_signals_and_spans_are_bounded():
    words = [f"word{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(200)]
    detector = TermsDetector([bank(*(entry(w, confidence=i / 200) for i, w in enumerate(words)))])
    signals = detector.detect([item(" ".join(words * 30))])[0]
    assert len(signals) == MAX_SIGNALS
    assert min(s.score for s in signals) == (200 - MAX_SIGNALS) / 200
    assert {len(s.spans) for s in signals} == {MAX_SPANS}
    assert {s.details["count"] for s in signals} == {30}


def test_items_keep_their_order_and_empty_ones_find_nothing():
    items = [
        item(""),
        item("banner"),
        TextItem(Subject(SubjectKind.ACCOUNT, "a"), {}),
        item("!!!"),
        item("ashen"),
    ]
    assert [len(signals) for signals in ASHEN.detect(items)] == [0, 1, 0, 0, 1]
    assert ASHEN.detect([]) == []
    assert TermsDetector([]).detect([item("banner")]) == [[]]
    assert TermsDetector([bank("!!!", " ")]).detect([item("!!! banner")]) == [[]]


HOSTILE = ["baaanner " * 11_000, "a " * 50_000, "a b c d e xx " * 7_000, "#aB1 " * 20_000, "b4nner " * 14_000]


@pytest.mark.parametrize("text", [*HOSTILE, "banner " * 14_000, "ﷺ" * 20_000, "وال" * 30_000, "٣a" * 40_000])
def test_hostile_texts_end(text):
    """These take minutes when time grows with the square of the length."""
    signals = ASHEN.detect([item(text)] * 4)
    assert signals[0] == signals[3]


def test_a_match_never_crosses_from_one_text_into_the_next():
    parts = ["the ashen", "banner", "b a", "n n e r", "الراية ", " الرمادية", "#Ashen", "Banner"]
    signals = ASHEN.detect([item(part) for part in parts])
    names = [[s.details["entry"] for s in found] for found in signals]
    assert names == [["ashen"], ["banner"], [], [], ["راية"], [], ["ashen"], ["banner"]]


def test_entries_with_one_normal_form_are_one():
    detector = TermsDetector([bank("الراية", "ألرايه", "banner", "BANNER")])
    assert len(detector.detect([item("الراية banner")])[0]) == 2


WORDS = st.text(st.sampled_from("abcورايةل4"), min_size=1, max_size=4)


@given(
    st.lists(st.lists(WORDS, min_size=1, max_size=4).map(" ".join), max_size=6), st.lists(WORDS, max_size=12)
)
def test_the_index_finds_every_phrase_that_stands_between_separators(phrases, words):
    """Compared with a search by regular expression for whole words."""
    lines = [normalise(phrase).text for phrase in phrases]
    lines = [line for line in lines if line]
    batch = normalise_batch([" ".join(words), *words])
    hits = PhraseIndex(lines).find(batch.text, batch.codes, *batch.words)
    got = {(hit.phrase, hit.start, hit.end) for hit in hits}
    for line in set(lines):
        expected = {m.start() + 1 for m in re.finditer(f"(?=[ \n]{re.escape(line)}[ \n])", batch.text)}
        assert expected <= {start for phrase, start, end in got if (phrase, end) == (line, start + len(line))}


@given(st.lists(st.text(st.characters(codec=None), max_size=30), max_size=4), st.text(max_size=30))
def test_any_text_and_any_bank_are_safe(texts, value):
    detector = TermsDetector([bank(value, "banner", *texts)])
    texts = [*texts, value, f"b 4 n n e r #{value}Banner b4nnnner"]
    results = detector.detect([item(text) for text in texts])
    for text, signals in zip(texts, results, strict=True):
        for signal in signals:
            for span in signal.spans:
                assert 0 <= span.start < span.end <= len(text)


@given(st.text(st.characters(codec=None), max_size=20), st.text(st.characters(codec=None), max_size=20))
def test_a_term_between_separators_is_found_whatever_surrounds_it(before, after):
    text = f"{before} ; banner ; {after}"
    assert ("banner", "banner") in found(text)
