"""Association: who moves in the surroundings of closed accounts. It never says that two are one person.

Personalised PageRank over the graph of accounts and artifacts (what they mention, link to, tag, follow,
which groups they are in), started at the closed accounts and divided by the PageRank of everybody: the lift
says how many times more of the walk comes to an account because it started there. Artifacts count by their
rarity, and the division is damped, else accounts that hardly any walk comes to stand first. The bench
`association` has what each of these is worth.
"""

import csv
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tenfold.linkage.history import History
from tenfold.linkage.spreadsheets import cell

RESTART = 0.15  # the usual one (Page et al. 1999)
ITERATIONS = 20  # 0.85**20 = 0.04 of the walk is still on its way
MOST_TIES = 10  # of each account that are told
DAMPING = 10.0  # average accounts: so much PageRank is added to everybody's before dividing by it
Discount = Literal["idf", "idf2/degree", "none"]
Ints = NDArray[np.int64]


class Tie(msgspec.Struct, frozen=True, kw_only=True):
    """Something that an account and closed accounts share; one in 2**`bits` accounts has it."""

    kind: str
    value: str
    bits: float
    closed: int
    accounts: int


class Associated(msgspec.Struct, frozen=True, kw_only=True):
    """An account, its lift, and the rarest things that it shares with closed ones. Association only."""

    account: str
    lift: float
    ties: tuple[Tie, ...]


class Graph:
    """Accounts 0..accounts-1 and artifacts 0..artifacts-1, and who has which; each pair counts once.

    Artifacts that one account alone has lead nowhere and are left out of the walk. Where the accounts are a
    part of a platform, `population` is how many that has, and `held` how many of those have each artifact.
    """

    def __init__(
        self, accounts: int, account: Ints, artifact: Ints, *, population: int = 0, held: Ints | None = None
    ) -> None:
        order = np.lexsort((account, artifact))
        account, artifact = account[order].astype(np.int32), artifact[order].astype(np.int32)
        first = np.append(True, (np.diff(artifact) != 0) | (np.diff(account) != 0))[: len(artifact)]
        account, artifact = account[first], artifact[first]
        self.accounts = accounts
        self.degree: Ints = np.bincount(artifact, minlength=int(artifact.max(initial=-1)) + 1)
        self.population = max(population, accounts, 2)
        self.held: Ints = self.degree if held is None else np.maximum(self.degree, held)
        shared = self.degree[artifact] >= 2
        self.by_artifact, kept = account[shared], artifact[shared]
        self.artifact_starts = _starts(kept, len(self.degree))
        order = np.argsort(self.by_artifact, kind="stable")
        self.by_account = kept[order]
        self.account_starts = _starts(self.by_artifact[order], accounts)

    def bits(self) -> NDArray[np.float64]:
        """How rare each artifact is: log2 of one in how many accounts have it."""
        bits: NDArray[np.float64] = np.log2(self.population / np.clip(self.held, 1, self.population))
        return bits

    def walk(self, start: NDArray[np.float64], discount: Discount = "idf") -> NDArray[np.float64]:
        """PageRank of all accounts with restarts at `start` (which adds up to 1)."""
        degree = np.maximum(self.degree, 1)
        weight = {
            "idf": self.bits(),
            "idf2/degree": self.bits() ** 2 / degree,
            "none": np.ones(len(degree)),
        }[discount]
        out = _sums(weight[self.by_account], self.account_starts)
        rank = start.copy()
        for _ in range(ITERATIONS):
            share = np.divide(rank, out, out=np.zeros_like(rank), where=out > 0)
            arrived = _sums(share[self.by_artifact], self.artifact_starts) * weight / degree
            moved = _sums(arrived[self.by_account], self.account_starts)
            rank = (1 - RESTART) * moved + (1 - (1 - RESTART) * moved.sum()) * start
        return rank

    def lift(self, closed: Ints, discount: Discount = "idf", damping: float = DAMPING) -> NDArray[np.float64]:
        """How many times more of a walk comes to each account when it starts at closed ones; 0: none does."""
        start = np.zeros(self.accounts)
        start[closed] = 1 / max(len(closed), 1)
        everybody = np.full(self.accounts, 1 / max(self.accounts, 1))
        usual = self.walk(everybody, discount) + damping / max(self.accounts, 1)
        return self.walk(start, discount) / np.maximum(usual, 1e-300)

    def artifacts_of(self, account: int) -> Ints:
        """The artifacts that an account shares with anybody."""
        part = self.by_account[self.account_starts[account] : self.account_starts[account + 1]]
        return part.astype(np.int64)

    def having(self, closed: Ints) -> Ints:
        """How many of the closed accounts have each artifact."""
        is_closed = np.zeros(self.accounts)
        is_closed[closed] = 1
        return np.rint(_sums(is_closed[self.by_artifact], self.artifact_starts)).astype(np.int64)


def _starts(ordered: NDArray[np.integer[Any]], count: int) -> Ints:
    return np.concatenate(([0], np.cumsum(np.bincount(ordered, minlength=count))))


def _sums(values: NDArray[np.float64], starts: Ints) -> NDArray[np.float64]:
    """Sums of the runs [starts[i], starts[i + 1]); of an empty run 0."""
    sums = np.zeros(len(starts) - 1)
    full = np.flatnonzero(np.diff(starts))
    if len(full):
        sums[full] = np.add.reduceat(values, starts[full])
    return sums


def one_hop(graph: Graph, closed: Ints) -> NDArray[np.float64]:
    """The plainest score: bits of all that an account shares with closed ones, added up."""
    bits = np.where(graph.having(closed) > 0, graph.bits(), 0.0)
    return _sums(bits[graph.by_account], graph.account_starts)


def from_history(history: History, top: int, progress: Callable[[str], None]) -> list[Associated]:
    """The `top` open accounts of a history by lift; those that nothing ties to closed ones are left out."""
    accounts = history.column("identities", "account").combine_chunks()
    closed = np.flatnonzero(history.column("identities", "closed_us").is_valid().to_numpy())
    progress("ties")
    account, hashed = _edges(history, accounts)
    values, artifact = np.unique(hashed, return_inverse=True)
    graph = Graph(len(accounts), account, artifact)
    progress("walk")
    lift = graph.lift(closed)
    lift[closed] = 0
    best = np.argsort(-lift, kind="stable")[:top]
    best = best[lift[best] > 0]
    having, bits = graph.having(closed), graph.bits()
    rarest = {int(one): _rarest(graph.artifacts_of(one), having, bits) for one in best.tolist()}
    progress("names")
    names = _names(history, {int(values[artifact]) for found in rarest.values() for artifact in found})
    return [
        Associated(
            account=accounts[one].as_py(),
            lift=float(lift[one]),
            ties=tuple(
                Tie(
                    kind=names[int(values[artifact])][0],
                    value=names[int(values[artifact])][1],
                    bits=float(bits[artifact]),
                    closed=int(having[artifact]),
                    accounts=int(graph.degree[artifact]),
                )
                for artifact in rarest[one]
            ),
        )
        for one in best.tolist()
    ]


def _rarest(artifacts: Ints, having: Ints, bits: NDArray[np.float64]) -> list[int]:
    shared = artifacts[having[artifacts] > 0]
    return [int(one) for one in shared[np.argsort(-bits[shared], kind="stable")][:MOST_TIES]]


def _hashed(ties: pa.Table) -> tuple[Ints, list[tuple[str, str]], Ints]:
    """For each tie a hash of its kind and value; and each different one with its hash."""
    joined = pc.binary_join_element_wise(ties["kind"], ties["value"], "\0").combine_chunks()
    coded = joined.dictionary_encode()
    words = [tuple(word.split("\0", 1)) for word in coded.dictionary.to_pylist()]
    digests = b"".join(hashlib.blake2b("\0".join(word).encode(), digest_size=8).digest() for word in words)
    hashes = np.frombuffer(digests, np.int64)
    return hashes[coded.indices.to_numpy()], [(word[0], word[1]) for word in words], hashes


def _edges(history: History, accounts: pa.Array) -> tuple[Ints, Ints]:
    """Account numbers and artifacts of all ties, but of accounts that the history does not hold."""
    numbers, hashes = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for file in history.files("ties"):
        ties = pq.read_table(file, columns=["account", "kind", "value"])
        number = pc.index_in(ties["account"].combine_chunks(), value_set=accounts)
        known = number.is_valid().to_numpy(zero_copy_only=False)
        hashed, _, _ = _hashed(ties)
        numbers.append(number.drop_null().to_numpy().astype(np.int64))
        hashes.append(hashed[known])
    return np.concatenate(numbers), np.concatenate(hashes)


def _names(history: History, wanted: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Kind and value of hashes."""
    asked = set(wanted)
    found: dict[int, tuple[str, str]] = {}
    for file in history.files("ties"):
        _, words, hashes = _hashed(pq.read_table(file, columns=["kind", "value"]))
        found |= {one: word for one, word in zip(hashes.tolist(), words, strict=True) if one in asked}
    return found


def write_csv(found: Iterable[Associated], path: Path) -> None:
    """One row an account and tie: account, lift, kind, value, bits, closed and all accounts that have it."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["account", "lift", "kind", "value", "bits", "closed", "accounts"])
        for one in found:
            for tie in one.ties:
                rows.writerow(
                    [
                        cell(one.account),
                        f"{one.lift:.4g}",
                        tie.kind,
                        cell(tie.value),
                        f"{tie.bits:.2f}",
                        tie.closed,
                        tie.accounts,
                    ]
                )
