"""Hashes of files: SHA-256 and MD5 of the bytes, PDQ of what a picture shows, read in a confined process."""

import hashlib
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import msgspec

from tenfold.detectors.media.answers import Answer, Looks
from tenfold.detectors.media.confinement import CPU_SECONDS, MEMORY
from tenfold.detectors.media.hashes import Form, Hash, write
from tenfold.detectors.media.pdq import LEAST_QUALITY
from tenfold.detectors.media.turns import TURNS

MAX_PICTURE_BYTES: Final = 64 << 20
WALL_SECONDS: Final = 30  # for one file, however busy the machine is
_LONGEST_ANSWER = 1 << 16
_CHUNK = 1 << 20
_START = 16  # bytes by which a picture is known


class FileHashes(msgspec.Struct, frozen=True, kw_only=True):
    """The hashes of one file, for banks and for the event `media.uploaded`.

    `pdq` is None for what is no picture, could not be read (`note` says why) or shows too little: `quality`
    below 50 of 100. `pdq_trimmed` is that of the picture without its border of one colour, if it has one.
    `value` is what a bank of media takes: all of these and the turned forms.
    """

    file: str
    sha256: str
    md5: str
    bytes: int
    pdq: str | None = None
    pdq_trimmed: str | None = None
    quality: int | None = None
    width: int | None = None
    height: int | None = None
    note: str = ""
    value: str


class Hasher:
    """Hashes files, pictures in a process of its own that is started when needed and anew when it dies."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            _end(self._process)
            self._process = None

    def hash_file(self, path: Path) -> FileHashes:
        """The hashes of a file of any kind and size; raises OSError when it cannot be read."""
        with path.open("rb") as file:
            start = file.read(_START)
            small = os.fstat(file.fileno()).st_size <= MAX_PICTURE_BYTES
            data = start + file.read() if small and is_picture(start) else None
            sha256, md5, size = _digests(start, file) if data is None else _digests(data, file)
        seen = Answer()
        if data is not None:
            seen = self.look(data)
        elif is_picture(start):
            seen = Answer(refused=f"larger than {MAX_PICTURE_BYTES >> 20} MiB, too large for a picture")
        return _together(path, sha256, md5, size, seen)

    def look(self, data: bytes) -> Answer:
        """What a picture file shows; whatever the file does, an answer comes."""
        process = self._started()
        timer = threading.Timer(WALL_SECONDS, process.kill)
        timer.start()
        try:
            assert process.stdin and process.stdout
            process.stdin.write(struct.pack("<Q", len(data)))
            process.stdin.write(data)
            process.stdin.flush()
            return _answer(process.stdout)
        except (BrokenPipeError, EOFError, msgspec.DecodeError):
            self._process = None
            late = not timer.is_alive()
            return Answer(refused=_why(_end(process), late))
        finally:
            timer.cancel()

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            process = subprocess.Popen(
                [sys.executable, "-I", "-m", "tenfold.detectors.media.decoding"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"OPENBLAS_NUM_THREADS": "1"},
            )
            assert process.stdout
            try:
                _answer(process.stdout)
            except (EOFError, msgspec.DecodeError):
                raise RuntimeError(
                    f"the process that decodes pictures does not start (status {_end(process)}); "
                    f"`{sys.executable} -I -m tenfold.detectors.media.decoding` shows why"
                ) from None
            self._process = process
        return self._process


def is_picture(start: bytes) -> bool:
    """Whether a file that starts so is of a format that is read, whatever its name says."""
    return (
        start.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"BM", b"II*\0", b"MM\0*"))
        or (start[:4] == b"RIFF" and start[8:12] == b"WEBP")
        or (start[4:8] == b"ftyp" and start[8:12] in (b"avif", b"avis", b"mif1"))
    )


def _answer(source: IO[bytes]) -> Answer:
    (length,) = struct.unpack("<I", _exactly(source, 4))
    if length > _LONGEST_ANSWER:
        raise EOFError
    return msgspec.json.decode(_exactly(source, length), type=Answer)


def _exactly(source: IO[bytes], count: int) -> bytes:
    data = source.read(count)
    if len(data) < count:
        raise EOFError
    return data


def _end(process: "subprocess.Popen[bytes]") -> int:
    """Make sure that a process is gone; its status."""
    process.kill() if process.poll() is None else None
    for pipe in (process.stdin, process.stdout):
        if pipe:
            try:
                pipe.close()
            except BrokenPipeError:
                continue
    return process.wait()


def _why(status: int, late: bool) -> str:
    if late:
        return f"took longer than {WALL_SECONDS} s to decode"
    if status == -signal.SIGXCPU:
        return f"took more than {CPU_SECONDS} s of CPU to decode"
    return f"broke the decoder (status {status}); it may try to use more than {MEMORY >> 20} MiB"


def _digests(start: bytes, file: IO[bytes]) -> tuple[str, str, int]:
    sha256, md5, size = hashlib.sha256(start), hashlib.md5(start, usedforsecurity=False), len(start)
    for chunk in iter(lambda: file.read(_CHUNK), b""):
        sha256.update(chunk)
        md5.update(chunk)
        size += len(chunk)
    return sha256.hexdigest(), md5.hexdigest(), size


def _together(path: Path, sha256: str, md5: str, size: int, seen: Answer) -> FileHashes:
    whole, trimmed = _clear(seen.whole), _clear(seen.trimmed)
    note = seen.refused
    if seen.whole and not whole:
        note = (
            f"shows too little for a PDQ hash: quality {seen.whole.quality} of 100, at least {LEAST_QUALITY}"
        )
    found = [Hash("sha256", Form(), sha256), Hash("md5", Form(), md5)]
    found += [Hash("pdq", Form(turn=turn), one) for turn, one in zip(TURNS, whole, strict=False)]
    found += [
        Hash("pdq", Form(trimmed=True, turn=turn), one) for turn, one in zip(TURNS, trimmed, strict=False)
    ]
    return FileHashes(
        file=str(path),
        sha256=sha256,
        md5=md5,
        bytes=size,
        pdq=whole[0] if whole else None,
        pdq_trimmed=trimmed[0] if trimmed else None,
        quality=seen.whole.quality if seen.whole else None,
        width=seen.width or None,
        height=seen.height or None,
        note=note,
        value=write(found),
    )


def _clear(looks: Looks | None) -> Sequence[str]:
    """The hashes, if they are worth anything."""
    return looks.hashes if looks and looks.quality >= LEAST_QUALITY else ()
