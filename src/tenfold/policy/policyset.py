"""A loaded policy: judges facts, counts what its counters count, explains itself."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import msgspec

from tenfold.config import Settings
from tenfold.evidence import SignalKind
from tenfold.judgement import Firing
from tenfold.policy import loader
from tenfold.policy.compiler import Program, compile_programs
from tenfold.policy.facts import Facts
from tenfold.policy.rules import COUNTED_BY, Counter, Example, Rule
from tenfold.policy.schema import Schema
from tenfold.policy.trace import Explained, Tracer
from tenfold.policy.tree import Literal, Not
from tenfold.policy.values import Defaults
from tenfold.store.counters import Hit
from tenfold.subjects import SubjectKind

STARTER_PACK = Path(__file__).parent / "packs" / "starter"

_ALWAYS = Literal(0, 0, True)
LONGEST_KEY = 300  # characters of a counter's key
_Bucket = tuple[str, SubjectKind]


class _Judge(msgspec.Struct, frozen=True):
    """The rules for one event type and kind of subject, and the function that tries them all."""

    rules: tuple[Rule, ...]
    program: Program


class _Counting(msgspec.Struct, frozen=True):
    """What one event type and kind of subject counts, and which rules then want to know a number.

    `counts` are the counters of the event, `wants` the counters of each rule that reads some. The first
    indexes of `program` say which counters count, those that follow which of these rules are false whatever
    the numbers are.
    """

    counts: tuple[Counter, ...]
    wants: tuple[frozenset[str], ...]
    program: Program


class _Bound(msgspec.Struct, frozen=True):
    """What is done with the facts of one event type and kind of subject."""

    judge: _Judge
    counting: _Counting


class PolicySet:
    """Rules in force. `version` is a digest of the files' names and texts, kept with every firing."""

    def __init__(self, loaded: loader.Loaded, kinds: Mapping[str, SignalKind]) -> None:
        self._loaded, self._kinds = loaded, kinds
        self.sources: Mapping[str, str] = loaded.sources
        self.rules: tuple[Rule, ...] = loaded.rules
        self.counters: tuple[Counter, ...] = tuple(loaded.counters.values())
        self._counter_names = {counter.stored: counter.name for counter in self.counters}
        self.sets = {name: named.values for name, named in loaded.sets.items()}
        self.version = _digest(loaded.sources)
        self.schema = Schema.build(kinds, loaded.counters, self.sets)
        self._defaults = Defaults(kinds, self.sets)
        self._counted_types = {type_ for counter in self.counters for type_ in counter.events}
        self._bound: dict[_Bucket, _Bound] = {}
        self._counter_fields = frozenset(f"counters.{name}" for name in loaded.counters)

    def listens(self, event_type: str, kind: SubjectKind) -> bool:
        """Whether any rule or counter cares for such an event; others need no facts."""
        bucket = (event_type, kind)
        bound = self._bound.get(bucket) or self._prepare(bucket)
        return bool(bound.judge.rules) or event_type in self._counted_types

    def only(self, rules: Collection[str]) -> "PolicySet":
        """The same policy with some of its rules, by name, and the counters that these read."""
        kept = tuple(rule for rule in self.rules if rule.name in rules)
        read = {path for rule in kept for path in rule.when.fields}
        counters = {counter.name: counter for counter in self.counters if f"counters.{counter.name}" in read}
        return PolicySet(msgspec.structs.replace(self._loaded, rules=kept, counters=counters), self._kinds)

    def fired(self, facts: Facts) -> list[Rule]:
        """Every rule that is true of the facts, in the order of the files."""
        bucket = (facts.event_type, facts.subject.kind)
        judge = (self._bound.get(bucket) or self._prepare(bucket)).judge
        return [judge.rules[index] for index in judge.program(facts)]

    def judge(self, facts: Facts) -> list[Firing]:
        """The firings of all rules that are true of the facts, each with its trace."""
        return [self.fire(rule, facts) for rule in self.fired(facts)]

    def _prepare(self, bucket: _Bucket) -> _Bound:
        rules = tuple(rule for rule in self.rules if rule.applies(*bucket))
        counts = tuple(counter for counter in self.counters if bucket[0] in counter.events)
        asking = [
            (rule.when.node, frozenset(path.removeprefix("counters.") for path in asked))
            for rule in rules
            if (asked := rule.when.fields & self._counter_fields)
        ]
        wheres = [counter.where.node if counter.where else _ALWAYS for counter in counts]
        opposites = [Not(node.start, node.end, node) for node, _ in asking]
        judging, counting = compile_programs(
            [[rule.when.node for rule in rules], [*wheres, *opposites]], self._defaults
        )
        bound = self._bound[bucket] = _Bound(
            _Judge(rules, judging), _Counting(counts, tuple(names for _, names in asking), counting)
        )
        return bound

    def fire(self, rule: Rule, facts: Facts) -> Firing:
        """The firing of a rule that is true of the facts, with the parts that made it true."""
        account = facts.subject.id if facts.subject.kind is SubjectKind.ACCOUNT else None
        if facts.account is not None:
            account = facts.account.get("id", account)
        return Firing(
            subject=facts.subject,
            account=account,
            rule=rule.name,
            titles=rule.titles,
            policy=self.version,
            ground=rule.ground,
            severity=rule.severity,
            effects=rule.effects,
            parts=Tracer(rule.when, facts, self._defaults).parts(),
            language=facts.language,
        )

    def all_sets(self, stored: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
        """Values of every declared set, those in the files and those in the store, for `Facts.sets`."""
        return {name: values | stored.get(name, frozenset()) for name, values in self.sets.items()}

    def count(
        self, batch: Sequence[Facts], seqs: Sequence[int], numbers: Callable[[list[Hit]], list[int]]
    ) -> None:
        """Fill `counters` of each facts; `seqs` are the events' numbers in the event table.

        `numbers` is `store.counters.hit_and_read` or `.read` with its connection bound. A counter by
        something that has several values (the domains of a post) gives the largest of their numbers.
        """
        asked = [self.hits(facts, seq) for facts, seq in zip(batch, seqs, strict=True)]
        hits = [hit for some in asked for hit in some]
        found = iter(numbers(hits)) if hits else iter(())
        for facts, some in zip(batch, asked, strict=True):
            counted: dict[str, int] = {}
            for hit in some:
                name = self._counter_names[hit.counter]
                counted[name] = max(next(found), counted.get(name, 0))
            facts.counters = counted

    def hits(self, facts: Facts, seq: int) -> list[Hit]:
        """What to count because of this event, and what its rules want to know.

        A number is asked for only where a rule can still be true without it: most events ask nothing.
        """
        bucket = (facts.event_type, facts.subject.kind)
        counting = (self._bound.get(bucket) or self._prepare(bucket)).counting
        if not counting.counts and not counting.wants:
            return []
        true = counting.program(facts)
        first = len(counting.counts)
        recorded = [counting.counts[index] for index in true if index < first]
        wanted = frozenset[str]().union(
            *(names for index, names in enumerate(counting.wants, first) if index not in true)
        )
        wanted -= {counter.name for counter in recorded}
        read = [counter for counter in self.counters if counter.name in wanted] if wanted else []
        return [
            Hit(counter.stored, key, facts.time, seq, counter.window, records)
            for counters, records in ((recorded, True), (read, False))
            for counter in counters
            for key in self._keys(counter, facts)
        ]

    def _keys(self, counter: Counter, facts: Facts) -> list[str]:
        if counter.by == "subject":
            return [_bounded(str(facts.subject))]
        for path in COUNTED_BY[counter.by]:
            value = self._defaults.value(facts, path)
            if value is not None:
                return [_bounded(value)] if isinstance(value, str) else sorted(map(_bounded, value))
        return []

    def rule(self, name: str) -> Rule:
        """The rule of this name; raises KeyError."""
        for rule in self.rules:
            if rule.name == name:
                return rule
        raise KeyError(name)

    def explain(self, rule: Rule, facts: Facts) -> Explained:
        """The tree of a rule's condition with what each part saw."""
        return Tracer(rule.when, facts, self._defaults).explain()

    def passes(self, rule: Rule, example: Example) -> bool:
        """Whether the rule fires on the example's facts exactly if it should."""
        return any(firing.rule == rule.name for firing in self.judge(example.facts)) == example.fires


def _bounded(key: str) -> str:
    """A key that fits an index; a longer one (a link can be as long as a post) by its digest."""
    return key if len(key) <= LONGEST_KEY else "sha256:" + hashlib.sha256(key.encode()).hexdigest()


def load(paths: Sequence[Path], kinds: Mapping[str, SignalKind]) -> PolicySet:
    """Read and check files or folders of rules; `kinds` are the signals that detectors can give.

    Raises PolicyErrors with every mistake in every file.
    """
    return PolicySet(loader.read(paths, kinds), kinds)


def load_texts(texts: Mapping[str, str], kinds: Mapping[str, SignalKind]) -> PolicySet:
    """The same for texts of files by the files' names, as the store keeps them."""
    return PolicySet(loader.read_texts(texts, kinds), kinds)


def load_policies(settings: Settings) -> PolicySet:
    """The policy that the settings name, or the starter pack, with the signals of the built-in detectors."""
    from tenfold.policy.kinds import KINDS

    return load(settings.policies or [STARTER_PACK], KINDS)


def _digest(sources: Mapping[str, str]) -> str:
    return hashlib.sha256(msgspec.json.encode(dict(sorted(sources.items())))).hexdigest()[:32]
