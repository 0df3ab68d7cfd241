"""gzip and zstd, piece by piece, so that a small body cannot become a large one unnoticed."""

import zlib
from collections.abc import Iterator
from typing import Protocol

import zstandard

PIECE = 1024 * 1024  # bytes given out at once
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
# Frames that want a larger window are refused: the window is memory. The default level needs 2 MiB, 8 MiB
# is what RFC 8878 asks every decoder to take.
_ZSTD_WINDOW = 8 * 1024 * 1024
# A zstd block holds at most 128 KiB in as few as 4 bytes, so 64 bytes of input give at most 2 MiB.
_ZSTD_STEP = 64
_GZIP_STEP = 16 * 1024  # zlib copies what follows the end of a member, so it gets little at once


class CompressionError(ValueError):
    """Compressed bytes that cannot be read: damaged, cut off, or not of the stated kind."""


class Decompressor(Protocol):
    """Takes compressed bytes as they come and gives what they hold in pieces of at most PIECE."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Pieces of what these bytes hold; raises CompressionError."""

    def finish(self) -> None:
        """Raises CompressionError if the stream is cut off."""


class Identity:
    """No compression."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The same bytes."""
        if data:
            yield data

    def finish(self) -> None:
        """Nothing can be cut off."""


class Gzip:
    """One gzip member after another (RFC 1952 allows several, and `cat a.gz b.gz` makes them)."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        self._inside = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What these bytes hold, a piece at a time."""
        for start in range(0, len(data), _GZIP_STEP):
            yield from self._feed(data[start : start + _GZIP_STEP])

    def _feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if not self._inside:
                data = data.lstrip(b"\0")  # some writers pad the end with zeros
                if not data:
                    return
                self._member = zlib.decompressobj(_GZIP_WINDOW)
            try:
                piece = self._member.decompress(data, PIECE)
            except zlib.error as error:
                raise CompressionError(f"not valid gzip: {error}") from None
            if piece:
                yield piece
            self._inside = not self._member.eof
            data = self._member.unconsumed_tail or self._member.unused_data

    def finish(self) -> None:
        """The last member must have ended."""
        if self._inside:
            raise CompressionError("the gzip stream is cut off")


class Zstd:
    """One zstd frame after another."""

    def __init__(self) -> None:
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._frame = self._decompressor.decompressobj()
        self._inside = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What these bytes hold, fed little by little: zstandard gives all that an input holds at once."""
        position = 0
        while position < len(data):
            if not self._inside:
                self._frame = self._decompressor.decompressobj()
            taken = data[position : position + _ZSTD_STEP]
            try:
                piece = self._frame.decompress(taken)
            except zstandard.ZstdError as error:
                raise CompressionError(f"not valid zstd: {error}") from None
            if piece:
                yield piece
            self._inside = not self._frame.eof
            position += len(taken) - len(self._frame.unused_data)

    def finish(self) -> None:
        """The last frame must have ended."""
        if self._inside:
            raise CompressionError("the zstd stream is cut off")


DECOMPRESSORS: dict[str, type[Identity] | type[Gzip] | type[Zstd]] = {
    "identity": Identity,
    "gzip": Gzip,
    "x-gzip": Gzip,
    "zstd": Zstd,
}
