"""A frozen set of PDQ hashes in which all within 31 bits of a hash are found, without comparing each.

Multi-index hashing (Norouzi, Punjani, Fleet: Fast Exact Search in Hamming Space with Multi-Index Hashing,
2014): the 256 bits are cut into bands. Two hashes that differ in at most 31 bits agree in some band up to its
radius, because the radii and one for each band add up to 32. So only hashes that stand under such a value of
some band are compared. Few wide bands compare less and take more tables; the profiles below were measured.
"""

from itertools import combinations
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.media.pdq import BITS, NEAR

Codes = NDArray[np.uint64]  # n x 4: hashes, as `codes_of` makes them
Found = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]  # row of query, row here, distance

_QUERIES_AT_ONCE = 32  # keeps what is compared at a time in the processor's cache


class Profile(msgspec.Struct, frozen=True):
    """Bands as (bits, radius), which cover all bits; `radius + 1` of all add up to more than NEAR."""

    bands: tuple[tuple[int, int], ...]


SMALL: Final = Profile(((16, 1),) * 16)
LARGE: Final = Profile(((22, 2),) * 4 + ((21, 2),) * 4 + ((21, 1),) * 4)
LARGE_FROM: Final = 500_000  # hashes: from here on fewer comparisons outweigh more look-ups


def codes_of(hashes: bytes) -> Codes:
    """Hashes of 32 bytes each, one after another, as rows of four words."""
    return np.frombuffer(hashes, np.uint64).reshape(-1, BITS // 64)


def distances(left: Codes, right: Codes) -> NDArray[np.uint16]:
    """How many bits differ, row by row."""
    return np.asarray(np.bitwise_count(left ^ right).sum(axis=-1, dtype=np.uint16))


class _Band:
    """The rows in the order of one band's values, and where each value begins."""

    def __init__(self, codes: Codes, first: int, bits: int, radius: int) -> None:
        self._first, self._bits = first, bits
        values = self.values(codes)
        self.rows = np.argsort(values, kind="stable").astype(np.uint32)
        counts = np.bincount(values, minlength=1 << bits)
        self.starts = np.zeros((1 << bits) + 1, np.uint32)
        np.cumsum(counts, out=self.starts[1:])
        flips = [
            sum(1 << bit for bit in some) for r in range(radius + 1) for some in combinations(range(bits), r)
        ]
        self.flips = np.array(flips, np.uint32)

    def values(self, codes: Codes) -> NDArray[np.uint32]:
        """This band's bits of every hash."""
        word, shift = divmod(self._first, 64)
        value = codes[:, word] >> np.uint64(shift)
        if shift + self._bits > 64:
            value = value | (codes[:, word + 1] << np.uint64(64 - shift))
        return (value & np.uint64((1 << self._bits) - 1)).astype(np.uint32)


class FrozenHashes:
    """Hashes that no longer change. Building takes about two seconds a million."""

    def __init__(self, codes: Codes, profile: Profile | None = None) -> None:
        self.codes = codes
        profile = profile or (LARGE if len(codes) >= LARGE_FROM else SMALL)
        firsts = np.cumsum([0, *(bits for bits, _ in profile.bands)])
        self._bands = [
            _Band(codes, int(first), bits, radius)
            for first, (bits, radius) in zip(firsts, profile.bands, strict=False)
        ]

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def bytes(self) -> int:
        """Memory of hashes and tables."""
        return self.codes.nbytes + sum(band.rows.nbytes + band.starts.nbytes for band in self._bands)

    def search(self, queries: Codes, near: int = NEAR) -> Found:
        """Every pair of query and hash that differ in at most `near` bits; `near` is at most NEAR."""
        parts = [
            self._search(queries[start : start + _QUERIES_AT_ONCE], start, near)
            for start in range(0, len(queries) if len(self) else 0, _QUERIES_AT_ONCE)
        ]
        return joined(parts)

    def _search(self, queries: Codes, offset: int, near: int) -> Found:
        found = [self._in_band(band, queries, near) for band in self._bands]
        pairs = np.unique(np.concatenate(found))  # a pair may meet in several bands
        of, row = pairs // len(self), pairs % len(self)
        return of + offset, row, distances(queries[of], self.codes[row]).astype(np.uint8)

    def _in_band(self, band: _Band, queries: Codes, near: int) -> NDArray[np.int64]:
        """Near pairs that agree in a band, each as one number: query * n + row."""
        values = band.values(queries)[:, None] ^ band.flips
        starts = band.starts[values].astype(np.int64)
        counts = band.starts[values + 1] - starts
        owners = np.repeat(np.arange(len(queries)), counts.sum(axis=1))
        starts, counts = starts.ravel(), counts.ravel()
        taken = counts > 0
        starts, counts = starts[taken], counts[taken]
        places = np.arange(len(owners)) + np.repeat(starts - (np.cumsum(counts) - counts), counts)
        rows = band.rows[places]
        close = distances(self.codes[rows], queries[owners]) <= near
        return np.asarray(owners[close] * len(self) + rows[close], np.int64)


def joined(parts: list[Found]) -> Found:
    """Several results as one."""
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint8)
    of, rows, distance = (np.concatenate(column) for column in zip(*parts, strict=True))
    return of, rows, distance
