"""How a mapping makes one value from a row: templates, columns with a conversion, made-up times.

Everything here is data turned into closures once; a mapping can name columns and constants, never code.
"""

import math
import re
from collections.abc import Callable, Mapping, Set
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Row = Mapping[str, Any]
Make = Callable[[Row], Any]  # None stands for "no value"

ROW_NUMBER = "@row"  # from 1, without the header
ROW_DIGEST = "@digest"  # 32 hex digits over all cells of the row
SPECIALS = frozenset({ROW_NUMBER, ROW_DIGEST})

TIME_FORMATS = {"twitter": "%a %b %d %H:%M:%S %z %Y", "iso": None}
_PLACE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_STEP = re.compile(r"(\d{1,6})(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_TRUE, _FALSE = frozenset({"true", "t", "yes", "y", "1"}), frozenset({"false", "f", "no", "n", "0"})


class ValueSpecError(ValueError):
    """A part of a mapping that makes no sense."""


class CellError(ValueError):
    """A cell that is not what the mapping says it is."""

    def __init__(self, column: str, value: Any, expected: str) -> None:
        text = str(value)
        shown = text if len(text) <= 40 else text[:40] + "…"
        super().__init__(f"column {column!r}: {shown!r} is not {expected}")


def as_text(value: Any) -> str:
    """A cell as it stands in a template; times in ISO 8601, with UTC where they have no zone."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00Z"
    return str(value)


def is_missing(value: Any, missing: Set[str]) -> bool:
    """No value: null, NaN, or one of the texts that the mapping calls missing."""
    return (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or (isinstance(value, str) and value in missing)
    )


def template(text: str, columns: set[str]) -> Make:
    """`"t-{id}"`: columns in braces, `{{` for a brace. No value when any of the columns has none.

    Adds the columns it names to `columns`.
    """
    parts: list[str] = []  # literal, column, literal, column, ..., literal
    literal, end = "", 0
    for found in _PLACE.finditer(text):
        literal += text[end : found.start()]
        end = found.end()
        if found[0] in ("{{", "}}"):
            literal += found[0][0]
        elif found[1]:
            parts += [literal, found[1]]
            literal = ""
        else:
            raise ValueSpecError(f"{text!r}: a brace that names no column; write {{{{ for a brace")
    parts.append(literal + text[end:])
    names = parts[1::2]
    if not names:
        constant = parts[0]
        return lambda row: constant
    columns.update(set(names) - SPECIALS)

    def make(row: Row) -> str | None:
        cells = [row[name] for name in names]
        if any(cell is None for cell in cells):
            return None
        pieces = parts[:]
        pieces[1::2] = [as_text(cell) for cell in cells]
        return "".join(pieces)

    return make


def _integer(column: str, value: Any) -> int:
    try:
        number = value if isinstance(value, int | float) else float(str(value).replace(",", ""))
        if number != int(number):
            raise ValueError
        return (
            int(str(value).replace(",", "")) if isinstance(value, str) and "." not in value else int(number)
        )
    except (ValueError, OverflowError):
        raise CellError(column, value, "a whole number") from None


def _number(column: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise CellError(column, value, "a number") from None
    if not math.isfinite(number):
        raise CellError(column, value, "a number")
    return number


def _boolean(column: str, value: Any) -> bool:
    word = as_text(value).strip().casefold()
    if word not in _TRUE | _FALSE:
        raise CellError(column, value, "true or false")
    return word in _TRUE


def _text(_: str, value: Any) -> str:
    return as_text(value)


CONVERSIONS: dict[str, Callable[[str, Any], Any]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
}


def _zone(name: str) -> Any:
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueSpecError(f"{name!r} is no time zone; write UTC or one such as Asia/Baghdad") from None


def _parse_time(value: Any, format_: str, zone: Any) -> datetime:
    if isinstance(value, datetime):
        time = value
    elif format_ in ("epoch", "epoch_ms"):
        return datetime.fromtimestamp(float(value) / (1000 if format_ == "epoch_ms" else 1), UTC)
    elif format_ == "iso":
        time = datetime.fromisoformat(str(value).strip())
    else:
        time = datetime.strptime(str(value).strip(), TIME_FORMATS.get(format_) or format_)
    return time if time.tzinfo else time.replace(tzinfo=zone)


def _time(column: str, format_: str, zone_name: str) -> Make:
    zone = _zone(zone_name)
    if format_ not in (*TIME_FORMATS, "epoch", "epoch_ms") and "%" not in format_:
        known = ", ".join([*TIME_FORMATS, "epoch", "epoch_ms"])
        raise ValueSpecError(f"{format_!r} is no time format; one of {known}, or one such as %Y-%m-%d %H:%M")

    def make(row: Row) -> str | None:
        value = row[column]
        if value is None:
            return None
        try:
            return _parse_time(value, format_, zone).isoformat()
        except (ValueError, OverflowError, OSError):
            raise CellError(column, value, f"a time of the form {format_}") from None

    return make


def made_up_time(spec: dict[str, Any]) -> Make:
    """`{from: 2020-01-01T00:00:00Z, every: 1h}`: times for rows that have none, in the order of the rows."""
    start = spec["from"] if isinstance(spec["from"], datetime) else datetime.fromisoformat(str(spec["from"]))
    step = _STEP.fullmatch(str(spec.get("every", "")))
    if step is None or set(spec) != {"from", "every"}:
        raise ValueSpecError("write a time as {from: 2020-01-01T00:00:00Z, every: 1h} (units s, m, h, d)")
    start = start if start.tzinfo else start.replace(tzinfo=UTC)
    every = timedelta(**{_UNITS[step[2]]: int(step[1])})

    def make(row: Row) -> str:
        try:
            time: datetime = start + (row[ROW_NUMBER] - 1) * every
            return time.isoformat()
        except OverflowError:
            raise CellError(ROW_NUMBER, row[ROW_NUMBER], "within the years that a time can have") from None

    return make


def column_value(spec: dict[str, Any], columns: set[str]) -> Make:
    """`{column: followers, as: integer}`, with `split: "|"` for a list or `time: FORMAT` for a time."""
    known = {"column", "as", "split", "time", "zone"}
    if unknown := set(spec) - known:
        raise ValueSpecError(f"{', '.join(sorted(unknown))} is not known beside column; it takes {known}")
    column = str(spec["column"])
    if column not in SPECIALS:
        columns.add(column)
    if "time" in spec:
        return _time(column, str(spec["time"]), str(spec.get("zone", "UTC")))
    convert = CONVERSIONS.get(str(spec.get("as", "text")))
    if convert is None:
        raise ValueSpecError(f"as: {spec['as']!r} is not known; one of {', '.join(CONVERSIONS)}")
    if "split" not in spec:
        return lambda row: None if row[column] is None else convert(column, row[column])
    separator = str(spec["split"])
    if not separator:
        raise ValueSpecError('split: says what stands between the parts, for example "|"')

    def make(row: Row) -> list[Any] | None:
        value = row[column]
        if value is None:
            return None
        parts = value if isinstance(value, list) else as_text(value).split(separator)
        stripped = [part.strip() if isinstance(part, str) else part for part in parts]
        return [convert(column, part) for part in stripped if part not in ("", None)]

    return make
