"""The body of one request: compressed bytes in, events committed batch by batch, one answer out."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import msgspec
from msgspec import Raw
from psycopg_pool import ConnectionPool

from tenfold.intake.acceptance import BATCH_BYTES, BATCH_EVENTS, Acceptor, EventResult, Outcome
from tenfold.intake.decompression import CompressionError, Decompressor
from tenfold.intake.lines import BOM, LineSplitter
from tenfold.store.database import Conn

Form = Literal["lines", "array", "single", "json"]  # json: an array or a single event

_array = msgspec.json.Decoder(list[Raw])


class BodyError(ValueError):
    """A body that cannot be read to its end. `status` is the HTTP status it deserves."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """`body` and `event` in bytes, after decompression; `events` in one request."""

    body: int
    event: int
    events: int


class EventBody:
    """Reads one body. Lines are stored as they come; JSON is read whole first.

    What was committed before an error stays; sending the whole body again makes it duplicates.
    `on_batch` is called with the number of events before each batch is stored.
    """

    def __init__(
        self,
        pool: ConnectionPool[Conn],
        acceptor: Acceptor,
        decompressor: Decompressor,
        form: Form,
        *,
        limits: Limits,
        on_batch: Callable[[int], None],
    ) -> None:
        self._pool = pool
        self._acceptor = acceptor
        self._decompressor = decompressor
        self._form = form
        self._limits = limits
        self._on_batch = on_batch
        self._splitter = LineSplitter(limits.event)
        self._whole = bytearray()
        self._size = 0
        self._seen = 0
        self._batch: list[bytes] = []
        self._batch_bytes = 0
        self.counts: dict[Outcome, int] = {"accepted": 0, "duplicate": 0, "refused": 0}
        self.results: list[EventResult] = []

    def feed(self, data: bytes) -> None:
        """Take the next bytes as they came over the wire; raises BodyError."""
        try:
            for piece in self._decompressor.feed(data):
                self._size += len(piece)
                if self._size > self._limits.body:
                    detail = f"The body holds more than {self._limits.body:,} bytes; send it in parts."
                    raise BodyError(413, "Body too large", detail)
                if self._form == "lines":
                    self._take(self._splitter.feed(piece))
                else:
                    self._whole += piece
        except CompressionError as error:
            raise BodyError(400, "Malformed body", f"The body is {error}.") from None

    def finish(self) -> None:
        """The body has ended: store what is left; raises BodyError."""
        try:
            self._decompressor.finish()
        except CompressionError as error:
            raise BodyError(400, "Malformed body", f"The body is incomplete: {error}.") from None
        if self._form == "lines":
            self._take(self._splitter.finish())
        else:
            self._take(self._read_json())
        self._store()
        if not self._seen and self._form != "json":
            raise BodyError(400, "Empty body", "The body holds no event.")

    def _read_json(self) -> Sequence[bytes]:
        whole = bytes(self._whole).removeprefix(BOM).strip()
        self._whole.clear()
        if not whole:
            raise BodyError(400, "Empty body", "The body holds no event.")
        if self._form == "single" or (self._form == "json" and not whole.startswith(b"[")):
            return [whole]
        try:
            return [bytes(item) for item in _array.decode(whole)]
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise BodyError(400, "Malformed body", f"The body is no JSON array of events: {error}.") from None
        except RecursionError:
            raise BodyError(400, "Malformed body", "The body is nested too deeply.") from None

    def _take(self, raws: Iterator[bytes] | Sequence[bytes]) -> None:
        for raw in raws:
            self._seen += 1
            if self._seen > self._limits.events:
                detail = f"A request may hold {self._limits.events:,} events; send them in several requests."
                raise BodyError(413, "Too many events", detail)
            self._batch.append(raw)
            self._batch_bytes += len(raw)
            if len(self._batch) >= BATCH_EVENTS or self._batch_bytes >= BATCH_BYTES:
                self._store()

    def _store(self) -> None:
        if not self._batch:
            return
        batch, self._batch, self._batch_bytes = self._batch, [], 0
        self._on_batch(len(batch))
        with self._pool.connection() as conn:
            results = self._acceptor.accept(conn, batch, len(self.results))
        for result in results:
            self.counts[result.status] += 1
        self.results += results
