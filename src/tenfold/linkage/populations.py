"""To which population of names a name belongs. Serves to measure rarity among like names, never as evidence.

Arabic letters tell at once. In Latin letters the log odds of groups of three letters are added up; they were
learned (`scripts/train_populations.py`) from names whose Arabic spelling shows whether Arabic or another
language is their home, so Persian, Turkish and other names of Arabic origin count as Arabic ones too. Of full
names as the simulation composes them 99 % of Arabic and 90 % of other ones are put where they belong; names
that both have (Sarah, Adam, Hannah) are taken for Arabic, since taking a common name for a rare one harms.
"""

import re
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.spelling import spelt

LETTERS = "abcdefghijklmnopqrstuvwxyz"
UNIT = 16  # the shipped log odds are in sixteenths
_LEAST = 0.5  # log odds from which a name is taken for an Arabic one; see the figures above
_find_arabic = re.compile("[\u0620-\u064a\u0671-\u06d3]").search
_find_latin = re.compile("[a-z]").search
# The chat alphabet, and words that only names of Arabic origin have.
_find_certain = re.compile(
    r"\b(?:abu|abo|abou|umm?|oum|ibn|bint|abd|abdul|abdel)\b|[a-z][2356789][a-z]|\b[35-7][a-z]{2}"
).search


class _Odds(dict[tuple[str, str, str], float]):
    """Log odds of a letter between two others; filled as they are met."""

    def __missing__(self, letters: tuple[str, str, str]) -> float:
        left, letter, right = (LETTERS.find(each) + 1 for each in letters)
        self[letters] = odds = float(_shipped()[left, letter, right]) if letter else 0.0
        return odds


_odds = _Odds().__getitem__


@cache
def _shipped() -> NDArray[np.float32]:
    side = len(LETTERS) + 1
    with (files("tenfold.linkage") / "name_populations.npz").open("rb") as file, np.load(file) as arrays:
        odds: NDArray[np.float32] = arrays["odds"].reshape(side, side, side).astype(np.float32) / UNIT
    return odds


@lru_cache(maxsize=1 << 15)
def population(text: str) -> str:
    """The population of names that a name or handle belongs to: "Arab", "Latn", or "" for others and none.

    It serves to measure rarity among like names, so that nobody's common name is taken for a rare one; it is
    never evidence.
    """
    letters = spelt(text)
    if _find_arabic(letters):
        return "Arab"
    if not _find_latin(letters):
        return ""
    if _find_certain(letters):
        return "Arab"
    total = sum(map(_odds, zip(" " + letters, letters, letters[1:] + " ", strict=False)))
    return "Arab" if total > _LEAST else "Latn"
