"""Terms and phrases of banks, found in posts and profiles in spite of spelling, clitics and evasion."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property

import msgspec
import numpy as np

from tenfold.detectors.base import Bank, BankEntry, TextItem
from tenfold.detectors.text import evasion
from tenfold.detectors.text.evasion import Reading
from tenfold.detectors.text.normalise import NormalBatch, Positions, normalise_batch
from tenfold.detectors.text.phrase_index import Hit, PhraseIndex
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.evidence import Signal, SignalKind, Span

TERMS = SignalKind(
    name="terms",
    title="Term or phrase of a bank",
    score_means="the confidence of the bank entry that was found; an evasive spelling does not lower it",
    details={"bank": "str", "label": "str", "entry": "str", "form": "str", "count": "int"},
)

MAX_SIGNALS = 50  # of one item; those with the highest scores
MAX_SPANS = 20  # of one signal; `count` tells how many there were
_SHORTEST_RUN_TOGETHER = 5  # letters of a phrase looked for inside a row of spaced-out letters


class _Match(msgspec.Struct, frozen=True):
    """A phrase in text number `text`, at [start, end) of its original code points."""

    text: int
    start: int
    end: int
    phrase: str
    form: str


class _Known(msgspec.Struct, frozen=True):
    """An entry of a bank; `bank` is its place among the banks."""

    bank: int
    entry: BankEntry


class TermsDetector:
    """Finds the entries of all banks of kind `terms`; other banks are passed over.

    Building takes about 10 µs an entry. An entry whose value has no letter or digit is never found.
    """

    name = "terms"
    version = "1"
    kinds = (TERMS,)

    def __init__(self, banks: Sequence[Bank]) -> None:
        self._banks = [bank for bank in banks if bank.kind == "terms"]
        self._entries: dict[str, list[_Known]] = {}
        for number, bank in enumerate(self._banks):
            known: dict[str, _Known] = {}
            for entry, phrase in zip(
                bank.entries, normal_lines([e.value for e in bank.entries]), strict=True
            ):
                if phrase:
                    known.setdefault(phrase, _Known(number, entry))
            for phrase, first in known.items():
                self._entries.setdefault(phrase, []).append(first)
        self._index = PhraseIndex(self._entries)

    def detect(self, items: Sequence[TextItem]) -> list[list[Signal]]:
        """Signals for each item, in the order of the items."""
        return self.detect_prepared(PreparedBatch(items))

    def detect_prepared(self, batch: PreparedBatch) -> list[list[Signal]]:
        """Signals for each item of the batch, in the order of the items."""
        found: list[list[Signal]] = [[] for _ in batch.items]
        if not self._entries:
            return found
        by_item: dict[int, list[_Match]] = {}
        for match in self._matches(batch.normal):
            by_item.setdefault(batch.owners[match.text], []).append(match)
        for number, matches in by_item.items():
            found[number] = self._signals(batch, number, matches)
        return found

    def _matches(self, normal: NormalBatch) -> Iterator[_Match]:
        hits = self._index.find(normal.text, normal.codes, *normal.words)
        yield from _placed(normal, hits, normal.origin, ["plain"] * len(hits))
        runs = evasion.spaced_runs(normal)
        tags = evasion.hashtag_words(normal)
        readings = list(evasion.leet(normal))
        if runs:
            readings.append(evasion.unspaced(normal, runs))
        for reading in (evasion.unstretched(normal, self._doubled), evasion.unjoined(normal, tags)):
            if reading is not None:
                readings.append(reading)
        if readings:
            yield from self._in_readings(normal, readings)
        yield from self._run_together(normal, runs, tags)

    def _in_readings(self, normal: NormalBatch, readings: Sequence[Reading]) -> Iterator[_Match]:
        """Matches that rest on something that a reading changed; all readings are searched as one."""
        codes = np.concatenate([reading.codes for reading in readings])
        origin = np.concatenate([*(reading.origin[:-1] for reading in readings), readings[-1].origin[-1:]])
        changed = np.cumsum(np.concatenate([[False], *(reading.changed for reading in readings)]))
        ends = np.cumsum([len(reading.codes) for reading in readings])
        all_ = NormalBatch(normal.source, codes, origin, np.zeros(0, dtype=np.int32))
        hits = [
            hit
            for hit in self._index.find(all_.text, codes, *all_.words)
            if changed[hit.end] > changed[hit.start]
        ]
        forms = [readings[bisect_left(ends, hit.end)].form for hit in hits]
        yield from _placed(normal, hits, origin, forms)

    def _run_together(
        self, normal: NormalBatch, runs: Sequence[evasion.SpacedRun], tags: Sequence[tuple[int, int]]
    ) -> Iterator[_Match]:
        """Phrases without spaces between their words: as a hashtag, or with all letters spaced out."""
        hits, forms = [], []
        for start, end in tags:
            phrase = self._without_spaces.get(normal.text[start:end])
            if phrase:
                hits.append(Hit(phrase, start, end))
                forms.append("hashtag")
        for run in runs:
            for first, last in _parts(len(run.letters)):
                written = run.letters[first:last]
                phrase = written if written in self._entries else self._without_spaces.get(written)
                if phrase:
                    hits.append(Hit(phrase, run.places[first], run.places[last - 1] + 1))
                    forms.append("spaced")
        yield from _placed(normal, hits, normal.origin, forms)

    @cached_property
    def _without_spaces(self) -> dict[str, str]:
        return {phrase.replace(" ", ""): phrase for phrase in self._entries if " " in phrase}

    @cached_property
    def _doubled(self) -> dict[str, list[str]]:
        return evasion.doubled_words(list(self._entries))

    def _signals(self, batch: PreparedBatch, number: int, matches: list[_Match]) -> list[Signal]:
        """One signal for each entry found in the item, with all the places where it was."""
        places: dict[tuple[int, str], list[_Match]] = {}
        entries: dict[tuple[int, str], BankEntry] = {}
        for bank, match, entry in self._longest(matches):
            places.setdefault((bank, entry.key), []).append(match)
            entries[bank, entry.key] = entry
        signals = [
            self._signal(batch, number, self._banks[bank], entries[bank, key], found)
            for (bank, key), found in places.items()
        ]
        signals.sort(key=lambda signal: -signal.score)
        return signals[:MAX_SIGNALS]

    def _longest(self, matches: list[_Match]) -> Iterator[tuple[int, _Match, BankEntry]]:
        """Matches with their entries; of overlapping ones of a bank the longest, and plain before guessed."""
        matches.sort(key=lambda m: (m.text, m.start - m.end, m.form != "plain", m.start))
        taken: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for match in matches:
            for known in self._entries[match.phrase]:
                ranges = taken.setdefault((known.bank, match.text), [])
                at = bisect_left(ranges, (match.end, 0))
                if at and ranges[at - 1][1] > match.start:
                    continue
                ranges.insert(at, (match.start, match.end))
                yield known.bank, match, known.entry

    def _signal(
        self, batch: PreparedBatch, number: int, bank: Bank, entry: BankEntry, found: list[_Match]
    ) -> Signal:
        found.sort(key=lambda match: (match.text, match.start))
        forms = {match.form for match in found}
        return Signal(
            subject=batch.items[number].subject,
            name=TERMS.name,
            score=bank.confidence if entry.confidence is None else entry.confidence,
            detector=self.name,
            version=self.version,
            key=f"{bank.id}:{entry.key}",
            spans=tuple(Span(batch.fields[m.text], m.start, m.end) for m in found[:MAX_SPANS]),
            details={
                "bank": bank.id,
                "label": entry.label,
                "entry": entry.value,
                "form": "plain" if "plain" in forms else min(forms),
                "count": len(found),
            },
        )


def normal_lines(values: Sequence[str]) -> list[str]:
    """The normal form of each value."""
    return [line.rstrip(" ") for line in normalise_batch(values).text.split("\n")[1:-1]]


def _parts(letters: int) -> Iterator[tuple[int, int]]:
    """The whole of a run of letters, and every part of it that is long enough to be no accident."""
    yield 0, letters
    for first in range(letters - _SHORTEST_RUN_TOGETHER + 1):
        for last in range(first + _SHORTEST_RUN_TOGETHER, letters + 1):
            yield first, last


def _placed(
    normal: NormalBatch, hits: Sequence[Hit], origin: Positions, forms: Sequence[str]
) -> Iterator[_Match]:
    """Hits, given in codes that come from `origin`, as matches in the original texts."""
    if not hits:
        return
    starts = np.array([hit.start for hit in hits])
    ends = np.array([hit.end for hit in hits])
    first = origin[starts]
    last = np.maximum(origin[ends], origin[ends - 1] + 1)
    texts = np.searchsorted(normal.begins, first, side="right") - 1
    begins = normal.begins[texts]
    columns = (column.tolist() for column in (texts, first - begins, last - begins))
    for text, start, end, hit, form in zip(*columns, hits, forms, strict=True):
        yield _Match(text, start, end, hit.phrase, form)
