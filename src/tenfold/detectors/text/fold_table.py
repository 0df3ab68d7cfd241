"""The code-point table: what every Unicode character becomes in a normal form.

A character becomes one folded character, nothing (0), a separator (a space), or, rarely, several characters
(then the table holds EXPANDS plus an index into the expansions).
"""

import unicodedata
from functools import cache

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.text import confusables

Codes = NDArray[np.uint32]

SPACE = 0x20
EXPANDS = 0x110000
LOOK_ALIKES = (0x370, 0x590)  # Greek, Cyrillic, Armenian
_TABLED = 0x20000  # planes 0 and 1; beyond them are ideographs, invisible tags and nothing else
# Ideographs and Hangul syllables stand for themselves.
_THEMSELVES = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x17000, 0x18CFF), (0x20000, 0x323AF))

# Marks that are written over or under a letter and may be left out. Vowel signs of Indic scripts are not:
# they are letters of their words.
_STRIPPED_MARKS = (
    (0x0300, 0x036F),
    (0x0591, 0x05C7),
    (0x0610, 0x061A),
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x06D6, 0x06ED),
    (0x0711, 0x0711),
    (0x0730, 0x074A),
    (0x0897, 0x089F),
    (0x08CA, 0x08FF),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFE20, 0xFE2F),
)
# Invisible though not of the category "format": fillers, variation selectors, grapheme joiner, tatweel.
_INVISIBLE = (
    (0x034F, 0x034F),
    (0x0640, 0x0640),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0xE0000, 0xE0FFF),
)
# Symbols that are letters in a ring or a box; other symbols separate words.
_ENCLOSED_LETTERS = ((0x24B6, 0x24E9), (0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189))
_WITHOUT_DECOMPOSITION = ((0x1F150, ord("a")), (0x1F170, ord("a")))


class FoldTable(msgspec.Struct, frozen=True):
    """`codes[c]` for every code point c (uint32, 0x110000 of them) and the expansions it points to."""

    codes: Codes
    expansions: tuple[Codes, ...]


def _within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)


def _decomposed(code: int) -> str:
    """Case folded, compatibility forms resolved, optional marks gone, look-alikes replaced."""
    for first, letter in _WITHOUT_DECOMPOSITION:
        if first <= code < first + 26:
            return chr(letter + code - first)
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", chr(code)).casefold())
    text = "".join(c for c in text if not _within(ord(c), _STRIPPED_MARKS + _INVISIBLE))
    return "".join(confusables.ALWAYS.get(c, c) for c in unicodedata.normalize("NFC", text))


def fold_character(code: int) -> str:
    """What one code point becomes: "" when it vanishes, " " when it separates words."""
    category = unicodedata.category(chr(code))
    if category in {"Cf", "Me"} or _within(code, _INVISIBLE + _STRIPPED_MARKS):
        return ""
    if category == "Cc":
        return " " if chr(code).isspace() else ""
    if category == "Nd":
        return str(unicodedata.digit(chr(code)))
    if category[0] not in "LNM" and not _within(code, _ENCLOSED_LETTERS):
        return " "
    folded = "".join(_letter_or_space(c) for c in _decomposed(code))
    # An isolated Arabic mark of the presentation forms decomposes to a space and the mark.
    return folded if folded.strip() else ""


def _letter_or_space(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    return character if category[0] in "LNM" else " "


@cache
def fold_table() -> FoldTable:
    """The table, made once a process (a quarter of a second)."""
    codes = np.full(0x110000, SPACE, dtype=np.uint32)
    for first, last in _INVISIBLE:
        codes[first : last + 1] = 0
    for first, last in _THEMSELVES:
        codes[first : last + 1] = np.arange(first, last + 1, dtype=np.uint32)
    expansions: list[Codes] = []
    for code in range(_TABLED):
        if codes[code] == code:
            continue
        folded = fold_character(code)
        if len(folded) > 1:
            codes[code] = EXPANDS + len(expansions)
            expansions.append(np.array([ord(c) for c in folded], dtype=np.uint32))
        else:
            codes[code] = ord(folded) if folded else 0
    return FoldTable(codes, tuple(expansions))


@cache
def look_alikes() -> tuple[Codes, Codes]:
    """Tables, strict and loose, of letters drawn like Latin ones: `table[code - LOOK_ALIKES[0]]` or 0."""
    first, last = LOOK_ALIKES
    tables = []
    for pairs in (confusables.STRICT, confusables.LOOSE):
        table = np.zeros(last - first + 1, dtype=np.uint32)
        for character, letter in pairs.items():
            table[ord(character) - first] = ord(letter)
        tables.append(table)
    return tables[0], tables[1]
