"""The shapes in which console and API see cases and everything about them.

Times have time zones. A claim whose lease has passed reads as state `open`, claimed by nobody.
"""

from datetime import datetime
from typing import Any, Literal

import msgspec

from tenfold.evidence import Span
from tenfold.judgement import Part
from tenfold.store.actions import Action
from tenfold.store.seconds import Proposal
from tenfold.subjects import Subject

CaseStateName = Literal["open", "claimed", "escalated", "awaiting", "decided"]


class CaseRow(msgspec.Struct, kw_only=True):
    """One case in a list. `severity` is 1 (low) to 4 (critical); `rules` are those that fired. `ended`: it is
    about an account that is closed or deleted already; such wait behind all others."""

    id: int
    subject: Subject
    account: str | None
    queue: str
    severity: int
    ground: str
    language: str | None
    state: str
    opened_at: datetime
    updated_at: datetime
    due_at: datetime
    claimed_by: str | None = None
    lease_until: datetime | None = None
    decided_at: datetime | None = None
    ended: bool = False
    rules: list[str] = []
    proposed: list[str] = []  # kinds of the actions proposed and not yet ordered


class QueuePage(msgspec.Struct, kw_only=True):
    """A page of cases; `next` is the cursor of the next one, None at the end."""

    cases: list[CaseRow]
    next: str | None = None


class QueueCount(msgspec.Struct, kw_only=True):
    """How full one queue is, by severity 1..4 and in all; decided cases are not counted, and those that ended
    are not overdue."""

    queue: str
    total: int = 0
    open: int = 0
    claimed: int = 0
    escalated: int = 0
    awaiting: int = 0  # a second person
    overdue: int = 0
    by_severity: dict[int, int] = {}


class SignalView(msgspec.Struct, kw_only=True):
    """One signal with its evidence; spans count code points of the original field."""

    name: str
    key: str
    score: float
    detector: str
    version: str
    spans: list[Span]
    details: dict[str, Any]
    found_at: datetime


class FiringView(msgspec.Struct, kw_only=True):
    """One rule that fired: what it says, by language, its policy version and the parts that were true."""

    rule: str
    titles: dict[str, str]
    policy: str
    ground: str
    severity: int
    parts: list[Part]
    fired_at: datetime


class NoteView(msgspec.Struct, kw_only=True):
    """One note on a case."""

    id: int
    author: str
    text: str
    at: datetime


class ActionView(msgspec.Struct, kw_only=True):
    """One action. `origin` is `rule:NAME@VERSION` or `decision:ID`; `reverses` another action's id."""

    id: int
    kind: str
    subject: Subject
    state: str
    ground: str
    origin: str
    case_id: int | None
    decision_id: int | None
    reverses: int | None
    label: str
    details: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class DecisionView(msgspec.Struct, kw_only=True):
    """One decision; the last three fields are set once it is reversed. `confirmed_by` is the second person
    where two were needed; `appeal_id` the appeal of an earlier decision on which it was made."""

    id: int
    case_id: int
    ground: str
    scope: str
    state: str
    author: str
    reason: str
    decided_at: datetime
    part_of: int | None = None  # made by a decision on another case of the account
    confirmed_by: str | None = None
    appeal_id: int | None = None
    reversed_at: datetime | None = None
    reversed_by: str | None = None
    reversal_reason: str | None = None


class Profile(msgspec.Struct, kw_only=True):
    """What an account shows, now or since `at`."""

    at: datetime
    handle: str | None
    display_name: str | None
    bio: str | None
    avatar: str | None
    banner: str | None
    location: str | None
    links: list[str]


class PostBrief(msgspec.Struct, kw_only=True):
    """One post of an account, original text."""

    id: str
    created_at: datetime
    text: str
    language: str | None
    state: str


class AccountView(msgspec.Struct, kw_only=True):
    """An account and its history. Lists are newest first, at most HISTORY long."""

    id: str
    known: bool  # False: only its id was ever seen
    state: str | None
    created_at: datetime | None
    language: str | None
    followers: int | None
    following: int | None
    verified: bool
    posts: int
    strikes: int
    profile: Profile | None
    earlier_profiles: list[Profile]
    last_posts: list[PostBrief]
    other_cases: list[CaseRow]
    decisions: list[DecisionView]


class SubjectView(msgspec.Struct, kw_only=True):
    """The subject as it was sent. `fields` are the texts that spans point into: `text` of a post,
    `handle`, `display_name`, `bio`, `location` of an account, `name`, `description` of a group.
    `facts` are the rest (links, media, mentions, reply_to, mime, sha256, ...), by name."""

    subject: Subject
    known: bool  # False: only its id was ever seen
    state: str | None
    fields: dict[str, str]
    facts: dict[str, Any]
    created_at: datetime | None


class CaseView(msgspec.Struct, kw_only=True):
    """Everything about one case."""

    case: CaseRow
    subject: SubjectView
    account: AccountView | None
    signals: list[SignalView]
    firings: list[FiringView]
    notes: list[NoteView]
    actions: list[ActionView]
    decisions: list[DecisionView]
    proposal: Proposal | None = None  # what waits for a second person


def action_view(action: Action) -> ActionView:
    """An action as console and API show it."""
    return ActionView(
        id=action.id,
        kind=action.kind,
        subject=action.subject,
        state=action.state,
        ground=action.ground,
        origin=action.origin,
        case_id=action.case_id,
        decision_id=action.decision_id,
        reverses=action.reverses,
        label=action.label,
        details=action.details,
        created_at=action.created_at,
        updated_at=action.updated_at,
    )
