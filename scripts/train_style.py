#!/usr/bin/env python3
"""Train the model of habits of writing (src/tenfold/linkage/shipped_style.npz) on public research data.

    python scripts/train_style.py

What is usual in English: tweets (davidson2017), reporters (pheme), timelines of the tuning half of
TwiBot-20, and a share of forum comments (edos); in Arabic: tweets (mlma). Directions and weights: the tuning
half of TwiBot-20 and pheme. The other half of TwiBot-20's authors is not read here. The same data give the
same file. About a minute.
"""

import html
import random
import sys
from pathlib import Path

import numpy as np
from tenfold_bench import _authors

from tenfold.linkage import style, style_form
from tenfold.linkage.style_form import BLOCKS

OUT = Path(__file__).resolve().parents[1] / "src/tenfold/linkage/shipped_style.npz"
DIRECTIONS = 4  # none, and 8, ranked worse, on the other half of the authors
CROWDS = (25, 50)  # posts of as many hands, which have only what their platform has in common
CROWD_WEIGHS = 3.0  # a whole population against one author, when directions are looked for
LENGTHS = ((3, 3), (5, 5), (10, 10), (25, 25), (50, 50), (5, 50), (25, 75), (10, 30))  # posts a side
REPORTERS = ((3, 3), (5, 5), (10, 10))
REPORTERS_WEIGH = 0.5
DRAWS = 4
RIDGE = 1e-3


def texts(name: str, column: str, most: int) -> list[str]:
    """Texts of a data set, in random order, without reposts."""
    found = [html.unescape(row[column]) for row in _authors.rows(name)]
    found = [text for text in found if "RT @" not in text]
    random.Random(1).shuffle(found)  # noqa: S311
    return found[:most]


def usual(posts: list[str]) -> np.ndarray:
    """Shares of buckets in posts."""
    counts = style_form.counts([style_form.own(posts)])[0] + 0.5
    return np.concatenate([counts[f : f + n] / counts[f : f + n].sum() for _, f, n in BLOCKS])


def log_ratios(counts: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """As `style.differences`, before directions are taken away and lengths made 1."""
    return np.concatenate([style.log_ratio(counts, expected, f, n) for _, f, n in BLOCKS], axis=1)


def directions(authors: list[list[str]], crowds: list[list[str]], expected: list[np.ndarray]) -> np.ndarray:
    """In which whole kinds of writers differ, found among authors and in crowds, which have many hands."""
    counts = style_form.counts([style_form.own(posts) for posts in authors])
    rows = [log_ratios(counts, expected[0][None, :])]
    for posts, usual_there in zip(crowds, expected, strict=True):
        for size in CROWDS:
            groups = [posts[start : start + size] for start in range(0, 20 * size, size)]
            counts = style_form.counts([style_form.own(group) for group in groups])
            rows.append(log_ratios(counts, usual_there[None, :]).mean(axis=0, keepdims=True) * CROWD_WEIGHS)
    return np.linalg.svd(np.concatenate(rows), full_matrices=False)[2][:DIRECTIONS]


def pairs(sides: _authors.Sides, english: np.ndarray, kinds: np.ndarray) -> tuple[np.ndarray, ...]:
    """Features, truth and weight of every pair of a closed and a new side."""
    forms, chars = [], []
    for posts in (sides.closed, sides.new):
        owned = [style_form.own(texts) for texts in posts]
        forms.append(style.differences(style_form.counts(owned), english[None, :], kinds))
        chars.append(np.array([sum(map(len, texts)) for texts in owned], dtype=float))
    size = len(sides.authors)
    left, right = (index.ravel() for index in np.indices((size, size)))
    length = 2.0 / (1.0 / chars[0][left] + 1.0 / chars[1][right])
    same = left == right
    weight = np.where(same, 1.0 / size, 1.0 / (size * (size - 1)))
    return style.features(forms[0][left], forms[1][right], length), same, weight


def fit(x: np.ndarray, same: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Logistic regression by Newton's method, pairs of one hand and of two weighing alike in sum."""
    mean, spread = x.mean(axis=0), x.std(axis=0)
    mean[-1], spread[-1] = 0.0, 1.0
    z, weight = (x - mean) / spread, weight / weight.sum()
    b = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1.0 / (1.0 + np.exp(-z @ b))
        gradient = z.T @ (weight * (p - same)) + RIDGE * b
        hessian = (z * (weight * p * (1.0 - p))[:, None]).T @ z + RIDGE * np.eye(len(b))
        b -= np.linalg.solve(hessian, gradient)
    b /= spread
    b[-1] -= (b * mean)[:-1].sum()
    return b


def main() -> None:
    """Read the data, fit, write the file."""
    tuning = _authors.for_tuning()
    people = {author: sides for author, sides in _authors.timelines().items() if author in tuning}
    reporters = _authors.reporters()
    authors = [
        (older + newer)[:60]
        for group in (people, reporters)
        for older, newer in group.values()
        if len(older) > 2
    ]
    tweets = texts("davidson2017/labeled_data.csv", "tweet", 8_000)
    comments = texts("edos/edos_labelled_aggregated.csv", "text", 3_000)
    news = [post for older, newer in reporters.values() for post in older + newer]
    timelines = [post for older, newer in people.values() for post in (older + newer)[:60]]
    random.Random(1).shuffle(timelines)  # noqa: S311
    arabs = texts("mlma/ar_dataset.csv", "tweet", 10_000)
    populations = [usual(posts) for posts in (tweets, comments, news, timelines)]
    english = np.average(np.stack(populations), axis=0, weights=[1.0, 0.5, 1.0, 1.0])
    arabic = usual(arabs)
    crowds = [tweets, comments, timelines, arabs]
    kinds = directions(authors, crowds, [english, english, english, arabic])
    parts = []
    for group, lengths, scale in ((people, LENGTHS, 1.0), (reporters, REPORTERS, REPORTERS_WEIGH)):
        for closed, new in lengths:
            for seed in range(DRAWS):
                x, same, weight = pairs(_authors.draw(group, closed, new, seed), english, kinds)
                parts.append((x, same, weight * scale))
    weights = fit(*(np.concatenate(part) for part in zip(*parts, strict=True)))
    np.savez(
        OUT,
        usual=np.stack([english, arabic]).astype(np.float32),
        kinds=kinds.astype(np.float32),
        weights=weights,
    )
    sys.stdout.write(f"{OUT}: {OUT.stat().st_size:,} bytes; weights {weights.round(3).tolist()}\n")


if __name__ == "__main__":
    main()
