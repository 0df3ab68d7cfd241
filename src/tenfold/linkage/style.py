"""Habits of writing, as a sketch of fixed size: was it the same hand that wrote for two accounts?

A sketch counts runs of signs of the *form* of texts (`style_form`): no words, so neither topic nor dialect.
It is a sum over texts. Two sketches are compared by how they differ from what is usual in their language: the
logarithm of each count over the expected one, without the few directions in which whole kinds of writers
differ (formal or not, news or talk; found by singular value decomposition of tuning accounts), then a
cosine for each block, smaller for those who write like everybody; a logistic regression on cosines and length
gives log2 of the likelihood ratio. Trained by `scripts/train_style.py`, measured by `tenfold-bench
link-alterego`.

What is usual differs between platforms: give `similarity` the platform's own `background`, made of the
sketches of a hundred accounts or more; measured on simulated platforms, strangers get 7 bits without it (of
which a quarter count) and -2 with it.
"""

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.text.normalise import normalise_batch
from tenfold.linkage import style_form, style_language
from tenfold.linkage.style_form import BLOCKS, BUCKETS
from tenfold.linkage.style_language import LANGUAGES, TALLIES

LEAST_CHARS = 150  # fewer characters say nothing
SURE_CHARS = 300  # from here on bits count in full: the shortest that the model was trained on
MOST_BITS, LEAST_BITS = 8.0, -4.0  # never reached: the tuning data cannot tell rarer coincidences

UNKNOWN_PLATFORM = 0.25  # of the bits count where the platform's own background is not given

_HEADER = 4 * (TALLIES + 1)  # uint32: tallies of letters and words; how often counts were halved
STYLE_BYTES = _HEADER + BUCKETS
_READ = 1_000_000  # characters of texts that one call reads: what bounds the work for a hostile account
_LEAST_TEXT = 16  # folded characters: shorter texts are written anew by anybody
# English and Arabic have a background of their own. What is usual in others, marks and spacing as the
# language has them, would be taken for a hand's habit (on strangers: French +1.0 bits, Turkish +1.4).
_TRUST = np.array([1.0, 1.0, *[0.0] * (len(LANGUAGES) - 2)])
_PRIOR_ACCOUNTS = 3.0  # what the shipped background weighs against a platform's accounts
_ABSENCE = 0.7  # what presence weighs 1: whole platforms lack the same things (links, hashtags)
_USUAL_LENGTH = 8.0  # of log ratios that chance alone brings: whoever writes like everybody has few habits
_FIRSTS, _SIZES = [first for _, first, _ in BLOCKS], [number for _, _, number in BLOCKS]
_PRIOR = 0.5  # of the expected count, and of a count: how strongly a comparison of counts is drawn to none

Sketches = NDArray[np.uint8]  # of shape (accounts, STYLE_BYTES)
Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]


class Background(msgspec.Struct, frozen=True):
    """What is usual on a platform: shares of buckets, (LANGUAGES, BUCKETS), each block adding to 1."""

    usual: Floats


class Model(msgspec.Struct, frozen=True):
    """`background`: of the tuning data. `kinds` (directions, BUCKETS): in which kinds of writers differ.
    `weights`: of the cosine of each block, of these times length, of length, its square, and 1.
    """

    background: Background
    kinds: Floats
    weights: Floats


@cache
def model() -> Model:
    """The shipped model."""
    with (files("tenfold.linkage") / "shipped_style.npz").open("rb") as file, np.load(file) as parts:
        usual, kinds, weights = (parts[name].astype(np.float64) for name in ("usual", "kinds", "weights"))
    english, arabic = usual
    return Model(Background(np.stack([english, arabic, *[english] * (len(LANGUAGES) - 2)])), kinds, weights)


def text_hash(text: str) -> int:
    """A hash of what a text says, 64 bits, signed; 0 for a text too short to tell a copy from a coincidence.

    Links, mentions, marks, emoji, case and spelling variants do not count.
    """
    return text_hashes([text])[0]


def text_hashes(texts: Sequence[str]) -> list[int]:
    """`text_hash` of many texts, folded together."""
    bare = [style_form.struck(text) for text in texts]
    bare = [text.replace(style_form.LINK, " ").replace(style_form.MENTION, " ") for text in bare]
    folded = normalise_batch(bare)
    return [_hash(folded[place].text) for place in range(len(texts))]


def _hash(folded: str) -> int:
    if len(folded) < _LEAST_TEXT:
        return 0
    return int.from_bytes(hashlib.blake2b(folded.encode(), digest_size=8).digest(), "little", signed=True)


def sketch(texts: Sequence[str]) -> tuple[bytes, int]:
    """The sketch of texts of one account, and how many characters it rests on; b"" and 0 when there are none.

    Links, mentions and reposts ("RT @name") are not among the characters.
    """
    return sketches([texts])[0]


def sketches(accounts: Sequence[Sequence[str]]) -> list[tuple[bytes, int]]:
    """`sketch` of many accounts, three times faster than one by one where each has few texts."""
    owned = [_first(style_form.own(texts)) for texts in accounts]
    counted = style_form.counts(owned)
    return [
        (_pack(style_language.tally(texts), counts, 0), sum(map(len, texts))) if any(texts) else (b"", 0)
        for texts, counts in zip(owned, counted, strict=True)
    ]


def _first(texts: list[str]) -> list[str]:
    """As many of the texts as may be read."""
    left = _READ
    kept = []
    for text in texts:
        kept.append(text[:left])
        left -= len(kept[-1])
        if not left:
            break
    return kept


def merge(left: bytes, left_chars: int, right: bytes, right_chars: int) -> tuple[bytes, int]:
    """The sketch of both batches of texts together: exactly that of all texts, as long as no count exceeds
    255; beyond that, all counts are halved and rounded."""
    if not left or not right:
        return left or right, left_chars + right_chars
    header, counts = _unpack(np.frombuffer(left + right, np.uint8).reshape(2, STYLE_BYTES))
    halved = int(header[:, TALLIES].max())
    total = (counts << header[:, TALLIES:]).sum(axis=0)
    tallies = np.minimum(header[:, :TALLIES].sum(axis=0), 2**32 - 1)
    return _pack(tallies, total, halved), left_chars + right_chars


def _pack(tallies: Numbers, counts: Numbers, halved: int) -> bytes:
    halved = max(halved, int(counts.max()).bit_length() - 8)
    rounded = np.minimum((counts + (1 << halved >> 1)) >> halved, 255)
    return bytes(np.append(tallies, halved).astype("<u4").tobytes() + rounded.astype(np.uint8).tobytes())


def _unpack(packed: Sketches) -> tuple[Numbers, Numbers]:
    """Headers (accounts, TALLIES + 1) and counts (accounts, BUCKETS) as they are stored."""
    header = np.ascontiguousarray(packed[:, :_HEADER]).view("<u4").astype(np.int64)
    return header, packed[:, _HEADER:].astype(np.int64)


def background(of: Sketches) -> Background:
    """What is usual on the platform that these accounts are a sample of.

    Each account weighs the same, and the shipped background as much as three of them.
    """
    header, counts = _unpack(of)
    shares = style_language.shares(header[:, :TALLIES])
    usual = model().background.usual * _PRIOR_ACCOUNTS
    for _, first, number in BLOCKS:
        block = slice(first, first + number)
        part = counts[:, block] / np.maximum(counts[:, block].sum(axis=1, keepdims=True), 1)
        usual[:, block] += np.where(shares > 0.8, shares, 0.0).T @ part
        usual[:, block] /= usual[:, block].sum(axis=1, keepdims=True)
    return Background(usual)


def similarity(
    left: Sketches,
    left_chars: Numbers,
    right: Sketches,
    right_chars: Numbers,
    usual: Background | None = None,
) -> NDArray[np.float32]:
    """log2 of how much likelier two accounts' texts are if one hand wrote both, pair by pair.

    Between LEAST_BITS and MOST_BITS; 0 where either has fewer than LEAST_CHARS, or they have neither English
    nor Arabic in common. Without `usual` (what is usual on this platform) a quarter of that: on one unlike
    the tuning data everybody differs from those in the same way.
    """
    rows = np.arange(len(left))
    return likeness(hands(left, left_chars, usual), rows, hands(right, right_chars, usual), rows)


class Hands(msgspec.Struct, frozen=True):
    """Sketches of n accounts, ready to be compared: `chars` (n,), 0 for those too short to say anything,
    shares of languages (n, LANGUAGES), and how each differs from what is usual, (n, BUCKETS). `known`:
    whether what is usual on the platform was given."""

    chars: Numbers
    shares: Floats
    form: Floats
    known: bool


def hands(packed: Sketches, chars: Numbers, usual: Background | None) -> Hands:
    """Read each account's sketch once, however many pairs it is in."""
    long = np.flatnonzero(chars >= LEAST_CHARS)
    shares, form = np.zeros((len(packed), len(LANGUAGES))), np.zeros((len(packed), BUCKETS))
    if len(long):
        header, counts = _unpack(packed[long])
        shares[long] = style_language.shares(header[:, :TALLIES])
        expected = shares[long] + 1e-9
        expected = expected / expected.sum(axis=1, keepdims=True) @ (usual or model().background).usual
        form[long] = differences(counts << header[:, TALLIES:], expected, model().kinds)
    return Hands(np.where(chars >= LEAST_CHARS, chars, 0), shares, form, usual is not None)


def likeness(left: Hands, left_rows: Numbers, right: Hands, right_rows: Numbers) -> NDArray[np.float32]:
    """`similarity` of left_rows[i] with right_rows[i]."""
    bits = np.zeros(len(left_rows), dtype=np.float32)
    left_chars, right_chars = left.chars[left_rows], right.chars[right_rows]
    enough = np.flatnonzero(np.minimum(left_chars, right_chars))
    if len(enough):
        one, other = left_rows[enough], right_rows[enough]
        length = 2.0 / (1.0 / left_chars[enough] + 1.0 / right_chars[enough])
        score = features(left.form[one], right.form[other], length) @ model().weights / np.log(2.0)
        bound = np.where(score > 0, MOST_BITS, -LEAST_BITS)
        common = np.minimum(left.shares[one], right.shares[other]) @ _TRUST
        trust = np.minimum(length / SURE_CHARS, 1.0) * common
        bits[enough] = bound * np.tanh(score / bound) * trust * (1.0 if left.known else UNKNOWN_PLATFORM)
    return bits


def differences(counts: Numbers, expected: Floats, kinds: Floats) -> Floats:
    """Log ratios of counts to expected shares (accounts, BUCKETS), without the directions of `kinds`, each
    block of length 1."""
    out = log_ratio(counts, expected)
    out -= (out @ kinds.T) @ kinds
    squares = out * out
    for _, first, number in BLOCKS:
        block = slice(first, first + number)
        out[:, block] /= np.hypot(np.sqrt(squares[:, block].sum(axis=1, keepdims=True)), _USUAL_LENGTH)
    return out


def log_ratio(counts: Numbers, expected: Floats) -> Floats:
    """Natural logarithm of counts over the expected ones, block by block, near 0 where counts are few."""
    totals = np.add.reduceat(counts, _FIRSTS, axis=1).astype(np.float64)
    mean = np.repeat(totals, _SIZES, axis=1)
    mean *= expected
    found = mean * _PRIOR
    found += counts
    found += _PRIOR
    mean *= 1.0 + _PRIOR
    mean += _PRIOR
    found /= mean
    ratio = np.log(found, out=found)
    return np.asarray(np.maximum(ratio, ratio * _ABSENCE, out=ratio))


def features(left: Floats, right: Floats, length: Floats) -> Floats:
    """What the weights are for: (pairs, 7). `length`: harmonic mean of the characters of either side."""
    cosines = [
        np.einsum("ij,ij->i", left[:, first : first + number], right[:, first : first + number])
        for _, first, number in BLOCKS
    ]
    log = np.clip(np.log2(np.maximum(length, 1.0) / 100.0), 1.0, 6.5)
    return np.stack([*cosines, *(cosine * log for cosine in cosines), log, log * log, np.ones_like(log)], 1)
