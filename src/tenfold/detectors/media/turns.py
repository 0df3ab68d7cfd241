"""The eight ways to turn and mirror a picture, on pixels and on PDQ hashes."""

from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.media.pdq import BITS

UPRIGHT: Final = "upright"
TURNS: Final = (
    UPRIGHT,
    "turned-left",
    "upside-down",
    "turned-right",
    "mirrored",
    "mirrored-turned-left",
    "flipped",
    "mirrored-turned-right",
)
INVERSE: Final = {"turned-left": "turned-right", "turned-right": "turned-left"}  # the others undo themselves

_Array = TypeVar("_Array", bound=NDArray[Any])


def turned(picture: _Array, turn: str) -> _Array:
    """The picture (rows x columns x anything) turned; `mirrored-...` is mirrored first."""
    number = TURNS.index(turn)
    start = picture[:, ::-1] if number >= 4 else picture
    return np.rot90(start, number % 4)  # type: ignore[return-value]


def turned_hashes(bits: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    """What the hashes (n x BITS) of the turned pictures would about be, by turn.

    Turning changes signs and exchanges rows with columns of frequencies. PDQ samples pixels a little
    beside the middle, so that 14 to 18 of the bits of a mirrored picture's own hash differ.
    """
    return {turn: bits[:, _FROM[turn]] ^ _FLIPPED[turn] for turn in TURNS}


def _mirrored(where: NDArray[np.int64], signs: NDArray[np.bool_]) -> tuple[Any, Any]:
    odd = np.arange(16) % 2 == 0  # columns of odd frequency change their sign
    return where, signs ^ odd


def _turned_left(where: NDArray[np.int64], signs: NDArray[np.bool_]) -> tuple[Any, Any]:
    odd = (np.arange(16) % 2 == 0)[:, None]
    return where.T, signs.T ^ odd


def _table() -> tuple[dict[str, NDArray[np.int64]], dict[str, NDArray[np.bool_]]]:
    """For each turn: which bit of the hash comes where, and whether it is inverted."""
    sources, flipped = {}, {}
    for number, turn in enumerate(TURNS):
        where, signs = np.arange(BITS).reshape(16, 16), np.zeros((16, 16), np.bool_)
        if number >= 4:
            where, signs = _mirrored(where, signs)
        for _ in range(number % 4):
            where, signs = _turned_left(where, signs)
        sources[turn], flipped[turn] = where.ravel(), signs.ravel()
    return sources, flipped


_FROM, _FLIPPED = _table()
