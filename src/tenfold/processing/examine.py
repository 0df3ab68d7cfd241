"""Examine: files that wait are hashed in the confined process, and their events go on with the hashes.

Apart from the pipeline's batches, because a film takes seconds. What was examined once is known by its digest
and not decoded again. A file that ends its worker three times goes on unexamined.
"""

import logging
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from tenfold import events
from tenfold.detectors.media.hasher import Digests, FileHashes, Hasher, digests_of
from tenfold.detectors.media.reading.confined import WordReader
from tenfold.events import Event
from tenfold.intake.file_references import S3, FileReferenceError, key_of, open_file
from tenfold.store import audit, database, uploads
from tenfold.store.bucket import StoreAwayError, fetched
from tenfold.store.database import Conn
from tenfold.store.events import MAX_TRIES
from tenfold.store.objects import ObjectStore
from tenfold.store.s3_objects import bucket_of
from tenfold.store.uploads import Upload

FIELDS: Final = (  # to an event
    *("sha256", "md5", "bytes", "pdq", "pdq_trimmed", "pdq_panels", "points", "film", "sound", "words"),
)

COVER: Final = 2 * 48  # characters of a film that is one picture, whole and without its border

log = logging.getLogger("tenfold.examine")


class Examiner:
    """Examines uploads one after another, on a connection of its own. Without a `reader` what is written in
    them is not read."""

    def __init__(
        self,
        url: str,
        hasher: Hasher,
        objects: ObjectStore,
        uploads_dir: str,
        reader: WordReader | None = None,
        *,
        endpoint: str = "",
    ) -> None:
        self._url = url
        self._hasher = hasher
        self._objects = objects
        self._uploads_dir = uploads_dir
        self._bucket = (
            bucket_of("TENFOLD_UPLOADS_DIR", uploads_dir, endpoint) if uploads_dir.startswith(S3) else None
        )
        self._reader = reader
        self._conn: Conn | None = None

    def next_one(self) -> bool:
        """Examine the oldest upload that nobody else has; False when there is none."""
        if self._conn is None or self._conn.closed:
            self._conn = database.connect(self._url, application_name="tenfold-uploads", autocommit=True)
        with uploads.next_one(self._conn) as upload:
            if upload is None:
                return False
            try:
                found = self._found(self._conn, upload)
            except StoreAwayError:
                uploads.give_back(self._conn, upload)  # it waits until the store is back, however long
                raise
            event = with_hashes(upload.raw, found)
            with self._conn.transaction():
                if "sha256" in found:
                    uploads.remember(self._conn, found["sha256"], found["bytes"], found)
                uploads.finish(self._conn, upload, event)
        return True

    def _found(self, conn: Conn, upload: Upload) -> dict[str, Any]:
        """The hashes, or a note that says why there are none."""
        if upload.tries > MAX_TRIES:
            return _unread(upload, f"ended its worker {MAX_TRIES} times")
        try:
            with self._opened(upload) as file:
                digests = digests_of(file)
                known = uploads.seen(conn, digests.sha256)
                found = known if known is not None else self._look(file, digests)
                if "words" not in found and self._reader and upload.tries < MAX_TRIES:
                    found |= _read(self._reader, file, digests.bytes)
                return found
        except StoreAwayError:
            raise
        except (OSError, FileReferenceError) as error:
            return _unread(upload, str(error))

    def _opened(self, upload: Upload) -> IO[bytes]:
        if upload.sha256:
            return self._objects.open(upload.sha256)
        if not self._uploads_dir:
            raise FileReferenceError("TENFOLD_UPLOADS_DIR is not set where this worker runs")
        if self._bucket:
            key = key_of(self._uploads_dir, upload.file or "")
            return fetched(self._bucket, key, self._objects.incoming)
        return open_file(Path(self._uploads_dir), upload.file or "")

    def _look(self, file: IO[bytes], digests: Digests) -> dict[str, Any]:
        hashes, small = self._hasher.hash_open(file, digests, "", digests.bytes, thumbnails=True)
        if small:
            self._objects.put_thumbnail(digests.sha256, "blurred", small.blurred)
            self._objects.put_thumbnail(digests.sha256, "clear", small.clear)
        return kept(hashes)


def _read(reader: WordReader, file: IO[bytes], size: int) -> dict[str, Any]:
    """What is written in a file. Not at the last try: a worker that died while it read costs no hashes."""
    lines = reader.words_of(file, size)
    return {} if lines is None else {"words": msgspec.to_builtins(lines)}


def with_hashes(raw: bytes, found: dict[str, Any]) -> Event:
    """The event with what was found in its file, whatever it said of that itself."""
    body = msgspec.json.decode(raw)
    body["data"].pop("file", None)
    body["data"] |= {name: found[name] for name in FIELDS if found.get(name, []) != []}
    body["data"].setdefault("kind", _kind(found))
    if found.get("note"):
        body["data"]["note"] = found["note"]
    return events.parse(msgspec.json.encode(body), now=events.FAR_FUTURE)


def forget_old(conn: Conn, objects: ObjectStore, days: int, now: datetime) -> int:
    """Remove bytes that were stored more than `days` days ago, unless somebody needs them; 0 days: nothing.

    Returns how many objects went.
    """
    if not days:
        return 0
    gone = uploads.old(conn, now - timedelta(days=days))
    removed = []
    try:
        for sha256 in gone:
            objects.remove(sha256)
            removed.append(sha256)
    except StoreAwayError as error:  # the rest goes another time
        log.warning("old bytes cannot be removed: %s", error)
    uploads.forget(conn, removed)
    return len(removed)


def erase(conn: Conn, objects: ObjectStore, sha256: str, actor: str) -> bool:
    """Remove bytes and thumbnails now; False when there are none, or while somebody needs them."""
    if uploads.held(conn, sha256) is not False:
        return False
    objects.remove(sha256)
    uploads.forget(conn, [sha256])
    audit.append(conn, [audit.Entry(actor=actor, act="media.erased", subject=f"object:{sha256}")])
    return True


def _kind(found: dict[str, Any]) -> str:
    """What sort of media it is."""
    if "quality" in found:
        return "image"
    cover = "sound" in found and len(found.get("film", "")) <= COVER
    if "film" in found and not cover:
        return "video"
    return "audio" if "sound" in found else "file"


def _unread(upload: Upload, why: str) -> dict[str, Any]:
    log.warning("upload %d goes on unexamined: %s", upload.number, why)
    return {"note": why[:500]}


def kept(hashes: FileHashes) -> dict[str, Any]:
    """What is kept of a file's hashes, without what is missing."""
    fields = msgspec.to_builtins(hashes)
    left_out = ("file", "value")
    return {
        name: value for name, value in fields.items() if value not in (None, "", []) and name not in left_out
    }
