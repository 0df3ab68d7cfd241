"""Threats in Arabic written with Latin letters: told from other languages, with digits and without."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from tenfold.detectors.base import TextItem
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.detectors.threat.detector import ThreatDetector
from tenfold.subjects import Subject, SubjectKind

SENTENCES = yaml.safe_load((Path(__file__).parent / "arabizi.yaml").read_text("utf-8"))
OTHER_LANGUAGES = (
    "la banda toca el himno en la plaza",
    "ik ga morgen met de trein naar huis",
    "el gato duerme bajo la mesa del patio",
    "je vais au marche avec ma soeur demain",
    "saya pergi ke pasar besok pagi",
    "yarin aksam eve gidiyorum",
    "my k9 unit trains at 7am, gr8 dogs",
    "see u 2nite b4 the show m8",
)


@pytest.fixture(scope="module")
def detector() -> ThreatDetector:
    return ThreatDetector()


def threatening(detector: ThreatDetector, texts: Sequence[str]) -> list[str]:
    items = [TextItem(Subject(SubjectKind.POST, str(i)), {"text": text}) for i, text in enumerate(texts)]
    found = detector.read(PreparedBatch(items))
    return [
        text for text, one in zip(texts, found, strict=True) if one.worst and one.worst.level.startswith("T")
    ]


def test_threats_are_read(detector: ThreatDetector) -> None:
    assert threatening(detector, SENTENCES["threats"]) == SENTENCES["threats"]


def test_what_looks_like_threats_is_none(detector: ThreatDetector) -> None:
    assert threatening(detector, SENTENCES["harmless"]) == []


def test_other_languages_in_latin_letters_threaten_nobody(detector: ThreatDetector) -> None:
    assert threatening(detector, OTHER_LANGUAGES) == []
