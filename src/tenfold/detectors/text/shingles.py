"""Shingles of prose: what two texts have in common when one is an edited copy of the other.

Prose is the normal form without links, mentions and numbers, which change from copy to copy; emoji and
punctuation are no part of a normal form in the first place. A shingle is five characters of it in a row, a
space between words being one; it is kept as a 64-bit hash.
"""

import re

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.text.fold_table import SPACE
from tenfold.detectors.text.normalise import NormalBatch
from tenfold.detectors.text.prepared import PreparedBatch

WIDTH = 5
_ASIDE = re.compile(r"(?:https?://|www\.)\S*|@\w+", re.IGNORECASE)
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio in 64 bits: spreads what is close together

Hashes = NDArray[np.uint64]
Indexes = NDArray[np.intp]


class Shingles(msgspec.Struct, frozen=True):
    """All shingles of a batch, in the order of the texts.

    `hashes`: one a shingle. `first`, `last`: positions in the normal batch of its first character and its
    last. `bounds`: shingles of text t are those from bounds[t] to bounds[t + 1]. `words`: prose words of
    each text.
    """

    hashes: Hashes
    first: Indexes
    last: Indexes
    bounds: Indexes
    words: Indexes


def shingles(batch: PreparedBatch) -> Shingles:
    """The shingles of every text of a batch; a text of fewer than five characters of prose has none."""
    normal = batch.normal
    starts, ends = normal.words
    prose = _is_prose(batch, starts, ends)
    starts, ends = starts[prose], ends[prose]
    texts = normal.word_texts[prose]
    places, owners = _places(starts, ends, texts)
    hashes, whole = _hash(normal, places, owners)
    chosen = np.flatnonzero(whole)
    numbers = np.arange(len(batch) + 1)
    last = places[chosen + WIDTH - 1]
    return Shingles(
        hashes[chosen],
        places[chosen],
        last - (normal.codes[last] <= SPACE),
        np.searchsorted(owners[chosen], numbers),
        np.diff(np.searchsorted(texts, numbers)),
    )


def _is_prose(batch: PreparedBatch, starts: Indexes, ends: Indexes) -> NDArray[np.bool_]:
    """Which words are neither numbers nor within a link or a mention."""
    normal = batch.normal
    letters = np.concatenate(([0], np.cumsum(normal.codes > ord("9"))))
    prose: NDArray[np.bool_] = letters[ends] > letters[starts]
    # One code point stands before the first text in the joined original.
    aside = [(match.start() + 1, match.end() + 1) for match in _ASIDE.finditer("\n".join(batch.texts))]
    if aside:
        begins, stops = np.array(aside).T
        origin = normal.origin[starts]
        nearest = np.searchsorted(begins, origin, side="right") - 1
        prose &= (nearest < 0) | (origin >= stops[nearest])
    return prose


def _places(starts: Indexes, ends: Indexes, texts: Indexes) -> tuple[Indexes, Indexes]:
    """Positions of the characters of words, each word with the separator behind it; and the text of each."""
    lengths = ends - starts + 1
    total = int(lengths.sum())
    before = np.cumsum(lengths) - lengths
    places = np.repeat(starts - before, lengths) + np.arange(total)
    return places, np.repeat(texts, lengths)


def _hash(normal: NormalBatch, places: Indexes, owners: Indexes) -> tuple[Hashes, NDArray[np.bool_]]:
    """The hash of WIDTH characters from every place on, and whether they are a shingle: of one text, and
    beginning with a letter (what begins with a separator says nothing that its neighbours do not say).
    """
    count = max(len(places) - WIDTH + 1, 0)
    codes = np.maximum(normal.codes[places], SPACE).astype(np.uint64)
    hashes = np.zeros(count, dtype=np.uint64)
    for offset in range(WIDTH):
        hashes = (hashes + codes[offset : offset + count]) * _FACTOR
    hashes ^= hashes >> np.uint64(32)
    whole = owners[:count] == owners[len(places) - count :]
    whole &= codes[:count] != SPACE
    return hashes, whole
