"""Where the running console is, for commands that print links to it: a file in the data directory."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from tenfold.config import Settings

FILE: Final = "serving.json"


class _Serving(msgspec.Struct):
    """The process that serves, and its address without a trailing slash."""

    pid: int
    url: str


@contextlib.contextmanager
def announced(settings: Settings) -> Iterator[None]:
    """Say where this process serves, until the block ends."""
    file = settings.data_dir / FILE
    file.write_bytes(msgspec.json.encode(_Serving(os.getpid(), settings.url)))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def console_url(settings: Settings) -> str:
    """The address that people are told: the configured one (TENFOLD_BASE_URL), or else that of the server
    which runs on this data directory, or else the one that it would have by these settings."""
    return settings.url if settings.base_url else _running(settings.data_dir) or settings.url


def _running(data_dir: Path) -> str | None:
    try:
        serving = msgspec.json.decode((data_dir / FILE).read_bytes(), type=_Serving)
    except (OSError, msgspec.MsgspecError):
        return None
    try:
        os.kill(serving.pid, 0)  # nothing is sent: it asks whether the process is there
    except PermissionError:
        return serving.url  # it is somebody else's
    except (OSError, OverflowError):
        return None  # what it left behind when it was killed
    return serving.url
