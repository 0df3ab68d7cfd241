"""Pictures drawn by formula, and files of them."""

import io

import numpy as np
from PIL import Image


def drawn(number, side=512):
    """A picture of whole-number arithmetic, so that it is the same everywhere; side x side x 3."""
    y, x = np.mgrid[0:side, 0:side].astype(np.int64)
    red = (x * (number + 2) + y * y // (40 + 9 * number)) % 256
    green = (x * x // (70 + number) + 3 * y) % 256
    blue = (x * y // (50 + 7 * number) + 40 * number) % 256
    blocks = ((x // (37 + number) * 7 + y // (53 + number) * 13) % 11 * 23)[..., None]
    return ((np.stack([red, green, blue], axis=-1) + 3 * blocks) // 4 % 256).astype(np.uint8)


def photo(seed=3, size=(900, 600)):
    """Smooth blobs of colour, as photographs have them; an RGB image."""
    small = np.random.default_rng(seed).integers(0, 256, (14, 20, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def saved(image, form, **options):
    """The bytes of a file of a picture."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def apart(left, right):
    """How many bits of two hexadecimal hashes differ."""
    return (int(left, 16) ^ int(right, 16)).bit_count()
