"""Small pictures for the people who review: one that shows nothing but colours, and a clear one.

Runs in the confined process only.
"""

import io
from typing import Final

from PIL import Image

from tenfold.detectors.media.answers import Thumbnails

CLEAR_SIDE: Final = 320  # pixels of the longer side
BLURRED_SIDE: Final = 12  # so few that no face and no wound is left; the browser's own blur could be undone
SHOWN_SIDE: Final = 160
_QUALITY: Final = 75


def thumbnails(picture: Image.Image) -> Thumbnails:
    """Both, as JPEG."""
    clear = picture.copy()
    clear.thumbnail((CLEAR_SIDE, CLEAR_SIDE), Image.Resampling.BOX)
    few = clear.resize(_within(clear.size, BLURRED_SIDE), Image.Resampling.BOX)
    blurred = few.resize(_within(clear.size, SHOWN_SIDE), Image.Resampling.BICUBIC)
    return Thumbnails(_jpeg(blurred), _jpeg(clear))


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    """The same proportions with a longer side of `side`."""
    factor = side / max(size)
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()
