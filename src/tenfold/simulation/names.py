"""Who people say they are: display names and handles of both name cultures, in three spellings."""

import re
from random import Random
from typing import Any

import msgspec

from tenfold.simulation import spellings
from tenfold.simulation.grammar import Draw, lexicon

ARABIC, LATIN, ARABIZI = 0, 1, 2  # spellings of an Arabic name


class Name(msgspec.Struct, frozen=True):
    """A name in Arabic letters, usual Latin letters and chat alphabet; Latin names have one spelling."""

    spellings: tuple[str, ...]

    def spelt(self, spelling: int) -> str:
        """The name in that spelling, if it has more than one."""
        return self.spellings[spelling % len(self.spellings)]


LISTED_SHARE = 0.45  # of family names and 0.8 of first names are among the listed, common ones
KUNYA_SHARE = 0.06  # of people with Arabic names go by "father of", "mother of"
RESPELT_SHARE = 0.5  # of Arabic names are romanised in a way of one's own


def common(items: list[Any], draw: Draw) -> Any:
    """One of a list that is ordered by how common its items are: density falls as rank ** -0.5."""
    return items[int(len(items) * draw() ** 2)]


def zipf(items: list[Any], draw: Draw) -> Any:
    """One of a long list, ordered likewise: density falls as 1 / rank."""
    return items[int(len(items) ** draw()) - 1]


def arabic_name(draw: Draw) -> Name:
    """First and family name, the first alone, or a kunya; about 4 in 10 are women's."""
    if draw() < KUNYA_SHARE:
        return kunya(draw)
    lists = lexicon("names")
    if draw() < 0.8:
        first = common(lists["arabic_women" if draw() < 0.4 else "arabic_men"], draw)
    else:
        first = zipf(spellings.arabic_names("first"), draw)
    if draw() < 0.2:
        return _romanised(first, draw)
    if draw() < LISTED_SHARE:
        family = common(lists["arabic_families"], draw)
    else:
        family = zipf(spellings.arabic_names("family"), draw)
    return _romanised([f"{a} {b}" for a, b in zip(first, family, strict=True)], draw)


def kunya(draw: Draw) -> Name:
    """ "Father of Omar", "mother of Sara", some with where one is from: thousands share each."""
    lists = lexicon("names")
    child = common(lists["arabic_men"], draw)
    parent = ("أم", "Um", "Om") if draw() < 0.15 else ("أبو", "Abu", "Abo")
    spelt = [f"{a} {b}" for a, b in zip(parent, child, strict=True)]
    if draw() < 0.4:
        spelt = [f"{a} {b}" for a, b in zip(spelt, common(lists["arabic_origins"], draw), strict=True)]
    return _romanised(spelt, draw)


def _romanised(spelt: list[str] | tuple[str, ...], draw: Draw) -> Name:
    arabic, latin, arabizi = spelt
    if draw() < RESPELT_SHARE:
        latin = spellings.respelt(latin, draw)
    return Name((arabic, latin, arabizi))


def latin_name(draw: Draw) -> Name:
    """First and family name, or the first alone."""
    lists = lexicon("names")
    first = common(lists["latin_first"], draw) if draw() < 0.7 else zipf(spellings.latin_names("first"), draw)
    if draw() < 0.2:
        return Name((first,))
    if draw() < LISTED_SHARE:
        return Name((f"{first} {common(lists['latin_families'], draw)}",))
    return Name((f"{first} {zipf(spellings.latin_names('family'), draw)}",))


def brand_name(draw: Draw) -> Name:
    """A name that a person of the network takes for the network's sake."""
    brands = lexicon("names")["brands"]
    return Name(tuple(brands[int(draw() * len(brands))]))


_NOT_IN_HANDLES = re.compile(r"[^a-z0-9 ]")


def stem(name: Name, draw: Draw) -> str:
    """What a handle is made from: letters and underscores, no digits at the end."""
    latin = name.spellings[min(LATIN, len(name.spellings) - 1)]
    words = _NOT_IN_HANDLES.sub("", latin.lower()).rstrip("0123456789").split() or ["user"]
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
    """Hands out handles that no account of the platform has had.

    Not `unique`: from so many that few are given twice, without remembering which were.
    """

    def __init__(self, random: Random, unique: bool = True) -> None:
        self._random, self._unique = random, unique
        self._taken: set[str] = set()

    def take(self, base: str) -> str:
        """`base`, or `base` with the digits that were still free."""
        draw = self._random.random
        if not self._unique:
            return f"{base}{int(10 ** (3 + 5 * draw()))}"
        handle = base if draw() < 0.25 else f"{base}{self._digits()}"
        while handle in self._taken:
            handle = f"{base}{self._digits()}"
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
