"""The tree of an expression: its parts, each with its place in the text."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression, at `[start, end)` of its text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, text or truth value."""

    value: bool | int | float | str


@dataclass(frozen=True, slots=True)
class Collection(Node):
    """A list or set of literals, in brackets or braces."""

    items: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Field(Node):
    """A dotted path such as `signals.terms.banks`."""

    path: str


@dataclass(frozen=True, slots=True)
class Not(Node):
    """`not` condition."""

    operand: Node


@dataclass(frozen=True, slots=True)
class And(Node):
    """Two or more conditions that must all be true."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    """Two or more conditions, one of which must be true."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """One comparison; a chain `a < b < c` is the And of two. `operator` is < <= > >= == != in or not in."""

    left: Node
    operator: str
    right: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """Two numbers and + - * or /."""

    left: Node
    operator: str
    right: Node


@dataclass(frozen=True, slots=True)
class Negative(Node):
    """A number with its sign turned."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function of policy/schema.py with its arguments."""

    name: str
    name_end: int
    arguments: tuple[Node, ...]


def children(node: Node) -> tuple[Node, ...]:
    """The parts of a node, in the order of the text."""
    if isinstance(node, And | Or):
        return node.operands
    if isinstance(node, Compare | Arithmetic):
        return (node.left, node.right)
    if isinstance(node, Not | Negative):
        return (node.operand,)
    if isinstance(node, Call):
        return node.arguments
    return node.items if isinstance(node, Collection) else ()


def fields(node: Node) -> Iterator[str]:
    """Paths of every field that the expression reads, with repetitions."""
    if isinstance(node, Field):
        yield node.path
    for child in children(node):
        yield from fields(child)


def canonical(node: Node) -> str:
    """The expression without its layout: equal for expressions that mean the same, part by part."""
    if isinstance(node, Field):
        return node.path
    if isinstance(node, Literal):
        return repr(node.value)
    if isinstance(node, Compare | Arithmetic):
        return f"({canonical(node.left)} {node.operator} {canonical(node.right)})"
    name = node.name if isinstance(node, Call) else type(node).__name__
    return f"{name}({', '.join(canonical(child) for child in children(node))})"
