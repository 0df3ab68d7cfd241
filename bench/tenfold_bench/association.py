"""Association with closed accounts: how well does it rank the rest, beside the same walk without discounts?

Real data: posts of 58,000 accounts before the German elections of 2021. Whoever shared the same URL as
another within 60 seconds, with the same other one at least twice, counts as one of a coordinated group
(CooRTweet's rule); some of them are given, and the others are to be found from hashtags and pictures alone:
URLs and hosts, which made the labels, are left out. Coordinated sharers of a campaign are no terrorist
network: the figures say what the discounts are worth, not how well such a network is found.

Simulated: closed accounts of the network in a population of returns; the rest of the network is to be found
from what accounts link to, mention, follow, and from their groups.
"""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tenfold.linkage.keys import KIND_MASK, KeyKind, keys_of
from tenfold.networks.association import Graph, one_hop
from tenfold.simulation.returns import Returns, ReturnsSpec
from tenfold_bench.result import Figure, Result

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "coortweet" / "german_elections.parquet"
GIVEN = (5, 30)
REPEATS, QUICK_REPEATS = 10, 2
SIMULATED, QUICK_SIMULATED = 40_000, 3_000
WINDOW, TIMES = 60, 2
TIES = (KeyKind.URL, KeyKind.DOMAIN, KeyKind.GROUP, KeyKind.FOLLOWS, KeyKind.MENTIONS)
Ints = NDArray[np.int64]


def average_precision(score: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Of a ranking; ties are broken against us: wrong ones first."""
    order = np.lexsort((right, -score))
    hits = right[order]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())


def elections() -> tuple[Graph, NDArray[np.bool_]]:
    """Accounts with their hashtags and pictures; which of them are coordinated sharers of URLs."""
    if not DATA.is_file():
        raise SystemExit(f"real posts are read from {DATA}, which is not there")
    posts = pq.read_table(DATA).to_pandas()
    account = np.unique(posts["account_id"], return_inverse=True)[1]
    edges = [
        (account[posts[name].notna()], posts[name].dropna().to_numpy(np.int64) * 2 + offset)
        for offset, name in enumerate(("hashtag_id", "phash_id"))
    ]
    owner, artifact = (np.concatenate(column) for column in zip(*edges, strict=True))
    graph = Graph(int(account.max()) + 1, owner, np.unique(artifact, return_inverse=True)[1])
    shared = posts["url_id"].notna().to_numpy()
    return graph, coordinated(
        account[shared],
        posts["url_id"][shared].to_numpy(np.int64),
        posts["timestamp"][shared].to_numpy(),
        graph.accounts,
    )


def coordinated(account: Ints, url: Ints, at: NDArray[np.float64], accounts: int) -> NDArray[np.bool_]:
    """Accounts that at least TIMES shared a URL within WINDOW seconds of the same other account."""
    order = np.lexsort((at, url))
    account, url, at = account[order], url[order], at[order]
    pairs: list[Ints] = []
    for step in range(1, len(url)):
        near = (url[step:] == url[:-step]) & (at[step:] - at[:-step] <= WINDOW)
        if not near.any():
            break
        one, other = account[:-step][near], account[step:][near]
        apart = one != other
        pairs.append(np.minimum(one, other)[apart] * accounts + np.maximum(one, other)[apart])
    pair, times = np.unique(np.concatenate(pairs), return_counts=True)
    often = pair[times >= TIMES]
    flags = np.zeros(accounts, np.bool_)
    flags[often // accounts] = flags[often % accounts] = True
    return flags


def simulated(accounts: int) -> tuple[Graph, NDArray[np.bool_], NDArray[np.bool_]]:
    """Accounts with their ties; which are the network's; which are closed."""
    people = Returns(ReturnsSpec(accounts=accounts, seed=77))
    owner, artifact, network, closed = [], [], [], []
    for number, (one, truth) in enumerate(people):
        keys = keys_of(one)
        keys = keys[np.isin(keys & KIND_MASK, TIES)]
        owner.append(np.full(len(keys), number))
        artifact.append(keys)
        network.append(not truth.honest and not truth.framer)
        closed.append(one.closed_us is not None)
    values = np.unique(np.concatenate(artifact), return_inverse=True)[1]
    return Graph(accounts, np.concatenate(owner), values), np.array(network), np.array(closed)


def compare(
    graph: Graph, right: NDArray[np.bool_], seeds: Ints, given: int, repeats: int
) -> dict[str, float]:
    """Average precision of each way of ranking, over the accounts that share anything with anybody."""
    generator = np.random.default_rng(given)
    active = np.diff(graph.account_starts) > 0
    found: dict[str, list[float]] = {}
    for _ in range(repeats):
        closed = generator.choice(seeds, given, replace=False)
        rest = active.copy()
        rest[closed] = False
        start = np.zeros(graph.accounts)
        start[closed] = 1 / given
        scores = {
            "ours": graph.lift(closed),
            "no division": graph.walk(start),
            "no damping": graph.lift(closed, damping=0.0),
            "idf2/degree, no damping": graph.lift(closed, "idf2/degree", 0.0),
            "no discount": graph.walk(start, "none"),
            "one hop": one_hop(graph, closed),
        }
        for name, score in scores.items():
            found.setdefault(name, []).append(average_precision(score[rest], right[rest]))
    return {name: float(np.mean(values)) for name, values in found.items()}


def run(quick: bool) -> Result:
    figures, notes = [], []
    repeats = QUICK_REPEATS if quick else REPEATS
    graph, sharers = elections()
    active = np.diff(graph.account_starts) > 0
    seeds = np.flatnonzero(sharers & active)
    size = QUICK_SIMULATED if quick else SIMULATED
    made, network, closed = simulated(size)
    worlds = (
        ("elections", graph, sharers, seeds),
        ("simulated", made, network, np.flatnonzero(network & closed)),
    )
    for name, world, right, known in worlds:
        share = float(right[np.diff(world.account_starts) > 0].mean())
        notes.append(
            f"{name}: {int(right.sum()):,} of {world.accounts:,} accounts are right; chance {share:.3f}"
        )
        for given in GIVEN:
            scores = compare(world, right, known, given, repeats)
            figures.append(
                Figure(
                    label=f"average precision, {name}, {given} given",
                    ours=scores["ours"],
                    unit="",
                    peer=scores["no discount"],
                    peer_name="no discount",
                    ratio=scores["ours"] / scores["no discount"],
                )
            )
            others = ", ".join(f"{way} {value:.3f}" for way, value in scores.items())
            notes.append(f"{name}, {given} given: {others}")
    return Result(name="association", n=graph.accounts, figures=figures, notes=notes)
