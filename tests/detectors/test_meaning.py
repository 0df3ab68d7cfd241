"""What is said in other words, or in the other language, is found; what only sounds alike is not.

The posts of `meaning_samples.yaml` were written for this; the thresholds were chosen on those at even places,
the figures asserted here are of those at odd places.
"""

from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.detectors import shipped
from tenfold.detectors.base import Bank, BankEntry, TextItem
from tenfold.detectors.text.encoder import encoder
from tenfold.detectors.text.meaning import MeaningDetector, score
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.detectors.text.windows import windows
from tenfold.evidence import Signal
from tenfold.subjects import Subject, SubjectKind

SAMPLES: dict[str, list[str]] = yaml.safe_load(
    Path(__file__).with_name("meaning_samples.yaml").read_text(encoding="utf-8")
)
KEPT_ASIDE = {name: texts[1::2] for name, texts in SAMPLES.items()}


def items(texts: list[str]) -> list[TextItem]:
    return [TextItem(Subject(SubjectKind.POST, str(i)), {"text": text}) for i, text in enumerate(texts)]


def bank(*references: tuple[str, str], id_: str = "m") -> Bank:
    entries = [BankEntry(key=value, value=value, label=label) for label, value in references]
    return Bank(id=id_, kind="meanings", title="Meanings", entries=entries)


@pytest.fixture(scope="module")
def detector() -> MeaningDetector:
    return MeaningDetector([b for b in shipped.banks() if b.kind == "meanings"])


def share_found(detector: MeaningDetector, texts: list[str]) -> float:
    return float(np.mean([bool(signals) for signals in detector.detect(items(texts))]))


@pytest.mark.parametrize("language", ["en", "ar"])
def test_two_of_three_posts_kept_aside_are_found_in_either_language(
    detector: MeaningDetector, language: str
) -> None:
    texts = KEPT_ASIDE[f"recruitment_{language}"] + KEPT_ASIDE[f"fundraising_{language}"]
    assert len(texts) >= 32
    assert share_found(detector, texts) >= 0.65


@pytest.mark.parametrize("language", ["en", "ar"])
def test_news_charity_sport_jobs_and_warnings_are_not(detector: MeaningDetector, language: str) -> None:
    assert share_found(detector, KEPT_ASIDE[f"benign_{language}"]) == 0


def test_choosing_what_to_embed_loses_at_most_three_in_a_hundred(detector: MeaningDetector) -> None:
    texts = [text for name, found in KEPT_ASIDE.items() if "benign" not in name for text in found]
    batch = PreparedBatch(items(texts))
    embedded = {candidate.text for candidate in detector.candidates(batch)}
    _, every = detector.compare([window.words for text in texts for window in windows(text)[:1]])
    found = set(np.flatnonzero(every.max(axis=1) >= 0.28).tolist())
    assert len(found) > 40
    assert len(found - embedded) <= 0.03 * len(texts)


def test_an_arabic_paraphrase_of_an_english_reference_is_found() -> None:
    detector = MeaningDetector([bank(("recruitment", "Join our army, we are looking for young fighters."))])
    arabic = "التحق بجيشنا فنحن نبحث عن مقاتلين شباب"
    (signals, others) = detector.detect(items([arabic, "ذهبت أمس إلى السوق واشتريت خبزا وزيتونا"]))
    assert [signal.details["entry"] for signal in signals] == [
        "Join our army, we are looking for young fighters."
    ]
    assert others == []


def test_an_english_paraphrase_of_an_arabic_reference_is_found() -> None:
    detector = MeaningDetector([bank(("fundraising", "أرسلوا أموالكم لدعم مقاتلينا"))])
    (signals,) = detector.detect(items(["send your money to support our fighters"]))
    assert [signal.details["label"] for signal in signals] == ["fundraising"]


def test_the_sentence_that_matched_is_marked(detector: MeaningDetector) -> None:
    sentence = "Leave your job and join the ranks of the Ashen Banner with us."
    before = "What a lovely morning it was down by the river with the children and the dogs. " * 2
    text = f"{before}{sentence} Tomorrow it will rain in the whole country and the trains will be late again."
    (signals,) = detector.detect(items([text]))
    best = max(signals, key=lambda signal: signal.score)
    assert best.details["label"] == "recruitment"
    assert text[best.spans[0].start : best.spans[0].end] == sentence.rstrip(".")


def test_a_message_at_the_end_of_a_long_text_is_found(detector: MeaningDetector) -> None:
    long = "The harvest was good this year and the market was full of people. " * 300
    (signals,) = detector.detect(items([long + "Join the Ashen Banner, our ranks are open to you."]))
    assert {signal.details["label"] for signal in signals} == {"recruitment"}


def test_one_signal_for_a_label_and_the_best_one(detector: MeaningDetector) -> None:
    text = (
        "Young men, the banner wants you, join our ranks now and become one of us today. "
        "Join the Ashen Banner, our ranks are open to you. "
        "Please join the ranks of the Ashen Banner, all of our ranks are open for every one of you."
    )
    (signals,) = detector.detect(items([text]))
    recruiting = [signal for signal in signals if signal.details["label"] == "recruitment"]
    assert len(recruiting) == 1


def test_contrasts_are_never_told_and_lower_the_evidence() -> None:
    reference = ("recruitment", "Come and join our army as a soldier.")
    post = items(["come and join our army as a soldier today"])
    alone = MeaningDetector([bank(reference)]).detect(post)[0]
    contrast = ("contrast", "The national army is looking for soldiers, come and join today.")
    opposed = MeaningDetector([bank(reference, contrast)]).detect(post)[0]
    assert [s.details["label"] for s in alone] == ["recruitment"]
    assert all(s.details["label"] == "recruitment" for s in opposed)
    assert opposed == [] or opposed[0].details["evidence"] < alone[0].details["evidence"]


def test_links_mentions_and_numbers_do_not_count() -> None:
    plain = windows("send money to our fighters")[0].words
    decorated = windows("@a send money 100 to https://x.example/join-us our fighters www.pay.test/now")[
        0
    ].words
    assert encoder().pieces(plain) == encoder().pieces(decorated)


def test_other_banks_and_empty_ones_give_nothing() -> None:
    text = items(["Join the Ashen Banner, our ranks are open to you."])
    assert MeaningDetector([]).detect(text) == [[]]
    assert MeaningDetector([bank()]).detect(text) == [[]]
    only_contrasts = bank(("contrast", "The army is looking for recruits."))
    assert MeaningDetector([only_contrasts]).detect(text) == [[]]


def test_scores_grow_with_evidence_from_a_half_to_one() -> None:
    assert score(0.28) == 0.5
    assert 0.5 < score(0.3) < score(0.4) < 1
    assert score(0.9) == 1


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.integers(3, 120_000), max_size=40), min_size=1, max_size=8))
def test_a_glance_does_not_depend_on_the_company(texts: list[list[int]]) -> None:
    pieces = [tuple(text) for text in texts]
    together = encoder().glance(pieces)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-4)
    for text, vector in zip(pieces, together, strict=True):
        assert np.allclose(encoder().glance([text])[0], vector, atol=1e-4)


def test_what_is_forgotten_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sentences = [text.split()[:6] for text in KEPT_ASIDE["benign_en"][:6] + KEPT_ASIDE["benign_ar"][:6]]
    pieces = [encoder().pieces(words) for words in sentences]
    vectors = encoder().embed(pieces)
    monkeypatch.setattr("tenfold.detectors.text.encoder._WORDS_KEPT", 5)
    monkeypatch.setattr("tenfold.detectors.text.encoder._EMBEDDINGS_KEPT", 3)
    for words, expected, vector in zip(sentences, pieces, vectors, strict=True):
        assert encoder().pieces(words) == expected
        assert np.allclose(encoder().embed([expected])[0], vector, atol=1e-4)


def test_more_pieces_than_are_remembered() -> None:
    texts = [tuple(range(start, start + 500)) for start in range(3, 60_003, 500)]
    first = encoder().glance(texts[:1])
    encoder().glance(texts)
    assert np.allclose(encoder().glance(texts[:1]), first, atol=1e-4)


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="ab ا.\n!؟@🔥1", max_size=400))
def test_windows_lie_in_the_text_one_after_another(text: str) -> None:
    end = 0
    for window in windows(text):
        assert end <= window.start < window.end <= len(text)
        assert window.words[0] in text[window.start : window.end]
        assert len(window.words) <= 32
        end = window.end


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(), max_size=5))
def test_any_text(detector: MeaningDetector, texts: list[str]) -> None:
    found: list[list[Signal]] = detector.detect(items(texts))
    assert len(found) == len(texts)
