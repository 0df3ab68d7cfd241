"""What a detector found: signals, the spans of original text they rest on, their declarations."""

from typing import Any, Literal

import msgspec

from tenfold.subjects import Subject

JSON = Any  # a JSON value; its shape is declared by the SignalKind that carries it


class Span(msgspec.Struct, frozen=True, order=True):
    """A half-open range `[start, end)` of Unicode code points in one ORIGINAL text field.

    Offsets are never those of a normalised form: what a moderator sees is highlighted with them.
    """

    field: str
    start: int
    end: int


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """One detector's finding about one subject.

    `score` is in 0..1 and means what the SignalKind of that `name` says. `key` tells apart several
    findings of one name on one subject (the bank entry, say): detecting again replaces the signal
    with the same subject, name and key. `details` hold what the SignalKind declares.
    """

    subject: Subject
    name: str
    score: float
    detector: str
    version: str
    key: str = ""
    spans: tuple[Span, ...] = ()
    details: dict[str, JSON] = {}


FieldType = Literal["bool", "int", "float", "str", "set"]


class SignalKind(msgspec.Struct, frozen=True, kw_only=True):
    """Declares a signal: what its score means and which details it carries, with their types.

    The policy language checks rules against these declarations when it loads them.
    """

    name: str
    title: str
    score_means: str
    details: dict[str, FieldType] = {}
