"""Casework walked at random on a real database, against a model that knows only the rules."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tenfold.casework import seconds, service
from tenfold.casework.filing import file_firings
from tenfold.casework.seconds import Proposed
from tenfold.casework.service import CaseConflictError, Order, RefusedError, Verdict
from tenfold.store import audit
from tenfold.store.database import Conn
from tenfold.taxonomy import ActionKind, Ground
from tests.casework.small_platform import NOW, firing, post, rows

LEASE = timedelta(minutes=20)
ACTORS = st.sampled_from(["user:1", "user:2"])
STRENGTH = {None: 0, "visible": 0, "labelled": 1, "restricted": 2, "held": 3, "hidden": 4, "removed": 5}


class OneCase(RuleBasedStateMachine):
    """One post, whose case is filed, held, decided, reversed; each run in a transaction rolled back. A threat
    needs two people: it is proposed, confirmed, sent back."""

    connection: Conn

    def __init__(self) -> None:
        super().__init__()
        self.conn = self.connection
        self.conn.rollback()
        self.now: datetime = NOW
        self.holder: str | None = None
        self.until: datetime = NOW
        self.decision: int | None = None
        self.proposal: tuple[int, str] | None = None  # and whose
        seconds.set_rule(self.conn, kind="ground", value=Ground.THREAT, needed=True, actor="user:9", now=NOW)
        self.before = "visible"
        self.case = self._file("rule-0")

    def _file(self, name: str) -> int:
        file_firings(self.conn, [firing("p-1", name, effects={"hold": True})], self.now)
        return int(rows(self.conn, "SELECT id FROM cases ORDER BY id DESC LIMIT 1")[0][0])

    def _held_by_another(self, actor: str) -> bool:
        """Nor is anything to be done with a case that waits for a second person."""
        return self.proposal is not None or (self.holder not in (None, actor) and self.until > self.now)

    def _attempt(self, allowed: bool, act: Callable[[], Any]) -> Any:
        """Do it in a savepoint: a conflict exactly when the model expects one."""
        if allowed:
            return act()
        with pytest.raises(CaseConflictError), self.conn.transaction():
            act()
        return None

    @rule(minutes=st.integers(1, 30))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(actor=ACTORS)
    def claim(self, actor: str) -> None:
        allowed = self.decision is None and not self._held_by_another(actor)
        if self._attempt(
            allowed,
            lambda: service.claim(self.conn, case_id=self.case, actor=actor, lease=LEASE, now=self.now),
        ):
            self.holder, self.until = actor, self.now + LEASE

    @rule(actor=ACTORS)
    def release(self, actor: str) -> None:
        held = self.holder == actor and self.until > self.now
        allowed = self.decision is None and self.proposal is None and held
        self._attempt(
            allowed, lambda: service.release(self.conn, case_id=self.case, actor=actor, now=self.now)
        )
        if allowed:
            self.holder = None

    @rule(actor=ACTORS, ground=st.sampled_from(Ground), kind=st.sampled_from(["hide", "remove", "label"]))
    def decide(self, actor: str, ground: Ground, kind: str) -> None:
        allowed = self.decision is None and not self._held_by_another(actor)
        order = Order(kind=ActionKind(kind), label="sensitive" if kind == "label" else "")
        verdict = Verdict(ground=ground, add=(order,) if ground.is_violation else ())
        before = self._post_state()
        made = self._attempt(
            allowed,
            lambda: seconds.or_propose(
                self.conn,
                lambda: service.decide(
                    self.conn, case_id=self.case, verdict=verdict, actor=actor, now=self.now
                ),
                actor=actor,
                now=self.now,
            ),
        )
        if isinstance(made, Proposed):
            assert ground is Ground.THREAT
            self.proposal, self.holder = (made.proposal_id, actor), None
            assert self._post_state() == before, "nothing acts before a second person has looked"
        elif made:
            self.decision, self.holder, self.before = made.decision_id, None, before
            self._check_decided(ground, {"hide": "hidden", "remove": "removed", "label": "labelled"}[kind])

    @precondition(lambda self: self.proposal is not None)
    @rule(actor=ACTORS, agrees=st.booleans())
    def look_second(self, actor: str, agrees: bool) -> None:
        assert self.proposal is not None
        proposal, author = self.proposal
        if actor == author:
            with pytest.raises(RefusedError), self.conn.transaction():
                seconds.confirm(self.conn, proposal_id=proposal, actor=actor, now=self.now)
            return
        self.proposal = None
        if not agrees:
            seconds.send_back(self.conn, proposal_id=proposal, words="no", actor=actor, now=self.now)
            return
        self.before = self._post_state()
        (made,) = seconds.confirm(self.conn, proposal_id=proposal, actor=actor, now=self.now)
        self.decision = made.decision_id

    def _check_decided(self, ground: Ground, asked: str) -> None:
        """What was asked for holds (an earlier decision may ask for more); cleared means nothing by rules."""
        if ground.is_violation:
            assert STRENGTH[self._post_state()] >= STRENGTH[asked]
            return
        assert rows(
            self.conn,
            "SELECT count(*) FROM actions WHERE case_id = %s AND origin LIKE 'rule:%%' AND effect IS NOT NULL"
            " AND state IN ('ordered', 'delivered', 'confirmed')",
            self.case,
        ) == [(0,)]

    @precondition(lambda self: self.decision is not None)
    @rule(actor=ACTORS)
    def reverse(self, actor: str) -> None:
        assert self.decision is not None
        service.reverse(
            self.conn, decision_id=self.decision, actor=actor, reason="looked again", now=self.now
        )
        self.decision = None
        assert self._post_state() == self.before

    @rule(number=st.integers(0, 3))
    def fire(self, number: int) -> None:
        self._file(f"rule-{number}")
        newest = rows(self.conn, "SELECT id FROM cases WHERE state <> 'decided'")
        if newest and newest[0][0] != self.case:
            self.case, self.decision, self.holder = newest[0][0], None, None

    def _post_state(self) -> str:
        return str(rows(self.conn, "SELECT subject_state(%s, %s)", post("p-1").kind, "p-1")[0][0])

    @invariant()
    def there_is_at_most_one_open_case(self) -> None:
        assert rows(self.conn, "SELECT count(*) <= 1 FROM cases WHERE state <> 'decided'") == [(True,)]

    @invariant()
    def a_threat_is_in_force_with_two_names_only(self) -> None:
        assert rows(
            self.conn,
            "SELECT count(*) FROM decisions WHERE ground = 'TVEC2'"
            " AND (confirmed_by IS NULL OR confirmed_by = author)",
        ) == [(0,)]
        waiting = rows(self.conn, "SELECT count(*) FROM cases WHERE state = 'awaiting'")
        assert waiting == [(int(self.proposal is not None),)]

    @invariant()
    def the_post_is_in_the_strongest_state_that_stands(self) -> None:
        standing = rows(
            self.conn,
            "SELECT effect FROM actions WHERE state IN ('ordered', 'delivered', 'confirmed')"
            " AND subject_kind = 'post'",
        )
        strongest = max((STRENGTH[row[0]] for row in standing), default=0)
        assert STRENGTH[self._post_state()] == strongest

    @invariant()
    def a_case_is_decided_while_its_decision_is_in_force(self) -> None:
        found = rows(
            self.conn,
            "SELECT count(*) FROM cases LEFT JOIN decisions ON case_id = cases.id"
            " AND decisions.state = 'in_force' GROUP BY cases.id, cases.state"
            " HAVING (cases.state = 'decided') <> (count(decisions.id) = 1)",
        )
        assert found == []

    @invariant()
    def what_is_reversed_waits_for_no_delivery(self) -> None:
        assert rows(
            self.conn,
            "SELECT count(*) FROM deliveries JOIN actions ON actions.id = action_id"
            " WHERE actions.state = 'reversed' AND deliveries.state = 'pending'",
        ) == [(0,)]

    @invariant()
    def the_audit_chain_holds(self) -> None:
        assert audit.verify(self.conn).intact

    def teardown(self) -> None:
        self.conn.rollback()


def test_casework_at_random(platform: Conn) -> None:
    OneCase.connection = platform
    run_state_machine_as_test(
        OneCase,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
