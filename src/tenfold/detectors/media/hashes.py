"""How hashes are written in entries of banks: `pdq:<64 hex>`, `sha256:<64 hex>`, `md5:<32 hex>` and spaces.

An entry holds the hashes of one picture or file. Those of its turned forms are written `pdq/mirrored:<hex>`,
of the picture without its border `pdq/trimmed:<hex>` and `pdq/trimmed/mirrored:<hex>`, turned by a few
degrees `pdq/tilted:<hex>`. Of a film, all frames are one word, `film:<Base64>` (frames.py), and what is heard
another, `sound:<Base64>` (sounds.py); of a picture, its points are one, `points:<Base64>` (points.py), of a
film's frames `points/<milliseconds>:...`.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from typing import Final, Literal, get_args

import msgspec

from tenfold.detectors.media import frames, sounds
from tenfold.detectors.media.frames import FramesError
from tenfold.detectors.media.points import Points, PointsError
from tenfold.detectors.media.sounds import SoundError
from tenfold.detectors.media.turns import TURNS, UPRIGHT

HashKind = Literal["sha256", "pdq", "md5", "points", "film", "sound"]
DIGITS: Final[dict[HashKind, int]] = {"sha256": 64, "pdq": 64, "md5": 32}
KINDS: Final = ", ".join(get_args(HashKind))
MAX_HASHES: Final = 64  # of one entry
LEAST_ONES: Final = 64  # bits set in a PDQ hash; a picture with anything on it sets 128, a blank one few

_TRIMMED, _TILTED = "trimmed", "tilted"
_HEX = re.compile("[0-9a-f]*")
_AT = re.compile("[0-9]{1,9}")


class HashError(ValueError):
    """What is wrong with hashes as they were written, and how to mend it."""


class Form(msgspec.Struct, frozen=True):
    """What was hashed: the picture itself, or without its border, or turned; or `tilted`, by a few degrees;
    or the frame of a film, `at` milliseconds from its start."""

    trimmed: bool = False
    turn: str = UPRIGHT
    at: int | None = None
    tilted: bool = False

    def __str__(self) -> str:
        if self.at is not None:
            return str(self.at)
        if self.tilted:
            return _TILTED
        parts = [_TRIMMED] if self.trimmed else []
        return "/".join([*parts, self.turn] if self.turn != UPRIGHT else parts)


class Hash(msgspec.Struct, frozen=True):
    """One hash, in lower-case hexadecimal digits; of points, films and sounds in Base64."""

    kind: HashKind
    form: Form
    digits: str

    def __str__(self) -> str:
        form = str(self.form)
        return f"{self.kind}/{form}:{self.digits}" if form else f"{self.kind}:{self.digits}"


def form_of(text: str) -> Form:
    """The form that `str(form)` wrote; raises HashError."""
    if text == _TILTED:
        return Form(tilted=True)
    parts = text.split("/") if text else []
    trimmed = parts[:1] == [_TRIMMED]
    turns = parts[trimmed:]
    if len(turns) > 1 or any(turn not in TURNS for turn in turns):
        known = ", ".join((_TILTED, _TRIMMED, *TURNS[1:]))
        raise HashError(f"{text!r} is no form of a picture; one of {known}, or trimmed/ before a turn")
    return Form(trimmed, turns[0] if turns else UPRIGHT)


def read(text: str) -> list[Hash]:
    """The hashes of an entry, each once, in the order in which they stand; raises HashError."""
    found = list(dict.fromkeys(map(_one, text.split())))
    if not found:
        raise HashError(
            "holds no hash; write pdq:, sha256: or md5: and hexadecimal digits, or film: or sound:"
        )
    if len(found) > MAX_HASHES:
        raise HashError(f"holds {len(found)} hashes; at most {MAX_HASHES} belong to one picture")
    for kind in ("sha256", "md5", "points", "film", "sound"):
        if sum(one.kind == kind and one.form.at is None for one in found) > 1:
            raise HashError(f"holds two different {kind} hashes; make an entry for each file")
    return found


def write(hashes: Iterable[Hash]) -> str:
    """The text of an entry."""
    return " ".join(map(str, hashes))


def key_of(hashes: Iterable[Hash]) -> str:
    """What an entry with these hashes is known by in its bank: the file's SHA-256, else PDQ, else MD5.

    An entry of nothing but points, a film or a sound: the SHA-256 of its text, `film:<hex>`.
    """
    first = min(hashes, key=lambda one: (get_args(HashKind).index(one.kind), str(one.form) != ""))
    if first.kind in DIGITS:
        return str(first)
    return f"{first.kind}:{hashlib.sha256(first.digits.encode()).hexdigest()}"


def _one(word: str) -> Hash:
    if word.startswith(("points:", "points/", "film:", "sound:")):
        return _long(word)
    name, colon, digits = word.lower().partition(":")
    kind, _, form = name.partition("/")
    if not colon:
        raise HashError(
            f"{word[:70]!r} does not say what kind of hash it is; write pdq:, sha256: or md5: before it"
        )
    if kind not in DIGITS:
        raise HashError(f"{kind[:40]!r} is no kind of hash that is held; one of {KINDS}")
    if form and kind != "pdq":
        raise HashError(f"a form ({form[:40]!r}) belongs to pdq hashes only")
    if not _HEX.fullmatch(digits) or len(digits) != DIGITS[kind]:
        raise HashError(f"{word[:90]!r}: {kind} is {DIGITS[kind]} hexadecimal digits")
    if kind == "pdq" and int(digits, 16).bit_count() < LEAST_ONES:
        raise HashError(f"{word[:90]!r} is the hash of a blank picture and would match every other one")
    return Hash(kind, form_of(form), digits)


def _long(word: str) -> Hash:
    """Points, frames or peaks."""
    head, _, text = word.partition(":")
    name, slash, at = head.partition("/")
    if slash and not _AT.fullmatch(at):
        raise HashError(f"{word[:60]!r}...: {at[:20]!r} is no time of a frame in milliseconds")
    kind = _LONG[name]
    try:
        packed = frames.decode(text)
        _UNPACK[kind](packed)
    except (FramesError, SoundError, PointsError) as error:
        raise HashError(f"{word[:60]!r}...: {error}") from None
    return Hash(kind, Form(at=int(at) if slash else None), text)


_LONG: Final[dict[str, HashKind]] = {"points": "points", "film": "film", "sound": "sound"}
_UNPACK: Final[dict[str, Callable[[bytes], object]]] = {
    "points": Points.from_bytes,
    "film": frames.unpack,
    "sound": sounds.unpack,
}
