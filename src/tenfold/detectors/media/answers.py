"""What the confined process says of a file."""

import msgspec


class Looks(msgspec.Struct, frozen=True):
    """PDQ hashes of a picture in the order of TURNS, as hexadecimal digits, and their quality."""

    hashes: list[str]
    quality: int


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen, or why nothing: `refused`."""

    refused: str = ""
    format: str = ""
    width: int = 0
    height: int = 0
    whole: Looks | None = None
    trimmed: Looks | None = None
