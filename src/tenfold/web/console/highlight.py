"""Original text as safe HTML, with the evidence marked and invisible characters made visible.

Marks carry no space of their own (the style only paints), so Arabic letters join across them.
"""

import unicodedata
from collections.abc import Iterable, Sequence

import msgspec
from markupsafe import Markup, escape

# Characters that show nothing but change how text reads or matches: zero-width and bidi controls.
_INVISIBLE = frozenset(
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)
_COVERED = 0  # findings are numbered from 1
_INVISIBLE_TAGS = range(0xE0000, 0xE0080)


class Hit(msgspec.Struct, frozen=True, order=True):
    """A half-open range of code points and the number of the finding it belongs to (from 1)."""

    start: int
    end: int
    finding: int


def _is_invisible(character: str) -> bool:
    return character in _INVISIBLE or ord(character) in _INVISIBLE_TAGS


def _mask(character: str) -> str:
    """A letter that stands for another of its script, so that masked text keeps its shape."""
    if not character.isalnum():
        return character
    return "س" if "\u0590" <= character <= "\u08ff" else "x"


def _shown(text: str, masked: bool) -> Markup:
    parts: list[Markup | str] = []
    run: list[str] = []
    for character in text:
        if not _is_invisible(character):
            run.append(_mask(character) if masked else character)
            continue
        parts.append(escape("".join(run)))
        run.clear()
        name = unicodedata.name(character, "control")
        code = f"U+{ord(character):04X}"
        parts.append(
            Markup(
                '<span class="invisible" role="img" aria-label="{}" title="{}" data-code="{}"></span>'
            ).format(f"{code} {name}", f"{code} {name}", code)
        )
    parts.append(escape("".join(run)))
    return Markup("").join(parts)


def _segments(length: int, hits: Sequence[Hit]) -> Iterable[tuple[int, int, list[int]]]:
    """The text cut at every edge of a hit: start, end, and the findings that cover the piece."""
    starts: dict[int, list[int]] = {}
    ends: dict[int, list[int]] = {}
    for hit in hits:
        start, end = max(hit.start, 0), min(hit.end, length)
        if start < end:
            starts.setdefault(start, []).append(hit.finding)
            ends.setdefault(end, []).append(hit.finding)
    position = 0
    open_: list[int] = []
    for edge in sorted({*starts, *ends, length}):
        if position < edge:
            yield position, edge, sorted(set(open_))
        for finding in ends.get(edge, ()):
            open_.remove(finding)
        open_.extend(starts.get(edge, ()))
        position = edge


def highlighted(
    text: str,
    hits: Iterable[Hit] = (),
    *,
    masked: bool = False,
    covered: Iterable[tuple[int, int]] = (),
) -> Markup:
    """`text` as HTML. Ranges outside the text are cut, overlapping ones share their pieces.

    With `masked` every letter and digit is replaced by another, so nothing of the text is sent; `covered`
    are ranges [start, end) of code points that are masked so in a text that is not.
    """
    parts: list[Markup] = []
    spared = [Hit(start, end, _COVERED) for start, end in covered] if not masked else []
    for start, end, numbered in _segments(len(text), [*hits, *spared]):
        hidden = _COVERED in numbered
        findings = [number for number in numbered if number != _COVERED]
        piece = _shown(text[start:end], masked or hidden)
        if hidden:
            piece = Markup('<span class="covered">{}</span>').format(piece)
        if findings:
            numbers = " ".join(map(str, findings))
            piece = Markup('<mark data-findings="{}">{}</mark>').format(numbers, piece)
        parts.append(piece)
    return Markup("").join(parts)
