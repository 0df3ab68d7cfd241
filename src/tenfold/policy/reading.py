"""Pieces of a policy file that stand in many places: names, words out of a list, durations, flags."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import Enum
from typing import TypeVar

from yaml import Node, ScalarNode, SequenceNode

from tenfold.policy.rules import Place
from tenfold.policy.schema import nearest
from tenfold.policy.source import Source

NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,63}")
_DURATION = re.compile(r"([1-9][0-9]{0,5})\s*(s|m|h|d)")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_LONGEST = timedelta(days=400)

_Choice = TypeVar("_Choice", bound=Enum)


def place_of(source: Source, node: Node) -> Place:
    """Where a node stands."""
    return Place(source.file, source.line_of(node.start_mark.index))


def meant_of(word: str, known: Sequence[str]) -> str:
    """A hint: the known word that was probably meant, or all of them."""
    meant = nearest(word, known)
    return f"did you mean `{meant}`?" if meant else "one of " + ", ".join(known)


def items_of(source: Source, node: Node | None, what: str) -> list[Node]:
    """The nodes of a list; none for an empty one."""
    if node is None or (isinstance(node, ScalarNode) and node.value == ""):
        return []
    if isinstance(node, SequenceNode):
        return list(node.value)
    source.refuse_node(node, f"{what} should be a list", "begin each item with `- `")
    return []


def text_of(source: Source, node: Node, what: str) -> str:
    """A text that is not empty; anything else is refused."""
    if not isinstance(node, ScalarNode):
        source.refuse_node(node, f"{what} should be a text")
        return ""
    if node.tag != "tag:yaml.org,2002:str":
        source.refuse_node(node, f"{what} should be a text", f"put it in quotes: '{node.value}'")
    elif not node.value.strip():
        source.refuse_node(node, f"{what} is empty")
    return str(node.value)


def name_of(source: Source, node: Node, form: re.Pattern[str], what: str, taken: Mapping[str, Place]) -> str:
    """A name of the right form that is not taken yet; `taken` says where the others stand."""
    name = text_of(source, node, "name")
    if name and not form.fullmatch(name):
        letters = "a-z, 0-9 and " + ("_" if form is IDENTIFIER else "-")
        source.refuse_node(node, f"the name of {what} has {letters}, and begins with a letter")
    elif name in taken:
        first = taken[name]
        source.refuse_node(node, f"the name `{name}` is taken", f"first in {first.file}:{first.line}")
    return name


def words_of(source: Source, node: Node, known: Sequence[str], what: str) -> list[str]:
    """One word or a list of words out of those known."""
    found: list[str] = []
    for item in node.value if isinstance(node, SequenceNode) else [node]:
        word = text_of(source, item, what)
        if word in found:
            source.refuse_node(item, f"`{word}` stands twice")
        elif word in known:
            found.append(word)
        elif word:
            source.refuse_node(item, f"`{word}` is not {what}", meant_of(word, known))
    if isinstance(node, SequenceNode) and not node.value:
        source.refuse_node(node, f"{what} should stand here")
    return found


def choice_of(source: Source, node: Node, choices: type[_Choice]) -> _Choice | None:
    """One member of an enumeration, by its name in lower case."""
    names = {choice.name.lower(): choice for choice in choices}
    if isinstance(node, SequenceNode):
        source.refuse_node(node, f"one {choices.__name__.lower()} should stand here, not a list")
        return None
    found = words_of(source, node, list(names), f"a {choices.__name__.lower()}")
    return names[found[0]] if found else None


def flag_of(source: Source, node: Node) -> bool:
    """true or false."""
    if isinstance(node, ScalarNode) and node.value in ("true", "false"):
        return bool(node.value == "true")
    source.refuse_node(node, "true or false should stand here")
    return False


def duration_of(source: Source, node: Node) -> timedelta:
    """A length of time such as 90s, 10m, 4h or 7d."""
    match = _DURATION.fullmatch(node.value) if isinstance(node, ScalarNode) else None
    length = timedelta(seconds=int(match[1]) * _UNITS[match[2]]) if match else None
    if length is None or length > _LONGEST:
        source.refuse_node(node, "no length of time", f"such as 10m, 4h or 7d, at most {_LONGEST.days}d")
        return timedelta(seconds=1)
    return length
