"""Street addresses as keyed tokens: what is kept, and how a text is asked for them without knowing any.

The normal form is a house number and the words of the street's name in their order, without what kinds of
streets, houses and flats are called; words of three consonants and more are their consonant key, so that
"Nakheel", "Nakhil" and "النخيل" are one. The token is HMAC-SHA-256 of it under the installation's secret, cut
to 128 bits. A text's windows of words around its numbers are made tokens likewise and looked up.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence

import msgspec

from tenfold.detectors.text.normalise import normalise
from tenfold.linkage.phonetic import phonetic
from tenfold.threats.protectees import cues
from tenfold.threats.protectees.words import plain

MOST_WORDS = 4  # of a street's name
_MOST_NUMBERS = 30  # of a text that are looked at
_MOST_BETWEEN = 8  # words beside a number, with those that are passed over
_TOKEN_BYTES = 16
_LEAST_KEY = 3
_is_number = re.compile(r"[0-9]{1,4}[a-z]?").fullmatch
_is_postal = re.compile(r"[0-9]{5,}").fullmatch
_find_words = re.compile(r"[^\W_]+").finditer
_split_parts = re.compile(r"[,،;؛\n]").split


class AddressError(ValueError):
    """An address that could never be found in a text; says why, without the address."""


class Spot(msgspec.Struct, frozen=True):
    """A window of a text that may be an address: its token, where it stands, and whether it says what it is
    (a word for a street, or a name of two words and more)."""

    token: bytes
    span: tuple[int, int]
    clear: bool


class _Unit(msgspec.Struct, frozen=True):
    text: str
    start: int
    end: int


def tokens(secret: bytes, address: str, cities: Sequence[str] = ()) -> set[bytes]:
    """The tokens of an address, without its cities and postal codes. Raises AddressError."""
    without = {plain(word) for city in cities for word in city.split()}
    found: set[bytes] = set()
    for part in _split_parts(address):
        units = [
            unit for unit in _units(part) if _bare(unit.text) not in without and unit.text not in without
        ]
        for i, unit in enumerate(units):
            if _is_number(unit.text) and not (i and _bare(units[i - 1].text) in cues.WITHIN):
                name = _street(units)
                if 0 < len(name) <= MOST_WORDS:
                    found.add(_token(secret, unit.text, name))
    if not found:
        raise AddressError(
            "has no house number beside the name of a street: write them together, such as "
            f"'12 Palm Street, Flat 3', the name of at most {MOST_WORDS} words"
        )
    return found


def spots(secret: bytes, text: str) -> Iterator[Spot]:
    """The windows around each number of a text: one to four words of a name after it, and before it."""
    units, numbers = _units(text), 0
    for i, unit in enumerate(units):
        if not _is_number(unit.text):
            continue
        numbers += 1
        if numbers > _MOST_NUMBERS:
            return
        for step in (1, -1):
            yield from _windows(secret, units, i, step)


def _windows(secret: bytes, units: Sequence[_Unit], i: int, step: int) -> Iterator[Spot]:
    name: list[str] = []
    clear = False
    for j in range(i + step, i + step * (_MOST_BETWEEN + 1), step):
        if not 0 <= j < len(units) or _is_number(units[j].text):
            return
        if _among(units, j, cues.NO_STREET_NAMES):
            clear = clear or _among(units, j, cues.STREETS)
            continue
        name.append(_bare(units[j].text))
        first, last = (i, j) if step > 0 else (j, i)
        yield Spot(
            _token(secret, units[i].text, name[::step]),
            (units[first].start, units[last].end),
            clear or len(name) > 1 or _among(units, j + step, cues.STREETS),
        )
        if len(name) == MOST_WORDS:
            return


def _among(units: Sequence[_Unit], at: int, words: frozenset[str]) -> bool:
    if not 0 <= at < len(units):
        return False
    word = units[at].text
    return word in words or _bare(word) in words or (word[0] in "بلوف" and word[1:] in words)


def _street(units: Sequence[_Unit]) -> list[str]:
    """The words of a street's name in a part of an address."""
    words = [unit.text for unit in units if not _is_number(unit.text) and not _is_postal(unit.text)]
    return [
        _bare(word)
        for word in words
        if word not in cues.NO_STREET_NAMES and _bare(word) not in cues.NO_STREET_NAMES
    ]


def _token(secret: bytes, number: str, name: Sequence[str]) -> bytes:
    heard = [key if len(key := phonetic(word)) >= _LEAST_KEY else word for word in name]
    message = "\0".join(("address", number, *heard)).encode()
    return hmac.digest(secret, message, hashlib.sha256)[:_TOKEN_BYTES]


def _bare(word: str) -> str:
    """A word without the Arabic article and what may stand before it."""
    for clitics in ("وال", "بال", "فال", "ال", "لل"):
        if word.startswith(clitics) and len(word) > len(clitics) + 1:
            return word[len(clitics) :]
    return word


def _units(text: str) -> list[_Unit]:
    """Folded words and numbers (digits of every script are ASCII), each with its place in the original."""
    normal = normalise(text)
    return [_Unit(found[0], *normal.span(found.start(), found.end())) for found in _find_words(normal.text)]
