"""Entries of which an upload shows a part, or that are a part of it: by points that look and lie alike."""

from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Final

import numpy as np

from tenfold.detectors.media import frames
from tenfold.detectors.media.bands import codes_of, distances
from tenfold.detectors.media.correspondence import Correspondence, corners, correspond, hull, mapped
from tenfold.detectors.media.matches import PART, Lies, Match, Range
from tenfold.detectors.media.plainness import PLAIN, plainness
from tenfold.detectors.media.points import Places, Points
from tenfold.detectors.media.turns import UPRIGHT
from tenfold.detectors.media.word_index import WordIndex
from tenfold.store import media_points
from tenfold.store.database import Conn

MIRRORED: Final = "mirrored"
TIDIED_EVERY: Final = 600.0  # seconds after which it is looked whether many entries' points are gone
GONE_SHARE: Final = 8  # one in so many
SHOWN_PAIRS: Final = 40  # lines that are drawn between two pictures
HALVED_BY: Final = 4.0  # pairs that halve the doubt
ALIKE: Final = 72  # bits that may differ where points agree and pictures lie frame on frame: 128 - 7 * 8


class Parts:
    """Points of all entries, and who has them. Not for several threads at once."""

    def __init__(self) -> None:
        self._index = WordIndex()
        self._tidied = monotonic()

    @property
    def held(self) -> int:
        """How many pictures' points are in memory."""
        return len(self._index)

    def begin_after(self, number: int) -> None:
        """Leave out the points up to this number; before anything is held."""
        self._index.last = number

    def update(self, conn: Conn) -> None:
        """Hold the points of all entries that are in the store now."""
        loading = self._index.last == 0
        while rows := media_points.after(conn, self._index.last):
            self._index.add([number for number, _ in rows], [Points.from_bytes(points) for _, points in rows])
        if loading and len(self._index):
            self._index.freeze()
        if monotonic() - self._tidied > TIDIED_EVERY:
            self.tidy(conn)

    def tidy(self, conn: Conn) -> None:
        """Let go of points that are no longer in the store, if they are many; they match no more anyway."""
        self._tidied = monotonic()
        gone = self.held - media_points.count(conn, self._index.last)
        if gone > self.held // GONE_SHARE:
            self._index.keep(np.array(media_points.numbers(conn, self._index.last), np.int64))

    def found(self, conn: Conn, text: str, pdq: str | None = None) -> Iterator[Match]:
        """Entries that correspond with an upload, by its points as text and its whole picture's PDQ.

        Raises FramesError or PointsError.
        """
        upload = Points.from_bytes(frames.decode(text))
        for turn, seen in ((UPRIGHT, upload), (MIRRORED, upload.mirrored())):
            candidates = media_points.by_number(conn, self._index.candidates(seen))
            for candidate in candidates.values():
                entry, at = Points.from_bytes(candidate.points), candidate.entry.at
                agreed = correspond(seen, entry)
                if agreed is not None and (agreed.sure or _alike(agreed, pdq, candidate.pdq)):
                    yield Match(
                        entry=candidate.entry,
                        kind=PART,
                        turn=turn,
                        lies=_lies(agreed, seen, entry, mirrored=turn == MIRRORED),
                        at=None if at is None else Range(0.0, 0.0, at, at),
                        score=1 - 0.5 ** (len(agreed.pairs) / HALVED_BY),
                    )


def _alike(agreed: Correspondence, upload: str | None, entry: Sequence[str]) -> bool:
    """Whether the whole pictures are alike, too, though what agrees could be two lines of text.

    Posters with the same two lines at the same places and all else different differ by 80 bits and more
    (240 pairs), as unrelated pictures do by 128 +- 8.
    """
    if upload is None or not entry or not (agreed.enough and agreed.framed):
        return False
    codes = codes_of(bytes.fromhex("".join([upload, *entry])))
    near = distances(codes[:1], codes[1:]).min() <= ALIKE
    return bool(near and plainness(codes[:1])[0] <= PLAIN)


def _lies(agreed: Correspondence, upload: Points, entry: Points, *, mirrored: bool) -> Lies:
    of, to = agreed.pairs.T
    places = entry.places[to]
    part = hull(places)
    best = np.unique(np.linspace(0, len(of) - 1, SHOWN_PAIRS).astype(int))

    def here(at: Places) -> list[tuple[int, int]]:
        return _thousandths(upload.width - at.conjugate() if mirrored else at, upload)

    return Lies(
        here=here(mapped(agreed.map, part)),
        there=_thousandths(part, entry),
        outline=here(mapped(agreed.map, corners(entry))),
        pairs=[
            (*one, *other)
            for one, other in zip(
                here(upload.places[of[best]]), _thousandths(places[best], entry), strict=True
            )
        ],
        points=len(of),
        covered=round(agreed.covered, 3),
    )


def _thousandths(places: Places, picture: Points) -> list[tuple[int, int]]:
    return [
        (round(1000 * place.real / picture.width), round(1000 * place.imag / picture.height))
        for place in places.tolist()
    ]
