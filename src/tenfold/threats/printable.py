"""What was written, made ready for print: nothing hidden, nothing missing, lines that break.

Characters that cannot be seen, that would turn the text about, or that no font here can draw are written as
their code in brackets. The exact characters stand in the packet itself.
"""

import struct
import unicodedata
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

LONGEST = 40  # characters without a place to break a line
_BREAK = "\u200b"
_JOINED_BREAK = "\u200d\u200b\u200d"  # between joined Arabic letters, which keep their shapes over it
_KEPT = frozenset(
    "\n\t\u200c\u200d\ufe0f"
)  # what lines, Persian and emoji need; joiners show by their effect
_HIDDEN = ("Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp")
_CODE = "‹U+{:04X}›"


def printable(text: str) -> str:
    """The text with codes in place of what cannot be shown, and with places to break long runs."""
    text = text.replace("\r\n", "\n")
    return _breakable("".join(character if _shown(character) else code(character) for character in text))


def code(character: str) -> str:
    """How a character that cannot be shown is written."""
    return _CODE.format(ord(character))


def _shown(character: str) -> bool:
    if character in _KEPT or character == " ":
        return True
    if unicodedata.category(character) in _HIDDEN or 0xE0000 <= ord(character) < 0xE0200:
        return False
    return ord(character) in covered()


def _breakable(text: str) -> str:
    """With places to break in runs longer than LONGEST."""
    parts: list[str] = []
    run = 0
    for at, character in enumerate(text):
        run = 0 if character.isspace() or character in "-–—" else run + 1
        parts.append(character)
        following = text[at + 1 : at + 2]
        if run >= LONGEST and following and _may_break(character, following):
            arabic = unicodedata.bidirectional(character) == unicodedata.bidirectional(following) == "AL"
            parts.append(_JOINED_BREAK if arabic else _BREAK)
            run = 0
    return "".join(parts)


def _may_break(before: str, after: str) -> bool:
    """Not inside what is one character to its reader: accents, emoji of several parts, flags."""
    parts = (before, after)
    if any(one in "\u200c\u200d\ufe0f" or 0x1F1E6 <= ord(one) <= 0x1F1FF for one in parts):
        return False
    return unicodedata.category(after)[0] != "M" and not 0x1F3FB <= ord(after) <= 0x1F3FF


@cache
def covered() -> frozenset[int]:
    """The characters that the fonts of this folder can draw."""
    folder = resources.files("tenfold.threats") / "fonts"
    found: set[int] = set()
    for file in folder.iterdir():
        if file.name.endswith("-Regular.ttf"):
            found |= _of_font(file)
    return frozenset(found)


def _of_font(file: Traversable) -> set[int]:
    """The characters of one font: its cmap table, subtables of formats 4 and 12 (OpenType specification)."""
    data = file.read_bytes()
    tables = struct.unpack_from(">H", data, 4)[0]
    for number in range(tables):
        tag, _, offset, _ = struct.unpack_from(">4sLLL", data, 12 + 16 * number)
        if tag == b"cmap":
            return _of_cmap(data, offset)
    raise ValueError(f"{file.name} has no cmap table")


def _of_cmap(data: bytes, start: int) -> set[int]:
    found: set[int] = set()
    for number in range(struct.unpack_from(">H", data, start + 2)[0]):
        at = start + struct.unpack_from(">L", data, start + 8 + 8 * number)[0]
        kind = struct.unpack_from(">H", data, at)[0]
        if kind == 12:
            for group in range(struct.unpack_from(">L", data, at + 12)[0]):
                first, last, _ = struct.unpack_from(">LLL", data, at + 16 + 12 * group)
                found.update(range(first, last + 1))
        elif kind == 4:
            segments = struct.unpack_from(">H", data, at + 6)[0] // 2
            ends = struct.unpack_from(f">{segments}H", data, at + 14)
            starts = struct.unpack_from(f">{segments}H", data, at + 16 + 2 * segments)
            for first, last in zip(starts, ends, strict=True):
                if first != 0xFFFF:
                    found.update(range(first, last + 1))
    return found
