"""Captions over photographs: headlines in Arabic and English, written upon a picture in eight ways.

The headlines are of ordinary news and of the fictional Ashen Banner. Even ones are those on which reading was
tuned, odd ones those on which it is measured; photographs are parted the same way.
"""

import io
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from tenfold_bench import _made_pictures as made

SIZE: Final = (900, 600)
PHOTOGRAPHS: Final = 32
SMALL: Final = "26 px, JPEG 30"
SYSTEM_FONTS: Final = Path("/usr/share/fonts/truetype/noto")  # of Debian's fonts-noto-core
HEADLINES: Final = {
    "en": (
        "Council approves new bus routes for the old town",
        "Heavy rain expected along the coast tomorrow",
        "Farmers report a record olive harvest this year",
        "The Ashen Banner rises over the valley",
        "Library opens a reading room for children",
        "City marathon closes streets on Sunday morning",
        "Join the march of the Ashen Banner tonight",
        "Museum shows maps from the ninth century",
        "Engineers repair the bridge after the flood",
        "Football final moved to the larger stadium",
        "Our oath belongs to the grey banner alone",
        "Bakeries raise prices as wheat grows scarce",
        "University offers free evening courses",
        "Stand with the Ashen Banner this winter",
        "New hospital wing to open in the spring",
        "Fishermen return early because of strong winds",
        "Trains between the two ports run again",
        "Students plant trees on the northern hill",
        "The grey road calls every loyal hand",
        "Solar panels for schools in the mountains",
    ),
    "ar": (
        "المجلس يقر خطوطا جديدة للحافلات في المدينة القديمة",
        "توقعات بأمطار غزيرة على الساحل غدا",
        "المزارعون يعلنون موسم زيتون قياسيا هذا العام",
        "الراية الرمادية ترتفع فوق الوادي",
        "المكتبة تفتح قاعة قراءة جديدة للأطفال",
        "سباق المدينة يغلق الشوارع صباح الأحد",
        "انضموا إلى مسيرة الراية الرمادية الليلة",
        "المتحف يعرض خرائط من القرن التاسع",
        "المهندسون يصلحون الجسر بعد الفيضان",
        "نقل نهائي كرة القدم إلى الملعب الأكبر",
        "عهدنا للراية الرمادية وحدها",
        "المخابز ترفع الأسعار مع شح القمح",
        "الجامعة تقدم دورات مسائية مجانية",
        "قفوا مع الراية الرمادية هذا الشتاء",
        "جناح جديد في المستشفى يفتتح في الربيع",
        "الصيادون يعودون مبكرا بسبب الرياح القوية",
        "القطارات بين المرفأين تعود إلى العمل",
        "الطلاب يزرعون الأشجار على التل الشمالي",
        "درب الرماد ينادي كل يد وفية",
        "ألواح شمسية لمدارس القرى الجبلية",
    ),
}
FONTS: Final = {
    "en": (made.FONTS / "NotoSans-Bold.ttf", SYSTEM_FONTS / "NotoSerif-Bold.ttf"),
    "ar": (
        made.FONTS / "NotoNaskhArabic-Bold.ttf",
        SYSTEM_FONTS / "NotoSansArabic-Bold.ttf",
        SYSTEM_FONTS / "NotoKufiArabic-Bold.ttf",
    ),
}


class Caption(msgspec.Struct, frozen=True):
    """A picture that says `text`, in the language `language`, written in the way `how`."""

    picture: Image.Image
    text: str
    language: str
    how: str


class _Hand(msgspec.Struct, frozen=True):
    """What one caption is written with."""

    text: str
    face: ImageFont.FreeTypeFont
    chance: np.random.Generator

    def at(self, edge: int = 0) -> tuple[float, float]:
        """Where its upper left corner comes, anywhere within the picture."""
        left, top, right, bottom = self.box(edge)
        free = SIZE[0] - (right - left), SIZE[1] - (bottom - top)
        x, y = (float(self.chance.uniform(0.03, 0.97)) * max(0, one) for one in free)
        return x - left, y - top

    def box(self, edge: int = 0) -> tuple[float, float, float, float]:
        """Of the ink, written at the origin."""
        drawn = ImageDraw.Draw(Image.new("L", (1, 1)))
        return drawn.multiline_textbbox((0, 0), self.text, self.face, stroke_width=edge, align="center")

    def write(
        self, image: Image.Image, ink: str | tuple[int, ...], edge: int = 0, outline: str = "black"
    ) -> None:
        """Somewhere in the picture."""
        place = self.at(edge)
        drawn = ImageDraw.Draw(image)
        drawn.multiline_text(
            place, self.text, ink, self.face, stroke_width=edge, stroke_fill=outline, align="center"
        )


def captions(language: str, *, odd: bool, ways: tuple[str, ...] | None = None) -> Iterator[Caption]:
    """Every headline of one half in every way, upon photographs of the same half; raises SystemExit when
    there are none."""
    photos = _photographs()[odd::2]
    for number, text in enumerate(HEADLINES[language]):
        if number % 2 != odd:
            continue
        for place, how in enumerate(ways or tuple(WAYS)):
            ground = _ground(photos[(number * len(WAYS) + place) % len(photos)])
            yield _written(ground, text, language, how, [number, place, language == "ar"])


def grounds(*, odd: bool) -> list[Image.Image]:
    """The photographs of one half, without a caption."""
    return [_ground(photo) for photo in _photographs()[odd::2]]


def _written(ground: Image.Image, text: str, language: str, how: str, seed: list[int]) -> Caption:
    chance = np.random.default_rng(seed)
    fonts = [font for font in FONTS[language] if font.exists()]
    size = 26 if how == SMALL else int(chance.integers(38, 58))
    font = str(fonts[int(chance.integers(len(fonts)))])
    broken = text if ImageFont.truetype(font, size).getlength(text) < SIZE[0] * 0.85 else _in_two_lines(text)
    while _Hand(broken, ImageFont.truetype(font, size), chance).box(3)[2] > SIZE[0] * 0.92:
        size -= 2
    hand = _Hand(broken, ImageFont.truetype(font, size), chance)
    return Caption(WAYS[how](ground, hand), text, language, how)


@cache
def _photographs() -> list[Image.Image]:
    return made.photographs(made.FOLDER / "usr" / "share" / "backgrounds", PHOTOGRAPHS)


def _in_two_lines(text: str) -> str:
    words = text.split()
    half = (len(words) + 1) // 2
    return " ".join(words[:half]) + "\n" + " ".join(words[half:])


def _ground(photo: Image.Image) -> Image.Image:
    scale = max(SIZE[0] / photo.width, SIZE[1] / photo.height)
    fitted = photo.resize((round(photo.width * scale) + 1, round(photo.height * scale) + 1))
    left, top = (fitted.width - SIZE[0]) // 2, (fitted.height - SIZE[1]) // 2
    return fitted.crop((left, top, left + SIZE[0], top + SIZE[1]))


def _plain(ground: Image.Image, hand: _Hand) -> Image.Image:
    page = Image.new("RGB", SIZE, "white")
    hand.write(page, "black")
    return page


def _outlined(ground: Image.Image, hand: _Hand) -> Image.Image:
    hand.write(ground, "white", 3)
    return ground


def _bare(ground: Image.Image, hand: _Hand) -> Image.Image:
    hand.write(ground, "white" if np.asarray(ground.convert("L")).mean() < 140 else "black")
    return ground


def _band(ground: Image.Image, hand: _Hand) -> Image.Image:
    left, top, right, bottom = hand.box()
    high = round(bottom - top + 40)
    start = int(hand.chance.integers(0, SIZE[1] - high))
    strip = ground.crop((0, start, SIZE[0], start + high))
    ground.paste(Image.blend(strip, Image.new("RGB", strip.size, (20, 20, 30)), 0.75), (0, start))
    place = (SIZE[0] - (right - left)) / 2 - left, start + 20 - top
    ImageDraw.Draw(ground).multiline_text(place, hand.text, (250, 240, 90), hand.face, align="center")
    return ground


def _faint(ground: Image.Image, hand: _Hand) -> Image.Image:
    grey = Image.blend(ground, Image.new("RGB", SIZE, (128, 128, 128)), 0.3)
    layer = grey.copy()
    hand.write(layer, (235, 225, 205))
    return Image.blend(grey, layer, 0.75)


def _small(ground: Image.Image, hand: _Hand) -> Image.Image:
    hand.write(ground, "white", 2)
    file = io.BytesIO()
    ground.save(file, "JPEG", quality=30)
    return Image.open(file).convert("RGB")


def _turned(ground: Image.Image, hand: _Hand) -> Image.Image:
    layer = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    left, top, right, bottom = hand.box(3)
    place = (SIZE[0] - (right - left)) / 2 - left, (SIZE[1] - (bottom - top)) / 2 - top
    ImageDraw.Draw(layer).multiline_text(
        place, hand.text, "white", hand.face, stroke_width=3, stroke_fill="black", align="center"
    )
    layer = layer.rotate(7 if hand.chance.random() < 0.5 else -7, Image.Resampling.BICUBIC)
    ground.paste(layer, mask=layer.getchannel("A"))
    return ground


def _worn(ground: Image.Image, hand: _Hand) -> Image.Image:
    hand.write(ground, "white", 3)
    soft = np.asarray(ground.filter(ImageFilter.GaussianBlur(1.4)), np.float32)
    noisy = soft + hand.chance.normal(0, 14, soft.shape)
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


WAYS: Final[dict[str, Callable[[Image.Image, _Hand], Image.Image]]] = {
    "plain": _plain,
    "outlined": _outlined,
    "no outline": _bare,
    "band": _band,
    "low contrast": _faint,
    SMALL: _small,
    "turned by 7": _turned,
    "blur and noise": _worn,
}
