"""The object store: bytes of media by the SHA-256 of what they are, in a directory or in a bucket.

A file appears whole or not at all: it is written beside, brought to the disk and then named. Small files that
belong to an object (its thumbnails) stand beside it.
"""

import hashlib
import os
import re
import shutil
import tempfile
import time
from abc import ABC, abstractmethod
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


class ObjectStore(ABC):
    """Objects, and the folder of what is on its way to them."""

    def __init__(self, incoming: Path) -> None:
        self.incoming = incoming
        self.incoming.mkdir(parents=True, exist_ok=True, mode=0o700)

    def receive(self, most: int) -> Incoming:
        """A new file of at most `most` bytes; raises DiskFullError."""
        if shutil.disk_usage(self.incoming).free < LEAST_FREE:
            raise DiskFullError(f"less than {LEAST_FREE >> 30} GiB is free where {self.incoming} is")
        return Incoming(self.incoming, most)

    def sweep(self, now: float | None = None) -> int:
        """Remove what was begun long ago and never ended; returns how many files."""
        before = (time.time() if now is None else now) - FORGOTTEN_SECONDS
        old = [path for path in self.incoming.iterdir() if path.stat().st_mtime < before]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    @abstractmethod
    def keep(self, incoming: Incoming) -> str:
        """Store what came; returns its SHA-256. What is there already stays."""

    @abstractmethod
    def open(self, sha256: str) -> IO[bytes]:
        """An object to read; raises FileNotFoundError."""

    @abstractmethod
    def put_thumbnail(self, sha256: str, which: str, data: bytes) -> None:
        """Keep a small JPEG beside an object: `blurred` or `clear`."""

    @abstractmethod
    def thumbnail(self, sha256: str, which: str) -> bytes | None:
        """Such a thumbnail, if there is one."""

    @abstractmethod
    def remove(self, sha256: str) -> None:
        """Remove an object and what stands beside it; one that is not there is removed already."""

    @abstractmethod
    def check(self) -> None:
        """Raises OSError, whose text says what to mend, when nothing can be kept there now."""


class Objects(ObjectStore):
    """Objects in a directory, which is made when it is not there."""

    def __init__(self, root: Path) -> None:
        super().__init__(root / "incoming")
        self._root = root

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
        with Incoming(self.incoming, len(data)) as incoming:
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

    def check(self) -> None:
        """Raises DiskFullError, or OSError where nothing can be written."""
        with self.receive(1) as incoming:
            incoming.write(b"x")

    def _path(self, sha256: str) -> Path:
        return self._root / name_of(sha256)

    def _thumbnail(self, sha256: str, which: str) -> Path:
        return self._root / name_of(sha256, which)

    def _name(self, source: Path, target: Path) -> None:
        """Give a complete file its place, and bring the name to the disk, too."""
        target.parent.mkdir(exist_ok=True, mode=0o700)
        source.replace(target)
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def name_of(sha256: str, thumbnail: str = "") -> str:
    """Where an object stands, or its thumbnail; raises ValueError for what is no digest."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"{sha256[:80]!r} is no SHA-256")
    if thumbnail and thumbnail not in THUMBNAILS:
        raise ValueError(f"{thumbnail!r} is no thumbnail; one of {', '.join(THUMBNAILS)}")
    name = f"{sha256[:2]}/{sha256}"
    return f"{name}.{thumbnail}.jpg" if thumbnail else name
