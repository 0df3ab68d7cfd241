"""Sentences from templates: `"{team} won {score}"`, with slots that may hold slots themselves."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import yaml

_SLOT = re.compile(r"\{([a-z_]+)\}")

# A template compiled: literal text and, for each slot, its choices (compiled too).
Node = str | tuple["str | list[Any]", ...]
Draw = Callable[[], float]  # uniform in [0, 1)


class LexiconError(ValueError):
    """A lexicon that cannot be used: says which file, which template, what is wrong."""


class Grammar:
    """Templates with slots, compiled once; `say` picks each template equally often."""

    def __init__(self, templates: Sequence[str], slots: Mapping[str, Sequence[Any]], where: str) -> None:
        if not templates:
            raise LexiconError(f"{where}: has no templates")
        self._slots = slots
        self._where = where
        self._compiled: dict[str, list[Any]] = {}
        self._nodes = [self._compile(template, ()) for template in templates]

    def say(self, draw: Draw) -> str:
        """One sentence."""
        node = self._nodes[int(draw() * len(self._nodes))]
        return node if type(node) is str else _expand(node, draw)

    def variety(self) -> int:
        """How many different derivations there are (an upper bound of different sentences)."""
        return sum(_count(node) for node in self._nodes)

    def _compile(self, template: str, above: tuple[str, ...]) -> Node:
        pieces = _SLOT.split(template)
        if len(pieces) == 1:
            return template
        parts: list[Any] = []
        for index, piece in enumerate(pieces):
            if index % 2:
                parts.append(self._choices(piece, above))
            elif piece:
                parts.append(piece)
        return tuple(parts)

    def _choices(self, slot: str, above: tuple[str, ...]) -> list[Any]:
        if slot in above:
            raise LexiconError(f"{self._where}: slot {{{slot}}} holds itself")
        if slot not in self._slots:
            raise LexiconError(f"{self._where}: no slot named {{{slot}}}")
        if slot not in self._compiled:
            options = [self._compile(str(option), (*above, slot)) for option in self._slots[slot]]
            self._compiled[slot] = options
        return self._compiled[slot]


def _expand(node: Any, draw: Draw) -> str:
    out: list[str] = []
    for part in node:
        if type(part) is str:
            out.append(part)
        else:
            choice = part[int(draw() * len(part))]
            out.append(choice if type(choice) is str else _expand(choice, draw))
    return "".join(out)


def _count(node: Any) -> int:
    if type(node) is str:
        return 1
    total = 1
    for part in node:
        if type(part) is not str:
            total *= sum(_count(choice) for choice in part)
    return total


@cache
def lexicon(name: str) -> dict[str, Any]:
    """The YAML file `lexicons/NAME.yaml`."""
    file = resources.files("tenfold.simulation") / "lexicons" / f"{name}.yaml"
    loaded = yaml.load(file.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    if not isinstance(loaded, dict):
        raise LexiconError(f"{file}: is no mapping")
    return loaded
