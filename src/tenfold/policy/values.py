"""Values of fields in facts, and the arithmetic of rules: None stands for unknown everywhere."""

import math
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from tenfold.evidence import SignalKind
from tenfold.policy.facts import NOTHING, Facts
from tenfold.policy.schema import signal_fields

GROUPS = ("account", "post", "media", "group", "report", "links")
EMPTY: frozenset[str] = frozenset()
_WHEN_NOT_FOUND = {"set": EMPTY, "bool": False}


class Defaults:
    """What fields hold when facts leave them out: signals that found nothing, sets as in the files."""

    def __init__(self, kinds: Mapping[str, SignalKind], sets: Mapping[str, frozenset[str]]) -> None:
        self.signals = {name: not_found(kind) for name, kind in kinds.items()}
        self.sets = dict(sets)

    def value(self, facts: Facts, path: str) -> Any:
        """The value of a declared field; None when it is unknown."""
        group, _, name = path.partition(".")
        if group == "signals":
            signal, _, name = name.partition(".")
            if facts.signals is None:
                return None
            return (facts.signals.get(signal) or self.signals[signal]).get(name)
        if group == "event":
            return facts.event_type if name == "type" else facts.time.astimezone(UTC).hour
        if group == "counters":
            return facts.counters.get(name)
        if group == "sets":
            return facts.sets.get(name, self.sets[name])
        return (getattr(facts, group) or NOTHING).get(name)


def not_found(kind: SignalKind) -> dict[str, Any]:
    """The fields of a signal whose detector ran and found nothing."""
    fields = {name: _WHEN_NOT_FOUND.get(d.type.kind) for name, d in signal_fields(kind).items()}
    return {**fields, "score": 0.0, "count": 0}


def calculate(operator: str, left: float | None, right: float | None) -> float | None:
    """+ - * or / of two numbers; None when one is unknown or the result is no finite number."""
    if left is None or right is None:
        return None
    try:
        if operator == "+":
            result = left + right
        elif operator == "-":
            result = left - right
        elif operator == "*":
            result = left * right
        else:
            result = left / right
        return result if math.isfinite(result) else None
    except (OverflowError, ZeroDivisionError):
        return None
