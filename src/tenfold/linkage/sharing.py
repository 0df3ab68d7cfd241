"""Which pairs of accounts share enough to be compared: the keys that both show, summed up by pair.

Integers only, and all of it is sorting: at each key that an engine found (finding.py) every account meets
the older ones that show it too, in portions of newer accounts that fit into memory, one a core at a time.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tenfold.linkage.ordering import begins_new
from tenfold.linkage.table import NEVER
from tenfold.linkage.worth import Worth

BEST = 60  # candidates of each newer account that are looked at
_PORTION = 250_000  # shared keys, or keys that are shown, at once: they stay near the processor
_EVIDENCE_BITS = 5  # of a Kind
_LOW = (1 << 32) - 1

Numbers = NDArray[np.int64]
Accounts = NDArray[np.int32]


class Owners(msgspec.Struct, frozen=True):
    """By account number: its place in the order of creation (0, 1, ...), when it was created and closed
    (microseconds; NEVER where nobody knows, or it is open), and the points that it needs as the newer one."""

    born: Numbers
    created_us: Numbers
    closed_us: Numbers
    least: Numbers


class Keys(msgspec.Struct, frozen=True):
    """Keys by place: their points (without any a key finds nobody), and the Kind that each is evidence of.
    `shown`: place << 32 | born, for each account that shows a key, ascending."""

    points: Numbers
    evidence: Numbers
    shown: Numbers


class _Meetings(msgspec.Struct, frozen=True):
    """Rows, one for each key of a newer account that older ones show too: its place, and where in `olders`
    these `count` accounts begin. Accounts go by their place in the order of creation. There are many."""

    newer: Accounts
    place: Accounts
    start: Numbers
    count: Accounts
    olders: Accounts


class _Terms(msgspec.Struct, frozen=True):
    """Owners in the order of creation; `alone`, by place what a key is worth where it is all that two share;
    and how newer, older, evidence and points of a key that two share are one integer, the first in the
    highest bits, and in the lowest whether it is too little alone."""

    worth: Worth
    owners: Owners
    alone: Numbers
    older_bits: int
    points_bits: int

    @property
    def most_newer(self) -> int:
        """So many newer accounts can be told from each other."""
        return 1 << (62 - self.older_bits - _EVIDENCE_BITS - self.points_bits)


def candidates(keys: Keys, owners: Owners, worth: Worth, *, both_open: bool) -> pa.Table:
    """(newer, older, points, spare): account numbers, ascending, of pairs that share enough, the BEST of each
    newer account. Pairs of a closed account and any newer one, or of two open ones. `spare`: how many points
    more than it needs a pair has with the time since the closure."""
    number = np.argsort(owners.born)
    terms = _Terms(
        worth=worth,
        owners=Owners(*(getattr(owners, name)[number] for name in Owners.__struct_fields__)),
        alone=worth.agreement(keys.evidence, keys.points, np.ones(1, np.int64)),
        older_bits=max(len(owners.born) - 1, 1).bit_length(),
        points_bits=int(keys.points.max(initial=1)).bit_length(),
    )
    none = np.empty(0, np.int64)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        meet = partial(_meetings, keys, (terms.owners.closed_us != NEVER) != both_open, both_open)
        met = _by_newer(list(pool.map(meet, _runs(keys.shown))), pool)
        find = partial(_found, met, keys, terms)
        parts = [(none,) * 4, *pool.map(find, _portions(met, terms.most_newer))]
    newer, older, points, spare = (np.concatenate(column) for column in zip(*parts, strict=True))
    newer, older = number[newer], number[older]
    order = np.argsort(newer << 32 | older)
    return pa.table(
        {
            "newer": pa.array(newer[order], pa.int32()),
            "older": pa.array(older[order], pa.int32()),
            "points": pa.array(points[order], pa.int64()),
            "spare": pa.array(spare[order], pa.int64()),
        }
    )


def by_kin(newer: Numbers, older: Numbers, points: Numbers) -> Numbers:
    """An order of pairs, each of which is there once, in which accounts that may be of one hand stand near
    each other: by the oldest to whom one comes from a newer account over its best older one and so on."""
    root = np.arange(max(newer.max(initial=-1), older.max(initial=-1)) + 1)
    order = np.argsort(newer.astype(np.int64) << 32 | older)
    newer, older, points = newer[order], older[order], points[order]
    starts = np.flatnonzero(begins_new(newer))
    if len(starts):
        most = np.repeat(np.maximum.reduceat(points, starts), np.diff(starts, append=len(order)))
        best = np.flatnonzero(points == most)
        best = best[begins_new(newer[best])]
        root[newer[best]] = older[best]
    while not np.array_equal(further := root[root], root):
        root = further
    return np.asarray(order[np.argsort(root[newer], kind="stable")])


def _runs(shown: Numbers) -> Iterator[Numbers]:
    """All rows of some places, about _PORTION at once."""
    start = 0
    while start < len(shown):
        stop = min(start + _PORTION, len(shown))
        stop = int(np.searchsorted(shown, (shown[stop - 1] >> 32) + 1 << 32))
        yield shown[start:stop]
        start = stop


def _meetings(keys: Keys, older_ones: NDArray[np.bool_], only_older: bool, rows: Numbers) -> _Meetings:
    """Who meets whom at these rows of `keys.shown`. `older_ones`: who may be the older one, in the order of
    creation; `only_older`: nobody else may be the newer one."""
    place, born = rows >> 32, rows & _LOW
    older = older_ones[born]
    counts = keys.points[place] > 0
    kept = np.flatnonzero(counts & older if only_older else counts)
    place, born, older = place[kept], born[kept], older[kept]
    before = np.cumsum(older) - older  # older ones of all rows before
    first = np.flatnonzero(begins_new(place))
    start = np.repeat(before[first], np.diff(np.append(first, len(place))))
    meets = np.flatnonzero(before > start)
    narrow = (born[meets], place[meets], (before - start)[meets], born[older])
    newer, place, count, olders = (column.astype(np.int32) for column in narrow)
    return _Meetings(newer, place, start[meets], count, olders)


def _by_newer(parts: Sequence[_Meetings], pool: ThreadPoolExecutor) -> _Meetings:
    """All of these, ascending by `newer`."""
    none = np.empty(0, np.int32)
    columns = [[none, *(getattr(part, name) for part in parts)] for name in _Meetings.__struct_fields__]
    newer, place, start, count, olders = pool.map(np.concatenate, columns)
    begins = np.cumsum([0, *(len(part.olders) for part in parts)])
    start = start + np.repeat(begins[:-1], [len(part.newer) for part in parts])
    order = np.sort(newer.astype(np.int64) << 32 | np.arange(len(newer))) & _LOW
    newer, place, start, count = pool.map(lambda column: column[order], (newer, place, start, count))
    return _Meetings(newer, place, start, count, olders)


def _portions(met: _Meetings, most_newer: int) -> Iterator[slice]:
    """All rows of some newer accounts, about _PORTION shared keys at once."""
    ends = np.flatnonzero(np.diff(met.newer, append=-1)) + 1
    newer, total = met.newer[ends - 1].astype(np.int64), np.cumsum(met.count)[ends - 1]
    place = 0
    while place < len(ends):
        start, before = (int(ends[place - 1]), int(total[place - 1])) if place else (0, 0)
        many = np.searchsorted(total, before + _PORTION, side="right")
        far = np.searchsorted(newer, newer[place] + most_newer)
        place = max(int(min(many, far)), place + 1)
        yield slice(start, int(ends[place - 1]))


def _found(met: _Meetings, keys: Keys, terms: _Terms, part: slice) -> tuple[Numbers, ...]:
    """Of one portion newer, older, points and spare points of the pairs that go on."""
    base = met.newer[part.start]
    owners, worth = terms.owners, terms.worth
    least = owners.least[base:] - worth.gap.max()
    pair, points = _summed(_enough(_shared(met, keys, terms, part, least), terms), terms, least)
    newer, older = (pair >> terms.older_bits) + base, pair & ((1 << terms.older_bits) - 1)
    spare = points + worth.after(owners.closed_us[older], owners.created_us[newer]) - owners.least[newer]
    kept = spare >= 0
    newer, older, points, spare = newer[kept], older[kept], points[kept], spare[kept]
    order = np.lexsort((older, -spare, newer))
    starts = np.flatnonzero(np.diff(newer, prepend=-1))
    rank = np.arange(len(newer)) - np.repeat(starts, np.diff(np.append(starts, len(newer))))
    best = order[rank < BEST]
    return newer[best], older[best], points[best], spare[best]


def _shared(met: _Meetings, keys: Keys, terms: _Terms, part: slice, least: Numbers) -> Numbers:
    """Every key that two share of one portion, as one integer, ascending."""
    newer = met.newer[part].astype(np.int64) - met.newer[part.start]
    place, count = met.place[part], met.count[part]
    rows = newer << (terms.older_bits + _EVIDENCE_BITS) | keys.evidence[place]
    rows = (rows << terms.points_bits | keys.points[place]) << 1 | (terms.alone[place] < least[newer])
    rows = np.repeat(rows, count)
    at = np.repeat(met.start[part] - (np.cumsum(count) - count), count)
    at += np.arange(len(at))
    rows |= met.olders[at].astype(np.int64) << (_EVIDENCE_BITS + terms.points_bits + 1)
    rows.sort()
    return rows


def _enough(rows: Numbers, terms: _Terms) -> Numbers:
    """Without pairs that share one key only, and one that is too little alone: most of them."""
    new = begins_new(rows >> (_EVIDENCE_BITS + terms.points_bits + 1))
    single = new & np.append(new[1:], True)
    return np.asarray(rows[~(single & (rows & 1).astype(np.bool_))] >> 1)


def _summed(rows: Numbers, terms: _Terms, least: Numbers) -> tuple[Numbers, Numbers]:
    """Each pair once (newer, then older in the lower bits), and what it shares is worth: of each kind of
    evidence the best key, and of ties a little more for each further one. Pairs whose kinds come to less
    than `least` of the newer one even without damping are left out."""
    group = rows >> terms.points_bits
    ends = np.append(np.flatnonzero(begins_new(group)), len(rows))
    last, count = ends[1:] - 1, np.diff(ends)
    best = rows[last] & ((1 << terms.points_bits) - 1)
    group = group[last]
    evidence, pair = group & ((1 << _EVIDENCE_BITS) - 1), group >> _EVIDENCE_BITS
    agreed = terms.worth.agreement(evidence, best, count)
    first = np.flatnonzero(begins_new(pair))
    if not len(first):
        return pair, agreed
    enough = np.add.reduceat(agreed, first) >= least[pair[first] >> terms.older_bits]
    kept = np.repeat(enough, np.diff(first, append=len(pair)))
    return terms.worth.together(pair[kept], evidence[kept], agreed[kept])
