"""The tables of states: what they promise, walked at random."""

from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.casework.states import (
    ACTION_STEPS,
    CASE_STEPS,
    DECISION_STEPS,
    ActionState,
    ActionStep,
    CaseState,
    CaseStep,
    DecisionState,
    DecisionStep,
    ImpossibleStepError,
    after,
    before,
)

TABLES: list[tuple[Any, type[StrEnum], type[StrEnum], StrEnum]] = [
    (CASE_STEPS, CaseState, CaseStep, CaseState.OPEN),
    (DECISION_STEPS, DecisionState, DecisionStep, DecisionState.IN_FORCE),
    (ACTION_STEPS, ActionState, ActionStep, ActionState.PROPOSED),
]


def walk(table: Any, state: StrEnum, steps: list[Any]) -> list[tuple[StrEnum, StrEnum, StrEnum]]:
    """Take the steps that are possible; returns (from, step, to) of each."""
    taken = []
    for step in steps:
        try:
            following = after(table, state, step)
        except ImpossibleStepError as error:
            assert (error.state, error.step) == (state, step)
            continue
        taken.append((state, step, following))
        state = following
    return taken


@pytest.mark.parametrize(("table", "states", "steps", "start"), TABLES)
def test_every_state_can_be_reached_and_every_step_taken(
    table: Any, states: type[StrEnum], steps: type[StrEnum], start: StrEnum
) -> None:
    reached, frontier = {start}, [start]
    while frontier:
        state = frontier.pop()
        for (source, _), target in table.items():
            if source == state and target not in reached:
                reached.add(target)
                frontier.append(target)
    assert reached == set(states)
    assert {step for _, step in table} == set(steps)


@pytest.mark.parametrize(("table", "steps"), [(t, s) for t, _, s, _ in TABLES])
def test_a_step_of_actions_and_decisions_leads_to_one_state(table: Any, steps: type[StrEnum]) -> None:
    if table is CASE_STEPS:
        targets = {step: {to for (_, s), to in table.items() if s == step} for step in steps}
        assert targets[CaseStep.DECIDE] == {CaseState.DECIDED}
        assert targets[CaseStep.REOPEN] == {CaseState.OPEN}
        assert targets[CaseStep.PROPOSE] == {CaseState.AWAITING}
        return
    for step in steps:
        assert len({to for (_, s), to in table.items() if s == step}) == 1


@given(st.lists(st.sampled_from(CaseStep)))
def test_a_case_leaves_decided_by_being_reopened_only(steps: list[CaseStep]) -> None:
    for source, step, _ in walk(CASE_STEPS, CaseState.OPEN, steps):
        assert source != CaseState.DECIDED or step == CaseStep.REOPEN


@given(st.lists(st.sampled_from(CaseStep)))
def test_what_is_escalated_stays_so_until_it_is_decided(steps: list[CaseStep]) -> None:
    for source, step, target in walk(CASE_STEPS, CaseState.OPEN, steps):
        if source == CaseState.ESCALATED:
            assert target == CaseState.ESCALATED or step in (CaseStep.DECIDE, CaseStep.PROPOSE)


@given(st.lists(st.sampled_from(CaseStep)))
def test_what_awaits_a_second_person_is_decided_by_confirming_alone(steps: list[CaseStep]) -> None:
    for source, step, target in walk(CASE_STEPS, CaseState.OPEN, steps):
        if source == CaseState.AWAITING:
            assert (target == CaseState.DECIDED) == (step == CaseStep.CONFIRM)
            assert step not in (CaseStep.CLAIM, CaseStep.DECIDE, CaseStep.PROPOSE)
        else:
            assert step != CaseStep.CONFIRM


@given(st.lists(st.sampled_from(ActionStep)))
def test_a_reversed_action_stays_reversed(steps: list[ActionStep]) -> None:
    for source, _, _ in walk(ACTION_STEPS, ActionState.PROPOSED, steps):
        assert source != ActionState.REVERSED


@given(st.lists(st.sampled_from(ActionStep)))
def test_nothing_is_delivered_that_was_not_ordered(steps: list[ActionStep]) -> None:
    ordered = False
    for _, step, target in walk(ACTION_STEPS, ActionState.PROPOSED, steps):
        ordered = ordered or step == ActionStep.ORDER
        assert ordered or target in (ActionState.WITHDRAWN, ActionState.PROPOSED)


def test_a_decision_is_reversed_once() -> None:
    state = after(DECISION_STEPS, DecisionState.IN_FORCE, DecisionStep.REVERSE)
    with pytest.raises(ImpossibleStepError, match="what is reversed cannot reverse"):
        after(DECISION_STEPS, state, DecisionStep.REVERSE)


def test_before_names_the_states_a_step_starts_from() -> None:
    assert before(ACTION_STEPS, ActionStep.ORDER) == ["proposed"]
    assert before(ACTION_STEPS, ActionStep.REVERSE) == ["confirmed", "delivered", "failed", "ordered"]
