"""CSV files of protectees as people save them: any of the usual encodings and separators, headers in both
languages. Read whole; each fault is told with its line, column and remedy.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tenfold.threats.protectees.given import Given, GivenError, from_values

MAX_BYTES = 64 * 1024 * 1024
MAX_FAULTS = 50  # told of one file
LIST_END = "|"  # between the values of one cell

COLUMNS = (
    "key", "kind", "name", "names", "handles", "accounts", "domains", "addresses", "cities", "member_of",
    "contact", "note", "starts_at", "ends_at", "active",
)  # fmt: skip
_LISTS = frozenset({"names", "handles", "accounts", "domains", "addresses", "cities"})
_CLEARED_BY_NOTHING = frozenset({"member_of", "starts_at", "ends_at"})
_OTHER_NAMES = {
    "id": "key",
    "type": "kind",
    "alias": "names",
    "aliases": "names",
    "other_names": "names",
    "handle": "handles",
    "account": "accounts",
    "domain": "domains",
    "address": "addresses",
    "city": "cities",
    "team": "member_of",
    "notes": "note",
    "start": "starts_at",
    "end": "ends_at",
    "المعرف": "key",
    "الرقم": "key",
    "النوع": "kind",
    "الاسم": "name",
    "أسماء أخرى": "names",
    "الأسماء الأخرى": "names",
    "المعرفات": "handles",
    "اسم المستخدم": "handles",
    "الحسابات": "accounts",
    "النطاقات": "domains",
    "العناوين": "addresses",
    "العنوان": "addresses",
    "المدن": "cities",
    "المدينة": "cities",
    "الفريق": "member_of",
    "التواصل": "contact",
    "الاتصال": "contact",
    "ملاحظة": "note",
    "ملاحظات": "note",
    "يبدأ": "starts_at",
    "البداية": "starts_at",
    "ينتهي": "ends_at",
    "النهاية": "ends_at",
    "نشط": "active",
}
_KINDS = {
    "شخص": "person",
    "فريق": "team",
    "مكتب": "office",
    "مكان": "place",
    "حدث": "event",
    "فعالية": "event",
}
_YES_OR_NO = {"": True, "yes": True, "no": False, "1": True, "0": False, "نعم": True, "لا": False}


class TableError(ValueError):
    """A file that cannot be read at all: where, why, how to mend it; `code` and `values` say so for other
    languages."""

    def __init__(self, message: str, code: str, **values: str | int) -> None:
        super().__init__(message)
        self.code = code
        self.values = values


class Fault(msgspec.Struct, frozen=True):
    """What is wrong on a line, in a column ("" for the row as a whole), and how to mend it; `code` says why
    for other languages."""

    line: int
    column: str
    reason: str
    code: str = "invalid"


class Row(msgspec.Struct, frozen=True):
    """A row: the line it begins on, the fields given, and the key of what it is a member of (None: not
    said)."""

    line: int
    given: Given
    team: str | None


def decoded(data: bytes) -> str:
    """The text of a file: UTF-8 or UTF-16, told by the byte order mark, or by the zeros beside separators and
    Latin letters."""
    if len(data) > MAX_BYTES:
        raise TableError(f"the file is longer than {MAX_BYTES // 2**20} MiB; import it in parts", "size")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\0" in data[:200]:
        encoding = "utf-16-le" if data[1:200:2].count(0) > data[:200:2].count(0) else "utf-16-be"
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise TableError(
            f"line {line:,}, byte {error.start:,} (0x{data[error.start]:02x}): is not "
            f"{'UTF-8' if encoding == 'utf-8-sig' else 'UTF-16'}; save the file as UTF-8, for example with "
            "iconv -f WINDOWS-1256 -t UTF-8",
            "encoding",
            line=line,
        ) from None


def rows(data: bytes) -> tuple[list[Row], list[Fault]]:
    """Every row that can be taken, and what is wrong with the others (MAX_FAULTS at most). Raises
    TableError."""
    found: list[Row] = []
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    for line, cells, fault in _records(decoded(data)):
        try:
            if fault:
                raise GivenError("", fault, "cells")
            row = _row(line, cells)
            key = str(row.given.key)
            if key in seen:
                raise GivenError("key", f"{key!r} stands on line {seen[key]:,} too; each key once", "twice")
            seen[key] = line
            found.append(row)
        except GivenError as error:
            faults.append(Fault(line, error.field, error.reason, error.code))
            if len(faults) >= MAX_FAULTS:
                break
    return found, faults


def _records(text: str) -> Iterator[tuple[int, dict[str, str], str]]:
    """Line, cells by column, and what is wrong with the row as such."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if header is None:
                    header = _header(cells)
                else:
                    fault = ""
                    if len(cells) != len(header):
                        fault = (
                            f"has {len(cells)} cells where the header has {len(header)}; put cells that hold "
                            "the separator in quotes"
                        )
                    yield line, dict(zip(header, cells, strict=False)), fault
            line = reader.line_num + 1
    except csv.Error as error:
        raise TableError(
            f"the row that begins on line {line:,} cannot be read: {error}; is a quote left open?",
            "quote",
            line=line,
        ) from None
    if header is None:
        raise TableError(
            f"the file is empty; the first row must name the columns: {', '.join(COLUMNS)}", "empty"
        )


def _delimiter(text: str) -> str:
    """The separator that the header has most of."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=first.count)


def _header(cells: list[str]) -> list[str]:
    names = []
    for place, cell in enumerate(cells, 1):
        given = " ".join(cell.strip().casefold().split())
        name = _OTHER_NAMES.get(given, given.replace(" ", "_"))
        name = _OTHER_NAMES.get(name, name)
        if name not in COLUMNS:
            raise TableError(
                f"line 1, column {place}: {cell.strip()[:40]!r} is no column; there are {', '.join(COLUMNS)}",
                "column",
                column=place,
                value=cell.strip()[:40],
            )
        if name in names:
            raise TableError(
                f"line 1, column {place}: {cell.strip()[:40]!r} says the same as another column",
                "doubled",
                column=place,
                value=cell.strip()[:40],
            )
        names.append(name)
    missing = [name for name in ("key", "kind", "name") if name not in names]
    if missing:
        raise TableError(
            f"line 1: no column {missing[0]!r}; key, kind and name are needed", "missing", value=missing[0]
        )
    return names


def _row(line: int, cells: Mapping[str, str]) -> Row:
    values: dict[str, Any] = {}
    for column, cell in cells.items():
        text = cell.strip().removeprefix("\ufeff")
        if text.startswith("'") and text[1:2] in ("=", "+", "-", "@"):
            text = text[1:]  # as `export` writes it, so that no spreadsheet takes it for a formula
        if column in _LISTS:
            values[column] = [part.strip() for part in text.split(LIST_END) if part.strip()]
        elif column == "kind":
            values[column] = _KINDS.get(text, text.casefold())
        elif column == "active":
            values[column] = _YES_OR_NO.get(text.casefold(), text)
        elif column != "member_of":
            values[column] = None if not text and column in _CLEARED_BY_NOTHING else text
    for needed in ("key", "kind", "name"):
        if not values[needed]:
            raise GivenError(needed, "is empty", "empty")
    team = cells.get("member_of")
    return Row(line, from_values(values), None if team is None else team.strip())
