"""What to draw over an upload and an entry that stand side by side: where they are the same."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from tenfold.detectors.media.matches import Lies

HEIGHT: Final = 400.0
GAP: Final = 24.0

Place = tuple[float, float]
Size = tuple[int, int]  # width and height of a picture in its own pixels


class Box(msgspec.Struct, frozen=True):
    """Where a picture stands."""

    x: float
    y: float
    width: float
    height: float


class Overlay(msgspec.Struct, frozen=True, kw_only=True):
    """A drawing of `width` x `height`, as SVG's `viewBox`; polygons as its `points` take them.

    The upload stands left, the entry right, both as high as the drawing. `outline` is the whole entry as it
    lies in the upload, cut off at the upload's edges; `here` and `there` are what was found of it in either;
    `lines` join points that look alike: x1, y1, x2, y2.
    """

    width: float
    height: float
    upload: Box
    entry: Box
    outline: str
    here: str
    there: str
    lines: list[tuple[float, float, float, float]]


def side_by_side(lies: Lies, upload: Size, entry: Size, *, height: float = HEIGHT) -> Overlay:
    """The drawing for two pictures of these sizes."""
    left = Box(0.0, 0.0, round(height * upload[0] / upload[1], 1), height)
    right = Box(left.width + GAP, 0.0, round(height * entry[0] / entry[1], 1), height)
    return Overlay(
        width=round(right.x + right.width, 1),
        height=height,
        upload=left,
        entry=right,
        outline=_polygon(left, _within(lies.outline)),
        here=_polygon(left, _within(lies.here)),
        there=_polygon(right, lies.there),
        lines=[(*_at(left, (x, y)), *_at(right, (to_x, to_y))) for x, y, to_x, to_y in lies.pairs],
    )


def _at(box: Box, place: Place) -> Place:
    """A place in thousandths of a picture, in the drawing."""
    return round(box.x + place[0] * box.width / 1000, 1), round(box.y + place[1] * box.height / 1000, 1)


def _polygon(box: Box, places: Iterable[Place]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in (_at(box, place) for place in places))


def _within(places: Sequence[Place]) -> list[Place]:
    """A polygon cut off at the picture's edges (Sutherland and Hodgman)."""
    kept = list(places)
    for axis, limit, side in ((0, 0.0, 1), (0, 1000.0, -1), (1, 0.0, 1), (1, 1000.0, -1)):
        cut: list[Place] = []
        for start, end in zip(kept[-1:] + kept[:-1], kept, strict=True):
            before, after = side * (start[axis] - limit), side * (end[axis] - limit)
            if (before < 0) != (after < 0):
                share = before / (before - after)
                cut.append((start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])))
            if after >= 0:
                cut.append(end)
        kept = cut
    return kept
