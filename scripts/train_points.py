"""Make the two tables of picture points from photographs: the usual descriptor, and the words of the index.

Run `scripts/fetch-photographs` first, then `.venv/bin/python scripts/train_points.py`. The photographs are
those that the bench of edited pictures does not bank, so that what it measures was not learned.
"""

from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tenfold_bench import _made_pictures as made

from tenfold.detectors.media import keypoints, word_index
from tenfold.detectors.media.points import MIRROR

HERE = Path(keypoints.__file__).parent
POSTERS, SCENES = 60, 10
ROUNDS = 12
SEED = 20
AT_ONCE = 4_000


def descriptors() -> NDArray[np.float32]:
    """Of all pictures to learn from."""
    aside = made.pools().aside
    drawn = [*islice(made.posters(SEED, aside), POSTERS), *islice(made.scenes(SEED), SCENES)]
    return np.concatenate([keypoints.described(keypoints.shrunk(image))[1] for image in [*aside, *drawn]])


def usual(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The median of each value, the same for a picture and its mirrored form."""
    median = np.median(values, axis=0)
    return np.asarray((median + median[MIRROR]) / 2, np.float32)


def words(codes: NDArray[np.uint64], chance: np.random.Generator) -> NDArray[np.uint64]:
    """Middles of clusters of 64-bit codes: each bit what most members have (k-majority)."""
    middles = chance.choice(codes, word_index.WORDS, replace=False)
    bits = np.unpackbits(codes.view(np.uint8).reshape(-1, 8), axis=1).astype(np.float32)
    for _ in range(ROUNDS):
        own = np.concatenate(
            [
                np.bitwise_count(codes[start : start + AT_ONCE, None] ^ middles).argmin(axis=1)
                for start in range(0, len(codes), AT_ONCE)
            ]
        )
        sizes = np.bincount(own, minlength=word_index.WORDS)
        sums = np.stack([np.bincount(own, column, word_index.WORDS) for column in bits.T], axis=1)
        middles = np.packbits(2 * sums > sizes[:, None], axis=1).view(np.uint64)[:, 0]
        middles[sizes == 0] = chance.choice(codes, int((sizes == 0).sum()))
    return middles


def main() -> None:
    """Write both tables."""
    values = descriptors()
    middle = usual(values)
    codes = np.packbits(values > middle, axis=1).view(np.uint64)
    chance = np.random.default_rng(SEED)
    np.save(HERE / "usual_descriptor.npy", middle)
    np.save(HERE / "words.npy", np.stack([words(np.ascontiguousarray(half), chance) for half in codes.T]))
    print(
        f"{len(values):,} points of {len(made.pools().aside)} photographs and {POSTERS + SCENES} drawn ones"
    )


if __name__ == "__main__":
    Image.MAX_IMAGE_PIXELS = None
    main()
