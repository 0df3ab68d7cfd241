"""EDOS, the official test split: threats, plans to harm and incitement (category 1) against all other posts.

Measured is the average precision of the signal's `learned`, which sums words, the rules' reading and meaning,
over all texts, also those that no rule finds anything in. The peer is trained here, on the official train
split: counts of character runs of three to five letters, weighted by their rarity, and a logistic regression.
"""

import time

import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.threat.detector import ThreatDetector
from tenfold_bench._logistic import fit, score, weigh
from tenfold_bench._threats import read, rows
from tenfold_bench.result import Figure, Result

QUICK_TRAINING = 6_000  # posts the peer learns from with --quick, all threats among them


def average_precision(labels: NDArray[np.float64], scores: NDArray[np.float64]) -> float:
    """The mean of the precisions at each true one, by falling score."""
    ordered = labels[np.argsort(-scores, kind="stable")]
    return float((np.cumsum(ordered) / np.arange(1, len(ordered) + 1) * ordered).sum() / ordered.sum())


def run(quick: bool) -> Result:
    posts = rows("edos/edos_labelled_aggregated.csv")
    splits = {name: [post for post in posts if post["split"] == name] for name in ("train", "test")}
    labels = {
        name: np.array([float(post["label_category"].startswith("1")) for post in split])
        for name, split in splits.items()
    }
    texts = {name: [post["text"] for post in split] for name, split in splits.items()}
    started = time.process_time()
    found = read(texts["test"])
    learned = np.array(ThreatDetector().learned(texts["test"], found))
    cost = (time.process_time() - started) / len(found) * 1e6
    ours = average_precision(labels["test"], learned)
    train, truth = texts["train"], labels["train"]
    if quick:
        kept = np.flatnonzero((truth > 0) | (np.arange(len(train)) < QUICK_TRAINING))
        train, truth = [train[i] for i in kept], truth[kept]
    rarity, training = weigh(train)
    peer = average_precision(labels["test"], score(fit(training, truth), rarity, texts["test"]))
    best = np.argsort(-learned)[: int(labels["test"].sum())]
    return Result(
        name="threat-edos",
        n=len(found),
        figures=[
            Figure(
                label="average precision, category 1 against the rest",
                ours=ours,
                unit="",
                peer=peer,
                peer_name="char n-grams + logistic regression",
                ratio=ours / peer,
                goal=">= 0.40",
            ),
            Figure(
                label="precision among as many as there are",
                ours=float(labels["test"][best].mean()),
                unit="share",
            ),
            Figure(label="cost of rules and model for every post", ours=cost, unit="µs CPU a post"),
        ],
        notes=[f"{int(labels['test'].sum())} of {len(found):,} posts of the test split are of category 1"],
    )
