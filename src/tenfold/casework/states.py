"""What may follow what: the states of cases, decisions and actions as tables. No I/O.

The tables are the law: service and store change a state only by `after`, which raises
ImpossibleStepError for a step that no table holds. A claim is a lease beside the state: an escalated
case stays escalated while somebody holds it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar


class CaseState(StrEnum):
    """Of a case. CLAIMED counts as OPEN once its lease has passed."""

    OPEN = "open"
    CLAIMED = "claimed"
    ESCALATED = "escalated"
    AWAITING = "awaiting"  # somebody proposed a decision that needs a second person
    DECIDED = "decided"


class CaseStep(StrEnum):
    """What can happen to a case."""

    CLAIM = "claim"
    RELEASE = "release"  # given back, or its lease passed
    ESCALATE = "escalate"
    MERGE = "merge"  # another firing joins it
    DECIDE = "decide"
    PROPOSE = "propose"  # decide what needs a second person
    CONFIRM = "confirm"  # the second person agrees
    RETURN = "return"  # the second person sends it back, or who proposed it takes it back
    TAKE_OVER = "take_over"  # the second person goes on with it
    REOPEN = "reopen"  # its decision was reversed


class DecisionState(StrEnum):
    """Of a decision."""

    IN_FORCE = "in_force"
    REVERSED = "reversed"


class DecisionStep(StrEnum):
    """What can happen to a decision."""

    REVERSE = "reverse"


class ActionState(StrEnum):
    """Of an action. ORDERED, DELIVERED and CONFIRMED stand: they shape the state of the subject."""

    PROPOSED = "proposed"
    ORDERED = "ordered"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    REVERSED = "reversed"


class ActionStep(StrEnum):
    """What can happen to an action."""

    ORDER = "order"
    WITHDRAW = "withdraw"
    PROPOSE_AGAIN = "propose_again"  # the decision that withdrew it was reversed
    DELIVER = "deliver"  # every webhook has taken it
    CONFIRM = "confirm"  # the platform says that it is done
    FAIL = "fail"  # the platform could not, or every delivery is dead
    REDELIVER = "redeliver"  # a dead delivery is sent again by hand
    REVERSE = "reverse"


STANDING = (ActionState.ORDERED, ActionState.DELIVERED, ActionState.CONFIRMED)

CASE_STEPS: Mapping[tuple[CaseState, CaseStep], CaseState] = {
    (CaseState.OPEN, CaseStep.CLAIM): CaseState.CLAIMED,
    (CaseState.OPEN, CaseStep.ESCALATE): CaseState.ESCALATED,
    (CaseState.OPEN, CaseStep.MERGE): CaseState.OPEN,
    (CaseState.OPEN, CaseStep.DECIDE): CaseState.DECIDED,
    (CaseState.CLAIMED, CaseStep.CLAIM): CaseState.CLAIMED,
    (CaseState.CLAIMED, CaseStep.RELEASE): CaseState.OPEN,
    (CaseState.CLAIMED, CaseStep.ESCALATE): CaseState.ESCALATED,
    (CaseState.CLAIMED, CaseStep.MERGE): CaseState.CLAIMED,
    (CaseState.CLAIMED, CaseStep.DECIDE): CaseState.DECIDED,
    (CaseState.ESCALATED, CaseStep.CLAIM): CaseState.ESCALATED,
    (CaseState.ESCALATED, CaseStep.RELEASE): CaseState.ESCALATED,
    (CaseState.ESCALATED, CaseStep.ESCALATE): CaseState.ESCALATED,
    (CaseState.ESCALATED, CaseStep.MERGE): CaseState.ESCALATED,
    (CaseState.ESCALATED, CaseStep.DECIDE): CaseState.DECIDED,
    (CaseState.OPEN, CaseStep.PROPOSE): CaseState.AWAITING,
    (CaseState.CLAIMED, CaseStep.PROPOSE): CaseState.AWAITING,
    (CaseState.ESCALATED, CaseStep.PROPOSE): CaseState.AWAITING,
    (CaseState.AWAITING, CaseStep.MERGE): CaseState.AWAITING,
    (CaseState.AWAITING, CaseStep.ESCALATE): CaseState.AWAITING,  # by a rule: a second person looks anyway
    (CaseState.AWAITING, CaseStep.CONFIRM): CaseState.DECIDED,
    (CaseState.AWAITING, CaseStep.RETURN): CaseState.OPEN,
    (CaseState.AWAITING, CaseStep.TAKE_OVER): CaseState.CLAIMED,
    (CaseState.DECIDED, CaseStep.REOPEN): CaseState.OPEN,
}

DECISION_STEPS: Mapping[tuple[DecisionState, DecisionStep], DecisionState] = {
    (DecisionState.IN_FORCE, DecisionStep.REVERSE): DecisionState.REVERSED,
}

ACTION_STEPS: Mapping[tuple[ActionState, ActionStep], ActionState] = {
    (ActionState.PROPOSED, ActionStep.ORDER): ActionState.ORDERED,
    (ActionState.PROPOSED, ActionStep.WITHDRAW): ActionState.WITHDRAWN,
    (ActionState.WITHDRAWN, ActionStep.PROPOSE_AGAIN): ActionState.PROPOSED,
    (ActionState.ORDERED, ActionStep.DELIVER): ActionState.DELIVERED,
    (ActionState.ORDERED, ActionStep.CONFIRM): ActionState.CONFIRMED,  # a platform that polls
    (ActionState.ORDERED, ActionStep.FAIL): ActionState.FAILED,
    (ActionState.ORDERED, ActionStep.REVERSE): ActionState.REVERSED,
    (ActionState.DELIVERED, ActionStep.CONFIRM): ActionState.CONFIRMED,
    (ActionState.DELIVERED, ActionStep.FAIL): ActionState.FAILED,
    (ActionState.DELIVERED, ActionStep.REVERSE): ActionState.REVERSED,
    (ActionState.CONFIRMED, ActionStep.CONFIRM): ActionState.CONFIRMED,
    (ActionState.CONFIRMED, ActionStep.REVERSE): ActionState.REVERSED,
    (ActionState.FAILED, ActionStep.FAIL): ActionState.FAILED,
    (ActionState.FAILED, ActionStep.CONFIRM): ActionState.CONFIRMED,
    (ActionState.FAILED, ActionStep.REDELIVER): ActionState.ORDERED,
    # A delivery that timed out may have been carried out all the same: it is reversed like the rest.
    (ActionState.FAILED, ActionStep.REVERSE): ActionState.REVERSED,
}


class ImpossibleStepError(ValueError):
    """A step that the table does not hold for the present state."""

    def __init__(self, state: StrEnum, step: StrEnum) -> None:
        super().__init__(f"what is {state.value} cannot {step.value.replace('_', ' ')}")
        self.state = state
        self.step = step


_State = TypeVar("_State", bound=StrEnum)
_Step = TypeVar("_Step", bound=StrEnum)


def after(table: Mapping[tuple[_State, _Step], _State], state: _State, step: _Step) -> _State:
    """The state that follows; raises ImpossibleStepError if none does."""
    try:
        return table[(state, step)]
    except KeyError:
        raise ImpossibleStepError(state, step) from None


def before(table: Mapping[tuple[_State, _Step], _State], step: _Step) -> list[str]:
    """The states from which a step is possible, for `state = ANY(...)` in SQL."""
    return sorted(state.value for state, known in table if known == step)
