"""Posting hours of real accounts of one time zone, in two halves of six weeks (CooRTweet's data on the German
elections of 2021; anonymous, no part of this repository)."""

import duckdb
import numpy as np
from numpy.typing import NDArray

from tenfold.linkage import rhythm
from tenfold_bench._posts import DATA
from tenfold_bench.result import Figure

PATH = DATA / "coortweet/german_elections.parquet"
PAIRS = 20_000

Counts = NDArray[np.int64]


def halves(least: int) -> tuple[Counts, Counts]:
    """Hours of accounts that posted in so many hours or more of either half."""
    if not PATH.exists():
        raise FileNotFoundError(f"{PATH}: this needs posting times of real accounts; put the data set there")
    rows = duckdb.sql(
        f"SELECT account_id, list(timestamp) FROM '{PATH}' "
        f"GROUP BY 1 HAVING count(*) >= {2 * least} ORDER BY 1"
    ).fetchall()
    middle = float(np.median(np.concatenate([times for _, times in rows])))
    sides = []
    for late in (False, True):
        kept = [[int(t * 1e6) for t in times if (t >= middle) is late] for _, times in rows]
        sides.append(np.array([rhythm.hours(times) or (0,) * 24 for times in kept], dtype=np.int64))
    enough = np.minimum(sides[0].sum(axis=1), sides[1].sum(axis=1)) >= least
    return sides[0][enough], sides[1][enough]


def measure() -> list[Figure]:
    """Bits of the same account in either half, and of two accounts of one time zone."""
    left, right = halves(rhythm.LEAST)
    same = rhythm.similarity(left, right)
    chosen = np.random.default_rng(1).integers(0, len(left), (2, PAIRS))
    first, second = chosen[:, chosen[0] != chosen[1]]
    other = np.sort(rhythm.similarity(left[first], right[second]))
    label = f"hours of {len(left)} accounts of one zone"
    return [
        Figure(label=f"{label}: AUC", ours=float(np.searchsorted(other, same).mean() / len(other)), unit=""),
        Figure(label=f"{label}: mean bits of one hand", ours=float(same.mean()), unit="bits"),
        Figure(label=f"{label}: mean bits of strangers", ours=float(other.mean()), unit="bits", goal="<= 0"),
        Figure(
            label=f"{label}: strangers over 2 bits",
            ours=100 * float((other > 2).mean()),
            unit="%",
            goal="<= 25",
        ),
    ]
