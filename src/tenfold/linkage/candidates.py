"""Candidates: pairs of a closed and another account that share something rare enough to compare them.

A first look in whole thousandths of a bit: of each kind of key that both show, the rarity of the rarest,
summed over kinds. It only decides which pairs are compared, never what is said of them.
"""

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.keys import KIND_MASK
from tenfold.linkage.rarity import millibits
from tenfold.store.link_keys import Hit

BEST = 20  # pairs of one new account that are compared
FLOOR = 6_000  # thousandths of a bit: less than this in common is not looked at any further ...


def floor_of(population: int) -> int:
    """... nor less than singles out one of all accounts: such a pair cannot come to anything."""
    return max(FLOOR, round(1000 * math.log2(max(population, 2))))


class Candidate(msgspec.Struct, frozen=True, order=True):
    """An account that shares something; `millibits` of the first look. Sorted, the best comes last."""

    millibits: int
    account: str


class FirstLook:
    """Who shares what, weighed once for many accounts."""

    def __init__(self, hits: Sequence[Hit], population: int) -> None:
        accounts = np.array([hit.accounts for hit in hits], np.int64)
        bits = millibits(max(population, 2), accounts).tolist()
        self._floor = floor_of(population)
        self._found = {
            hit.key: (hit.key & KIND_MASK, weight, hit.others)
            for hit, weight in zip(hits, bits, strict=True)
            if hit.others
        }

    def candidates(self, account: str, keys: NDArray[np.int64]) -> list[Candidate]:
        """All who share enough with an account that shows `keys`, the best first."""
        best: dict[str, dict[int, int]] = {}
        for key in keys.tolist():
            kind, weight, others = self._found.get(key, (0, 0, ()))
            for other in others:
                kinds = best.setdefault(other, {})
                if weight > kinds.get(kind, -1):
                    kinds[kind] = weight
        best.pop(account, None)
        totals = (Candidate(sum(kinds.values()), other) for other, kinds in best.items())
        return sorted((one for one in totals if one.millibits >= self._floor), key=_best_first)


def _best_first(candidate: Candidate) -> tuple[int, str]:
    return -candidate.millibits, candidate.account
