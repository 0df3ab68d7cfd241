"""Pictures to recognise: photographs of Debian's packages, and posters and scenes drawn by seed.

The posters are those of a fictional organisation, the Ashen Banner, with titles in Arabic and English.
"""

import re
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

import tenfold.threats
from tenfold.detectors.media import pdq

FOLDER: Final = Path(__file__).parents[2] / ".photographs"
FONTS: Final = Path(tenfold.threats.__file__).parent / "fonts"
LONGEST: Final = 1280  # pixels to which a photograph is brought
LEAST_SIDE: Final = 300
DISTINCT: Final = 80  # bits of PDQ by which two photographs differ; less: one motif in two versions
ENGLISH: Final = (
    "ASHEN",
    "BANNER",
    "THE",
    "GREY",
    "MARCH",
    "HILL",
    "STAND",
    "NIGHT",
    "WINTER",
    "OUR",
    "ROAD",
)
ARABIC: Final = ("الراية", "الرمادية", "درب", "الجبل", "ليل", "شتاء", "صوت", "المسيرة", "فجر", "رماد", "عهد")
SECOND_COPY: Final = re.compile(
    r"/screenshot\.|-no-logo|_dark/|-[ld]\.webp|Portrait|/(1080|720|1622)x|motorcycle_right|/tests/|truncated"
)
OPENCV: Final = (  # of its examples the photographs and paintings, one view of each
    *("plant", "aero1", "aloeL", "apple", "baboon", "board", "box_in_scene", "building", "butterfly"),
    *("chicky_512", "fruits", "graf1", "home", "leuvenA", "messi5", "orange", "smarties", "squirrel_cls"),
    *("starry_night", "HappyFish", "stuff", "sudoku"),
)


def photographs(folder: Path = FOLDER, most: int | None = None) -> list[Image.Image]:
    """The distinct pictures under the folder, in the order of their names; raises SystemExit when it is
    empty."""
    kept: list[Image.Image] = []
    hashes: list[NDArray[np.bool_]] = []
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"))
    for path in paths:
        if len(kept) == most:
            break
        if SECOND_COPY.search(str(path)) or ("opencv-doc" in path.parts and path.stem not in OPENCV):
            continue
        image = _opened(path)
        if min(image.size) < LEAST_SIDE:
            continue
        bits, quality = _pdq(image)
        near = hashes and min(int((bits ^ other).sum()) for other in hashes) < DISTINCT
        if quality >= pdq.LEAST_QUALITY and not near:
            kept.append(image)
            hashes.append(bits)
    if not kept:
        raise SystemExit(f"no photographs in {folder}; fetch them with scripts/fetch-photographs")
    return kept


class Pools(msgspec.Struct, frozen=True):
    """Photographs for three purposes: to be banked, as unrelated pictures, and aside for what is learned."""

    banked: list[Image.Image]
    unrelated: list[Image.Image]
    aside: list[Image.Image]


def pools(most: int | None = None) -> Pools:
    """Half of the photographs are banked, a quarter each is unrelated and aside; raises SystemExit."""
    found = photographs(most=most)
    return Pools(found[::2], found[1::4], found[3::4])


def posters(seed: int, grounds: list[Image.Image]) -> Iterator[Image.Image]:
    """Endless posters: a ground (part of a photograph, by turns, or colours), an emblem and lines of text."""
    chance = np.random.default_rng([seed, 1])
    photos = cycle(grounds)
    while True:
        width, height = ((720, 1080), (1080, 1080), (1280, 720))[chance.integers(3)]
        photo = next(photos) if grounds and chance.random() < 0.6 else None
        image = _ground(chance, photo, width, height)
        _emblem(chance, image)
        for _ in range(chance.integers(1, 4)):
            write(chance, image, int(height * chance.uniform(0.05, 0.12)))
        yield image


def scenes(seed: int) -> Iterator[Image.Image]:
    """Endless drawn landscapes: a sky, ranges of hills, houses with lit windows."""
    chance = np.random.default_rng([seed, 2])
    while True:
        width, height = ((960, 640), (640, 960), (800, 800))[chance.integers(3)]
        image = _gradient(chance, width, height)
        for layer in range(4):
            _hills(chance, image, layer / 4)
        _houses(chance, image)
        yield _grained(chance, image)


def write(chance: np.random.Generator, image: Image.Image, size: int) -> None:
    """Some words in one of the two languages, at a random place."""
    words, font = _words(chance), str(FONTS / "NotoSans-Bold.ttf")
    if not words.isascii():
        font = str(FONTS / "NotoNaskhArabic-Bold.ttf")
    face = ImageFont.truetype(font, size)
    draw = ImageDraw.Draw(image)
    left, top, right, bottom = draw.textbbox((0, 0), words, face, stroke_width=2)
    x = chance.uniform(0, max(1, image.width - (right - left)))
    y = chance.uniform(0, max(1, image.height - (bottom - top)))
    ink, edge = ("white", "black") if chance.random() < 0.7 else ("black", "white")
    draw.text((x - left, y - top), words, ink, face, stroke_width=2, stroke_fill=edge)


def _words(chance: np.random.Generator) -> str:
    words = ENGLISH if chance.random() < 0.5 else ARABIC
    return " ".join(chance.choice(words, chance.integers(2, 5), replace=False))


def _opened(path: Path) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(path) as image:
        image.draft("RGB", (LONGEST, LONGEST))
        made = image.convert("RGB")
    made.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    return made


def _pdq(image: Image.Image) -> tuple[NDArray[np.bool_], int]:
    square = image.resize((pdq.SIDE, pdq.SIDE), Image.Resampling.BOX)
    return pdq.hash_of(pdq.luma_of(np.asarray(square)))


def _colour(chance: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = (int(one) for one in chance.integers(0, 256, 3))
    return red, green, blue


def _gradient(chance: np.random.Generator, width: int, height: int) -> Image.Image:
    small = chance.integers(0, 256, (3, 4, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def _ground(chance: np.random.Generator, photo: Image.Image | None, width: int, height: int) -> Image.Image:
    if photo is None:
        return _gradient(chance, width, height)
    share = chance.uniform(0.4, 0.8)
    wide, high = int(photo.width * share), int(photo.height * share)
    left = int(chance.integers(photo.width - wide + 1))
    top = int(chance.integers(photo.height - high + 1))
    part = photo.crop((left, top, left + wide, top + high)).resize((width, height))
    return Image.blend(part, Image.new("RGB", part.size, _colour(chance)), chance.uniform(0.2, 0.5))


def _emblem(chance: np.random.Generator, image: Image.Image) -> None:
    """A flag of the poster's own: shapes laid over one another about a middle."""
    draw = ImageDraw.Draw(image)
    size = min(image.size) * chance.uniform(0.2, 0.35)
    x, y = chance.uniform(size, image.width - size), chance.uniform(size, image.height - size)
    for ring in range(chance.integers(3, 6)):
        corners = int(chance.integers(3, 9))
        angles = np.sort(chance.uniform(0, 2 * np.pi, corners))
        reach = size * (1 - ring / 6) * chance.uniform(0.6, 1, corners)
        shape = [(x + r * np.cos(a), y + r * np.sin(a)) for r, a in zip(reach, angles, strict=True)]
        draw.polygon(shape, _colour(chance), _colour(chance), 3)


def _hills(chance: np.random.Generator, image: Image.Image, depth: float) -> None:
    steps = np.cumsum(chance.normal(0, 1, image.width))
    ridge = image.height * (0.35 + 0.5 * depth) + (steps - steps.mean()) * image.height / 400
    outline = [(float(x), float(y)) for x, y in enumerate(ridge)]
    ImageDraw.Draw(image).polygon([(0, image.height), *outline, (image.width, image.height)], _colour(chance))


def _houses(chance: np.random.Generator, image: Image.Image) -> None:
    draw = ImageDraw.Draw(image)
    for _ in range(chance.integers(4, 10)):
        wide, high = int(chance.integers(60, 160)), int(chance.integers(80, 300))
        left = int(chance.integers(0, image.width))
        floor = int(chance.integers(image.height // 2, image.height))
        draw.rectangle((left, floor - high, left + wide, floor), _colour(chance))
        lit = _colour(chance)
        for x in range(left + 8, left + wide - 12, 22):
            for y in range(floor - high + 8, floor - 14, 26):
                if chance.random() < 0.6:
                    draw.rectangle((x, y, x + 10, y + 14), lit)


def _grained(chance: np.random.Generator, image: Image.Image) -> Image.Image:
    """With the texture that surfaces have."""
    noise = chance.normal(0, 1, (image.height, image.width, 1)) * 10
    coarse = chance.normal(0, 14, (image.height // 6 + 1, image.width // 6 + 1)).clip(-60, 60)
    patches = Image.fromarray((coarse + 128).astype(np.uint8)).resize(image.size, Image.Resampling.BILINEAR)
    rough = np.asarray(patches, np.float32)[..., None] - 128
    made = np.asarray(image, np.float32) + noise + rough
    return Image.fromarray(made.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.7))
