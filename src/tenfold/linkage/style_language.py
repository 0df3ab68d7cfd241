"""How much of what somebody wrote is English, and how much Arabic: habits are only compared within either."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.text.normalise import encode
from tenfold.detectors.text.scripts import SCRIPTS, script_table

OTHERS = 8  # classes of scripts that are neither Latin nor Arabic; two scripts of one class are rare enough
# English, Arabic, other languages in Latin letters, those in other letters by class of script
LANGUAGES = ("en", "ar", "Latn", *(f"other{number}" for number in range(OTHERS)))
TALLIES = 4 + OTHERS  # letters: Latin, Arabic, Persian or Urdu alone; English words; letters of others

# Words that hardly any other language written in Latin letters has.
_ENGLISH = tuple(
    f" {word} " for word in ["the", "to", "and", "you", "of", "this", "that", "with", "my", "it"]
)
_PERSIAN = "پچژگکی"
# English words per Latin letter: 0.02 to 0.04 in English posts, nearly none in French, German, Spanish,
# Indonesian or Arabizi. Persian letters: over 0.1 of Persian texts, under 0.01 of Arabic ones.
_ENGLISH_FROM, _ENGLISH_TO = 0.005, 0.012
_PERSIAN_FROM, _PERSIAN_TO = 0.02, 0.06


@cache
def _classes() -> NDArray[np.uint8]:
    """For every code point the tally it belongs to; TALLIES for no letter."""
    script = script_table()
    classes = np.where(script == 0, TALLIES, 4 + script % OTHERS).astype(np.uint8)
    classes[script == SCRIPTS.index("Latn")] = 0
    classes[script == SCRIPTS.index("Arab")] = 1
    for letter in _PERSIAN:
        classes[ord(letter)] = 2
    return classes


def tally(texts: Sequence[str]) -> NDArray[np.int64]:
    """The TALLIES of texts together; those of parts add up to those of the whole."""
    joined = "\n".join(texts)
    found = np.bincount(_classes()[encode(joined)], minlength=TALLIES + 1)[:TALLIES]
    if found[0]:
        words = f" {joined.lower()} ".replace("\n", "  ")
        found[3] = sum(map(words.count, _ENGLISH))
    return found


def shares(tallies: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of letters (accounts, LANGUAGES) that are of texts in each language, from (accounts, TALLIES)."""
    latin, arabic, persian, words = tallies[:, :4].T.astype(np.float64)
    arabic = arabic + persian
    others = tallies[:, 4:].astype(np.float64)
    letters = np.maximum(latin + arabic + others.sum(axis=1), 1.0)
    english = (words / np.maximum(latin, 1.0) - _ENGLISH_FROM) / (_ENGLISH_TO - _ENGLISH_FROM)
    foreign = (persian / np.maximum(arabic, 1.0) - _PERSIAN_FROM) / (_PERSIAN_TO - _PERSIAN_FROM)
    english, foreign = np.clip(english, 0.0, 1.0), np.clip(foreign, 0.0, 1.0)
    others[:, 0] += arabic * foreign
    parts = [latin * english, arabic * (1.0 - foreign), latin * (1.0 - english)]
    return np.asarray(np.concatenate([np.stack(parts, axis=1), others], axis=1) / letters[:, None])
