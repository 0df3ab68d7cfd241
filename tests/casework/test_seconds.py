"""Four eyes: what needs a second person waits for one, and nothing acts before."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from tenfold.casework import seconds, service, together
from tenfold.casework.filing import file_firings
from tenfold.casework.seconds import Proposed
from tenfold.casework.service import CaseConflictError, Order, RefusedError, Verdict
from tenfold.store import seconds as store
from tenfold.store.database import Conn
from tenfold.taxonomy import ActionKind, Ground, Severity
from tests.casework.small_platform import NOW, account, firing, post, rows

LEASE = timedelta(minutes=20)
CLOSE = Verdict(
    ground=Ground.BRANDED, proposals=None, add=(Order(kind=ActionKind.CLOSE_ACCOUNT),), reason="recruits"
)


@pytest.fixture
def case(platform: Conn) -> int:
    """A case on p-1, on a platform where closing an account takes two."""
    platform.execute("INSERT INTO users (name) VALUES ('first'), ('second'), ('third')")
    seconds.set_rule(platform, kind="action", value="close_account", needed=True, actor="user:3", now=NOW)
    file_firings(platform, [firing("p-1")], NOW)
    return int(rows(platform, "SELECT id FROM cases")[0][0])


def propose(conn: Conn, case: int, verdict: Verdict = CLOSE, actor: str = "user:1") -> Proposed:
    made = seconds.or_propose(
        conn,
        lambda: service.decide(conn, case_id=case, verdict=verdict, actor=actor, now=NOW),
        actor=actor,
        now=NOW,
    )
    assert isinstance(made, Proposed)
    return made


def states(conn: Conn) -> list[str]:
    return [row[0] for row in rows(conn, "SELECT state FROM cases ORDER BY id")]


def test_nothing_acts_before_a_second_person_has_confirmed(platform: Conn, case: int, state_of: Any) -> None:
    proposal = propose(platform, case)
    assert proposal.needs == ("action:close_account",)
    assert proposal.cases == (case,)
    assert states(platform) == ["awaiting"]
    assert rows(platform, "SELECT count(*) FROM decisions") == [(0,)]
    assert rows(platform, "SELECT state FROM actions") == [("proposed",)]
    assert state_of(account("a-1")) == "active"
    made = seconds.confirm(platform, proposal_id=proposal.proposal_id, actor="user:2", now=NOW)
    assert rows(platform, "SELECT author, confirmed_by FROM decisions") == [("user:1", "user:2")]
    assert len(made[0].ordered) == 2
    assert (state_of(account("a-1")), state_of(post("p-1"))) == ("closed", "removed")
    assert states(platform) == ["decided"]
    told = rows(
        platform, "SELECT actor, act, details->>'author', details->>'confirmed_by' FROM audit ORDER BY seq"
    )
    assert ("user:1", "case.decided", None, "user:2") in told
    assert ("user:2", "decision.confirmed", "user:1", None) in told


def test_what_needs_nobody_else_is_decided_at_once(platform: Conn, case: int) -> None:
    made = service.decide(
        platform,
        case_id=case,
        verdict=Verdict(ground=Ground.BRANDED, proposals=None),
        actor="user:1",
        now=NOW,
    )
    assert made.ordered


@pytest.mark.parametrize(
    ("kind", "value", "verdict"),
    [
        ("ground", "TVEC2", Verdict(ground=Ground.THREAT)),
        ("ground", "TVEC0", Verdict(ground=Ground.NONE)),
        ("queue", "content", Verdict(ground=Ground.NONE)),
        ("action", "remove", Verdict(ground=Ground.BRANDED, proposals=None)),
    ],
)
def test_grounds_queues_and_proposed_actions_ask_for_a_second_person(
    platform: Conn, case: int, kind: Any, value: str, verdict: Verdict
) -> None:
    seconds.set_rule(platform, kind=kind, value=value, needed=True, actor="user:3", now=NOW)
    assert propose(platform, case, verdict).needs == (f"{kind}:{value}",)


def test_an_undecided_case_of_the_account_in_such_a_queue_asks_too(platform: Conn, case: int) -> None:
    file_firings(platform, [firing("p-2", effects={"queue": "delicate"})], NOW)
    seconds.set_rule(platform, kind="queue", value="delicate", needed=True, actor="user:3", now=NOW)
    whole = Verdict(ground=Ground.BRANDED, scope="account", reason="all of it")
    proposal = propose(platform, case, whole)
    assert proposal.needs == ("queue:delicate",)
    assert states(platform) == ["awaiting", "open"], "others may still look at the other case"
    made = seconds.confirm(platform, proposal_id=proposal.proposal_id, actor="user:2", now=NOW)
    assert len(made[0].also_decided) == 1
    assert rows(platform, "SELECT DISTINCT confirmed_by FROM decisions") == [("user:2",)]


@pytest.mark.parametrize("actor", ["user:1", "key:1"])
def test_the_second_person_is_another_and_a_person(platform: Conn, case: int, actor: str) -> None:
    proposal = propose(platform, case).proposal_id
    for act in (
        lambda: seconds.confirm(platform, proposal_id=proposal, actor=actor, now=NOW),
        lambda: seconds.send_back(platform, proposal_id=proposal, words="no", actor=actor, now=NOW),
        lambda: seconds.take_over(platform, proposal_id=proposal, actor=actor, lease=LEASE, now=NOW),
    ):
        with pytest.raises(RefusedError, match="another person"):
            act()
    assert states(platform) == ["awaiting"]


def test_the_database_refuses_one_name_whoever_writes_it(platform: Conn, case: int) -> None:
    for statement in (
        "INSERT INTO actions (kind, subject_kind, subject_id, state, ground, origin, decision_id)"
        " VALUES ('close_account', 'account', 'a-1', 'ordered', 'TVEC1', 'decision:1', {decision})",
        "UPDATE decisions SET confirmed_by = author WHERE id = {decision}",
        "UPDATE decisions SET confirmed_by = 'key:1' WHERE id = {decision}",
    ):
        with pytest.raises(psycopg.Error), platform.transaction():
            made = service.decide(
                platform, case_id=case, verdict=Verdict(ground=Ground.BRANDED), actor="user:1", now=NOW
            )
            platform.execute(statement.format(decision=made.decision_id))
    seconds.set_rule(platform, kind="ground", value="TVEC1", needed=True, actor="user:3", now=NOW)
    with pytest.raises(psycopg.errors.RaiseException, match="needs a second person"), platform.transaction():
        platform.execute(
            "INSERT INTO decisions (case_id, ground, scope, author) VALUES (%s, 'TVEC1', 'subject', 'me')",
            [case],
        )
    proposal = propose(platform, case).proposal_id
    with pytest.raises(psycopg.errors.CheckViolation), platform.transaction():
        store.end(platform, proposal, state="taken_over", second="user:1", now=NOW)


def test_sent_back_it_is_open_again_and_the_words_stand(platform: Conn, case: int) -> None:
    proposal = propose(platform, case).proposal_id
    with pytest.raises(RefusedError, match="empty"):
        seconds.send_back(platform, proposal_id=proposal, words=" ", actor="user:2", now=NOW)
    seconds.send_back(platform, proposal_id=proposal, words="It quotes", actor="user:2", now=NOW)
    assert states(platform) == ["open"]
    assert rows(platform, "SELECT author, text FROM case_notes") == [("user:2", "It quotes")]
    assert rows(platform, "SELECT user_id, kind FROM inbox") == [(1, "sent_back")]
    with pytest.raises(CaseConflictError, match=r"sent back by user:2 already"):
        seconds.confirm(platform, proposal_id=proposal, actor="user:3", now=NOW)
    assert rows(platform, "SELECT count(*) FROM decisions") == [(0,)]


def test_taken_over_it_is_the_second_persons_and_needs_another_second(platform: Conn, case: int) -> None:
    proposal = propose(platform, case).proposal_id
    assert seconds.take_over(platform, proposal_id=proposal, actor="user:2", lease=LEASE, now=NOW) == [case]
    assert rows(platform, "SELECT state, claimed_by FROM cases") == [("claimed", "user:2")]
    again = propose(platform, case, actor="user:2")
    seconds.confirm(platform, proposal_id=again.proposal_id, actor="user:1", now=NOW)
    assert rows(platform, "SELECT author, confirmed_by FROM decisions") == [("user:2", "user:1")]


def test_who_proposed_takes_it_back_and_nobody_else(platform: Conn, case: int) -> None:
    proposal = propose(platform, case).proposal_id
    with pytest.raises(RefusedError, match="user:1"):
        seconds.withdraw(platform, proposal_id=proposal, actor="user:2", now=NOW)
    with pytest.raises(RefusedError, match="user:1"):
        seconds.withdraw(platform, proposal_id=proposal, actor="cli:seconds", now=NOW)
    assert seconds.withdraw(platform, proposal_id=proposal, actor="user:1", now=NOW) == [case]
    assert states(platform) == ["open"]


def test_a_waiting_case_is_nobodys_to_take_or_decide(platform: Conn, case: int) -> None:
    propose(platform, case)
    with pytest.raises(CaseConflictError, match="second person") as conflict:
        service.decide(platform, case_id=case, verdict=CLOSE, actor="user:2", now=NOW)
    assert conflict.value.present.state == "awaiting"
    with pytest.raises(CaseConflictError):
        service.claim(platform, case_id=case, actor="user:2", lease=LEASE, now=NOW)
    assert service.take_next(platform, actor="user:2", lease=LEASE, now=NOW, escalated=True) is None


@pytest.mark.parametrize("escalate", [False, True])
def test_what_rules_find_joins_a_waiting_case(platform: Conn, case: int, escalate: bool) -> None:
    proposal = propose(platform, case).proposal_id
    worse = firing("p-1", "worse", severity=Severity.CRITICAL, effects={"escalate": escalate})
    file_firings(platform, [worse], NOW)
    assert rows(platform, "SELECT state, severity FROM cases") == [("awaiting", 4)]
    seconds.confirm(platform, proposal_id=proposal, actor="user:2", now=NOW)


def test_deciding_together_waits_as_one_and_is_undone_by_the_second(
    platform: Conn, case: int, state_of: Any
) -> None:
    file_firings(platform, [firing("p-2")], NOW)
    ids = [row[0] for row in rows(platform, "SELECT id FROM cases ORDER BY id")]
    wish = together.Wish(ground=Ground.BRANDED, reason="one flood", add=(ActionKind.CLOSE_ACCOUNT,))
    told = together.effects(platform, case_ids=ids, wish=wish, actor="user:1", now=NOW)
    assert told.needs == ("action:close_account",)
    made = seconds.or_propose(
        platform,
        lambda: together.decide_together(platform, case_ids=ids, wish=wish, actor="user:1", now=NOW),
        actor="user:1",
        now=NOW,
    )
    assert isinstance(made, Proposed)
    assert states(platform) == ["awaiting", "awaiting"]
    first, _ = seconds.confirm(platform, proposal_id=made.proposal_id, actor="user:2", now=NOW)
    assert rows(platform, "SELECT part_of FROM decisions ORDER BY id") == [(None,), (first.decision_id,)]
    with pytest.raises(RefusedError, match="user:2"):
        service.undo(platform, decision_id=first.decision_id, actor="user:1", now=NOW)
    service.undo(platform, decision_id=first.decision_id, actor="user:2", now=NOW)
    assert states(platform) == ["open", "open"]
    assert state_of(account("a-1")) == "active"


def test_what_cannot_be_done_any_more_is_refused_and_still_waits(platform: Conn, case: int) -> None:
    action = rows(platform, "SELECT id FROM actions")[0][0]
    verdict = Verdict(ground=Ground.BRANDED, proposals=(action,), add=CLOSE.add)
    proposal = propose(platform, case, verdict).proposal_id
    platform.execute("UPDATE actions SET state = 'withdrawn' WHERE id = %s", [action])
    with pytest.raises(RefusedError, match="not proposed"), platform.transaction():
        seconds.confirm(platform, proposal_id=proposal, actor="user:2", now=NOW)
    assert states(platform) == ["awaiting"]


def test_settings_are_checked_and_said(platform: Conn) -> None:
    def set_rule(kind: Any, value: str, needed: bool = True) -> bool:
        return seconds.set_rule(platform, kind=kind, value=value, needed=needed, actor="user:3", now=NOW)

    with pytest.raises(RefusedError, match="no ground"):
        set_rule("ground", "TVEC99")
    with pytest.raises(RefusedError, match="no action"):
        set_rule("action", "ban")
    with pytest.raises(RefusedError, match="1 to 512"):
        set_rule("queue", " ")
    assert set_rule("queue", "الراية")
    assert not set_rule("queue", "الراية")
    assert [str(rule) for rule in store.rules(platform)] == ["queue:الراية"]
    assert set_rule("queue", "الراية", needed=False)
    assert rows(platform, "SELECT act FROM audit ORDER BY seq") == [
        ("second.asked_for",), ("second.no_longer",),
    ]  # fmt: skip
