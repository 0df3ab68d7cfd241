"""NDJSON: one JSON object a line, from bytes that come in pieces."""

from collections.abc import Iterator

BOM = b"\xef\xbb\xbf"


class LineSplitter:
    """Lines of a stream of bytes, without their ends; blank lines are left out.

    A line longer than `limit` is given as its first `limit` + 1 bytes, so that it is refused for its
    size and not kept in memory.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._tail = b""
        self._prefix = BOM  # taken off the first line

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that are complete with these bytes."""
        lines = data.split(b"\n")
        lines[0] = self._tail + lines[0]
        self._tail = lines.pop()[: self._limit + 1]
        for line in lines:
            yield from self._line(line)

    def _line(self, line: bytes) -> Iterator[bytes]:
        line, self._prefix = line.removeprefix(self._prefix), b""
        if line and not line.isspace():
            yield line[: self._limit + 1]

    def finish(self) -> Iterator[bytes]:
        """The last line, when no line end follows it."""
        yield from self._line(self._tail)
        self._tail = b""
