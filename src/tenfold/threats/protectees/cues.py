"""Words beside a name that say whose name it is, and words that names share: `cues.yaml`."""

from collections.abc import Iterable, Sequence
from importlib.resources import files

import yaml

from tenfold.threats.protectees.words import Word, Words, plain

_LISTS: dict[str, str] = yaml.safe_load((files(__package__) / "cues.yaml").read_text(encoding="utf-8"))


def _words(*names: str) -> frozenset[str]:
    return frozenset(plain(word) for name in names for word in _LISTS[name].split())


ROLES = _words("roles")
STAFF = _words("staff")
GENERAL = _words("staff", "general", "fillers")
FILLERS = _words("fillers")
KUNYAS = _words("kunyas")
PARTICLES = _words("particles", "kunyas")
STREETS = _words("streets")
WITHIN = _words("within")
NO_STREET_NAMES = _words("streets", "within", "houses")


def is_cue(word: Word, cues: frozenset[str]) -> bool:
    """Whether a word, clitics aside, is one of these."""
    return any(plain(form) in cues for form in word.forms)


def units_of(text: Words, cues: frozenset[str]) -> set[int]:
    """The units at which such words stand."""
    return {unit for unit, word in enumerate(text.singles) if word and is_cue(word, cues)}


def stands_near(units: Iterable[int], first: int, last: int, reach: int) -> bool:
    """Whether one of the units is within reach of the units [first, last), or among them."""
    return any(first - reach <= unit < last + reach for unit in units)


def overlapping(spans: Sequence[tuple[int, int]], span: tuple[int, int]) -> bool:
    """Whether a place overlaps one of the others."""
    return any(start < span[1] and span[0] < end for start, end in spans)
