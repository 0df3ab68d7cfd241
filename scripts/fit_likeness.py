"""Fit the two logistics of `tenfold.linkage.likeness` and print their weights, to be put there.

    python scripts/fit_likeness.py [--data FOLDER]

Positives: the choice part's pairs, and Latin spellings that share an Arabic one. Negatives, of equal weight
together: of a word's non-partners, the nearest and random ones. About 20 s.
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from tenfold.linkage.likeness import across_features, within_feature
from tenfold.linkage.name_pairs import DATA, Pair, read_pairs
from tenfold.linkage.transliteration import log_likelihoods

WORDS, NEAREST, RANDOM = 800, 5, 10
NEAR_WEIGHT = (
    0.8  # of the negatives of one word together; chosen so that different names of one culture are far
)
LEAST_ALIKE = 0.3  # edit similarity of variants; below are names that only met in one article

Doubles = NDArray[np.float64]
Examples = list[tuple[str, str, int, float]]  # two words, 1 for a true pair, weight


def fit(features: Doubles, true: Doubles, weights: Doubles) -> Doubles:
    """Weights of a logistic, by Newton's method."""
    found = np.zeros(features.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-features @ found))
        slope = features.T @ (weights * (true - chance)) - 1e-3 * found
        curve = (features * (weights * chance * (1 - chance))[:, None]).T @ features
        found += np.linalg.solve(curve + 1e-3 * np.eye(len(found)), slope)
    return found


def against(nearness: Doubles, allowed: NDArray[np.bool_], random: np.random.Generator) -> list[int]:
    """Places of the nearest that are allowed, and of random ones."""
    places = np.flatnonzero(allowed)
    nearest = places[np.argsort(-nearness[places], kind="stable")[:NEAREST]]
    return [*map(int, nearest), *map(int, random.choice(places, RANDOM))]


def negatives(word: str, places: Sequence[int], others: Sequence[str]) -> Examples:
    """Examples of false partners, weighing one together."""
    weights = [NEAR_WEIGHT / NEAREST] * NEAREST + [(1 - NEAR_WEIGHT) / RANDOM] * RANDOM
    return [(word, others[place], 0, weight) for place, weight in zip(places, weights, strict=True)]


def across(pairs: Sequence[Pair], random: np.random.Generator) -> Examples:
    """Arabic and Latin words."""
    latin, arabic = [pair.latin_letters for pair in pairs], np.array([pair.arabic_letters for pair in pairs])
    examples: Examples = []
    for place in random.choice(len(pairs), WORDS, replace=False):
        word = str(arabic[place])
        nearness = log_likelihoods([word] * len(latin), latin).astype(np.float64)
        examples.append((word, latin[place], 1, 1.0))
        examples += negatives(word, against(nearness, arabic != word, random), latin)
    return examples


def within(pairs: Sequence[Pair], random: np.random.Generator) -> Examples:
    """Two Latin words."""
    spellings: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        spellings[pair.arabic_letters].append(pair.latin_letters)
    variants = [
        (arabic, left, right)
        for arabic, words in spellings.items()
        for left, right in combinations(words[:4], 2)
        if left != right and Levenshtein.normalized_similarity(left, right) > LEAST_ALIKE
    ]
    others = [pairs[place] for place in random.choice(len(pairs), 6_000, replace=False)]
    latin, arabic_of = [pair.latin_letters for pair in others], np.array([p.arabic_letters for p in others])
    examples: Examples = []
    for place in random.choice(len(variants), WORDS, replace=False):
        arabic, left, right = variants[place]
        nearness = process.cdist([left], latin, scorer=Levenshtein.normalized_similarity)[0]
        examples.append((left, right, 1, 1.0))
        examples += negatives(left, against(nearness, arabic_of != arabic, random), latin)
    return examples


def main() -> None:
    """Fit both and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    pairs = read_pairs(parser.parse_args().data)
    random = np.random.default_rng(1)
    parts = {part: [pair for pair in pairs if pair.part == part] for part in ("choice", "train")}
    for name, examples, features_of in (
        ("ACROSS", across(parts["choice"], random), across_features),
        ("WITHIN", within(parts["train"], random), lambda left, right: [within_feature(left, right)]),
    ):
        first, second, true, weights = zip(*examples, strict=True)
        features = np.stack([*features_of(first, second), np.ones(len(true))], axis=1).astype(np.float64)
        found = fit(features, np.array(true, dtype=np.float64), np.array(weights))
        print(name, tuple(round(float(weight), 3) for weight in found))


if __name__ == "__main__":
    main()
