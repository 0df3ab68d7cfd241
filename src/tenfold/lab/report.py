"""What a back-test found, for people and programs: rule by rule, and what would reach whom."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from tenfold.lab.tally import Seen, Side, Tally
from tenfold.linkage.evaluation import Share
from tenfold.policy import PolicySet
from tenfold.policy.difference import Change, asks, changes, definitions
from tenfold.policy.rules import Rule

SAMPLED = 5  # subjects shown of each rule and kind of change


class Precision(msgspec.Struct, frozen=True, kw_only=True):
    """Of the subjects on which people decided, those that they found in violation.

    `low` and `high` are Wilson's interval (1927) of 95 %; with them and `share` absent nobody has decided.
    """

    violations: int
    decided: int
    share: float | None = None
    low: float | None = None
    high: float | None = None


def precision(violations: int, decided: int) -> Precision:
    """The share with its interval."""
    if not decided:
        return Precision(violations=0, decided=0)
    low, high = Share(violations, decided).interval
    return Precision(violations=violations, decided=decided, share=violations / decided, low=low, high=high)


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule did under one policy. A subject counts once, however often the rule fires on it."""

    firings: int
    subjects: int
    accounts: int
    languages: dict[str, int]  # subjects by language, "" where it is not known
    precision: Precision


class RuleResult(msgspec.Struct, frozen=True, kw_only=True):
    """One rule under both policies; `live` or `draft` is None where that policy has no such rule.

    `new` and `gone` are numbers of subjects; `others` is how many stay, but with other actions.
    """

    rule: str
    titles: dict[str, str]
    change: Change
    live: Count | None
    draft: Count | None
    new: int
    gone: int
    others: int
    asked_live: list[str]
    asked_draft: list[str]
    sample_new: list[Seen]
    sample_gone: list[Seen]


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """How far one thing that rules ask for would go: subjects and the accounts behind them."""

    asks: str  # "hold", "act remove", "propose close_account", "case in propaganda"
    at_once: bool  # without a person
    live_subjects: int
    draft_subjects: int
    live_accounts: int
    draft_accounts: int
    new: int
    gone: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The whole result. Times are of the events; `cpu_seconds` are of our processes, PostgreSQL apart."""

    live: str
    draft: str
    events: int
    judged: int
    skipped: int
    first_at: datetime | None
    last_at: datetime | None
    seconds: float
    cpu_seconds: float
    processes: int
    rules: list[RuleResult]
    reach: list[Reach]

    @property
    def differs(self) -> list[RuleResult]:
        """The rules that are not the same in both policies."""
        return [rule for rule in self.rules if rule.change != "same"]


def compared(
    live: PolicySet, draft: PolicySet, tally: Tally, decided: Mapping[int, bool]
) -> tuple[list[RuleResult], list[Reach]]:
    """Results of all rules, those that differ first; `decided`: whether a violation, by digest."""
    became = changes(definitions(live), definitions(draft))
    for name, change in became.items():  # judged once, for both
        if change == "same":
            for table in ("firings", "subjects", "accounts"):
                found = getattr(tally.live, table).get(name)
                if found:
                    getattr(tally.draft, table)[name] = found
    before = {rule.name: rule for rule in live.rules}
    after = {rule.name: rule for rule in draft.rules}
    results = [
        _Compared(name, change, before.get(name), after.get(name)).result(tally, decided)
        for name, change in became.items()
    ]
    results.sort(key=lambda one: one.change == "same")
    return results, _reach(before, after, tally)


class _Compared(msgspec.Struct, frozen=True):
    """A rule's name, what became of it, and the rule of that name on each side; at least one is there."""

    name: str
    change: Change
    before: Rule | None
    after: Rule | None

    def result(self, tally: Tally, decided: Mapping[int, bool]) -> RuleResult:
        """Both sides counted, and what is on one side alone."""
        name, before, after = self.name, self.before, self.after
        was = tally.live.subjects.get(name, set()) if before else set()
        will = tally.draft.subjects.get(name, set()) if after else set()
        asked_live, asked_draft = asks(before) if before else [], asks(after) if after else []
        either = after or before
        differs = self.change != "same"
        return RuleResult(
            rule=name,
            titles=either.titles if either else {},
            change=self.change,
            live=_count(name, tally.live, tally.languages, decided) if before else None,
            draft=_count(name, tally.draft, tally.languages, decided) if after else None,
            new=len(will - was),
            gone=len(was - will),
            others=len(was & will) if before and after and asked_live != asked_draft else 0,
            asked_live=asked_live,
            asked_draft=asked_draft,
            sample_new=_sample(tally.seen.get(f"{name}/draft", ()), will - was) if differs else [],
            sample_gone=_sample(tally.seen.get(f"{name}/live", ()), was - will) if differs else [],
        )


def _count(name: str, side: Side, languages: Mapping[int, str], decided: Mapping[int, bool]) -> Count:
    subjects = side.subjects.get(name, set())
    spoken: dict[str, int] = {}
    for digest in subjects:
        language = languages.get(digest, "")
        spoken[language] = spoken.get(language, 0) + 1
    verdicts = [decided[digest] for digest in subjects if digest in decided]
    return Count(
        firings=side.firings.get(name, 0),
        subjects=len(subjects),
        accounts=len(side.accounts.get(name, ())),
        languages=dict(sorted(spoken.items(), key=lambda item: (-item[1], item[0]))),
        precision=precision(sum(verdicts), len(verdicts)),
    )


def _sample(seen: Iterable[Seen], wanted: set[int]) -> list[Seen]:
    return [one for one in seen if one.digest in wanted][:SAMPLED]


def _reach(before: Mapping[str, Rule], after: Mapping[str, Rule], tally: Tally) -> list[Reach]:
    """What reaches the platform at once first, then by name."""
    was, will = _asked(before, tally.live), _asked(after, tally.draft)
    empty: tuple[set[int], set[int]] = (set(), set())
    found = []
    for name in {*was, *will}:
        (subjects, accounts), (then, whose) = was.get(name, empty), will.get(name, empty)
        found.append(
            Reach(
                asks=name,
                at_once=name.startswith(("act ", "label ")) or name == "hold",
                live_subjects=len(subjects),
                draft_subjects=len(then),
                live_accounts=len(accounts),
                draft_accounts=len(whose),
                new=len(then - subjects),
                gone=len(subjects - then),
            )
        )
    return sorted(found, key=lambda one: (not one.at_once, one.asks))


def _asked(rules: Mapping[str, Rule], side: Side) -> dict[str, tuple[set[int], set[int]]]:
    found: dict[str, tuple[set[int], set[int]]] = {}
    for name, rule in rules.items():
        for wanted in asks(rule):
            subjects, accounts = found.setdefault(wanted, (set(), set()))
            subjects |= side.subjects.get(name, set())
            accounts |= side.accounts.get(name, set())
    return found
