"""What was found of one upload in a bank: an entry, and how they go together."""

from typing import Final

import msgspec

from tenfold.detectors.media.pdq import BITS
from tenfold.detectors.media.turns import UPRIGHT
from tenfold.store.media_hashes import Matched

FILE, PICTURE, COPY, SCENE, FRAME, SOUND, PART = (
    "same-file",
    "same-picture",
    "near-copy",
    "same-scene",
    "same-frame",
    "same-sound",
    "in-part",
)
LONE_FRAME: Final = 0.6  # of the score: one frame of a film in another, without the scene around it


class Range(msgspec.Struct, frozen=True):
    """Seconds: from a to b of the upload is from c to d of the entry; both 0 where it is a picture."""

    start: float
    end: float
    entry_start: float
    entry_end: float


class Lies(msgspec.Struct, frozen=True, kw_only=True):
    """Where two pictures are the same, in thousandths of each picture's width and height.

    `here` are the corners of that part in the upload, `there` in the entry's picture, `outline` the entry's
    whole picture in the upload (it may reach beyond), `pairs` x and y here, then there: some of those that
    agree, whose number is `points`. `covered` is the share of the entry's picture.
    """

    here: list[tuple[int, int]]
    there: list[tuple[int, int]]
    outline: list[tuple[int, int]]
    pairs: list[tuple[int, int, int, int]]
    points: int
    covered: float


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """An upload and an entry. `distance` in bits of 256, of several frames their mean."""

    entry: Matched
    kind: str
    distance: float = 0
    turn: str = UPRIGHT
    negative: bool = False
    border: bool = False
    at: Range | None = None
    lies: Lies | None = None
    moments: int = 0  # frames or peaks that agree
    score: float = 1.0  # before the entry's confidence

    @property
    def order(self) -> tuple[int, float, float, bool, bool, bool]:
        """The surer and longer first, then the nearer; among equals whatever supposes less."""
        rank = {FILE: 0, PART: 2, FRAME: 3}.get(self.kind, 1)
        extent = self.at.end - self.at.start if self.at else 0.0
        extent = self.lies.points if self.lies else extent
        return (rank, -extent, self.distance, self.negative, self.turn != UPRIGHT, self.border)


def picture(
    entry: Matched, distance: int, *, turn: str = UPRIGHT, negative: bool = False, border: bool = False,
    at: Range | None = None,
) -> Match:  # fmt: skip
    """A picture that is one, or nearly."""
    return Match(
        entry=entry,
        kind=PICTURE if distance == 0 else COPY,
        distance=distance,
        turn=turn,
        negative=negative,
        border=border,
        at=at,
        score=1 - distance / BITS,
    )
