"""Habits of writing, as a sketch of fixed size: do two accounts write with the same hand?

The sketch is a sum over posts, so sketches of parts add up to the sketch of the whole.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.text.normalise import encode, normalise

DIMENSIONS = 1_024
STYLE_BYTES = 2 * DIMENSIONS  # little-endian int16
LEAST_CHARS = 40  # fewer characters have no habits
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio in 64 bits: spreads what is close together
_LEAST_TEXT = 12  # folded characters: shorter texts are written anew by anybody

Sketches = NDArray[np.uint8]  # of shape (accounts, STYLE_BYTES)
Chars = NDArray[np.int64]


def text_hash(text: str) -> int:
    """A hash of what a text says, 64 bits, signed; 0 for a text too short to tell a copy from a coincidence."""
    folded = normalise(text).text
    if len(folded) < _LEAST_TEXT:
        return 0
    return int.from_bytes(hashlib.blake2b(folded.encode(), digest_size=8).digest(), "little", signed=True)


def sketch(texts: Sequence[str]) -> tuple[bytes, int]:
    """The sketch of texts of one account, and how many characters it rests on; b"" below LEAST_CHARS."""
    chars = sum(map(len, texts))
    if chars < LEAST_CHARS:
        return b"", chars
    codes = encode(("\n" + "\n".join(texts) + "\n").lower()).astype(np.uint64)
    total = np.zeros(DIMENSIONS, dtype=np.int64)
    for width in (3, 4):
        count = len(codes) - width + 1
        hashes = np.full(count, width, dtype=np.uint64)
        for offset in range(width):
            hashes = (hashes + codes[offset : offset + count]) * _FACTOR
        places = (hashes >> np.uint64(40)) % np.uint64(DIMENSIONS)
        signs = 1.0 - 2.0 * (hashes >> np.uint64(63)).astype(np.float64)
        total += np.bincount(places.astype(np.intp), weights=signs, minlength=DIMENSIONS).astype(np.int64)
    return np.clip(total, -32_768, 32_767).astype("<i2").tobytes(), chars


def merge(left: bytes, left_chars: int, right: bytes, right_chars: int) -> tuple[bytes, int]:
    """The sketch of both accounts' or both batches' texts together."""
    if not left or not right:
        return left or right, left_chars + right_chars
    total = np.frombuffer(left, "<i2").astype(np.int64) + np.frombuffer(right, "<i2")
    return np.clip(total, -32_768, 32_767).astype("<i2").tobytes(), left_chars + right_chars


def similarity(left: Sketches, left_chars: Chars, right: Sketches, right_chars: Chars) -> NDArray[np.float32]:
    """log2 of how much likelier the same hand wrote both than two hands did, pair by pair; 0 where
    either is missing."""
    a = np.ascontiguousarray(left).view("<i2").astype(np.float32)
    b = np.ascontiguousarray(right).view("<i2").astype(np.float32)
    length = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    cosine = (a * b).sum(axis=1) / np.maximum(length, 1.0)
    chars = np.minimum(left_chars, right_chars).astype(np.float32)
    trust = np.clip(np.log2(np.maximum(chars, 1.0) / 250) / 4, 0.0, 1.0)
    bits = np.clip(24 * (cosine - 0.75), -4.0, 6.0) * trust
    return np.where(length > 0, bits, 0.0).astype(np.float32)
