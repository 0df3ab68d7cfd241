"""Two accounts side by side: every public trait that they have shown, what is equal marked.

Tokens are never shown; that two accounts share a device stands in the evidence, with how many do.
"""

import hashlib
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import Final

import msgspec
from markupsafe import Markup

from tenfold.casework.returns_shown import ReturnView
from tenfold.fingerprint import Fingerprint
from tenfold.linkage import names
from tenfold.web.console.highlight import Hit, highlighted
from tenfold.web.console.sparing import Spared

ALIKE: Final = 0.75  # likeness of two names from which they are marked so
LONGEST_COMPARED: Final = 600  # characters in which common runs are looked for
LEAST_RUN: Final = 3  # characters; shorter runs are in any two texts
MOST_LINKS: Final = 12
SIDE: Final = 16  # blocks of a picture's hash in a row
HASH_DIGITS: Final = SIDE * SIDE // 4
LONGEST_ID: Final = 24  # characters of a picture's id that are shown whole

Told = Callable[[str, list[Hit]], Markup]  # how texts are sent to this person


class Picture(msgspec.Struct, frozen=True):
    """A picture's hash as SIDE x SIDE blocks: the path of those that are set, and of those set or unset where
    the other picture has them otherwise. `whole` is the hash or id."""

    whole: str
    blocks: str
    apart: str = ""
    distance: int | None = None

    @property
    def short(self) -> str:
        """The beginning and the end of the hash or id, where it is long: people tell two apart by these."""
        return self.whole if len(self.whole) <= LONGEST_ID else f"{self.whole[:6]}…{self.whole[-6:]}"


class Trait(msgspec.Struct, frozen=True, kw_only=True):
    """One row: what each account shows, latest first, and how that compares: `equal`, `alike`, `different`,
    or `missing` where one shows nothing."""

    name: str
    closed: list[Markup]
    new: list[Markup]
    finding: str


class Pictures(msgspec.Struct, frozen=True, kw_only=True):
    """One row of pictures."""

    name: str
    closed: list[Picture]
    new: list[Picture]
    finding: str


def traits(view: ReturnView, spared: Spared) -> list[Trait]:
    """Handles, names, bios and links of both."""
    closed, new = view.closed_print, view.new_print
    return [
        _texts("handle", closed.handles, new.handles, spared.named, at="@"),
        _texts("display_name", closed.names, new.names, spared.named),
        _texts("bio", closed.bios, new.bios, spared.told),
        _links(closed, new),
    ]


def pictures(view: ReturnView) -> list[Pictures]:
    """Avatars and banners of both."""
    closed, new = view.closed_print, view.new_print
    rows = (("avatar", closed.avatars, new.avatars), ("banner", closed.banners, new.banners))
    return [_pictures(name, left, right) for name, left, right in rows if left or right]


def _finding(closed: Sequence[str], new: Sequence[str], alike: bool) -> str:
    if not closed or not new:
        return "missing"
    if {text.casefold() for text in closed} & {text.casefold() for text in new}:
        return "equal"
    return "alike" if alike else "different"


def _texts(name: str, closed: Sequence[str], new: Sequence[str], told: Told, at: str = "") -> Trait:
    pairs = [(left, right) for left in closed for right in new]
    likeness = names.similarity([left for left, _ in pairs], [right for _, right in pairs])
    alike = bool(len(likeness)) and float(max(likeness)) >= ALIKE
    return Trait(
        name=name,
        closed=[_marked(text, new, at, told) for text in closed],
        new=[_marked(text, closed, at, told) for text in new],
        finding=_finding(closed, new, alike),
    )


def _marked(text: str, others: Sequence[str], at: str, told: Told) -> Markup:
    """A text with the runs marked that it has in common with the one most like it on the other side."""
    runs = [_common(text, other) for other in others]
    best = max(runs, key=lambda hits: sum(hit.end - hit.start for hit in hits), default=[])
    return Markup("{}{}").format(at, told(text, best))


def _common(text: str, other: str) -> list[Hit]:
    left, right = text[:LONGEST_COMPARED].lower(), other[:LONGEST_COMPARED].lower()
    if len(left) != len(text[:LONGEST_COMPARED]):  # a letter that has no single small one
        left = text[:LONGEST_COMPARED]
    blocks = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
    return [Hit(b.a, b.a + b.size, 1) for b in blocks if b.size >= LEAST_RUN]


def _links(closed: Fingerprint, new: Fingerprint) -> Trait:
    shared = set(closed.urls) & set(new.urls)

    def shown(urls: Sequence[str]) -> list[Markup]:
        first = sorted(urls, key=lambda url: url not in shared)[:MOST_LINKS]
        return [highlighted(url, [Hit(0, len(url), 1)] if url in shared else []) for url in first]

    return Trait(
        name="links",
        closed=shown(closed.urls),
        new=shown(new.urls),
        finding=_finding(closed.urls, new.urls, alike=False),
    )


def _pictures(name: str, closed: Sequence[str], new: Sequence[str]) -> Pictures:
    left = [_picture(whole, new) for whole in closed]
    right = [_picture(whole, closed) for whole in new]
    near = [picture.distance for picture in left if picture.distance is not None]
    alike = bool(near) and min(near) <= 31  # of 256 bits: the threshold of a match of PDQ hashes
    return Pictures(name=name, closed=left, new=right, finding=_finding(closed, new, alike))


def _bits(whole: str) -> int:
    """The hash, or a digest of an id that is none: the same id always looks the same."""
    if _is_hash(whole):
        return int(whole, 16)
    return int.from_bytes(hashlib.blake2b(whole.encode(), digest_size=SIDE * SIDE // 8).digest(), "big")


def _is_hash(whole: str) -> bool:
    return len(whole) == HASH_DIGITS and all(digit in "0123456789abcdefABCDEF" for digit in whole)


def alone(whole: str) -> Picture:
    """A picture that stands beside no other."""
    return Picture(whole, blocks(_bits(whole)))


def _picture(whole: str, others: Sequence[str]) -> Picture:
    bits = _bits(whole)
    near = [(int.bit_count(bits ^ _bits(other)), other) for other in others if _is_hash(other)]
    if not _is_hash(whole) or not near:
        return Picture(whole, blocks(bits), "", 0 if whole in others else None)
    distance, other = min(near)
    return Picture(whole, blocks(bits), blocks(bits ^ _bits(other)), distance)


def blocks(bits: int) -> str:
    """A picture's hash as an SVG path of unit squares, one for each bit that is set, row by row."""
    places = (place for place in range(SIDE * SIDE) if bits >> (SIDE * SIDE - 1 - place) & 1)
    return "".join(f"M{place % SIDE} {place // SIDE}h1v1h-1z" for place in places)
