"""Recognise: the media that a batch set, against the banks of media."""

from collections.abc import Mapping, Sequence

from tenfold.detectors.media.detector import MediaDetector, MediaItem
from tenfold.evidence import Signal
from tenfold.processing.fold import Batch
from tenfold.store import signals as store_signals
from tenfold.store.database import Conn


def recognise(
    conn: Conn, detector: MediaDetector, batch: Batch, read: Mapping[int, Sequence[Signal]]
) -> dict[int, list[Signal]]:
    """Signals of uploaded media by the position of the question, with those that were `read` in its words;
    they become all that is known of it."""
    asked = [
        (number, question.subject, question.media)
        for number, question in enumerate(batch.questions)
        if question.media and not question.report
    ]
    if not asked:
        return {}
    items = [
        MediaItem(
            subject=subject,
            sha256=media.sha256,
            md5=media.md5,
            pdq=media.pdq,
            pdq_trimmed=media.pdq_trimmed,
            pdq_panels=media.pdq_panels,
            points=media.points,
            film=media.film,
            sound=media.sound,
        )
        for _, subject, media in asked
    ]
    found = [
        [*read.get(number, ()), *signals]
        for (number, _, _), signals in zip(asked, detector.detect(conn, items), strict=True)
    ]
    last = {subject: signals for (_, subject, _), signals in zip(asked, found, strict=True)}
    store_signals.replace(conn, last, [signal for signals in last.values() for signal in signals])
    return {number: signals for (number, _, _), signals in zip(asked, found, strict=True)}
