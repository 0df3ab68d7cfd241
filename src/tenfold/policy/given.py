"""Facts from JSON or YAML: examples beside rules, and files given to `tenfold policy explain`."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tenfold.events import EVENT_TYPES
from tenfold.policy.facts import Facts
from tenfold.policy.rules import NATURAL_KIND
from tenfold.policy.schema import FIELDS, Schema, Type, nearest
from tenfold.subjects import Subject, SubjectKind

DEFAULT_TIME = datetime(2026, 1, 1, 12, tzinfo=UTC)
DEFAULT_EVENTS = {
    SubjectKind.ACCOUNT: "account.created",
    SubjectKind.POST: "post.created",
    SubjectKind.MEDIA: "media.uploaded",
    SubjectKind.GROUP: "group.created",
}
_GROUPS = tuple(group for group in FIELDS if group != "event")
_KEYS = ("event", "subject", "signals", "counters", "sets", "language", *_GROUPS)
_FOUND = {"score": 1.0, "count": 1, "banks": frozenset[str](), "labels": frozenset[str]()}
_WORDS = {"bool": "true or false", "number": "a number", "text": "a text", "set": "a list of texts"}

Data = Mapping[str, Any]


class GivenError(ValueError):
    """Facts that cannot be: `path` leads to the wrong part, `hint` says how to mend it."""

    def __init__(self, path: tuple[str, ...], message: str, hint: str = "") -> None:
        super().__init__(f"{'.'.join(path) or 'facts'}: {message}" + (f" ({hint})" if hint else ""))
        self.path, self.message, self.hint = path, message, hint


def facts_from(
    data: Any, schema: Schema, event_type: str | None = None, kind: SubjectKind | None = None
) -> Facts:
    """Facts with every field checked against the schema; raises GivenError.

    `{"event": {"type": ..., "time": ...}, "subject": "post:1", "post": {...}, "signals":
    {"terms": {"banks": [...]}}, "counters": {...}, ...}`. What is left out: the event type and kind
    of subject given here, a signal's score (1) and count (1), signals at all (nothing was found).
    """
    _known(data, _KEYS, ())
    event = _known(data.get("event") or {}, ("type", "time"), ("event",))
    type_ = event.get("type") or event_type or DEFAULT_EVENTS[kind or SubjectKind.POST]
    if type_ not in EVENT_TYPES:
        raise GivenError(("event", "type"), f"{type_!r} is no event type", _meant(str(type_), EVENT_TYPES))
    groups: dict[str, Any] = {group: _group(data, group, schema) for group in _GROUPS}
    language = data.get("language")
    if language is not None and not isinstance(language, str):
        raise GivenError(("language",), "should be a text")
    return Facts(
        event_type=type_,
        time=_time(event.get("time")),
        subject=_subject(data, type_, kind),
        signals=_signals(data, schema),
        counters=_group(data, "counters", schema) or {},
        sets=_group(data, "sets", schema) or {},
        language=language,
        **groups,
    )


def _known(data: Any, known: tuple[str, ...], path: tuple[str, ...]) -> Data:
    if not isinstance(data, Mapping):
        raise GivenError(path, "should be a mapping of names to values")
    for key in data:
        if key not in known:
            raise GivenError((*path, str(key)), "is not known", _meant(str(key), known))
    return data


def _meant(word: str, known: tuple[str, ...]) -> str:
    meant = nearest(word, known)
    return f"did you mean {meant}?" if meant else "one of " + ", ".join(known)


def _time(value: Any) -> datetime:
    if value is None:
        return DEFAULT_TIME
    try:
        time = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (ValueError, TypeError):
        raise GivenError(("event", "time"), "is no time", "such as 2026-03-01T12:00:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _subject(data: Data, event_type: str, kind: SubjectKind | None) -> Subject:
    written = data.get("subject")
    if written is not None:
        try:
            return Subject.parse(str(written))
        except ValueError as error:
            raise GivenError(("subject",), str(error)) from None
    chosen = kind or NATURAL_KIND[event_type.partition(".")[0]] or SubjectKind.POST
    return Subject(chosen, str((data.get(chosen.value) or {}).get("id") or "example"))


def _group(data: Data, group: str, schema: Schema, prefix: tuple[str, ...] = ()) -> dict[str, Any] | None:
    values = data.get(group)
    if values is None:
        return None
    path = (*prefix, group)
    start = ".".join(path) + "."
    known = tuple(name.removeprefix(start) for name in schema.fields if name.startswith(start))
    return {
        name: _value(value, schema.fields[start + name].type, (*path, name))
        for name, value in _known(values, known, path).items()
    }


def _signals(data: Data, schema: Schema) -> dict[str, dict[str, Any]] | None:
    if "signals" not in data:
        return {}
    if data["signals"] is None:
        return None
    names = tuple(dict.fromkeys(path.split(".")[1] for path in schema.fields if path.startswith("signals.")))
    given = _known(data["signals"], names, ("signals",))
    return {name: {**_FOUND, **(_group(given, name, schema, ("signals",)) or {})} for name in given}


def _value(value: Any, type_: Type, path: tuple[str, ...]) -> Any:
    if value is None:
        return None
    if type_.kind == "set":
        if isinstance(value, list | set | frozenset) and all(isinstance(item, str) for item in value):
            return frozenset(value)
    elif type_.kind == "number":
        wanted = (int,) if type_.integer else (int, float)
        if isinstance(value, wanted) and not isinstance(value, bool):
            low, high = type_.minimum, type_.maximum
            if _finite(value) and (low is None or value >= low) and (high is None or value <= high):
                return value
            raise GivenError(path, f"{value} is never its value", f"it holds {type_}")
    elif isinstance(value, bool if type_.kind == "bool" else str):
        if type_.values and value not in type_.values:
            raise GivenError(path, f"{value!r} is never its value", _meant(str(value), type_.values))
        return value
    raise GivenError(path, f"should be {_WORDS[type_.kind]}, not {value!r:.80}", "text goes in quotes")


def _finite(value: Any) -> bool:
    return isinstance(value, int) or math.isfinite(value)
