"""Files that are sent or named by their address, and the hashes that they have."""

import io
import threading
from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency

from tenfold.config import Settings
from tenfold.detectors.media.hasher import FileHashes, Hasher, digests_of
from tenfold.detectors.media.kinds import START, is_picture
from tenfold.enforcement.fetching import FetchError, fetch
from tenfold.web.hma import wire
from tenfold.web.hma.wire import SIGNALS_OF, ContentName, Refusal, SignalName

MAX_FILE: Final = 64 * 1024 * 1024  # bytes


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A file and what it is said to be. `uri`: where it was fetched from."""

    data: bytes
    content: ContentName
    uri: str | None = None


class Files:
    """Hashes files in one confined process, one after another. For several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._hasher = Hasher()
        self._lock = threading.Lock()

    def hashes(self, sent: Sent) -> FileHashes:
        """All hashes of a file."""
        file = io.BytesIO(sent.data)
        digests = digests_of(file)
        with self._lock:
            return self._hasher.hash_open(file, digests, sent.content, len(sent.data))[0]

    def fetched(self, url: str, content: str | None) -> Sent:
        """The file at a URL, never one of the operator's own network."""
        private = self._settings.webhook_private_addresses
        try:
            data = fetch(url, most=MAX_FILE, allow_private=private)
        except FetchError as error:
            if error.refused:
                raise Refusal(400, f"Invalid or unsafe URL provided: {error}") from None
            raise Refusal(400, f"The file could not be fetched: {error}") from None
        guessed = "photo" if is_picture(data[:START]) else "video"
        return Sent(data=data, content=wire.content_name(content or guessed), uri=url)

    def close(self) -> None:
        """End the confined process."""
        self._hasher.close()


Hashing = NamedDependency[Files]  # what handlers write for their parameter `files`


async def uploaded(form: Mapping[str, Any], absent: str) -> Sent:
    """The one file of a form, whose field is named by the type of its content."""
    files = [(name, value) for name, value in form.items() if isinstance(value, UploadFile)]
    if not files:
        raise Refusal(400, absent)
    if len(files) > 1:
        raise Refusal(400, "Exactly one file must be uploaded")
    name, file = files[0]
    content = wire.content_name(name)
    data = await file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise Refusal(413, f"The file is larger than {MAX_FILE:,} bytes")
    return Sent(data=data, content=content)


def signals(found: FileHashes, content: ContentName, wanted: Collection[SignalName]) -> dict[SignalName, str]:
    """The hashes of a file as signals; "" for a picture that shows too little or could not be read."""
    name = SIGNALS_OF[content]
    if wanted and name not in wanted:
        return {}
    return {name: (found.pdq or "") if name == "pdq" else found.md5}


def wanted_types(text: str) -> list[SignalName]:
    """The types of signals that are asked for; none: all."""
    return [wire.signal_name(one) for one in text.split(",") if one]
