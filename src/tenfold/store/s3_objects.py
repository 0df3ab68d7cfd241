"""The object store in a bucket. Uploads are gathered in a folder of this machine first, and sent on whole."""

import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Final

from tenfold.config import Settings, SettingsError
from tenfold.store.bucket import Bucket, fetched, place
from tenfold.store.objects import THUMBNAILS, Incoming, Objects, ObjectStore, name_of

CHECKED: Final = "tenfold-check"  # the key that is written to see whether anything can be


class S3Objects(ObjectStore):
    """Objects in a bucket; `incoming`: the folder where uploads are gathered and films are read."""

    def __init__(self, bucket: Bucket, incoming: Path) -> None:
        super().__init__(incoming)
        self._bucket = bucket

    def keep(self, incoming: Incoming) -> str:
        """Store what came; returns its SHA-256. What is there already stays. Raises StoreAwayError."""
        name = name_of(incoming.sha256)
        if not self._bucket.has(name):
            incoming.file.seek(0)
            self._bucket.put(name, incoming.file)
            incoming.file.seek(0, os.SEEK_END)
        return incoming.sha256

    def open(self, sha256: str) -> IO[bytes]:
        """A copy on this machine's disk to read; raises FileNotFoundError and StoreAwayError."""
        return fetched(self._bucket, name_of(sha256), self.incoming)

    def put_thumbnail(self, sha256: str, which: str, data: bytes) -> None:
        """Keep a small JPEG beside an object: `blurred` or `clear`."""
        self._bucket.put(name_of(sha256, which), data)

    def thumbnail(self, sha256: str, which: str) -> bytes | None:
        """Such a thumbnail, if there is one."""
        try:
            return self._bucket.get(name_of(sha256, which))
        except FileNotFoundError:
            return None

    def remove(self, sha256: str) -> None:
        """Remove an object and what stands beside it; one that is not there is removed already."""
        for name in (*(name_of(sha256, which) for which in THUMBNAILS), name_of(sha256)):
            self._bucket.remove(name)

    def check(self) -> None:
        """Write and read something small; raises StoreAwayError."""
        self._bucket.put(CHECKED, b"written to see whether uploads can be kept")
        self._bucket.get(CHECKED)


def objects_of(settings: Settings) -> ObjectStore:
    """The object store that is set; raises SettingsError."""
    if not settings.objects_url:
        return Objects(settings.objects)
    bucket = bucket_of("TENFOLD_OBJECTS_URL", settings.objects_url, settings.objects_endpoint)
    return S3Objects(bucket, settings.objects / "incoming")


@cache
def bucket_of(setting: str, url: str, endpoint: str) -> Bucket:
    """The bucket that a setting names, one for each with its connections; raises SettingsError."""
    if not find_spec("obstore"):
        raise SettingsError(f"{setting}: the part that speaks S3 is not installed; install tenfold[s3]")
    try:
        return Bucket(place(url, endpoint))
    except ValueError as error:
        raise SettingsError(f"{setting}: {error}") from None
