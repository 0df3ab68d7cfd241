"""How the confined process gets at a file: it asks for pieces of it over its output, one after another.

A message to it is a length (8 bytes, little-endian) and a byte, 1 if thumbnails are wanted. It answers with
messages that begin with a byte: `R`, an offset (8 bytes) and a length (4) ask for a piece of the file, which
comes as a length (4) and bytes; `A`, a length (4) and JSON is the Answer. So a file may be of any size and
lie anywhere, and the process has no descriptor but its two pipes.
"""

import io
import struct
from typing import IO, BinaryIO, Final, Protocol

import msgspec

from tenfold.detectors.media.answers import Answer

MOST_AT_ONCE: Final = 1 << 20  # bytes of one piece
LONGEST_ANSWER: Final = 4 << 20
SERVED_TIMES: Final = 8  # a file is handed out this often at most: some formats are read from both ends
SERVED_LEAST: Final = 64 << 20

_REQUEST = struct.Struct("<QB")
_PIECE = struct.Struct("<QI")
_LENGTH = struct.Struct("<I")


class Source(Protocol):
    """A file that can be read from anywhere."""

    def seek(self, offset: int, /) -> object:
        """Go to an offset from the start."""

    def read(self, count: int, /) -> bytes:
        """The bytes from there on, at most `count`, none at the end."""


class Asked(io.RawIOBase):
    """Inside: a file of `size` bytes, of which each piece is asked for."""

    def __init__(self, source: BinaryIO, sink: BinaryIO, size: int) -> None:
        super().__init__()
        self._source, self._sink, self._size, self._at = source, sink, size, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to an offset from the start (0), from here (1) or from the end (2)."""
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Fill the buffer as far as the file goes."""
        wanted = max(0, min(len(buffer), MOST_AT_ONCE, self._size - self._at))
        if not wanted:
            return 0
        self._sink.write(b"R" + _PIECE.pack(self._at, wanted))
        self._sink.flush()
        (count,) = _LENGTH.unpack(self._source.read(_LENGTH.size))
        buffer[:count] = self._source.read(count)
        self._at += count
        return int(count)


def say(sink: BinaryIO, what: Answer) -> None:
    """Inside: give the answer."""
    told = msgspec.json.encode(what)
    sink.write(b"A" + _LENGTH.pack(len(told)) + told)
    sink.flush()


def next_request(source: BinaryIO) -> tuple[int, bool] | None:
    """Inside: the size of the next file and whether thumbnails are wanted; None when there is none."""
    head = source.read(_REQUEST.size)
    if len(head) < _REQUEST.size:
        return None
    size, thumbnails = _REQUEST.unpack(head)
    return size, bool(thumbnails)


def request(sink: IO[bytes], size: int, thumbnails: bool) -> None:
    """Outside: name the next file."""
    sink.write(_REQUEST.pack(size, thumbnails))
    sink.flush()


def serve(file: Source, size: int, source: IO[bytes], sink: IO[bytes]) -> Answer:
    """Outside: hand out pieces until the answer comes; EOFError when the process ends or talks nonsense."""
    left = max(SERVED_LEAST, SERVED_TIMES * size)
    while (kind := _exactly(source, 1)) == b"R":
        offset, count = _PIECE.unpack(_exactly(source, _PIECE.size))
        left -= count
        if count > MOST_AT_ONCE or left < 0:
            raise EOFError
        file.seek(offset)
        piece = file.read(count)
        sink.write(_LENGTH.pack(len(piece)) + piece)
        sink.flush()
    return _answer(kind, source)


def first_answer(source: IO[bytes]) -> Answer:
    """Outside: what comes when the walls stand."""
    return _answer(_exactly(source, 1), source)


def _answer(kind: bytes, source: IO[bytes]) -> Answer:
    (length,) = _LENGTH.unpack(_exactly(source, _LENGTH.size))
    if kind != b"A" or length > LONGEST_ANSWER:
        raise EOFError
    return msgspec.json.decode(_exactly(source, length), type=Answer)


def _exactly(source: IO[bytes], count: int) -> bytes:
    data = source.read(count)
    if len(data) < count:
        raise EOFError
    return data
