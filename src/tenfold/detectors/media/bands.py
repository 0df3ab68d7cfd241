"""A frozen set of PDQ hashes in which all within 31 bits of a hash are found, without comparing each.

Multi-index hashing (Norouzi, Punjani, Fleet: Fast Exact Search in Hamming Space with Multi-Index Hashing,
2014): the 256 bits are cut into bands. Two hashes that differ in at most 31 bits agree in some band up to its
radius, because the radii and one for each band add up to 32. So only hashes that stand under such a value of
some band are compared. Few wide bands compare less and take more tables; the profiles below were measured.
"""

from itertools import chain, combinations
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.media.pdq import BITS, NEAR

Codes = NDArray[np.uint64]  # n x 4: hashes, as `codes_of` makes them
Found = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]  # row of query, row here, distance

_QUERIES_AT_ONCE = 32  # keeps what is compared at a time in the processor's cache
_NOTHING: Final[Found] = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint8))


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


class _Cut(msgspec.Struct, frozen=True):
    """How hashes are cut into bands, and which values of the bands are looked at for one hash.

    Of each band: the word in which it begins, by how much that is shifted, the word after it, by how much
    that one is shifted, its mask, and where its values stand among those of all bands. Of each value that is
    looked at: its band, the bits in which it differs from the hash's own, and where that band's values stand.
    """

    words: NDArray[np.int64]
    rights: NDArray[np.uint64]
    nexts: NDArray[np.int64]
    lefts: NDArray[np.uint64]  # what this brings of the next word where a band ends before it, the mask hides
    masks: NDArray[np.uint64]
    bases: NDArray[np.int64]
    bands: NDArray[np.int64]
    flips: NDArray[np.int64]
    places: NDArray[np.int64]

    def values(self, codes: Codes, bands: slice = slice(None)) -> NDArray[np.int64]:
        """The values of bands of every hash, n x bands."""
        found = codes.take(self.words[bands], axis=1) >> self.rights[bands]
        found |= codes.take(self.nexts[bands], axis=1) << self.lefts[bands]
        found &= self.masks[bands]
        return found.view(np.int64)


def _cut(profile: Profile) -> _Cut:
    widths = np.array([bits for bits, _ in profile.bands])
    firsts = np.cumsum(widths) - widths
    flips: list[int] = []
    bands: list[int] = []
    for band, (bits, radius) in enumerate(profile.bands):
        some = chain.from_iterable(combinations(range(bits), count) for count in range(radius + 1))
        values = [sum(1 << bit for bit in chosen) for chosen in some]
        flips += values
        bands += [band] * len(values)
    sizes = (1 << widths) + 1
    bases = np.cumsum(sizes) - sizes
    return _Cut(
        words=firsts // 64,
        rights=(firsts % 64).astype(np.uint64),
        nexts=np.minimum(firsts // 64 + 1, BITS // 64 - 1),
        lefts=np.minimum(64 - firsts % 64, 63).astype(np.uint64),
        masks=((1 << widths) - 1).astype(np.uint64),
        bases=bases,
        bands=np.array(bands),
        flips=np.array(flips),
        places=bases[bands],
    )


class FrozenHashes:
    """Hashes that no longer change. Building takes about two seconds of CPU a million."""

    def __init__(self, codes: Codes, profile: Profile | None = None) -> None:
        self.codes = np.ascontiguousarray(codes)
        self._halves = self.codes.view(np.complex128).ravel()  # 128 bits each, for looking at the first alone
        profile = profile or (LARGE if len(codes) >= LARGE_FROM else SMALL)
        self._cut = _cut(profile)
        count = len(codes)
        # The rows in the order of each band's values, band after band; where each value's rows begin.
        self._rows = np.empty(count * len(profile.bands), np.uint32)
        self._starts = np.empty(sum((1 << bits) + 1 for bits, _ in profile.bands), np.uint32)
        for band, (bits, _) in enumerate(profile.bands):
            values = self._cut.values(codes, slice(band, band + 1))[:, 0]
            self._rows[band * count : (band + 1) * count] = np.argsort(values, kind="stable")
            base = self._cut.bases[band]
            starts = self._starts[base : base + (1 << bits) + 1]
            starts[0] = band * count
            starts[1:] = band * count + np.cumsum(np.bincount(values, minlength=1 << bits))

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def bytes(self) -> int:
        """Memory of hashes and tables."""
        return self.codes.nbytes + self._rows.nbytes + self._starts.nbytes

    def search(self, queries: Codes, near: int = NEAR) -> Found:
        """Every pair of query and hash that differ in at most `near` bits; `near` is at most NEAR."""
        parts = [
            self._search(queries[start : start + _QUERIES_AT_ONCE], start, near)
            for start in range(0, len(queries) if len(self) else 0, _QUERIES_AT_ONCE)
        ]
        return joined(parts)

    def _search(self, queries: Codes, offset: int, near: int) -> Found:
        cut = self._cut
        places = cut.values(queries).take(cut.bands, axis=1)
        places ^= cut.flips
        places += cut.places
        places = places.ravel()
        starts = self._starts.take(places)
        places += 1
        counts = self._starts.take(places) - starts
        (taken,) = (counts != 0).nonzero()
        counts = counts.take(taken).astype(np.int64)
        found = (starts.take(taken) - (counts.cumsum() - counts)).repeat(counts)
        found += np.arange(len(found))
        rows = self._rows.take(found).astype(np.int64)
        of = (taken // len(cut.bands)).repeat(counts) if len(queries) > 1 else np.zeros(len(rows), np.int64)
        (near_half,) = (self._half_distances(queries, of, rows) <= near).nonzero()
        if not len(near_half):  # as for nearly every picture that is in no bank
            return _NOTHING
        pairs = np.unique(of[near_half] * len(self) + rows[near_half])  # a pair may meet in several bands
        of, row = pairs // len(self), pairs % len(self)
        apart = distances(queries[of], self.codes[row])
        close = apart <= near
        return of[close] + offset, row[close], apart[close].astype(np.uint8)

    def _half_distances(
        self, queries: Codes, of: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> NDArray[np.uint8]:
        """How many of the first 128 bits differ, which alone tells nearly all strangers apart: 64 +- 6 do."""
        halves = self._halves.take(rows * 2).view(np.uint64).reshape(-1, 2)
        halves ^= queries[0, :2] if len(queries) == 1 else queries[of, :2]
        bits = np.bitwise_count(halves)
        return np.asarray(bits[:, 0] + bits[:, 1])


def joined(parts: list[Found]) -> Found:
    """Several results as one."""
    if len(parts) < 2:
        return parts[0] if parts else _NOTHING
    of, rows, distance = (np.concatenate(column) for column in zip(*parts, strict=True))
    return of, rows, distance
