"""Training, calibration and measures: on pairs whose truth is known by construction."""

import math
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.linkage import calibration, evaluation, learning, starting, training
from tenfold.linkage.kinds import Kind, Level
from tenfold.linkage.model import Model
from tenfold.linkage.training import Patterns
from tenfold.store.link_decisions import LinkDecision
from tests.linkage.model.people import CLOSED, DAY, closed_account, judged, other_account

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def device_pairs(same: int, other: int, bits: int = 16) -> Patterns:
    """Pairs that share a device: so many of one person, so many of two; and as many that share nothing."""
    level, strength = np.zeros((2, len(Kind)), np.int8), np.zeros((2, len(Kind)), np.int64)
    level[0, Kind.DEVICE], strength[0, Kind.DEVICE] = Level.SHARED, 1000 * bits
    level[1, Kind.DEVICE] = Level.DIFFERENT
    return Patterns(
        level=level,
        strength=strength,
        population=np.full(2, 16.0),
        posts=np.full(2, 3.0),
        same=np.array([same, 1.0]),
        other=np.array([other, 10_000.0]),
    )


def device_bits(known: Patterns, pull: float) -> float:
    given = training.fit(known, starting.parameters(), "test", pull=pull)
    return float(Model(given).contributions(known.level, known.strength)[0, Kind.DEVICE])


def test_evidence_that_told_the_truth_gains_and_evidence_that_lied_loses():
    assert device_bits(device_pairs(900, 1), 1.0) > device_bits(device_pairs(50, 900), 1.0) + 3


def test_little_data_pulls_little_away_from_the_start():
    before = Model(starting.parameters()).contributions(*_finding(device_pairs(1, 1)))[0, Kind.DEVICE]
    few, many = device_pairs(1, 9), device_pairs(1_000, 9_000)
    assert abs(device_bits(few, 50.0) - before) < abs(device_bits(many, 50.0) - before)


def _finding(known: Patterns) -> tuple[np.ndarray, np.ndarray]:
    return known.level, known.strength


def test_trained_weights_keep_their_bounds():
    lying = device_pairs(1, 5_000)
    lying.same[1] = 5_000.0
    given = training.fit(lying, starting.parameters(), "test", pull=0.1)
    Model(given)  # checks every sign
    assert min(given.weights["device.shared"].slopes) >= 0
    assert given.weights["device.different"].base <= 0
    assert given.version == "test"


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(400, 3_000))
def test_calibration_ascends_and_keeps_the_mean(seed: int, size: int):
    dice = np.random.default_rng(seed)
    bits = dice.normal(0, 4, size)
    same = dice.random(size) < 1 / (1 + np.exp2(-(0.5 * bits - 1)))
    given = calibration.calibrated(starting.parameters(), bits, same)
    Model(given)
    probability = 1 / (1 + np.exp2(-np.interp(bits, *given.calibration)))
    assert abs(probability.mean() - same.mean()) < 0.05
    where, share, pairs = calibration.steps(bits, same)
    assert (np.diff(share) > 0).all()
    assert (np.diff(where) > 0).all()
    assert pairs.sum() == size


def test_an_overconfident_score_is_brought_down():
    dice = np.random.default_rng(1)
    bits = dice.normal(0, 6, 20_000)
    same = dice.random(20_000) < 1 / (1 + np.exp2(-bits / 3))
    raw = evaluation.calibration_error(1 / (1 + np.exp2(-bits)), same)
    given = calibration.calibrated(starting.parameters(), bits[:10_000], same[:10_000])
    mended = 1 / (1 + np.exp2(-np.interp(bits[10_000:], *given.calibration)))
    assert raw > 0.05
    assert evaluation.calibration_error(mended, same[10_000:]) < 0.03


def test_fewer_returns_on_a_platform_lower_every_probability():
    start = starting.parameters()
    moved = calibration.shifted(start, 0.05, 0.005)
    expected = math.log2(0.005 / 0.995) - math.log2(0.05 / 0.95)
    for before, after in zip(start.curves, moved.curves, strict=True):
        assert after[1][0] - before[1][0] == pytest.approx(expected, abs=1e-3)
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibration.shifted(start, 0.05, 1.0)


def test_shares_and_intervals():
    assert evaluation.Share(0, 0).interval == (0.0, 1.0)
    low, high = evaluation.Share(8, 10).interval
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)  # Wilson's own worked figures
    ratio, least, most = evaluation.rate_ratio(evaluation.Share(20, 1_000), evaluation.Share(20, 1_000))
    assert ratio == 1.0
    assert least < 1.0 < most


def test_average_precision_and_threshold():
    score = np.array([0.9, 0.8, 0.7, 0.1])
    same = np.array([True, False, True, False])
    assert evaluation.average_precision(score, same) == pytest.approx((1 + 2 / 3) / 2)
    assert evaluation.average_precision(score, same, 4) == pytest.approx((1 + 2 / 3) / 4)
    assert evaluation.average_precision(score, ~same & same) == 0.0
    at = evaluation.threshold(np.array([5.0, 3.0, 1.0, -np.inf]), 4, 0.25)
    assert 3.0 < at <= 5.0
    assert evaluation.best_of(np.array([0, 0, 2]), np.array([1.0, 4.0, 2.0]), 3).tolist() == [
        4.0,
        -np.inf,
        2.0,
    ]


def decision(number: int, verdict: str, **changes: object) -> LinkDecision:
    closed, new = closed_account(account=f"c{number}"), other_account(account=f"n{number}", **changes)
    one = judged(closed, new)
    return LinkDecision(
        id=number,
        account_a=one.closed,
        account_b=one.new,
        verdict=verdict,  # type: ignore[arg-type]
        author="p",
        reason="",
        case_id=None,
        decision_id=None,
        probability=one.probability,
        evidence=msgspec.to_builtins(one.items),
        model=one.model,
        decided_at=NOW,
    )


def decisions(each: int) -> list[LinkDecision]:
    """Devices tell the truth here; bios are common sayings of a place and do not."""
    soon = CLOSED + DAY
    same = [
        decision(i, "same", tokens=(("device", "d-closed"),), handles=("ashenvoice_18",), created_us=soon)
        for i in range(each)
    ]
    other = [
        decision(each + i, "different", bios=closed_account().bios, created_us=soon) for i in range(each)
    ]
    return same + other


def test_too_few_decisions_are_refused_with_their_numbers():
    start = Model.shipped().parameters
    with pytest.raises(learning.TooFewError, match=r"3 decisions say 'same' and 3 'different'.*at least 30"):
        learning.learn(decisions(3), start, 1_000_000, NOW)
    unsure = [msgspec.structs.replace(one, verdict="unsure") for one in decisions(40)]
    with pytest.raises(learning.TooFewError, match="0 decisions"):
        learning.learn(unsure, start, 1_000_000, NOW)


def test_decisions_teach_the_model():
    start = Model.shipped().parameters
    learned = learning.learn(decisions(40), start, 1_000_000, NOW)
    assert (learned.same, learned.different) == (40, 40)
    assert learned.surprise < learned.surprise_before
    assert learned.parameters.version == "20260301-000000-decisions"
    assert learned.parameters.report["from"] == start.version

    def bits(given: object, name: str, **changes: object) -> float:
        model = Model(given)  # type: ignore[arg-type]
        known = learning.patterns([decision(0, "same", **changes)], 1_000_000)
        return float(model.contributions(known.level, known.strength)[0, Kind[name]])

    device = {"tokens": (("device", "d-closed"),)}
    rounding = 0.001
    assert bits(learned.parameters, "DEVICE", **device) >= bits(start, "DEVICE", **device) - rounding
    bio = {"bios": closed_account().bios}
    assert bits(learned.parameters, "BIO", **bio) < bits(start, "BIO", **bio)


def test_evidence_of_kinds_that_are_no_more_is_passed_over():
    one = decision(0, "same", tokens=(("device", "d-closed"),))
    odd = [{"family": "names", "kind": "shoe", "level": "equal", "bits": 3.0}, {"what": 1}, *one.evidence]
    known = learning.patterns([msgspec.structs.replace(one, evidence=odd)], 1_000_000)
    assert np.array_equal(known.level, learning.patterns([one], 1_000_000).level)


def platform(seed: int, accounts: int, posts: int, shift: float) -> calibration.Tried:
    """Pairs of which the true odds are their bits and `shift`."""
    random = np.random.default_rng(seed)
    bits = random.uniform(-8, 10, 6_000)
    same = random.random(len(bits)) < 1 / (1 + np.exp2(-bits - shift))
    return calibration.Tried(bits, np.full(len(bits), posts), same, accounts)


def test_equal_bits_are_made_to_mean_equal_odds_on_platforms_of_all_sizes_after_few_posts_and_many():
    start = msgspec.structs.replace(starting.parameters(), by_size=((10.0, 16.0, 20.0), (0.0, 0.0, 0.0)))
    shifts = {(1_024, 3): 2.0, (1_024, 31): 0.5, (1_048_576, 3): 0.0, (1_048_576, 31): -1.5}
    tried = [platform(n, *where, shift) for n, (where, shift) in enumerate(shifts.items())]
    model = Model(calibration.aligned(start, tried))
    before = Model(start)

    def moved(accounts: int, posts: int) -> float:
        counted = np.array([posts])
        now = model.prior_bits(accounts) - float(model.posted(counted)[0])
        return now - before.prior_bits(accounts) + float(before.posted(counted)[0])

    rest = [shift - moved(*where) for where, shift in shifts.items()]
    assert max(rest) - min(rest) < 0.5


def test_a_platform_without_doubtful_pairs_moves_nothing():
    start = starting.parameters()
    sure = calibration.Tried(np.full(50, 20.0), np.full(50, 3), np.ones(50, np.bool_), 1_000)
    doubtful = platform(1, 1_000, 3, 0.0)
    alone, both = (calibration.aligned(start, some) for some in ([doubtful], [doubtful, sure]))
    assert alone == both
    assert calibration.aligned(start, [sure]) == start
