"""Frames of a film as hashes with their times, and how they are packed.

A frame is 36 bytes: its time in milliseconds (4 bytes, big-endian; the highest bit is set where the frame was
hashed without bars and frame) and its PDQ hash (32 bytes). In entries of banks and in events all frames of a
film are Base64, in which a frame is 48 characters.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

FRAME: Final = 36  # bytes
MAX_FRAMES: Final = 6_000  # of one film, 288,000 characters
MAX_TEXT: Final = MAX_FRAMES * 48
_TRIMMED: Final = 1 << 31


class FramesError(ValueError):
    """Why a text is no film's frames."""


class Frames(msgspec.Struct, frozen=True):
    """n frames: seconds from the start, whether hashed without bars, and hashes as n x 4 words."""

    times: NDArray[np.float64]
    trimmed: NDArray[np.bool_]
    codes: NDArray[np.uint64]


def pack(times_ms: Sequence[int], hashes: Sequence[bytes], trimmed: Sequence[bool]) -> bytes:
    """The frames as bytes, in the order of their times."""
    made = [
        (time | (_TRIMMED if cut else 0)).to_bytes(4, "big") + code
        for time, code, cut in sorted(zip(times_ms, hashes, trimmed, strict=True))
    ]
    return b"".join(made)


def unpack(packed: bytes) -> Frames:
    """The frames of such bytes; raises FramesError."""
    if not packed or len(packed) % FRAME:
        raise FramesError(f"{len(packed):,} bytes; a film's frames are {FRAME} each, and at least one")
    if len(packed) > MAX_FRAMES * FRAME:
        raise FramesError(f"{len(packed) // FRAME:,} frames; at most {MAX_FRAMES:,} are held of a film")
    rows = np.frombuffer(packed, np.uint8).reshape(-1, FRAME)
    heads = rows[:, :4].copy().view(">u4")[:, 0]
    return Frames(
        times=(heads & (_TRIMMED - 1)) / 1000,
        trimmed=(heads & _TRIMMED).astype(np.bool_),
        codes=rows[:, 4:].copy().view(np.uint64),
    )


def write(packed: bytes) -> str:
    """As text."""
    return base64.b64encode(packed).decode()


def decode(text: str) -> bytes:
    """The bytes of such a text, whatever they hold; raises FramesError."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise FramesError("is not Base64") from None


def read(text: str) -> Frames:
    """The frames of such a text; raises FramesError."""
    return unpack(decode(text))
