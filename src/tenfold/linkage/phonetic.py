"""The consonant key of a name: equal for its usual spellings in Arabic, Latin letters and chat alphabet.

Each letter is read as the likeliest class of Arabic consonants that it stands for between its neighbours,
by the learned table of `transliteration`; vowels, hamza and ayn are silent, and h at the end of words. Of
names that nothing was learned from 83 % have one key in both scripts; two random names once in 1,300.
"""

import re
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.spelling import spelt
from tenfold.linkage.transliteration import ARABIC, LATIN, shipped, weights

# Consonants that spellings confuse have one class. Chosen on pairs that the test has none of.
_CLASSES = {
    letter: letters[0]
    for letters in (
        "bبپ",
        "tتطث",
        "gجچغگژ",
        "hحه",
        "xخ",
        "dدضذظ",
        "rر",
        "sسصز",
        "cش",
        "fفڤ",
        "kقك",
        "lل",
        "mم",
        "nن",
    )
    for letter in letters[1:]
}
_find_latin = re.compile("[a-z0-9]").search
_find_double = re.compile(r"(.)\1").search
_single = re.compile(r"(.)\1+").sub


class _ArabicKeys(dict[int, str]):
    """The consonant of each Arabic letter; a space stays, all else is silent."""

    def __missing__(self, code: int) -> str:
        self[code] = key = " " if code == ord(" ") else _CLASSES.get(chr(code), "")
        return key


class _Keys(dict[tuple[str, str, str], str]):
    """The consonants that a letter stands for between two others; filled as they are met."""

    def __missing__(self, letters: tuple[str, str, str]) -> str:
        left, letter, right = (LATIN.find(each) + 1 for each in letters)
        keys, likeliest = _likeliest()
        key = keys[int(likeliest[left, letter, right])] if letter else _ARABIC_KEYS[ord(letters[1])]
        self[letters] = key
        return key


_ARABIC_KEYS = _ArabicKeys()
_key = _Keys().__getitem__


@cache
def _likeliest() -> tuple[list[str], NDArray[np.intp]]:
    """Keys, and which of them most of the probability is for (left, letter, right)."""
    meanings = ["", *ARABIC, *map(str, weights()["pairs"])]
    keys = ["".join(_CLASSES.get(letter, "") for letter in meaning) for meaning in meanings]
    distinct = sorted(set(keys))
    sums = np.zeros((len(keys), len(distinct)), dtype=np.float32)
    sums[np.arange(len(keys)), [distinct.index(key) for key in keys]] = 1.0
    return distinct, (shipped().table[..., : len(keys)] @ sums).argmax(-1)


@lru_cache(maxsize=1 << 16)
def phonetic(text: str) -> str:
    """The consonant key of a name or handle, "" when nothing is left; letters of other scripts are silent."""
    letters = spelt(text)
    if _find_latin(letters):
        key = "".join(map(_key, zip(" " + letters, letters, letters[1:] + " ", strict=False)))
    else:
        key = letters.translate(_ARABIC_KEYS)
    key = f"{key} ".replace("h ", "").replace(" ", "")
    return _single(r"\1", key) if _find_double(key) else key
