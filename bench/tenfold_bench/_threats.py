"""What the benches of threats share: the data folder, and the detector over many texts."""

import csv
from collections.abc import Sequence
from pathlib import Path

from tenfold.detectors.base import TextItem
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.detectors.threat.detector import ThreatDetector
from tenfold.detectors.threat.telling import Read
from tenfold.subjects import Subject, SubjectKind

DATA = Path(__file__).resolve().parents[2] / "../shared/data"
BATCH = 500


def rows(name: str) -> list[dict[str, str]]:
    """A table of the data folder; ends the program, saying what is missing, when it is not there."""
    path = DATA / name
    if not path.is_file():
        raise SystemExit(f"this bench reads {path.resolve()}, which is not there")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def items(texts: Sequence[str]) -> list[TextItem]:
    return [TextItem(Subject(SubjectKind.POST, str(i)), {"text": text}) for i, text in enumerate(texts)]


def read(texts: Sequence[str]) -> list[Read]:
    """What the detector's rules read in each text, in batches as the pipeline has them."""
    detector = ThreatDetector()
    found: list[Read] = []
    for start in range(0, len(texts), BATCH):
        found += detector.read(PreparedBatch(items(texts[start : start + BATCH])))
    return found


def level(one: Read) -> str:
    """T0 to T3, N for somebody else's words, "" for nothing."""
    return one.worst.level if one.worst else ""


def threatens(one: Read) -> bool:
    """Whether a text was taken for its author's own threat."""
    return level(one).startswith("T")
