"""Media against banks of media: the same file, or the same picture, edited, turned, negative or bordered."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import numpy as np

from tenfold.detectors.media.bands import Codes, codes_of
from tenfold.detectors.media.hashes import form_of
from tenfold.detectors.media.index import HashIndex
from tenfold.detectors.media.pdq import BITS, from_hex
from tenfold.detectors.media.turns import INVERSE, UPRIGHT, turned_hashes
from tenfold.evidence import Signal, SignalKind
from tenfold.store import media_hashes
from tenfold.store.database import Conn
from tenfold.store.media_hashes import Matched
from tenfold.subjects import Subject

MEDIA: Final = SignalKind(
    name="media",
    title="Known picture or file",
    score_means="confidence of the bank's entry times the share of hash bits that agree; 1: the very file",
    details={
        "bank": "str",
        "label": "str",
        "entry": "str",
        "match": "str",
        "distance": "int",
        "turn": "str",
        "negative": "bool",
        "border": "bool",
        "confidence": "float",
    },
)
FILE, PICTURE, COPY = "same-file", "same-picture", "near-copy"
MOST_HITS: Final = 1_000  # hashes looked up for one item, the nearest; a bank of a film's frames has many


class MediaItem(msgspec.Struct, frozen=True, kw_only=True):
    """A media item with the hashes that the platform gave, in lower-case hexadecimal digits."""

    subject: Subject
    sha256: str | None = None
    md5: str | None = None
    pdq: str | None = None
    pdq_trimmed: str | None = None


class _Asked(msgspec.Struct, frozen=True):
    """One hash to look for: which item's, and what was done to the item's own hash.

    `turn`: how the item would be turned against the entry, if this is what matches.
    """

    item: int
    turn: str = UPRIGHT
    negative: bool = False
    border: bool = False


class _Hit(msgspec.Struct, frozen=True):
    asked: _Asked
    number: int
    distance: int


class _Match(msgspec.Struct, frozen=True):
    entry: Matched
    distance: int
    turn: str = UPRIGHT
    negative: bool = False
    border: bool = False

    @property
    def order(self) -> tuple[int, bool, bool, bool]:
        """Nearer first; among equals whatever supposes less."""
        return (self.distance, self.negative, self.turn != UPRIGHT, self.border)


class MediaDetector:
    """Finds media in banks. The store says which entries match now; the index only which hashes are near."""

    name = "media"
    version = "1"
    kinds = (MEDIA,)

    def __init__(self) -> None:
        self._index = HashIndex()

    def update(self, conn: Conn) -> None:
        """Hold all hashes that are in the store now."""
        loading = self._index.last == 0
        while page := media_hashes.pdq_after(conn, self._index.last):
            numbers = np.frombuffer(page.numbers, ">i4").astype(np.uint32)
            self._index.add(numbers, codes_of(page.hashes))
        if loading:
            self._index.freeze()

    def detect(self, conn: Conn, items: Sequence[MediaItem]) -> list[list[Signal]]:
        """Signals for each item, in their order: of every bank and label the nearest entry."""
        self.update(conn)
        found: list[dict[tuple[str, str], _Match]] = [{} for _ in items]
        for number, match in (*self._files(conn, items), *self._pictures(conn, items)):
            group = (match.entry.bank, match.entry.label)
            best = found[number].get(group)
            if best is None or match.order < best.order:
                found[number][group] = match
        return [
            [self._signal(item.subject, match) for match in matches.values()]
            for item, matches in zip(items, found, strict=True)
        ]

    def _files(self, conn: Conn, items: Sequence[MediaItem]) -> Iterator[tuple[int, _Match]]:
        given = [
            (number, kind, digest)
            for number, item in enumerate(items)
            for kind, digest in (("sha256", item.sha256), ("md5", item.md5))
            if digest
        ]
        known = media_hashes.by_digest(conn, [digest for _, _, digest in given]) if given else {}
        for number, kind, digest in given:
            for entry in known.get((kind, digest), ()):
                yield number, _Match(entry, 0)

    def _pictures(self, conn: Conn, items: Sequence[MediaItem]) -> Iterator[tuple[int, _Match]]:
        hits = self._near(items)
        known = media_hashes.by_number(conn, [hit.number for hit in hits]) if hits else {}
        for hit in hits:
            entry = known.get(hit.number)
            if entry is None:  # removed, expired, disabled or taken back
                continue
            form = form_of(entry.form)
            asked = hit.asked
            if UPRIGHT not in (asked.turn, form.turn):
                continue  # this entry has the turned picture's own hashes, which say it better
            yield (
                asked.item,
                _Match(
                    entry,
                    hit.distance,
                    turn=form.turn if asked.turn == UPRIGHT else asked.turn,
                    negative=asked.negative,
                    border=asked.border or form.trimmed,
                ),
            )

    def _near(self, items: Sequence[MediaItem]) -> list[_Hit]:
        """The nearest hashes in the index to any form of each item."""
        asked, codes = _questions(items)
        if not asked or not len(self._index):
            return []
        of, numbers, distances = self._index.search(codes)
        owners = np.array([one.item for one in asked])[of]
        order = np.lexsort((of, distances, owners))
        firsts = np.searchsorted(owners[order], owners[order])
        taken = order[np.arange(len(order)) - firsts < MOST_HITS]
        return [_Hit(asked[of[i]], int(numbers[i]), int(distances[i])) for i in taken]

    def _signal(self, subject: Subject, match: _Match) -> Signal:
        entry = match.entry
        exact = PICTURE if match.distance == 0 else COPY
        return Signal(
            subject=subject,
            name=MEDIA.name,
            key=f"{entry.bank}:{entry.key}",
            score=round(entry.confidence * (1 - match.distance / BITS), 3),
            detector=self.name,
            version=self.version,
            details={
                "bank": entry.bank,
                "label": entry.label,
                "entry": entry.key,
                "match": FILE if entry.kind != "pdq" else exact,
                "distance": match.distance,
                "turn": match.turn,
                "negative": match.negative,
                "border": match.border,
                "confidence": round(entry.confidence, 3),
            },
        )


def _questions(items: Sequence[MediaItem]) -> tuple[list[_Asked], Codes]:
    """Every PDQ hash to look for: of each given one the eight turns, and the negatives of these."""
    given = [
        (number, border, digits)
        for number, item in enumerate(items)
        for border, digits in ((False, item.pdq), (True, item.pdq_trimmed))
        if digits
    ]
    if not given:
        return [], np.zeros((0, BITS // 64), np.uint64)
    bits = np.stack([from_hex(digits) for _, _, digits in given])
    asked: list[_Asked] = []
    rows = []
    for turn, hashes in turned_hashes(bits).items():
        for negative in (False, True):
            undone = INVERSE.get(turn, turn)
            asked += [_Asked(number, undone, negative, border) for number, border, _ in given]
            rows.append(hashes ^ negative)
    packed = np.packbits(np.concatenate(rows)[:, ::-1], axis=1)
    return asked, codes_of(packed.tobytes())
