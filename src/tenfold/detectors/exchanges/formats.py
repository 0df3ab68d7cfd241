"""The formats of lists by the names of their exchanges: how each is recognised, read and written."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Final, Literal, get_args

from tenfold.detectors.bank_transfer import EntryFileError, opened
from tenfold.detectors.exchanges import fb_threatexchange, local_file, ncmec, stop_ncii, tat
from tenfold.detectors.exchanges.record import BrokenListError, Read, Record

Format = Literal["fb_threatexchange", "local_file", "ncmec", "stop_ncii", "tat"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
START: Final = 1 << 16  # bytes by which a format is recognised

_TEXT: Final[dict[Format, Callable[[IO[str]], Iterator[Read]]]] = {
    "fb_threatexchange": fb_threatexchange.read,
    "local_file": local_file.read,
    "stop_ncii": stop_ncii.read,
    "tat": tat.read,
}
WRITERS: Final[dict[Format, Callable[[Iterable[Record], IO[str]], int]]] = {
    "fb_threatexchange": fb_threatexchange.write,
    "local_file": local_file.write,
    "stop_ncii": stop_ncii.write,
}
# What stands near the beginning of a file; the first that is found. Names that say little come last.
_MARKS: Final[tuple[tuple[Format, re.Pattern[bytes]], ...]] = (
    ("ncmec", re.compile(rb"\A\s*<[^\0]*?<(\w+:)?queryResult\b|\A\s*<(\w+:)?queryResult\b")),
    ("stop_ncii", re.compile(rb'\A\s*[{\[][^\0]*?"(hashRecords|hashValue)"\s*:')),
    ("tat", re.compile(rb'\A\s*[{\[][^\0]*?"hash_digest"\s*:')),
    ("fb_threatexchange", re.compile(rb'\A\s*[{\[][^\0]*?"(raw_indicator|should_delete)"\s*:')),
    ("tat", re.compile(rb'\A\s*\{[^\0]*?"results"\s*:')),
    ("fb_threatexchange", re.compile(rb'\A\s*\{\s*"data"\s*:')),
    ("local_file", re.compile(rb"\A\s*(pdq|video_md5|sha256|md5) +[0-9A-Fa-f]{32,64}\s")),
)


def known(name: str) -> Format:
    """The format of this name; raises EntryFileError."""
    for format_ in FORMATS:
        if format_ == name:
            return format_
    raise EntryFileError(f"{name!r} is no format of a list; one of {', '.join(FORMATS)}")


def recognise(path: Path) -> Format | None:
    """The exchange's format that a file is in by its content; None where it is none of them."""
    try:
        with path.open("rb") as file:
            start = file.read(START).removeprefix(b"\xef\xbb\xbf") + b"\n"
    except OSError as error:
        raise EntryFileError(f"{path}: cannot be read: {error.strerror}") from None
    return next((format_ for format_, mark in _MARKS if mark.match(start)), None)


def format_of(path: Path, named: str) -> Format | None:
    """The exchange's format that is named, or that a file is in; None for entries as we write them.

    Raises EntryFileError.
    """
    if named:
        return known(named)
    return None if path.suffix.lower() == ".csv" else recognise(path)


def read(path: Path, format_: Format) -> Iterator[Read]:
    """The records of a file, one at a time; raises EntryFileError where it cannot be read on."""
    try:
        if format_ == "ncmec":
            with path.open("rb") as file:
                yield from ncmec.read(file)
        else:
            with opened(path) as text:
                yield from _TEXT[format_](text)
    except BrokenListError as error:
        raise EntryFileError(f"{path}: {error}") from None
    except OSError as error:
        raise EntryFileError(f"{path}: cannot be read: {error.strerror}") from None
