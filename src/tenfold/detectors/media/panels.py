"""Pictures within a picture: what stands on the plain ground of a screenshot, a collage, a framed page.

Found by cutting along rows and columns that show nothing but ground, again and again (recursive X-Y cut; Nagy
and Seth 1984). Runs in the confined process: the pixels are strangers'.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

MOST: Final = 6  # panels of one picture
TOLERANCE: Final = 24  # of 255 by which a pixel may differ from the ground
GROUND_SHARE: Final = 0.98  # of a row's or column's pixels that must be ground
LEAST_SIDE: Final = 0.15  # of the picture's longer side
LEAST_AREA: Final = 0.05  # of the picture
SAME: Final = 0.97  # of the larger's area; two boxes that share so much are one
DEEPEST: Final = 6  # cuts within cuts
MOST_LOOKS: Final = 60  # regions that are cut further

Box = tuple[int, int, int, int]  # left, top, right, bottom
_SPARSE = 7  # a row's level is taken from one pixel in so many
_LEVELS = 8  # steps of grey within which levels of rows are one ground


def panels(grey: NDArray[np.uint8]) -> list[Box]:
    """The boxes of pictures within one (rows x columns); none is all of it.

    The largest first, but those last that were found to hold several others.
    """
    rows, columns = grey.shape
    whole = (0, 0, columns, rows)
    found = _regions(grey, whole, LEAST_SIDE * max(rows, columns))
    kept: list[Box] = []
    for box in sorted(found, key=lambda one: (found[one], -_area(one))):
        if _area(box) < LEAST_AREA * rows * columns or _same(box, whole):
            continue
        looser = [place for place, one in enumerate(kept) if _same(box, one)]
        if looser:
            kept[looser[0]] = min(box, kept[looser[0]], key=_area)  # its hash fits better
        else:
            kept.append(box)
    return kept[:MOST]


def _regions(grey: NDArray[np.uint8], whole: Box, least: float) -> dict[Box, bool]:
    """What cutting leaves at every depth, large enough, and whether that holds several others."""
    found: dict[Box, bool] = {}
    waiting = [(whole, 0)]
    for _ in range(MOST_LOOKS):
        if not waiting:
            break
        box, depth = waiting.pop(0)
        parts = _cut(grey, box, least)
        found[box] = len(parts) > 1
        if depth < DEEPEST:
            waiting += [(part, depth + 1) for part in parts if part not in found]
        found |= {part: False for part in parts if part not in found}
    return found


def _cut(grey: NDArray[np.uint8], box: Box, least: float) -> list[Box]:
    """The parts of a region between rows of ground, and if it has none, between columns of ground."""
    left, top, right, bottom = box
    region = grey[top:bottom, left:right]
    downs = _between(region, least)
    if downs is not None:
        return [(left, top + start, right, top + end) for start, end in downs]
    across = _between(region.T, least)
    return [(left + start, top, left + end, bottom) for start, end in across or ()]


def _between(region: NDArray[np.uint8], least: float) -> list[tuple[int, int]] | None:
    """Runs of rows that are not ground and long enough; None where no row is ground."""
    levels = _middle(region[:, ::_SPARSE].astype(np.int16))
    low, high = (np.clip(levels + step, 0, 255).astype(np.uint8) for step in (-TOLERANCE, TOLERANCE))
    near = (region >= low[:, None]) & (region <= high[:, None])
    plain = np.count_nonzero(near, axis=1) >= GROUND_SHARE * region.shape[1]
    if not plain.any():
        return None
    steps = levels[plain] // _LEVELS
    ground = _middle(levels[plain][steps == np.bincount(steps).argmax()])
    empty = plain & (np.abs(levels - ground) <= TOLERANCE / 2)
    edges = np.flatnonzero(np.diff(np.concatenate([[True], empty, [True]]).astype(np.int8)))
    runs = edges.reshape(-1, 2).tolist()
    return [(start, end) for start, end in runs if end - start >= least]


def _middle(values: NDArray[np.int16]) -> NDArray[np.int16]:
    """The median along the last axis, of an even number the upper one. NumPy's own loads modules."""
    middle = values.shape[-1] // 2
    return np.asarray(np.partition(values, middle, axis=-1)[..., middle])


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _same(left: Box, right: Box) -> bool:
    """Whether two boxes differ by hardly anything."""
    wide = min(left[2], right[2]) - max(left[0], right[0])
    high = min(left[3], right[3]) - max(left[1], right[1])
    return wide > 0 and high > 0 and wide * high >= SAME * max(_area(left), _area(right))
