"""A picture turned by a few degrees, as people do to hide it, for pictures with hardly a corner.

Turning by two degrees defeats PDQ, and points need corners. So a bank also holds the hashes of such a picture
as it looks when it is turned a little, at either of two sizes: cut off at the old frame, and whole within a
larger one, black in the corners both times. Runs in the confined process.
"""

from typing import Final

import numpy as np
from PIL import Image

from tenfold.detectors.media import pdq

FEW: Final = 200  # points; of pictures with more these show themselves that they are turned
DEGREES: Final = (-4.5, -3.0, -1.5, 1.5, 3.0, 4.5)  # at 0.75 between them up to 24 bits differ, of 31
SIDE: Final = 256  # pixels to which the longer side is brought
_SQUARE: Final = (pdq.SIDE, pdq.SIDE)


def wanted(points: int, quality: int) -> bool:
    """Whether a picture with so many points and this quality of PDQ is known turned by these hashes alone.

    Of a picture that shows too little they would be hashes of the black corners.
    """
    return points < FEW and quality >= pdq.LEAST_QUALITY


def hashes(image: Image.Image) -> list[str]:
    """PDQ hashes of the turned forms in hexadecimal digits, without those that show too little."""
    grey = image.convert("L")
    grey.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    forms = [
        grey.rotate(degrees, Image.Resampling.BILINEAR, expand=expand)
        for degrees in DEGREES
        for expand in (False, True)
    ]
    squares = (form.resize(_SQUARE, Image.Resampling.BILINEAR) for form in forms)
    found = [pdq.hash_of(np.asarray(square, np.float32)) for square in squares]
    return [pdq.to_hex(bits) for bits, quality in found if quality >= pdq.LEAST_QUALITY]
