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
        found = [self._found[key] for key in keys.tolist() if key in self._found]
        totals: dict[str, int] = {}
        latest: dict[str, int] = {}  # the kind that counted last: of each the rarest key comes first
        for kind, weight, others in sorted(found, key=_kind_and_rarity):
            for other in others:
                if latest.get(other) != kind:
                    latest[other] = kind
                    totals[other] = totals.get(other, 0) + weight
        totals.pop(account, None)
        enough = [Candidate(total, other) for other, total in totals.items() if total >= self._floor]
        return sorted(enough, key=_best_first)


def _kind_and_rarity(found: tuple[int, int, list[str]]) -> tuple[int, int]:
    return found[0], -found[1]


def _best_first(candidate: Candidate) -> tuple[int, str]:
    return -candidate.millibits, candidate.account
