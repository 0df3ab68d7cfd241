"""Plain lists: a line has the kind of a hash, a space and the hash."""

from collections.abc import Iterable, Iterator
from typing import IO, Final

from tenfold.detectors.exchanges.record import BrokenListError, Read, Record, Unread

MAX_LINE: Final = 1 << 16  # characters
_KINDS: Final = {"pdq": "pdq", "video_md5": "md5", "md5": "md5", "sha256": "sha256"}
_NAMES: Final = {"pdq": "pdq", "md5": "video_md5", "sha256": "sha256"}


def read(file: IO[str]) -> Iterator[Read]:
    """The records of a file; the id of each is its line."""
    number = 0
    while text := file.readline(MAX_LINE):
        number += 1
        if len(text) == MAX_LINE:
            raise BrokenListError(
                f"line {number}: longer than {MAX_LINE:,} characters, so this is no plain list"
            )
        name, _, digits = text.strip().partition(" ")
        if not digits:
            if name:
                yield Unread(number, f"{name[:60]!r}: write the kind of hash and a space before it")
            continue
        kind = _KINDS.get(name)
        hashes = (f"{kind}:{digits.strip()}",) if kind else ()
        yield Record(
            line=number,
            id=f"{name} {digits.strip()}",
            hashes=hashes,
            others=() if kind else (name,),
            provenance="plain list",
        )


def write(records: Iterable[Record], file: IO[str]) -> int:
    """Write the hashes of records, one a line; returns how many."""
    count = 0
    for record in records:
        for word in record.hashes:
            kind, _, digits = word.partition(":")
            file.write(f"{_NAMES[kind]} {digits}\n")
            count += 1
    return count
