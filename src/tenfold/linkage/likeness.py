"""How probable it is that one word spells the other, in the same script or across Arabic and Latin letters.

Across scripts a small logistic weighs the likelihood of the alignment (`transliteration`) against how
common the Arabic spelling's letters are. Two Latin words are compared through the likeliest Arabic spelling
of each; long ones also by their edit distance, as words of other scripts and Arabic ones are. The logistics
are fitted by `scripts/fit_likeness.py`, true pairs against the nearest false ones and random ones.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from tenfold.linkage.transliteration import ARABIC, LATIN, Floats, log_likelihoods, log_priors, readings

WORST = -40.0  # log likelihoods below this say no more
# Weight of the log likelihood, of the log prior of the Arabic spelling, and the constant.
ACROSS = (0.497, -0.411, -2.275)
# Weight of the mean log likelihood a letter of two Latin words, and the constant.
WITHIN = (2.114, 3.546)
# Edit similarity that begins to count, and how many letters a word must have for it to count alone.
_LEAST_EDIT, _LONG = 0.6, 8
_LEAST_ALIKE = 0.3  # edit similarity of Latin words below which they are not worth aligning

_is_latin = re.compile(f"[{LATIN}]+").fullmatch
_is_arabic = re.compile(f"[{ARABIC}]+").fullmatch
_plain = str.maketrans("أإآئؤةى", "ااايوهي", "ء")


def likeness(left: Sequence[str], right: Sequence[str]) -> Floats:
    """0 to 1 for each pair of words (letters as `spelling` gives them); 1 only for equal ones."""
    scripts_of = {word: _script(word) for word in {*left, *right}}
    scripts = np.array(
        [3 * scripts_of[one] + scripts_of[other] for one, other in zip(left, right, strict=True)]
    )
    values = np.zeros(len(left), dtype=np.float32)
    for scripts_of_pair, compare in _COMPARISONS.items():
        places = np.flatnonzero(scripts == scripts_of_pair).tolist()
        if places:
            values[places] = compare([left[at] for at in places], [right[at] for at in places])
    return values


def _script(word: str) -> int:
    return 1 if _is_latin(word) else 2 if _is_arabic(word) else 0


def logistic(total: NDArray[np.floating[Any]]) -> Floats:
    """1 / (1 + exp(-total))."""
    return np.asarray(1 / (1 + np.exp(-total)), dtype=np.float32)


def across_features(arabic: Sequence[str], latin: Sequence[str]) -> tuple[Floats, Floats]:
    """Log likelihood of each Arabic word given the Latin one, and its log prior."""
    return np.maximum(log_likelihoods(arabic, latin), np.float32(WORST)), log_priors(arabic)


def within_feature(left: Sequence[str], right: Sequence[str]) -> Floats:
    """Mean log likelihood of Latin words given each other's reading, by letter of the longer one."""
    distinct = list({*left, *right})
    read_as = dict(zip(distinct, readings(distinct), strict=True))
    read = [read_as[word] for word in (*left, *right)]
    logs = np.maximum(log_likelihoods(read, [*right, *left]), np.float32(WORST))
    return np.asarray((logs[: len(left)] + logs[len(left) :]) / (2 * _longer(left, right)), dtype=np.float32)


def _longer(left: Sequence[str], right: Sequence[str]) -> Floats:
    return np.fromiter(map(max, map(len, left), map(len, right)), dtype=np.float32, count=len(left))


def _across(arabic: Sequence[str], latin: Sequence[str]) -> Floats:
    likelihood, prior = across_features(arabic, latin)
    return logistic(ACROSS[0] * likelihood + ACROSS[1] * prior + ACROSS[2])


def _latin(left: Sequence[str], right: Sequence[str]) -> Floats:
    same = process.cpdist(left, right, scorer=Levenshtein.normalized_similarity, dtype=np.float32)
    values = np.where(same == 1, same, np.float32(0))
    places = np.flatnonzero((same >= _LEAST_ALIKE) & (same < 1)).tolist()
    if places:
        left, right = [left[at] for at in places], [right[at] for at in places]
        heard = logistic(WITHIN[0] * within_feature(left, right) + WITHIN[1])
        seen = np.where(_longer(left, right) >= _LONG, _share(same[places]), 0)
        values[places] = np.maximum(heard, seen)
    return values


def _arabic(left: Sequence[str], right: Sequence[str]) -> Floats:
    plain = {word: word.translate(_plain) for word in {*left, *right}}
    return _edits([plain[word] for word in left], [plain[word] for word in right])


def _edits(left: Sequence[str], right: Sequence[str]) -> Floats:
    return _share(process.cpdist(left, right, scorer=Levenshtein.normalized_similarity, dtype=np.float32))


def _share(same: Floats) -> Floats:
    return np.asarray(np.maximum(1 - (1 - same) / (1 - _LEAST_EDIT), 0), dtype=np.float32)


# By scripts of the two words: 0 others or several, 1 Latin, 2 Arabic.
_COMPARISONS = {
    0: _edits,
    4: _latin,
    5: lambda left, right: _across(right, left),
    7: _across,
    8: _arabic,
}
