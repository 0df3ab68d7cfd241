"""The model: what each finding adds to the odds that the same people run both, and what may be said.

Additive on bits, so that the waterfall a person sees is the whole calculation. All sums are of whole
thousandths of a bit: every path gives the same integers.
"""

import math
from functools import cache
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.linkage import judging, looks, parameters
from tenfold.linkage.compare import Comparisons
from tenfold.linkage.compare_sets import MOST_TIE
from tenfold.linkage.kinds import ABOUT, FEW, HOME, Kind, Level
from tenfold.linkage.ledger import Family, Judged
from tenfold.linkage.parameters import KNOTS, SEGMENTS, Parameters, place_of

_PAIRS = 4_096  # scored at once, as told and as proven
POSTS = (3, 30)  # of the newer account, in training: what fewer and more would mean is not known
LEVELS = (None, "possible", "likely")
HELD_BACK = (None, "one_family", "copyable", "weak")
NONE, POSSIBLE, LIKELY = range(3)
ONE_FAMILY, COPYABLE, WEAK = 1, 2, 3

_FAMILY = np.array([list(Family).index(ABOUT[kind].family) for kind in Kind])
_FIRSTS = np.searchsorted(_FAMILY, np.arange(len(Family)))  # kinds of a family stand together
assert (np.diff(_FAMILY) >= 0).all()
_FIRST_LEVELS = np.arange(len(Kind)) * len(Level)
_COPYABLE = np.array([ABOUT[kind].copyable for kind in Kind])
BEARING = [family for family in Family if family != Family.TIME]  # time alone says nothing
_BEARING = [list(Family).index(family) for family in BEARING]
_BEYOND_NAMES = [place for place, family in enumerate(BEARING) if family != Family.NAMES]
_HARD = [BEARING.index(family) for family in (Family.DEVICES, Family.COMPANY)]
_DEVICES = [Kind.DEVICE, Kind.EMAIL, Kind.PHONE]
_FRIENDS = [Kind.FOLLOWED_BY, Kind.MENTIONED_BY, Kind.ANNOUNCED_BY]
_LIVED = [Kind.ADDRESS, Kind.NETWORK, Kind.FOLLOWED_BY, Kind.MENTIONED_BY, Kind.ANNOUNCED_BY]
_ALIKE = 1.0  # bits of style, or ...
_KEPT = 1.2  # ... bits of something shown, without which an address that many show proves nothing
_SHOWN = [
    *(Kind.HANDLE, Kind.NAME, Kind.BIO, Kind.AVATAR, Kind.BANNER),
    *(Kind.URL, Kind.DOMAIN, Kind.MEDIA, Kind.TEXT),
]
_TAKEN = (3, 4)  # of what a framer takes, from which on less is believed of what nothing proves
_FOOLED = 6.0  # bits that prove who wears somebody's look and has one friend of the closed account
_COMMON = 1.0  # bits that an address or network adds which more accounts show than live together
_LOW, _WIDE = np.array(KNOTS[:-1]), np.diff(KNOTS)
_PLACES = [kind for kind in Kind if kind not in (Kind.ADDRESS, Kind.NETWORK)]


class Scores(msgspec.Struct, kw_only=True):
    """n pairs. `bits`: log2 odds, prior included; `probability`: calibrated; `level` into LEVELS;
    `held_back` into HELD_BACK; all (n,). `may`: what was found may be called likely, were it probable;
    `dressed`: the new account wears somebody's look, the closed one's or another's. `items` int64
    (n, len(Kind)): thousandths of a bit that each kind added, after damping and caps. `uncopyable` int64
    (n, len(BEARING)): what evidence that nobody can copy says by itself, by family. `prior` int64 (n,), in
    thousandths of a bit. `curve` (n,): which of the parameters' `curves` tells the probability, -1 for none:
    such a pair is never shown."""

    bits: NDArray[np.float64]
    probability: NDArray[np.float64]
    level: NDArray[np.int8]
    held_back: NDArray[np.int8]
    may: NDArray[np.bool_]
    dressed: NDArray[np.bool_]
    items: NDArray[np.int64]
    uncopyable: NDArray[np.int64]
    prior: NDArray[np.int64]
    curve: NDArray[np.int8]


class Model:
    """Parameters, ready to score."""

    def __init__(self, given: Parameters) -> None:
        parameters.check(given)
        self.parameters, self.version = given, given.version
        self._base = np.zeros(len(Kind) * len(Level))  # by place: those of a kind stand together
        self._slopes = np.zeros((len(self._base), SEGMENTS))
        for name, weight in given.weights.items():
            kind, level = place_of(name)
            place = _FIRST_LEVELS[kind] + level
            self._base[place], self._slopes[place] = weight.base, weight.slopes
        self._damping = np.array([[given.damping[ABOUT[kind].family]] for kind in Kind])
        self._caps = np.array([[given.caps[family]] for family in Family])
        self._needed = math.log2(given.possible / (1.0 - given.possible))
        self._weighs = (self._base != 0.0) | self._slopes.any(axis=1)  # the others add nothing

    @classmethod
    def shipped(cls) -> "Model":
        """The model in the package; read once."""
        return _shipped()

    @classmethod
    def load(cls, document: bytes | str) -> "Model":
        """From JSON, as a file or as link_models keeps it; parameters.ParametersError says what is wrong."""
        return cls(parameters.read(document))

    def prior_bits(self, population: int) -> float:
        """log2 odds of a pair before its evidence: the more accounts, the likelier that it is chance. It is
        the most: what an account has posted takes from it (`posted`)."""
        given, doublings = self.parameters, math.log2(max(population, 2))
        return given.prior - given.per_doubling * doublings + float(np.interp(doublings, *given.by_size))

    def posted(self, posts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Bits that an account's posts take from the prior, (n,): the more it has shown, the more of it
        agrees with somebody's by chance."""
        return self.parameters.per_doubled_posts * posts_seen(posts)

    def score(self, comparisons: Comparisons, dressed: NDArray[np.bool_] | None = None) -> Scores:
        """Score all pairs. `dressed` (n,): new accounts of which other pairs than these tell that they wear
        a closed one's look."""
        items, uncopyable = self._added(comparisons)
        before = self.prior_bits(comparisons.population) - self.posted(comparisons.posts)
        prior = np.rint(1000.0 * before).astype(np.int64)
        bits = (prior + items.sum(axis=1)) / 1000.0
        odds = np.stack([np.interp(bits, *curve) for curve in self.parameters.curves])
        taken, families = looks.taken(comparisons.level, comparisons.copied), by_family(items)
        several = (families >= 1000.0 * self.parameters.supports).sum(axis=1) >= 2
        surfaces = several | self._one_beyond(items, families)
        unproven = 1 + np.searchsorted(_TAKEN, taken, side="right")
        told = surfaces & (odds.max(axis=0) >= self._needed)
        wearing = comparisons.right_rows[told & looks.dressed(comparisons.level, comparisons.copied, taken)]
        wears = np.isin(comparisons.right_rows, wearing)
        if dressed is not None:
            wears |= dressed
        proven = self._proven(comparisons, uncopyable, wears)
        may = several & proven & (families.max(axis=1) >= 1000.0 * self.parameters.carries)
        curve = np.where(surfaces, np.where(may, 0, unproven), -1).astype(np.int8)
        probability = _probability(np.choose(np.maximum(curve, 0), odds))
        level, held_back = self._levels(surfaces, may, proven, probability, _probability(odds[0]))
        return Scores(
            bits=bits,
            probability=probability,
            level=level,
            held_back=held_back,
            may=may,
            dressed=wears,
            items=items,
            uncopyable=uncopyable,
            prior=prior,
            curve=curve,
        )

    def _added(self, comparisons: Comparisons) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """`items` and `uncopyable` of Scores."""
        size = len(comparisons)
        items = np.zeros((size, len(Kind)), np.int64)
        uncopyable = np.zeros((size, len(BEARING)), np.int64)
        for start in range(0, size, _PAIRS):
            part = slice(start, start + _PAIRS)
            raw = self.contributions(comparisons.level[part], comparisons.strength[part])
            both = np.concatenate((_told(raw, comparisons.accounts[part]), _own(raw, comparisons, part)))
            told, own = np.split(self.combined(both), 2)
            items[part] = np.rint(1000.0 * told)
            uncopyable[part] = np.rint(1000.0 * by_family(own))
        return items, uncopyable

    def judged(self, comparisons: Comparisons, scores: Scores, i: int) -> Judged:
        """Pair i with all that was found, strongest first; the items and the prior add up to its bits."""
        return judging.judged(comparisons, scores, i, self.version)

    def contributions(self, level: NDArray[np.int8], strength: NDArray[np.int64]) -> NDArray[np.float64]:
        """Bits of every kind by itself, before damping and caps: (n, len(Kind))."""
        total = np.zeros(level.shape)
        weights = level + _FIRST_LEVELS
        some = np.nonzero(self._weighs[weights])
        weight = weights[some]
        total[some] = self._base[weight] + (pieces(strength[some]) * self._slopes[weight]).sum(axis=1)
        return total

    def damping_of_absent(self) -> NDArray[np.float64]:
        """By what a kind that adds nothing yet would be multiplied: others of its family are stronger."""
        return np.array([self.parameters.damping[ABOUT[kind].family] for kind in Kind])

    def combined(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        """After damping all but the strongest of a family, and its cap; what speaks against stays whole."""
        turned = np.ascontiguousarray(raw.T)  # a family is a few rows then, and few operations do them all
        support = np.maximum(turned, 0.0)
        strongest = np.maximum.reduceat(support, _FIRSTS)
        whole = (support == strongest[_FAMILY]) & (support > 0)
        if np.count_nonzero(whole) != np.count_nonzero(strongest):  # of equally strong ones, the first
            for kind in range(1, len(Kind)):
                whole[kind] &= ~whole[_FIRSTS[_FAMILY[kind]] : kind].any(axis=0)
        support *= np.where(whole, 1.0, self._damping)
        total = np.add.reduceat(support, _FIRSTS)
        support *= np.minimum(1.0, self._caps / np.maximum(total, 1e-9))[_FAMILY]
        return np.ascontiguousarray((support + np.minimum(turned, 0.0)).T)

    def _levels(
        self,
        surfaces: NDArray[np.bool_],
        may: NDArray[np.bool_],
        proven: NDArray[np.bool_],
        probability: NDArray[np.float64],
        were_it_proven: NDArray[np.float64],
    ) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        """What may be said of each pair, and why not more than that: LIKELY is held back where the
        probability would be high enough, were it proven."""
        given = self.parameters
        level = np.where(surfaces & (probability >= given.possible), POSSIBLE, NONE)
        level = np.where(may & (probability >= given.likely), LIKELY, level)
        held = np.where(level == NONE, WEAK, 0)
        wanted = (level == POSSIBLE) & (were_it_proven >= given.likely) & ~may
        held = np.where(wanted, np.where(proven, ONE_FAMILY, COPYABLE), held)
        return level.astype(np.int8), held.astype(np.int8)

    def _one_beyond(self, items: NDArray[np.int64], families: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Pairs for which one family carries the link that is no name and no address."""
        carries, supports = 1000.0 * self.parameters.carries, 1000.0 * self.parameters.supports
        beyond_names = families[:, _BEYOND_NAMES].max(axis=1) >= carries
        not_placed = items[:, _PLACES].max(axis=1, initial=0) >= supports
        return np.asarray(beyond_names & not_placed)

    def _proven(
        self, comparisons: Comparisons, uncopyable: NDArray[np.int64], dressed: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Whether what nobody can copy carries the link. `uncopyable` (n, BEARING) in thousandths of a bit.

        Ways of writing are too alike among people who know one another to prove anything by themselves:
        devices or the company that is kept must say the same. Who wears somebody's look is not told from a
        framer by an address that many show; where his company is one friend, who may be fooled, he needs much
        more, and a friend whom few have: a manner of writing that is alike by chance is all a framer wants.
        """
        given = self.parameters
        devices, company = (uncopyable[:, place] for place in _HARD)
        lucky = dressed & ~_own_device(comparisons)
        luck = np.where(lucky, devices, 0)
        lone = lucky & _one_friend(comparisons)
        asked = np.where(lone, _FOOLED, given.proves)
        least = np.where(lone, given.proves, given.supports)
        whole, hard = uncopyable.sum(axis=1) - luck, devices + company - luck
        return np.asarray((whole >= 1000.0 * asked) & (hard >= 1000.0 * least))


def by_family(items: NDArray[Any]) -> NDArray[Any]:
    """Sums over the kinds of each family of BEARING: (n, len(Kind)) becomes (n, len(BEARING))."""
    return np.asarray(np.add.reduceat(items, _FIRSTS, axis=1)[:, _BEARING])


def _told(raw: NDArray[np.float64], accounts: NDArray[np.int32]) -> NDArray[np.float64]:
    """What is added to the odds: an address that many show adds next to nothing, however true that is, or
    honest people behind it would be flagged more often than others. Shapes (n, len(Kind))."""
    told = raw.copy()
    told[:, HOME] = np.where(accounts[:, HOME] > FEW, np.minimum(raw[:, HOME], _COMMON), raw[:, HOME])
    return told


def _own(raw: NDArray[np.float64], comparisons: Comparisons, part: slice) -> NDArray[np.float64]:
    """Only what speaks for a link and nobody can copy; shapes (n, len(Kind)), and (n,) for `copied`.

    Texts shared word by word carry their style along. What one account says of another anybody could say,
    unless the other says the same. Who was there while the other was still open may have lived beside it, and
    so may housemates: a home and its company prove nothing then, nor does a device, unless both write alike.
    An address that many show proves nothing of who is somewhat alike all through; nor of who neither writes
    like the other nor shows anything alike: people of one circle follow the same others, behind one carrier.
    Style proves nothing of who wears a whole look.
    """
    level, copied = comparisons.level[part], comparisons.copied[part]
    worn = looks.worn(level)
    own = np.where(_COPYABLE, 0.0, np.maximum(raw, 0.0))
    own[copied, Kind.STYLE] = 0.0
    many = comparisons.accounts[part][:, HOME] > FEW
    vouched = (own[:, Kind.STYLE] >= _ALIKE) | (raw[:, _SHOWN].max(axis=1) >= _KEPT)
    vouched &= ~worn & ~looks.resembling(level)
    own[:, HOME] = np.where(many & ~vouched[:, None], 0.0, own[:, HOME])
    both = _of_each_other(level)
    own[both, Kind.ANNOUNCED] = np.maximum(raw[both, Kind.ANNOUNCED], 0.0)
    housed = (level[:, HOME] == Level.HOUSED).any(axis=1)
    beside = level[:, Kind.GAP] == Level.BEFORE
    own[:, _LIVED] = np.where((beside | housed)[:, None], 0.0, own[:, _LIVED])
    own[housed, Kind.DEVICE] = 0.0
    own[beside & ((level[:, Kind.STYLE] != Level.LIKE) | copied), Kind.DEVICE] = 0.0
    own[worn, Kind.STYLE] = 0.0
    return own


def _of_each_other(level: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Pairs of which each says that the other is the same, (n,)."""
    shared = level[:, [Kind.ANNOUNCED, Kind.ANNOUNCES]] == Level.SHARED
    return np.asarray(shared.all(axis=1))


def _own_device(comparisons: Comparisons) -> NDArray[np.bool_]:
    """Pairs that share more than an address or network which more show than live together, (n,)."""
    shared = comparisons.level[:, _DEVICES] == Level.SHARED
    home = (comparisons.level[:, HOME] == Level.SHARED) & (comparisons.accounts[:, HOME] <= FEW)
    return np.asarray(shared.any(axis=1) | home.any(axis=1))


def _one_friend(comparisons: Comparisons) -> NDArray[np.bool_]:
    """Pairs whose company, as far as nobody can copy it, is worth no more than one friend, (n,)."""
    strength = comparisons.strength[:, _FRIENDS].max(axis=1)
    return np.asarray((strength <= MOST_TIE) & ~_of_each_other(comparisons.level))


def _probability(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of log2 odds."""
    return np.asarray(1.0 / (1.0 + np.exp2(-odds)))


def posts_seen(posts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Doublings of posts: log2(1 + posts), from the fewest to the most that weights were learned after."""
    return np.asarray(np.log2(1.0 + np.clip(posts, *POSTS)))


def pieces(strength: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much of each strength lies between two knots, in bits: shape (*strength.shape, SEGMENTS)."""
    size = np.abs(strength)[..., None] / 1000.0
    return np.asarray(np.minimum(np.maximum(size - _LOW, 0.0), _WIDE))


@cache
def _shipped() -> Model:
    return Model(parameters.shipped())
