"""What it costs to know parts of pictures: points of an upload, and the look-up among many entries.

Entries are made of points of drawn scenes and posters, mixed anew for each and with the bits turned over that
an edit turns over; 300 points an entry, as in an installation. CPU time of one thread.
"""

import time
from itertools import islice

import numpy as np

from tenfold.detectors.media.correspondence import correspond
from tenfold.detectors.media.keypoints import features
from tenfold.detectors.media.points import CODE_BITS, Points
from tenfold.detectors.media.word_index import INDEXED, WordIndex
from tenfold_bench import _made_pictures as made
from tenfold_bench.result import Figure, Result

SIZES, QUICK_SIZES = (1_000, 10_000, 100_000), (1_000,)
PICTURES, QUICK_PICTURES = 60, 12
ASKED = 30
AT_ONCE = 2_000
FLIPPED = 0.06  # of the bits of points that show the same after an edit, as measured


def mixed(pool: Points, count: int, seed: int) -> list[Points]:
    """Entries of points of the pool, each with bits turned over."""
    chance = np.random.default_rng(seed)
    entries = []
    for _ in range(count):
        rows = chance.choice(len(pool), INDEXED, replace=False)
        noise = np.packbits(chance.random((INDEXED, CODE_BITS)) < FLIPPED, axis=1).view(np.uint64)
        entries.append(
            Points(
                width=512,
                height=512,
                places=chance.uniform(0, 512, INDEXED) + 1j * chance.uniform(0, 512, INDEXED),
                sizes=pool.sizes[rows],
                angles=chance.uniform(0, 2 * np.pi, INDEXED),
                codes=pool.codes[rows] ^ noise,
            )
        )
    return entries


def pooled(parts: list[Points]) -> Points:
    """All points as one picture's."""
    return Points(
        width=512,
        height=512,
        places=np.concatenate([part.places for part in parts]),
        sizes=np.concatenate([part.sizes for part in parts]),
        angles=np.concatenate([part.angles for part in parts]),
        codes=np.concatenate([part.codes for part in parts]),
    )


def looked_up(index: WordIndex, uploads: list[Points]) -> float:
    """Milliseconds an upload, the mirrored form included."""
    begun = time.process_time()
    for upload in uploads:
        index.candidates(upload)
        index.candidates(upload.mirrored())
    return (time.process_time() - begun) / len(uploads) * 1000


def compared(uploads: list[Points]) -> float:
    """Milliseconds to compare one upload with one entry, point by point."""
    begun = time.process_time()
    for upload in uploads:
        for entry in uploads[:4]:
            correspond(upload, entry.first(INDEXED))
    return (time.process_time() - begun) / len(uploads) / 4 * 1000


def run(quick: bool) -> Result:
    count = QUICK_PICTURES if quick else PICTURES
    pictures = [*islice(made.scenes(5), count // 2), *islice(made.posters(5, []), count - count // 2)]
    begun = time.process_time()
    found = [Points.from_bytes(features(picture)) for picture in pictures]
    spent = (time.process_time() - begun) / count * 1000
    figures = [
        Figure(label="points of a picture, decoding not counted", ours=spent, unit="ms CPU"),
        Figure(label="one upload beside one entry", ours=compared(found[:ASKED]), unit="ms CPU"),
    ]
    index, pool = WordIndex(), pooled(found)
    for size in QUICK_SIZES if quick else SIZES:
        begun = time.process_time()
        for start in range(len(index), size, AT_ONCE):
            some = min(AT_ONCE, size - start)
            index.add(list(range(start + 1, start + 1 + some)), mixed(pool, some, start))
        index.freeze()
        built = time.process_time() - begun
        name = f"{size:,} entries"
        figures += [
            Figure(label=f"{name}: look-up", ours=looked_up(index, found[:ASKED]), unit="ms CPU"),
            Figure(label=f"{name}: memory", ours=index.bytes / 1e6, unit="MB"),
            Figure(label=f"{name}: added since the row above, made included", ours=built, unit="s CPU"),
        ]
    return Result(
        name="media-parts",
        n=(QUICK_SIZES if quick else SIZES)[-1],
        figures=figures,
        notes=[f"{ASKED} uploads of up to 500 points, 300 points an entry, of {count} drawn pictures"],
    )
