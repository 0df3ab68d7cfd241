"""All text detectors over one batch, which is brought to normal form once."""

from collections.abc import Callable, Sequence
from itertools import chain, islice
from typing import Generic, TypeVar

import msgspec

from tenfold.detectors.base import Bank, TextItem
from tenfold.detectors.text import meaning, neardup, terms, urls
from tenfold.detectors.text.language import identify
from tenfold.detectors.text.meaning import MeaningDetector
from tenfold.detectors.text.neardup import NearDuplicateDetector
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.detectors.text.terms import TermsDetector
from tenfold.detectors.text.urls import UrlDetector, find_urls
from tenfold.detectors.threat import telling as threat
from tenfold.detectors.threat.detector import ThreatDetector
from tenfold.evidence import Signal, SignalKind

KINDS: dict[str, SignalKind] = {
    kind.name: kind for kind in (terms.TERMS, urls.URL, urls.DOMAIN, neardup.KIND, meaning.KIND, threat.KIND)
}

MAX_LINKS = 200  # of one item: as many as an event may list


class TextResult(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in the texts of one item.

    `language`: ISO 639-1, or "ar-Latn" for Arabic in Latin letters and digits; None when it cannot be told.
    `script`: ISO 15924 of most of its letters ("Arab", "Latn"); None when it has no letters.
    `links`: the URLs in its texts, in normal form, each once.
    """

    language: str | None
    script: str | None
    links: tuple[str, ...]
    signals: list[Signal]


_Detector = TypeVar("_Detector")


class _Built(msgspec.Struct, Generic[_Detector], frozen=True):
    """A detector, and how and with which banks it was built."""

    build: Callable[[Sequence[Bank]], _Detector]
    kinds: tuple[str, ...]
    banks: list[Bank]
    detector: _Detector


class TextSuite:
    """The text detectors with their banks. No text makes it raise; threads may share it."""

    def __init__(self, banks: Sequence[Bank]) -> None:
        self._terms = _build(TermsDetector, banks, "terms")
        self._urls = _build(UrlDetector, banks, "urls", "domains")
        self._copies = _build(NearDuplicateDetector, banks, "texts")
        self._meanings = _build(MeaningDetector, banks, "meanings")
        self._threats = ThreatDetector()

    def updated(self, banks: Sequence[Bank]) -> "TextSuite":
        """A suite with these banks; detectors whose banks did not change are shared, not built anew."""
        suite = object.__new__(TextSuite)
        suite._terms = _rebuild(self._terms, banks)
        suite._urls = _rebuild(self._urls, banks)
        suite._copies = _rebuild(self._copies, banks)
        suite._meanings = _rebuild(self._meanings, banks)
        suite._threats = self._threats
        return suite

    def detect(self, items: Sequence[TextItem]) -> list[TextResult]:
        """What is found in each item, in the order of the items."""
        batch = PreparedBatch(items)
        urls_of_texts = [find_urls(text) for text in batch.texts]
        links: list[dict[str, None]] = [{} for _ in items]
        for owner, found in zip(batch.owners, urls_of_texts, strict=True):
            links[owner].update((one.url.text, None) for one in found)
        languages = identify(["\n".join(item.fields.values()) for item in items])
        signals = zip(
            self._terms.detector.detect_prepared(batch),
            self._urls.detector.detect_found(batch, urls_of_texts),
            self._copies.detector.detect_prepared(batch),
            self._meanings.detector.detect_prepared(batch),
            self._threats.detect_prepared(batch),
            strict=True,
        )
        return [
            TextResult(
                language=spoken.language,
                script=spoken.script,
                links=tuple(islice(of_item, MAX_LINKS)),
                signals=list(chain.from_iterable(found)),
            )
            for spoken, of_item, found in zip(languages, links, signals, strict=True)
        ]


def _build(
    build: Callable[[Sequence[Bank]], _Detector], banks: Sequence[Bank], *kinds: str
) -> _Built[_Detector]:
    wanted = [bank for bank in banks if bank.kind in kinds]
    return _Built(build, kinds, wanted, build(wanted))


def _rebuild(built: _Built[_Detector], banks: Sequence[Bank]) -> _Built[_Detector]:
    wanted = [bank for bank in banks if bank.kind in built.kinds]
    return built if wanted == built.banks else _Built(built.build, built.kinds, wanted, built.build(wanted))
