"""Pictures of every mode as red-green-blue, 8 bits, transparency on middle grey."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]  # rows x columns x 3

GROUND: Final = (128, 128, 128)  # under transparent pixels; black or white would hide drawings of that colour
LONGEST: Final = 2048  # pixels of the longer side; what is larger is made smaller, to less than twice that
_STRIP = 64  # rows of a large picture, made smaller, that are converted at once


def rgb(image: Image.Image) -> Image.Image:
    """Every mode as red-green-blue; a large picture smaller, strip by strip, which takes little memory."""
    factor = max(image.size) // LONGEST
    if factor < 2 or image.mode.startswith(("I", "F")):
        return _flat(image)
    image.load()
    width, height = image.size
    small = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    for top in range(0, height, _STRIP * factor):
        strip = image.crop((0, top, width, min(height, top + _STRIP * factor)))
        small.paste(_flat(strip).reduce(factor), (0, top // factor))
    return small


def _flat(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_eight_bits(np.asarray(image))).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        ground = Image.new("RGB", image.size, GROUND)
        layer = image.convert("RGBA")
        ground.paste(layer, mask=layer.getchannel("A"))
        return ground
    return image.convert("RGB")


def _eight_bits(values: NDArray[np.generic]) -> Pixels:
    """Deep or floating grey as 0 to 255; not-a-number is black."""
    grey = np.nan_to_num(values.astype(np.float32), nan=0, posinf=0, neginf=0)
    top = float(grey.max(initial=0))
    scale = 255 / 65535 if top > 255 else 255 if top <= 1 else 1
    return np.asarray(np.clip(grey * scale, 0, 255), np.uint8)
