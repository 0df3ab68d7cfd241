"""Policy files to rules: reads, checks everything, and refuses with every mistake at once."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import yaml
from yaml import Node, ScalarNode

from tenfold.events import EVENT_TYPES
from tenfold.evidence import SignalKind
from tenfold.judgement import Effects
from tenfold.policy import limits
from tenfold.policy.check import check
from tenfold.policy.errors import PolicyError, PolicyErrors
from tenfold.policy.given import GivenError, facts_from
from tenfold.policy.reading import (
    IDENTIFIER,
    NAME,
    choice_of,
    duration_of,
    flag_of,
    items_of,
    meant_of,
    name_of,
    place_of,
    text_of,
    words_of,
)
from tenfold.policy.rules import COUNTED_BY, Condition, Counter, Example, NamedSet, Place, Rule
from tenfold.policy.schema import Schema, nearest
from tenfold.policy.source import Source
from tenfold.policy.syntax import ExpressionError, parse
from tenfold.policy.tree import fields
from tenfold.subjects import SubjectKind
from tenfold.taxonomy import ActionKind, Ground, Severity

MAX_RULES = 5_000
_KINDS = tuple(kind.value for kind in SubjectKind)
TITLE_LANGUAGES = ("en", "ar")
_RULE_KEYS = ("name", "title", "on", "when", "ground", "severity", "then", "exact", "tests")
_EFFECT_KEYS = ("case", "propose", "act", "hold", "label", "escalate")


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the files declare; `sources` maps the name of each file to its text."""

    sources: Mapping[str, str]
    rules: tuple[Rule, ...]
    counters: Mapping[str, Counter]
    sets: Mapping[str, NamedSet]


def read(paths: Sequence[Path], kinds: Mapping[str, SignalKind]) -> Loaded:
    """Read files, and the *.yaml and *.yml files of folders; raises PolicyErrors with every mistake."""
    files, errors = _files(paths)
    found: dict[str, Source] = {}
    for name, path in files.items():
        try:
            found[name] = Source(str(path), path.read_bytes())
        except OSError as error:
            errors.append(PolicyError(str(path), 1, 1, f"cannot be read: {error.strerror}"))
    return _checked(found, kinds, errors)


def read_texts(texts: Mapping[str, str], kinds: Mapping[str, SignalKind]) -> Loaded:
    """The same for texts of files by the files' names, as the store keeps them."""
    if not texts:
        raise PolicyErrors([PolicyError("policy", 1, 1, "no file given")])
    found = {name: Source(name, text.encode("utf-8", "surrogatepass")) for name, text in texts.items()}
    return _checked(found, kinds, [])


def _checked(
    found: Mapping[str, Source], kinds: Mapping[str, SignalKind], errors: list[PolicyError]
) -> Loaded:
    loader = _Loader(kinds)
    for name, source in found.items():
        loader.add(name, source)
    loader.finish()
    errors += [error for source in loader.sources.values() for error in source.errors]
    if errors:
        raise PolicyErrors(errors)
    return Loaded(
        sources={name: source.text for name, source in loader.sources.items()},
        rules=tuple(loader.rules.values()),
        counters=loader.counters,
        sets=loader.sets,
    )


def _files(paths: Sequence[Path]) -> tuple[dict[str, Path], list[PolicyError]]:
    """Files by a name that does not depend on where the folder lies, so that versions compare."""
    files: dict[str, Path] = {}
    errors: list[PolicyError] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix in (".yaml", ".yml") and p.is_file())
            if not inside:
                errors.append(PolicyError(str(path), 1, 1, "no *.yaml file in this folder"))
        else:
            inside = [path]
        for file in inside:
            name, number = file.name, 2
            while name in files:
                name, number = f"{file.name} ({number})", number + 1
            if file not in files.values():
                files[name] = file
    if not paths:
        errors.append(PolicyError("policy", 1, 1, "no file or folder given"))
    return files, errors


class _Loader:
    """Two passes: first what is declared in all files, then rules, which may use all of it."""

    def __init__(self, kinds: Mapping[str, SignalKind]) -> None:
        self._kinds = kinds
        self.sources: dict[str, Source] = {}
        self.rules: dict[str, Rule] = {}
        self.counters: dict[str, Counter] = {}
        self.sets: dict[str, NamedSet] = {}
        self._counter_names: dict[str, Place] = {}
        self._names: dict[str, Place] = {}  # of rules, of those with mistakes too
        self._waiting: list[tuple[Source, str, Node]] = []

    def add(self, name: str, source: Source) -> None:
        """Take a file in."""
        self.sources[name] = source
        root = source.compose()
        if root is None:
            return
        for key, node in source.entries(root, ("about", "sets", "counters", "rules"), "the file").items():
            if key == "about":
                text_of(source, node, "about")
            elif key == "sets":
                for name_node, values in source.pairs(node, "sets"):
                    self._add_set(source, name_node, values)
            else:
                self._waiting += [(source, key, item) for item in items_of(source, node, key)]

    def finish(self) -> None:
        """Check counters and rules against everything that was declared."""
        names = [self._counter_name(source, node) for source, key, node in self._waiting if key == "counters"]
        before = Schema.build(self._kinds, (), self.sets)
        whole = Schema.build(self._kinds, [name for name in names if name], self.sets)
        for source, key, node in self._waiting:
            if key == "counters":
                self._add_counter(source, node, before)
            elif len(self.rules) < MAX_RULES:
                self._add_rule(source, node, whole)
            else:
                source.refuse_node(node, f"more than {MAX_RULES:,} rules")
                return

    def _add_set(self, source: Source, name: ScalarNode, node: Node) -> None:
        if not IDENTIFIER.fullmatch(name.value):
            source.refuse_node(name, "the name of a set has a-z, 0-9 and _, and begins with a letter")
        elif name.value in self.sets:
            first = self.sets[name.value].place
            hint = f"first in {first.file}:{first.line}"
            source.refuse_node(name, f"the set `{name.value}` is declared twice", hint)
        values = frozenset(text_of(source, item, "a value") for item in items_of(source, node, "values"))
        self.sets.setdefault(name.value, NamedSet(name.value, values, place_of(source, name)))

    def _counter_name(self, source: Source, node: Node) -> str | None:
        if not isinstance(node, yaml.MappingNode):
            return None
        found = [value for key, value in node.value if key.value == "name"]
        return str(found[0].value) if found and isinstance(found[0], ScalarNode) else None

    def _add_counter(self, source: Source, node: Node, schema: Schema) -> None:
        keys = ("name", "count", "by", "window", "where")
        found = source.entries(node, keys, "a counter", required=keys[:4])
        if not all(key in found for key in keys[:4]):
            return
        name = name_of(source, found["name"], IDENTIFIER, "a counter", self._counter_names)
        self._counter_names.setdefault(name, place_of(source, node))
        by = text_of(source, found["by"], "by")
        if by not in COUNTED_BY:
            source.refuse_node(found["by"], f"nothing is counted by `{by}`", meant_of(by, list(COUNTED_BY)))
        events = frozenset(words_of(source, found["count"], EVENT_TYPES, "an event type"))
        where = _condition(source, found["where"], schema) if "where" in found else None
        counter = Counter(
            name=name,
            stored=_stored(name, events, by, where),
            events=events,
            by=by,
            window=duration_of(source, found["window"]),
            where=where,
            place=place_of(source, node),
        )
        self.counters.setdefault(name, counter)

    def _add_rule(self, source: Source, node: Node, schema: Schema) -> None:
        found = source.entries(node, _RULE_KEYS, "a rule", _RULE_KEYS[:7])
        if not isinstance(node, yaml.MappingNode):
            return
        name = name_of(source, found["name"], NAME, "a rule", self._names) if "name" in found else ""
        self._names.setdefault(name, place_of(source, node))
        titles = _titles(source, found["title"]) if "title" in found else {}
        kinds, events = _applies(source, found["on"]) if "on" in found else (frozenset(), frozenset())
        when = _condition(source, found["when"], schema) if "when" in found else None
        ground = _ground(source, found["ground"]) if "ground" in found else None
        severity = choice_of(source, found["severity"], Severity) if "severity" in found else None
        exact = "exact" in found and flag_of(source, found["exact"])
        effects = _effects(source, found["then"]) if "then" in found else None
        if effects:
            refused = limits.refusals(effects, kinds, exact, when.node if when else None)
            refused += limits.refusals_of_ground(ground, effects) if ground else []
            for message, hint in refused:
                source.refuse_node(found["then"], message, hint)
        examples = _examples(source, found.get("tests"), schema, events, kinds)
        if not (name and when and ground and severity and effects):
            return
        rule = Rule(
            name=name,
            titles=titles,
            kinds=kinds,
            events=events,
            when=when,
            ground=ground,
            severity=severity,
            effects=effects,
            exact=exact,
            examples=examples,
            place=place_of(source, node),
        )
        self.rules.setdefault(name, rule)


def _stored(name: str, events: frozenset[str], by: str, where: Condition | None) -> str:
    counted = [sorted(events), by, " ".join(where.text.split()) if where else ""]
    return f"{name}@{hashlib.sha256(msgspec.json.encode(counted)).hexdigest()[:8]}"


def _titles(source: Source, node: Node) -> dict[str, str]:
    """One text for everybody, or one for each language of the console."""
    if not isinstance(node, yaml.MappingNode):
        return {"en": text_of(source, node, "title")}
    found = source.entries(node, TITLE_LANGUAGES, "a title", ("en",))
    return {language: text_of(source, text, "title") for language, text in found.items()}


def _applies(source: Source, node: Node) -> tuple[frozenset[SubjectKind], frozenset[str]]:
    found = words_of(source, node, (*_KINDS, *EVENT_TYPES), "a kind of subject or an event type")
    kinds = frozenset(SubjectKind(word) for word in found if word in _KINDS)
    return kinds, frozenset(word for word in found if word not in _KINDS)


def _ground(source: Source, node: Node) -> Ground | None:
    word = text_of(source, node, "ground")
    names = {ground.value: ground for ground in Ground} | {ground.name.lower(): ground for ground in Ground}
    if word not in names:
        hint = "one of " + ", ".join(f"{g.value} ({g.name.lower()})" for g in Ground)
        meant = nearest(word, names)
        source.refuse_node(node, f"`{word}` is no ground", f"did you mean `{meant}`?" if meant else hint)
    return names.get(word)


def _condition(source: Source, node: Node, schema: Schema) -> Condition | None:
    if not isinstance(node, ScalarNode):
        hint = "put the whole condition in quotes, or write `when: |` and the condition below"
        source.refuse_node(node, "a condition is one text", hint)
        return None
    try:
        tree = parse(node.value)
    except ExpressionError as error:
        source.refuse_expression(node, error)
        return None
    mistakes = check(tree, schema)
    for mistake in mistakes:
        source.refuse_expression(node, mistake)
    return None if mistakes else Condition(node.value, tree, frozenset(fields(tree)))


def _effects(source: Source, node: Node) -> Effects | None:
    before = len(source.errors)
    found = source.entries(node, _EFFECT_KEYS, "then")
    queue, due = None, None
    if "case" in found:
        case = source.entries(found["case"], ("queue", "due"), "case", required=("queue",))
        queue = name_of(source, case["queue"], NAME, "a queue", {}) if "queue" in case else None
        due = duration_of(source, case["due"]) if "due" in case else None
    effects = Effects(
        queue=queue,
        due=due,
        propose=_actions(source, found.get("propose")),
        act=_actions(source, found.get("act")),
        hold="hold" in found and flag_of(source, found["hold"]),
        labels=tuple(
            name_of(source, item, NAME, "a label", {})
            for item in items_of(source, found.get("label"), "label")
        ),
        escalate="escalate" in found and flag_of(source, found["escalate"]),
    )
    if effects == Effects() and len(source.errors) == before:
        source.refuse_node(node, "this rule does nothing", "one of " + ", ".join(_EFFECT_KEYS))
    return effects if len(source.errors) == before else None


def _actions(source: Source, node: Node | None) -> tuple[ActionKind, ...]:
    if node is None:
        return ()
    return tuple(
        ActionKind(word) for word in words_of(source, node, [a.value for a in ActionKind], "an action")
    )


def _examples(
    source: Source,
    node: Node | None,
    schema: Schema,
    events: frozenset[str],
    kinds: frozenset[SubjectKind],
) -> tuple[Example, ...]:
    """The tests beside a rule; a test that names no event or subject is about the first of the rule's."""
    found: list[Example] = []
    keys = ("name", "facts", "fires")
    for item in items_of(source, node, "tests"):
        entries = source.entries(item, keys, "a test", required=keys)
        if not all(key in entries for key in keys):
            continue
        name = text_of(source, entries["name"], "name")
        fires = flag_of(source, entries["fires"])
        try:
            data = yaml.SafeLoader("").construct_document(entries["facts"])
            facts = facts_from(data, schema, min(events, default=None), min(kinds, default=None))
        except GivenError as error:
            message = f"{'.'.join(error.path) or 'facts'}: {error.message}"
            source.refuse_node(_below(entries["facts"], error.path), message, error.hint)
        except (yaml.constructor.ConstructorError, ValueError, OverflowError):
            hint = "it holds a date, number or key that YAML cannot read; put it in quotes"
            source.refuse_node(entries["facts"], "facts cannot be read", hint)
        else:
            found.append(Example(name=name, facts=facts, fires=fires, place=place_of(source, item)))
    return tuple(found)


def _below(node: Node, path: tuple[str, ...]) -> Node:
    """The node that a path of keys leads to, as far as it goes."""
    for key in path:
        if isinstance(node, yaml.MappingNode):
            node = next((value for name, value in node.value if name.value == key), node)
    return node
