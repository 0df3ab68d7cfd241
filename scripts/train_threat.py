"""Train the learned model of threats and write its weights into the package.

    python scripts/train_threat.py ../shared/data            # writes weights.npz and weights.json
    python scripts/train_threat.py ../shared/data --folds 5  # average precision by cross-validation

Data (weights.json tells what was used, row for row): EDOS, official train and dev splits, category 1
(threats, plans to harm, incitement) against the rest; Davidson et al. 2017 "neither" and MLMA "normal"
(English and Arabic) as texts that threaten nobody, unless the rules read a threat in them. EDOS' test split
and HateCheck are never read here. It takes about 3 minutes of one core, and 4 with five folds.
"""

import argparse
import csv
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.base import TextItem
from tenfold.detectors.text.encoder import DIMENSIONS
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.detectors.threat.detector import ThreatDetector
from tenfold.detectors.threat.hashing import BUCKETS, features
from tenfold.detectors.threat.learned import WEIGHTS, Model, places
from tenfold.detectors.threat.symbols import symbols
from tenfold.subjects import Subject, SubjectKind

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PACKAGE = Path(__file__).parents[1] / "src/tenfold/detectors/threat"
RAREST = 3  # texts that must show a feature
L2 = 0.3
POSITIVE = 2.0  # weight of a threat beside another text, which are forty times as many
OTHERS = 0.25  # weight of a text that is not of EDOS
HASHED = 0.12  # how much hashed features count beside named ones, before the data speak
NAMED = 0.5
SPREAD = 4.0  # how much dimensions of meaning count beside the others, before the data speak
# How strongly the weights of meaning are held back, and the share of its logit that is added to the others':
# by cross-validation; --folds prints a grid around them.
MEANING_L2, MEANING = 12.0, 1.5
GRID = [(l2, share) for l2 in (0.3, 1.0, 3.0, 6.0, 12.0) for share in (0.5, 0.75, 1.0, 1.5)]
STEPS = 80
REMEMBERED = 10  # steps of L-BFGS
ARMIJO = 1e-4


class Source(msgspec.Struct, frozen=True):
    """Texts of one file: their labels (1 threatens) and weights."""

    name: str
    texts: list[str]
    labels: list[int]
    weight: float


class Rows(msgspec.Struct):
    """A sparse matrix by its entries: value `values[i]` of feature `columns[i]` in text `texts[i]`."""

    texts: Ints
    columns: Ints
    values: Floats
    count: int
    width: int

    def dot(self, weights: Floats) -> Floats:
        """The sum over each text's features."""
        return np.asarray(
            np.bincount(self.texts, self.values * weights[self.columns], self.count), np.float64
        )

    def back(self, by_text: Floats) -> Floats:
        """The sum over each feature's texts."""
        return np.asarray(
            np.bincount(self.columns, self.values * by_text[self.texts], self.width), np.float64
        )

    def only(self, wanted: NDArray[np.bool_]) -> "Rows":
        """The rows of some texts, numbered anew."""
        number = np.cumsum(wanted) - 1
        kept = wanted[self.texts]
        return Rows(
            number[self.texts[kept]], self.columns[kept], self.values[kept], int(wanted.sum()), self.width
        )


class Design(msgspec.Struct):
    """The matrix of all texts; columns [0, len(buckets)) are hashed features, the others `names`."""

    rows: Rows
    buckets: Ints
    scales: Floats
    names: list[str]


def read(data: Path) -> list[Source]:
    """The training texts."""

    def table(name: str) -> list[dict[str, str]]:
        path = data / name
        if not path.is_file():
            raise SystemExit(f"{path} is not there: give the folder that holds edos, davidson2017 and mlma")
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    edos = [row for row in table("edos/edos_labelled_aggregated.csv") if row["split"] in ("train", "dev")]
    threatens = [int(row["label_category"].startswith("1")) for row in edos]
    davidson = [row["tweet"] for row in table("davidson2017/labeled_data.csv") if row["class"] == "2"]
    sources = [
        Source("edos (train, dev)", [row["text"] for row in edos], threatens, 1.0),
        Source("davidson2017 (neither)", davidson, [0] * len(davidson), OTHERS),
    ]
    for language in ("ar", "en"):
        normal = [
            row["tweet"] for row in table(f"mlma/{language}_dataset.csv") if row["sentiment"] == "normal"
        ]
        sources.append(Source(f"mlma {language} (normal)", normal, [0] * len(normal), OTHERS))
    return sources


def design(texts: list[str]) -> tuple[Design, list[bool]]:
    """Features of all texts, and which of them the rules read as somebody's own threat."""
    items = [TextItem(Subject(SubjectKind.POST, str(i)), {"text": text}) for i, text in enumerate(texts)]
    batch = PreparedBatch(items)
    blank = Model(np.zeros(BUCKETS, np.float32), {}, 0.0, np.zeros(DIMENSIONS, np.float32), 0.0)
    found = ThreatDetector(model=blank).read(batch)
    hashed, owners = features(batch.normal)
    lengths = np.sqrt(np.bincount(owners, minlength=len(texts)))
    keys, counts = np.unique(owners * BUCKETS + hashed, return_counts=True)
    owners, hashed = keys // BUCKETS, keys % BUCKETS
    shown = np.bincount(hashed, minlength=BUCKETS)
    scale = np.where(shown >= RAREST, HASHED * (np.log(len(texts) / np.maximum(shown, 1)) + 1), 0.0)
    kept = shown[hashed] >= RAREST
    buckets, columns = np.unique(hashed[kept], return_inverse=True)
    pairs = [(i, name) for i, one in enumerate(found) for name in symbols(one.marked, one.all)]
    often = np.unique([name for _, name in pairs], return_counts=True)
    names = sorted(name for name, count in zip(*often, strict=True) if count >= RAREST)
    column = {name: len(buckets) + i for i, name in enumerate(names)}
    named = [(i, column[name]) for i, name in pairs if name in column]
    rows = Rows(
        np.concatenate([owners[kept], [i for i, _ in named]]).astype(np.int64),
        np.concatenate([columns, [place for _, place in named]]).astype(np.int64),
        np.concatenate(
            [counts[kept] * scale[hashed[kept]] / lengths[owners[kept]], np.full(len(named), NAMED)]
        ),
        len(texts),
        len(buckets) + len(names),
    )
    own = [one.worst is not None and one.worst.level != "N" for one in found]
    return Design(rows, buckets, scale[buckets], names), own


def fit(rows: Rows, labels: Floats, weights: Floats) -> Floats:
    """Weights of the columns and, last, the bias: logistic regression with L2, by L-BFGS."""

    def cost(at: Floats) -> tuple[float, Floats]:
        logits = rows.dot(at[:-1]) + at[-1]
        residual = weights * (1 / (1 + np.exp(-np.clip(logits, -30, 30))) - labels)
        loss = float((weights * np.logaddexp(0, -logits * (2 * labels - 1))).sum())
        gradient = np.append(rows.back(residual) + L2 * at[:-1], residual.sum())
        return loss + 0.5 * L2 * float(at[:-1] @ at[:-1]), gradient

    return minimise(cost, np.zeros(rows.width + 1))


def minimise(cost: Callable[[Floats], tuple[float, Floats]], at: Floats) -> Floats:
    """Nocedal's two-loop L-BFGS with backtracking."""
    moves: list[tuple[Floats, Floats]] = []
    value, gradient = cost(at)
    for _ in range(STEPS):
        direction = gradient.copy()
        shares = []
        for moved, changed in reversed(moves):
            share = moved @ direction / (changed @ moved)
            shares.append(share)
            direction -= share * changed
        if moves:
            direction *= (moves[-1][0] @ moves[-1][1]) / (moves[-1][1] @ moves[-1][1])
        else:
            direction /= np.linalg.norm(direction)
        for (moved, changed), share in zip(moves, reversed(shares), strict=True):
            direction += moved * (share - changed @ direction / (changed @ moved))
        step = 1.0
        while True:
            further, slope = cost(at - step * direction)
            if further <= value - ARMIJO * step * float(gradient @ direction) or step < 1e-8:
                break
            step /= 2
        moves = [*moves, (-step * direction, slope - gradient)][-REMEMBERED:]
        moves = [pair for pair in moves if pair[0] @ pair[1] > 1e-12]
        at = at - step * direction
        if abs(value - further) < 1e-6 * abs(value):
            break
        value, gradient = further, slope
    return at


def fit_meaning(vectors: Floats, labels: Floats, weights: Floats, l2: float) -> Floats:
    """Weights of the dimensions of meaning and, last, the bias."""

    def cost(at: Floats) -> tuple[float, Floats]:
        logits = SPREAD * (vectors @ at[:-1]) + at[-1]
        residual = weights * (1 / (1 + np.exp(-np.clip(logits, -30, 30))) - labels)
        loss = float((weights * np.logaddexp(0, -logits * (2 * labels - 1))).sum())
        gradient = np.append(SPREAD * (vectors.T @ residual) + l2 * at[:-1], residual.sum())
        return loss + 0.5 * l2 * float(at[:-1] @ at[:-1]), gradient

    return minimise(cost, np.zeros(vectors.shape[1] + 1))


def average_precision(labels: Floats, scores: Floats) -> float:
    """The mean of the precisions at each true one, by falling score."""
    ordered = labels[np.argsort(-scores, kind="stable")]
    return float((np.cumsum(ordered) / np.arange(1, len(ordered) + 1) * ordered).sum() / ordered.sum())


def cross_validate(
    rows: Rows, vectors: Floats, labels: Floats, weights: Floats, *, judged: NDArray[np.bool_], folds: int
) -> None:
    """Print the average precision on the EDOS texts outside each fold's training texts: of words and symbols
    alone, and with meaning for every pair of GRID."""
    fold = np.random.default_rng(0).integers(0, folds, len(labels))
    scores: dict[tuple[float, float], list[float]] = {pair: [] for pair in [(0.0, 0.0), *GRID]}
    for number in range(folds):
        inside = fold != number
        known, outside = inside & judged, ~inside & judged
        at = fit(rows.only(inside), labels[inside], weights[inside])
        words = rows.dot(at[:-1])
        scores[0.0, 0.0].append(average_precision(labels[outside], words[outside]))
        for l2 in sorted({l2 for l2, _ in GRID}):
            meaning = fit_meaning(vectors[known], labels[known], weights[known], l2)
            logits = SPREAD * (vectors @ meaning[:-1])
            for share in (share for each, share in GRID if each == l2):
                both = words + share * logits
                scores[l2, share].append(average_precision(labels[outside], both[outside]))
        print(f"fold {number}: {scores[0.0, 0.0][-1]:.3f} without meaning", flush=True)
    for (l2, share), found in scores.items():
        print(f"meaning's L2 {l2:4}, share {share:4}: mean average precision {np.mean(found):.3f}")


def save(
    made: Design, at: Floats, meaning: Floats, vectors: Floats, *, sources: list[Source], own: list[bool]
) -> None:
    """The weights, and beside them a manifest of what they were made from."""
    weights = np.zeros(BUCKETS, np.float16)
    weights[made.buckets] = at[: len(made.buckets)] * made.scales
    named = (at[len(made.buckets) : -1] * NAMED).astype(np.float32)
    dimensions = (MEANING * SPREAD * meaning[:-1]).astype(np.float32)
    np.savez_compressed(
        PACKAGE / WEIGHTS,
        weights=weights,
        names=np.array(made.names),
        named=named,
        bias=at[-1],
        meaning=dimensions,
        plain=np.median(vectors @ dimensions),
    )
    first = 0
    listed = []
    for source in sources:
        used = [
            source.labels[i] == 1 or not own[first + i] or source.weight == 1
            for i in range(len(source.texts))
        ]
        digest = sha256("\n".join(source.texts).encode()).hexdigest()
        listed.append(
            {
                "source": source.name,
                "texts": sum(used),
                "threats": sum(source.labels),
                "weight": source.weight,
                "sha256": digest,
            }
        )
        first += len(source.texts)
    manifest = {
        "script": "scripts/train_threat.py",
        "l2": L2,
        "meaning": {"l2": MEANING_L2, "share": MEANING},
        "features": len(made.buckets),
        "named": len(made.names),
    }
    manifest["data"] = listed
    (PACKAGE / "weights.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")


def main() -> None:
    """Read, fit, and judge or save."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="folder with edos, davidson2017 and mlma")
    parser.add_argument("--folds", type=int, help="judge by cross-validation instead of saving")
    parser.add_argument(
        "--only-edos", action="store_true", help="leave the other texts out, for a quick look"
    )
    arguments = parser.parse_args()
    sources = read(arguments.data)[: 1 if arguments.only_edos else None]
    made, own = design([text for source in sources for text in source.texts])
    labels = np.array([label for source in sources for label in source.labels], dtype=np.float64)
    weights = np.concatenate([np.full(len(source.texts), source.weight) for source in sources])
    judged = weights == 1
    weights = np.where(labels > 0, POSITIVE, weights) * np.where(judged | ~np.array(own), 1.0, 0.0)
    # The meaning of EDOS' texts alone is learned: from the others it would learn their register.
    vectors = np.zeros((len(labels), DIMENSIONS))
    known = [text for source in sources if source.weight == 1 for text in source.texts]
    vectors[judged] = np.concatenate([places(known[i : i + 500]) for i in range(0, len(known), 500)])
    if arguments.folds:
        cross_validate(made.rows, vectors, labels, weights, judged=judged, folds=arguments.folds)
    else:
        meaning = fit_meaning(vectors[judged], labels[judged], weights[judged], MEANING_L2)
        save(made, fit(made.rows, labels, weights), meaning, vectors[judged], sources=sources, own=own)


if __name__ == "__main__":
    main()
