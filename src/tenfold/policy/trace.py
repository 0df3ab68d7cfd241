"""Conditions evaluated part by part, for people: why a rule fired, why it did not.

Slower than compiled rules and used only on the few that fire, and by `tenfold policy explain`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from tenfold.judgement import Part
from tenfold.policy.compiler import pattern_of
from tenfold.policy.facts import Facts
from tenfold.policy.patterns import compiled
from tenfold.policy.rules import Condition
from tenfold.policy.tree import (
    And,
    Arithmetic,
    Call,
    Collection,
    Compare,
    Field,
    Literal,
    Negative,
    Node,
    Not,
    Or,
    children,
)
from tenfold.policy.values import Defaults, calculate

MAX_SHOWN = 200  # characters of a value
MAX_SHOWN_VALUES = 8  # of a set


class Explained(msgspec.Struct, frozen=True):
    """A part of a condition: its text, what it saw, and whether it was true (None: unknown)."""

    text: str
    value: str
    verdict: bool | None
    parts: tuple["Explained", ...] = ()


class Tracer:
    """Evaluates one condition on one set of facts."""

    def __init__(self, condition: Condition, facts: Facts, defaults: Defaults) -> None:
        self._text = condition.text
        self._root = condition.node
        self._facts = facts
        self._defaults = defaults

    def explain(self) -> Explained:
        """The whole tree of conditions with the verdict on each."""
        return self._explained(self._root)

    def parts(self) -> tuple[Part, ...]:
        """The conditions that made the whole true, in the order of the text."""
        found: list[Part] = []
        self._collect(self._root, True, found)
        return tuple(found)

    def _explained(self, node: Node) -> Explained:
        below: Sequence[Node] = ()
        if isinstance(node, And | Or | Not):
            below = children(node)
        elif isinstance(node, Call) and node.name == "at_least":
            below = node.arguments[1:]
        parts = tuple(self._explained(child) for child in below)
        value = "" if parts else self._seen(node)
        return Explained(self._source(node), value, self.verdict(node), parts)

    def _collect(self, node: Node, wanted: bool, found: list[Part]) -> None:
        """Parts of a node whose verdict is `wanted`: those that had to have it, or happened to."""
        if isinstance(node, Not):
            self._collect(node.operand, not wanted, found)
        elif isinstance(node, And | Or) or (isinstance(node, Call) and node.name == "at_least"):
            for child in children(node):
                if not isinstance(child, Literal) and self.verdict(child) is wanted:
                    self._collect(child, wanted, found)
        else:
            text = self._source(node)
            if not wanted:
                text = f"not {text}" if isinstance(node, Field | Call) else f"not ({text})"
            found.append(Part(text, self._seen(node)))

    def _source(self, node: Node) -> str:
        return " ".join(self._text[node.start : node.end].split())

    def verdict(self, node: Node) -> bool | None:
        """True, False, or None for unknown."""
        if isinstance(node, Not):
            inner = self.verdict(node.operand)
            return None if inner is None else not inner
        if isinstance(node, And | Or):
            return _kleene([self.verdict(child) for child in node.operands], isinstance(node, Or))
        if isinstance(node, Compare):
            return self._compared(node)
        if isinstance(node, Call):
            return self._called(node)
        value = self.value(node)
        return None if value is None else bool(value)

    def _compared(self, node: Compare) -> bool | None:
        left, right = self.value(node.left), self.value(node.right)
        if left is None or right is None:
            return None
        return bool(_COMPARE[node.operator](left, right))

    def _called(self, node: Call) -> bool | None:
        if node.name == "at_least":
            wanted, *verdicts = [self.value(node.arguments[0]), *map(self.verdict, node.arguments[1:])]
            sure = sum(verdict is True for verdict in verdicts)
            hoped = sum(verdict is not False for verdict in verdicts)
            return True if sure >= wanted else False if hoped < wanted else None
        if node.name == "known":
            return self.value(node.arguments[0]) is not None
        if node.name in ("matches", "has_words"):
            text = self.value(node.arguments[0])
            return None if text is None else self._found(node, text) is not None
        first, second = (self.value(argument) for argument in node.arguments)
        return None if first is None or second is None else bool(_CALL[node.name](first, second))

    def _found(self, node: Call, text: str) -> str | None:
        """The words in the text that a pattern was found in."""
        search, confirm = pattern_of(node)
        match = compiled(search).search(text)
        if match is None or (confirm and compiled(confirm).search(text) is None):
            return None
        return str(match.group())

    def value(self, node: Node) -> Any:
        """The value of a field, constant, calculation or condition; None when unknown."""
        if isinstance(node, Field):
            return self._defaults.value(self._facts, node.path)
        if isinstance(node, Literal):
            return node.value
        if isinstance(node, Collection):
            return frozenset(item.value for item in node.items)
        if isinstance(node, Arithmetic):
            return calculate(node.operator, self.value(node.left), self.value(node.right))
        if isinstance(node, Negative):
            return calculate("-", 0, self.value(node.operand))
        if isinstance(node, Call) and node.name in ("lower", "len", "count"):
            argument = self.value(node.arguments[0])
            if argument is None:
                return None
            return argument.lower() if node.name == "lower" else len(argument)
        return self.verdict(node)

    def _seen(self, node: Node) -> str:
        """What a condition looked at: the values of its sides that are no constants."""
        if isinstance(node, Call) and node.name in ("matches", "has_words"):
            text = self.value(node.arguments[0])
            return _shown(None if text is None else self._found(node, text) or text)
        if isinstance(node, Compare) and node.operator in ("in", "not in"):
            constant = isinstance(node.left, Literal)
            return _shown(self.value(node.right if constant else node.left))
        sides = children(node) if isinstance(node, Compare | Call) else (node,)
        values = [self.value(side) for side in sides if not isinstance(side, Literal | Collection)]
        return ", ".join(_shown(value) for value in values)


_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
}
_CALL: dict[str, Callable[[Any, Any], Any]] = {
    "contains": lambda first, second: second in first,
    "startswith": lambda first, second: first.startswith(second),
    "endswith": lambda first, second: first.endswith(second),
    "any_of": lambda first, second: not first.isdisjoint(second),
    "all_of": lambda first, second: first.issuperset(second),
}


def _kleene(verdicts: Sequence[bool | None], deciding: bool) -> bool | None:
    """`and` is decided by one False, `or` by one True; otherwise one unknown leaves it unknown."""
    if deciding in verdicts:
        return deciding
    return None if None in verdicts else not deciding


def _shown(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, set | frozenset):
        shown = sorted(value)[:MAX_SHOWN_VALUES]
        more = f", and {len(value) - len(shown)} more" if len(value) > len(shown) else ""
        value = ", ".join(shown) + more if shown else "none"
    text = str(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
