"""What policy concluded about a subject: firings of rules, and what each asks for. No I/O."""

from datetime import timedelta

import msgspec

from tenfold.subjects import Subject
from tenfold.taxonomy import ActionKind, Ground, Severity


class Part(msgspec.Struct, frozen=True):
    """One part of a rule's condition that was true: its source text and the value it saw."""

    text: str
    value: str


class Effects(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule asks for. Only `act` and `hold` reach the platform without a person."""

    queue: str | None = None  # open a case here
    due: timedelta | None = None
    propose: tuple[ActionKind, ...] = ()
    act: tuple[ActionKind, ...] = ()
    hold: bool = False
    labels: tuple[str, ...] = ()
    escalate: bool = False


class Firing(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that was true of one subject. `policy` is the digest of the rules in force.

    `account` is whose subject it is (the author of a post); None when not known.
    """

    subject: Subject
    account: str | None
    rule: str
    titles: dict[str, str] = {}  # what the rule says of the subject, by language
    policy: str
    ground: Ground
    severity: Severity
    effects: Effects
    parts: tuple[Part, ...]
    language: str | None = None
