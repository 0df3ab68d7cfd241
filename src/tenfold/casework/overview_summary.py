"""What was counted of one span, queue or language, each count beside its denominator.

Shares, and how long most waited, are told from ENOUGH on: of fewer they would seem to say more than they do.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from tenfold.store.overview import GROWTH
from tenfold.taxonomy import Ground

ENOUGH = 20  # below: +-20 points at best (as casework/track_record.py)
_NO_VIOLATION = {ground.value for ground in Ground if not ground.is_violation}


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """How long `cases` waited, in minutes, right to 5 %; `median` is None of none, `p90` of fewer than
    ENOUGH."""

    cases: int
    median: float | None
    p90: float | None


class Acted(msgspec.Struct, frozen=True, kw_only=True):
    """What was ordered against subjects: by rules without a person, by people's decisions, by programs'."""

    rule: int = 0
    person: int = 0
    program: int = 0

    @property
    def all(self) -> int:
        """By whomever."""
        return self.rule + self.person + self.program


class Appealed(msgspec.Struct, frozen=True, kw_only=True):
    """Appeals that came, and those decided, each by when; of the decided the `overturned`, even in part."""

    received: int
    decided: int
    overturned: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One span, queue or language.

    `overturned`: decisions of this span that were reversed since, their author's undoing within a minute
    apart; `taken_back`: what rules did in it and was reversed since as no violation. `waited`: from opening
    to a case's first decision; `posted`: to it from when a post or media item was posted.
    """

    opened: int
    opened_by_severity: dict[str, int]
    decided: int
    violations: int
    decided_by_ground: dict[str, int]
    overturned: int
    overturned_by_ground: dict[str, int]
    waited: Waits
    posted: Waits
    acted: Acted
    acted_by_ground: dict[str, Acted]
    taken_back: int
    appeals: Appealed


def share(count: int, of: int) -> float | None:
    """A share that says something; None of fewer than ENOUGH."""
    return count / of if of >= ENOUGH else None


def summary(counted: Mapping[str, int]) -> Summary:
    """Of the counts of one group by key (store.overview.Tallies)."""
    got: dict[str, Counter[str]] = {name: Counter() for name in _MEASURES}
    for key, count in counted.items():
        measure, _, of = key.partition(".")
        got[measure][of] = count
    acted: dict[str, dict[str, int]] = {}
    for key, count in got["acted"].items():
        by, _, ground = key.partition(".")
        acted.setdefault(ground, {})[by] = count
    decided, appeals = got["decided"], got["appeal"]
    return Summary(
        opened=got["opened"].total(),
        opened_by_severity=ordered(got["opened"]),
        decided=decided.total(),
        violations=sum(count for ground, count in decided.items() if ground not in _NO_VIOLATION),
        decided_by_ground=ordered(decided),
        overturned=got["overturned"].total(),
        overturned_by_ground=ordered(got["overturned"]),
        waited=_waits(got["waited"]),
        posted=_waits(got["posted"]),
        acted=Acted(
            **{by: sum(of.get(by, 0) for of in acted.values()) for by in ("rule", "person", "program")}
        ),
        acted_by_ground={ground: Acted(**by) for ground, by in sorted(acted.items())},
        taken_back=got["taken_back"].total(),
        appeals=Appealed(
            received=got["appealed"].total(),
            decided=appeals.total(),
            overturned=appeals["overturned"] + appeals["partly"],
        ),
    )


_MEASURES = (
    *("opened", "decided", "overturned", "waited", "posted", "acted", "taken_back"),
    *("appealed", "appeal"),
)


def _waits(classes: Counter[str]) -> Waits:
    ranked = sorted((int(number), count) for number, count in classes.items())
    cases = sum(count for _, count in ranked)
    return Waits(
        cases=cases,
        median=_quantile(ranked, cases, 50),
        p90=_quantile(ranked, cases, 90) if cases >= ENOUGH else None,
    )


def _quantile(ranked: Sequence[tuple[int, int]], cases: int, percent: int) -> float | None:
    """The middle of the class in which the smallest value lies that `percent` of the values do not exceed."""
    rank = -(-percent * cases // 100)
    for number, count in ranked:
        rank -= count
        if rank <= 0:
            return round(float(GROWTH ** (number + 0.5)), 1)
    return None


def ordered(counts: Counter[str]) -> dict[str, int]:
    """Counts in the order of their names."""
    return dict(sorted(counts.items()))
