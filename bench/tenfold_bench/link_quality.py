"""How many returns are found, how many innocents are flagged, and are the probabilities true?

A simulated population with closures, returns, framers and people who share addresses; its seed is none that
the model was trained or calibrated on (scripts/train_linkage.py says which those were). Every account is
looked at after its first three posts, beside all closures, by the product's own keys, comparison and model;
Splink 5 sees the same accounts. A second population is looked at after thirty posts.

Recall is measured where 1 in 10,000 honest accounts is called likely: the threshold that does so is found
on the very population, for ours and for Splink alike. That is 90 flags in a million accounts, too few to tell
flag rates of two groups apart by less than a third: those are counted over three populations together.
"""

import time
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.linkage import evaluation as measures
from tenfold.linkage.evaluation import Share
from tenfold.linkage.kinds import Kind, Level
from tenfold.linkage.model import LIKELY, Model
from tenfold.linkage.pairing import Pairs
from tenfold_bench import _returns, _splink
from tenfold_bench._returns import Population
from tenfold_bench.result import Figure, Result

ACCOUNTS, QUICK_ACCOUNTS = 1_000_000, 12_000
LONGER, QUICK_LONGER = 100_000, 6_000  # accounts looked at after thirty posts
SEED, LONGER_SEED = 9_091, 9_092
MORE_SEEDS = (9_041, 9_051)  # for flag rates alone: seen in development, neither learned nor calibrated on
RATE = 1e-4
RECALL_GOAL, RENAMED_GOAL, RATIO_GOAL, ERROR_GOAL = 0.70, 0.50, 1.25, 0.01
PROFILE = (Kind.AVATAR, Kind.BANNER)
NAMES = (Kind.HANDLE, Kind.NAME)
DEVICES = (Kind.DEVICE, Kind.EMAIL, Kind.PHONE)
AGREEING = (Level.SOUND, Level.LETTERS, Level.SUCCESSOR, Level.EQUAL, Level.SHARED, Level.FAINT)


class Best(msgspec.Struct):
    """The best score of each newer account, with a predecessor (`right`) and with anybody else (`wrong`)."""

    right: NDArray[np.float64]
    wrong: NDArray[np.float64]


class Groups(msgspec.Struct):
    """Who is who among the newer accounts: boolean arrays. `honest` have no predecessor, deceive nobody."""

    returned: NDArray[np.bool_]
    honest: NDArray[np.bool_]
    arabic: NDArray[np.bool_]
    latin: NDArray[np.bool_]
    shared: NDArray[np.bool_]
    framers: NDArray[np.bool_]


def groups(people: Population) -> Groups:
    told = people.told
    returned = np.array([bool(truth.predecessors) for truth in told])
    honest = np.array([truth.honest for truth in told]) & ~returned
    return Groups(
        returned=returned,
        honest=honest,
        arabic=honest & np.array([truth.culture == "Arab" for truth in told]),
        latin=honest & np.array([truth.culture == "Latn" for truth in told]),
        shared=honest & np.array([truth.shared_address for truth in told]),
        framers=np.array([truth.framer for truth in told]),
    )


def best(people: Population, pairs: Pairs, same: NDArray[np.bool_], score: NDArray[np.float64]) -> Best:
    size = len(people.newer)
    return Best(
        right=measures.best_of(pairs.newer[same], score[same], size),
        wrong=measures.best_of(pairs.newer[~same], score[~same], size),
    )


def recall(found: Best, who: Groups, rate: float = RATE) -> tuple[float, NDArray[np.bool_]]:
    """The threshold at which `rate` of the honest are flagged, and which accounts are found above it."""
    at = measures.threshold(found.wrong[who.honest], int(who.honest.sum()), rate)
    return at, found.right >= at


def renamed(people: Population) -> NDArray[np.bool_]:
    """Returns that show no name, picture, device, mail or phone of their latest predecessor."""
    row_of = {account: row for row, account in enumerate(people.closed.account)}
    rows = [row for row, truth in enumerate(people.told) if truth.predecessors]
    before = [row_of[people.told[row].predecessors[-1]] for row in rows]
    compared = _returns.comparisons(people, np.array(before, np.int64), np.array(rows, np.int64))
    level = compared.level
    kept = np.isin(level[:, [*NAMES, *PROFILE, *DEVICES]], [*AGREEING]).any(axis=1)
    kept |= (level[:, list(PROFILE)] == Level.NEAR).any(axis=1)
    flags = np.zeros(len(people.told), np.bool_)
    flags[np.array(rows)[~kept]] = True
    return flags


def by_name(people: Population, found: NDArray[np.bool_], who: Groups) -> Iterator[str]:
    """Recall of each evasion, language and role, in lines."""
    labels: dict[str, list[int]] = {}
    for row in np.flatnonzero(who.returned).tolist():
        truth = people.told[row]
        for name in (*truth.evasions, f"language {truth.language}", f"names {truth.culture}", truth.role):
            labels.setdefault(name, []).append(row)
    for name in sorted(labels):
        share = measures.share(found[labels[name]])
        low, high = share.interval
        yield f"{name}: {share.value:.2f} of {share.of} (95 %: {low:.2f} to {high:.2f})"


def ours(people: Population, model: Model) -> tuple[_returns.Labelled, _returns.Scored, Best, float]:
    started = time.perf_counter()
    found = _returns.labelled(people)
    scores = _returns.scored(people, found, model)
    score = np.where(scores.allowed, scores.bits, -np.inf)
    return found, scores, best(people, found.pairs, found.same, score), time.perf_counter() - started


def theirs(people: Population, who: Groups) -> tuple[float, float, float]:
    """Splink's recall at the same rate, its calibration error, its seconds."""
    seen = _splink.found(people.closed, people.newer)
    pairs = Pairs(seen.closed, seen.newer, np.zeros(len(seen.closed), np.int64))
    pairs, same, kept = _returns.label(people, pairs)
    bits = seen.bits[kept]
    _, found = recall(best(people, pairs, same, bits), who)
    probability = 1.0 / (1.0 + np.exp2(-bits))
    shown = probability >= 0.5
    error = measures.calibration_error(probability[shown], same[shown])
    return float(found[who.returned].mean()), error, seen.seconds


def shipped_figures(
    people: Population, found: _returns.Labelled, scores: _returns.Scored, who: Groups
) -> tuple[list[Figure], list[str]]:
    """At the thresholds that are shipped: precision, flags of the honest and of framers, calibration."""
    likely, size = scores.level == LIKELY, len(people.newer)
    flagged = np.zeros(size, np.bool_)
    flagged[found.pairs.newer[likely & ~found.same]] = True
    caught = np.zeros(size, np.bool_)
    caught[found.pairs.newer[likely & found.same]] = True
    shown = scores.level > 0
    error = measures.calibration_error(scores.probability[shown], found.same[shown])
    figures = [
        Figure(
            label="shipped thresholds: returns called likely", ours=_of(caught, who.returned).value, unit=""
        ),
        Figure(
            label="shipped thresholds: likely links that are right",
            ours=float(found.same[likely].mean()),
            unit="",
        ),
        Figure(
            label="shipped thresholds: honest accounts called likely",
            ours=1000 * _of(flagged, who.honest).value,
            unit="of 1,000",
        ),
        Figure(
            label=f"framers called likely, of {int(who.framers.sum()):,}",
            ours=float(flagged[who.framers].sum()),
            unit="accounts",
            goal="0",
        ),
        Figure(
            label="calibration error of shown links",
            ours=error,
            unit="",
            goal=f"<= {ERROR_GOAL}",
        ),
        Figure(
            label="calibration error of all candidates",
            ours=measures.calibration_error(scores.probability, found.same),
            unit="",
        ),
    ]
    notes = [
        f"calibration of {name} shown: mean {mean:.3f}, true {true:.3f}, of {pairs:,} links"
        for name, mask in (("all", shown), *_cultures(people, found, shown))
        for mean, true, pairs in measures.reliability(scores.probability[mask], found.same[mask])
    ]
    for name, mask in _cultures(people, found, shown):
        error = measures.calibration_error(scores.probability[mask], found.same[mask])
        figures.append(
            Figure(label=f"calibration error, {name}", ours=error, unit="", goal=f"<= {ERROR_GOAL}")
        )
    return figures, notes


def _cultures(
    people: Population, found: _returns.Labelled, shown: NDArray[np.bool_]
) -> list[tuple[str, NDArray[np.bool_]]]:
    culture = np.array([truth.culture for truth in people.told])[found.pairs.newer]
    return [(f"{name} names", shown & (culture == name)) for name in ("Arab", "Latn")]


def _of(flags: NDArray[np.bool_], some: NDArray[np.bool_]) -> Share:
    return measures.share(flags[some])


Seen = tuple[Best, Groups]  # one population


def fairness(seen: Sequence[Seen]) -> tuple[list[Figure], list[str]]:
    """Flag rates of honest groups in some populations together, at 1 in 10,000 honest accounts of each
    flagged and, as these are few, at ten times as many. The goal is that Arabic names, Latin names and shared
    addresses are near one another."""
    figures, notes = [], []
    for rate in (RATE, 10 * RATE):
        rates = flag_rates(seen, rate)
        for name, share in rates.items():
            low, high = share.interval
            counted = f"{share.hits} of {share.of:,} = {share.value:.6f}"
            notes.append(f"honest, {name}, at {rate:g}: {counted} (95 %: {low:.6f} to {high:.6f})")
        three = sorted((share.value, name) for name, share in rates.items() if name != "own address")
        (_, fewest), *_, (_, often) = three
        label = f"largest / smallest flag rate of three groups at {rate:g}, "
        figures.append(_ratio(label, rates, often, fewest, goal=f"<= {RATIO_GOAL}"))
        for first, second in (("Arabic names", "Latin names"), ("shared address", "own address")):
            figures.append(_ratio(f"flag rate at {rate:g}, ", rates, first, second))
    return figures, notes


def flag_rates(seen: Sequence[Seen], rate: float) -> dict[str, Share]:
    """Of each group, how many are flagged where `rate` of the honest accounts of each population are."""
    counted: dict[str, list[NDArray[np.bool_]]] = {}
    for found, who in seen:
        at = measures.threshold(found.wrong[who.honest], int(who.honest.sum()), rate)
        groups_ = {
            "Arabic names": who.arabic,
            "Latin names": who.latin,
            "shared address": who.shared,
            "own address": who.honest & ~who.shared,
        }
        for name, some in groups_.items():
            counted.setdefault(name, []).append(found.wrong[some] >= at)
    return {name: measures.share(np.concatenate(flags)) for name, flags in counted.items()}


def _ratio(label: str, rates: dict[str, Share], first: str, second: str, goal: str = "") -> Figure:
    ratio, low, high = measures.rate_ratio(rates[first], rates[second])
    return Figure(
        label=f"{label}{first} / {second} (95 %: {low:.2f} to {high:.2f})", ours=ratio, unit="", goal=goal
    )


def _more(accounts: int, model: Model, seeds: Sequence[int]) -> Iterator[Seen]:
    for seed in seeds:
        people = _returns.population(accounts, seed, 3)
        yield ours(people, model)[2], groups(people)


def run(quick: bool) -> Result:
    model = Model.shipped()
    accounts = QUICK_ACCOUNTS if quick else ACCOUNTS
    people = _returns.population(accounts, SEED, 3)
    who = groups(people)
    found, scores, top, seconds = ours(people, model)
    at, caught = recall(top, who)
    peer, peer_error, peer_seconds = theirs(people, who)
    share = _of(caught, who.returned)
    low, high = share.interval
    figures = [
        Figure(
            label=f"returns found at {RATE:g} of the honest flagged (95 %: {low:.3f} to {high:.3f})",
            ours=share.value,
            peer=peer,
            peer_name="splink 5",
            ratio=share.value / peer if peer else None,
            unit="",
            goal=f">= {RECALL_GOAL}",
        ),
        Figure(
            label="calibration error of links with p >= 0.5 beside splink's",
            ours=_half(scores, found),
            peer=peer_error,
            peer_name="splink 5",
            ratio=peer_error / max(_half(scores, found), 1e-9),
            unit="",
        ),
        Figure(
            label="candidates, comparison, texts and score",
            ours=seconds,
            peer=peer_seconds,
            peer_name="splink 5",
            unit="s",
        ),
    ]
    notes = [
        f"{len(people.closed):,} closures, {len(people.newer):,} newer accounts, {int(who.returned.sum()):,} "
        f"returns, {int(who.honest.sum()):,} honest; {len(found.same):,} pairs; threshold {at:.2f} bits",
        *by_name(people, caught, who),
    ]
    seen = [(top, who)]
    made = [shipped_figures(people, found, scores, who)]
    del people, found, scores, top
    seen += _more(accounts, model, () if quick else MORE_SEEDS)
    made.append(fairness(seen))
    made.append(_later(_returns.population(QUICK_LONGER if quick else LONGER, LONGER_SEED, 30), model))
    for more_figures, more_notes in made:
        figures += more_figures
        notes += more_notes
    return Result(name="link-quality", n=accounts, figures=figures, notes=notes)


def _later(people: Population, model: Model) -> tuple[list[Figure], list[str]]:
    """What is found after thirty posts, and how right it is."""
    who = groups(people)
    found, scores, top, _ = ours(people, model)
    _, caught = recall(top, who)
    share = _of(caught, renamed(people) & who.returned)
    low, high = share.interval
    figures = [
        Figure(label="returns found", ours=_of(caught, who.returned).value, unit=""),
        Figure(
            label=f"all new: name, picture, devices (of {share.of}; 95 %: {low:.2f} to {high:.2f})",
            ours=share.value,
            unit="",
            goal=f">= {RENAMED_GOAL}",
        ),
    ]
    shipped, notes = shipped_figures(people, found, scores, who)
    for figure in (*figures, *shipped):
        figure.label = f"after 30 posts: {figure.label}"
    notes += by_name(people, caught, who)
    return [*figures, *shipped], [f"after 30 posts: {line}" for line in notes]


def _half(scores: _returns.Scored, found: _returns.Labelled) -> float:
    shown = scores.probability >= 0.5
    return measures.calibration_error(scores.probability[shown], found.same[shown])
