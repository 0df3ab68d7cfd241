"""The skeleton of a name or handle: what is left when its looks are taken off. Look-alikes have one skeleton.

Folded are what the normal form of text folds (case, compatibility forms, marks, tatweel, spellings of alef,
ya and ta marbuta, letters of other alphabets drawn alike, invisible characters) and besides, as Unicode's
UTS #39 does, i, l and 1, rn and m, vv and w. Digits and symbols within words are letters in disguise; all
other digits, spaces, decoration and the number of times that a letter is repeated go.
"""

import re
from functools import lru_cache

from tenfold.detectors.text import confusables
from tenfold.detectors.text.evasion import LEET_ARABIC, LEET_LATIN
from tenfold.detectors.text.fold_table import LOOK_ALIKES, fold_character

_SYMBOLS = {character: letter for character, letter in LEET_LATIN.items() if not character.isdigit()}
_DIGITS = {character: letter for character, letter in LEET_LATIN.items() if character.isdigit()}
_ARABIC_DIGITS = {character: letter for character, letter in LEET_ARABIC.items() if character in _DIGITS}
_FIRST, _LAST = map(chr, LOOK_ALIKES)

_find_disguise = re.compile(f"[{re.escape(''.join(_SYMBOLS))}{_FIRST}-{_LAST}]").search
_within = re.compile(rf"(?<=[^\W_])[{re.escape(''.join(_SYMBOLS))}](?=[^\W_])").sub
_find_alike = re.compile(f"[{_FIRST}-{_LAST}]").search
_find_digit = re.compile("[0-9]").search
# Digits that stand for letters: one or two between letters, or one before the first.
_inner_digits = re.compile(r"(?<=[^\W0-9_])[0-9]{1,2}(?=[^\W0-9_])|(?<![^\W_])[0-9](?=[^\W0-9_])").sub
_digits = re.compile("[0-9]+").sub
_find_double = re.compile(r"(.)\1", re.DOTALL).search
_single = re.compile(r"(.)\1+", re.DOTALL).sub


class _Folds(dict[int, str]):
    """What each character becomes; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = fold_character(code)
        return folded


_FOLDS = _Folds()


def undisguised(text: str) -> str:
    """The text with symbols within words read as letters, and look-alikes as the Latin letters they pose as.

    Letters of other alphabets are taken for Latin ones where Latin letters stand in the text too, or where
    no letter of it shows that its author writes that other alphabet.
    """
    if not _find_disguise(text):
        return text
    text = _within(_letter_for_symbol, text)
    return _latin_look_alikes(text) if _find_alike(text) else text


def folded(text: str) -> str:
    """Folded letters and digits, and a space for each character that separates them."""
    return undisguised(text).translate(_FOLDS)


def _letter_for_symbol(found: re.Match[str]) -> str:
    return _SYMBOLS[found[0]]


def _latin_look_alikes(text: str) -> str:
    strict, loose = confusables.STRICT, confusables.LOOSE
    letters = {c: _FOLDS[ord(c)] for c in text}
    if any("a" <= fold[:1] <= "z" for fold in letters.values()):
        return "".join(loose.get(c) or loose.get(letters[c]) or c for c in text)
    if all(c in strict or letters[c] in strict for c in letters if _FIRST <= c < _LAST):
        return "".join(strict.get(c) or strict.get(letters[c]) or c for c in text)
    return text


def _letters_for_digits(found: re.Match[str]) -> str:
    text, end = found.string, found.end()
    table = _ARABIC_DIGITS if "\u0600" <= text[end] < "\u0700" else _DIGITS
    return "".join(table.get(digit, "") for digit in found[0])


@lru_cache(maxsize=1 << 16)
def skeleton(text: str) -> str:
    """The skeleton of a name or handle; "" when no letter is left. The skeleton of a skeleton is itself."""
    letters = folded(text).rstrip("0123456789 ")
    if _find_digit(letters):
        letters = _inner_digits(_letters_for_digits, letters)
        letters = _digits("", letters)
    if _find_alike(letters):  # again, now that digits have become letters
        letters = _latin_look_alikes(letters)
    letters = letters.replace(" ", "").replace("rn", "m").replace("vv", "w").replace("i", "l")
    return _single(r"\1", letters) if _find_double(letters) else letters
