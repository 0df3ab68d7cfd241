"""Comparing pairs of accounts, many at once: the one implementation that every path uses.

Nothing here says how much a finding weighs; that is the model's. What is missing on one side counts neither
way.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from tenfold.linkage import names, rhythm, style
from tenfold.linkage.keys import MAX_ACCOUNTS, KeyKind, key_of
from tenfold.linkage.kinds import ABOUT, SETS, TIES, Kind, Level
from tenfold.linkage.rarity import Rarity, millibits
from tenfold.linkage.shared_keys import Shared, shared
from tenfold.linkage.table import NEVER, Rows, Table, pictures_of

NEAR_PICTURE = 31  # of 256 bits: the threshold of a PDQ match
FAINT_PICTURE = 56  # random pictures are 128 +- 8 apart
NEAR_NAME = 0.4  # names.similarity; below, names are simply different
QUICK_NAME = 0.55  # Jaro-Winkler of letters or consonants, below which no finer measure is taken
NEAR_SCALE = 15_000  # thousandths of a bit for the rest of the likeness: up to nine bits
MOST_TIE = 12_000  # thousandths of a bit a tie: circles of friends do not grow with the platform
LEAST_TIES = 5  # fewer ties that differ say nothing
DAY_US = 86_400_000_000
AFTER = (
    (1, Level.DAY),
    (3, Level.DAYS),
    (7, Level.WEEK),
    (14, Level.FORTNIGHT),
    (31, Level.MONTH),
    (92, Level.QUARTER),
)
_LOG_FACTORIAL = np.concatenate(([0.0], np.cumsum(np.log2(np.arange(1, 1_025)))))  # log2 k!
_STYLE_PAIRS = 4_096  # sketches are wide: so many pairs at once

Pairs = NDArray[np.int64]


class Comparisons(msgspec.Struct, kw_only=True):
    """n pairs, one column a Kind. Shapes (n, len(Kind)) unless said otherwise.

    `level` (int8) is a Level. `strength` (int64) is in thousandths of a bit: the rarity of what agrees (of
    the rarest where one is enough, summed over ties), the log2 likelihood ratio of habits (may be
    below 0), or for NEAR names 15 * (similarity - 0.4). `accounts` show the rarest shared value (0: not
    counted), `count` values are shared, `distance` of pictures (-1: not measured), all int32.
    `copied` (n,) is true where texts are shared word by word: then the style may be copied too.
    """

    left: Table
    left_rows: Rows
    right: Table
    right_rows: Rows
    population: int
    level: NDArray[np.int8]
    strength: NDArray[np.int64]
    accounts: NDArray[np.int32]
    count: NDArray[np.int32]
    distance: NDArray[np.int32]
    copied: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.left_rows)


def compare(left: Table, left_rows: Rows, right: Table, right_rows: Rows, rarity: Rarity) -> Comparisons:
    """Compare row left_rows[i] of `left`, closed accounts, with row right_rows[i] of `right`, newer ones."""
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
    common = shared(left, made.left_rows, right, made.right_rows)
    found = _Found(made, common, rarity)
    for kind in SETS:
        _sets(made, found, kind)
    _nested(made)
    _names(made, found, Kind.HANDLE, KeyKind.HANDLE_SKELETON, KeyKind.HANDLE_PHONETIC)
    _names(made, found, Kind.NAME, KeyKind.NAME_SKELETON, KeyKind.NAME_PHONETIC)
    _bios(made, found)
    _pictures(made, found, Kind.AVATAR, KeyKind.AVATAR, KeyKind.AVATAR_BAND)
    _pictures(made, found, Kind.BANNER, KeyKind.BANNER, KeyKind.BANNER_BAND)
    _announcements(made, found)
    _habits(made)
    _gap(made)
    made.copied[:] = made.level[:, Kind.TEXT] == Level.SHARED
    return made


class _Found:
    """Shared keys by kind, with how many accounts show each."""

    def __init__(self, made: Comparisons, common: Shared, rarity: Rarity) -> None:
        self.rarity, self._pairs = rarity, len(made)
        accounts = rarity.accounts_of(common.key)
        order = np.argsort(common.kind, kind="stable")
        self._pair, self._key, self._accounts = common.pair[order], common.key[order], accounts[order]
        self._bounds = np.searchsorted(common.kind[order], np.arange(len(KeyKind) + 2))
        self.left = made.left.shown[made.left_rows]
        self.right = made.right.shown[made.right_rows]

    def of(self, kind: KeyKind) -> tuple[Pairs, NDArray[np.int64], NDArray[np.int64]]:
        """Pairs (ascending), keys and accounts of the shared keys of a kind, muted ones (0 accounts) too."""
        part = slice(self._bounds[kind], self._bounds[kind + 1])
        return self._pair[part], self._key[part], self._accounts[part]

    def both(self, kind: KeyKind, least: int = 1) -> NDArray[np.bool_]:
        """Pairs of which both show at least so many keys of a kind."""
        return np.minimum(self.left[:, kind], self.right[:, kind]) >= least

    def fewest(self, kind: KeyKind, *, most: bool = False) -> tuple[Pairs, NDArray[np.int64]]:
        """Pairs that share keys of a kind, each once, and the accounts of the rarest (or commonest) one."""
        pair, _, accounts = self.of(kind)
        kept = accounts > 0
        pair, accounts = pair[kept], accounts[kept]
        if not len(pair):
            return pair, accounts
        starts = np.flatnonzero(np.diff(pair, prepend=-1))
        return pair[starts], (np.maximum if most else np.minimum).reduceat(accounts, starts)


def _sets(made: Comparisons, found: _Found, kind: Kind) -> None:
    """Values of which two accounts may share several: tokens, links, media, ties."""
    key = ABOUT[kind].key
    assert key is not None
    made.level[found.both(key, LEAST_TIES if kind in TIES else 1), kind] = Level.DIFFERENT
    pair, _, accounts = found.of(key)
    if not len(pair):
        return
    made.level[pair, kind] = Level.MISSING  # where all that is shared is muted
    kept = accounts > 0
    pair, accounts = pair[kept], accounts[kept]
    bits = millibits(made.population, accounts)
    if kind in TIES:
        made.strength[:, kind] = _tied(found, key, pair, bits)
    else:
        np.maximum.at(made.strength[:, kind], pair, bits)
    made.count[:, kind] = np.bincount(pair, minlength=len(made))
    rarest, fewest = found.fewest(key)
    made.accounts[rarest, kind] = fewest
    made.level[rarest, kind] = Level.SHARED


def _tied(found: _Found, key: KeyKind, pair: Pairs, bits: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rarity of all shared ties, less what comes of having many: of m and n ties, chance alone lets
    lambda = m * n * 2**-rarity be shared, and k of them with lambda**k / k! (Poisson's tail). Half of
    that is taken off, because those who know one another share more than chance has it.
    """
    size = len(found.left)
    shared_ties = np.bincount(pair, minlength=size)
    chances = np.log2(np.maximum(found.left[:, key].astype(np.float64) * found.right[:, key], 1.0))
    orders = _LOG_FACTORIAL[np.minimum(shared_ties, len(_LOG_FACTORIAL) - 1)]
    total = np.bincount(pair, np.minimum(bits, MOST_TIE), size) - 500.0 * (shared_ties * chances - orders)
    return np.rint(np.maximum(total, 0.0)).astype(np.int64)


def _nested(made: Comparisons) -> None:
    """Of an address and its network, of a page and its host, only the narrower counts."""
    for narrow, wide in ((Kind.ADDRESS, Kind.NETWORK), (Kind.URL, Kind.DOMAIN)):
        _clear(made, np.flatnonzero(made.level[:, narrow] == Level.SHARED), wide)


def _clear(made: Comparisons, pairs: Pairs, kind: Kind) -> None:
    made.level[pairs, kind] = Level.MISSING
    made.strength[pairs, kind] = 0
    made.accounts[pairs, kind] = 0
    made.count[pairs, kind] = 0


def _names(made: Comparisons, found: _Found, kind: Kind, letters: KeyKind, sound: KeyKind) -> None:
    """Equal letters, else equal sound, else how alike the latest are spelt."""
    left, right = (
        (made.left.columns.handles, made.right.columns.handles)
        if kind == Kind.HANDLE
        else (made.left.columns.names, made.right.columns.names)
    )
    firsts = [_first(left, row) for row in made.left_rows.tolist()]
    seconds = [_first(right, row) for row in made.right_rows.tolist()]
    shown = np.array([bool(a and b) for a, b in zip(firsts, seconds, strict=True)])
    made.level[shown, kind] = Level.DIFFERENT
    rest = shown.copy()
    for key, level in ((sound, Level.SOUND), (letters, Level.LETTERS)):
        touched = found.of(key)[0]
        made.level[touched, kind] = Level.MISSING
        rest[touched] = False
        pair, accounts = found.fewest(key)
        population = found.rarity.of_names([firsts[i] for i in pair.tolist()])
        made.level[pair, kind] = level
        made.accounts[pair, kind] = accounts
        made.strength[pair, kind] = np.maximum(made.strength[pair, kind], millibits(population, accounts))
    if kind == Kind.HANDLE:
        _successors(made, firsts, seconds)
    near = _promising(np.flatnonzero(rest), firsts, seconds)
    alike = names.similarity([firsts[i] for i in near.tolist()], [seconds[i] for i in near.tolist()])
    over = alike >= NEAR_NAME
    made.level[near[over], kind] = Level.NEAR
    made.strength[near[over], kind] = np.rint(NEAR_SCALE * (alike[over] - NEAR_NAME)).astype(np.int64)


def _promising(pairs: Pairs, firsts: list[str], seconds: list[str]) -> Pairs:
    """Those whose letters or consonants are not far apart: a quick look before the finer measure."""
    chosen = pairs.tolist()
    best = np.zeros(len(chosen), np.float32)
    for form in (names.skeleton, names.phonetic):
        known = {text: form(text) for text in {firsts[i] for i in chosen} | {seconds[i] for i in chosen}}
        left, right = [known[firsts[i]] for i in chosen], [known[seconds[i]] for i in chosen]
        alike = process.cpdist(left, right, scorer=JaroWinkler.similarity, dtype=np.float32)
        empty = np.array([not (a and b) for a, b in zip(left, right, strict=True)], np.bool_)
        best = np.maximum(best, np.where(empty, 0.0, alike))
    return pairs[best >= QUICK_NAME]


def _first(shown: Sequence[tuple[str, ...]], row: int) -> str:
    return shown[row][0] if shown[row] else ""


def _successors(made: Comparisons, firsts: list[str], seconds: list[str]) -> None:
    same = np.flatnonzero(made.level[:, Kind.HANDLE] == Level.LETTERS)
    next_ones = names.succeeds([firsts[i] for i in same.tolist()], [seconds[i] for i in same.tolist()])
    made.level[same[next_ones == 1], Kind.HANDLE] = Level.SUCCESSOR


def _bios(made: Comparisons, found: _Found) -> None:
    made.level[found.both(KeyKind.BIO), Kind.BIO] = Level.DIFFERENT
    for key, level in ((KeyKind.BIO_SHINGLE, Level.NEAR), (KeyKind.BIO, Level.EQUAL)):
        touched = found.of(key)[0]
        made.level[touched, Kind.BIO] = Level.MISSING
        pair, accounts = found.fewest(key)
        made.level[pair, Kind.BIO] = level
        made.accounts[pair, Kind.BIO] = accounts
        bits = millibits(made.population, accounts)
        made.strength[pair, Kind.BIO] = np.maximum(made.strength[pair, Kind.BIO], bits)


def _pictures(made: Comparisons, found: _Found, kind: Kind, whole: KeyKind, band: KeyKind) -> None:
    """Equal pictures, else the least distance; as rare as the commonest of the bands that they share.

    An emblem that many wear in slightly different forms is common, though each form is rare: bands tell.
    Where none is shared, the picture is taken for as common as a key that still finds candidates.
    """
    made.level[found.both(whole), kind] = Level.DIFFERENT
    distance = _distances(made, kind)
    made.distance[:, kind] = distance
    near = (distance >= 0) & (distance <= FAINT_PICTURE)
    made.level[near, kind] = np.where(distance[near] <= NEAR_PICTURE, Level.NEAR, Level.FAINT)
    muted = np.zeros(len(made), np.bool_)
    for key in (whole, band):
        touched, _, accounts = found.of(key)
        muted[touched[accounts == 0]] = True
        pair, most = found.fewest(key, most=True)
        made.accounts[pair, kind] = np.maximum(made.accounts[pair, kind], most)
        if key == whole:
            made.level[pair, kind] = Level.EQUAL
    agreeing = np.flatnonzero(near | (made.level[:, kind] == Level.EQUAL))
    counted = made.accounts[agreeing, kind]
    shown_by = np.where(counted > 0, np.maximum(counted, 2), MAX_ACCOUNTS)
    made.strength[agreeing, kind] = millibits(made.population, shown_by)
    made.count[agreeing, kind] = 1
    made.accounts[made.strength[:, kind] == 0, kind] = 0
    _clear(made, np.flatnonzero(muted), kind)


def _distances(made: Comparisons, kind: Kind) -> NDArray[np.int32]:
    """The least distance between a picture of one and a picture of the other; -1 where there is none."""
    name = "avatars" if kind == Kind.AVATAR else "banners"
    left_place, left_words = pictures_of(getattr(made.left.columns, name), made.left_rows)
    right_place, right_words = pictures_of(getattr(made.right.columns, name), made.right_rows)
    least = np.full(len(made), 257, np.int32)
    starts = np.searchsorted(right_place, left_place)
    counts = np.searchsorted(right_place, left_place, side="right") - starts
    for number in range(int(counts.max(initial=0))):
        some = np.flatnonzero(counts > number)
        differing = left_words[some] ^ right_words[starts[some] + number]
        bits = np.bitwise_count(differing).sum(axis=1, dtype=np.int32)
        np.minimum.at(least, left_place[some], bits)
    return np.where(least > 256, -1, least).astype(np.int32)


def _announcements(made: Comparisons, found: _Found) -> None:
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


def _habits(made: Comparisons) -> None:
    for start in range(0, len(made), _STYLE_PAIRS):
        part = slice(start, start + _STYLE_PAIRS)
        left, right = made.left.style_of(made.left_rows[part]), made.right.style_of(made.right_rows[part])
        _ratio(made, Kind.STYLE, start, style.similarity(left[0], left[1], right[0], right[1]))
    hours = made.left.hours_of(made.left_rows), made.right.hours_of(made.right_rows)
    _ratio(made, Kind.RHYTHM, 0, rhythm.similarity(*hours))


def _ratio(made: Comparisons, kind: Kind, start: int, bits: NDArray[np.float32]) -> None:
    part = slice(start, start + len(bits))
    strength = np.rint(1000.0 * bits.astype(np.float64)).astype(np.int64)
    made.strength[part, kind] = strength
    made.level[part, kind] = np.select(
        [strength > 0, strength < 0], [Level.LIKE, Level.UNLIKE], Level.MISSING
    )


def _gap(made: Comparisons) -> None:
    closed = made.left.closed_us[made.left_rows]
    created = made.right.created_us[made.right_rows]
    known = (closed != NEVER) & (created != NEVER)
    days = np.where(known, created - np.where(known, closed, 0), 0) / DAY_US
    level = np.full(len(made), Level.LATER, np.int8)
    for limit, name in reversed(AFTER):
        level[days < limit] = name
    level[days < 0] = Level.BEFORE
    made.level[:, Kind.GAP] = np.where(known, level, Level.MISSING)
