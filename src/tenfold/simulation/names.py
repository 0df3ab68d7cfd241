"""Who people say they are: display names and handles of both name cultures, in three spellings."""

import re
from random import Random
from typing import Any

import msgspec

from tenfold.simulation.grammar import Draw, lexicon

ARABIC, LATIN, ARABIZI = 0, 1, 2  # spellings of an Arabic name


class Name(msgspec.Struct, frozen=True):
    """A name in Arabic letters, usual Latin letters and chat alphabet; Latin names have one spelling."""

    spellings: tuple[str, ...]

    def spelt(self, spelling: int) -> str:
        """The name in that spelling, if it has more than one."""
        return self.spellings[spelling % len(self.spellings)]


def common(items: list[Any], draw: Draw) -> Any:
    """One of a list that is ordered by how common its items are: density falls as rank ** -0.5."""
    return items[int(len(items) * draw() ** 2)]


def arabic_name(draw: Draw) -> Name:
    """First and family name; about 4 in 10 are women's."""
    lists = lexicon("names")
    first = common(lists["arabic_women" if draw() < 0.4 else "arabic_men"], draw)
    family = common(lists["arabic_families"], draw)
    if draw() < 0.25:
        return Name(tuple(first))
    return Name(tuple(f"{a} {b}" for a, b in zip(first, family, strict=True)))


def latin_name(draw: Draw) -> Name:
    """First and family name, or the first alone."""
    lists = lexicon("names")
    first = common(lists["latin_first"], draw)
    if draw() < 0.25:
        return Name((first,))
    return Name((f"{first} {common(lists['latin_families'], draw)}",))


def brand_name(draw: Draw) -> Name:
    """A name that a person of the network takes for the network's sake."""
    brands = lexicon("names")["brands"]
    return Name(tuple(brands[int(draw() * len(brands))]))


def stem(name: Name, draw: Draw) -> str:
    """What a handle is made from: letters and underscores, no digits at the end."""
    latin = name.spellings[min(LATIN, len(name.spellings) - 1)]
    words = re.sub(r"[^a-z ]", "", latin.lower()).split()
    kind = draw()
    if kind < 0.4 or len(words) == 1:
        base = "".join(words)
    elif kind < 0.7:
        base = "_".join(words)
    else:
        base = words[0][0] + words[-1] if kind < 0.85 else words[-1] + words[0]
    if draw() < 0.3:
        lists = lexicon("names")["words"]
        word = lists["nouns" if draw() < 0.5 else "latin"]
        base = f"{base}_{word[int(draw() * len(word))]}"
    return base


class Handles:
    """Hands out handles; `unique`: none that an account of the platform has had."""

    def __init__(self, random: Random, unique: bool = True) -> None:
        self._random, self._unique = random, unique
        self._taken: set[str] = set()

    def take(self, base: str) -> str:
        """`base`, or `base` with the digits that were still free."""
        draw = self._random.random
        handle = base if draw() < 0.25 else f"{base}{self._digits()}"
        while handle in self._taken:
            handle = f"{base}{self._digits()}"
        if self._unique:
            self._taken.add(handle)
        return handle

    def claim(self, handle: str) -> bool:
        """Take exactly this handle; False when it is gone."""
        if handle in self._taken:
            return False
        if self._unique:
            self._taken.add(handle)
        return True

    def _digits(self) -> str:
        draw = self._random.random
        kind = draw()
        if kind < 0.35:
            return str(1960 + int(50 * draw()))
        return str(int(10 ** (1 + 5 * draw())))
