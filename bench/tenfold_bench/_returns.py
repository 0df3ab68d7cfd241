"""A simulated population as linkage sees it: tables, counts of keys, candidates, which pairs are one person's."""

from collections.abc import Iterable

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.fingerprint import Fingerprint
from tenfold.linkage import style
from tenfold.linkage.compare import Comparisons, compare
from tenfold.linkage.pairing import Pairs, candidates
from tenfold.linkage.rarity import Rarity, count_names
from tenfold.linkage.table import Rows, Table
from tenfold.simulation.returns import Returns, ReturnsSpec, ReturnTruth

CHUNK = 20_000  # accounts that become a table at once


class Population(msgspec.Struct, kw_only=True):
    """Closed accounts after their whole life; newer ones after `posts` posts: all that are open, and the
    returns that were closed in their turn. Parallel to the tables: who runs each, as a number. `told` are
    the truths of the newer ones. `predecessor` rows of `closed` of each newer account: in `truths`."""

    returns: Returns
    posts: int
    closed: Table
    newer: Table
    told: list[ReturnTruth]
    closed_operator: NDArray[np.int64]
    newer_operator: NDArray[np.int64]
    rarity: Rarity


class Labelled(msgspec.Struct, kw_only=True):
    """Candidates of a population: rows, and whether the same person runs both. `before`: the closed account
    is one whose return the newer one is. Pairs of one person that are no return are left out."""

    pairs: Pairs
    same: NDArray[np.bool_]


def population(accounts: int, seed: int, posts: int) -> Population:
    """Draw everybody, count the keys of all."""
    returns = Returns(ReturnsSpec(accounts=accounts, seed=seed, posts=posts))
    numbers: dict[str, int] = {}
    closed, newer = _Growing(), _Growing()
    told: list[ReturnTruth] = []
    handles: list[str] = []
    is_open: list[bool] = []
    for fingerprint, truth in returns:
        operator = numbers.setdefault(truth.operator, len(numbers))
        handles += fingerprint.handles[:1]
        shown = fingerprint
        if fingerprint.closed_us is not None:
            closed.add(fingerprint, operator)
            if not truth.predecessors:
                continue
            shown = returns.fingerprint(int(fingerprint.account[1:]), posts)
        newer.add(shown, operator)
        told.append(truth)
        is_open.append(fingerprint.closed_us is None)
    closed_table, newer_table = closed.table(), newer.table()
    still = np.flatnonzero(np.array(is_open))
    shown_keys = np.concatenate([closed_table.keys, newer_table.keys_of_rows(still)[1]])
    keys, counts = np.unique(shown_keys, return_counts=True)
    return Population(
        returns=returns,
        posts=posts,
        closed=closed_table,
        newer=newer_table,
        told=told,
        closed_operator=np.array(closed.operators, np.int64),
        newer_operator=np.array(newer.operators, np.int64),
        rarity=Rarity(keys, counts, accounts, name_counts=count_names(handles, accounts)),
    )


class _Growing:
    """A table in the making."""

    def __init__(self) -> None:
        self.operators: list[int] = []
        self._tables: list[Table] = []
        self._waiting: list[Fingerprint] = []

    def add(self, fingerprint: Fingerprint, operator: int) -> None:
        self.operators.append(operator)
        self._waiting.append(fingerprint)
        if len(self._waiting) >= CHUNK:
            self._flush()

    def table(self) -> Table:
        self._flush()
        return Table.concat(self._tables)

    def _flush(self) -> None:
        if self._waiting:
            self._tables.append(Table.of(self._waiting))
            self._waiting = []


def labelled(people: Population) -> Labelled:
    """Candidates, without pairs of one person of which the newer account is no return of the closed one."""
    found = candidates(people.closed, people.newer, people.rarity)
    one = people.closed_operator[found.closed] == people.newer_operator[found.newer]
    same = one.copy()
    for place in np.flatnonzero(one).tolist():
        before = people.told[found.newer[place]].predecessors
        same[place] = people.closed.account[found.closed[place]] in before
    kept = same | ~one
    return Labelled(pairs=Pairs(*(column[kept] for column in found)), same=same[kept])


def write_styles(people: Population, pairs: Pairs) -> None:
    """Sketches of the accounts of these pairs, from the texts that they wrote."""
    _sketch(people, people.closed, np.unique(pairs.closed), None)
    _sketch(people, people.newer, np.unique(pairs.newer), people.posts)


def _sketch(people: Population, table: Table, rows: Iterable[int], posts: int | None) -> None:
    for row in rows:
        texts = people.returns.texts(int(table.account[row][1:]), posts)
        table.columns.style[row], table.columns.style_chars[row] = style.sketch(texts)


def comparisons(people: Population, closed: Rows, newer: Rows) -> Comparisons:
    """The pairs compared, by the one implementation."""
    return compare(people.closed, closed, people.newer, newer, people.rarity)
