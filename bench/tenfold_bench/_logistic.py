"""The peer of threat-edos: rarity-weighted character runs and a logistic regression, in numpy."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LENGTHS = (3, 4, 5)
RAREST = 3  # texts that must show a run
L2 = 0.3
STEPS = 150


class Matrix(msgspec.Struct):
    """Entries of a sparse matrix of texts by runs."""

    texts: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: Floats
    count: int
    width: int


class Rarity(msgspec.Struct):
    """The runs that count, their columns, and how rare each is."""

    columns: dict[str, int]
    weights: Floats


class Fitted(msgspec.Struct):
    """Weights of the columns, and the bias."""

    weights: Floats
    bias: float


def runs(text: str) -> set[str]:
    """Runs of characters of a text, spaces among them."""
    padded = f" {' '.join(text.lower().split())} "
    return {padded[i : i + length] for length in LENGTHS for i in range(len(padded) - length + 1)}


def weigh(texts: Sequence[str]) -> tuple[Rarity, Matrix]:
    """The rarity of runs in texts, and the matrix of these texts."""
    shown: dict[str, int] = {}
    each = [runs(text) for text in texts]
    for found in each:
        for run in found:
            shown[run] = shown.get(run, 0) + 1
    kept = {run: number for number, run in enumerate(run for run, count in shown.items() if count >= RAREST)}
    rarity = Rarity(kept, np.log(len(texts) / np.array([shown[run] for run in kept])) + 1)
    return rarity, _matrix(rarity, each)


def _matrix(rarity: Rarity, each: Sequence[set[str]]) -> Matrix:
    pairs = [
        (i, rarity.columns[run]) for i, found in enumerate(each) for run in found if run in rarity.columns
    ]
    texts, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    values = rarity.weights[columns]
    lengths = np.sqrt(np.bincount(texts, values**2, len(each)))
    return Matrix(texts, columns, values / np.maximum(lengths, 1e-9)[texts], len(each), len(rarity.weights))


def fit(rows: Matrix, labels: Floats) -> Fitted:
    """Logistic regression with L2, by Nesterov's accelerated gradient (the loss is 1/4-smooth a text)."""
    at = np.zeros(rows.width + 1)
    ahead, previous = at.copy(), at.copy()
    largest = np.bincount(rows.columns, rows.values**2, rows.width).max() + len(labels)
    rate = 1.0 / (0.25 * largest + L2)
    for step in range(STEPS):
        logits = np.bincount(rows.texts, rows.values * ahead[rows.columns], rows.count) + ahead[-1]
        residual = 1 / (1 + np.exp(-np.clip(logits, -30, 30))) - labels
        back = np.bincount(rows.columns, rows.values * residual[rows.texts], rows.width) + L2 * ahead[:-1]
        at = ahead - rate * np.append(back, residual.sum())
        ahead = at + step / (step + 3) * (at - previous)
        previous = at
    return Fitted(at[:-1], float(at[-1]))


def score(fitted: Fitted, rarity: Rarity, texts: Sequence[str]) -> Floats:
    """The logit of each text."""
    rows = _matrix(rarity, [runs(text) for text in texts])
    sums = np.bincount(rows.texts, rows.values * fitted.weights[rows.columns], rows.count)
    return np.asarray(sums + fitted.bias, np.float64)
