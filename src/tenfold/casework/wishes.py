"""What callers of casework ask for, what they get back, and how they are refused."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from tenfold.casework.states import CaseState
from tenfold.store import cases
from tenfold.store.cases import Case
from tenfold.store.database import Conn
from tenfold.subjects import Subject
from tenfold.taxonomy import ActionKind, Ground

MAX_REASON = 10_000  # characters of a note or a reason


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """How a case stands now: what a conflict shows. `decided_by` is set once it is decided."""

    case_id: int
    state: str  # open, claimed, escalated, awaiting, decided; a passed lease reads as open
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
    goes to the case's account, CLOSE_GROUP to the group of the post. `label` is the label's name.
    RESTORE lifts everything that stands on its subject."""

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


class SecondNeededError(RefusedError):
    """One person is not enough for these verdicts; `needs` says what asks for a second one, as kind:value.
    Nothing was written. `family`: the account to whose people all of them have to belong."""

    def __init__(self, needs: Sequence[str], verdicts: Sequence[CaseVerdict], *, as_one: bool) -> None:
        super().__init__("second", f"a second person has to agree: {', '.join(needs)}")
        self.needs = needs
        self.verdicts = verdicts
        self.as_one = as_one
        self.family: str | None = None


class Reversed(msgspec.Struct, frozen=True, kw_only=True):
    """What a reversal did. `open_cases` are open now: reopened, or the newer case of the same subject."""

    decision_id: int
    ordered: tuple[int, ...]
    reversed_actions: tuple[int, ...]
    open_cases: tuple[int, ...]


def present(conn: Conn, case: Case, now: datetime) -> Present:
    """How a case stands at `now`."""
    holder = case.holder(now)
    lapsed = case.state == CaseState.CLAIMED and holder is None
    decision = cases.standing_decision(conn, case.id) if case.state == CaseState.DECIDED else None
    return Present(
        case_id=case.id,
        state=CaseState.OPEN if lapsed else case.state,
        claimed_by=holder,
        lease_until=case.lease_until if holder else None,
        decided_by=decision.author if decision else None,
        decided_at=case.decided_at,
    )


def lock_mine(conn: Conn, case_id: int, actor: str, now: datetime) -> Case:
    """Lock an undecided case that nobody else holds; NotFoundError or CaseConflictError otherwise."""
    case = cases.load(conn, [case_id], lock=True).get(case_id)
    if case is None:
        raise NotFoundError(f"there is no case {case_id}")
    free(conn, case, actor, now)
    return case


def free(conn: Conn, case: Case, actor: str, now: datetime) -> None:
    """CaseConflictError if a case is decided, waits for a second person, or is in another's hands."""
    if case.state == CaseState.DECIDED:
        now_is = present(conn, case, now)
        by = f" by {now_is.decided_by}" if now_is.decided_by else ""
        raise CaseConflictError(f"case {case.id} is decided already{by}", now_is)
    if case.state == CaseState.AWAITING:
        raise CaseConflictError(f"case {case.id} waits for a second person", present(conn, case, now))
    holder = case.holder(now)
    if holder is not None and holder != actor:
        raise CaseConflictError(f"case {case.id} is held by {holder}", present(conn, case, now))


def checked_text(field: str, text: str) -> str:
    """A note or reason that can be kept; RefusedError otherwise."""
    if not text.strip():
        raise RefusedError(field, "is empty; say why in a sentence")
    return kept_text(field, text)


def kept_text(field: str, text: str) -> str:
    """A text of a length and of characters that can be kept; may be empty."""
    if len(text) > MAX_REASON:
        raise RefusedError(field, f"is longer than {MAX_REASON:,} characters")
    if "\0" in text:
        raise RefusedError(field, "holds the character U+0000; remove it")
    return text.strip()
