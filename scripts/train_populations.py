"""Learn which letters tell a romanised Arabic name from other names in Latin letters; write the weights.

    python scripts/train_populations.py [--data FOLDER]

Nothing in the data says whose names they are. Arabic spellings do: letters for sounds of Arabic (ayn,
emphatics, qaf, ...) hardly occur in names that were borrowed. Names with such a letter are taken for Arabic;
which of the others are is estimated by expectation maximisation over the groups of three letters of both
spellings, of the training part. Written are log odds of three Latin letters in a row. About 10 s.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.name_pairs import DATA, read_pairs
from tenfold.linkage.populations import LETTERS, UNIT
from tenfold.linkage.transliteration import ARABIC, encoded

WEIGHTS = Path(__file__).resolve().parents[1] / "src" / "tenfold" / "linkage" / "name_populations.npz"
ARABIC_SOUNDS = frozenset("عحضظصقذءؤئ")
ROUNDS, SMOOTHING = 2, 0.5  # more rounds take ever more names for Arabic
FIRST_GUESS = 0.1  # of the names without such letters are Arabic

Doubles = NDArray[np.float64]


def groups(words: Sequence[str], alphabet: str) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Groups of three letters (ends of words count) as numbers, whose word each is, and how many exist."""
    rows, _ = encoded(words, alphabet)
    rows = np.pad(rows, ((0, 0), (1, 1))).astype(np.int64)
    side = len(alphabet) + 1
    numbers = (rows[:, :-2] * side + rows[:, 1:-1]) * side + rows[:, 2:]
    real = rows[:, 1:-1] > 0
    return numbers[real], np.nonzero(real)[0], side**3


def log_odds(numbers: NDArray[np.int64], arab: Doubles, size: int) -> Doubles:
    """Log odds of each group, given how probably each of its occurrences is in an Arabic name."""
    among = np.bincount(numbers, arab, size)
    others = np.bincount(numbers, 1 - arab, size)
    seen = among + others > 0
    total = (among + others) / (among + others).sum()
    worth = SMOOTHING * seen.sum()
    rates = [(counts + worth * total) / (counts.sum() + worth) for counts in (among, others)]
    return np.where(seen, np.log(np.maximum(rates[0], 1e-12) / np.maximum(rates[1], 1e-12)), 0.0)


def main() -> None:
    """Read, learn, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    pairs = [pair for pair in read_pairs(parser.parse_args().data) if pair.part == "train"]
    certain = np.array([bool(ARABIC_SOUNDS & set(pair.arabic_letters)) for pair in pairs])
    arab = np.where(certain, 1.0, FIRST_GUESS)
    latin = groups(["".join(c for c in p.latin_letters if c in LETTERS) for p in pairs], LETTERS)
    arabic = groups([pair.arabic_letters for pair in pairs], ARABIC)
    for _ in range(ROUNDS):
        total = np.full(len(pairs), np.log(arab.mean() / (1 - arab.mean())))
        for numbers, words, size in (latin, arabic):
            odds = log_odds(numbers, arab[words], size)
            total += np.bincount(words, odds[numbers], len(pairs))
        arab = np.where(certain, 1.0, 1 / (1 + np.exp(-np.clip(total, -50, 50))))
        print(f"{arab.mean():.3f} of the names are taken for Arabic", flush=True)
    odds = log_odds(latin[0], arab[latin[1]], latin[2])
    np.savez_compressed(WEIGHTS, odds=np.clip(np.rint(odds * UNIT), -127, 127).astype(np.int8))
    print(f"{WEIGHTS}: {WEIGHTS.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
