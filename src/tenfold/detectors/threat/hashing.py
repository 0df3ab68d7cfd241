"""Features of the learned model: hashed runs of words and of characters, of a whole batch at once.

Every run of 3 to 5 characters, every word, every pair of neighbours, every pair with one word between, and
every
run of three words falls into one of BUCKETS. Runs never cross from one text into the next.
"""

import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.text.fold_table import SPACE
from tenfold.detectors.text.normalise import BOUNDARY, NormalBatch

BITS = 20
BUCKETS = 1 << BITS
CHARACTER_RUNS = (3, 4, 5)
LONGEST_WORD = 40  # letters of a word that count

Hashes = NDArray[np.uint64]
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(64 - BITS)
_PLACES: Hashes = np.random.default_rng(20_07).integers(1, 2**63, LONGEST_WORD, dtype=np.uint64) | np.uint64(
    1
)
_KINDS: Hashes = np.random.default_rng(7).integers(1, 2**63, 16, dtype=np.uint64) | np.uint64(1)


def features(normal: NormalBatch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Buckets of all features, and of which text each is; neither is sorted, and buckets may repeat."""
    buckets, texts = _words(normal)
    for length in CHARACTER_RUNS:
        found, owners = _runs(normal, length)
        buckets.append(found)
        texts.append(owners)
    return np.concatenate(buckets), np.concatenate(texts)


def _bucket(hashes: Hashes, kind: int) -> NDArray[np.int64]:
    mixed = (hashes ^ (hashes >> np.uint64(29))) * _KINDS[kind]
    return np.asarray((mixed ^ (mixed >> np.uint64(32))) * _MULTIPLIER >> _SHIFT, dtype=np.int64)


def _runs(normal: NormalBatch, length: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Runs of so many characters, spaces among them."""
    codes = normal.codes.astype(np.uint64)
    count = len(codes) - length + 1
    if count <= 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    hashes = np.zeros(count, dtype=np.uint64)
    within = np.ones(count, dtype=np.bool_)
    for place in range(length):
        part = codes[place : place + count]
        hashes = hashes * np.uint64(1_000_003) + part
        within &= part != BOUNDARY
    places = np.flatnonzero(within)
    owners = np.searchsorted(normal.bounds, places) - 1
    return _bucket(hashes[places], length), owners


def _words(normal: NormalBatch) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]]:
    starts, ends = normal.words
    if not len(starts):
        return [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    lengths = np.minimum(ends - starts, LONGEST_WORD)
    first = np.cumsum(lengths) - lengths
    place = np.arange(int(lengths.sum())) - np.repeat(first, lengths)
    letters = normal.codes[np.repeat(starts, lengths) + place].astype(np.uint64)
    words = np.add.reduceat((letters + np.uint64(SPACE)) * _PLACES[place], first)
    texts = normal.word_texts
    buckets, owners = [_bucket(words, 8)], [texts]
    for kind, offsets in ((9, (1,)), (10, (2,)), (11, (1, 2))):
        reach = offsets[-1]
        if len(words) <= reach:
            continue
        together = words[:-reach]
        for offset in offsets:
            stop = len(words) - reach + offset
            together = together * np.uint64(0x100000001B3) ^ words[offset:stop]
        same = np.flatnonzero(texts[:-reach] == texts[reach:])
        buckets.append(_bucket(together[same], kind))
        owners.append(texts[same])
    return buckets, owners
