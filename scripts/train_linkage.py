"""Makes src/tenfold/linkage/shipped_model.json: weights, calibration, thresholds, from simulated populations.

    .venv/bin/python scripts/train_linkage.py --work /tmp/linkage

Weights come from the populations in TRAIN, calibration and thresholds from those in CALIBRATE; the seeds of
`tenfold-bench link-quality` (9001 and up) are in neither. Findings of each population are kept in --work, so
that an interrupted run goes on where it stopped. A few minutes on one core that has nothing else to do.
"""

import argparse
import hashlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from tenfold_bench import _returns, link_quality

from tenfold.linkage import calibration, evaluation, starting, training
from tenfold.linkage.compare import Comparisons
from tenfold.linkage.model import LIKELY, Model
from tenfold.linkage.parameters import Parameters

TRAIN = ((12_000, 101, 3), (8_000, 103, 30), (6_000, 104, 10), (20_000, 105, 3))  # accounts, seed, posts
CALIBRATE = ((12_000, 106, 3), (6_000, 107, 30))
PULL = 20.0  # pairs' worth of each hand-set weight
HONEST_FLAGGED = 1e-4  # called likely, in the populations of CALIBRATE
LEAST_LIKELY, POSSIBLE = 0.9, 0.3
SHIPPED = Path(__file__).parents[1] / "src" / "tenfold" / "linkage" / "shipped_model.json"


class Findings(msgspec.Struct):
    """What comparing a population's candidates came to."""

    comparisons: Comparisons
    same: np.ndarray[Any, np.dtype[np.bool_]]
    newer: np.ndarray[Any, np.dtype[np.int64]]
    honest: np.ndarray[Any, np.dtype[np.bool_]]


def findings(work: Path, accounts: int, seed: int, posts: int) -> Findings:
    """Draw, find candidates, read texts, compare; or what an earlier run kept of it."""
    file = work / f"{accounts}-{seed}-{posts}.npz"
    if not file.exists():
        people = _returns.population(accounts, seed, posts)
        found = _returns.labelled(people)
        rough = Model(starting.parameters())
        _returns.write_styles(people, found.pairs, _returns.score(people, found.pairs, rough), rough)
        compared = _returns.comparisons(people, found.pairs.closed, found.pairs.newer)
        part = file.with_suffix(".part.npz")
        np.savez(
            part,
            level=compared.level,
            strength=compared.strength,
            copied=compared.copied,
            same=found.same,
            newer=found.pairs.newer,
            honest=link_quality.groups(people).honest,
            population=accounts,
        )
        part.rename(file)
    with np.load(file) as kept:
        level, none = kept["level"], np.empty((0, 0), np.int32)
        table = _returns.Table.of([])
        compared = Comparisons(
            left=table,
            left_rows=np.zeros(len(level), np.int64),
            right=table,
            right_rows=np.zeros(len(level), np.int64),
            population=int(kept["population"]),
            level=level,
            strength=kept["strength"],
            accounts=none,
            count=none,
            distance=none,
            copied=kept["copied"],
        )
        return Findings(compared, kept["same"], kept["newer"], kept["honest"])


def likely_from(model: Model, kept: list[Findings]) -> float:
    """The probability above which HONEST_FLAGGED of the honest accounts of these populations are likely."""
    best, honest = [], 0
    for one in kept:
        scores = model.score(one.comparisons)
        allowed = model.levels(scores.items, scores.uncopyable, np.ones(len(one.same)))[0] == LIKELY
        score = np.where(allowed & ~one.same, scores.probability, 0.0)
        best.append(evaluation.best_of(one.newer, score, len(one.honest))[one.honest])
        honest += int(one.honest.sum())
    at = evaluation.threshold(np.concatenate(best), honest, HONEST_FLAGGED)
    return float(np.clip(np.ceil(at * 1000) / 1000, LEAST_LIKELY, 0.995))


def trained(work: Path) -> Parameters:
    """The whole training."""
    start = starting.parameters()
    kept = [findings(work, *chosen) for chosen in TRAIN]
    known = training.patterns([(one.comparisons, one.same) for one in kept], start)
    weights = training.fit(known, start, "trained", pull=PULL)
    aside = [findings(work, *chosen) for chosen in CALIBRATE]
    scores = [Model(weights).score(one.comparisons) for one in aside]
    same = np.concatenate([one.same for one in aside])
    given = calibration.calibrated(weights, np.concatenate([score.bits for score in scores]), same)
    likely = likely_from(Model(given), aside)
    report = {
        "made_by": "scripts/train_linkage.py",
        "simulated": {"train": TRAIN, "calibrate": CALIBRATE, "columns": ["accounts", "seed", "posts"]},
        "pairs": int(sum(len(one.same) for one in kept)),
        "returns_among_them": int(sum(one.same.sum() for one in kept)),
        "patterns": len(known.same),
        "pairs_calibrated_on": len(same),
    }
    whole = msgspec.structs.replace(given, likely=likely, possible=POSSIBLE, report=report)
    digest = hashlib.sha256(msgspec.json.encode(whole)).hexdigest()[:8]
    return msgspec.structs.replace(whole, version=f"shipped-{digest}")


def main() -> None:
    """Train, and write the file."""
    parser = argparse.ArgumentParser(description="Train the shipped model of linkage.")
    parser.add_argument("--work", type=Path, required=True, help="folder that keeps findings between runs")
    parser.add_argument("--out", type=Path, default=SHIPPED)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    given = trained(arguments.work)
    Model(given)  # refuses what could not be used
    arguments.out.write_bytes(msgspec.json.format(msgspec.json.encode(given), indent=1) + b"\n")
    print(f"{arguments.out}: {given.version}, likely from p = {given.likely}")


if __name__ == "__main__":
    main()
