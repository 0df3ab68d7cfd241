"""A picture file as canonical pixels: upright, red-green-blue, 8 bits, transparency on middle grey.

Runs in the confined process (decoding.py) only: what is read here comes from strangers.
"""

import io
from collections.abc import Iterator
from itertools import count
from typing import Final

import msgspec
import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from tenfold.detectors.media.borders import inner_box
from tenfold.detectors.media.colours import Pixels, rgb
from tenfold.detectors.media.kinds import MAX_PICTURE_BYTES
from tenfold.detectors.media.panels import Box, panels
from tenfold.detectors.media.pdq import SIDE

# Formats that people upload; the first reads phones' MPO too. Nothing that runs programs (EPS).
FORMATS: Final = (
    JpegImagePlugin.JpegImageFile.format,
    PngImagePlugin.PngImageFile.format,
    GifImagePlugin.GifImageFile.format,
    WebPImagePlugin.WebPImageFile.format,
    BmpImagePlugin.BmpImageFile.format,
    TiffImagePlugin.TiffImageFile.format,
    AvifImagePlugin.AvifImageFile.format,
)
MAX_PIXELS: Final = 100_000_000  # 400 MB while they are unpacked
MAX_JPEG_PIXELS: Final = 250_000_000  # of JPEG, decoded smaller and row by row; some phones make 200 million
_BY_ROW = ("JPEG", "MPO")  # formats, unless they are written from coarse to fine
TRIM_SIDE: Final = 1024  # pixels of the longer side at which a border is looked for

# The value of EXIF's Orientation, and what brings such a picture upright.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION = 0x0112
_SHORTEST = 20.0  # milliseconds of a frame of an animation; browsers, too, show none for less

AvifImagePlugin.DEFAULT_MAX_THREADS = 1
# Whoever hides a picture cuts off its last bytes, spoils a checksum or packs a huge colour profile: browsers
# show it all the same. So what came is taken. Compressed texts and profiles, which say nothing, stay packed.
ImageFile.LOAD_TRUNCATED_IMAGES = True
PngImagePlugin.MAX_TEXT_CHUNK = 1  # bytes


class PictureError(ValueError):
    """Why a file gives no picture, for the person who sent it."""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """`whole` is SIDE x SIDE; `trimmed` too, without a border of one colour; None where there is none.

    `upright` has its own proportions; of a large file it is smaller than that says. `grey` is the same
    without colours. `boxes`: where pictures stand in it on plain ground.
    """

    format: str
    width: int
    height: int
    whole: Pixels
    trimmed: Pixels | None
    upright: Image.Image
    grey: Image.Image
    boxes: list[Box]
    animated: bool


class _Decoded(msgspec.Struct, frozen=True, kw_only=True):
    """As the file holds it: not yet upright. `width` and `height` are the file's."""

    format: str
    width: int
    height: int
    colours: Image.Image
    orientation: int
    animated: bool


def read(data: bytes) -> Picture:
    """The first frame of a picture file; raises PictureError."""
    decoded = _decoded(data)
    width, height, orientation = decoded.width, decoded.height, decoded.orientation
    if orientation in (5, 6, 7, 8):
        width, height = height, width
    whole = _upright(decoded.colours.resize((SIDE, SIDE), Image.Resampling.BOX), orientation)
    upright = _upright(decoded.colours, orientation)
    grey = upright.convert("L")
    return Picture(
        format=decoded.format,
        width=width,
        height=height,
        whole=np.asarray(whole),
        trimmed=_trimmed(decoded.colours, orientation),
        upright=upright,
        grey=grey,
        boxes=_boxes(grey),
        animated=decoded.animated,
    )


def upright(data: bytes) -> Image.Image:
    """The first frame of a picture file and nothing else; raises PictureError."""
    decoded = _decoded(data)
    return _upright(decoded.colours, decoded.orientation)


def _decoded(data: bytes) -> _Decoded:
    Image.MAX_IMAGE_PIXELS = None  # told below, in our words
    try:
        with Image.open(io.BytesIO(_whole(data)), formats=FORMATS) as image:
            width, height = image.size
            by_row = image.format in _BY_ROW and not image.info.get("progressive")
            most = MAX_JPEG_PIXELS if by_row else MAX_PIXELS
            if width * height > most:
                raise PictureError(f"has {width:,} x {height:,} pixels; at most {most:,} are read")
            image.draft("RGB", (TRIM_SIDE, TRIM_SIDE))  # large JPEGs are decoded smaller
            orientation = _orientation(image)
            animated = bool(getattr(image, "is_animated", False))
            return _Decoded(
                format=image.format or "",
                width=width,
                height=height,
                colours=rgb(image),
                orientation=orientation,
                animated=animated,
            )
    except PictureError:
        raise
    except MemoryError:
        raise PictureError("needs more memory to decode than a picture may take") from None
    except UnidentifiedImageError:
        raise PictureError("cannot be read as a picture: spoilt, or of a kind that is not read") from None
    except Exception as error:  # decoders raise whatever they like at broken files
        raise PictureError(f"cannot be read as a picture: {type(error).__name__}: {error}"[:300]) from None


def _whole(data: bytes) -> bytes:
    """A WebP file that was cut off, as long as it says it is: its decoder takes no shorter one."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return data
    said = 8 + int.from_bytes(data[4:8], "little")
    return data.ljust(min(said, MAX_PICTURE_BYTES), b"\0")


def frames(data: bytes) -> Iterator[tuple[float, Pixels]]:
    """The frames of an animated picture that `read` has read, with times in seconds, as far as it goes."""
    at = 0.0
    with Image.open(io.BytesIO(_whole(data)), formats=FORMATS) as image:
        for number in count():  # how many there are takes GIF's reader minutes to say
            try:
                image.seek(number)
                pixels = np.asarray(rgb(image))
            except MemoryError:
                raise
            except Exception:  # decoders raise whatever they like at broken files
                return
            yield at, pixels
            at += max(_SHORTEST, float(image.info.get("duration", 0))) / 1000


def _orientation(image: Image.Image) -> int:
    """EXIF's Orientation; 1 where it is missing or broken."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # the picture may be sound all the same
        return 1
    return value if isinstance(value, int) else 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    method = _UPRIGHT.get(orientation)
    return image if method is None else image.transpose(method)


def _boxes(grey: Image.Image) -> list[Box]:
    """Where pictures stand in it."""
    factor = max(1, max(grey.size) // TRIM_SIDE)
    found = panels(np.asarray(grey.reduce(factor) if factor > 1 else grey))
    return [
        (left * factor, top * factor, min(right * factor, grey.width), min(bottom * factor, grey.height))
        for left, top, right, bottom in found
    ]


def _trimmed(colours: Image.Image, orientation: int) -> Pixels | None:
    """The picture without its border, SIDE x SIDE."""
    factor = max(1, max(colours.size) // TRIM_SIDE)
    small = colours.reduce(factor) if factor > 1 else colours
    box = inner_box(np.asarray(small))
    if box is None:
        return None
    inner = small.crop(box).resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(_upright(inner, orientation))
