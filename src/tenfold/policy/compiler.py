"""Checked expressions to Python functions.

Rules that apply to the same facts become ONE function: fields are read once, conditions that several
rules share are computed once, all patterns on one text are searched in one pass. The source is made
from our own checked tree, with field names from the schema and constants by `repr`: no text of a
policy file ever becomes code.

Three-valued logic costs nothing at run time: each condition is compiled to "surely true" (`_true`) or
"surely false" (`_false`), so `not` swaps the two and unknown is simply neither.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence, Set
from datetime import UTC
from functools import cached_property
from typing import Any

from tenfold.policy.facts import NOTHING, Facts
from tenfold.policy.patterns import Pattern, PatternSet, pattern_set, words
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
    canonical,
)
from tenfold.policy.values import EMPTY, GROUPS, Defaults, calculate

Program = Callable[[Facts], list[int]]

_INVERSE = {
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "==": "!=",
    "!=": "==",
    "in": "not in",
    "not in": "in",
}
_PATTERNS = ("matches", "has_words")


def compile_conditions(conditions: Sequence[Node], defaults: Defaults) -> Program:
    """A function from facts to the indexes of the conditions that are true of them."""
    return compile_programs([conditions], defaults)[0]


def compile_programs(programs: Sequence[Sequence[Node]], defaults: Defaults) -> list[Program]:
    """One such function for each list of conditions. Asked about the same facts, they search a text once."""
    searches: Searches = {}
    surveys = [_Writer(defaults, Counter(), searches) for _ in programs]
    for survey, conditions in zip(surveys, programs, strict=True):
        survey.source(conditions)
    return [
        _compiled(_Writer(defaults, survey.uses, searches), conditions)
        for survey, conditions in zip(surveys, programs, strict=True)
    ]


def _compiled(writer: "_Writer", conditions: Sequence[Node]) -> Program:
    source = writer.source(conditions)
    namespace: dict[str, Any] = {**writer.constants, "calculate": calculate, "UTC": UTC, "NOTHING": NOTHING}
    namespace["EMPTY"] = EMPTY
    exec(compile(source, "<policy>", "exec"), namespace)  # noqa: S102 - made from the checked tree only
    program: Program = namespace["run"]
    return program


class Search:
    """All patterns that some programs look for in one text of the facts."""

    def __init__(self) -> None:
        self._indexes: dict[Pattern, int] = {}

    def index(self, pattern: Pattern) -> int:
        """The number by which `find` tells of a pattern; new ones are taken in until the first text comes."""
        return self._indexes.setdefault(pattern, len(self._indexes))

    @cached_property
    def _patterns(self) -> PatternSet:
        return pattern_set(tuple(self._indexes))

    def find(self, facts: Facts, text: str) -> Set[int]:
        """Numbers of the patterns found in the text, which the facts keep for whoever asks next."""
        found = facts.found.get(self)
        if found is None:
            found = facts.found[self] = self._patterns.search(text)
        return found


Searches = dict[str, Search]  # by canonical text of the expression that gives the text


class _Writer:
    """Writes the source of one program; `uses` says which conditions several rules share."""

    def __init__(self, defaults: Defaults, uses: "Counter[str]", searches: Searches) -> None:
        self._defaults, self._searches = defaults, searches
        self._shared = {source for source, count in uses.items() if count > 1}
        self.uses: Counter[str] = Counter()
        self.constants: dict[str, Any] = {}
        self._prelude: list[str] = []
        self._numbers: Counter[str] = Counter()
        self._names: dict[str, str] = {}  # by canonical text or source: the local that holds it

    def source(self, conditions: Sequence[Node]) -> str:
        """The whole function."""
        tests = [self._true(condition) for condition in conditions]
        body = [*self._prelude, "fired = []"]
        body += [f"if {test}: fired.append({index})" for index, test in enumerate(tests)]
        parameters = "".join(f", {name}={name}" for name in self.constants)
        return "\n    ".join([f"def run(facts{parameters}):", *body, "return fired\n"])

    def _constant(self, value: Any) -> str:
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        return name

    def _local(self, key: str, prefix: str, source: str) -> str:
        """A local that holds `source`, computed once before all conditions."""
        if key not in self._names:
            # Numbers are kept apart by prefix: sharing conditions does not rename fields and values.
            self._numbers[prefix] += 1
            self._names[key] = f"{prefix}{self._numbers[prefix]}"
            self._prelude.append(f"{self._names[key]} = {source}")
        return self._names[key]

    def _field(self, path: str) -> str:
        if path in self._names:
            return self._names[path]
        group, _, name = path.partition(".")
        if group == "event":
            source = "facts.event_type" if name == "type" else "facts.time.astimezone(UTC).hour"
        elif group == "counters":
            source = f"facts.counters.get({name!r})"
        elif group == "sets":
            source = f"facts.sets.get({name!r}, {self._constant(self._defaults.sets[name])})"
        elif group == "signals":
            signal, _, name = name.partition(".")
            found = self._signal(signal)
            source = f"{found}.get({name!r})"
        else:
            assert group in GROUPS
            values = self._local(f"group {group}", "g", f"facts.{group} or NOTHING")
            source = f"{values}.get({name!r})"
        return self._local(path, "f", source)

    def _signal(self, signal: str) -> str:
        if f"signal {signal}" in self._names:
            return self._names[f"signal {signal}"]
        signals = self._local("signals", "g", "facts.signals")
        nothing = self._constant(self._defaults.signals[signal])
        source = f"NOTHING if {signals} is None else {signals}.get({signal!r}) or {nothing}"
        return self._local(f"signal {signal}", "g", source)

    def _value(self, node: Node) -> str:
        """A local or constant that holds the node's value, None when unknown."""
        if isinstance(node, Field):
            return self._field(node.path)
        if isinstance(node, Literal):
            return repr(node.value)
        if isinstance(node, Collection):
            return self._constant(frozenset(item.value for item in node.items))
        if isinstance(node, Arithmetic):
            source = f"calculate({node.operator!r}, {self._value(node.left)}, {self._value(node.right)})"
        elif isinstance(node, Negative):
            source = f"calculate('-', 0, {self._value(node.operand)})"
        elif isinstance(node, Call) and node.name in ("lower", "len", "count"):
            argument = self._value(node.arguments[0])
            call = f"{argument}.lower()" if node.name == "lower" else f"len({argument})"
            source = call if _is_literal(argument) else f"None if {argument} is None else {call}"
        else:
            source = f"True if {self._true(node)} else False if {self._false(node)} else None"
        return self._local(f"value {canonical(node)}", "v", source)

    def _true(self, node: Node) -> str:
        """Source that is truthy where the condition is surely true."""
        if isinstance(node, And | Or):
            return self._joined(node.operands, " and " if isinstance(node, And) else " or ", self._true)
        if isinstance(node, Not):
            return self._false(node.operand)
        if isinstance(node, Call) and node.name == "at_least":
            wanted, operands = _at_least(node)
            return f"({self._tally(operands, self._true)} >= {wanted})"
        return self._leaf(node, True)

    def _false(self, node: Node) -> str:
        """Source that is truthy where the condition is surely false."""
        if isinstance(node, And | Or):
            return self._joined(node.operands, " or " if isinstance(node, And) else " and ", self._false)
        if isinstance(node, Not):
            return self._true(node.operand)
        if isinstance(node, Call) and node.name == "at_least":
            wanted, operands = _at_least(node)
            return f"({self._tally(operands, self._false)} > {len(operands) - wanted})"
        return self._leaf(node, False)

    def _joined(self, operands: Sequence[Node], word: str, side: Callable[[Node], str]) -> str:
        return f"({word.join(side(operand) for operand in operands)})"

    def _tally(self, operands: Sequence[Node], side: Callable[[Node], str]) -> str:
        return "(" + " + ".join(f"(1 if {side(operand)} else 0)" for operand in operands) + ")"

    def _leaf(self, node: Node, wanted: bool) -> str:
        source = self._comparison(node, wanted) if isinstance(node, Compare) else self._test(node, wanted)
        self.uses[source] += 1
        if source in self._shared and not source.isidentifier():
            return self._local(f"condition {source}", "c", source)
        return source if source.isidentifier() else f"({source})"

    def _comparison(self, node: Compare, wanted: bool) -> str:
        operator = node.operator if wanted else _INVERSE[node.operator]
        left = self._value(node.left)
        if isinstance(node.right, Collection):
            right = "{" + ", ".join(repr(item.value) for item in node.right.items) + "}"
            return f"{left} is not None and {left} {operator} {right}"
        right = self._value(node.right)
        return _guarded((left, right), f"{left} {operator} {right}")

    def _test(self, node: Node, wanted: bool) -> str:
        """A condition that is a field, a constant or a call."""
        if not isinstance(node, Call):
            value = self._value(node)
            return value if wanted else f"{value} is False"
        if node.name in _PATTERNS:
            return self._pattern(node, wanted)
        arguments = [self._value(argument) for argument in node.arguments]
        if node.name == "known":
            return f"{arguments[0]} is {'not ' if wanted else ''}None"
        first, second = arguments
        test, opposite = {
            "contains": (f"{second} in {first}", f"{second} not in {first}"),
            "startswith": (f"{first}.startswith({second})", f"not {first}.startswith({second})"),
            "endswith": (f"{first}.endswith({second})", f"not {first}.endswith({second})"),
            "any_of": (f"not {first}.isdisjoint({second})", f"{first}.isdisjoint({second})"),
            "all_of": (f"{first}.issuperset({second})", f"not {first}.issuperset({second})"),
        }[node.name]
        return _guarded((first, second), test if wanted else opposite)

    def _pattern(self, node: Call, wanted: bool) -> str:
        text = self._value(node.arguments[0])
        search = self._searches.setdefault(canonical(node.arguments[0]), Search())
        self.constants[f"find_{text}"] = search.find
        source = f"find_{text}(facts, {text}) if {text} is not None else EMPTY"
        found = self._local(f"found {text}", "h", source)
        index = search.index(pattern_of(node))
        return f"{index} in {found}" if wanted else f"{text} is not None and {index} not in {found}"


def pattern_of(node: Call) -> Pattern:
    """The pattern that a call of `matches` or `has_words` searches for."""
    literal = node.arguments[1]
    assert isinstance(literal, Literal)
    return Pattern(str(literal.value), None) if node.name == "matches" else words(str(literal.value))


def _at_least(node: Call) -> tuple[int, tuple[Node, ...]]:
    wanted = node.arguments[0]
    assert isinstance(wanted, Literal)
    return int(wanted.value), node.arguments[1:]


def _guarded(values: Sequence[str], test: str) -> str:
    """The test, tried only when no value is unknown."""
    guards = [f"{value} is not None" for value in dict.fromkeys(values) if not _is_literal(value)]
    return " and ".join([*guards, test])


_LOCAL = re.compile(r"[fgvc]\d+")


def _is_literal(source: str) -> bool:
    return _LOCAL.fullmatch(source) is None
