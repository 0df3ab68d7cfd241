"""Rules and versions as people and programs see them: every rule with how it does, and its history."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import msgspec

from tenfold.config import Settings
from tenfold.lab.report import Precision, precision
from tenfold.policy import PolicyErrors, PolicySet, load_policies, load_texts
from tenfold.policy.difference import Change, asks, changes, definition, definitions
from tenfold.policy.excerpt import Changed, difference, rule_lines
from tenfold.policy.kinds import KINDS
from tenfold.policy.rules import Rule
from tenfold.store import policies, rule_figures
from tenfold.store.database import Conn
from tenfold.store.policies import Version

HISTORY = 20  # versions of which a rule's history is told
DRAFTS = 10  # the last saved, whose rules are listed


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the list. `version` holds the rule; None for one that fired and is in force no longer."""

    name: str
    titles: dict[str, str]
    state: str  # live, shadow, draft, retired
    change: Change | None  # against what is live, of rules in shadow and drafts
    version: str | None
    asks: list[str]
    week: int
    month: int
    precision: Precision


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a rule's history, with what changed in its lines since the one before."""

    version: Version
    lines: list[Changed]


@lru_cache(maxsize=64)
def _texts(version: str, files: tuple[tuple[str, str], ...]) -> PolicySet:
    return load_texts(dict(files), KINDS)


@lru_cache(maxsize=4)
def _files(paths: tuple[Path, ...]) -> PolicySet:
    policy = load_policies(Settings(policies=paths))
    return load_texts(policy.sources, KINDS)


def files_policy(settings: Settings) -> PolicySet:
    """The rules of the files, as they were when first asked for; they are in force while no version is."""
    return _files(tuple(settings.policies))


def sound(conn: Conn, version: str) -> PolicySet | None:
    """A version of the store; None if there is none, or this release refuses its text."""
    texts = policies.sources(conn, version)
    try:
        return None if texts is None else _texts(version, tuple(sorted(texts.items())))
    except PolicyErrors:
        return None


def in_force(conn: Conn, settings: Settings) -> PolicySet:
    """What judges now, as far as it can be read."""
    live = policies.standing(conn).get("live")
    return (sound(conn, live) if live else None) or files_policy(settings)


def rows(conn: Conn, settings: Settings, versions: Sequence[Version], now: datetime) -> list[RuleRow]:
    """Every rule: those that are new or other in shadow and in drafts first, the live ones, the retired."""
    live = in_force(conn, settings)
    in_force_as = definitions(live)
    fired = {one.rule: one for one in rule_figures.figures(conn, now, shadow=False)}
    shadowed = {(one.rule, one.definition): one for one in rule_figures.figures(conn, now, shadow=True)}
    found: list[RuleRow] = []
    drafts = [one for one in versions if one.state == "draft"][:DRAFTS]
    for version in [*(one for one in versions if one.state == "shadow"), *drafts]:
        policy = sound(conn, version.version)
        for name, change in changes(in_force_as, definitions(policy)).items() if policy else ():
            if policy and change in ("new", "changed"):
                rule = policy.rule(name)
                figure = shadowed.get((name, definition(policy, rule)))
                found.append(_row(rule, version.state, change, version.version, figure))
    found += [_row(rule, "live", None, live.version, fired.get(rule.name)) for rule in live.rules]
    gone = [one for name, one in sorted(fired.items()) if name not in in_force_as]
    return found + [
        RuleRow(
            name=one.rule,
            titles={},
            state="retired",
            change=None,
            version=None,
            asks=[],
            week=one.week,
            month=one.month,
            precision=precision(one.violations, one.decided),
        )
        for one in gone
    ]


def _row(
    rule: Rule, state: str, change: Change | None, version: str, figure: rule_figures.Figure | None
) -> RuleRow:
    return RuleRow(
        name=rule.name,
        titles=rule.titles,
        state=state,
        change=change,
        version=version,
        asks=asks(rule),
        week=figure.week if figure else 0,
        month=figure.month if figure else 0,
        precision=precision(figure.violations, figure.decided) if figure else precision(0, 0),
    )


def rule_history(conn: Conn, name: str, versions: Sequence[Version], files: PolicySet) -> list[Told]:
    """The versions in which a rule's lines changed, the latest saved first; `files` came before them."""
    told: list[Told] = []
    before = _lines(files, name)
    for version in sorted(versions, key=lambda one: one.saved_at)[-HISTORY:]:
        policy = sound(conn, version.version)
        if policy is None:
            continue
        after = _lines(policy, name)
        lines = difference(before, after)
        if lines:
            told.append(Told(version=version, lines=lines))
        before = after
    return told[::-1]


def _lines(policy: PolicySet, name: str) -> list[str]:
    rule = next((one for one in policy.rules if one.name == name), None)
    return [line.text for line in rule_lines(policy, rule)] if rule else []
