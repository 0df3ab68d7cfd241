"""Media against banks of media: the same file, the same picture, edited or turned, or a scene of a film."""

import logging
import zlib
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final, Self

import msgspec
import numpy as np

from tenfold.detectors.media import films, matches, signals
from tenfold.detectors.media.bands import Codes, codes_of
from tenfold.detectors.media.frames import FramesError
from tenfold.detectors.media.hashes import form_of
from tenfold.detectors.media.heard import Sounds
from tenfold.detectors.media.held import HeldHashes
from tenfold.detectors.media.matches import FILE, Match, Range
from tenfold.detectors.media.parts import Parts
from tenfold.detectors.media.pdq import BITS, from_hex
from tenfold.detectors.media.plainness import telling
from tenfold.detectors.media.points import PointsError
from tenfold.detectors.media.sounds import SoundError
from tenfold.detectors.media.turns import INVERSE, UPRIGHT, turned_hashes
from tenfold.evidence import Signal
from tenfold.store import media_hashes
from tenfold.store.database import Conn
from tenfold.store.media_hashes import Matched
from tenfold.subjects import Subject

MOST_HITS: Final = 1_000  # hashes looked up for one item, the nearest; a bank of a film's frames has many

log = logging.getLogger("tenfold.media")


class MediaItem(msgspec.Struct, frozen=True, kw_only=True):
    """A media item with its hashes in lower-case hexadecimal digits. A film's frames are written as frames.py
    does, a picture's points as points.py does, in Base64. `pdq_panels`: of pictures that stand in it."""

    subject: Subject
    sha256: str | None = None
    md5: str | None = None
    pdq: str | None = None
    pdq_trimmed: str | None = None
    pdq_panels: Sequence[str] = ()
    points: str | None = None
    film: str | None = None
    sound: str | None = None


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


class MediaDetector:
    """Finds media in banks. The store says which entries match now; the index only which hashes are near."""

    name = signals.DETECTOR
    version = signals.VERSION
    kinds = (signals.MEDIA,)

    def __init__(self) -> None:
        self._held = HeldHashes()
        self._sounds = Sounds()
        self._parts = Parts()

    @classmethod
    def of_entries_after(cls, conn: Conn, hashes: int, sounds: int, points: int) -> Self:
        """A detector that holds those entries alone whose hashes, sounds and points have numbers above these.

        Of the same file it tells older ones, too.
        """
        made = cls()
        made._held.begin_after(conn, hashes)
        made._sounds.begin_after(sounds)
        made._parts.begin_after(points)
        made.update(conn)
        made._held.index.freeze()
        return made

    def update(self, conn: Conn) -> None:
        """Hold all hashes that are in the store now."""
        self._held.update(conn)
        self._sounds.update(conn)
        self._parts.update(conn)

    def detect(self, conn: Conn, items: Sequence[MediaItem]) -> list[list[Signal]]:
        """Signals for each item, in their order: of every bank and label the nearest entry."""
        self.update(conn)
        found: list[dict[tuple[str, str], Match]] = [{} for _ in items]
        for number, match in chain(
            self._files(conn, items),
            self._pictures(conn, items),
            self._films(conn, items),
            self._heard(conn, items),
            self._in_part(conn, items),
        ):
            if not _is_asked(match.entry, items[number].subject):
                continue
            group = (match.entry.bank, match.entry.label)
            best = found[number].get(group)
            if best is None or match.order < best.order:
                found[number][group] = match
        return [
            [signals.told(item.subject, match) for match in kept.values()]
            for item, kept in zip(items, found, strict=True)
        ]

    def _files(self, conn: Conn, items: Sequence[MediaItem]) -> Iterator[tuple[int, Match]]:
        given = [
            (number, kind, digest)
            for number, item in enumerate(items)
            for kind, digest in (("sha256", item.sha256), ("md5", item.md5))
            if digest
        ]
        known = media_hashes.by_digest(conn, [digest for _, _, digest in given]) if given else {}
        for number, kind, digest in given:
            for entry in known.get((kind, digest), ()):
                yield number, Match(entry=entry, kind=FILE)

    def _pictures(self, conn: Conn, items: Sequence[MediaItem]) -> Iterator[tuple[int, Match]]:
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
                matches.picture(
                    entry,
                    hit.distance,
                    turn=form.turn if asked.turn == UPRIGHT else asked.turn,
                    negative=asked.negative,
                    border=asked.border or form.trimmed,
                    at=None if entry.at is None else Range(0.0, 0.0, entry.at, entry.at),
                ),
            )

    def _films(self, conn: Conn, items: Sequence[MediaItem]) -> Iterator[tuple[int, Match]]:
        for number, item in enumerate(items):
            if not item.film or not len(self._held.index):
                continue
            try:
                for match in films.found(conn, self._held.index, item.film):
                    yield number, match
            except FramesError as error:
                log.warning("media %s: its film %s", item.subject.id, error)

    def _in_part(self, conn: Conn, items: Sequence[MediaItem]) -> Iterator[tuple[int, Match]]:
        for number, item in enumerate(items):
            if not item.points:
                continue
            try:
                for match in self._parts.found(conn, item.points, item.pdq):
                    yield number, match
            except (FramesError, PointsError) as error:
                log.warning("media %s: its points: %s", item.subject.id, error)

    def _heard(self, conn: Conn, items: Sequence[MediaItem]) -> Iterator[tuple[int, Match]]:
        for number, item in enumerate(items):
            if not item.sound:
                continue
            try:
                for match in self._sounds.found(conn, item.sound):
                    yield number, match
            except (FramesError, SoundError) as error:
                log.warning("media %s: its sound: %s", item.subject.id, error)

    def _near(self, items: Sequence[MediaItem]) -> list[_Hit]:
        """The nearest hashes in the index to any form of each item."""
        asked, codes = _questions(items)
        if not asked or not len(self._held.index):
            return []
        of, numbers, distances = self._held.index.search(codes)
        kept = telling(codes, of, distances)
        of, numbers, distances = of[kept], numbers[kept], distances[kept]
        owners = np.array([one.item for one in asked])[of]
        order = np.lexsort((of, distances, owners))
        firsts = np.searchsorted(owners[order], owners[order])
        taken = order[np.arange(len(order)) - firsts < MOST_HITS]
        return [_Hit(asked[of[i]], int(numbers[i]), int(distances[i])) for i in taken]


def _is_asked(entry: Matched, subject: Subject) -> bool:
    """Whether the entry's bank is asked of this upload: of a share of them, always the same."""
    if entry.ratio >= 1:
        return True
    return zlib.crc32(f"{entry.bank} {subject.id}".encode()) < entry.ratio * 2**32


def _questions(items: Sequence[MediaItem]) -> tuple[list[_Asked], Codes]:
    """Every PDQ hash to look for: of each given one the eight turns, and the negatives of these."""
    given = [
        (number, border, digits)
        for number, item in enumerate(items)
        for border, digits in (
            (False, item.pdq),
            *((True, inner) for inner in (item.pdq_trimmed, *item.pdq_panels)),
        )
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
