"""The words of a text as a name may stand in them: clitics off, letters that were set apart put together.

Units are the runs of letters and digits; a word is one unit or several ("k.a.r.i.m", "al-Haddad"), and has
several forms, for who reads it cannot know whether "وليد" is a name or "and a child".
"""

import re
from functools import lru_cache

import msgspec

from tenfold.linkage.skeleton import folded
from tenfold.linkage.spelling import spelt

_MARKS = (
    "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"  # of letters
    "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"  # invisible
)
_CIRCLED = "\u24b6-\u24e9\U0001f130-\U0001f189"
_LETTER = rf"[^\W_]|[{_MARKS}{_CIRCLED}]"
# Letters, marks and invisible signs; symbols that pose as letters (@ $ ! | €) only between letters.
_find_units = re.compile(rf"(?:{_LETTER})(?:(?:{_LETTER})|[@$!|€](?=[^\W_]))*").finditer
_split_camel = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])").split
_find_chunks = re.compile(r"\S+").finditer
_possessive = re.compile(r"['’ʼ`]s?(?![^\W_])", re.IGNORECASE).match

_LEAST = 2  # letters that must be left without a clitic
_LEAST_LATIN = 3
_SPACED = 3  # single letters in a row that may be one word spaced out
_MOST_GLUED = 40  # characters of a chunk that are put together
_MOST_WORDS = 4_000  # of a text; the rest is not searched

# Conjunction; vocative; preposition with or without the article; article.
_arabic_clitics = re.compile(r"([وف]?)(يا)?(لل|[بكلف]?(?:ال)?)").match
_latin_clitics = re.compile(r"(?:wa|[wblfy]|bi|fi|li|ya|al|el|ul)(?:al|el)?").match
_latin_articles = re.compile(r"(?:al|el)(?=[a-z]{3})").match
_is_arabic = re.compile("[\u0620-\u064a]").match


class Word(msgspec.Struct, frozen=True):
    """A word over units [first, last), at [start, end) of the original. `forms`: as it stands, then without
    clitics; `glued`: whether it is several units together."""

    first: int
    last: int
    start: int
    end: int
    forms: tuple[str, ...]
    glued: bool = False


class Words(msgspec.Struct, frozen=True):
    """The words of a text in the order of their first units; of `singles[i]` unit i is, if it is any."""

    words: list[Word]
    singles: list[Word | None]

    def at(self, unit: int) -> tuple[str, ...]:
        """The forms of one unit; () for none."""
        word = self.singles[unit] if 0 <= unit < len(self.singles) else None
        return word.forms if word else ()


@lru_cache(maxsize=1 << 15)
def forms(text: str) -> tuple[str, ...]:
    """The forms of a word: as `spelling.spelt` has it, then without clitics and endings; () for none."""
    whole = spelt(text).replace(" ", "")
    if not whole:
        return ()
    found = {whole: None}
    if _is_arabic(whole):
        for bare in _without_clitics(whole):
            found[bare] = None
            if bare.endswith("ا") and len(bare) > _LEAST + 1:  # the accusative: "محمدا"
                found[bare[:-1]] = None
    elif clitic := _latin_clitics(whole):
        for end in {clitic.end(), *((one.end(),) if (one := _latin_articles(whole)) else ())}:
            if len(whole) - end >= _LEAST_LATIN:
                found[whole[end:]] = None
        if whole[0] in "wblfy" and len(whole) > _LEAST_LATIN:
            found[whole[1:]] = None
    return tuple(found)


def _without_clitics(word: str) -> list[str]:
    found = [word]
    parts = _arabic_clitics(word)
    assert parts is not None, "every part is optional"
    for group in (1, 2, 3):
        end = parts.end(group)
        if parts[group] and end > 0 and len(word) - end >= _LEAST:
            found.append(word[end:])
    if (preposition := parts[3]) and preposition[1:] == "ال" and len(word) - parts.end(3) + 2 >= _LEAST:
        found.append(word[parts.start(3) + 1 :])  # "بالباسط": the article may be the name's
    if preposition == "لل" and len(word) - parts.start(3) - 1 >= _LEAST:
        found.append(word[parts.start(3) + 1 :])  # "لليلى"
    return found


def plain(word: str) -> str:
    """A form for looking up in a list: hamza, ya and ta marbuta folded."""
    return folded(word).replace(" ", "")


def split(text: str) -> Words:
    """The words of a text."""
    units: list[tuple[int, int]] = []
    for found in _find_units(text):
        start = found.start()
        for part in _split_camel(found[0]):
            units.append((start, start + len(part)))
            start += len(part)
        if len(units) >= _MOST_WORDS:
            break
    singles = [
        Word(i, i + 1, start, end, forms(text[start:end]))
        for i, (start, end) in enumerate(units)
        if not (end - start == 1 and text[start] in "sS" and i and _possessive(text, units[i - 1][1]))
    ]
    of_unit: list[Word | None] = [None] * len(units)
    for word in singles:
        of_unit[word.first] = word if word.forms else None
    words = [word for word in singles + _glued(text, units) + _spaced(text, units) if word.forms]
    return Words(sorted(words, key=lambda word: (word.first, word.last)), of_unit)


def _glued(text: str, units: list[tuple[int, int]]) -> list[Word]:
    """Units that no space parts, put together: "kar*m", "al-Haddad", "karim_nasser"."""
    found, i = [], 0
    while i < len(units):
        last = i + 1
        while last < len(units) and not any(map(str.isspace, text[units[last - 1][1] : units[last][0]])):
            last += 1
        start, end = units[i][0], units[last - 1][1]
        if last - i > 1 and end - start <= _MOST_GLUED:
            together = "".join(text[a:b] for a, b in units[i:last])
            found.append(Word(i, last, start, end, forms(together.lower()), True))
        i = last
    return found


def _spaced(text: str, units: list[tuple[int, int]]) -> list[Word]:
    """Single letters in a row, "k a r i m": words where the gaps are wider, or one word."""
    found, i = [], 0
    while i < len(units):
        last = i
        while last < len(units) and _is_single(text, units[last]):
            last += 1
        if last - i >= _SPACED:
            gaps = [units[j + 1][0] - units[j][1] for j in range(i, last - 1)]
            first = i
            for j in range(i, last):
                if j == last - 1 or gaps[j - i] > min(gaps):
                    if j + 1 - first >= _SPACED:
                        found.append(_joined(text, units, first, j + 1))
                    first = j + 1
            if max(gaps) > min(gaps):
                found.append(_joined(text, units, i, last))
        i = max(last, i + 1)
    return [word for word in found if word.last - word.first <= _MOST_GLUED]


def _joined(text: str, units: list[tuple[int, int]], first: int, last: int) -> Word:
    together = "".join(text[a:b] for a, b in units[first:last])
    return Word(first, last, units[first][0], units[last - 1][1], forms(together.lower()), True)


def _is_single(text: str, unit: tuple[int, int]) -> bool:
    start, end = unit
    return end - start == 1 or len(folded(text[start:end]).strip()) == 1
