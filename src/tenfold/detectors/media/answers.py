"""What the confined process says of a file."""

import msgspec

from tenfold.events import Line


class Looks(msgspec.Struct, frozen=True):
    """PDQ hashes of a picture in the order of TURNS, as hexadecimal digits, and their quality."""

    hashes: list[str]
    quality: int


class Thumbnails(msgspec.Struct, frozen=True):
    """Small JPEG files: what is shown at first, and what is shown to those who ask for it."""

    blurred: bytes
    clear: bytes


class Shot(msgspec.Struct, frozen=True):
    """A frame of a film: milliseconds from the start, and its points as points.py writes them."""

    at: int
    points: bytes


class Film(msgspec.Struct, frozen=True, kw_only=True):
    """A film or a sound. `seconds` is how long it says it is, `seen` how much of that was looked at.

    `frames` as frames.py packs them, `peaks` as sounds.py does; empty when there was nothing to see or hear.
    `shots`: frames that are known by their points, too.
    """

    seconds: float
    seen: float
    frames: bytes = b""
    peaks: bytes = b""
    shots: list[Shot] = []


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen, or why nothing: `refused`. Neither: a file of another kind.

    `points` as points.py writes them; empty when a picture has none. `panels`: PDQ hashes of pictures
    that stand in it; `tilted`: of it turned by a few degrees (tilts.py). `words`: the lines that are written
    in it, of the process that reads alone.
    """

    refused: str = ""
    format: str = ""
    width: int = 0
    height: int = 0
    whole: Looks | None = None
    trimmed: Looks | None = None
    panels: list[str] = []
    tilted: list[str] = []
    points: bytes = b""
    film: Film | None = None
    words: list[Line] = []
    thumbnails: Thumbnails | None = None
