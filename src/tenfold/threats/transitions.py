"""The states of a threat's record, the steps that people take, and what may follow what.

Errors of steps: UnknownThreatError (no such record), MergedError (it has become part of another),
StepRefusedError (its state does not allow the step), WishError (the wish itself is wrong; names the field).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal, get_args

Outcome = Literal["credible", "not_credible", "not_a_threat", "news", "duplicate", "other"]
OUTCOMES: Final = get_args(Outcome)


class Status(StrEnum):
    """Of a record."""

    NEW = "new"
    ASSESSING = "assessing"
    ESCALATED = "escalated"
    REFERRED = "referred"
    MONITORED = "monitored"
    CLOSED = "closed"


class Step(StrEnum):
    """What people can do with it."""

    LOOK = "look"
    TAKE_ON = "take_on"
    HAND_OVER = "hand_over"
    ASSESS = "assess"
    CORRECT = "correct"
    ESCALATE = "escalate"
    REFER = "refer"
    RECALL = "recall"  # no referral is left
    MONITOR = "monitor"
    CLOSE = "close"
    REOPEN = "reopen"


_OPEN = (Status.NEW, Status.ASSESSING, Status.ESCALATED, Status.REFERRED, Status.MONITORED)


def _same(step: Step, *states: Status) -> dict[tuple[Status, Step], Status]:
    """A step that leaves these states as they are, but for a new record, which is being assessed from then
    on."""
    return {(state, step): Status.ASSESSING if state is Status.NEW else state for state in states}


def _all(step: Step, to: Status, *states: Status) -> dict[tuple[Status, Step], Status]:
    return {(state, step): to for state in states}


STEPS: Final[Mapping[tuple[Status, Step], Status]] = {
    **{(state, Step.LOOK): state for state in Status},
    **_same(Step.TAKE_ON, *_OPEN),
    **_same(Step.HAND_OVER, *_OPEN),
    **_same(Step.ASSESS, *_OPEN),
    **_same(Step.CORRECT, *_OPEN),
    **_all(Step.ESCALATE, Status.ESCALATED, Status.NEW, Status.ASSESSING, Status.MONITORED),
    **_all(
        Step.REFER, Status.REFERRED, Status.ASSESSING, Status.ESCALATED, Status.MONITORED, Status.REFERRED
    ),
    **_all(Step.RECALL, Status.ESCALATED, Status.REFERRED),
    **_all(Step.MONITOR, Status.MONITORED, *_OPEN[1:]),
    **_all(Step.CLOSE, Status.CLOSED, *_OPEN),
    **_all(Step.REOPEN, Status.ASSESSING, Status.CLOSED),
}


class UnknownThreatError(LookupError):
    """There is no such record."""


class StepRefusedError(ValueError):
    """A step that the record's state does not allow; `status` is that state."""

    def __init__(self, message: str, status: str) -> None:
        super().__init__(message)
        self.status = status


class MergedError(StepRefusedError):
    """The record has become part of another, `into`."""

    def __init__(self, threat_id: int, into: int) -> None:
        super().__init__(f"threat {threat_id} has become part of threat {into}", Status.CLOSED)
        self.into = into


class WishError(ValueError):
    """A wish that cannot be met; `field` names what to mend."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
