"""How two policies differ, rule by rule: in what a rule does, not in how its file is written."""

import hashlib
from collections.abc import Mapping
from typing import Literal

import msgspec

from tenfold.policy.policyset import PolicySet
from tenfold.policy.rules import Rule

Change = Literal["new", "gone", "changed", "same"]


def definition(policy: PolicySet, rule: Rule) -> str:
    """A digest of all that decides when the rule fires and what it then asks for, with the counters and sets
    of the files that it reads; not of its title, its tests or its place."""
    read = sorted(rule.when.fields)
    counters = {counter.name: counter for counter in policy.counters}
    counted = [counters[path.removeprefix("counters.")] for path in read if path.startswith("counters.")]
    where = frozenset(path for one in counted if one.where for path in one.where.fields)
    sets = sorted(path.removeprefix("sets.") for path in {*read, *where} if path.startswith("sets."))
    means = [
        rule.name,
        sorted(rule.kinds),
        sorted(rule.events),
        " ".join(rule.when.text.split()),
        rule.ground.value,
        int(rule.severity),
        rule.effects,
        rule.exact,
        [[one.stored, one.window.total_seconds()] for one in counted],
        [[name, sorted(policy.sets[name])] for name in sets],
    ]
    return hashlib.sha256(msgspec.json.encode(means)).hexdigest()[:32]


def definitions(policy: PolicySet) -> dict[str, str]:
    """The definition of every rule, by its name."""
    return {rule.name: definition(policy, rule) for rule in policy.rules}


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, Change]:
    """What becomes of every rule, by name, from one policy's definitions to another's."""
    found: dict[str, Change] = {}
    for name in {**after, **before}:
        if name not in before:
            found[name] = "new"
        elif name not in after:
            found[name] = "gone"
        else:
            found[name] = "same" if before[name] == after[name] else "changed"
    return found


def asks(rule: Rule) -> list[str]:
    """What a rule asks for, in the words of policy files."""
    effects = rule.effects
    found = [f"case in {effects.queue}"] if effects.queue else []
    found += [f"propose {action.value}" for action in effects.propose]
    found += [f"act {action.value}" for action in effects.act]
    found += ["hold"] if effects.hold else []
    found += [f"label {label}" for label in effects.labels]
    return [*found, "escalate"] if effects.escalate else found


def acts(rule: Rule) -> bool:
    """Whether a rule reaches the platform without a person: it holds, hides, or does anything at once."""
    return bool(rule.effects.act or rule.effects.hold)


def asks_for_two(live: PolicySet | None, draft: PolicySet) -> list[str]:
    """Names of rules for whose sake a second person must agree: those that act and are not in force as they
    are."""
    in_force = definitions(live) if live else {}
    return [
        rule.name for rule in draft.rules if acts(rule) and in_force.get(rule.name) != definition(draft, rule)
    ]
