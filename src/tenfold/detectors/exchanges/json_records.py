"""Records of JSON documents of any length, each with its first line; some MiB in memory at a time."""

import json
from collections.abc import Callable, Collection, Iterator
from typing import IO, Any, Final, TypeVar

import msgspec

from tenfold.detectors.bank_transfer import readable
from tenfold.detectors.exchanges.record import BrokenListError, Read, Record, Unread, ValueProblem

CHUNK: Final = 1 << 20  # characters that are read at once
MAX_VALUE: Final = 4 << 20  # characters of one record, and of what stands around a list
_SPACE: Final = " \t\r\n"

_Struct = TypeVar("_Struct")


def records(
    file: IO[str], lists: Collection[str], shape: type[_Struct], record: Callable[[int, _Struct], Record]
) -> Iterator[Read]:
    """The records of a file: elements of a list, or of a document's member that is named in `lists`, or whole
    documents, one after another. What does not have the shape is told.

    Raises BrokenListError where the JSON is not valid: what follows cannot be told apart then.
    """
    for line, value in _values(file, lists):
        try:
            yield record(line, msgspec.convert(value, shape))
        except msgspec.ValidationError as error:
            yield Unread(line, readable(error))
        except ValueProblem as problem:
            yield Unread(line, str(problem))


def _values(file: IO[str], lists: Collection[str]) -> Iterator[tuple[int, Any]]:
    text = _Text(file)
    while next_ := text.peek():
        if next_ == "[":
            yield from _elements(text)
        elif next_ == "{":
            yield from _document(text, lists)
        else:
            raise BrokenListError(f"line {text.line}: not JSON: {next_!r} where a list or an object begins")


def _elements(text: "_Text") -> Iterator[tuple[int, Any]]:
    text.take("[")
    if text.peek() == "]":
        text.take("]")
        return
    while True:
        text.peek()
        yield text.line, text.value()
        if not text.goes_on("]"):
            return


def _document(text: "_Text", lists: Collection[str]) -> Iterator[tuple[int, Any]]:
    line = text.line
    text.take("{")
    members: dict[str, Any] = {}
    listed = False
    around = 0
    more = text.peek() != "}"
    if not more:
        text.take("}")
    while more:
        text.peek()
        name = text.value()
        if not isinstance(name, str):
            raise BrokenListError(f"line {text.line}: not JSON: a member's name is a string")
        text.take(":")
        if text.peek() == "[" and name in lists:
            listed = True
            yield from _elements(text)
        else:
            before = text.passed
            members[name] = text.value()
            around += text.passed - before
            if around > MAX_VALUE:
                raise BrokenListError(f"line {text.line}: an object longer than {MAX_VALUE:,} characters")
        more = text.goes_on("}")
    if not listed:
        yield line, members


class _Text:
    """A file of which a piece is in memory, and how far it was read."""

    def __init__(self, file: IO[str]) -> None:
        self.line = 1
        self.passed = 0  # characters
        self._file = file
        self._piece = ""
        self._at = 0

    def peek(self) -> str:
        """The next character that is no space; "" at the end."""
        while True:
            end = self._at
            while end < len(self._piece) and self._piece[end] in _SPACE:
                end += 1
            self._pass(end)
            if end < len(self._piece):
                return self._piece[end]
            if not self._more():
                return ""

    def take(self, expected: str) -> None:
        """Go past this character."""
        found = self.peek()
        if found != expected:
            raise BrokenListError(
                f"line {self.line}: not JSON: {found or 'the end'!r} instead of {expected!r}"
            )
        self._pass(self._at + 1)

    def goes_on(self, end: str) -> bool:
        """Go past a comma, or past the end of a list or object."""
        more = self.peek() == ","
        self.take("," if more else end)
        return more

    def value(self) -> Any:
        """The value that begins here."""
        while True:
            try:
                found, end = _DECODER.raw_decode(self._piece, self._at)
            except RecursionError:
                raise BrokenListError(f"line {self.line}: nested too deeply") from None
            except ValueError as error:
                if len(self._piece) - self._at > MAX_VALUE:
                    raise BrokenListError(
                        f"line {self.line}: no JSON, or longer than {MAX_VALUE:,} characters"
                    ) from None
                if not self._more():
                    reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
                    raise BrokenListError(f"line {self.line}: not JSON, or cut off: {reason}") from None
                continue
            if end < len(self._piece) or not self._more():  # a number at the end of a piece may go on
                self._pass(end)
                return found

    def _pass(self, end: int) -> None:
        self.passed += end - self._at
        self.line += self._piece.count("\n", self._at, end)
        self._at = end

    def _more(self) -> bool:
        """Read on; False at the end, where nothing changes."""
        chunk = self._file.read(CHUNK)
        if chunk:
            self._piece = self._piece[self._at :] + chunk
            self._at = 0
        return bool(chunk)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


_DECODER: Final = json.JSONDecoder(parse_constant=_no_number)
