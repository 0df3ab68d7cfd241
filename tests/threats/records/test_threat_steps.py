"""What people may do with a threat: walked at random on a real database, and each rule by itself."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tenfold.detectors.threat.levels import ORDER
from tenfold.store import audit, threat_corrections, threats
from tenfold.store.database import Conn
from tenfold.threats import corrections, records, renewing, steps
from tenfold.threats.transitions import (
    OUTCOMES,
    STEPS,
    MergedError,
    Status,
    Step,
    StepRefusedError,
    UnknownThreatError,
    WishError,
)
from tests.threats.records.composed import NOON, sighting

TEXT = "I will kill Jonas Vale at the door of his house on Harbour Street, and nobody will hear it"
PEOPLE = st.sampled_from(["user:1", "user:2", "key:1"])


def opened(conn: Conn, **changes: Any) -> int:
    (taken,) = records.take(conn, [sighting("p1", "a1", TEXT, **changes)], NOON)
    return taken.threat_id


def stands(conn: Conn, id_: int) -> threats.Threat:
    return threats.load(conn, [id_])[id_]


class OneThreat(RuleBasedStateMachine):
    """One record, looked at, assessed, corrected, moved on and closed while further sources come."""

    connection: Conn

    def __init__(self) -> None:
        super().__init__()
        self.conn = self.connection
        self.conn.rollback()
        self.now = NOON
        self.id = opened(self.conn, level="T2")
        self.status = Status.NEW
        self.level = "T2"
        self.assessed: str | None = None
        self.sources = 1
        self.seen = False

    def _attempt(self, step: Step, act: Any, *, also: bool = True) -> bool:
        allowed = (self.status, step) in STEPS and also
        self.now += timedelta(minutes=1)
        if allowed:
            act()
            self.status = STEPS[self.status, step]
            self.seen = True
            return True
        with pytest.raises(StepRefusedError), self.conn.transaction():
            act()
        return False

    @rule(actor=PEOPLE)
    def look(self, actor: str) -> None:
        self._attempt(Step.LOOK, lambda: steps.look(self.conn, self.id, actor, self.now))

    @rule(actor=PEOPLE)
    def take_on(self, actor: str) -> None:
        if self._attempt(Step.TAKE_ON, lambda: steps.take_on(self.conn, self.id, actor, self.now)):
            assert stands(self.conn, self.id).owner == actor

    @rule(actor=PEOPLE, level=st.sampled_from(ORDER), outcome=st.sampled_from([None, *OUTCOMES]))
    def assess(self, actor: str, level: str, outcome: Any) -> None:
        wish: dict[str, Any] = {
            "level": level,
            "outcome": outcome,
            "reason": "read it",
            "actor": actor,
            "now": self.now,
        }
        if self._attempt(Step.ASSESS, lambda: steps.assess(self.conn, self.id, **wish)):
            self.level = self.assessed = level

    @rule(
        actor=PEOPLE,
        change=st.sampled_from([
            ("speech_act", "game"), ("speech_act", "own_threat"), ("where", "Harbour Street"), ("when", "6"),
            ("when", None), ("where", None), ("act", "beat"), ("target_kind", "vague"), ("protectee", True),
        ]),
    )  # fmt: skip
    def correct(self, actor: str, change: tuple[str, Any]) -> None:
        wish: dict[str, Any] = {
            "factor": change[0],
            "value": change[1],
            "reason": "so it is",
            "actor": actor,
            "now": self.now,
        }
        if self._attempt(Step.CORRECT, lambda: steps.correct(self.conn, self.id, **wish)):
            self.level = self.assessed = stands(self.conn, self.id).level

    @rule(actor=PEOPLE)
    def escalate(self, actor: str) -> None:
        wish: dict[str, Any] = {"reason": "look", "actor": actor, "now": self.now}
        if self._attempt(Step.ESCALATE, lambda: steps.escalate(self.conn, self.id, **wish)):
            assert stands(self.conn, self.id).owner is None

    @rule(actor=PEOPLE)
    def monitor(self, actor: str) -> None:
        wish: dict[str, Any] = {"reason": "wait", "actor": actor, "now": self.now}
        self._attempt(Step.MONITOR, lambda: steps.monitor(self.conn, self.id, **wish))

    @rule(back=st.booleans())
    def refer(self, back: bool) -> None:
        step, act = (Step.RECALL, steps.recall) if back else (Step.REFER, steps.refer)
        wish: dict[str, Any] = {"referral": 1, "actor": "user:1", "now": self.now}
        self._attempt(step, lambda: act(self.conn, self.id, **wish))

    @rule(actor=PEOPLE, outcome=st.sampled_from(OUTCOMES))
    def close(self, actor: str, outcome: Any) -> None:
        threat = stands(self.conn, self.id)
        grave = {threat.level, threat.read_level} & {"T0", "T1"}
        wish: dict[str, Any] = {"outcome": outcome, "reason": "done", "actor": actor, "now": self.now}
        self._attempt(
            Step.CLOSE,
            lambda: steps.close(self.conn, self.id, **wish),
            also=not (grave and actor.startswith("key:")),
        )

    @rule()
    def reopen(self) -> None:
        wish: dict[str, Any] = {"reason": "again", "actor": "user:1", "now": self.now}
        self._attempt(Step.REOPEN, lambda: steps.reopen(self.conn, self.id, **wish))

    @rule(level=st.sampled_from(["T0", "T1", "T2", "T3"]))
    def another_source_comes(self, level: str) -> None:
        self.now += timedelta(minutes=1)
        self.sources += 1
        post = f"p{self.sources}"
        records.take(self.conn, [sighting(post, f"a{self.sources}", TEXT, level=level)], self.now)
        threat = stands(self.conn, self.id)
        if self.status is Status.CLOSED and threat.status == "new":
            assert threat.asks, "it asks again, and says so"
            self.status = Status.NEW
        if self.assessed is None:
            self.level = threat.read_level

    @invariant()
    def a_persons_level_is_in_force_and_the_machines_where_there_is_none(self) -> None:
        threat = stands(self.conn, self.id)
        assert threat.level == (self.assessed or threat.read_level) == self.level
        assert threat.status == self.status
        assert threat.sources == self.sources

    @invariant()
    def the_clock_runs_exactly_where_somebody_is_asked(self) -> None:
        threat = stands(self.conn, self.id)
        if self.status in (Status.CLOSED,):
            assert threat.due_at is None
        if not self.seen and threat.level != "N":
            assert threat.due_at is not None

    @invariant()
    def the_first_look_is_kept(self) -> None:
        threat = stands(self.conn, self.id)
        assert (threat.seen_at is not None) == self.seen
        assert (threat.in_time is not None) == self.seen

    @invariant()
    def the_audit_chain_holds(self) -> None:
        assert audit.verify(self.conn).intact

    def teardown(self) -> None:
        self.conn.rollback()


def test_threats_at_random(conn: Conn) -> None:
    OneThreat.connection = conn
    run_state_machine_as_test(
        OneThreat,
        settings=settings(
            max_examples=25,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_every_state_can_be_left_by_closing_and_closed_by_reopening():
    for status in Status:
        step = Step.REOPEN if status is Status.CLOSED else Step.CLOSE
        assert (status, step) in STEPS


def test_a_higher_reading_asks_again_and_leaves_the_persons_level_in_force(conn):
    id_ = opened(conn, level="T2")
    steps.assess(conn, id_, level="T3", reason="he is eleven", actor="user:1", now=NOON)
    assert stands(conn, id_).due_at is None
    records.take(conn, [sighting("p2", "a2", TEXT, level="T2")], NOON)
    assert stands(conn, id_).asks == [], "the person saw as much"
    later = NOON + timedelta(hours=1)
    (taken,) = records.take(conn, [sighting("p3", "a3", TEXT, level="T0", imminence_hours=6.0)], later)
    threat = stands(conn, id_)
    assert (threat.level, threat.read_level, threat.asks) == ("T3", "T0", [renewing.HIGHER])
    assert (threat.urgency, threat.due_at) == (0, later + timedelta(minutes=10))
    assert (taken.level, taken.urgent) == ("T0", True)
    steps.assess(conn, id_, level="T3", reason="still", actor="user:1", now=later)
    records.take(conn, [sighting("p4", "a4", TEXT, level="T0", imminence_hours=6.0)], later)
    assert stands(conn, id_).asks == [], "answered once for as much"


def test_a_closed_threat_stays_closed_for_copies_and_opens_for_what_is_new(conn):
    id_ = opened(conn)
    wish: dict[str, Any] = {"reason": "a line from a film", "actor": "user:1", "now": NOON}
    steps.close(conn, id_, outcome="not_a_threat", **wish)
    records.take(conn, [sighting("p2", "a2", TEXT + " 🔥")], NOON)
    assert (stands(conn, id_).status, stands(conn, id_).sources) == ("closed", 2)
    other = "Whoever brings me the head of Jonas Vale gets the old mill and all that is in it"
    records.take(conn, [sighting("p3", "a1", other)], NOON)
    assert (stands(conn, id_).status, stands(conn, id_).asks) == ("new", [renewing.AGAIN])


def test_a_credible_threat_that_goes_on_after_it_was_closed_opens_again(conn):
    id_ = opened(conn)
    steps.close(conn, id_, outcome="credible", reason="referred", actor="user:1", now=NOON)
    records.take(conn, [sighting("p2", "a2", TEXT)], NOON)
    assert stands(conn, id_).status == "new"


def test_only_a_person_closes_what_is_grave(conn):
    id_ = opened(conn, level="T1")
    wish: dict[str, Any] = {"outcome": "not_credible", "reason": "a joke", "now": NOON}
    with pytest.raises(StepRefusedError, match="only a person"), conn.transaction():
        steps.close(conn, id_, actor="key:1", **wish)
    steps.assess(conn, id_, level="T3", reason="a joke", actor="key:1", now=NOON)
    with pytest.raises(StepRefusedError, match="only a person"), conn.transaction():
        steps.close(conn, id_, actor="key:1", **wish)
    steps.close(conn, id_, actor="user:1", **wish)
    assert stands(conn, id_).status == "closed"


def test_corrections_are_assessed_by_the_table_and_kept_with_the_text(conn):
    id_ = opened(conn)
    wish: dict[str, Any] = {"reason": "he gives the street", "actor": "user:7", "now": NOON}
    assert steps.correct(conn, id_, factor="where", value="Harbour Street", **wish) == "T2"
    assert steps.correct(conn, id_, factor="when", value="12", **wish) == "T0"
    assert steps.correct(conn, id_, factor="speech_act", value="fiction", **wish) == "N"
    assert steps.correct(conn, id_, factor="speech_act", value="own_threat", **wish) == "T0"
    assert steps.correct(conn, id_, factor="when", value=None, **wish) == "T2"
    kept = threat_corrections.page(conn)
    assert [(one.factor, one.before, one.after) for one in kept] == [
        ("where", None, "Harbour Street"),
        ("when", None, "12"),
        ("speech_act", "own_threat", "fiction"),
        ("speech_act", "fiction", "own_threat"),
        ("when", "12", None),
    ]
    assert {(one.text, one.language, one.actor) for one in kept} == {(TEXT, "en", "user:7")}
    assert kept[0].details["speech_act"] == "own_threat"


@pytest.mark.parametrize(
    ("factor", "value"),
    [
        ("speech_act", "nonsense"), ("speech_act", None), ("act", "knit"), ("target_kind", "planet"),
        ("when", "soon"), ("when", ""), ("where", "x" * 501), ("where", "a\0b"), ("protectee", "yes"),
        ("mood", "bad"), ("where", 7),
    ],
)  # fmt: skip
def test_corrections_that_cannot_be_are_refused_and_leave_nothing(conn, factor, value):
    id_ = opened(conn)
    with pytest.raises(WishError):
        steps.correct(conn, id_, factor=factor, value=value, reason="so", actor="user:1", now=NOON)
    assert threat_corrections.page(conn) == []


def test_reasons_stay_out_of_the_audit_chain_and_in_the_log(conn):
    id_ = opened(conn)
    steps.assess(conn, id_, level="T1", reason="Ms Watched Over", actor="user:1", now=NOON)
    conn.commit()
    rows = list(audit.stream(conn, subject=f"threat:{id_}"))
    assert [row.act for row in rows] == ["threat.assess"]
    assert "Watched" not in str(rows)
    (details,) = conn.execute("SELECT details FROM threat_log WHERE act = 'assess'").fetchone()
    assert details["reason"] == "Ms Watched Over"


def test_a_record_that_has_become_part_of_another_says_of_which(conn):
    first = opened(conn)
    other = "Whoever brings me the head of Jonas Vale gets the old mill and all that is in it"
    (second,) = records.take(conn, [sighting("p2", "a2", other)], NOON)
    records.take(conn, [sighting("p3", "a2", TEXT)], NOON)
    with pytest.raises(MergedError) as caught:
        steps.take_on(conn, second.threat_id, "user:1", NOON)
    assert caught.value.into == first
    steps.look(conn, second.threat_id, "user:1", NOON)


def test_the_record_in_which_a_person_worked_stays_when_two_become_one(conn):
    first = opened(conn)
    other = "Whoever brings me the head of Jonas Vale gets the old mill and all that is in it"
    (second,) = records.take(conn, [sighting("p2", "a2", other)], NOON)
    steps.assess(conn, second.threat_id, level="T1", reason="known to us", actor="user:1", now=NOON)
    (tie,) = records.take(conn, [sighting("p3", "a2", TEXT)], NOON)
    assert tie.threat_id == second.threat_id
    assert stands(conn, first).merged_into == second.threat_id
    assert stands(conn, second.threat_id).level == "T1"


def test_unknown_records_and_empty_reasons_are_refused(conn):
    with pytest.raises(UnknownThreatError):
        steps.look(conn, 1, "user:1", NOON)
    id_ = opened(conn)
    for reason in ("", "  ", "x" * 10_001, "a\0b"):
        with pytest.raises(WishError):
            steps.escalate(conn, id_, reason=reason, actor="user:1", now=NOON)


def test_factors_of_details_come_back_unchanged_when_nothing_is_corrected():
    details = sighting("p1", "a1", TEXT).details
    assert corrections.assess(corrections.applied(details, {})).level == details["level"]
