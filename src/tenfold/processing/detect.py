"""Detect: the texts that a batch set, through every text detector at once."""

import msgspec

from tenfold.detectors.base import TextItem
from tenfold.detectors.text.suite import TextResult, TextSuite
from tenfold.events import MediaUploaded
from tenfold.evidence import Signal
from tenfold.processing import words
from tenfold.processing.fold import Batch
from tenfold.store import signals as store_signals
from tenfold.store.database import Conn
from tenfold.subjects import Subject


class Detected(msgspec.Struct, kw_only=True):
    """Results by the position of the question, and what is now known of each subject read."""

    results: dict[int, TextResult]
    current: dict[Subject, list[Signal]]


def detect(suite: TextSuite, batch: Batch) -> Detected:
    """Read every version of every text that the batch set; the last version of a subject stands.

    A post learns its language, its script and the normal form of its links.
    """
    asked = [
        (number, question) for number, question in enumerate(batch.questions) if question.texts is not None
    ]
    found = suite.detect([TextItem(question.subject, question.texts or {}) for _, question in asked])
    detected = Detected(results={}, current={})
    for (number, question), result in zip(asked, found, strict=True):
        written = question.numbered.event.data
        if isinstance(written, MediaUploaded):
            result.signals[:] = words.placed(result.signals, written.words)
        detected.results[number] = result
        detected.current[question.subject] = result.signals
        if question.post:
            question.post.language = result.language or question.post.language
            question.post.script = result.script
            question.post.links = list(result.links)
    return detected


def save(conn: Conn, detected: Detected) -> None:
    """Make what was found all that is known of the subjects that were read."""
    if detected.current:
        signals = [signal for found in detected.current.values() for signal in found]
        store_signals.replace(conn, detected.current, signals)
