"""Where the time of the text detectors goes, and what the two that look for likeness find and miss.

Time is CPU time of one core over real posts in batches of 500, with the shipped banks, after a warm-up on
other posts.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from tenfold.detectors import shipped
from tenfold.detectors.base import Bank, BankEntry, TextItem
from tenfold.detectors.text.language import identify
from tenfold.detectors.text.meaning import NEAR, MeaningDetector
from tenfold.detectors.text.neardup import NearDuplicateDetector
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.detectors.text.suite import TextSuite
from tenfold.detectors.text.terms import TermsDetector
from tenfold.detectors.text.urls import UrlDetector, find_urls
from tenfold.detectors.text.windows import windows
from tenfold.subjects import Subject, SubjectKind
from tenfold_bench import _posts
from tenfold_bench.result import Figure, Result

_Work = TypeVar("_Work")
BATCH = 500
OTHER_WORDS = ["truly", "lantern", "حقا", "والنهر"]


def items(texts: Sequence[str]) -> list[TextItem]:
    return [TextItem(Subject(SubjectKind.POST, str(i)), {"text": text}) for i, text in enumerate(texts)]


def decorate(words: list[str], chance: random.Random) -> list[str]:
    link = f"https://t.example/{chance.randrange(10**9)}"
    return [*words[:2], "🔥🔥", *words[2:], f"@u{chance.randrange(999)}", link]


def reorder(words: list[str], _: random.Random) -> list[str]:
    middle = len(words) // 2
    return words[middle:] + words[:middle]


def leave_out(words: list[str], chance: random.Random) -> list[str]:
    return [word for word in words if chance.random() > 1 / 8] or words


def replace(words: list[str], chance: random.Random) -> list[str]:
    return [word if chance.random() > 1 / 8 else chance.choice(OTHER_WORDS) for word in words]


EDITS: dict[str, Callable[[list[str], random.Random], list[str]]] = {
    "links, mentions, emoji added": decorate,
    "halves in another order": reorder,
    "one word in eight left out": leave_out,
    "one word in eight replaced": replace,
}


def run(quick: bool) -> Result:
    size = 4_000 if quick else 20_000
    posts = _posts.mixture(size * 2)
    figures = [*_times(posts[:size], posts[size:]), *_copies(1_000 if quick else 3_000)]
    return Result(
        name="detectors",
        n=size,
        figures=[*figures, *_meanings(500 if quick else 2_000)],
        notes=["No peer is measured here: no library at hand does this work on Arabic and English posts."],
    )


def _times(warm_up: Sequence[str], posts: Sequence[str]) -> list[Figure]:
    banks = shipped.banks()
    suite = TextSuite(banks)
    for start in range(0, len(warm_up), BATCH):
        suite.detect(items(warm_up[start : start + BATCH]))
    terms, links = TermsDetector(banks), UrlDetector(banks)
    copies, meanings = NearDuplicateDetector(banks), MeaningDetector(banks)
    parts: dict[str, Callable[[PreparedBatch], object]] = {
        "language": lambda batch: identify(batch.texts),
        "terms": terms.detect_prepared,
        "links": lambda batch: links.detect_found(batch, [find_urls(text) for text in batch.texts]),
        "near-duplicates": copies.detect_prepared,
        "meaning": meanings.detect_prepared,
    }
    spent: Counter[str] = Counter()
    half = len(posts) // 2  # words and texts seen a moment ago are cheap: neither measures what the other saw
    for start in range(0, half, BATCH):
        batch = items(posts[start : start + BATCH])
        spent["normal form"] += _timed(PreparedBatch, batch)
        prepared = PreparedBatch(batch)
        for name, part in parts.items():
            spent[name] += _timed(part, prepared)
    for start in range(half, len(posts), BATCH):
        spent["the whole suite"] += _timed(suite.detect, items(posts[start : start + BATCH]))
    return [Figure(label=name, ours=ns / half / 1e3, unit="µs CPU a post") for name, ns in spent.items()]


def _timed(work: Callable[[_Work], object], on: _Work) -> int:
    start = time.process_time_ns()
    work(on)
    return time.process_time_ns() - start


def _copies(size: int) -> list[Figure]:
    """Edited copies found, of real posts of eight words and more; wrong matches between unrelated posts."""
    chance = random.Random(7)
    figures = []
    for source in ("reporters", "Arabic"):
        known = [text for text in _posts.load(source) if len(text.split()) >= 8][:size]
        entries = [BankEntry(key=str(i), value=text, label="known") for i, text in enumerate(known)]
        detector = NearDuplicateDetector([Bank(id="known", kind="texts", title="Known", entries=entries)])
        for edit, apply in EDITS.items():
            edited = items([" ".join(apply(text.split(), chance)) for text in known])
            found = sum(map(bool, detector.detect(edited)))
            figures.append(
                Figure(
                    label=f"copies found: {source}, {edit}",
                    ours=100 * found / len(known),
                    unit="%",
                    goal=">= 90",
                )
            )
        others = _posts.load("people")[: size * 2]
        wrong = sum(map(len, detector.detect(items(others))))
        pairs = len(known) * len(others)
        figures.append(Figure(label=f"wrong among {pairs:,} pairs: {source}", ours=wrong, unit="", goal="0"))
    return figures


def _meanings(size: int) -> list[Figure]:
    """Ordinary posts whose meaning is looked at closely, and that are wrongly found."""
    detector = MeaningDetector(shipped.banks())
    figures = []
    for source in _posts.SOURCES:
        posts = _posts.load(source)[:size]
        batch = PreparedBatch(items(posts))
        embedded = {candidate.text for candidate in detector.candidates(batch)}
        stretches = [(i, window.words) for i, text in enumerate(posts) for window in windows(text)]
        evidence = detector.compare([words for _, words in stretches])[1].max(axis=1)
        every = {number for (number, _), found in zip(stretches, evidence, strict=True) if found >= NEAR}
        for label, count in (
            ("embedded", len(embedded)),
            ("near in meaning", len(every & embedded)),
            ("near, but not embedded", len(every - embedded)),
        ):
            figures.append(Figure(label=f"{source}: {label}", ours=100 * count / len(posts), unit="%"))
    return figures
