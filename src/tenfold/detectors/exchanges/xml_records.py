"""Elements of an XML document of any length, one at a time.

Read by expat with nothing on that a hostile document could use: no document type, so no entities and nothing
external; and with limits of depth, size and count.
"""

from collections.abc import Collection, Iterator
from typing import IO, Final
from xml.parsers import expat

import msgspec

from tenfold.detectors.exchanges.record import BrokenListError

CHUNK: Final = 1 << 16  # bytes that are read at once
MAX_DEPTH: Final = 20
MAX_NODES: Final = 10_000  # elements of one record
MAX_TEXT: Final = 1 << 20  # characters of one record, and bytes of one tag


class Node(msgspec.Struct):
    """An element: its name without prefix or namespace, in lower case."""

    name: str
    line: int
    attributes: dict[str, str]
    text: str = ""
    children: list["Node"] = []

    def child(self, name: str) -> "Node | None":
        """The first child with this name."""
        return next((one for one in self.children if one.name == name), None)

    def texts(self, name: str) -> str:
        """The text of that child, or ""."""
        found = self.child(name)
        return found.text.strip() if found else ""

    def all(self, name: str) -> Iterator["Node"]:
        """Elements with this name at any depth."""
        for one in self.children:
            if one.name == name:
                yield one
            yield from one.all(name)


def elements(file: IO[bytes], root: str, names: Collection[str]) -> Iterator[Node]:
    """The elements of the document with these names, which are not within each other.

    Raises BrokenListError: no XML, another root, a document type, cut off, or beyond a limit.
    """
    reading = _Reading(root, names)
    fed = 0
    try:
        while chunk := file.read(CHUNK):
            fed += len(chunk)
            reading.parser.Parse(chunk, False)
            if (
                fed - reading.parser.CurrentByteIndex > MAX_TEXT
            ):  # expat reads an open tag anew with each piece
                raise BrokenListError(f"line {reading.line}: a tag is longer than {MAX_TEXT:,} bytes")
            yield from reading.taken()
        reading.parser.Parse(b"", True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise BrokenListError(f"line {error.lineno}: not XML, or cut off: {reason}") from None
    except (LookupError, ValueError) as error:  # of an encoding that is not known
        if isinstance(error, BrokenListError):
            raise
        raise BrokenListError(f"line {reading.line}: {error}") from None
    yield from reading.taken()


class _Reading:
    """What expat tells, as records."""

    def __init__(self, root: str, names: Collection[str]) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self._root = root
        self._names = names
        self._depth = 0
        self._open: list[Node] = []  # within a record, the record first
        self._nodes = 0
        self._text = 0
        self._done: list[Node] = []

    @property
    def line(self) -> int:
        """Where expat stands."""
        return self.parser.CurrentLineNumber

    def taken(self) -> list[Node]:
        """The records since the last call."""
        done, self._done = self._done, []
        return done

    def _doctype(self, *_: object) -> None:
        raise BrokenListError(
            f"line {self.line}: has a document type (DOCTYPE), which lists have not; remove it"
        )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2].lower()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BrokenListError(f"line {self.line}: nested deeper than {MAX_DEPTH}")
        if self._depth == 1 and name != self._root.lower():
            raise BrokenListError(f"line {self.line}: begins with <{tag[:60]}>, not with <{self._root}>")
        if not self._open and name not in self._names:
            return
        node = Node(name, self.line, attributes, "", [])
        if self._open:
            self._open[-1].children.append(node)
        else:
            self._nodes = self._text = 0
        self._open.append(node)
        self._nodes += 1
        self._grow(sum(map(len, attributes.values())))
        if self._nodes > MAX_NODES:
            raise BrokenListError(f"line {self.line}: a record of more than {MAX_NODES:,} elements")

    def _end(self, _: str) -> None:
        self._depth -= 1
        if self._open:
            node = self._open.pop()
            if not self._open:
                self._done.append(node)

    def _characters(self, text: str) -> None:
        if self._open:
            self._grow(len(text))
            self._open[-1].text += text

    def _grow(self, characters: int) -> None:
        self._text += characters
        if self._text > MAX_TEXT:
            raise BrokenListError(f"line {self.line}: a record of more than {MAX_TEXT:,} characters")
