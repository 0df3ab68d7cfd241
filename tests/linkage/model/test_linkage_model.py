"""The model: sums that people can follow, weights that keep their sense, levels that need proof."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.linkage import parameters, starting
from tenfold.linkage.keys import KeyKind, key_of
from tenfold.linkage.kinds import ABOUT, Kind, Level
from tenfold.linkage.ledger import Family
from tenfold.linkage.model import LEVELS, Model, pieces
from tenfold.linkage.parameters import KNOTS, SEGMENTS, ParametersError, Weight
from tests.linkage.model.people import (
    CLOSED,
    DAY,
    POPULATION,
    closed_account,
    compared,
    judged,
    other_account,
    rarity,
)

AGREEING = [
    (kind, level)
    for kind in Kind
    for level in starting.levels(kind)
    if kind != Kind.GAP and level not in (Level.DIFFERENT, Level.UNLIKE)
]
again = closed_account(account="again", closed_us=None, created_us=CLOSED + DAY // 2)
strengths = st.integers(0, 100_000)
findings = st.lists(st.tuples(st.sampled_from(AGREEING), strengths), max_size=8)


def contributions(found: list[tuple[tuple[Kind, Level], int]]) -> np.ndarray:
    level, strength = np.zeros((1, len(Kind)), np.int8), np.zeros((1, len(Kind)), np.int64)
    for (kind, what), bits in found:
        level[0, kind], strength[0, kind] = what, bits
    model = Model.shipped()
    return np.asarray(model.combined(model.contributions(level, strength))[0])


@pytest.mark.parametrize(
    "new", [again, other_account(), other_account(account="bare", handles=(), follows=())]
)
def test_items_and_prior_add_up_to_the_bits(new):
    one = judged(closed_account(), new)
    assert round(one.prior_bits + math.fsum(item.bits for item in one.items), 6) == round(one.bits, 6)
    assert [abs(item.bits) for item in one.items] == sorted(
        (abs(item.bits) for item in one.items), reverse=True
    )


def test_the_same_again_is_likely_and_a_stranger_is_nothing():
    same, stranger = judged(closed_account(), again), judged(closed_account(), other_account())
    assert (same.level, same.held_back) == ("likely", None)
    assert same.probability > 0.95
    assert (stranger.level, stranger.held_back) == (None, "weak")
    assert stranger.probability < 0.01
    assert same.model == stranger.model == Model.shipped().version


def test_people_see_values_but_never_tokens():
    one = judged(closed_account(), again)
    by_kind = {item.kind: item for item in one.items}
    assert (by_kind["handle"].closed, by_kind["handle"].new) == ("ashenvoice_17", "ashenvoice_17")
    assert by_kind["avatar"].out_of == 256
    assert by_kind["url"].closed == "linkhub.example/ashenvoice"
    assert by_kind["device"].closed is None
    assert by_kind["device"].accounts == 2
    assert by_kind["device"].population == POPULATION
    assert "d-closed" not in msgspec.json.encode(one).decode()


@settings(deadline=None)
@given(findings, st.sampled_from(AGREEING), strengths, strengths)
def test_rarer_agreement_never_lowers_the_sum(found, more, one, other):
    weaker, stronger = sorted((one, other))
    rest = [entry for entry in found if entry[0][0] != more[0]]
    low, high = contributions([*rest, (more, weaker)]), contributions([*rest, (more, stronger)])
    assert high.sum() >= low.sum() - 1e-6


@settings(deadline=None)
@given(findings)
def test_no_family_adds_more_than_its_cap(found):
    bits, caps = contributions(found), Model.shipped().parameters.caps
    for family in Family:
        kinds = [kind for kind in Kind if ABOUT[kind].family == family]
        assert bits[kinds].sum() <= caps[family] + 1e-6
    assert bits.min() >= 0


def test_common_values_say_next_to_nothing():
    shown = (
        closed_account(),
        other_account(tokens=closed_account().tokens, avatars=closed_account().avatars),
    )
    one = judged(*shown, rarity(*shown, accounts=POPULATION // 2))
    assert all(item.bits <= 1.1 for item in one.items if item.family != Family.TIME)
    assert one.level is None


@pytest.mark.parametrize(
    "shared",
    [
        {"tokens": (("address", "a-closed"), ("network", "n-closed"))},
        {"handles": closed_account().handles, "names": closed_account().names},
        {"created_us": CLOSED + DAY // 2},
        {"bios": closed_account().bios},
        {"avatars": closed_account().avatars},
    ],
    ids=["address", "name", "time", "bio", "picture"],
)
def test_no_single_agreement_is_likely_and_address_name_and_time_never_surface(shared, request):
    one = judged(closed_account(), other_account(**({"created_us": CLOSED + 300 * DAY} | shared)))
    assert one.level != "likely"
    if request.node.callspec.id in ("address", "name", "time"):
        assert one.level is None


def test_one_family_alone_is_held_back():
    tokens = closed_account().tokens
    pair = compared(closed_account(), other_account(tokens=tokens, created_us=CLOSED + DAY // 2))
    easily = Model(msgspec.structs.replace(Model.shipped().parameters, likely=0.3, possible=0.2))
    one = easily.judged(pair, easily.score(pair), 0)
    assert (one.level, one.held_back) == ("possible", "one_family")


def test_a_muted_device_takes_the_link_away():
    shown = (
        closed_account(),
        other_account(tokens=(("device", "d-closed"),), handles=("ashenvoice_18",), created_us=CLOSED + DAY),
    )
    free, muted = (
        judged(*shown, rarity(*shown, muted=marks)) for marks in ((), (key_of(KeyKind.DEVICE, "d-closed"),))
    )
    assert free.bits > muted.bits
    assert "device" not in {item.kind for item in muted.items}


def test_more_accounts_more_doubt():
    model = Model.shipped()
    assert model.prior_bits(10_000) > model.prior_bits(10_000_000)


def test_scores_do_not_depend_on_company_in_the_batch():
    model, pair = Model.shipped(), compared(closed_account(), again)
    scores = model.score(pair)
    assert scores.items.dtype == np.int64
    assert LEVELS[scores.level[0]] == "likely"
    assert scores.bits[0] == (scores.prior + scores.items[0].sum()) / 1000


def test_a_model_of_one_curve_has_it_for_all_pairs():
    given = starting.parameters()
    assert given.curves == (given.calibration,) * 4
    other = ((-1.0, 1.0), (-2.0, 0.0))
    assert msgspec.structs.replace(given, copyable=other).curves == (given.calibration, other, other, other)


@given(st.integers(-200_000, 200_000))
def test_pieces_add_up_to_the_strength_between_the_knots(strength):
    size = abs(strength) / 1000
    assert pieces(np.array([strength])).sum() == pytest.approx(min(size, KNOTS[-1]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": {"device.shared": Weight(-0.1)}}, "device.shared is agreement, and is below 0"),
        ({"weights": {"device.different": Weight(0.1)}}, "speaks against a link, and is above 0"),
        ({"weights": {"shoes.shared": Weight()}}, "no evidence 'shoes.shared'"),
        ({"weights": {"device.shared": Weight(0.0, (1.0,))}}, f"1 slopes, not {SEGMENTS}"),
        ({"caps": {Family.NAMES: 1.0}}, "caps: nothing is said of"),
        ({"calibration": ((0.0, 1.0), (2.0, 1.0))}, "calibration: two ascending lists"),
        ({"copyable": ((0.0, 1.0), (2.0, 1.0))}, "copyable: two ascending lists"),
        ({"worn": ((0.0,), (2.0,))}, "worn: two ascending lists"),
        ({"possible": 0.9, "likely": 0.5}, "possible <= likely"),
    ],
)
def test_parameters_without_sense_are_refused(change, message):
    broken = msgspec.structs.replace(starting.parameters(), **change)
    with pytest.raises(ParametersError, match=message):
        Model.load(msgspec.json.encode(broken))


@pytest.mark.parametrize("document", [b"", b"{}", b"[1]", b'{"version": 3}', b"\xff"])
def test_what_is_no_model_is_refused(document):
    with pytest.raises(ParametersError, match="not the parameters of a linkage model"):
        parameters.read(document)


def test_the_shipped_model_says_what_it_was_made_from():
    report = Model.shipped().parameters.report
    assert report["made_by"] == "scripts/train_linkage.py"
    assert report["simulated"]["train"]
