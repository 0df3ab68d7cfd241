"""Names and handles: how alike two are, and to which population of names one belongs."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import JaroWinkler

from tenfold.linkage.phonetic import phonetic
from tenfold.linkage.skeleton import folded, skeleton

__all__ = ["phonetic", "population", "similarity", "skeleton", "succeeds"]

_ARABIC = re.compile("[\u0620-\u064a\u0671-\u06d3]")
_LATIN = re.compile("[a-z]")
_ARABIC_NAME = re.compile(
    r"(?:^|[\W_])(?:abu|abo|abou|umm?|ibn|bint|bin|ben|abd\w*|al|el|as|ash|ad|ar|mu?o?ham+[ae]d|a[h7]mad|ahmed)"
    r"(?:[\W_]|$)|[a-z][35-9][a-z]|[35-9][a-z]{2}"
)
_NUMBER_AT_END = re.compile(r"^(.*?\D)[\W_]*([0-9]*)$", re.DOTALL)


def similarity(left: Sequence[str], right: Sequence[str]) -> NDArray[np.float32]:
    """How alike names or handles are, pair by pair: 0 (nothing in common) to 1 (the same)."""
    if len(left) != len(right):
        raise ValueError(
            f"similarity compares pairs: {len(left)} names on the left, {len(right)} on the right"
        )
    values = np.zeros(len(left), dtype=np.float32)
    for place, (first, second) in enumerate(zip(left, right, strict=True)):
        a, b = skeleton(first), skeleton(second)
        if a and b:
            seen = JaroWinkler.similarity(a, b)
            heard = JaroWinkler.similarity(phonetic(first), phonetic(second))
            values[place] = 1.0 if a == b else max(seen, 0.95 * heard)
    return values


def succeeds(left_handles: Sequence[str], right_handles: Sequence[str]) -> NDArray[np.int8]:
    """1 where the second handle is the first with another number at its end, else 0."""
    values = np.zeros(len(left_handles), dtype=np.int8)
    for place, (left, right) in enumerate(zip(left_handles, right_handles, strict=True)):
        first, second = _NUMBER_AT_END.match(folded(left)), _NUMBER_AT_END.match(folded(right))
        if first and second and first[2] != second[2]:
            values[place] = first[1].rstrip(" _") == second[1].rstrip(" _")
    return values


def population(text: str) -> str:
    """The population of names that a name or handle belongs to: "Arab", "Latn", or "" for others and none.

    It serves to measure rarity among like names, so that nobody's common name is taken for a rare one; it is
    never evidence.
    """
    letters = folded(text)
    if _ARABIC.search(letters) or _ARABIC_NAME.search(letters):
        return "Arab"
    return "Latn" if _LATIN.search(letters) else ""
