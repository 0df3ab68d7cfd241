"""A simulated population as linkage sees it: tables, counts of keys, candidates, whose pairs they are."""

from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.fingerprint import Fingerprint
from tenfold.linkage import style, usual
from tenfold.linkage.compare import Comparisons, compare
from tenfold.linkage.kinds import Kind, Level
from tenfold.linkage.model import Model
from tenfold.linkage.ordering import portions
from tenfold.linkage.pairing import Pairs, candidates
from tenfold.linkage.parameters import KNOTS, name_of
from tenfold.linkage.rarity import Rarity, count_names
from tenfold.linkage.table import Rows, Table
from tenfold.simulation.returns import Returns, ReturnsSpec, ReturnTruth

CHUNK = 20_000  # accounts that become a table at once
PAIRS = 200_000  # compared at once
SKETCHED = 500  # accounts whose texts are sketched at once


class Population(msgspec.Struct, kw_only=True):
    """Closed accounts after their whole life; newer ones after `posts` posts: all that are open, and the
    returns that were closed in their turn. Parallel to the tables: who runs each, as a number. `told` are
    the truths of the newer ones."""

    returns: Returns
    posts: int
    closed: Table
    newer: Table
    told: list[ReturnTruth]
    closed_operator: NDArray[np.int64]
    newer_operator: NDArray[np.int64]
    rarity: Rarity


class Labelled(msgspec.Struct, kw_only=True):
    """Candidates of a population: rows, and whether the newer account is a return of the closed one. Other
    pairs of one person are left out."""

    pairs: Pairs
    same: NDArray[np.bool_]


class Scored(msgspec.Struct):
    """Scores of candidates; `allowed`: what was found may be called likely, were its probability high."""

    bits: NDArray[np.float64]
    probability: NDArray[np.float64]
    level: NDArray[np.int8]
    allowed: NDArray[np.bool_]


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
    found = np.isin(keys, closed_table.keys, assume_unique=False)  # no pair shares any other
    return Population(
        returns=returns,
        posts=posts,
        closed=closed_table,
        newer=newer_table,
        told=told,
        closed_operator=np.array(closed.operators, np.int64),
        newer_operator=np.array(newer.operators, np.int64),
        rarity=Rarity(
            keys[found],
            counts[found],
            accounts,
            name_counts=count_names(handles, accounts),
            usual=_usual(returns, closed_table, newer_table, still),
        ),
    )


def _usual(returns: Returns, closed: Table, newer: Table, still: Rows) -> style.Background | None:
    """What is usual in the writing of a sample of all accounts."""
    posts = dict.fromkeys(closed.account, None) | {newer.account[row]: returns.spec.posts for row in still}
    accounts = list(posts)
    chosen = [accounts[place] for place in usual.sample(accounts, 2 * usual.MOST_ACCOUNTS)]
    written = [returns.texts(int(account[1:]), posts[account]) for account in chosen]
    sketches = [sketch for sketch, chars in style.sketches(written) if chars >= style.LEAST_CHARS]
    return usual.of_sketches(sketches[: usual.MOST_ACCOUNTS])


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
    pairs, same, _ = label(people, candidates(people.closed, people.newer, people.rarity))
    return Labelled(pairs=pairs, same=same)


def label(people: Population, found: Pairs) -> tuple[Pairs, NDArray[np.bool_], NDArray[np.bool_]]:
    """Pairs that count, whether each is a return, and which of those given they are."""
    one = people.closed_operator[found.closed] == people.newer_operator[found.newer]
    same = one.copy()
    for place in np.flatnonzero(one).tolist():
        before = people.told[found.newer[place]].predecessors
        same[place] = people.closed.account[found.closed[place]] in before
    kept = same | ~one
    return Pairs(*(column[kept] for column in found)), same[kept], kept


def scored(people: Population, found: Labelled, model: Model) -> Scored:
    """All candidates, in portions, in two rounds: texts are only written and read of accounts whose pair
    might be shown with the most that a style can add. The others' levels cannot change."""
    first = score(people, found.pairs, model)
    again = write_styles(people, found.pairs, first, model)
    second = score(people, Pairs(*(column[again] for column in found.pairs)), model)
    for name in Scored.__struct_fields__:
        getattr(first, name)[again] = getattr(second, name)
    return first


def write_styles(people: Population, pairs: Pairs, first: Scored, model: Model) -> Rows:
    """Sketches of the accounts of pairs that might be shown; returns which pairs those are."""
    least = float(np.log2(model.parameters.possible / (1 - model.parameters.possible)))
    like = model.parameters.weights[name_of(Kind.STYLE, Level.LIKE)]
    most = sum(slope * (high - low) for slope, (low, high) in zip(like.slopes, pairwise(KNOTS), strict=True))
    needed = min(float(np.interp(least, odds, bits)) for bits, odds in model.parameters.curves)
    again = np.flatnonzero(first.bits >= needed - most)
    _sketch(people, people.closed, np.unique(pairs.closed[again]), None)
    _sketch(people, people.newer, np.unique(pairs.newer[again]), people.posts)
    return again


def write_all_styles(people: Population, pairs: Pairs) -> None:
    """Sketches of the accounts of all pairs."""
    _sketch(people, people.closed, np.unique(pairs.closed), None)
    _sketch(people, people.newer, np.unique(pairs.newer), people.posts)


def score(people: Population, pairs: Pairs, model: Model) -> Scored:
    """Pairs in portions, with the texts that were read so far."""
    parts = []
    for portion in portions(pairs.newer, PAIRS):
        part = slice(*portion)
        scores = model.score(comparisons(people, pairs.closed[part], pairs.newer[part]))
        parts.append((scores.bits, scores.probability, scores.level, scores.may))
    return Scored(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _sketch(people: Population, table: Table, rows: Rows, posts: int | None) -> None:
    for start in range(0, len(rows), SKETCHED):
        some = rows[start : start + SKETCHED].tolist()
        written = [people.returns.texts(int(table.account[row][1:]), posts) for row in some]
        for row, (sketch, chars) in zip(some, style.sketches(written), strict=True):
            table.columns.style[row], table.columns.style_chars[row] = sketch, chars


def comparisons(people: Population, closed: Rows, newer: Rows) -> Comparisons:
    """The pairs compared, by the one implementation."""
    return compare(people.closed, closed, people.newer, newer, people.rarity)
