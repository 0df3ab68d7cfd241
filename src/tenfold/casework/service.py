"""What people do with cases: claim, note, escalate, decide, reverse.

`actor` names who acts: `user:3` (console) or `key:1` (API). `now` is the time of the act, with time zone.
Nothing here commits: the caller owns the transaction. Every act ends in the audit chain.

Errors: NotFoundError (no such case, decision, action), CaseConflictError (somebody was first; it holds the
present state), RefusedError (the wish itself is wrong; it names the field).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from tenfold.store.database import Conn
from tenfold.subjects import Subject
from tenfold.taxonomy import ActionKind, Ground

LEAD_QUEUE = "lead"
UNDO_WINDOW = timedelta(minutes=1)


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """How a case stands now: what a conflict shows. `decided_by` is set once it is decided."""

    case_id: int
    state: str  # open, claimed, escalated, decided; a passed lease reads as open
    claimed_by: str | None
    lease_until: datetime | None
    decided_by: str | None
    decided_at: datetime | None


class CaseConflictError(Exception):
    """The case is not as the caller believed; `present` says how it is."""

    def __init__(self, message: str, present: Present) -> None:
        super().__init__(message)
        self.present = present


class NotFoundError(LookupError):
    """There is no such case, decision or action."""


class RefusedError(ValueError):
    """A wish that cannot be met; `field` names what to mend."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An action that the decider adds. Without `subject` it is the case's own subject; CLOSE_ACCOUNT
    goes to the case's account, CLOSE_GROUP to the group of the post. `label` is the label's name."""

    kind: ActionKind
    subject: Subject | None = None
    label: str = ""
    details: dict[str, Any] = {}


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What was concluded about a case.

    `proposals` are the ids of proposed actions to order (None: all of the case); the rest are withdrawn.
    `scope` "account" also decides the account's other open cases, whose proposals are withdrawn.
    TVEC0 and TVEC0.1 order nothing: they withdraw every proposal and restore what rules did.
    """

    ground: Ground
    scope: Literal["subject", "account"] = "subject"
    proposals: tuple[int, ...] | None = ()
    add: tuple[Order, ...] = ()
    reason: str = ""


class CaseVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict on one case of a batch."""

    case_id: int
    verdict: Verdict


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision did: ids of the actions now ordered (restores among them), and of the account's
    other cases that it decided too."""

    case_id: int
    decision_id: int
    ordered: tuple[int, ...]
    withdrawn: tuple[int, ...]
    also_decided: tuple[int, ...] = ()


class Reversed(msgspec.Struct, frozen=True, kw_only=True):
    """What a reversal did. `open_cases` are open now: reopened, or the newer case of the same subject."""

    decision_id: int
    ordered: tuple[int, ...]
    reversed_actions: tuple[int, ...]
    open_cases: tuple[int, ...]


def claim(conn: Conn, *, case_id: int, actor: str, lease: timedelta, now: datetime) -> datetime:
    """Take a case, or renew one's own claim; returns until when it is held. CaseConflictError if another
    holds it or it is decided."""
    raise NotImplementedError


def release(conn: Conn, *, case_id: int, actor: str, now: datetime) -> None:
    """Give a claimed case back. CaseConflictError if it is not held by `actor`."""
    raise NotImplementedError


def take_next(
    conn: Conn,
    *,
    actor: str,
    lease: timedelta,
    now: datetime,
    queues: Sequence[str] | None = None,
    languages: Sequence[str] | None = None,
    escalated: bool = False,
) -> int | None:
    """Claim the worst, then most urgent case that nobody holds; returns its id or None.

    `escalated` cases are given only to who asks for them (leads). Two who ask at once get two cases.
    """
    raise NotImplementedError


def note(conn: Conn, *, case_id: int, actor: str, text: str, now: datetime) -> int:
    """Write a note on a case; returns its id."""
    raise NotImplementedError


def escalate(
    conn: Conn, *, case_id: int, actor: str, reason: str, now: datetime, queue: str = LEAD_QUEUE
) -> None:
    """Move a case to the leads. CaseConflictError if it is decided or another holds it."""
    raise NotImplementedError


def decide(conn: Conn, *, case_id: int, verdict: Verdict, actor: str, now: datetime) -> Decided:
    """Decide one case, with all effects. Of two who decide at once, one gets CaseConflictError."""
    raise NotImplementedError


def decide_many(conn: Conn, *, verdicts: Sequence[CaseVerdict], actor: str, now: datetime) -> list[Decided]:
    """Decide several cases, all or none: a CaseConflictError on one leaves the caller to roll back."""
    raise NotImplementedError


def reverse(conn: Conn, *, decision_id: int, actor: str, reason: str, now: datetime) -> Reversed:
    """Reverse a decision with all its effects; the case is open again. `reason` must not be empty."""
    raise NotImplementedError


def undo(conn: Conn, *, decision_id: int, actor: str, now: datetime) -> Reversed:
    """Reverse one's own decision within UNDO_WINDOW, without a reason. RefusedError otherwise."""
    raise NotImplementedError


def reverse_action(conn: Conn, *, action_id: int, actor: str, reason: str, now: datetime) -> int:
    """Reverse one action that a rule ordered by itself; returns the id of the reversing action."""
    raise NotImplementedError


def strikes(conn: Conn, *, account: str) -> int:
    """How many decisions in force found a violation by this account."""
    raise NotImplementedError
