"""The object store: bytes of media by the SHA-256 of what they are, in a directory.

A file appears whole or not at all: it is written beside, brought to the disk and then named. Small files that
belong to an object (its thumbnails) stand beside it.
"""

import hashlib
import os
import re
import shutil
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

LEAST_FREE: Final = 1 << 30  # bytes that stay free on the disk: the database may live on it
FORGOTTEN_SECONDS: Final = 24 * 3600  # after which what was begun and never ended is removed
THUMBNAILS: Final = ("blurred", "clear")

_SHA256 = re.compile("[0-9a-f]{64}")


class DiskFullError(OSError):
    """So little space is left that nothing more is taken."""


class TooLargeError(ValueError):
    """More bytes came than are taken of one file."""


class Incoming:
    """A file on its way in. Leaving it without `keep` forgets it."""

    def __init__(self, folder: Path, most: int) -> None:
        self._sha256, self._md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        self._most = most
        self.bytes = 0
        descriptor, name = tempfile.mkstemp(dir=folder)
        self.file: IO[bytes] = os.fdopen(descriptor, "w+b")
        self.path = Path(name)

    def write(self, data: bytes) -> None:
        """The next bytes; raises TooLargeError and OSError."""
        self.bytes += len(data)
        if self.bytes > self._most:
            raise TooLargeError(f"larger than {self._most:,} bytes")
        self._sha256.update(data)
        self._md5.update(data)
        self.file.write(data)

    @property
    def sha256(self) -> str:
        """Of what was written so far, in hexadecimal digits."""
        return self._sha256.hexdigest()

    @property
    def md5(self) -> str:
        """Of what was written so far, in hexadecimal digits."""
        return self._md5.hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()
        self.path.unlink(missing_ok=True)


class Objects:
    """Objects in a directory, which is made when it is not there."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)

    def receive(self, most: int) -> Incoming:
        """A new file of at most `most` bytes; raises DiskFullError."""
        if shutil.disk_usage(self._root).free < LEAST_FREE:
            raise DiskFullError(f"less than {LEAST_FREE >> 30} GiB is free where {self._root} is")
        return Incoming(self._incoming, most)

    def keep(self, incoming: Incoming) -> str:
        """Store what came; returns its SHA-256. What is there already stays."""
        path = self._path(incoming.sha256)
        if not path.exists():
            incoming.file.flush()
            os.fsync(incoming.file.fileno())
            self._name(incoming.path, path)
        return incoming.sha256

    def open(self, sha256: str) -> IO[bytes]:
        """An object to read; raises FileNotFoundError."""
        return self._path(sha256).open("rb")

    def put_thumbnail(self, sha256: str, which: str, data: bytes) -> None:
        """Keep a small JPEG beside an object: `blurred` or `clear`."""
        with Incoming(self._incoming, len(data)) as incoming:
            incoming.write(data)
            incoming.file.flush()
            os.fsync(incoming.file.fileno())
            self._name(incoming.path, self._thumbnail(sha256, which))

    def thumbnail(self, sha256: str, which: str) -> bytes | None:
        """Such a thumbnail, if there is one."""
        try:
            return self._thumbnail(sha256, which).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, sha256: str) -> None:
        """Remove an object and what stands beside it; one that is not there is removed already."""
        for path in (self._path(sha256), *(self._thumbnail(sha256, which) for which in THUMBNAILS)):
            path.unlink(missing_ok=True)

    def sweep(self, now: float | None = None) -> int:
        """Remove what was begun long ago and never ended; returns how many files."""
        before = (time.time() if now is None else now) - FORGOTTEN_SECONDS
        old = [path for path in self._incoming.iterdir() if path.stat().st_mtime < before]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _path(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"{sha256[:80]!r} is no SHA-256")
        return self._root / sha256[:2] / sha256

    def _thumbnail(self, sha256: str, which: str) -> Path:
        if which not in THUMBNAILS:
            raise ValueError(f"{which!r} is no thumbnail; one of {', '.join(THUMBNAILS)}")
        path = self._path(sha256)
        return path.with_name(f"{path.name}.{which}.jpg")

    def _name(self, source: Path, target: Path) -> None:
        """Give a complete file its place, and bring the name to the disk, too."""
        target.parent.mkdir(exist_ok=True, mode=0o700)
        source.replace(target)
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
