"""Learn how names are spelt in Arabic and Latin letters, and write the weights into the package.

    python scripts/train_names.py [--data FOLDER]

Learns from the training part of the pairs only (see `tenfold.linkage.name_pairs`). Where the data come from
is in `train_names.manifest.json` beside this script, which checks the file against it. About a minute.
"""

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.name_pairs import DATA, FILE, Pair, read_pairs
from tenfold.linkage.transliteration import (
    ARABIC,
    LATIN,
    LONGEST,
    encoded,
    model_of,
    neighbourhoods,
)

Doubles = NDArray[np.float64]

MANIFEST = Path(__file__).with_suffix(".manifest.json")
WEIGHTS = Path(__file__).resolve().parents[1] / "src" / "tenfold" / "linkage" / "name_weights.npz"
FIRST_PAIRS, PAIRS = 150, 16  # pairs of Arabic letters that are tried, and kept, for one Latin letter
FIRST_ROUNDS, ROUNDS = 4, 6
CHUNK = 8_000
UNIT = 16  # counts are kept in sixteenths
# The chat alphabet: what each digit stands for, commonest first, and how often among 1,000; the rest silent.
DIGITS = {
    "2": [("ا", 250), ("أ", 250), ("ء", 150), ("ق", 100), ("ئ", 50), ("ؤ", 50)],
    "3": [("ع", 850)],
    "5": [("خ", 850)],
    "6": [("ط", 850)],
    "7": [("ح", 850)],
    "8": [("ق", 450), ("غ", 400)],
    "9": [("ص", 500), ("ق", 350)],
}


def start(columns: int) -> Doubles:
    """A table that knows nothing but that most letters stand for one letter."""
    table = np.full(columns, 0.05 / (columns - 1 - len(ARABIC)))
    table[0] = 0.3
    table[1 : 1 + len(ARABIC)] = 0.65 / len(ARABIC)
    return np.broadcast_to(table, (len(LATIN) + 1,) * 3 + (columns,))


def expected(pairs: Sequence[Pair], letters: Sequence[str], table: Doubles) -> Doubles:
    """Soft counts of what each letter in each neighbourhood stands for, over all alignments of all pairs."""
    columns = np.full((len(ARABIC), len(ARABIC)), -1)
    for column, pair in enumerate(letters, 1 + len(ARABIC)):
        columns[ARABIC.index(pair[0]), ARABIC.index(pair[1])] = column
    counts = np.zeros(table.size)
    flat = np.ascontiguousarray(table).reshape(-1)
    for begin in range(0, len(pairs), CHUNK):
        part = pairs[begin : begin + CHUNK]
        rows, lengths = encoded([pair.latin_letters[:LONGEST] for pair in part], LATIN)
        spelt, ends = encoded([pair.arabic_letters[:LONGEST] for pair in part], ARABIC)
        left, letter, right = neighbourhoods(rows)
        side = table.shape[0]
        bases = ((left * side + letter) * side + right) * table.shape[-1]
        _expect(counts, flat, (bases, lengths), (spelt, ends), columns)
    return counts.reshape(table.shape)


def _expect(
    counts: Doubles,
    flat: Doubles,
    latin: tuple[NDArray[np.int32], NDArray[np.int32]],
    arabic: tuple[NDArray[np.int32], NDArray[np.int32]],
    columns: NDArray[np.int64],
) -> None:
    """Forward and backward over one chunk; adds to `counts` (flat)."""
    (bases, lengths), (spelt, ends) = latin, arabic
    rows, steps = bases.shape
    two = np.where((spelt[:, :-1] > 0) & (spelt[:, 1:] > 0), columns[spelt[:, :-1] - 1, spelt[:, 1:] - 1], -1)

    def chances(step: int) -> tuple[Doubles, Doubles, Doubles]:
        base = bases[:, step, None]
        one = np.where(spelt > 0, flat[base + spelt], 0.0)
        return flat[base], one, np.where(two >= 0, flat[base + np.maximum(two, 0)], 0.0)

    forward = np.zeros((steps + 1, rows, spelt.shape[1] + 1))
    forward[0, :, 0] = 1.0
    for step in range(steps):
        none, one, pair = chances(step)
        before, after = forward[step], forward[step] * none
        after[:, 1:] += before[:, :-1] * one
        after[:, 2:] += before[:, :-2] * pair
        forward[step + 1] = np.where((step < lengths)[:, None], after, before)
    total = forward[steps, np.arange(rows), ends]
    backward = np.zeros_like(forward[0])
    backward[np.arange(rows), ends] = np.where(total > 0, 1 / np.where(total > 0, total, 1.0), 0.0)
    for step in range(steps - 1, -1, -1):
        none, one, pair = chances(step)
        live = (step < lengths)[:, None]
        base, before = bases[:, step, None], forward[step]
        shares = (
            (base, (before * backward).sum(1, keepdims=True) * none * live),
            (base + spelt, before[:, :-1] * one * backward[:, 1:] * live),
            (base + np.maximum(two, 0), before[:, :-2] * pair * backward[:, 2:] * live),
        )
        for places, share in shares:
            counts += np.bincount(places.ravel(), share.ravel(), minlength=len(counts))
        earlier = backward * none
        earlier[:, :-1] += one * backward[:, 1:]
        earlier[:, :-2] += pair * backward[:, 2:]
        backward = np.where(live, earlier, backward)


def learn(pairs: Sequence[Pair]) -> tuple[Doubles, list[str]]:
    """Soft counts after expectation maximisation, and the pairs of Arabic letters that are columns."""
    seen = Counter(
        pair.arabic_letters[i : i + 2] for pair in pairs for i in range(len(pair.arabic_letters) - 1)
    )
    letters = [two for two, _ in seen.most_common(FIRST_PAIRS)]
    table = start(1 + len(ARABIC) + len(letters))
    for _ in range(FIRST_ROUNDS):  # the letter alone decides
        counts = expected(pairs, letters, table)
        alone = counts.sum((0, 2)) + 1e-3
        table = np.broadcast_to((alone / alone.sum(-1, keepdims=True))[:, None], table.shape)
    best = np.sort(np.argsort(-counts.sum((0, 1, 2))[1 + len(ARABIC) :], kind="stable")[:PAIRS])
    letters = [letters[place] for place in best]
    kept = np.concatenate([np.arange(1 + len(ARABIC)), 1 + len(ARABIC) + best])
    table = table[..., kept] / table[..., kept].sum(-1, keepdims=True)
    for number in range(ROUNDS):
        counts = expected(pairs, letters, table)
        table = model_of(counts, letters).table[..., :-1].astype(np.float64)
        print(f"round {number + 1} of {ROUNDS}", flush=True)
    for digit, meanings in DIGITS.items():
        place = LATIN.index(digit) + 1
        counts[0, place, 0] = 0.0
        for letter, often in meanings:
            counts[0, place, 0, 1 + ARABIC.index(letter)] = often
        counts[0, place, 0, 0] = 1_000 - sum(often for _, often in meanings)
    return counts, letters


def follows(pairs: Sequence[Pair]) -> Doubles:
    """Logarithm of the probability of each Arabic letter after another; 0 is both ends of a word."""
    size = len(ARABIC) + 1
    rows, _ = encoded([pair.arabic_letters for pair in pairs], ARABIC)
    rows = np.pad(rows, ((0, 0), (1, 1)))
    before, after = rows[:, :-1].ravel(), rows[:, 1:].ravel()
    some = (before > 0) | (after > 0)
    counts = np.bincount(before[some] * size + after[some], minlength=size * size).reshape(size, size)
    alone = (counts.sum(0) + 1) / (counts.sum() + size)
    smoothed: Doubles = np.log((counts + 20 * alone) / (counts.sum(1, keepdims=True) + 20))
    return smoothed


def checked(folder: Path) -> None:
    """Stop when the data are not those that the manifest tells of."""
    told = json.loads(MANIFEST.read_text(encoding="utf-8"))["sha256"]
    found = hashlib.sha256((folder / FILE).read_bytes()).hexdigest()
    if found != told:
        raise SystemExit(f"{folder / FILE} has SHA-256 {found}, not {told} as {MANIFEST.name} says")


def main() -> None:
    """Read, check, learn, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    folder = parser.parse_args().data
    pairs = read_pairs(folder)
    checked(folder)
    training = [pair for pair in pairs if pair.part == "train"]
    counts, letters = learn(training)
    whole = np.rint(counts.reshape(-1) * UNIT)
    places = np.flatnonzero(whole)
    np.savez_compressed(
        WEIGHTS,
        pairs=np.array(letters),
        places=places.astype(np.uint32),
        follows=follows(training).astype(np.float16),
        counts=np.minimum(whole[places], 2**16 - 1).astype(np.uint16),
    )
    print(f"{WEIGHTS}: {WEIGHTS.stat().st_size:,} bytes, {len(places):,} counts")


if __name__ == "__main__":
    main()
