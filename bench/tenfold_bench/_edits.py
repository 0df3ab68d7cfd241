"""What people do to a picture before they upload it again, with parameters drawn anew each time."""

import io
from collections.abc import Callable
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from tenfold_bench._made_pictures import write

Chance = np.random.Generator
Edit = Callable[[Image.Image, Chance, Image.Image], Image.Image]  # the third: some other picture


def as_jpeg(image: Image.Image, quality: int = 92) -> bytes:
    """The file that people would send; of good quality, which edits may undercut."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _resized(image: Image.Image, chance: Chance, _: Image.Image) -> Image.Image:
    share = chance.uniform(0.3, 1.4)
    return image.resize((round(image.width * share), round(image.height * share)), Image.Resampling.BILINEAR)


def _squeezed(image: Image.Image, chance: Chance, _: Image.Image) -> Image.Image:
    return image.resize((round(image.width * chance.uniform(0.75, 1.3)), image.height))


def _jpeg(low: int, high: int) -> Edit:
    def edit(image: Image.Image, chance: Chance, _: Image.Image) -> Image.Image:
        data = as_jpeg(image, int(chance.integers(low, high + 1)))
        return Image.open(io.BytesIO(data)).convert("RGB")

    return edit


def _cropped(share: float) -> Edit:
    """Takes this share of width and of height away, at random from the two sides."""

    def edit(image: Image.Image, chance: Chance, _: Image.Image) -> Image.Image:
        left, top = image.width * share * chance.random(), image.height * share * chance.random()
        right, bottom = left + image.width * (1 - share), top + image.height * (1 - share)
        return image.crop((round(left), round(top), round(right), round(bottom)))

    return edit


def _grey_level(chance: Chance) -> tuple[int, int, int]:
    level = int(chance.integers(0, 256))
    return (level, level, level)


def _bordered(image: Image.Image, chance: Chance, _: Image.Image) -> Image.Image:
    width = round(min(image.size) * chance.uniform(0.02, 0.12))
    return ImageOps.expand(image, width, _grey_level(chance))


def _letterboxed(image: Image.Image, chance: Chance, _: Image.Image) -> Image.Image:
    bar = round(image.height * chance.uniform(0.08, 0.25))
    sides = (0, bar, 0, bar) if chance.random() < 0.5 else (bar, 0, bar, 0)
    return ImageOps.expand(image, sides, "black")


def _with_logo(image: Image.Image, chance: Chance, _: Image.Image) -> Image.Image:
    made = image.copy()
    size = min(image.size) * chance.uniform(0.15, 0.35)
    left, top = chance.uniform(0, image.width - size), chance.uniform(0, image.height - size)
    draw = ImageDraw.Draw(made)
    for ring in range(3):
        inset = ring * size / 6
        box = (left + inset, top + inset, left + size - inset, top + size - inset)
        colour = tuple(int(one) for one in chance.integers(0, 256, 3))
        (draw.ellipse if chance.random() < 0.5 else draw.rectangle)(box, colour, "white", 3)
    return made


def _captioned(image: Image.Image, chance: Chance, _: Image.Image) -> Image.Image:
    """Lines of text on a band, or on the picture itself, over 30 % of its height."""
    band = image.crop((0, 0, image.width, round(image.height * 0.3)))
    if chance.random() < 0.5:
        band = Image.new("RGB", band.size, _grey_level(chance))
    for _line in range(3):
        write(chance, band, round(band.height * chance.uniform(0.2, 0.3)))
    made = image.copy()
    top = 0 if chance.random() < 0.5 else image.height - band.height
    made.paste(band, (0, top))
    return made


def _overwritten(image: Image.Image, chance: Chance, _: Image.Image) -> Image.Image:
    """Lines of text without a band, at random places."""
    made = image.copy()
    for _line in range(4):
        write(chance, made, round(image.height * chance.uniform(0.06, 0.1)))
    return made


def _mirrored(image: Image.Image, chance: Chance, _: Image.Image) -> Image.Image:
    return ImageOps.mirror(image) if chance.random() < 0.7 else ImageOps.flip(image)


def _turned(image: Image.Image, chance: Chance, _: Image.Image) -> Image.Image:
    return image.transpose(
        (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)[
            chance.integers(3)
        ]
    )


def _tilted(image: Image.Image, chance: Chance, _: Image.Image) -> Image.Image:
    angle = chance.uniform(1, 5) * chance.choice([-1, 1])
    return image.rotate(angle, Image.Resampling.BICUBIC, expand=bool(chance.random() < 0.5))


def _brighter(image: Image.Image, chance: Chance, _: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(
        chance.choice([chance.uniform(0.5, 0.9), chance.uniform(1.1, 1.6)])
    )


def _contrasted(image: Image.Image, chance: Chance, _: Image.Image) -> Image.Image:
    return ImageEnhance.Contrast(image).enhance(chance.uniform(0.4, 1.8))


def _grey(image: Image.Image, _chance: Chance, _: Image.Image) -> Image.Image:
    return ImageOps.grayscale(image).convert("RGB")


def _blurred(image: Image.Image, chance: Chance, _: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(min(image.size) * chance.uniform(0.002, 0.008)))


def _noisy(image: Image.Image, chance: Chance, _: Image.Image) -> Image.Image:
    pixels = np.asarray(image, np.float32)
    made = pixels + chance.normal(0, chance.uniform(8, 40), pixels.shape)
    return Image.fromarray(made.clip(0, 255).astype(np.uint8))


def _negative(image: Image.Image, _chance: Chance, _: Image.Image) -> Image.Image:
    return ImageOps.invert(image)


def _phone(image: Image.Image, chance: Chance, other: Image.Image) -> Image.Image:
    """A screenshot of a phone: bars, an author's line, the picture, text, the next post's beginning."""
    screen = Image.new("RGB", (720, 1560), "white" if chance.random() < 0.6 else (18, 18, 22))
    shown = ImageOps.contain(image, (720 - 2 * int(chance.integers(0, 40)), 1000))
    top = int(chance.integers(160, 380))
    screen.paste(shown, ((720 - shown.width) // 2, top))
    _post_around(screen, chance, other, (20, top - 90))
    for line in range(4):
        _line(screen, chance, 24, top + shown.height + 30 + 44 * line, 640)
    below = ImageOps.fit(other, (720, 400))
    screen.paste(below, (0, top + shown.height + 330))
    ImageDraw.Draw(screen).rectangle((0, 0, 720, 60), (40, 60, 110))
    ImageDraw.Draw(screen).rectangle((0, 1460, 720, 1560), (235, 235, 240))
    return screen


def _desktop(image: Image.Image, chance: Chance, other: Image.Image) -> Image.Image:
    """A screenshot of a computer: a window with side columns of text; the picture takes about a third."""
    screen = Image.new("RGB", (1920, 1080), "white" if chance.random() < 0.6 else (24, 26, 30))
    shown = ImageOps.contain(image, (int(chance.integers(640, 900)), 800))
    left, top = int(chance.integers(380, 560)), int(chance.integers(120, 240))
    screen.paste(shown, (left, top))
    ImageDraw.Draw(screen).rectangle((0, 0, 1920, 70), (60, 70, 90))
    for line in range(18):
        _line(screen, chance, 30, 110 + 50 * line, 280)
        _line(screen, chance, 1540, 110 + 50 * line, 340)
    screen.paste(ImageOps.fit(other, (300, 220)), (1540, 800))
    _post_around(screen, chance, other, (left, top - 46))
    return screen


def _post_around(screen: Image.Image, chance: Chance, other: Image.Image, at: tuple[int, int]) -> None:
    """An author's picture and name."""
    screen.paste(ImageOps.fit(other, (44, 44)), at)
    _line(screen, chance, at[0] + 60, at[1] + 4, 300)


def _line(screen: Image.Image, chance: Chance, left: int, top: int, most: int) -> None:
    strip = screen.crop((left, top, left + most, top + 34))
    write(chance, strip, 22)
    screen.paste(strip, (left, top))


def _collage(image: Image.Image, chance: Chance, other: Image.Image) -> Image.Image:
    """Two or four pictures side by side."""
    cells = int(chance.choice([2, 4]))
    across = 2
    made = Image.new("RGB", (across * 500, cells // across * 400), "white")
    place = int(chance.integers(cells))
    for cell in range(cells):
        what = image if cell == place else ImageOps.mirror(other) if cell % 2 else other
        shown = ImageOps.fit(what, (492, 392)) if cell != place else ImageOps.contain(what, (492, 392))
        made.paste(shown, (cell % across * 500 + 4, cell // across * 400 + 4))
    return made


def _photographed(image: Image.Image, chance: Chance, _: Image.Image) -> Image.Image:
    """A photograph of a screen: each corner moved by up to 8 % of the sides, a dark surrounding."""
    width, height = image.size
    corners = np.array([(0, 0), (0, 1), (1, 1), (1, 0)], float)
    outward = 2 * corners - 1
    sources = (corners + outward * chance.uniform(0, 0.08, (4, 2))) * (width, height)
    return image.transform(image.size, Image.Transform.QUAD, tuple(sources.ravel()), Image.Resampling.BICUBIC)


EDITS: Final[dict[str, Edit]] = {
    "resize 0.3-1.4": _resized,
    "squeeze 0.75-1.3": _squeezed,
    "JPEG q50-90": _jpeg(50, 90),
    "JPEG q10-50": _jpeg(10, 50),
    "crop 5 %": _cropped(0.05),
    "crop 10 %": _cropped(0.1),
    "crop 20 %": _cropped(0.2),
    "crop 40 %": _cropped(0.4),
    "border 2-12 %": _bordered,
    "letterbox": _letterboxed,
    "logo 15-35 %": _with_logo,
    "text over 30 %": _captioned,
    "text at random": _overwritten,
    "mirror": _mirrored,
    "turn 90-270": _turned,
    "turn 1-5": _tilted,
    "brightness": _brighter,
    "contrast": _contrasted,
    "grey": _grey,
    "blur": _blurred,
    "noise": _noisy,
    "negative": _negative,
    "phone screenshot": _phone,
    "desktop screenshot": _desktop,
    "collage of 2 or 4": _collage,
    "perspective": _photographed,
}
