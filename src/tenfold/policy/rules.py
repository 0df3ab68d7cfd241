"""What a policy file declares once it is checked: rules, counters, sets, examples."""

from datetime import timedelta

import msgspec

from tenfold.judgement import Effects
from tenfold.policy.facts import Facts
from tenfold.policy.tree import Node
from tenfold.subjects import SubjectKind
from tenfold.taxonomy import Ground, Severity

# The kind of subject that an event is about when a rule names the event alone; None: any kind.
NATURAL_KIND: dict[str, SubjectKind | None] = {
    "account": SubjectKind.ACCOUNT,
    "session": SubjectKind.ACCOUNT,
    "follow": SubjectKind.ACCOUNT,
    "post": SubjectKind.POST,
    "media": SubjectKind.MEDIA,
    "group": SubjectKind.GROUP,
    "report": None,
}

# What counters count by: the fields that hold the key, the first that is known counts. A set has a
# key for each value. `subject` is what the event is judged about, a reported post for example.
COUNTED_BY: dict[str, tuple[str, ...]] = {
    "account": ("account.id",),
    "post": ("post.id",),
    "media": ("media.id",),
    "group": ("post.group", "group.id"),
    "domain": ("post.domains",),
    "link": ("post.links",),
    "hashtag": ("post.hashtags",),
    "mention": ("post.mentions",),
    "subject": (),
}


class Place(msgspec.Struct, frozen=True, order=True):
    """Where something is declared."""

    file: str
    line: int


class Condition(msgspec.Struct, frozen=True):
    """A checked expression, the text it was written as, and the fields it reads."""

    text: str
    node: Node
    fields: frozenset[str]


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A test beside a rule: facts, and whether the rule must fire on them."""

    name: str
    facts: Facts
    fires: bool
    place: Place


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. `kinds` and `events` say what it applies to; empty means all."""

    name: str
    titles: dict[str, str]  # by language: en, ar
    kinds: frozenset[SubjectKind]
    events: frozenset[str]
    when: Condition
    ground: Ground
    severity: Severity
    effects: Effects
    exact: bool
    examples: tuple[Example, ...]
    place: Place

    def applies(self, event_type: str, kind: SubjectKind) -> bool:
        """Whether a subject of this kind is judged by the rule at an event of this type."""
        if self.events and event_type not in self.events:
            return False
        if self.kinds:
            return kind in self.kinds
        natural = NATURAL_KIND.get(event_type.partition(".")[0]) if self.events else None
        return natural is None or kind is natural


class Counter(msgspec.Struct, frozen=True, kw_only=True):
    """Counts events of some types by a key within a window, where a condition is true.

    `stored` is the name of its hits in the store: that of the counter and a digest of what it counts, so that
    a counter which counts something else from now on does not read the hits of what it counted before.
    """

    name: str
    stored: str
    events: frozenset[str]
    by: str
    window: timedelta
    where: Condition | None
    place: Place


class NamedSet(msgspec.Struct, frozen=True):
    """Values written in the file; the store may keep more under the same name."""

    name: str
    values: frozenset[str]
    place: Place
