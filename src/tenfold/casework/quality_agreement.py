"""How far two people agree who decided the same cases without knowing of each other.

Kappa is Cohen's: (observed - expected by chance) / (1 - expected) over the grounds that the two stated
(Cohen, A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20, 1960).
Its interval of 95 % rests on the large-sample standard error of Fleiss, Cohen and Everitt (Large sample
standard errors of kappa and weighted kappa, Psychological Bulletin 72, 1969). The interval of the share that
agrees is Wilson's (1927). First and second looks are the two raters, though different people make them.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from math import sqrt

import msgspec

from tenfold.casework.overview_summary import ENOUGH
from tenfold.store.quality_results import Pair

Z = 1.959964  # of a normal distribution, 95 % lie within


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """Of `cases` that two people decided, `agreed` have the same ground. Shares and kappa, with intervals of
    95 %, are None of fewer than ENOUGH; kappa also where only one ground was ever stated."""

    cases: int
    agreed: int
    share: float | None
    share_low: float | None
    share_high: float | None
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None


class Agreements(msgspec.Struct, frozen=True, kw_only=True):
    """In all; by ground (that one or any other), language ("" unknown) and queue; by the two people."""

    whole: Agreement
    by_ground: dict[str, Agreement]
    by_language: dict[str, Agreement]
    by_queue: dict[str, Agreement]
    by_people: dict[tuple[str, str], Agreement]


def agreements(pairs: list[Pair]) -> Agreements:
    """Of second looks that were blind."""
    grounds = sorted({ground for pair in pairs for ground in (pair.first_ground, pair.second_ground)})
    by_people = _grouped(pairs, lambda pair: "\n".join(sorted((pair.first_author, pair.second_author))))
    return Agreements(
        whole=agreement((pair.first_ground, pair.second_ground) for pair in pairs),
        by_ground={ground: _of_ground(pairs, ground) for ground in grounds},
        by_language=_grouped(pairs, lambda pair: pair.language or ""),
        by_queue=_grouped(pairs, lambda pair: pair.queue),
        by_people={_two(names): found for names, found in by_people.items()},
    )


def _two(names: str) -> tuple[str, str]:
    first, _, second = names.partition("\n")
    return first, second


def _of_ground(pairs: list[Pair], ground: str) -> Agreement:
    """Whether two people see this ground in the same cases; of the cases in which one of them did."""
    rated = [(str(pair.first_ground == ground), str(pair.second_ground == ground)) for pair in pairs]
    stated = sum("True" in two for two in rated)
    both = rated.count(("True", "True"))
    found = agreement(rated) if stated >= ENOUGH else agreement(())
    low, high = wilson(both, stated)
    return msgspec.structs.replace(
        found,
        cases=stated,
        agreed=both,
        share=both / stated if stated >= ENOUGH else None,
        share_low=low,
        share_high=high,
    )


def _grouped(pairs: Iterable[Pair], key: Callable[[Pair], str]) -> dict[str, Agreement]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for pair in pairs:
        groups.setdefault(key(pair), []).append((pair.first_ground, pair.second_ground))
    found = {name: agreement(rated) for name, rated in groups.items()}
    return dict(sorted(found.items(), key=lambda item: (-item[1].cases, item[0])))


def agreement(rated: Iterable[tuple[str, str]]) -> Agreement:
    """Of pairs of ratings, the first person's and the second's."""
    table = Counter(rated)
    cases = table.total()
    agreed = sum(count for (first, second), count in table.items() if first == second)
    low, high = wilson(agreed, cases)
    kappa, error = cohen(table) if cases >= ENOUGH else (None, 0.0)
    return Agreement(
        cases=cases,
        agreed=agreed,
        share=agreed / cases if cases >= ENOUGH else None,
        share_low=low,
        share_high=high,
        kappa=kappa,
        kappa_low=None if kappa is None else max(-1.0, kappa - Z * error),
        kappa_high=None if kappa is None else min(1.0, kappa + Z * error),
    )


def cohen(table: Counter[tuple[str, str]]) -> tuple[float | None, float]:
    """Kappa and its standard error; None where chance alone would agree always."""
    cases = table.total()
    share = {cell: count / cases for cell, count in table.items()}
    first: Counter[str] = Counter()
    second: Counter[str] = Counter()
    for (one, other), part in share.items():
        first[one] += part  # type: ignore[assignment]
        second[other] += part  # type: ignore[assignment]
    grounds = first.keys() | second.keys()
    observed = sum(part for (one, other), part in share.items() if one == other)
    expected = sum(first[ground] * second[ground] for ground in grounds)
    if expected >= 1 - 1e-12:
        return None, 0.0
    kappa = (observed - expected) / (1 - expected)
    spread = sum(
        part * (1 - (first[one] + second[one]) * (1 - kappa)) ** 2
        for (one, other), part in share.items()
        if one == other
    ) + (1 - kappa) ** 2 * sum(
        part * (first[other] + second[one]) ** 2 for (one, other), part in share.items() if one != other
    )
    variance = (spread - (kappa - expected * (1 - kappa)) ** 2) / (cases * (1 - expected) ** 2)
    return kappa, sqrt(max(variance, 0.0))


def wilson(right: int, of: int) -> tuple[float | None, float | None]:
    """Wilson's interval of a share; None of fewer than ENOUGH."""
    if of < ENOUGH:
        return None, None
    share, square = right / of, Z * Z / of
    middle = (share + square / 2) / (1 + square)
    half = Z * sqrt(share * (1 - share) / of + square / (4 * of)) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)
