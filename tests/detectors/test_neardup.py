"""Copies of known texts are found however they are edited, and nothing else is."""

import random
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.detectors.base import Bank, BankEntry, TextItem
from tenfold.detectors.text.neardup import NearDuplicateDetector
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.detectors.text.shingles import shingles
from tenfold.evidence import Signal
from tenfold.subjects import Subject, SubjectKind

STATEMENTS = [
    "To all who wait in the valley: the Ashen Banner stands again above the old mill, and those who laughed "
    "at the smoke now lower their eyes. We ask no one's permission to remember.",
    "They write that we are few. Count the chimneys in winter and you will have counted us. They write that "
    "we are finished. Ask the fire what it leaves behind.",
    "يا أهل المدرجات، وعدوكم بالخبز وأعطوكم رايات من كل لون إلا لونا واحدا. اليوم ننشر اللون الذي يبقى حين "
    "تحترق الألوان كلها، فقفوا تحته أو تنحوا جانبا.",
    "يعلن صوت الرماد أن شيوخ الحي الشمالي أدوا قسم الموقد، جاؤوا بالفوانيس ورجعوا بالأشرطة الرمادية، ولم "
    "يلتفت منهم أحد إلى قصر الزجاج فوق التلة.",
]
SAMPLES = Path(__file__).with_name("meaning_samples.yaml")
ORDINARY = [text for texts in yaml.safe_load(SAMPLES.read_text(encoding="utf-8")).values() for text in texts]


def bank(*texts: str, id_: str = "statements", kind: str = "texts") -> Bank:
    entries = [BankEntry(key=text, value=text, label="statement") for text in texts]
    return Bank(id=id_, kind=kind, title="Statements", entries=entries)


def items(*texts: str) -> list[TextItem]:
    return [TextItem(Subject(SubjectKind.POST, str(i)), {"text": text}) for i, text in enumerate(texts)]


def found(text: str, *known: str) -> list[Signal]:
    return NearDuplicateDetector([bank(*(known or STATEMENTS))]).detect(items(text))[0]


def part(text: str, signal: Signal) -> str:
    (span,) = signal.spans
    assert span.field == "text"
    return text[span.start : span.end]


def test_a_copy_is_wholly_similar_and_says_what_it_copies() -> None:
    for statement in STATEMENTS:
        (signal,) = found(statement)
        assert signal.score == 1.0
        assert signal.details == {
            "bank": "statements",
            "label": "statement",
            "entry": statement,
            "similarity": 1.0,
        }
        assert part(statement, signal) == statement.rstrip(".")


def test_emoji_links_mentions_numbers_case_and_punctuation_do_not_matter() -> None:
    for statement in STATEMENTS:
        words = statement.upper().replace(",", " 🔥🔥 ").replace("،", " ⚔️ ").split()
        words[3:3] = ["@somebody_else", "https://files.example/a?b=1234", "1447", "🏴"]
        (signal,) = found(" ".join(words))
        assert signal.score > 0.9


def test_the_copy_is_marked_within_a_longer_post() -> None:
    before, after = " ".join(ORDINARY[:4]), " ".join(ORDINARY[60:66])
    for statement in STATEMENTS:
        text = f"{before} {statement} {after}"
        (signal,) = found(text)
        assert signal.score == 1.0
        assert statement.strip(".") in part(text, signal)
        assert len(part(text, signal)) <= len(statement) + 4


def test_sentences_in_another_order_are_still_a_copy() -> None:
    sentences = STATEMENTS[1].split(". ")
    (signal,) = found(". ".join(reversed(sentences)))
    assert signal.score > 0.8


@settings(deadline=None, max_examples=150)
@given(
    st.integers(0, len(STATEMENTS) - 1),
    st.randoms(use_true_random=False),
    st.sampled_from(["drop", "replace", "insert"]),
)
def test_an_edit_of_every_eighth_word_does_not_hide_a_copy(
    which: int, chance: random.Random, edit: str
) -> None:
    words = STATEMENTS[which].split()
    for place in sorted(chance.sample(range(len(words)), len(words) // 8), reverse=True):
        new = chance.choice(["truly", "lantern", "حقا", "والنهر"])
        if edit == "drop":
            del words[place]
        elif edit == "replace":
            words[place] = new
        else:
            words.insert(place, new)
    (signal,) = found(" ".join(words))
    assert signal.details["entry"] == STATEMENTS[which]


def test_other_texts_are_not_copies() -> None:
    detector = NearDuplicateDetector([bank(*STATEMENTS, *ORDINARY[::2])])
    assert not any(detector.detect(items(*ORDINARY[1::2])))


def test_a_known_text_of_three_words_is_passed_over_and_of_four_is_not() -> None:
    assert found("the ash remembers", "the ash remembers") == []
    assert (
        found("the 1447 ash https://x.example/y remembers", "the 1447 ash https://x.example/y remembers")
        == []
    )
    assert len(found("the ash remembers everything", "the ash remembers everything")) == 1


def test_many_variants_of_one_text_do_not_hide_it() -> None:
    variants = [f"{STATEMENTS[0]} {word}" for word in " ".join(ORDINARY).split()[:300]]
    (signal,) = found(STATEMENTS[0], *variants)
    assert signal.score > 0.9


def test_one_signal_for_every_bank_and_label() -> None:
    detector = NearDuplicateDetector(
        [
            bank(STATEMENTS[0], id_="a"),
            bank(STATEMENTS[0], id_="b"),
            bank(STATEMENTS[0], kind="terms", id_="c"),
        ]
    )
    (signals,) = detector.detect(items(STATEMENTS[0]))
    assert sorted(signal.details["bank"] for signal in signals) == ["a", "b"]


def test_fields_of_one_item_are_told_apart() -> None:
    item = TextItem(Subject(SubjectKind.ACCOUNT, "1"), {"bio": "hello there", "note": STATEMENTS[2]})
    ((signal,),) = NearDuplicateDetector([bank(*STATEMENTS)]).detect([item])
    assert signal.spans[0].field == "note"
    assert signal.spans[0].end <= len(STATEMENTS[2])


@settings(deadline=None)
@given(st.lists(st.text(), max_size=6), st.lists(st.text(), max_size=4))
def test_any_text_and_any_bank(texts: list[str], known: list[str]) -> None:
    detector = NearDuplicateDetector([bank(*known)])
    for text, signals in zip(texts, detector.detect(items(*texts)), strict=True):
        for signal in signals:
            assert 0.4 <= signal.score <= 1
            assert 0 <= signal.spans[0].start < signal.spans[0].end <= len(text)


@settings(deadline=None)
@given(st.lists(st.text(alphabet="abcd ا🔥\n@1", max_size=40), max_size=6))
def test_shingles_are_those_of_each_text_alone(texts: list[str]) -> None:
    together = shingles(PreparedBatch(items(*texts)))
    for number, text in enumerate(texts):
        alone = shingles(PreparedBatch(items(text)))
        begin, end = together.bounds[number], together.bounds[number + 1]
        assert together.hashes[begin:end].tolist() == alone.hashes.tolist()
        assert together.words[number] == alone.words[0]
