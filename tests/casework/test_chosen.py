"""Accounts and groups chosen in a network: each has a case afterwards, and nothing is decided."""

from datetime import timedelta

import pytest

from tenfold.casework import chosen, service, together
from tenfold.casework.wishes import RefusedError
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import ActionKind, Ground
from tests.networks.small_network import BACK, CLOSED, GROUP, MAYBE, NOW, fill

ACCOUNT, GROUPS = SubjectKind.ACCOUNT, SubjectKind.GROUP


def opened(conn, *subjects):
    return chosen.open_cases(conn, subjects, actor="user:1", seen_from=f"account:{CLOSED}", now=NOW)


@pytest.fixture
def small(conn):
    fill(conn)
    return conn


def test_each_gets_a_case_once_and_nothing_is_decided(small):
    wanted = Subject(ACCOUNT, BACK), Subject(GROUPS, GROUP), Subject(ACCOUNT, BACK)
    first = opened(small, *wanted)
    assert len(first) == 2
    assert opened(small, *wanted) == first
    rows = small.execute("SELECT queue, state, ground, account FROM cases ORDER BY subject_kind").fetchall()
    assert rows == [("networks", "open", "TVEC0", BACK), ("networks", "open", "TVEC0", None)]
    assert small.execute("SELECT count(*) FROM decisions").fetchone() == (0,)
    acts = small.execute("SELECT actor, act, details ->> 'from' FROM audit ORDER BY seq").fetchall()
    assert acts == [("user:1", "case.opened", f"account:{CLOSED}")] * 2


@pytest.mark.parametrize(
    "subject", [Subject(ACCOUNT, CLOSED), Subject(ACCOUNT, "nobody"), Subject(GROUPS, "nothing")]
)
def test_who_is_closed_or_unknown_is_refused_and_left_out(small, subject):
    with pytest.raises(RefusedError):
        opened(small, Subject(ACCOUNT, BACK), subject)
    small.rollback()
    assert chosen.decidable(small, [subject]) == []


def test_nobody_and_too_many_are_refused(small):
    with pytest.raises(RefusedError):
        opened(small)
    with pytest.raises(RefusedError):
        opened(small, *(Subject(ACCOUNT, f"n{n}") for n in range(together.MOST + 1)))


def test_they_are_decided_by_one_decision_and_one_reversal_takes_it_back(small):

    case_ids = opened(small, Subject(ACCOUNT, BACK), Subject(ACCOUNT, MAYBE), Subject(GROUPS, GROUP))
    wish = together.Wish(
        ground=Ground.BRANDED,
        reason="seen together",
        add=(ActionKind.CLOSE_ACCOUNT,),
        but=frozenset({case_ids[1]}),
    )
    made = together.decide_together(small, case_ids=case_ids, wish=wish, actor="user:1", now=NOW)
    states = dict(small.execute("SELECT id, state FROM accounts").fetchall())
    assert (states[BACK], states[MAYBE]) == ("closed", "active")
    service.reverse(
        small, decision_id=made.decision_id, reason="mistake", actor="user:2", now=NOW + timedelta(hours=1)
    )
    assert small.execute("SELECT state FROM accounts WHERE id = %s", [BACK]).fetchone() == ("active",)
