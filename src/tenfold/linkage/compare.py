"""Comparing pairs of accounts, many at once: the one implementation that every path uses.

Nothing here says how much a finding weighs; that is the model's. What is missing on one side counts neither
way.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tenfold.linkage import rhythm, style, time_gap
from tenfold.linkage.compare_homes import homes
from tenfold.linkage.compare_names import compare_names, compare_spelling, most_alike
from tenfold.linkage.compare_pictures import compare_pictures
from tenfold.linkage.compare_sets import bios, nested, sets
from tenfold.linkage.compare_texts import copied
from tenfold.linkage.comparisons import Comparisons, Found
from tenfold.linkage.keys import KeyKind, key_of
from tenfold.linkage.kinds import Kind, Level
from tenfold.linkage.ordering import once
from tenfold.linkage.rarity import Rarity, millibits
from tenfold.linkage.shared_keys import Shared, shared
from tenfold.linkage.style import LEAST_CHARS, Background
from tenfold.linkage.table import Rows, Table

__all__ = ["Comparisons", "compare"]

_STYLE_PAIRS = 4_096  # sketches are wide: so many pairs at once
_BY_SIGN = np.array([Level.MISSING, Level.LIKE, Level.UNLIKE], np.int8)  # of a ratio: 0, 1, -1


def compare(
    left: Table,
    left_rows: Rows,
    right: Table,
    right_rows: Rows,
    rarity: Rarity,
    *,
    worth: Callable[[Comparisons], NDArray[np.bool_]] | None = None,
    common: Shared | None = None,
) -> Comparisons:
    """Compare row left_rows[i] of `left`, closed accounts, with row right_rows[i] of `right`, newer ones.

    With `worth` only those pairs of which it says, given the most that each may come to, that they are worth
    the costly part: how names are spelt. The others are left out. `common`: the keys that they share, where
    they are at hand (shared_keys.shared).
    """
    size = (len(left_rows), len(Kind))
    made = Comparisons(
        left=left,
        left_rows=np.asarray(left_rows, np.int64),
        right=right,
        right_rows=np.asarray(right_rows, np.int64),
        population=rarity.population,
        level=np.zeros(size, np.int8),
        strength=np.zeros(size, np.int64),
        accounts=np.zeros(size, np.int32),
        count=np.zeros(size, np.int32),
        distance=np.full(size, -1, np.int32),
        copied=np.zeros(size[0], np.bool_),
    )
    if not size[0]:
        return made
    if common is None:
        common = shared(left, made.left_rows, right, made.right_rows)
    found = Found(made, common, rarity)
    sets(made, found)
    nested(made)
    bios(made, found)
    compare_pictures(made, found, Kind.AVATAR, KeyKind.AVATAR, KeyKind.AVATAR_BAND)
    compare_pictures(made, found, Kind.BANNER, KeyKind.BANNER, KeyKind.BANNER_BAND)
    _announcements(made, found)
    _gap(made)
    _hours(made)
    spelt = compare_names(made, found)
    _writing(made, rarity.usual)
    if worth:
        most = made.open()
        most_alike(most, spelt)
        chosen = np.flatnonzero(worth(most))
        made, spelt = made.take(chosen), tuple(one.take(chosen) for one in spelt)
    if len(made):
        made.copied[:] = copied(made, rarity)
        compare_spelling(made, spelt)
        homes(made)
    return made


def _announcements(made: Comparisons, found: Found) -> None:
    """Who calls whom his own: a shared SELF key is the closed account's, the new one's or a third's."""
    pair, key, accounts = found.of(KeyKind.SELF)
    for place, one, shown_by in zip(pair.tolist(), key.tolist(), accounts.tolist(), strict=True):
        if not shown_by:
            continue
        by_closed = one == key_of(KeyKind.SELF, made.right.account[made.right_rows[place]])
        kind = Kind.ANNOUNCED if by_closed else Kind.ANNOUNCES
        made.level[place, kind] = Level.SHARED
        made.accounts[place, kind] = shown_by
        made.count[place, kind] += 1
        made.strength[place, kind] = millibits(made.population, np.array([shown_by]))[0]


def _writing(made: Comparisons, usual: Background | None) -> None:
    """Ways of writing, where both wrote enough; each account's sketch is read once."""
    wrote = _wrote(made)
    for start in range(0, len(wrote), _STYLE_PAIRS):
        some = wrote[start : start + _STYLE_PAIRS]
        left, left_places = once(made.left_rows[some], len(made.left))
        right, right_places = once(made.right_rows[some], len(made.right))
        left_sketches, left_chars = made.left.style_of(left)
        right_sketches, right_chars = made.right.style_of(right)
        sketches = np.concatenate((left_sketches, right_sketches))
        hands = style.hands(sketches, np.concatenate((left_chars, right_chars)), usual)
        _ratio(made, Kind.STYLE, some, style.likeness(hands, left_places, hands, right_places + len(left)))


def _wrote(made: Comparisons) -> NDArray[np.int64]:
    """Pairs both of which wrote enough."""
    left_chars = made.left.columns.style_chars[made.left_rows]
    right_chars = made.right.columns.style_chars[made.right_rows]
    return np.flatnonzero(np.minimum(left_chars, right_chars) >= LEAST_CHARS)


def _hours(made: Comparisons) -> None:
    right, right_places = once(made.right_rows, len(made.right))
    newer = made.right.hours_of(right)
    if not (newer.sum(axis=1) >= rhythm.LEAST).any():
        return  # as it is when all have just signed up
    left, left_places = once(made.left_rows, len(made.left))
    bits = rhythm.likeness(made.left.hours_of(left), left_places, newer, right_places)
    _ratio(made, Kind.RHYTHM, np.arange(len(made)), bits)


def _ratio(made: Comparisons, kind: Kind, pairs: NDArray[np.int64], bits: NDArray[np.float32]) -> None:
    strength = np.rint(1000.0 * bits.astype(np.float64)).astype(np.int64)
    made.strength[pairs, kind] = strength
    made.level[pairs, kind] = _BY_SIGN[np.sign(strength)]


def _gap(made: Comparisons) -> None:
    closed = made.left.closed_us[made.left_rows]
    created = made.right.created_us[made.right_rows]
    made.level[:, Kind.GAP] = time_gap.levels(closed, created)
