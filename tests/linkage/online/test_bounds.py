"""What is left out before all of it is compared could never have been shown."""

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tenfold.linkage import style
from tenfold.linkage.bounds import Bound
from tenfold.linkage.compare import compare
from tenfold.linkage.comparisons import Comparisons
from tenfold.linkage.keys import KeyKind, kind_of
from tenfold.linkage.kinds import HOME, Kind, Level
from tenfold.linkage.model import Model
from tenfold.linkage.pairing import candidates
from tenfold.linkage.parameters import Weight, name_of
from tenfold.linkage.rarity import Rarity, count_names
from tenfold.linkage.table import Table
from tenfold.simulation.returns import Returns, ReturnsSpec
from tests.linkage.model.people import closed_account, other_account

ACCOUNTS, POSTS = 1_500, 12
BOUND = Bound(Model.shipped())


@pytest.fixture(scope="module")
def platform() -> tuple[Table, Table, Rarity]:
    """Closed accounts, all accounts, and their counts, of a small simulated platform."""
    returns = Returns(ReturnsSpec(accounts=ACCOUNTS, posts=POSTS))
    fingerprints = [fingerprint for fingerprint, _ in returns]
    sketches = style.sketches([returns.texts(number, POSTS) for number in range(len(fingerprints))])
    table = Table.of(
        msgspec.structs.replace(one, style=sketch, style_chars=chars)
        for one, (sketch, chars) in zip(fingerprints, sketches, strict=True)
    )
    keys, counts = np.unique(table.keys, return_counts=True)
    names = count_names([one.handles[0] for one in fingerprints if one.handles], ACCOUNTS)
    rarity = Rarity(keys, counts, ACCOUNTS, name_counts=names)
    closed = table.take(np.flatnonzero(np.array([one.closed_us is not None for one in fingerprints])))
    return closed, table, rarity


def test_every_pair_that_has_a_level_is_compared_and_scored_the_same(platform):
    closed, table, rarity = platform
    found = candidates(closed, table, rarity)
    model = Model.shipped()
    whole = compare(closed, found.closed, table, found.newer, rarity)
    some = compare(closed, found.closed, table, found.newer, rarity, worth=Bound(model).may_be_shown)
    assert 0 < len(some) < 0.3 * len(whole)  # two thirds, were ways of writing not known by then
    left = {some.pair(row): row for row in range(len(some))}
    scores, again = model.score(whole), model.score(some)
    shown = np.flatnonzero(scores.level)
    assert len(shown)
    for row in shown.tolist():
        other = left[whole.pair(row)]
        assert model.judged(whole, scores, row) == model.judged(some, again, other)


def comparisons(level: Sequence[int], strength: Sequence[int]) -> Comparisons:
    """One pair that was found to agree so."""
    left, right, row = Table.of([closed_account()]), Table.of([other_account()]), np.zeros(1, np.int64)
    counted = np.ones((1, len(Kind)), np.int32)
    return Comparisons(
        left=left,
        left_rows=row,
        right=right,
        right_rows=row,
        population=1_000_000,
        level=np.array([level], np.int8),
        strength=np.array([strength], np.int64),
        accounts=counted,
        count=counted,
        distance=counted,
        copied=np.zeros(1, np.bool_),
    )


# What each kind may be found to be: what the shipped model has a weight for, or nothing.
_FOUND = [
    [Level.MISSING, *(level for level in Level if name_of(kind, level) in Model.shipped().parameters.weights)]
    for kind in Kind
]


@settings(max_examples=200, deadline=None)
@given(
    level=st.tuples(*map(st.sampled_from, _FOUND)),
    strength=st.lists(st.integers(0, 30_000), min_size=len(Kind), max_size=len(Kind)),
    more=st.lists(st.integers(0, 30_000), min_size=len(Kind), max_size=len(Kind)),
)
def test_what_has_a_level_may_be_shown_and_more_agreement_does_not_change_that(level, strength, more):
    model = Model.shipped()
    made = comparisons(level, strength)
    event("shown" if model.score(made).level[0] else "not shown")
    if not model.score(made).level[0]:
        return
    stronger = [
        one if kind in (Kind.STYLE, Kind.RHYTHM) and what == Level.UNLIKE else one + other
        for kind, what, one, other in zip(Kind, level, strength, more, strict=True)
    ]
    assert BOUND.may_be_shown(made).all()
    assert BOUND.may_be_shown(comparisons(level, stronger)).all()


def test_what_may_yet_be_found_to_be_a_home_counts_as_whichever_weighs_more():
    given_ = Model.shipped().parameters
    heavy = {name_of(kind, Level.HOUSED): Weight(9.0) for kind in HOME}
    weights = given_.weights | heavy
    model = Model(msgspec.structs.replace(given_, weights=weights))
    level = [Level.SHARED if kind in HOME else Level.MISSING for kind in Kind]
    pair = comparisons(level, [0] * len(Kind))
    assert not Bound(Model.shipped()).may_be_shown(pair).any()
    assert Bound(model).may_be_shown(pair).all()


_COLUMNS = ("level", "strength", "accounts", "count", "distance", "copied")


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_a_few_pairs_are_found_as_alike_as_among_many_whatever_is_marked_as_shared(platform, data):
    """One newcomer at a time, as at sign-up, and everybody at once, as in a sweep."""
    closed, table, rarity = platform
    found = candidates(closed, table, rarity)
    chosen = np.array(
        sorted(data.draw(st.sets(st.integers(0, len(found.closed) - 1), min_size=1, max_size=30)))
    )
    kinds = data.draw(st.sets(st.sampled_from(list(KeyKind)), max_size=3))
    every = data.draw(st.integers(1, 3))
    muted = [key for key in table.keys[::every].tolist() if kind_of(key) in kinds]
    counted = np.unique(table.keys, return_counts=True)
    marked = Rarity(*counted, ACCOUNTS, muted=muted, name_counts=rarity.name_counts)
    whole = compare(closed, found.closed[chosen], table, found.newer[chosen], marked)
    for place, pair in enumerate(chosen.tolist()):
        one = compare(closed, found.closed[[pair]], table, found.newer[[pair]], marked)
        for name in _COLUMNS:
            assert getattr(one, name)[0].tolist() == getattr(whole, name)[place].tolist(), name
