"""Ways in which English states a threat, and what looks like them: `english.yaml`, sentence by sentence."""

from pathlib import Path

import pytest
import yaml

from tenfold.detectors.base import TextItem
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.detectors.threat.detector import ThreatDetector
from tenfold.subjects import Subject, SubjectKind

SENTENCES = yaml.safe_load((Path(__file__).parent / "english.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def detector() -> ThreatDetector:
    return ThreatDetector()


def threatening(detector: ThreatDetector, texts: list[str]) -> list[str]:
    """Those of the texts that are taken for their author's own threat."""
    items = [TextItem(Subject(SubjectKind.POST, str(i)), {"text": text}) for i, text in enumerate(texts)]
    found = detector.read(PreparedBatch(items))
    return [
        text for text, one in zip(texts, found, strict=True) if one.worst and one.worst.level.startswith("T")
    ]


@pytest.mark.parametrize("construction", SENTENCES["threats"])
def test_a_threat_is_read_however_it_is_put(detector: ThreatDetector, construction: str) -> None:
    texts = SENTENCES["threats"][construction]
    assert threatening(detector, texts) == texts


@pytest.mark.parametrize("kind", SENTENCES["harmless"])
def test_what_looks_like_a_threat_is_none(detector: ThreatDetector, kind: str) -> None:
    assert threatening(detector, SENTENCES["harmless"][kind]) == []
