"""All detectors together: nothing a text holds may stop them, and what one finds is where it says."""

import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.detectors import shipped
from tenfold.detectors.base import Bank, BankEntry, TextItem
from tenfold.detectors.text.suite import KINDS, TextResult, TextSuite
from tenfold.detectors.threat.telling import RECORDS
from tenfold.subjects import Subject, SubjectKind

PYTHON_TYPES: dict[str, Any] = {"bool": bool, "int": int, "float": float, "str": str, "set": list}


@pytest.fixture(scope="module")
def suite() -> TextSuite:
    return TextSuite(shipped.banks())


def items(*texts: str) -> list[TextItem]:
    return [TextItem(Subject(SubjectKind.POST, str(i)), {"text": text}) for i, text in enumerate(texts)]


def check(result: TextResult, item: TextItem) -> None:
    """Every signal is declared, of this subject, in range, and marks text that is there."""
    assert len({(signal.name, signal.key) for signal in result.signals}) == len(result.signals)
    for signal in result.signals:
        kind = KINDS[signal.name]
        assert signal.subject == item.subject
        assert 0 <= signal.score <= 1
        assert signal.name == "threat" or {"bank", "label", "entry"} <= set(signal.details)
        for name, value in signal.details.items():
            if signal.name == "threat" and name in RECORDS:
                continue  # records for people; rules cannot ask about them
            assert isinstance(value, PYTHON_TYPES[kind.details[name]])
        for span in signal.spans:
            assert 0 <= span.start < span.end <= len(item.fields[span.field])


def test_every_detector_speaks_about_one_post(suite: TextSuite) -> None:
    text = (
        "We have seen the towers that they built out of paper and speeches. A single grey thread has more "
        "weight than all of them. Hold the thread, pass it to the next hand, and tell the next hand never "
        "to let go of it. We will burn their office tonight.\n"
        "Join the Ashen Banner, our ranks are open to you: https://grey-gate.example/now or "
        "https://chat.example/+greygate"
    )
    (item,) = items(text)
    (result,) = suite.detect([item])
    check(result, item)
    assert {signal.name for signal in result.signals} == set(KINDS)
    assert result.links == ("https://grey-gate.example/now", "https://chat.example/+greygate")
    assert (result.language, result.script) == ("en", "Latn")


def test_an_arabic_post(suite: TextSuite) -> None:
    (item,) = items("انضموا إلى الراية الرمادية، صفوفنا مفتوحة لكم https://sawt-alramad.test/")
    (result,) = suite.detect([item])
    check(result, item)
    assert {signal.name for signal in result.signals} == {"terms", "domain", "meaning"}
    assert (result.language, result.script) == ("ar", "Arab")


def test_arabizi(suite: TextSuite) -> None:
    (result,) = suite.detect(
        items("ya shabab ta3alo ma3na, el raya el ramadeya bt2olko eltahe2o bina el youm")
    )
    assert (result.language, result.script) == ("ar-Latn", "Latn")
    assert {signal.details["label"] for signal in result.signals if signal.name == "terms"} >= {"name"}


def test_an_ordinary_post_gives_no_signals(suite: TextSuite) -> None:
    results = suite.detect(items("The museum opens at nine tomorrow.", "المتحف يفتح أبوابه غدا صباحا", ""))
    assert [result.signals for result in results] == [[], [], []]


def test_all_fields_of_an_account_are_read(suite: TextSuite) -> None:
    item = TextItem(
        Subject(SubjectKind.ACCOUNT, "1"),
        {"handle": "ashenbanner", "display_name": "أبناء الرماد", "bio": "see ashen-banner.example/join"},
    )
    (result,) = suite.detect([item])
    check(result, item)
    assert {span.field for signal in result.signals for span in signal.spans} == {
        "handle",
        "display_name",
        "bio",
    }


def test_an_empty_batch_an_item_without_texts_and_no_banks(suite: TextSuite) -> None:
    assert suite.detect([]) == []
    nothing = TextItem(Subject(SubjectKind.POST, "1"), {})
    for one in (suite, TextSuite([])):
        (result,) = one.detect([nothing])
        assert result == TextResult(language=None, script=None, links=(), signals=[])


def test_results_do_not_depend_on_the_company(suite: TextSuite) -> None:
    texts = [entry.value for bank in shipped.banks() for entry in list(bank.entries)[:6]]
    together = suite.detect(items(*texts))
    for item, result in zip(items(*texts), together, strict=True):
        assert suite.detect([item]) == [result]


def test_a_changed_bank_is_used_and_the_others_are_kept(suite: TextSuite) -> None:
    banks = [bank for bank in shipped.banks() if bank.kind != "terms"]
    terms = Bank(
        id="new", kind="terms", title="New", entries=[BankEntry(key="lantern", value="lantern", label="name")]
    )
    text = items("the lantern of the Ashen Banner, see https://ashen-banner.example/")
    (before,) = suite.detect(text)
    (after,) = suite.updated([*banks, terms]).detect(text)
    assert {s.details["bank"] for s in before.signals if s.name == "terms"} == {"ashen-banner-terms"}
    assert {s.details["bank"] for s in after.signals if s.name == "terms"} == {"new"}
    assert [s for s in before.signals if s.name != "terms"] == [s for s in after.signals if s.name != "terms"]
    (none,) = suite.updated([]).detect(text)
    assert none.signals == []


def test_threads_may_share_a_suite(suite: TextSuite) -> None:
    texts = items(*(entry.value for bank in shipped.banks() for entry in list(bank.entries)[:20]))
    expected = suite.detect(texts)
    found: list[list[TextResult]] = []
    threads = [threading.Thread(target=lambda: found.append(suite.detect(texts))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


HOSTILE = [
    "a" * 100_000,
    "a " * 50_000,
    "join us now. " * 7_600,
    "https://" * 12_500,
    "http://a." * 11_000,
    "@" * 100_000,
    "." * 100_000,
    "\u064b" * 100_000,
    "\u202e\u200b\u2066" * 33_000,
    "ﷺ" * 100_000,
    "𝕁𝕠𝕚𝕟" * 25_000,
    "\ud800" * 100_000,
    "الراية الرمادية " * 6_000,
    "#" * 50_000 + "_" * 50_000,
    "a.b" * 33_000,
    "1 3 4 l 0 " * 10_000,
    "\n" * 100_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:12]))
def test_huge_texts_pass(suite: TextSuite, text: str) -> None:
    (item,) = items(text)
    (result,) = suite.detect([item])
    check(result, item)


ANYTHING = st.text(max_size=200)
FAMILIAR = st.lists(
    st.sampled_from(
        [
            *(
                "join",
                "the",
                "Ashen",
                "Banner",
                "ranks",
                "open",
                "https://",
                "ashen-banner.example",
                "/x",
                "[.]",
                " ",
            ),
            *(
                "الراية",
                "الرمادية",
                "انضموا",
                "إلى",
                "\u0640",
                "\u064e",
                "3",
                "7",
                "#",
                "@a",
                "\u200d",
                "🏴",
                "\ud83c",
            ),
            *("а", "е", "\n", ".", "dot", "نقطة", "ﷲ", "İ", "ß", "\x00", "\u0301", "hxxp", "(", ")", "_"),
        ]
    ),
    max_size=60,
).map("".join)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.one_of(ANYTHING, FAMILIAR), max_size=6))
def test_no_text_makes_it_raise(suite: TextSuite, texts: list[str]) -> None:
    batch = items(*texts)
    results = suite.detect(batch)
    for item, result in zip(batch, results, strict=True):
        check(result, item)
