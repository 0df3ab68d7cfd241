"""Files that events refer to: paths within the one directory that the platform and Tenfold agreed on, or keys
within a bucket.

Each part of a path is opened by itself and must be a real directory, the last a real file. So no link leads
outside, whatever changes meanwhile. A bucket is asked at the operator's endpoint, whatever an event says.
"""

import os
import stat
from pathlib import Path
from typing import IO, Final

MAX_PATH: Final = 1_000  # characters
S3: Final = "s3://"
_ONWARD: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


class FileReferenceError(ValueError):
    """Why a path leads to no file that may be read."""


def fault(path: str) -> str:
    """What is wrong with how a path is written, or ""."""
    if not path or len(path) > MAX_PATH:
        return f"has {len(path):,} characters; a path has 1 to {MAX_PATH:,}"
    if any(ord(character) < 32 or character == "\\" for character in path):
        return "holds a backslash or a control character; write folders with /"
    if any(part in ("", ".", "..") for part in path.removeprefix(S3).split("/")):
        return "begins or ends with /, or has a part that is empty, . or ..; write it from the directory on"
    return ""


def key_of(root: str, path: str) -> str:
    """The key of a file within the place `root` (`s3://bucket/prefix`), which may be named in full or not.

    Raises FileReferenceError for what lies elsewhere.
    """
    reason = fault(path)
    if reason:
        raise FileReferenceError(f"{path[:200]!r} {reason}")
    inside = path.removeprefix(f"{root.rstrip('/')}/")
    if inside.startswith(S3):
        raise FileReferenceError(f"{path[:200]!r} is not within {root}, from where alone files are taken")
    return inside


def open_file(root: Path, path: str) -> IO[bytes]:
    """The file to read; raises FileReferenceError."""
    reason = fault(path)
    if reason:
        raise FileReferenceError(f"{path[:200]!r} {reason}")
    *folders, name = path.split("/")
    try:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in folders:
                inner = os.open(part, _ONWARD | os.O_DIRECTORY, dir_fd=folder)
                os.close(folder)
                folder = inner
            descriptor = os.open(
                name, _ONWARD | os.O_NONBLOCK, dir_fd=folder
            )  # a pipe must not be waited for
        finally:
            os.close(folder)
    except OSError as error:
        raise FileReferenceError(f"{path[:200]!r} cannot be read in {root}: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileReferenceError(f"{path[:200]!r} is no file")
    return os.fdopen(descriptor, "rb")
