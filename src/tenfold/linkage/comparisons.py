"""What comparing pairs came to, and the keys that they share: what each part of the comparison works on."""

from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.keys import KeyKind
from tenfold.linkage.kinds import Kind, Level
from tenfold.linkage.rarity import Rarity
from tenfold.linkage.shared_keys import Shared
from tenfold.linkage.table import Rows, Table

Pairs = NDArray[np.int64]


class Comparisons(msgspec.Struct, kw_only=True):
    """n pairs, one column a Kind. Shapes (n, len(Kind)) unless said otherwise.

    `level` (int8) is a Level. `strength` (int64) is in thousandths of a bit: the rarity of what agrees (of
    the rarest where one is enough, summed over ties), the log2 likelihood ratio of habits (may be
    below 0), or for NEAR names 15 * (similarity - 0.4). `accounts` show the rarest shared value (0: not
    counted), `count` values are shared, `distance` of pictures (-1: not measured), all int32.
    `copied` (n,) is true where many texts are somebody else's, word by word: then the style may be, too.
    """

    left: Table
    left_rows: Rows
    right: Table
    right_rows: Rows
    population: int
    level: NDArray[np.int8]
    strength: NDArray[np.int64]
    accounts: NDArray[np.int32]
    count: NDArray[np.int32]
    distance: NDArray[np.int32]
    copied: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.left_rows)

    def pair(self, place: int) -> tuple[str, str]:
        """The accounts of a pair, the closed one first."""
        return self.left.account[self.left_rows[place]], self.right.account[self.right_rows[place]]

    @property
    def posts(self) -> Pairs:
        """How many posts of each newer account are known, (n,)."""
        return self.right.columns.posts[self.right_rows]

    def open(self) -> "Comparisons":
        """The same with level and strength of its own, to be filled otherwise."""
        return msgspec.structs.replace(self, level=self.level.copy(), strength=self.strength.copy())

    def take(self, pairs: Pairs) -> "Comparisons":
        """Of these pairs only, which ascend."""
        if len(pairs) == len(self):
            return self
        columns = {name: getattr(self, name)[pairs] for name in _BY_PAIR}
        return Comparisons(left=self.left, right=self.right, population=self.population, **columns)


_MANY = np.iinfo(np.int64).max
_KINDS = np.arange(len(KeyKind) + 2)
_BY_PAIR = tuple(
    name for name in Comparisons.__struct_fields__ if name not in ("left", "right", "population")
)


class Groups(NamedTuple):
    """What pairs share of every kind of key: one entry a kind and pair, ascending, so that those of a kind
    stand together. `fewest` and `most`: accounts that show the rarest and the commonest key that counts;
    `keys` is how many these are. Where all keys are muted, 0. All (n,), integers."""

    kind: Pairs
    pair: Pairs
    fewest: Pairs
    most: Pairs
    keys: Pairs

    def take(self, places: Pairs | slice) -> "Groups":
        """Some of them."""
        return Groups(*(column[places] for column in self))


class Found:
    """Shared keys by kind and pair, and in this order how many accounts show each: 0 for a muted one."""

    def __init__(self, made: Comparisons, common: Shared, rarity: Rarity) -> None:
        self.rarity = rarity
        order = np.argsort(common.kind.astype(np.uint8), kind="stable")  # of bytes the quickest
        self._kind, self._pair, self._key = common.kind[order], common.pair[order], common.key[order]
        self.accounts = rarity.accounts_of(self._key)
        self.left = made.left.shown[made.left_rows]
        self.right = made.right.shown[made.right_rows]
        self._sort_into_groups()

    def _sort_into_groups(self) -> None:
        first = np.ones(len(self._pair), np.bool_)
        first[1:] = (self._pair[1:] != self._pair[:-1]) | (self._kind[1:] != self._kind[:-1])
        self._starts = starts = first.nonzero()[0]
        kind, pair, counted = self._kind[starts], self._pair[starts], self.accounts > 0
        most = np.maximum.reduceat(self.accounts, starts)
        fewest = np.minimum.reduceat(np.where(counted, self.accounts, _MANY), starts)
        count = np.add.reduceat(counted, starts, dtype=np.int64)
        self.groups = Groups(kind, pair, np.minimum(fewest, most), most, count)
        self._bounds = np.searchsorted(self._kind, _KINDS).tolist()
        self._group_bounds = np.searchsorted(kind, _KINDS).tolist()

    def of(self, kind: KeyKind) -> tuple[Pairs, NDArray[np.int64], NDArray[np.int64]]:
        """Pairs (ascending), keys and accounts of the shared keys of a kind, muted ones (0 accounts) too."""
        part = slice(self._bounds[kind], self._bounds[kind + 1])
        return self._pair[part], self._key[part], self.accounts[part]

    def of_kind(self, kind: KeyKind) -> Groups:
        """What pairs share of one kind, each pair once, ascending."""
        return self.groups.take(slice(self._group_bounds[kind], self._group_bounds[kind + 1]))

    def any(self, *kinds: KeyKind) -> bool:
        """Whether any pair shares a key of one of these kinds."""
        return any(self._bounds[kind] < self._bounds[kind + 1] for kind in kinds)

    def both(self, kind: KeyKind, least: int = 1) -> NDArray[np.bool_]:
        """Pairs of which both show at least so many keys of a kind."""
        return np.minimum(self.left[:, kind], self.right[:, kind]) >= least

    def fewest(self, kind: KeyKind) -> tuple[Pairs, Pairs]:
        """Pairs that share keys of a kind that count, each once, and the accounts of the rarest one."""
        groups = self.of_kind(kind)
        counts = groups.keys > 0
        return groups.pair[counts], groups.fewest[counts]

    def sums(self, points: Pairs) -> Pairs:
        """By group the sum of these points of all shared keys, which stand in the order of `accounts`."""
        return np.asarray(np.add.reduceat(points, self._starts))


def clear(made: Comparisons, pairs: Pairs, kind: Kind) -> None:
    """Count a kind neither way in these pairs."""
    made.level[pairs, kind] = Level.MISSING
    made.strength[pairs, kind] = 0
    made.accounts[pairs, kind] = 0
    made.count[pairs, kind] = 0
