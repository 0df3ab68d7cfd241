"""Idioms of intimidation: two kinds of menace are credible, one alone is low, harmless readings are none."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from tenfold.detectors.base import TextItem
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.detectors.threat.detector import ThreatDetector
from tenfold.detectors.threat.levels import Factors, assess
from tenfold.detectors.threat.reading import Reading
from tenfold.subjects import Subject, SubjectKind

SENTENCES = yaml.safe_load((Path(__file__).parent / "intimidation.yaml").read_text("utf-8"))
LANGUAGES = ("en", "ar", "ar-Latn")


@pytest.fixture(scope="module")
def detector() -> ThreatDetector:
    return ThreatDetector()


def read(detector: ThreatDetector, texts: Sequence[str]) -> dict[str, Reading | None]:
    items = [TextItem(Subject(SubjectKind.POST, str(i)), {"text": text}) for i, text in enumerate(texts)]
    found = detector.read(PreparedBatch(items))
    return {text: one.worst for text, one in zip(texts, found, strict=True)}


def level(reading: Reading | None) -> str:
    return reading.level if reading else ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_menace_of_two_kinds_is_credible(detector: ThreatDetector, language: str) -> None:
    found = read(detector, SENTENCES["credible"][language])
    assert {text: level(one) for text, one in found.items() if level(one) not in ("T1", "T2")} == {}
    assert {one.says for one in found.values() if one} == {"veiled"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_menace_alone_is_low(detector: ThreatDetector, language: str) -> None:
    found = read(detector, SENTENCES["low"][language])
    assert {text: level(one) for text, one in found.items() if level(one) != "T3"} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_idioms_are_harmless_in_other_mouths(detector: ThreatDetector, language: str) -> None:
    found = read(detector, SENTENCES["harmless"][language])
    assert {text: level(one) for text, one in found.items() if level(one).startswith("T")} == {}


def test_somebody_elses_menace_is_told_as_reported(detector: ThreatDetector) -> None:
    text = "The letter says that the judge will answer for every word and that they do not warn twice"
    (found,) = read(detector, [text]).values()
    assert found is not None
    assert (found.level, found.ungated) == ("N", "T2")


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ({"warning"}, "T3"),
        ({"warning", "marked"}, "T2"),
        ({"watching", "coming"}, "T2"),
        ({"private", "coming"}, "T1"),
        ({"warning", "when"}, "T3"),
    ],
)
def test_the_table_asks_for_two_kinds(kinds: set[str], expected: str) -> None:
    found = Factors(says="veiled", act="attack", target="staff", found=frozenset(kinds), hours=None)
    assert assess(found).level == expected
