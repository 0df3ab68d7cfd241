"""Patterns of rules: checked one by one, searched all together.

RE2 matches in time linear in the text. All patterns on one text go into RE2 sets, which find every
pattern that matches in a few passes (measured: 120 patterns on 25 words 7 to 40 µs, one by one 400 µs).
"""

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import re2

from tenfold.policy.syntax import ExpressionError
from tenfold.policy.tree import Literal

MAX_PROGRAM = 5_000  # instructions of one pattern after compilation
SET_PROGRAM = 2_500  # of all patterns of one set: more make too many states (measured: `policy` bench)
# Of one set: many times what its program needs, so that there is always room to search; when its
# states fill the rest, RE2 forgets them and goes on.
SET_MEMORY = 8 * 1024 * 1024
_ASCII_ONLY = ("\\b", "\\B", "\\w", "\\W")
_FOREIGN = {
    "(?=": "RE2 has no look-ahead; write two conditions joined by `and`",
    "(?!": "RE2 has no look-ahead; write `and not matches(…)`",
    "(?<=": "RE2 has no look-behind; match the words before as well",
    "(?<!": "RE2 has no look-behind; write `and not matches(…)`",
    "\\1": "RE2 has no back-references",
    "\\Z": "RE2 writes \\z",
}
_EDGE = r"[^\pL\pN\pM_]"


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = SET_MEMORY
    return options


@functools.lru_cache(maxsize=4_096)
def compiled(pattern: str) -> Any:
    """The RE2 of a pattern that `check` has accepted."""
    return re2.compile(pattern, _options())


def check(literal: Literal) -> None:
    """Refuse a pattern that is wrong, too large, or cannot do what its author thinks."""
    pattern = str(literal.value)
    place = (literal.start, literal.end)
    try:
        program = compiled(pattern)
    except (re2.error, UnicodeEncodeError) as error:
        hint = next((hint for sign, hint in _FOREIGN.items() if sign in pattern), "patterns are RE2's")
        raise ExpressionError(f"no pattern: {_reason(error)}", *place, hint) from None
    if program.programsize > MAX_PROGRAM:
        hint = "shorten repetitions such as {1,200}, or use a bank for long lists"
        raise ExpressionError("this pattern is too large when compiled", *place, hint)
    if program.search("") is not None:
        raise ExpressionError("this pattern matches every text", *place, "make something in it required")
    if not pattern.isascii() and any(sign in pattern.replace("\\\\", "") for sign in _ASCII_ONLY):
        hint = "use has_words(text, '…'), or \\pL for letters of every script"
        message = "\\b and \\w know Latin letters only and never match beside other letters"
        raise ExpressionError(message, *place, hint)


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)


class Pattern(NamedTuple):
    """What is searched, and what a match must also pass; None when the search is exact."""

    search: str
    confirm: str | None


def words(phrase: str) -> Pattern:
    """The pattern of `has_words`: the words in order, any space between, any case, whole in any script.

    The edges of words in every script are a large program, so they are looked at after a match only.
    """
    inner = "(?i)" + r"\s+".join(re2.escape(word) for word in phrase.split())
    return Pattern(inner, f"(?:^|{_EDGE}){inner}(?:$|{_EDGE})")


def edge(character: str) -> bool:
    """Whether a word of `has_words` can begin or end with the character."""
    return compiled(_EDGE).search(character) is None


class PatternSet:
    """Finds which of many patterns match a text, in one pass or a few."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._patterns = patterns
        self._sets: list[tuple[Any, tuple[int, ...]]] = []
        chunk: list[int] = []
        size = 0
        for index, pattern in enumerate(patterns):
            program = compiled(pattern.search).programsize
            if chunk and size + program > SET_PROGRAM:
                self._add(chunk)
                chunk, size = [], 0
            chunk.append(index)
            size += program
        if chunk:
            self._add(chunk)

    def _add(self, chunk: list[int]) -> None:
        made = re2.Set.SearchSet(_options())
        for index in chunk:
            made.Add(self._patterns[index].search)
        made.Compile()
        self._sets.append((made, tuple(chunk)))

    def search(self, text: str) -> set[int]:
        """Indexes of the patterns found in the text."""
        encoded = text.encode("utf-8", "replace")
        found: set[int] = set()
        for made, chunk in self._sets:
            for number in made.Match(encoded) or ():
                confirm = self._patterns[chunk[number]].confirm
                if confirm is None or compiled(confirm).search(text) is not None:
                    found.add(chunk[number])
        return found


@functools.lru_cache(maxsize=256)
def pattern_set(patterns: tuple[Pattern, ...]) -> PatternSet:
    """The set of these patterns, shared by all programs that search for the same ones."""
    return PatternSet(patterns)
