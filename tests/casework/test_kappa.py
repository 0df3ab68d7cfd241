"""Agreement of two people: against published numbers, against the delta method, and on small numbers."""

from collections import Counter
from itertools import product
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.casework.overview_summary import ENOUGH
from tenfold.casework.quality_agreement import agreement, agreements, cohen, wilson
from tenfold.store.quality_results import Pair

# Fleiss, Statistical Methods for Rates and Proportions, table of two raters over 100 patients.
TWO_RATERS = ((75, 1, 4), (5, 4, 1), (0, 0, 10))


def table(rows: tuple[tuple[int, ...], ...]) -> Counter[tuple[str, str]]:
    return Counter({(str(i), str(j)): count for i, row in enumerate(rows) for j, count in enumerate(row)})


def kappa_of(shares: dict[tuple[str, str], float]) -> float:
    first, second = Counter[str](), Counter[str]()
    for (one, other), part in shares.items():
        first[one] += part  # type: ignore[assignment]
        second[other] += part  # type: ignore[assignment]
    observed = sum(part for (one, other), part in shares.items() if one == other)
    expected = sum(first[name] * second[name] for name in first)
    return (observed - expected) / (1 - expected)


def by_delta_method(counts: Counter[tuple[str, str]]) -> float:
    """The standard error from the gradient of kappa by differences, and the multinomial covariance."""
    cases = counts.total()
    shares = {cell: count / cases for cell, count in counts.items()}
    step = 1e-6
    slope = {
        cell: (kappa_of(shares | {cell: part + step}) - kappa_of(shares | {cell: part - step})) / (2 * step)
        for cell, part in shares.items()
    }
    mean = sum(shares[cell] * slope[cell] for cell in shares)
    return sqrt(sum(shares[cell] * (slope[cell] - mean) ** 2 for cell in shares) / cases)


def test_the_published_example() -> None:
    kappa, error = cohen(table(TWO_RATERS))
    assert kappa == pytest.approx(0.68, abs=0.005)
    assert error == pytest.approx(0.087, abs=0.001)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 60), min_size=9, max_size=9))
def test_the_error_is_that_of_the_delta_method(counts: list[int]) -> None:
    cells = Counter(dict(zip(((a, b) for a, b in product("xyz", repeat=2)), counts, strict=True)))
    kappa, error = cohen(cells)
    shares = {cell: count / cells.total() for cell, count in cells.items()}
    assert kappa == pytest.approx(kappa_of(shares))
    assert error == pytest.approx(by_delta_method(cells), rel=1e-3, abs=1e-6)


def test_wilson_as_published() -> None:
    # Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I: 81 of 263.
    low, high = wilson(81, 263)
    assert low == pytest.approx(0.2553, abs=1e-4)
    assert high == pytest.approx(0.3662, abs=1e-4)


def test_few_cases_are_counted_and_no_more() -> None:
    few = agreement([("TVEC1", "TVEC1")] * (ENOUGH - 1))
    assert (few.cases, few.agreed) == (19, 19)
    assert few.share is few.kappa is few.share_low is few.kappa_high is None
    same = agreement([("TVEC1", "TVEC1")] * ENOUGH)
    assert (same.share, same.kappa) == (1.0, None), (
        "where nobody ever said anything else, chance explains all"
    )


def test_grounds_languages_queues_and_people_are_told_apart() -> None:
    def pair(first: str, second: str, language: str | None, authors: str = "ab") -> Pair:
        return Pair(
            first_ground=first,
            second_ground=second,
            first_author=authors[0],
            second_author=authors[1],
            queue="q",
            language=language,
        )

    pairs = [pair("TVEC1", "TVEC1", "en")] * 30 + [pair("TVEC1", "TVEC0", "ar", "ba")] * 10
    found = agreements([*pairs, *[pair("TVEC0", "TVEC0", None)] * 20])
    assert (found.whole.cases, found.whole.agreed) == (60, 50)
    assert {name: (one.cases, one.agreed) for name, one in found.by_language.items()} == {
        "en": (30, 30),
        "": (20, 20),
        "ar": (10, 0),
    }
    assert (found.by_ground["TVEC1"].cases, found.by_ground["TVEC1"].agreed) == (40, 30)
    assert found.by_ground["TVEC1"].kappa == pytest.approx(found.whole.kappa)
    assert {people: one.cases for people, one in found.by_people.items()} == {("a", "b"): 60}
