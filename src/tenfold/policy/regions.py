"""Which values a comparison leaves possible: finds conditions that can never, or always, be true."""

import math
from dataclasses import dataclass, replace

from tenfold.policy.schema import Type
from tenfold.policy.tree import And, Collection, Compare, Literal, Node, Not, Or, canonical

_NEGATED = {
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "==": "!=",
    "!=": "==",
    "in": "not in",
    "not in": "in",
}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}

Value = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Test:
    """`subject operator values`: a comparison of an expression with constants."""

    subject: Node
    operator: str
    values: tuple[Value, ...]
    node: Node

    @property
    def negated(self) -> "Test":
        """The test that is true where this one is false."""
        return replace(self, operator=_NEGATED[self.operator])


def test_of(node: Node) -> Test | None:
    """The node as a comparison with constants; None when it is something else."""
    if isinstance(node, Not):
        inner = test_of(node.operand)
        return replace(inner.negated, node=node) if inner else None
    if not isinstance(node, Compare):
        return None
    if isinstance(node.right, Collection):
        return Test(node.left, node.operator, tuple(item.value for item in node.right.items), node)
    if isinstance(node.right, Literal) and node.operator in _MIRRORED:
        return Test(node.left, node.operator, (node.right.value,), node)
    if isinstance(node.left, Literal) and node.operator in _MIRRORED:
        return Test(node.right, _MIRRORED[node.operator], (node.left.value,), node)
    return None


def tests_of(node: And | Or) -> list[Test]:
    """Comparisons with constants among the operands, those of bracketed operands of the same sort too."""
    found: list[Test] = []
    for operand in node.operands:
        if type(operand) is type(node) and isinstance(operand, And | Or):
            found += tests_of(operand)
        elif test := test_of(operand):
            found.append(test)
    return found


def possible(type_: Type, tests: list[Test]) -> bool:
    """Whether some value of the type passes all tests, which are about one expression."""
    if type_.kind == "number":
        return _number_possible(type_, tests)
    if type_.kind == "set":
        return True
    allowed: set[Value] | None = set(type_.values) or None
    if type_.kind == "bool":
        allowed = {True, False}
    excluded: set[Value] = set()
    for test in tests:
        if test.operator in ("==", "in"):
            allowed = set(test.values) if allowed is None else allowed & set(test.values)
        elif test.operator in ("!=", "not in"):
            excluded |= set(test.values)
    return allowed is None or bool(allowed - excluded)


def _number_possible(type_: Type, tests: list[Test]) -> bool:
    low, high = type_.minimum, type_.maximum
    bottom = (-math.inf if low is None else low, 0)  # the second part is 1 when the end is left out
    top = (math.inf if high is None else high, 0)
    for test in tests:
        if test.operator in ("in", "not in", "!=") or not isinstance(test.values[0], int | float):
            continue
        value = float(test.values[0])
        if test.operator in (">", ">=", "=="):
            bottom = max(bottom, (value, int(test.operator == ">")))
        if test.operator in ("<", "<=", "=="):
            top = min(top, (value, -int(test.operator == "<")))
    if type_.integer and math.isfinite(bottom[0]):
        bottom = (math.floor(bottom[0]) + 1 if bottom[1] else math.ceil(bottom[0]), 0)
    if type_.integer and math.isfinite(top[0]):
        top = (math.ceil(top[0]) - 1 if top[1] else math.floor(top[0]), 0)
    return bottom[0] < top[0] or (bottom[0] == top[0] and bottom[1] == 0 and top[1] == 0)


def by_subject(tests: list[Test]) -> dict[str, list[Test]]:
    """Tests grouped by the expression they are about."""
    groups: dict[str, list[Test]] = {}
    for test in tests:
        groups.setdefault(canonical(test.subject), []).append(test)
    return groups
