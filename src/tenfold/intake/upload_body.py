"""A multipart body with an event and the bytes it is about: the event to memory, the bytes to the disk."""

from typing import Final

import multipart
from multipart import MultipartSegment, PushMultipartParser

from tenfold.intake.bodies import BodyError
from tenfold.store.objects import Incoming, TooLargeError

EVENT, FILE = "event", "file"
MAX_PARTS: Final = 8
_LIMITS: Final = {"max_header_size": 4096, "max_header_count": 8, "max_segment_count": MAX_PARTS}


class UploadBody:
    """Reads one body piece by piece. Afterwards `event` is the JSON, and `incoming` holds the file."""

    def __init__(self, content_type: str, incoming: Incoming, max_event: int) -> None:
        kind, options = multipart.parse_options_header(content_type)
        if kind != "multipart/form-data" or not options.get("boundary"):
            raise BodyError(
                415, "Unsupported media type", "Send multipart/form-data with the parts `event` and `file`."
            )
        try:
            self._parser = PushMultipartParser(options["boundary"], **_LIMITS)
        except (multipart.MultipartError, ValueError) as error:
            raise _malformed(error) from None
        self._incoming = incoming
        self._max_event = max_event
        self._seen: set[str] = set()
        self._part = ""
        self.event = bytearray()

    def feed(self, data: bytes) -> None:
        """The next bytes as they came over the wire; raises BodyError and OSError."""
        try:
            for item in self._parser.parse(data):
                self._take(item)
        except multipart.MultipartError as error:
            raise _malformed(error) from None

    def finish(self) -> None:
        """The body has ended; raises BodyError when something of it is missing."""
        try:
            self._parser.close()
        except multipart.MultipartError as error:
            raise _malformed(error) from None
        for name in (EVENT, FILE):
            if name not in self._seen:
                raise BodyError(422, "Part missing", f"The body has no part named `{name}`.")

    def _take(self, item: MultipartSegment | bytes | bytearray | None) -> None:
        if item is None:
            return
        if not isinstance(item, bytes | bytearray):
            self._begin(item.name)
        elif self._part == FILE:
            try:
                self._incoming.write(bytes(item))
            except TooLargeError as error:
                raise BodyError(413, "File too large", f"The file is {error}.") from None
        else:
            self.event += item
            if len(self.event) > self._max_event:
                raise BodyError(
                    413, "Event too large", f"The event is larger than {self._max_event:,} bytes."
                )

    def _begin(self, name: str) -> None:
        if name not in (EVENT, FILE) or name in self._seen:
            wrong = "twice" if name in self._seen else "which is not known"
            raise BodyError(
                422, "Unknown part", f"The body has the part {name[:60]!r} {wrong}; send `event` and `file`."
            )
        self._seen.add(name)
        self._part = name


def _malformed(error: Exception) -> BodyError:
    return BodyError(400, "Malformed body", f"The body is no well-formed multipart/form-data: {error}.")
