"""The expression language: text to a tree, with the place of every part.

A subset of Python's expressions. Two things differ, both on purpose: text is always raw (a backslash
stands for itself, so patterns read as they are matched), and there is no name, attribute, call or
operator beyond those listed here. docs/policy.md has the grammar.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NoReturn

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
)

MAX_LENGTH = 8_000  # characters of one expression
MAX_DEPTH = 24  # of brackets, `not` and signs within each other
MAX_NODES = 1_000
MAX_ARITHMETIC = 40  # + - * / in one expression


class ExpressionError(ValueError):
    """Why the text is no expression, and where: `[start, end)` in its characters."""

    def __init__(self, message: str, start: int, end: int, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.start, self.end, self.hint = message, start, end, hint


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text: kind is number, text, name, symbol or end."""

    kind: str
    text: str
    start: int
    end: int


_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"""
    r"""|(?P<text>r?(?:'[^'\n]*'|"[^"\n]*"))"""
    r"""|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)"""
    r"""|(?P<symbol><=|>=|==|!=|[-<>+*/()\[\]{},])"""
)
_TRUTH = {"True": True, "true": True, "False": False, "false": False}
_KEYWORDS = frozenset({"and", "or", "not", "in"})
_COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!=", "in"})
_NOTHING = frozenset({"None", "null", "none"})
_FOREIGN = {
    "=": "compare with `==`",
    "!": "write `not`",
    "&": "write `and`, or any_of(…) for sets",
    "|": "write `or`",
    "%": "only + - * / are known",
    "“": "quote text with ' or \"",
    "”": "quote text with ' or \"",
    "‘": "quote text with ' or \"",
    "’": "quote text with ' or \"",
    "#": "write comments outside of expressions",
}


def tokens(text: str) -> list[Token]:
    """Cut the text into tokens, without the spaces; raises ExpressionError."""
    found: list[Token] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise _no_token(text, place)
        kind = match.lastgroup or ""
        if kind != "space":
            found.append(Token(kind, match[0], place, match.end()))
        place = match.end()
    found.append(Token("end", "", len(text), len(text)))
    return found


def _no_token(text: str, place: int) -> ExpressionError:
    character = text[place]
    if character in "'\"":
        end = text.find("\n", place)
        hint = "close it with the same mark; a text cannot go over the end of a line"
        return ExpressionError("this text has no end", place, end if end > 0 else len(text), hint)
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    hint = _FOREIGN.get(
        character, "names are Latin letters; put text in quotes" if character.isalpha() else ""
    )
    return ExpressionError(f"unexpected character {shown}", place, place + 1, hint)


def parse(text: str) -> Node:
    """The tree of an expression; raises ExpressionError at the first thing that cannot be read."""
    if len(text) > MAX_LENGTH:
        message = f"{len(text):,} characters are too many for one expression"
        raise ExpressionError(
            message, 0, 1, f"at most {MAX_LENGTH:,}: split the rule, or use a set or a bank"
        )
    return _Parser(tokens(text)).whole()


class _Parser:
    """Recursive descent; `_level` counts nesting, so hostile text cannot exhaust the stack."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._next = 0
        self._level = 0
        self._nodes = 0
        self._arithmetic = 0

    def whole(self) -> Node:
        if self._peek().kind == "end":
            raise ExpressionError(
                "the expression is empty", 0, 1, "write a condition, such as post.length > 10"
            )
        node = self._or()
        if self._peek().kind != "end":
            self._unexpected(self._peek(), "after a complete condition")
        return node

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += token.kind != "end"
        self._nodes += 1
        if self._nodes > MAX_NODES:
            message = f"more than {MAX_NODES:,} parts in one expression"
            raise ExpressionError(message, token.start, token.end, "split the rule, or use a set or a bank")
        return token

    def _at(self, *words: str) -> bool:
        token = self._peek()
        return token.text in words and token.kind in ("symbol", "name")

    def _expect(self, symbol: str, opened: Token) -> Token:
        if not self._at(symbol):
            self._unexpected(self._peek(), f"{opened.text} wants its {symbol}")
        return self._take()

    def _unexpected(self, token: Token, why: str) -> NoReturn:
        shown = "the end" if token.kind == "end" else f"`{token.text}`"
        hint = ""
        if token.text == "is":
            hint = "compare with ==, or ask known(field)"
        elif token.kind in ("name", "text", "number") and "after" in why:
            hint = "is `and` or `or` missing?"
        raise ExpressionError(
            f"unexpected {shown}: {why}", token.start, max(token.end, token.start + 1), hint
        )

    def _deeper(self, token: Token) -> None:
        self._level += 1
        if self._level > MAX_DEPTH:
            message = f"nested more than {MAX_DEPTH} deep"
            raise ExpressionError(message, token.start, token.end, "split the rule, or remove brackets")

    def _or(self) -> Node:
        operands = [self._and()]
        while self._at("or"):
            self._take()
            operands.append(self._and())
        return operands[0] if len(operands) == 1 else Or(operands[0].start, operands[-1].end, tuple(operands))

    def _and(self) -> Node:
        operands = [self._not()]
        while self._at("and"):
            self._take()
            operands.append(self._not())
        return (
            operands[0] if len(operands) == 1 else And(operands[0].start, operands[-1].end, tuple(operands))
        )

    def _not(self) -> Node:
        if not self._at("not"):
            return self._comparison()
        token = self._take()
        self._deeper(token)
        operand = self._not()
        self._level -= 1
        return Not(token.start, operand.end, operand)

    def _comparison(self) -> Node:
        left = self._sum()
        pairs: list[Node] = []
        while operator := self._operator():
            right = self._sum()
            pairs.append(Compare(left.start, right.end, left, operator, right))
            left = right
        if not pairs:
            return left
        return pairs[0] if len(pairs) == 1 else And(pairs[0].start, pairs[-1].end, tuple(pairs))

    def _operator(self) -> str:
        if self._at(*_COMPARISONS):
            return self._take().text
        if self._at("not"):
            token = self._take()
            if not self._at("in"):
                self._unexpected(token, "after a complete condition")
            self._take()
            return "not in"
        return ""

    def _sum(self) -> Node:
        left = self._product()
        while self._at("+", "-"):
            left = self._calculation(left, self._product)
        return left

    def _product(self) -> Node:
        left = self._signed()
        while self._at("*", "/"):
            left = self._calculation(left, self._signed)
        return left

    def _calculation(self, left: Node, operand: Callable[[], Node]) -> Node:
        operator = self._take()
        self._arithmetic += 1
        if self._arithmetic > MAX_ARITHMETIC:
            message = f"more than {MAX_ARITHMETIC} calculations in one expression"
            raise ExpressionError(message, operator.start, operator.end, "split the rule")
        right = operand()
        return Arithmetic(left.start, right.end, left, operator.text, right)

    def _signed(self) -> Node:
        if not self._at("-"):
            return self._primary()
        token = self._take()
        self._deeper(token)
        operand = self._signed()
        self._level -= 1
        if isinstance(operand, Literal) and type(operand.value) in (int, float):
            return Literal(token.start, operand.end, -operand.value)  # type: ignore[operator]
        return Negative(token.start, operand.end, operand)

    def _primary(self) -> Node:
        token = self._take()
        if token.kind == "number":
            return Literal(token.start, token.end, self._number(token))
        if token.kind == "text":
            return Literal(token.start, token.end, token.text.removeprefix("r")[1:-1])
        if token.kind == "name" and token.text in _TRUTH:
            return Literal(token.start, token.end, _TRUTH[token.text])
        if token.kind == "name" and token.text in _NOTHING:
            hint = "ask known(field), or not known(field)"
            raise ExpressionError("there is no null in rules", token.start, token.end, hint)
        if token.kind == "name" and token.text not in _KEYWORDS:
            return self._call(token) if self._at("(") else Field(token.start, token.end, token.text)
        if token.text == "(":
            return self._bracketed(token)
        if token.text in ("[", "{"):
            return self._collection(token)
        self._unexpected(token, "a field, a value or a bracket should stand here")

    def _number(self, token: Token) -> int | float:
        number = float(token.text)
        if number > 1e300 or len(token.text) > 40:
            raise ExpressionError("this number is too large", token.start, token.end)
        return int(token.text) if token.text.isdigit() else number

    def _bracketed(self, token: Token) -> Node:
        self._deeper(token)
        node = self._or()
        closed = self._expect(")", token)
        self._level -= 1
        return replace(node, start=token.start, end=closed.end)  # its text has the brackets

    def _call(self, name: Token) -> Node:
        opened = self._take()
        self._deeper(opened)
        arguments: list[Node] = []
        while not self._at(")"):
            arguments.append(self._or())
            if not self._at(","):
                break
            self._take()
        closed = self._expect(")", opened)
        self._level -= 1
        return Call(name.start, closed.end, name.text, name.end, tuple(arguments))

    def _collection(self, opened: Token) -> Node:
        closing = "]" if opened.text == "[" else "}"
        items: list[Literal] = []
        while not self._at(closing):
            item = self._signed()
            if not isinstance(item, Literal):
                raise ExpressionError("a list holds texts or numbers only", item.start, item.end)
            items.append(item)
            if not self._at(","):
                break
            self._take()
        closed = self._expect(closing, opened)
        return Collection(opened.start, closed.end, tuple(items))
