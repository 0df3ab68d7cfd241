"""How probable it is that one word spells the other, in the same script or across Arabic and Latin letters.

Across scripts a small logistic weighs the likelihood of the alignment (`transliteration`) against how
common the Arabic spelling's letters are. Two Latin words are compared through the likeliest Arabic spelling
of each; long ones also by their edit distance, as words of other scripts and Arabic ones are. The logistics
are fitted by `scripts/fit_likeness.py`, true pairs against the nearest false ones and random ones.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
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

_OTHERS, _LATIN, _ARABIC = range(3)  # scripts of words: other ones or several, or one of the two
_is_latin = re.compile(f"[{LATIN}]+").fullmatch
_is_arabic = re.compile(f"[{ARABIC}]+").fullmatch
_plain = str.maketrans("أإآئؤةى", "ااايوهي", "ء")


def likeness(left: Sequence[str], right: Sequence[str]) -> Floats:
    """0 to 1 for each pair of words (letters as `spelling` gives them); 1 only for equal ones."""
    scripts_of = {word: _script(word) for word in {*left, *right}}
    scripts = np.array([scripts_of[word] for word in (*left, *right)]).reshape(2, -1)
    values = np.zeros(len(left), dtype=np.float32)
    arabic = (scripts == _ARABIC).all(axis=0)
    latin = (scripts == _LATIN).all(axis=0)
    across = (scripts[0] != scripts[1]) & (scripts != _OTHERS).all(axis=0)
    for places, compare in ((~(arabic | latin | across), _edits), (arabic, _arabic)):
        some = places.nonzero()[0].tolist()
        if some:
            values[some] = compare([left[at] for at in some], [right[at] for at in some])
    _aligned(left, right, values, latin.nonzero()[0].tolist(), np.where(across, scripts[0], 0))
    return values


def _aligned(
    left: Sequence[str], right: Sequence[str], values: Floats, latin: list[int], across: NDArray[np.int64]
) -> None:
    """Words that are aligned letter by letter, in one batch: those of two scripts (`across`: of which the
    first is, 0 for others), and Latin ones that are near, each with the other's Arabic reading."""
    crossing = across.nonzero()[0].tolist()
    near, same = _near([left[at] for at in latin], [right[at] for at in latin])
    values[latin] = np.where(same == 1, same, np.float32(0))
    if not crossing and not near:
        return
    first = [left[at] if across[at] == _ARABIC else right[at] for at in crossing]
    second = [right[at] if across[at] == _ARABIC else left[at] for at in crossing]
    ones, others = [left[latin[at]] for at in near], [right[latin[at]] for at in near]
    logs = _logs([*first, *_read([*ones, *others])], [*second, *others, *ones])
    if crossing:
        values[crossing] = _crossed(logs[: len(crossing)], log_priors(first))
    if near:
        heard = logistic(WITHIN[0] * _by_letter(logs[len(crossing) :], ones, others) + WITHIN[1])
        seen = np.where(_longer(ones, others) >= _LONG, _share(same[near]), 0)
        values[[latin[at] for at in near]] = np.maximum(heard, seen)


@lru_cache(maxsize=1 << 15)
def _script(word: str) -> int:
    return _LATIN if _is_latin(word) else _ARABIC if _is_arabic(word) else _OTHERS


def logistic(total: NDArray[np.floating[Any]]) -> Floats:
    """1 / (1 + exp(-total))."""
    return np.asarray(1 / (1 + np.exp(-total)), dtype=np.float32)


def across_features(arabic: Sequence[str], latin: Sequence[str]) -> tuple[Floats, Floats]:
    """Log likelihood of each Arabic word given the Latin one, and its log prior."""
    return _logs(arabic, latin), log_priors(arabic)


def within_feature(left: Sequence[str], right: Sequence[str]) -> Floats:
    """Mean log likelihood of Latin words given each other's reading, by letter of the longer one."""
    return _by_letter(_logs(_read([*left, *right]), [*right, *left]), left, right)


def _logs(arabic: Sequence[str], latin: Sequence[str]) -> Floats:
    return np.maximum(log_likelihoods(arabic, latin), np.float32(WORST))


def _read(words: Sequence[str]) -> list[str]:
    """The likeliest Arabic spelling of each Latin word."""
    distinct = list(dict.fromkeys(words))
    read_as = dict(zip(distinct, readings(distinct), strict=True))
    return [read_as[word] for word in words]


def _by_letter(logs: Floats, left: Sequence[str], right: Sequence[str]) -> Floats:
    both = logs[: len(left)] + logs[len(left) :]
    return np.asarray(both / (2 * _longer(left, right)), dtype=np.float32)


def _longer(left: Sequence[str], right: Sequence[str]) -> Floats:
    return np.fromiter(map(max, map(len, left), map(len, right)), dtype=np.float32, count=len(left))


def _crossed(likelihood: Floats, prior: Floats) -> Floats:
    return logistic(ACROSS[0] * likelihood + ACROSS[1] * prior + ACROSS[2])


def _near(left: Sequence[str], right: Sequence[str]) -> tuple[list[int], Floats]:
    """Latin words: which pairs are neither equal nor too far apart, and the edit similarity of all."""
    same = process.cpdist(left, right, scorer=Levenshtein.normalized_similarity, dtype=np.float32)
    return ((same >= _LEAST_ALIKE) & (same < 1)).nonzero()[0].tolist(), same


def _arabic(left: Sequence[str], right: Sequence[str]) -> Floats:
    plain = {word: word.translate(_plain) for word in {*left, *right}}
    return _edits([plain[word] for word in left], [plain[word] for word in right])


def _edits(left: Sequence[str], right: Sequence[str]) -> Floats:
    return _share(process.cpdist(left, right, scorer=Levenshtein.normalized_similarity, dtype=np.float32))


def _share(same: Floats) -> Floats:
    return np.asarray(np.maximum(1 - (1 - same) / (1 - _LEAST_EDIT), 0), dtype=np.float32)
