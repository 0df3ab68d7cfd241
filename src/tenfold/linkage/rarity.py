"""How rare a shared value is: how many accounts show it, of how many, in whole thousandths of a bit."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tenfold.linkage import names
from tenfold.linkage.keys import Keys
from tenfold.linkage.ordering import distinct
from tenfold.linkage.style import Background

UNCOUNTED = 2  # accounts of a key that was not counted: the two that share it
NAME_SHARE = 0.5  # of accounts in a population of names that was not counted


def millibits(population: NDArray[np.int64] | int, accounts: NDArray[np.int64]) -> NDArray[np.int64]:
    """1000 * log2(population / accounts), rounded, never below 0: the same integers on every engine."""
    ratio = np.maximum(np.asarray(population, np.float64) / np.maximum(accounts, 1), 1.0)
    return np.rint(1000.0 * np.log2(ratio)).astype(np.int64)


class Rarity:
    """Counts of accounts by key in one population.

    `keys` and `accounts` are parallel, in any order; a key that is not among them counts as UNCOUNTED.
    `muted` are values that a person marked as shared by strangers: agreeing on them counts nothing.
    `name_counts` says how many accounts belong to each population of names (names.population; `count_names`
    makes it from a sample): a name's rarity is measured among its like, else people of a culture with few
    common names are taken for each other. `usual` is what is usual in the writing of the platform (usual.py):
    without it ways of writing say little.
    """

    def __init__(
        self,
        keys: Keys,
        accounts: NDArray[np.int64],
        population: int,
        *,
        muted: Iterable[int] = (),
        name_counts: Mapping[str, int] | None = None,
        usual: Background | None = None,
    ) -> None:
        if len(keys) != len(accounts):
            raise ValueError(f"{len(keys)} keys have {len(accounts)} counts")
        order = np.argsort(keys, kind="stable")
        self._keys = np.asarray(keys, np.int64)[order]
        self._accounts = np.asarray(accounts, np.int64)[order]
        self._muted = np.unique(np.fromiter(muted, np.int64))
        self.population = max(population, 2)
        self.name_counts = dict(name_counts or {})
        self.usual = usual
        self.unknown_names = max(int(self.population * NAME_SHARE), 2)  # in a population that was not counted

    def accounts_of(self, keys: Keys) -> NDArray[np.int64]:
        """How many accounts show each key; 0 for a muted one. Same shape as `keys`."""
        each, places = distinct(keys)  # a search for what ascends is much faster
        accounts = np.full(len(each), UNCOUNTED, np.int64)
        if len(self._keys):
            found = np.minimum(np.searchsorted(self._keys, each), len(self._keys) - 1)
            known = self._keys[found] == each
            accounts[known] = np.maximum(self._accounts[found[known]], UNCOUNTED)
        if len(self._muted):
            accounts[np.isin(each, self._muted)] = 0
        return np.asarray(accounts[places], np.int64)

    def counted(self, keys: Keys) -> NDArray[np.int64]:
        """How many accounts show each key; 0 for one that was not counted, or is muted."""
        if not len(self._keys):
            return np.zeros(len(keys), np.int64)
        each, places = distinct(keys)
        found = np.minimum(np.searchsorted(self._keys, each), len(self._keys) - 1)
        known = self._keys[found] == each
        if len(self._muted):
            known &= ~np.isin(each, self._muted)
        return np.where(known, self._accounts[found], 0)[places]

    def of_populations(self, populations: Sequence[str]) -> NDArray[np.int64]:
        """How many accounts belong to each of these populations of names."""
        counts, unknown = self.name_counts, self.unknown_names
        return np.array([counts.get(population, unknown) for population in populations], np.int64)


def count_names(shown: Iterable[str], population: int) -> dict[str, int]:
    """`name_counts` of a population from the names or handles of a sample of its accounts."""
    counted = Counter(map(names.population, shown))
    total = sum(counted.values())
    return {name: max(round(population * count / total), 2) for name, count in counted.items()}
