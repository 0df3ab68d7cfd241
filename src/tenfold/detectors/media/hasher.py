"""Hashes of files: SHA-256 and MD5 of the bytes, and what pictures, films and sounds are known by."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

import msgspec
from msgspec import UNSET, UnsetType

from tenfold.detectors.media import frames
from tenfold.detectors.media.answers import Answer, Looks, Thumbnails
from tenfold.detectors.media.decoder import Decoder
from tenfold.detectors.media.hashes import Form, Hash, write
from tenfold.detectors.media.pdq import LEAST_QUALITY
from tenfold.detectors.media.turns import TURNS
from tenfold.events import Line

_CHUNK: Final = 1 << 20


class FileHashes(msgspec.Struct, frozen=True, kw_only=True):
    """The hashes of one file, for banks and for the event `media.uploaded`.

    `pdq` is None for what is no picture, could not be read (`note` says why) or shows too little: `quality`
    below 50 of 100. `pdq_trimmed` is that of the picture without its border of one colour, if it has one;
    `pdq_panels` those of pictures that stand in it, as in a screenshot.
    `points`: what parts of it are known by (points.py). `film` and `sound`: frames and peaks as frames.py
    writes them, of a film of `seconds`. `words`: the lines that are written in it, where they were asked for
    (reading/). `value` is what a bank of media takes: all of these hashes and the turned forms.
    """

    file: str
    sha256: str
    md5: str
    bytes: int
    format: str | None = None
    pdq: str | None = None
    pdq_trimmed: str | None = None
    pdq_panels: list[str] = []
    quality: int | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    points: str | None = None
    film: str | None = None
    sound: str | None = None
    words: list[Line] | UnsetType = UNSET
    note: str = ""
    value: str


class Digests(msgspec.Struct, frozen=True):
    """SHA-256 and MD5 in hexadecimal digits, and how many bytes."""

    sha256: str
    md5: str
    bytes: int


class Hasher(Decoder):
    """Hashes files, their contents in the confined process."""

    def hash_file(self, path: Path) -> FileHashes:
        """The hashes of a file of any kind and size; raises OSError when it cannot be read."""
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            return self.hash_open(file, digests_of(file), str(path), size)[0]

    def hash_open(
        self, file: IO[bytes], digests: Digests, name: str, size: int, *, thumbnails: bool = False
    ) -> tuple[FileHashes, Thumbnails | None]:
        """The hashes of an open file, and thumbnails of it if wanted and possible."""
        seen = self.look_at(file, size, thumbnails=thumbnails)
        return together(name, digests, seen), seen.thumbnails


def digests_of(file: IO[bytes]) -> Digests:
    """Of all that comes from here on."""
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    for chunk in iter(lambda: file.read(_CHUNK), b""):
        sha256.update(chunk)
        md5.update(chunk)
        size += len(chunk)
    return Digests(sha256.hexdigest(), md5.hexdigest(), size)


def together(name: str, digests: Digests, seen: Answer) -> FileHashes:
    """Digests and what was seen as one."""
    whole, trimmed = _clear(seen.whole), _clear(seen.trimmed)
    points = frames.write(seen.points) if seen.points else None
    film = frames.write(seen.film.frames) if seen.film and seen.film.frames else None
    sound = frames.write(seen.film.peaks) if seen.film and seen.film.peaks else None
    found = [Hash("sha256", Form(), digests.sha256), Hash("md5", Form(), digests.md5)]
    found += [Hash("pdq", Form(turn=turn), one) for turn, one in zip(TURNS, whole, strict=False)]
    found += [
        Hash("pdq", Form(trimmed=True, turn=turn), one) for turn, one in zip(TURNS, trimmed, strict=False)
    ]
    found += [Hash("pdq", Form(tilted=True), one) for one in seen.tilted]
    found += [Hash("points", Form(), points)] if points else []
    found += [Hash("film", Form(), film)] if film else []
    found += [
        Hash("points", Form(at=shot.at), frames.write(shot.points))
        for shot in (seen.film.shots if seen.film else ())
    ]
    found += [Hash("sound", Form(), sound)] if sound else []
    return FileHashes(
        file=name,
        sha256=digests.sha256,
        md5=digests.md5,
        bytes=digests.bytes,
        format=seen.format.lower() or None,
        pdq=whole[0] if whole else None,
        pdq_trimmed=trimmed[0] if trimmed else None,
        pdq_panels=seen.panels,
        quality=seen.whole.quality if seen.whole else None,
        width=seen.width or None,
        height=seen.height or None,
        seconds=seen.film.seen if seen.film else None,
        points=points,
        film=film,
        sound=sound,
        note=_note(seen, bool(whole)),
        value=write(found),
    )


def _note(seen: Answer, clear: bool) -> str:
    """What whoever sent the file should know."""
    if seen.whole and not clear:
        return (
            f"shows too little for a PDQ hash: quality {seen.whole.quality} of 100, at least {LEAST_QUALITY}"
        )
    film = seen.film
    if film and film.seconds > film.seen + max(2.0, film.seconds / 20):
        return f"only the first {film.seen:,.0f} of its {film.seconds:,.0f} s were looked at"
    if film and not (film.frames or film.peaks):
        return "shows and sounds too little to be known again"
    return seen.refused


def _clear(looks: Looks | None) -> Sequence[str]:
    """The hashes, if they are worth anything."""
    return looks.hashes if looks and looks.quality >= LEAST_QUALITY else ()
