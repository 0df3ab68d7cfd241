"""A frozen set of PDQ hashes in which all within 31 bits of a hash are found, without comparing each.

Multi-index hashing (Norouzi, Punjani, Fleet: Fast Exact Search in Hamming Space with Multi-Index Hashing,
2014): the 256 bits are cut into bands. Two hashes that differ in at most 31 bits agree in some band up to its
radius, because the radii and one for each band add up to 32. So only hashes that stand under such a value of
some band are compared. Few wide bands compare less and take more tables; the profiles below were measured.
"""

from collections.abc import Iterator
from itertools import accumulate, chain, combinations
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.media.pdq import BITS, NEAR

Codes = NDArray[np.uint64]  # n x 4: hashes, as `codes_of` makes them
Found = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]  # row of query, row here, distance

_WORDS: Final = BITS // 64
_QUERIES_AT_ONCE = 32  # keeps what is compared at a time in the processor's cache
_NOTHING: Final[Found] = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint8))


class Profile(msgspec.Struct, frozen=True):
    """How each of the four words of a hash is cut into bands, (bits, radius), the widest first.

    They cover its 64 bits, and `radius + 1` of the bands of all four words add up to more than NEAR.
    """

    of_a_word: tuple[tuple[int, int], ...]

    @property
    def bands(self) -> tuple[tuple[int, int], ...]:
        """The bands of all words in their order: the first of each word, the second of each ..."""
        return tuple(band for band in self.of_a_word for _ in range(_WORDS))


SMALL: Final = Profile(((16, 1),) * 4)
LARGE: Final = Profile(((22, 2), (21, 2), (21, 1)))
LARGE_FROM: Final = 500_000  # hashes: from here on fewer comparisons outweigh more look-ups


def codes_of(hashes: bytes) -> Codes:
    """Hashes of 32 bytes each, one after another, as rows of four words."""
    return np.frombuffer(hashes, np.uint64).reshape(-1, _WORDS)


def distances(left: Codes, right: Codes) -> NDArray[np.uint16]:
    """How many bits differ, row by row."""
    return np.asarray(np.add.reduce(np.bitwise_count(left ^ right), axis=-1, dtype=np.uint16))


class _Cut(msgspec.Struct, frozen=True):
    """Which values of the bands are looked at for one hash.

    Of each band of a word: by how much that is shifted, and its mask. Of each band: how many values are tried
    and where its values begin among all. Of each value: the bits in which it differs from the hash's own, and
    above them where its band begins.
    """

    of_a_word: tuple[tuple[int, int], ...]
    looks: NDArray[np.int64]
    begins: tuple[int, ...]
    flips: NDArray[np.int64]

    def values(self, queries: Codes) -> NDArray[np.int64]:
        """All values that are looked at, n x values. Of a few queries Python cuts the bands faster."""
        words = queries.tolist()
        bands = [word >> shift & mask for four in words for shift, mask in self.of_a_word for word in four]
        looks = self.looks if len(words) == 1 else np.tile(self.looks, len(words))
        found = np.array(bands, np.int64).repeat(looks).reshape(len(words), -1)
        found ^= self.flips
        return found

    def of_band(self, codes: Codes, band: int) -> NDArray[np.int64]:
        """The values of one band of every hash."""
        shift, mask = self.of_a_word[band // _WORDS]
        return (codes[:, band % _WORDS] >> np.uint64(shift) & np.uint64(mask)).view(np.int64)


def _cut(profile: Profile) -> _Cut:
    # Widest first, so that each begins at a multiple of its size, and flips leave what stands above alone.
    begins = tuple(accumulate((1 << bits for bits, _ in profile.bands), initial=0))
    flips = [
        [begin | sum(1 << bit for bit in chosen) for chosen in _some(bits, radius)]
        for begin, (bits, radius) in zip(begins, profile.bands, strict=False)
    ]
    shifts = accumulate((bits for bits, _ in profile.of_a_word), initial=0)
    return _Cut(
        of_a_word=tuple(
            (shift, (1 << bits) - 1) for shift, (bits, _) in zip(shifts, profile.of_a_word, strict=False)
        ),
        looks=np.array([len(one) for one in flips]),
        begins=begins,
        flips=np.array([*chain.from_iterable(flips)]),
    )


def _some(bits: int, most: int) -> Iterator[tuple[int, ...]]:
    """Every choice of at most so many bits of a band."""
    return chain.from_iterable(combinations(range(bits), count) for count in range(most + 1))


class FrozenHashes:
    """Hashes that no longer change. Building takes about two seconds of CPU a million."""

    def __init__(self, codes: Codes, profile: Profile | None = None) -> None:
        self.codes = np.ascontiguousarray(codes)
        self._halves = self.codes.view(np.complex128).ravel()  # 128 bits each, for looking at the first alone
        profile = profile or (LARGE if len(codes) >= LARGE_FROM else SMALL)
        self._cut = _cut(profile)
        count = len(codes)
        # Places of first halves, band after band in the order of its values, and where each value's begin.
        self._places = np.empty(count * len(profile.bands), np.uint32)
        self._starts = np.zeros(self._cut.begins[-1] + 1, np.uint32)
        for band, (bits, _) in enumerate(profile.bands):
            values = self._cut.of_band(codes, band)
            self._places[band * count : (band + 1) * count] = np.argsort(values, kind="stable") * 2
            begin = self._cut.begins[band]
            ends = self._starts[begin + 1 : begin + (1 << bits) + 1]
            ends[:] = band * count + np.cumsum(np.bincount(values, minlength=1 << bits))

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def bytes(self) -> int:
        """Memory of hashes and tables."""
        return self.codes.nbytes + self._places.nbytes + self._starts.nbytes

    def search(self, queries: Codes, near: int = NEAR) -> Found:
        """Every pair of query and hash that differ in at most `near` bits; `near` is at most NEAR."""
        if not len(self.codes) or not len(queries):
            return _NOTHING
        starts = range(0, len(queries), _QUERIES_AT_ONCE)
        return joined([self._search(queries[at : at + _QUERIES_AT_ONCE], at, near) for at in starts])

    def _search(self, queries: Codes, offset: int, near: int) -> Found:
        """Of one query most of the time goes into calls of numpy, so there are few."""
        values = self._cut.values(queries).ravel()
        begins, ends = self._starts.take(values), self._starts[1:].take(values)
        counts = ends - begins
        ends -= counts.cumsum(dtype=np.uint32)  # modulo 2**32, as is the sum that follows
        found = ends.repeat(counts)
        found += np.arange(len(found), dtype=np.uint32)
        places = self._places.take(found)
        times = (
            len(found) if len(queries) == 1 else counts.reshape(len(queries), -1).sum(axis=1, dtype=np.int64)
        )
        (hits,) = (self._half_distances(queries, times, places) <= near).nonzero()
        if not len(hits):  # as for nearly every picture that is in no bank
            return _NOTHING
        places = places.take(hits)
        if len(queries) == 1:
            met = _distinct(places)
            of = np.zeros(len(met), np.int64)
        else:
            pairs = np.arange(len(queries)).repeat(times).take(hits) * len(self._halves) + places
            of, met = np.divmod(_distinct(pairs), len(self._halves))
        rows = met >> 1
        apart = distances(queries.take(of, axis=0), self.codes.take(rows, axis=0))
        close = apart <= near
        return of[close] + offset, rows[close], apart[close].astype(np.uint8)

    def _half_distances(
        self, queries: Codes, times: int | NDArray[np.int64], places: NDArray[np.uint32]
    ) -> NDArray[np.uint8]:
        """How many of the first 128 bits differ, which alone tells nearly all strangers apart: 64 +- 6 do.

        `times`: with how many of the places each query is compared."""
        halves = self._halves.take(places).view(np.uint64)
        halves ^= queries.view(np.complex128)[:, 0].repeat(times).view(np.uint64)
        bits: NDArray[np.uint8] = np.bitwise_count(halves)
        return bits[::2] + bits[1::2]


def _distinct(values: NDArray[Any]) -> NDArray[np.int64]:
    """Each value once, in their order, as for pairs that meet in several bands. Of few, faster than numpy."""
    return np.array(sorted({*values.tolist()}), np.int64)


def joined(parts: list[Found]) -> Found:
    """Several results as one."""
    if len(parts) < 2:
        return parts[0] if parts else _NOTHING
    of, rows, distance = (np.concatenate(column) for column in zip(*parts, strict=True))
    return of, rows, distance
