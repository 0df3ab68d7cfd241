"""Whether an expression makes sense: fields that exist, types that fit, conditions that can differ.

`check` collects every mistake of an expression, not the first one only.
"""

from collections.abc import Callable

from tenfold.policy import patterns
from tenfold.policy.regions import Test, by_subject, possible, test_of, tests_of
from tenfold.policy.schema import BOOL, COUNT, FUNCTIONS, NUMBER, SET, TEXT, Schema, Type, nearest
from tenfold.policy.syntax import ExpressionError
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
    fields,
)

_ORDERED = ("<", "<=", ">", ">=")
_NAMES = {"bool": "a condition", "number": "a number", "text": "a text", "set": "a set of texts"}


def check(node: Node, schema: Schema) -> list[ExpressionError]:
    """Every mistake in a condition, in the order of the text; empty when it can be compiled."""
    checker = _Checker(schema)
    checker.condition(node)
    return sorted(checker.errors, key=lambda error: (error.start, error.end))


class _Checker:
    """Types from the leaves up; a part whose type is None has been complained about."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.errors: list[ExpressionError] = []

    def _refuse(self, node: Node, message: str, hint: str = "") -> None:
        self.errors.append(ExpressionError(message, node.start, max(node.end, node.start + 1), hint))

    def condition(self, node: Node) -> None:
        """The node must be true or false."""
        type_ = self.type_of(node)
        if type_ is None:
            return
        if isinstance(node, Literal):
            self._refuse(node, "a constant is no condition", "compare a field with it")
        elif type_.kind != "bool":
            hints = {"set": "ask count(…) > 0", "text": "ask known(…), or compare it", "number": "compare it"}
            self._refuse(node, f"this is {_NAMES[type_.kind]}, not a condition", hints[type_.kind])

    def type_of(self, node: Node) -> Type | None:
        """The type of a part; complains about everything wrong below it."""
        if isinstance(node, And | Or):
            return self._combined(node)
        if isinstance(node, Not):
            self.condition(node.operand)
            return BOOL
        if isinstance(node, Compare):
            return self._compared(node)
        if isinstance(node, Arithmetic):
            return self._calculated(node)
        if isinstance(node, Negative):
            return self._number(node.operand)
        if isinstance(node, Call):
            return self._called(node)
        if isinstance(node, Field):
            return self._field(node)
        if isinstance(node, Collection):
            self._refuse(node, "a list stands only after `in`, or in any_of and all_of")
            return None
        assert isinstance(node, Literal)
        return _literal_type(node)

    def _field(self, node: Field) -> Type | None:
        declared = self.schema.fields.get(node.path)
        if declared is not None:
            return declared.type
        head = node.path.split(".")[0]
        own = [path for path in self.schema.fields if path.startswith(f"{head}.")]
        meant = nearest(node.path, own if head in ("counters", "sets") else self.schema.fields)
        hint = f"did you mean `{meant}`?" if meant else ""
        if head in ("counters", "sets") and node.path.count(".") == 1:
            self._refuse(node, f"`{node.path}` is not declared", hint or f"declare it under `{head}:`")
        elif node.path in FUNCTIONS:
            self._refuse(node, f"`{node.path}` is a function", f"call it: {node.path}(…)")
        else:
            self._refuse(node, f"unknown field `{node.path}`", hint or "`tenfold policy fields` lists them")
        return None

    def _combined(self, node: And | Or) -> Type:
        for operand in node.operands:
            self.condition(operand)
        self._contradictions(node)
        seen: dict[str, Node] = {}
        for operand in node.operands:
            text = canonical(operand)
            opposite = canonical(operand.operand) if isinstance(operand, Not) else f"Not({text})"
            if text in seen:
                self._refuse(operand, "this part stands here twice", "remove one")
            elif opposite in seen:
                always = "never" if isinstance(node, And) else "always"
                self._refuse(operand, f"this is {always} true: its opposite stands beside it")
            seen[text] = operand
        return BOOL

    def _contradictions(self, node: And | Or) -> None:
        for tests in by_subject(tests_of(node)).values():
            type_ = self._quiet_type(tests[0].subject)
            if type_ is None or len(tests) < 2 or any(not self._differs(type_, test) for test in tests):
                continue
            asked = tests if isinstance(node, And) else [test.negated for test in tests]
            if not possible(type_, asked):
                subject = canonical(tests[0].subject)
                always = "never" if isinstance(node, And) else "always"
                message = f"together with what stands before, this is {always} true of `{subject}`"
                self._refuse(tests[-1].node, message)

    def _quiet_type(self, node: Node) -> Type | None:
        """The type without complaints: they were made where the node was met first."""
        return _Checker(self.schema).type_of(node)

    def _compared(self, node: Compare) -> Type:
        before = len(self.errors)
        if node.operator in ("in", "not in"):
            self._membership(node)
        else:
            self._pair(node)
        if len(self.errors) == before:
            self._pointless(node)
        return BOOL

    def _pair(self, node: Compare) -> None:
        left, right = self.type_of(node.left), self.type_of(node.right)
        if left is None or right is None:
            return
        if left.kind != right.kind:
            message = f"{_NAMES[left.kind]} is compared with {_NAMES[right.kind]}"
            self._refuse(node.right, message, f"`{canonical(node.left)}` holds {left}")
        elif left.kind == "set":
            self._refuse(node, "sets are not compared", "ask any_of(…), all_of(…) or count(…)")
        elif left.kind != "number" and node.operator in _ORDERED:
            self._refuse(node, f"{node.operator} compares numbers only")
        for side, other in ((node.left, right), (node.right, left)):
            if isinstance(side, Literal) and left.kind == right.kind == "text":
                self._word(side, other)

    def _word(self, literal: Literal, type_: Type) -> None:
        if type_.values and literal.value not in type_.values:
            meant = nearest(str(literal.value), type_.values)
            hint = f"did you mean '{meant}'?" if meant else "one of " + ", ".join(type_.values)
            self._refuse(literal, f"'{literal.value}' is never its value", hint)

    def _membership(self, node: Compare) -> None:
        left = self.type_of(node.left)
        if isinstance(node.right, Collection):
            if left is not None:
                self._among(node, left, node.right)
            return
        right = self.type_of(node.right)
        if left is None or right is None:
            return
        if right.kind not in ("set", "text"):
            self._refuse(node.right, f"`in` wants a set, a list or a text, not {_NAMES[right.kind]}")
        elif left.kind != "text":
            hint = "ask any_of(…, …)" if left.kind == "set" else ""
            self._refuse(node.left, f"{_NAMES[left.kind]} is not looked for with `in`", hint)
        elif right.kind == "text":
            self._part(node.left)
        elif right.values and isinstance(node.left, Literal):
            self._word(node.left, right)

    def _among(self, node: Compare, left: Type, collection: Collection) -> None:
        if not collection.items:
            self._refuse(collection, "this list is empty")
        if left.kind not in ("text", "number"):
            hint = "ask any_of(…, …)" if left.kind == "set" else ""
            self._refuse(node.left, f"{_NAMES[left.kind]} is not looked for with `in`", hint)
            return
        for item in collection.items:
            type_ = _literal_type(item)
            if type_.kind != left.kind:
                self._refuse(item, f"{_NAMES[left.kind]} is compared with {_NAMES[type_.kind]}")
            elif left.kind == "text":
                self._word(item, left)
            elif not possible(left, [Test(node.left, "==", (item.value,), item)]):
                self._refuse(item, f"never its value: `{canonical(node.left)}` holds {left}")

    def _pointless(self, node: Compare) -> None:
        """Refuse a comparison whose answer does not depend on the facts."""
        if not any(fields(node)):
            self._refuse(node, "this compares constants and looks at no field")
        elif canonical(node.left) == canonical(node.right):
            self._refuse(node, "this compares a thing with itself")
        elif (test := test_of(node)) and (type_ := self._quiet_type(test.subject)):
            if not possible(type_, [test]):
                self._refuse(node, f"never true: `{canonical(test.subject)}` holds {type_}")
            elif not possible(type_, [test.negated]):
                self._refuse(
                    node, f"always true: `{canonical(test.subject)}` holds {type_}", "or ask known(…)"
                )

    def _differs(self, type_: Type, test: Test) -> bool:
        return possible(type_, [test]) and possible(type_, [test.negated])

    def _calculated(self, node: Arithmetic) -> Type | None:
        left, right = self._number(node.left), self._number(node.right)
        if node.operator == "/" and isinstance(node.right, Literal) and node.right.value == 0:
            self._refuse(node.right, "division by zero")
        return NUMBER if left and right else None

    def _number(self, node: Node) -> Type | None:
        type_ = self.type_of(node)
        if type_ is None or type_.kind == "number":
            return NUMBER if type_ else None
        self._refuse(node, f"a number should stand here, not {_NAMES[type_.kind]}")
        return None

    def _called(self, node: Call) -> Type | None:
        function = FUNCTIONS.get(node.name)
        if function is None:
            meant = nearest(node.name, FUNCTIONS)
            hint = f"did you mean `{meant}`?" if meant else "known: " + ", ".join(FUNCTIONS)
            name = Node(node.start, node.name_end)
            self._refuse(name, f"unknown function `{node.name}`", hint)
            for argument in node.arguments:
                if not isinstance(argument, Collection):
                    self.type_of(argument)
            return None
        if node.name == "at_least":
            self._at_least(node)
            return BOOL
        if len(node.arguments) != len(function.arguments):
            wanted = ", ".join(function.arguments)
            self._refuse(node, f"{node.name} takes {len(function.arguments)}: {node.name}({wanted})")
            return function.result
        checks: dict[str, Callable[[Node], None]] = {
            "text": lambda n: self._wants(n, TEXT),
            "set": self._set,
            "pattern": self._pattern,
            "words": self._words,
            "any": self._known,
        }
        for wanted, argument in zip(function.arguments, node.arguments, strict=True):
            checks[wanted](argument)
        if node.name in ("contains", "startswith", "endswith"):
            self._part(node.arguments[1])
        self._needs_field(node)
        return function.result

    def _needs_field(self, node: Call) -> None:
        if not any(fields(node)):
            self._refuse(node, "this looks at no field")

    def _wants(self, node: Node, wanted: Type) -> None:
        type_ = self.type_of(node)
        if type_ is not None and type_.kind != wanted.kind:
            self._refuse(node, f"{_NAMES[wanted.kind]} should stand here, not {_NAMES[type_.kind]}")

    def _part(self, node: Node) -> None:
        if isinstance(node, Literal) and node.value == "":
            self._refuse(node, "every text holds the empty text")

    def _set(self, node: Node) -> None:
        if not isinstance(node, Collection):
            self._wants(node, SET)
            return
        if not node.items:
            self._refuse(node, "this list is empty")
        for item in node.items:
            if not isinstance(item.value, str):
                self._refuse(item, "sets hold texts only")

    def _pattern(self, node: Node) -> None:
        if not isinstance(node, Literal) or not isinstance(node.value, str):
            self._refuse(node, "a pattern is written out as a text, so that it can be checked")
            return
        try:
            patterns.check(node)
        except ExpressionError as error:
            self.errors.append(error)

    def _words(self, node: Node) -> None:
        if not isinstance(node, Literal) or not isinstance(node.value, str):
            self._refuse(node, "the words are written out as a text")
        elif not any(character.isalnum() for character in node.value):
            self._refuse(node, "there is no word in this text")
        elif not (patterns.edge(node.value.strip()[0]) and patterns.edge(node.value.strip()[-1])):
            self._refuse(node, "has_words begins and ends with a letter or digit", "use contains(…)")

    def _known(self, node: Node) -> None:
        if not isinstance(node, Field):
            self._refuse(node, "known asks about a field")
        elif self.type_of(node) is not None and node.path.startswith("counters."):
            # What is counted is asked for only where a rule can be true without knowing it.
            self._refuse(node, "known does not ask about counters", "compare the number")

    def _at_least(self, node: Call) -> None:
        first, conditions = (node.arguments[:1], node.arguments[1:])
        for condition in conditions:
            self.condition(condition)
        if not first or not isinstance(first[0], Literal) or type(first[0].value) is not int:
            self._refuse(first[0] if first else node, "at_least begins with a whole number", "at_least(2, …)")
        elif not 1 <= first[0].value <= len(conditions):
            self._refuse(first[0], f"between 1 and the {len(conditions)} conditions that follow")


def _literal_type(node: Literal) -> Type:
    if isinstance(node.value, bool):
        return BOOL
    return TEXT if isinstance(node.value, str) else COUNT if type(node.value) is int else NUMBER
