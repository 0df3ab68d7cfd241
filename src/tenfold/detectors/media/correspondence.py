"""Do two pictures show the same, in whole or in part? Points that look alike must also lie alike.

Each pair of points that look alike says by itself how one picture would lie in the other: moved, turned and
scaled. The statement that most other pairs agree with is taken, then fitted to them as an affine map, which
is near enough to a photograph of a screen.
"""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.media.points import Codes, Places, Points

ALIKE: Final = 32  # of 128 bits by which two points may differ; of unrelated pairs one in 400 does
AGREE: Final = 12.0  # pixels by which a pair may miss where another pair's statement puts it, times the scale
FITTED: Final = 6.0  # pixels that it may miss the map that is fitted to all
MOST_SQUASHED: Final = 1.6  # one direction against the other; more is chance, no photograph of a screen
SAME_TURN: Final = 0.4  # radians by which a pair's own turn may differ from the map's
SAME_SCALE: Final = 1.6  # factor by which its own scale may
SMALLEST, LARGEST = 0.08, 12.0  # scale of the entry in the upload
CELL: Final = 4.0  # pixels: pairs that share a place of either picture count once
LEAST_PAIRS: Final = 4  # for a map to say anything
LEAST: Final = 10  # pairs of a sure match; see the bench media-robustness
LEAST_COVERED: Final = 0.03
LEAST_BESIDE: Final = 3  # one at most is seen between posters that share a line of text
LEAST_SEEN: Final = 0.2  # of the points where both pictures lie; posters that share two lines: up to 0.17
STRIP: Final = 0.1  # of the entry's longer side
SAME_FRAME: Final = 0.15  # of the upload's longer side by which the entry's corners may miss the upload's
DIRECTIONS: Final = np.exp(1j * np.pi * np.arange(24) / 24)  # in which strips are tried

Pairs = NDArray[np.int64]  # n x 2: point of the upload, point of the entry
Map = NDArray[np.float64]  # 2 x 3: column (x, y, 1) of the entry to (x, y) of the upload


class Correspondence(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """How an entry lies in an upload.

    `pairs` are those that agree. `covered` is the share of the entry's picture within the convex hull of its
    points of these; `beside` how many of them stand outside the strip, as wide as a line of text, that holds
    most, `beside_two` outside the two that hold most. `seen` is the share of all points where the pictures
    lie over each other, of the one that has fewer there. `framed`: the whole entry is about the whole upload.
    """

    pairs: Pairs
    map: Map
    covered: float
    beside: int
    beside_two: int
    seen: float
    framed: bool

    @property
    def enough(self) -> bool:
        """Whether this is no chance; it may be the same text in the same letters."""
        return len(self.pairs) >= LEAST and self.covered >= LEAST_COVERED

    @property
    def sure(self) -> bool:
        """Whether this is no chance, and no line of text that both show in the same letters.

        Two lines can lie alike in two posters. Where there is little else, much of what there is must agree.
        """
        beyond_lines = self.beside_two >= LEAST_BESIDE or self.seen >= LEAST_SEEN
        return self.enough and self.beside >= LEAST_BESIDE and beyond_lines


def alike(upload: Codes, entry: Codes) -> Pairs:
    """For each point of the upload the one of the entry that looks most alike, if it looks alike at all."""
    if not len(upload) or not len(entry):
        return np.zeros((0, 2), np.int64)
    apart = np.bitwise_count(upload[:, None, 0] ^ entry[None, :, 0])
    apart += np.bitwise_count(upload[:, None, 1] ^ entry[None, :, 1])
    nearest = apart.argmin(axis=1)
    of = np.flatnonzero(apart[np.arange(len(upload)), nearest] <= ALIKE)
    return np.stack([of, nearest[of]], axis=1)


def correspond(upload: Points, entry: Points) -> Correspondence | None:
    """How the entry lies in the upload, if enough pairs of points agree to say anything."""
    pairs = alike(upload.codes, entry.codes)
    if len(pairs) < LEAST_PAIRS:
        return None
    chosen = _agreeing(upload, entry, pairs)
    there, here = upload.places[pairs[:, 0]], entry.places[pairs[:, 1]]
    for _ in range(3):
        if len(chosen) < LEAST_PAIRS:
            return None
        fitted = _fit(here[chosen], there[chosen])
        near = np.abs(mapped(fitted, here) - there) < FITTED
        chosen = np.flatnonzero(near & _posed(upload, entry, pairs, fitted))
    chosen = _once_each(there, here, chosen)
    if len(chosen) < LEAST_PAIRS or not _plausible(fitted):
        return None
    outside, outside_two = beside(here[chosen], STRIP * max(entry.width, entry.height))
    return Correspondence(
        pairs=pairs[chosen],
        map=fitted,
        covered=_area(hull(here[chosen])) / (entry.width * entry.height),
        beside=outside,
        beside_two=outside_two,
        seen=len(chosen) / _fewer(upload, entry, fitted),
        framed=_framed(upload, entry, fitted),
    )


def mapped(map_: Map, places: Places) -> Places:
    """Places of the entry as places of the upload."""
    there = np.stack([places.real, places.imag, np.ones(len(places))], axis=1) @ map_.T
    return np.asarray(there[:, 0] + 1j * there[:, 1])


def _agreeing(upload: Points, entry: Points, pairs: Pairs) -> NDArray[np.int64]:
    """The pairs that agree with the statement of that pair with which most agree."""
    of, to = pairs.T
    there, here = upload.places[of], entry.places[to]
    factor = upload.sizes[of] / entry.sizes[to]
    turn = factor * np.exp(1j * (upload.angles[of] - entry.angles[to]))
    missed = np.abs(there[None] - there[:, None] - turn[:, None] * (here[None] - here[:, None]))
    agree = missed < AGREE * np.maximum(factor, 0.5)[:, None]
    agree &= ((factor > SMALLEST) & (factor < LARGEST))[:, None]
    return np.flatnonzero(agree[agree.sum(axis=1).argmax()])


def _fit(here: Places, there: Places) -> Map:
    """The affine map of least squares."""
    places = np.stack([here.real, here.imag, np.ones(len(here))], axis=1)
    solved, *_ = np.linalg.lstsq(places, np.stack([there.real, there.imag], axis=1), rcond=None)
    return np.asarray(solved.T)


def _posed(upload: Points, entry: Points, pairs: Pairs, fitted: Map) -> NDArray[np.bool_]:
    """Which pairs are turned and scaled as the map says."""
    of, to = pairs.T
    directions = np.exp(1j * entry.angles[to])
    expected = mapped(np.column_stack([fitted[:, :2], [0, 0]]), directions)
    scale = np.sqrt(abs(np.linalg.det(fitted[:, :2])))
    off = np.angle(np.exp(1j * upload.angles[of]) * expected.conjugate())
    factor = upload.sizes[of] / entry.sizes[to] / max(scale, 1e-6)
    return np.asarray((np.abs(off) < SAME_TURN) & (factor < SAME_SCALE) & (factor > 1 / SAME_SCALE))


def _plausible(fitted: Map) -> bool:
    """Whether a picture can have been brought so into another: no point, no line, not turned inside out."""
    linear = fitted[:, :2]
    large, small = np.linalg.svd(linear, compute_uv=False)
    return bool(
        np.linalg.det(linear) > 0 and small > SMALLEST and large < LARGEST and large < MOST_SQUASHED * small
    )


def _once_each(there: Places, here: Places, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of pairs with the same place in either picture the first."""
    for places in (there, here):
        cells = np.round(places[chosen].real / CELL) + 1j * np.round(places[chosen].imag / CELL)
        chosen = np.sort(chosen[np.unique(cells, return_index=True)[1]])
    return chosen


def _area(corners: Places) -> float:
    return float(abs((corners.conjugate() * np.roll(corners, -1)).imag.sum()) / 2)


def beside(places: Places, width: float) -> tuple[int, int]:
    """How many places stand outside the strip of this width that holds most, and outside the two that do.

    The two lie the same way.
    """
    across = np.sort((places[None] * DIRECTIONS[:, None]).imag, axis=1)
    one = two = 0
    for row in across:
        ends = np.searchsorted(row, row + width, "right")
        counts = ends - np.arange(len(row))
        fullest_from = np.append(np.maximum.accumulate(counts[::-1])[::-1], 0)
        one = max(one, int(fullest_from[0]))
        two = max(two, int((counts + fullest_from[ends]).max()))
    return len(places) - one, len(places) - two


def _fewer(upload: Points, entry: Points, fitted: Map) -> int:
    """How many points the one has that has fewer, where the two pictures lie over each other."""
    linear = np.linalg.inv(fitted[:, :2])
    back = np.column_stack([linear, -linear @ fitted[:, 2]])
    inside = (_within(mapped(fitted, entry.places), upload), _within(mapped(back, upload.places), entry))
    return max(1, min(int(one.sum()) for one in inside))


def _framed(upload: Points, entry: Points, fitted: Map) -> bool:
    missed = np.abs(mapped(fitted, corners(entry)) - corners(upload))
    return bool(missed.max() <= SAME_FRAME * max(upload.width, upload.height))


def corners(picture: Points) -> Places:
    """Of its frame, clockwise from the upper left."""
    right, below = picture.width, 1j * picture.height
    return np.array([0, right, right + below, below])


def _within(places: Places, picture: Points) -> NDArray[np.bool_]:
    x, y = places.real, places.imag
    return np.asarray((x >= 0) & (x <= picture.width) & (y >= 0) & (y <= picture.height))


def hull(places: Places) -> Places:
    """Corners of the convex hull, in order (Andrew's monotone chain)."""
    ordered = np.unique(places)

    def half(along: Places) -> list[complex]:
        kept: list[complex] = []
        for place in along.tolist():
            while len(kept) > 1 and ((kept[-1] - kept[-2]).conjugate() * (place - kept[-1])).imag <= 0:
                kept.pop()
            kept.append(place)
        return kept[:-1] if len(along) > 1 else kept

    return np.array(half(ordered) + half(ordered[::-1]) if len(ordered) > 1 else list(ordered))
