"""Mapping files: how the rows of a table become events. docs/ingest.md shows how to write one."""

import difflib
import hashlib
import re
from collections.abc import Callable, Collection, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import yaml

from tenfold.events import DATA_TYPES
from tenfold.intake.values import (
    ROW_DIGEST,
    ROW_NUMBER,
    Make,
    Row,
    ValueSpecError,
    as_text,
    column_value,
    is_missing,
    made_up_time,
    template,
)

MAX_SIZE = 256 * 1024  # bytes of a mapping file
_TOP = ("description", "source", "missing", "delimiter", "events")
_EVENT = ("type", "id", "time", "account", "data", "extra", "when")
_CONDITIONS = ("present", "equals", "in", "not_in", "starts_with")
_NAME = re.compile(r"[a-z0-9_]+")


class MappingError(ValueError):
    """A mapping file that cannot be used; `errors` names every fault with its place."""

    def __init__(self, name: str, errors: Collection[str]) -> None:
        super().__init__(f"{name}: " + "; ".join(errors))
        self.errors = list(errors)


class _Plain(yaml.SafeLoader):
    """YAML without aliases: a small file stays small."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not taken", problem_mark=mark)
        return super().compose_node(parent, index)


class _EventSpec(msgspec.Struct):
    fields: list[tuple[str, Make]]  # of the envelope
    data: list[tuple[str, Make]]
    when: Callable[[Row], bool]


class Mapping(msgspec.Struct, kw_only=True):
    """A checked mapping. `columns` are the columns that it needs; `digest` is of its text."""

    name: str
    digest: str
    source: str
    delimiter: str | None
    missing: frozenset[str]
    columns: frozenset[str]
    specs: list[_EventSpec]

    def events(self, cells: dict[str, Any], number: int) -> Iterator[bytes]:
        """The events of one row, as JSON; raises values.CellError. `number` counts rows from 1."""
        row = {key: None if is_missing(cell, self.missing) else cell for key, cell in cells.items()}
        row[ROW_NUMBER] = number
        row[ROW_DIGEST] = _digest_of(cells)
        for spec in self.specs:
            if spec.when(row):
                event = {name: value for name, make in spec.fields if (value := make(row)) is not None}
                event["source"] = self.source
                event["data"] = {name: value for name, make in spec.data if (value := make(row)) is not None}
                yield msgspec.json.encode(event)


def _digest_of(cells: dict[str, Any]) -> str:
    text = "\x1f".join("" if cell is None else as_text(cell) for cell in cells.values())
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def shipped() -> list[str]:
    """Names of the mappings that come with Tenfold."""
    folder = resources.files("tenfold.intake") / "mappings"
    return sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))


def load(name: str, source: str | None = None) -> Mapping:
    """A shipped mapping by its name, or one from a file; raises MappingError.

    `source` replaces the one that the mapping states.
    """
    if _NAME.fullmatch(name) and not Path(name).exists():
        if name not in shipped():
            near = difflib.get_close_matches(name, shipped(), 1) or shipped()
            raise MappingError(name, [f"no such mapping comes with Tenfold; there is {', '.join(near)}"])
        text = (resources.files("tenfold.intake") / "mappings" / f"{name}.yaml").read_text(encoding="utf-8")
    else:
        text = _read(Path(name))
    return parse(text, name, source)


def _read(path: Path) -> str:
    try:
        raw = path.read_bytes()
        if len(raw) > MAX_SIZE:
            raise MappingError(str(path), [f"larger than {MAX_SIZE:,} bytes; is this a mapping file?"])
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise MappingError(str(path), [f"cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise MappingError(str(path), [f"byte {error.start} is not UTF-8"]) from None


def parse(text: str, name: str, source: str | None = None) -> Mapping:
    """A mapping from its text; raises MappingError with every fault found."""
    try:
        document = yaml.load(text, _Plain)  # noqa: S506 - _Plain is a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise MappingError(name, [f"{place}{getattr(error, 'problem', None) or 'not valid YAML'}"]) from None
    except RecursionError:
        raise MappingError(name, ["nested too deeply"]) from None
    compiler = _Compiler()
    mapping = compiler.mapping(document, name, hashlib.sha256(text.encode()).hexdigest(), source)
    if compiler.errors or mapping is None:
        raise MappingError(name, compiler.errors)
    return mapping


class _Compiler:
    """Turns the document into closures and gathers every fault."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.columns: set[str] = set()

    def mapping(self, document: Any, name: str, digest: str, source: str | None) -> Mapping | None:
        if not isinstance(document, dict) or not isinstance(document.get("events"), list):
            self.errors.append("a mapping is a YAML mapping with a list `events`")
            return None
        self._known(document, _TOP, "")
        specs = [self._event(item, f"events[{index}]") for index, item in enumerate(document["events"])]
        if not specs:
            self.errors.append("events: empty; no row would become anything")
        missing = document.get("missing", [""])
        if not isinstance(missing, list):
            self.errors.append("missing: a list of the texts that mean no value")
            missing = []
        delimiter = document.get("delimiter")
        if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1):
            self.errors.append("delimiter: one character")
        return Mapping(
            name=name,
            digest=digest,
            source=source or str(document.get("source", "platform")),
            delimiter=delimiter,
            missing=frozenset(str(text) for text in missing) | {""},
            columns=frozenset(self.columns),
            specs=[spec for spec in specs if spec is not None],
        )

    def _known(self, document: dict[str, Any], names: Collection[str], place: str) -> None:
        for key in document:
            if key not in names:
                near = difflib.get_close_matches(str(key), list(names), 1)
                hint = f"did you mean {near[0]!r}?" if near else f"one of {', '.join(names)}"
                self.errors.append(f"{place}{key}: not known; {hint}")

    def _event(self, document: Any, place: str) -> _EventSpec | None:
        if not isinstance(document, dict):
            self.errors.append(f"{place}: a mapping with type, id, time, account, data")
            return None
        self._known(document, _EVENT, f"{place}.")
        type_ = str(document.get("type"))
        if type_ not in DATA_TYPES:
            near = difflib.get_close_matches(type_, list(DATA_TYPES), 1)
            hint = f"did you mean {near[0]!r}?" if near else f"one of {', '.join(DATA_TYPES)}"
            self.errors.append(f"{place}.type: {type_!r} is no type of event; {hint}")
            return None
        for required in ("id", "time"):
            if required not in document:
                self.errors.append(f"{place}.{required}: missing")
        envelope = {key: document[key] for key in ("type", "id", "time", "account") if key in document}
        data, extra = document.get("data", {}), document.get("extra", {})
        if not isinstance(data, dict) or not isinstance(extra, dict):
            self.errors.append(f"{place}: data and extra are mappings of field names to values")
            return None
        self._known(data, DATA_TYPES[type_].__struct_fields__, f"{place}.data.")
        when = document.get("when", {})
        return _EventSpec(
            fields=[(key, self._value(value, f"{place}.{key}")) for key, value in envelope.items()],
            data=[
                (str(key), self._value(value, f"{place}.data.{key}")) for key, value in (data | extra).items()
            ],
            when=self._when(when, f"{place}.when"),
        )

    def _value(self, spec: Any, place: str) -> Make:
        try:
            if isinstance(spec, str):
                return template(spec, self.columns)
            if isinstance(spec, dict) and "column" in spec:
                return column_value(spec, self.columns)
            if isinstance(spec, dict) and "from" in spec:
                return made_up_time(spec)
        except (ValueSpecError, ValueError) as error:
            self.errors.append(f"{place}: {error}")
            return lambda row: None
        if isinstance(spec, dict):
            parts = [(str(key), self._value(item, f"{place}.{key}")) for key, item in spec.items()]
            return lambda row: {key: made for key, make in parts if (made := make(row)) is not None}
        if isinstance(spec, list):
            makes = [self._value(item, f"{place}[{index}]") for index, item in enumerate(spec)]
            return lambda row: [made for make in makes if (made := make(row)) is not None]
        constant = as_text(spec) if hasattr(spec, "isoformat") else spec
        return lambda row: constant

    def _when(self, spec: Any, place: str) -> Callable[[Row], bool]:
        """`{column: lang, in: [en, ar]}`, or a list of such, all of which must hold."""
        tests = [
            self._condition(item, place) for item in (spec if isinstance(spec, list) else [spec]) if item
        ]
        return lambda row: all(test(row) for test in tests)

    def _condition(self, spec: Any, place: str) -> Callable[[Row], bool]:
        operators = set(spec) - {"column"} if isinstance(spec, dict) else set()
        if len(operators) != 1 or "column" not in spec or not operators <= set(_CONDITIONS):
            self.errors.append(
                f"{place}: write {{column: NAME, OPERATOR: VALUE}} with one of {', '.join(_CONDITIONS)}"
            )
            return lambda row: False
        column, operator = str(spec["column"]), operators.pop()
        self.columns.add(column)
        wanted = spec[operator]
        if operator == "present":
            return lambda row: (row[column] is not None) is bool(wanted)
        if operator == "starts_with":
            return lambda row: row[column] is not None and as_text(row[column]).startswith(str(wanted))
        if operator == "equals":
            return lambda row: row[column] is not None and as_text(row[column]) == as_text(wanted)
        if not isinstance(wanted, list):
            self.errors.append(f"{place}.{operator}: a list")
            return lambda row: False
        allowed, inside = {as_text(item) for item in wanted}, operator == "in"
        return lambda row: (row[column] is not None and as_text(row[column]) in allowed) is inside
