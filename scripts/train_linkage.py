"""Makes src/tenfold/linkage/shipped_model.json: weights, calibration, thresholds, from simulated populations.

    .venv/bin/python scripts/train_linkage.py --work /tmp/linkage

Weights come from the populations in TRAIN, calibration and thresholds from those in CALIBRATE, of all
sizes; the seeds of `tenfold-bench link-quality` (9001 and up) are in neither. Findings of each population are
kept in --work, so that an interrupted run goes on where it stopped. About an hour on one core that has
nothing else to do, most of it for drawing people.
"""

import argparse
import hashlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from tenfold_bench import _returns, link_quality

from tenfold.linkage import calibration, evaluation, starting, training
from tenfold.linkage.calibration import Tried
from tenfold.linkage.compare import Comparisons
from tenfold.linkage.model import Model
from tenfold.linkage.parameters import CURVES, Parameters
from tenfold.linkage.table import Table

# Accounts, seed, posts.
TRAIN = (
    *((200_000, 203, 3), (60_000, 201, 3), (30_000, 202, 30), (20_000, 312, 3), (6_000, 310, 3)),
    *((6_000, 311, 30), (2_000, 306, 3), (2_000, 307, 3), (2_000, 308, 30), (2_000, 309, 10)),
    *((1_000, 301, 3), (1_000, 302, 3), (1_000, 303, 3), (1_000, 304, 30), (1_000, 305, 10)),
)
CALIBRATE = (
    *((500_000, 211, 3), (100_000, 221, 3), (80_000, 204, 30), (50_000, 212, 30), (40_000, 213, 10)),
    *((30_000, 218, 3), (10_000, 219, 3), (8_000, 220, 30), (3_000, 215, 3)),
    *((3_000, 216, 30), (2_000, 321, 3), (2_000, 322, 30), (1_000, 317, 3), (1_000, 318, 3)),
    *((1_000, 319, 30), (1_000, 320, 30)),
)
PULL = 20.0  # pairs' worth of each hand-set weight
HONEST_FLAGGED = 1e-4  # called likely, in the populations of CALIBRATE
LEAST_LIKELY, POSSIBLE = 0.9, 0.3
SHIPPED = Path(__file__).parents[1] / "src" / "tenfold" / "linkage" / "shipped_model.json"
_COLUMNS = ("level", "strength", "accounts", "copied")


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
        _returns.write_all_styles(people, found.pairs)
        kept: dict[str, list[np.ndarray[Any, Any]]] = {name: [] for name in _COLUMNS}
        for start in range(0, len(found.same), _returns.PAIRS):
            part = slice(start, start + _returns.PAIRS)
            compared = _returns.comparisons(people, found.pairs.closed[part], found.pairs.newer[part])
            for name, column in kept.items():
                column.append(getattr(compared, name))
        part_file = file.with_suffix(".part.npz")
        columns = {name: np.concatenate(column) for name, column in kept.items()}
        columns |= {"same": found.same, "newer": found.pairs.newer}
        columns["honest"] = link_quality.groups(people).honest
        np.savez(part_file, allow_pickle=False, **columns)
        part_file.rename(file)
    with np.load(file) as saved:
        return _read(dict(saved), accounts, posts)


def _read(columns: dict[str, np.ndarray[Any, Any]], accounts: int, posts: int) -> Findings:
    """Comparisons without the accounts that were compared: of these only the posts count, and which pairs
    are of one newer account."""
    size = len(columns["level"])
    newer = Table.of([])
    newer.columns.posts = np.full(len(columns["honest"]), posts)
    none = np.empty((size, 0), np.int32)
    compared = Comparisons(
        left=newer,
        left_rows=np.zeros(size, np.int64),
        right=newer,
        right_rows=columns["newer"],
        population=accounts,
        level=columns["level"],
        strength=columns["strength"],
        accounts=columns["accounts"],
        count=none,
        distance=none,
        copied=columns["copied"],
    )
    return Findings(compared, columns["same"], columns["newer"], columns["honest"])


def likely_from(model: Model, kept: list[Findings]) -> float:
    """The probability above which HONEST_FLAGGED of the honest accounts of these populations are likely."""
    best, honest = [], 0
    for one in kept:
        scores = model.score(one.comparisons)
        score = np.where(scores.may & ~one.same, scores.probability, 0.0)
        best.append(evaluation.best_of(one.newer, score, len(one.honest))[one.honest])
        honest += int(one.honest.sum())
    at = evaluation.threshold(np.concatenate(best), honest, HONEST_FLAGGED)
    return float(np.clip(np.ceil(at * 1000) / 1000, LEAST_LIKELY, 0.995))


def tried(given: Parameters, aside: list[Findings]) -> list[Tried]:
    """Pairs of each population that would be shown, were they probable: of no others is one told."""
    found = []
    for one in aside:
        bits, surfaces, _ = _shown(given, one)
        shown = one.comparisons.take(surfaces)
        found.append(Tried(bits, shown.posts, one.same[surfaces], shown.population))
    return found


def _shown(
    given: Parameters, one: Findings
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Bits and rows of the pairs that would be shown, were they probable; which curve is theirs."""
    scores = Model(given).score(one.comparisons)
    surfaces = np.flatnonzero(scores.curve >= 0)
    return scores.bits[surfaces], surfaces, scores.curve[surfaces].astype(np.int64)


def calibrated(given: Parameters, aside: list[Findings]) -> tuple[Parameters, Any]:
    """Each of the model's curves, from the pairs whose probability it tells; and how true that is."""
    shown = [(one, *_shown(given, one)) for one in aside]
    bits = np.concatenate([found for _, found, _, _ in shown])
    same = np.concatenate([one.same[rows] for one, _, rows, _ in shown])
    which = np.concatenate([curve for _, _, _, curve in shown])
    curves = [calibration.curve(bits[which == at], same[which == at]) for at in range(len(CURVES))]
    made = msgspec.structs.replace(given, **dict(zip(CURVES, curves, strict=True)))
    odds = np.choose(which, [np.interp(bits, *curve) for curve in made.curves])
    return made, evaluation.reliability(1.0 / (1.0 + np.exp2(-odds)), same)


def trained(work: Path) -> Parameters:
    """The whole training."""
    start = starting.parameters()
    kept = [findings(work, *chosen) for chosen in TRAIN]
    known = training.patterns([(one.comparisons, one.same) for one in kept], start)
    weights = training.fit(known, start, "trained", pull=PULL, platforms=True)
    aside = [findings(work, *chosen) for chosen in CALIBRATE]
    even = calibration.aligned(weights, tried(weights, aside))
    given, reliability = calibrated(even, aside)
    likely = likely_from(Model(given), aside)
    report = {
        "made_by": "scripts/train_linkage.py",
        "simulated": {"train": TRAIN, "calibrate": CALIBRATE, "columns": ["accounts", "seed", "posts"]},
        "pairs": int(sum(len(one.same) for one in kept)),
        "returns_among_them": int(sum(one.same.sum() for one in kept)),
        "patterns": len(known.same),
        "pairs_calibrated_on": sum(pairs for _, _, pairs in reliability),
        "reliability": reliability,
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
