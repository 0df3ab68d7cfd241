"""Pictures with words on them, in the fonts of referral packets, over blobs of colour."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

import tenfold.threats
from tests.detectors.media.drawn_pictures import photo

FONTS = Path(tenfold.threats.__file__).parent / "fonts"


def caption(text, seed=3, size=(900, 600), height=52, ink="white"):
    """A photograph-like picture shaded, with lines of text in its middle, outlined."""
    shade = Image.new("RGB", size, "black" if ink == "white" else "white")
    image = Image.blend(photo(seed, size), shade, 0.4)
    name = "NotoSans-Bold.ttf" if text.isascii() else "NotoNaskhArabic-Bold.ttf"
    face = ImageFont.truetype(str(FONTS / name), height)
    draw = ImageDraw.Draw(image)
    edge = "black" if ink == "white" else "white"
    draw.multiline_text(
        (size[0] / 2, size[1] / 2), text, ink, face, anchor="mm", align="center", stroke_width=3,
        stroke_fill=edge,
    )  # fmt: skip
    return image
