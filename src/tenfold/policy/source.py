"""Policy files as YAML nodes that know their place, down to the character of an expression.

What makes YAML dangerous or ambiguous is refused: anchors and aliases, tags, several documents,
duplicate keys, deep nesting, huge files.
"""

import functools
from collections.abc import Iterator, Sequence
from typing import Any

import yaml
from yaml import Node

from tenfold.policy.errors import PolicyError
from tenfold.policy.schema import nearest
from tenfold.policy.syntax import ExpressionError

MAX_BYTES = 2 * 1024 * 1024  # of one file
MAX_DEPTH = 20
_HEX_ESCAPES = {"x": 4, "u": 6, "U": 10}
_SIMPLE_TAGS = ("!", None)


class Source:
    """One file; collects the mistakes found in it."""

    def __init__(self, file: str, data: bytes) -> None:
        self.file = file
        self.errors: list[PolicyError] = []
        self.text = ""
        if len(data) > MAX_BYTES:
            self.refuse(0, 1, f"the file has {len(data):,} bytes", f"at most {MAX_BYTES:,}; split it")
            return
        try:
            self.text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            self.errors.append(PolicyError(file, line, 1, "not UTF-8", "save the file as UTF-8"))

    @functools.cached_property
    def lines(self) -> list[str]:
        """Lines as they stand in the file, without their ends."""
        return self.text.split("\n")

    @functools.cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line) + 1)
        return starts

    def line_of(self, place: int) -> int:
        """The line, from 1, of a place in the text."""
        low, high = 0, len(self.lines)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._starts[middle] <= place else (low, middle)
        return low + 1

    def refuse(self, start: int, end: int, message: str, hint: str = "") -> None:
        """Note a mistake at `[start, end)` of the text; only its first line is underlined."""
        line = self.line_of(start)
        shown = self.lines[line - 1].rstrip("\r")
        column = start - self._starts[line - 1] + 1
        width = max(1, min(end - start, len(shown) - column + 1))
        self.errors.append(PolicyError(self.file, line, column, message, hint, shown, width))

    def refuse_node(self, node: Node, message: str, hint: str = "") -> None:
        """Note a mistake at a YAML node."""
        end = node.end_mark.index if isinstance(node, yaml.ScalarNode) else node.start_mark.index + 1
        self.refuse(node.start_mark.index, end, message, hint)

    def refuse_expression(self, node: yaml.ScalarNode, error: ExpressionError) -> None:
        """Note a mistake at its characters within an expression."""
        places = places_of(self.text, node)
        start = places[min(error.start, len(places) - 1)]
        end = places[min(error.end - 1, len(places) - 1)] + 1
        self.refuse(start, max(end, start + 1), error.message, error.hint)

    def compose(self) -> yaml.MappingNode | None:
        """The file's mapping; None when it is empty or cannot be read (see `errors`)."""
        if self.errors:
            return None
        try:
            self._check_events()
            node = None if self.errors else yaml.compose(self.text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = min(_index(mark), max(0, len(self.text) - 1))
            self.refuse(place, place + 1, f"not YAML: {error.problem or error.context}")
            return None
        except yaml.reader.ReaderError as error:
            number = error.character if isinstance(error.character, int) else ord(error.character)
            message = f"not YAML: the character U+{number:04X} is not allowed"
            self.refuse(int(error.position), int(error.position) + 1, message)
            return None
        if node is not None and not isinstance(node, yaml.MappingNode):
            self.refuse_node(node, "a policy file is a mapping", "begin with `rules:`")
            return None
        if node is None and not self.errors:
            self.refuse(0, 1, "the file is empty", "begin with `rules:`")
        return node

    def _check_events(self) -> None:
        depth = documents = 0
        for event in yaml.parse(self.text, Loader=yaml.SafeLoader):
            place = _index(event.start_mark)
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
            if documents > 1:
                self.refuse(place, place + 1, "a second document begins here", "use one file for each")
                return
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                self.refuse(
                    place, _index(event.end_mark), "anchors and aliases are not allowed", "write it out"
                )
                return
            if getattr(event, "tag", None) not in _SIMPLE_TAGS:
                self.refuse(
                    place, _index(event.end_mark), "tags are not allowed", "remove the word after `!`"
                )
                return
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                self.refuse(place, place + 1, f"nested more than {MAX_DEPTH} deep")
                return

    def entries(
        self, node: Node, known: Sequence[str], what: str, required: Sequence[str] = ()
    ) -> dict[str, Node]:
        """A mapping's values by key; complains about unknown, duplicate and missing keys."""
        found: dict[str, Node] = {}
        for key, value in self.pairs(node, what):
            if known and key.value not in known:
                meant = nearest(key.value, known)
                hint = f"did you mean `{meant}`?" if meant else "known: " + ", ".join(known)
                self.refuse_node(key, f"unknown key `{key.value}` in {what}", hint)
            else:
                found[key.value] = value
        missing = [key for key in required if key not in found]
        if missing and isinstance(node, yaml.MappingNode):
            self.refuse_node(node, f"{what} lacks " + " and ".join(f"`{key}`" for key in missing))
        return found

    def pairs(self, node: Node, what: str) -> Iterator[tuple[yaml.ScalarNode, Node]]:
        """Keys and values of a mapping; complains when it is none, and about keys that stand twice."""
        if not isinstance(node, yaml.MappingNode):
            self.refuse_node(node, f"{what} should be a mapping of keys to values")
            return
        seen: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.refuse_node(key, "a key is a word")
            elif key.value in seen:
                first = self.line_of(seen[key.value])
                self.refuse_node(key, f"`{key.value}` stands twice in {what}", f"first on line {first}")
            else:
                seen[key.value] = key.start_mark.index
                yield key, value


def _index(mark: Any) -> int:
    """A mark's place in the text; the parser's own marks may be missing."""
    return int(mark.index) if mark else 0


def places_of(text: str, node: yaml.ScalarNode) -> list[int]:
    """For each character of a scalar's value, its place in the file.

    YAML folds lines and spaces only, so every other character of the value stands in the file in
    the same order; spaces get the place where the search for the next character begins.
    """
    place = node.start_mark.index
    if node.style in ("|", ">"):
        place = text.find("\n", place) + 1
    elif node.style in ("'", '"'):
        place += 1
    places: list[int] = []
    for character in node.value:
        if not character.isspace():
            place = _next_of(text, place, character, node.style)
        places.append(place)
        if not character.isspace():
            place += _written_length(text, place, node.style)
    return places or [node.start_mark.index]


def _next_of(text: str, place: int, character: str, style: str | None) -> int:
    while place < len(text) - 1 and text[place] != character and not (style == '"' and text[place] == "\\"):
        place += 1
    if style == '"' and text[place : place + 2] == "\\\n":
        return _next_of(text, place + 2, character, style)
    return place


def _written_length(text: str, place: int, style: str | None) -> int:
    if style == "'" and text[place : place + 2] == "''":
        return 2
    if style == '"' and text[place] == "\\":
        return _HEX_ESCAPES.get(text[place + 1 : place + 2], 2)
    return 1
