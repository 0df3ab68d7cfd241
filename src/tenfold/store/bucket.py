"""One bucket of a server that speaks S3: the operator's, at the endpoint that he set, and nothing else.

Credentials and region come from the usual variables (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION)
or from what the machine is given by its cloud. Needs the extra `s3`.
"""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from obstore.store import S3Store

SCHEME: Final = "s3://"
CHUNK: Final = 8 << 20  # bytes of a part of a large object
ANSWER_SECONDS: Final = 60
CONNECT_SECONDS: Final = 5
RETRIES: Final = 3
RETRY_SECONDS: Final = 20

_URL = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/[A-Za-z0-9_.=-]+)*)/?")


class StoreAwayError(OSError):
    """The object store cannot be used now: not reached, no such bucket, credentials refused."""


class Place(msgspec.Struct, frozen=True):
    """A bucket, where in it, and at which endpoint; "": that of the cloud."""

    bucket: str
    prefix: str
    endpoint: str = ""

    def __str__(self) -> str:
        return SCHEME + "/".join(filter(None, (self.bucket, self.prefix)))


def place(url: str, endpoint: str = "") -> Place:
    """What `s3://bucket/prefix` names; raises ValueError."""
    found = _URL.fullmatch(url)
    if found is None or any(part in (".", "..") for part in found[2].split("/")):
        raise ValueError(f"{url[:200]!r} is no place in S3; write it as s3://bucket/prefix")
    return Place(found[1], found[2].strip("/"), endpoint)


class Bucket:
    """Objects of one place, by key. What fails, but for a missing object, is a StoreAwayError that says
    what to mend."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._store: S3Store | None = None

    def put(self, key: str, file: IO[bytes] | bytes) -> None:
        """Write an object; it is there whole or not at all."""
        import obstore

        with self._told():
            obstore.put(self._opened(), key, file, chunk_size=CHUNK)

    def get(self, key: str) -> bytes:
        """A small object; raises FileNotFoundError."""
        import obstore

        with self._told():
            return bytes(obstore.get(self._opened(), key).bytes())

    def fetch(self, key: str, write: Callable[[bytes], object]) -> None:
        """An object of any size, piece by piece; raises FileNotFoundError."""
        import obstore

        with self._told():
            for piece in obstore.get(self._opened(), key).stream(min_chunk_size=CHUNK):
                write(bytes(piece))

    def has(self, key: str) -> bool:
        """Whether there is such an object."""
        import obstore

        try:
            with self._told():
                obstore.head(self._opened(), key)
        except FileNotFoundError:
            return False
        return True

    def remove(self, key: str) -> None:
        """Remove an object; one that is not there is removed already."""
        import obstore

        with self._told():
            obstore.delete(self._opened(), key)

    def _opened(self) -> "S3Store":
        if self._store is None:
            from obstore.store import S3Store

            self._store = S3Store(
                self.place.bucket,
                prefix=self.place.prefix or None,
                client_options={
                    "timeout": timedelta(seconds=ANSWER_SECONDS),
                    "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
                    "allow_http": self.place.endpoint.startswith("http://"),
                },
                retry_config={
                    "max_retries": RETRIES,
                    "retry_timeout": timedelta(seconds=RETRY_SECONDS),
                },
                config={"endpoint": self.place.endpoint} if self.place.endpoint else None,
            )
        return self._store

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell what failed in one line: the server's own text quotes keys and requests."""
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise StoreAwayError(f"{self.place}: there is no such bucket; make it first") from None
            raise FileNotFoundError("there is no such object") from None
        except (BaseError, OSError) as error:
            raise StoreAwayError(f"{self.place}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    """What an operator can mend."""
    from obstore.exceptions import PermissionDeniedError, UnauthenticatedError

    text = str(error)
    if isinstance(error, (PermissionError, PermissionDeniedError, UnauthenticatedError)) or "403" in text:
        return "access was refused; check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the bucket's policy"
    if "error sending request" in text or "timed out" in text:
        return "the server does not answer; check TENFOLD_OBJECTS_ENDPOINT"
    return text.split("\n", 1)[0][:300]


def fetched(bucket: Bucket, key: str, folder: Path) -> IO[bytes]:
    """An object as a file that goes when it is closed; raises FileNotFoundError and StoreAwayError."""
    file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - whoever asked closes it
    try:
        bucket.fetch(key, file.write)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file
