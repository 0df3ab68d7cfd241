"""Claiming, noting, escalating, deciding, reversing: on a real database, with all effects."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tenfold.casework import marks, service
from tenfold.casework.filing import file_firings
from tenfold.casework.service import (
    CaseConflictError,
    CaseVerdict,
    Decided,
    NotFoundError,
    Order,
    RefusedError,
    Verdict,
)
from tenfold.store import audit, cases, database
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import ActionKind, Ground, Severity
from tests.casework.small_platform import NOW, account, firing, post, rows

LEASE = timedelta(minutes=20)
MINUTE = timedelta(minutes=1)
StateOf = Callable[[Subject], str]


@pytest.fixture
def case(platform: Conn) -> int:
    """A case on post p-1 that a rule holds, with its removal and the account's closing proposed."""
    effects = {"hold": True, "propose": (ActionKind.REMOVE, ActionKind.CLOSE_ACCOUNT)}
    file_firings(platform, [firing(effects=effects)], NOW)
    return case_of(platform, "p-1")


def case_of(conn: Conn, subject: str) -> int:
    found = rows(conn, "SELECT id FROM cases WHERE subject_id = %s ORDER BY id DESC", subject)
    return int(found[0][0])


def open_case(conn: Conn, subject: str, **changes: Any) -> int:
    file_firings(conn, [firing(subject, **changes)], NOW)
    return case_of(conn, subject)


def decide(conn: Conn, case_id: int, ground: Ground = Ground.BRANDED, **changes: Any) -> Decided:
    verdict = Verdict(ground=ground, reason="seen by a person", **changes)
    return service.decide(conn, case_id=case_id, verdict=verdict, actor="user:1", now=NOW)


def proposal(conn: Conn, kind: ActionKind) -> int:
    return int(rows(conn, "SELECT id FROM actions WHERE kind = %s AND state = 'proposed'", kind)[0][0])


def actions(conn: Conn) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in rows(conn, "SELECT kind, state FROM actions ORDER BY id")]


def acts(conn: Conn) -> list[tuple[str, str]]:
    return [(row.actor, row.act) for row in audit.stream(conn)]


# Claims


def claim(conn: Conn, case_id: int, actor: str, now: datetime = NOW) -> datetime:
    return service.claim(conn, case_id=case_id, actor=actor, lease=LEASE, now=now)


def test_a_claim_keeps_others_away_until_its_lease_ends(platform: Conn, case: int) -> None:
    assert claim(platform, case, "user:1") == NOW + LEASE
    with pytest.raises(CaseConflictError, match="held by user:1") as conflict:
        claim(platform, case, "user:2")
    assert conflict.value.present.claimed_by == "user:1"
    assert claim(platform, case, "user:2", NOW + LEASE) == NOW + 2 * LEASE


def test_a_claim_is_renewed_by_its_holder(platform: Conn, case: int) -> None:
    claim(platform, case, "user:1")
    assert claim(platform, case, "user:1", NOW + MINUTE) == NOW + MINUTE + LEASE


def test_a_claim_that_lapsed_and_was_taken_is_not_renewed(platform: Conn, case: int) -> None:
    claim(platform, case, "user:1")
    claim(platform, case, "user:2", NOW + LEASE)
    with pytest.raises(CaseConflictError):
        claim(platform, case, "user:1", NOW + LEASE + MINUTE)


def test_release_gives_a_case_back(platform: Conn, case: int) -> None:
    claim(platform, case, "user:1")
    with pytest.raises(CaseConflictError):
        service.release(platform, case_id=case, actor="user:2", now=NOW)
    service.release(platform, case_id=case, actor="user:1", now=NOW)
    with pytest.raises(CaseConflictError, match="not held by user:1"):
        service.release(platform, case_id=case, actor="user:1", now=NOW)
    assert claim(platform, case, "user:2") == NOW + LEASE


def test_what_is_not_there_is_not_found(platform: Conn) -> None:
    with pytest.raises(NotFoundError):
        claim(platform, 999, "user:1")
    with pytest.raises(NotFoundError):
        decide(platform, 999)
    with pytest.raises(NotFoundError):
        service.note(platform, case_id=999, actor="user:1", text="x", now=NOW)
    with pytest.raises(NotFoundError):
        service.reverse(platform, decision_id=999, actor="user:1", reason="x", now=NOW)
    with pytest.raises(NotFoundError):
        service.reverse_action(platform, action_id=999, actor="user:1", reason="x", now=NOW)


def take_next(conn: Conn, actor: str = "user:1", now: datetime = NOW, **changes: Any) -> int | None:
    return service.take_next(conn, actor=actor, lease=LEASE, now=now, **changes)


def test_the_worst_then_most_urgent_case_comes_first(platform: Conn) -> None:
    mild = open_case(platform, "p-1", severity=Severity.LOW, effects={"due": MINUTE})
    later = open_case(platform, "p-2", severity=Severity.HIGH, effects={"due": 2 * MINUTE})
    sooner = open_case(platform, "p-3", severity=Severity.HIGH, effects={"due": MINUTE})
    assert [take_next(platform) for _ in range(4)] == [sooner, later, mild, None]
    assert take_next(platform, now=NOW + LEASE) == sooner


def test_next_is_chosen_by_queue_and_language(platform: Conn) -> None:
    open_case(platform, "p-1", effects={"queue": "threats"})
    arabic = open_case(platform, "p-2", language="ar")
    assert take_next(platform, queues=["nothing"]) is None
    assert take_next(platform, languages=["ar"]) == arabic
    assert take_next(platform, queues=["content"]) is None
    assert take_next(platform, queues=["threats"]) is not None


def test_escalated_cases_are_for_leads(platform: Conn, case: int) -> None:
    service.escalate(platform, case_id=case, actor="user:1", reason="needs Arabic", now=NOW)
    assert rows(platform, "SELECT state, queue FROM cases") == [("escalated", "lead")]
    assert rows(platform, "SELECT text FROM case_notes") == [("needs Arabic",)]
    assert take_next(platform) is None
    assert take_next(platform, escalated=True) == case
    service.release(platform, case_id=case, actor="user:1", now=NOW)
    assert rows(platform, "SELECT state, queue FROM cases") == [("escalated", "lead")]


def test_people_who_take_the_next_at_once_get_different_cases(database_url: str, platform: Conn) -> None:
    for subject in ("p-1", "p-2", "p-3"):
        open_case(platform, subject)
    platform.commit()
    taken: list[int | None] = []
    start = threading.Barrier(5)

    def work(actor: str) -> None:
        with database.connect(database_url) as connection:
            start.wait()
            taken.append(take_next(connection, actor))

    threads = [threading.Thread(target=work, args=[f"user:{n}"]) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    got = [case_id for case_id in taken if case_id is not None]
    assert len(got) == len(set(got)) == 3


def test_what_is_just_being_written_about_a_case_hides_it_from_nobody(
    database_url: str, platform: Conn, case: int
) -> None:
    platform.commit()
    with database.connect(database_url) as connection:
        marks.catch_up(connection, 10)
        cases.add_note(connection, case, "user:2", "look at the bio", NOW)
        assert take_next(platform) == case


# Notes


def test_a_note_is_kept_and_audited_without_its_text(platform: Conn, case: int) -> None:
    note = service.note(platform, case_id=case, actor="user:1", text=" راجعت المنشور ", now=NOW)
    assert rows(platform, "SELECT id, author, text FROM case_notes") == [(note, "user:1", "راجعت المنشور")]
    assert acts(platform)[-1] == ("user:1", "case.noted")


@pytest.mark.parametrize("text", ["", "  \n", "x" * 10_001, "a\0b"])
def test_a_note_that_cannot_be_kept_is_refused(platform: Conn, case: int, text: str) -> None:
    with pytest.raises(RefusedError, match="text"):
        service.note(platform, case_id=case, actor="user:1", text=text, now=NOW)


# Decisions


def test_a_violation_orders_what_was_chosen_and_withdraws_the_rest(
    platform: Conn, case: int, state_of: StateOf
) -> None:
    remove = proposal(platform, ActionKind.REMOVE)
    close = proposal(platform, ActionKind.CLOSE_ACCOUNT)
    decided = decide(platform, case, proposals=(remove,))
    assert (decided.ordered, decided.withdrawn) == ((remove,), (close,))
    assert state_of(post("p-1")) == "removed"
    assert state_of(account("a-1")) == "active"
    assert rows(platform, "SELECT state, decided_at, claimed_by FROM cases") == [("decided", NOW, None)]
    assert rows(platform, "SELECT ground, scope, state, author, reason FROM decisions") == [
        ("TVEC1", "subject", "in_force", "user:1", "seen by a person")
    ]
    origin = rows(platform, "SELECT origin, details FROM actions WHERE id = %s", remove)[0]
    assert origin == (f"decision:{decided.decision_id}", {"proposed_by": "rule:branded@v1"})
    assert service.strikes(platform, account="a-1") == 1


def test_all_proposals_can_be_ordered_at_once(platform: Conn, case: int, state_of: StateOf) -> None:
    assert len(decide(platform, case, proposals=None).ordered) == 2
    assert (state_of(post("p-1")), state_of(account("a-1"))) == ("removed", "closed")


def test_an_order_is_sent_with_the_decision_and_its_reason(platform: Conn, case: int) -> None:
    decided = decide(platform, case, proposals=(proposal(platform, ActionKind.REMOVE),))
    (body,) = rows(platform, "SELECT body FROM deliveries WHERE action_id = %s", decided.ordered[0])[0]
    assert body["data"]["decision"] == decided.decision_id
    assert body["data"]["reason"] == "seen by a person"


def test_a_hold_ends_with_a_milder_decision(platform: Conn, case: int, state_of: StateOf) -> None:
    decide(platform, case, add=(Order(kind=ActionKind.LABEL, label="sensitive"),))
    assert state_of(post("p-1")) == "labelled"
    assert ("hold", "reversed") in actions(platform)


def test_a_hold_is_not_lifted_for_a_moment_when_the_post_goes(platform: Conn, case: int) -> None:
    decide(platform, case, add=(Order(kind=ActionKind.HIDE),))
    assert ("restore", "ordered") not in actions(platform)


@pytest.mark.parametrize("ground", [Ground.NONE, Ground.EXCEPTION])
def test_no_violation_withdraws_and_restores(
    platform: Conn, case: int, state_of: StateOf, ground: Ground
) -> None:
    assert state_of(post("p-1")) == "held"
    decided = decide(platform, case, ground)
    assert state_of(post("p-1")) == "visible"
    assert actions(platform) == [
        ("hold", "reversed"),
        ("remove", "withdrawn"),
        ("close_account", "withdrawn"),
        ("restore", "ordered"),
    ]
    restore, hold = rows(platform, "SELECT id, reverses FROM actions WHERE kind = 'restore'")[0]
    assert decided.ordered == (restore,)
    assert rows(platform, "SELECT kind FROM actions WHERE id = %s", hold) == [("hold",)]
    assert rows(platform, "SELECT state FROM deliveries ORDER BY action_id") == [
        ("cancelled",),
        ("pending",),
    ]
    assert service.strikes(platform, account="a-1") == 0


def test_a_decision_on_the_account_decides_its_other_cases(
    platform: Conn, case: int, state_of: StateOf
) -> None:
    second = open_case(platform, "p-2", effects={"hold": True})
    taken = open_case(platform, "p-3")
    claim(platform, taken, "user:2")
    decided = decide(
        platform, case, scope="account", proposals=(proposal(platform, ActionKind.CLOSE_ACCOUNT),)
    )
    assert decided.also_decided == (second,)
    assert state_of(account("a-1")) == "closed"
    assert state_of(post("p-2")) == "held", "what a closed account posted stays away"
    assert rows(platform, "SELECT state FROM cases WHERE id = %s", taken) == [("claimed",)]
    assert service.strikes(platform, account="a-1") == 1, "one act is one strike"
    service.reverse(platform, decision_id=decided.decision_id, actor="user:2", reason="error", now=NOW)
    assert rows(platform, "SELECT count(*) FROM cases WHERE state = 'decided'") == [(0,)]
    assert rows(platform, "SELECT count(*) FROM decisions WHERE state = 'in_force'") == [(0,)]


def test_clearing_an_account_clears_its_other_cases(platform: Conn, case: int, state_of: StateOf) -> None:
    open_case(platform, "p-2", effects={"hold": True})
    decide(platform, case, Ground.NONE, scope="account")
    assert (state_of(post("p-1")), state_of(post("p-2"))) == ("visible", "visible")


def test_what_is_added_finds_its_subject(platform: Conn, state_of: StateOf) -> None:
    case_id = open_case(platform, "p-3")
    decide(
        platform,
        case_id,
        add=(
            Order(kind=ActionKind.CLOSE_GROUP),
            Order(kind=ActionKind.RESTRICT, subject=account("a-2")),
            Order(kind=ActionKind.NOTIFY, details={"template": "warning"}),
        ),
    )
    assert state_of(Subject(SubjectKind.GROUP, "g-1")) == "closed"
    assert state_of(account("a-2")) == "restricted"
    assert rows(platform, "SELECT account FROM actions WHERE kind = 'restrict'") == [("a-2",)]


def test_restore_can_be_ordered_by_hand(platform: Conn, state_of: StateOf) -> None:
    first = open_case(platform, "p-1")
    decide(platform, first, proposals=None)
    again = open_case(platform, "p-1", rule="other")
    decided = decide(platform, again, add=(Order(kind=ActionKind.RESTORE),))
    assert state_of(post("p-1")) == "visible"
    service.reverse(platform, decision_id=decided.decision_id, actor="user:2", reason="no", now=NOW)
    assert state_of(post("p-1")) == "removed", "reversing a restore brings back what it lifted"


@pytest.mark.parametrize(
    ("verdict", "field"),
    [
        (Verdict(ground=Ground.NONE, add=(Order(kind=ActionKind.REMOVE),)), "ground"),
        (Verdict(ground=Ground.BRANDED, proposals=(999,)), "proposals"),
        (Verdict(ground=Ground.BRANDED, add=(Order(kind=ActionKind.CLOSE_GROUP),)), "add"),
        (Verdict(ground=Ground.BRANDED, add=(Order(kind=ActionKind.LABEL),)), "add"),
        (Verdict(ground=Ground.BRANDED, add=(Order(kind=ActionKind.HIDE, label="x"),)), "add"),
        (
            Verdict(ground=Ground.BRANDED, add=(Order(kind=ActionKind.REMOVE, subject=account("a-1")),)),
            "add",
        ),
        (Verdict(ground=Ground.BRANDED, reason="x" * 10_001), "reason"),
    ],
)
def test_a_wrong_wish_is_refused_and_names_its_field(
    platform: Conn, case: int, verdict: Verdict, field: str
) -> None:
    with pytest.raises(RefusedError) as refused, platform.transaction():
        service.decide(platform, case_id=case, verdict=verdict, actor="user:1", now=NOW)
    assert refused.value.field == field
    assert rows(platform, "SELECT count(*) FROM decisions") == [(0,)]


def test_a_case_without_account_has_no_account_scope(platform: Conn) -> None:
    case_id = open_case(platform, "p-1", account=None)
    with pytest.raises(RefusedError, match="scope"):
        decide(platform, case_id, scope="account")


def test_a_case_that_another_holds_is_not_decided(platform: Conn, case: int) -> None:
    claim(platform, case, "user:2")
    with pytest.raises(CaseConflictError, match="held by user:2"):
        decide(platform, case)


def test_of_many_who_decide_at_once_one_wins(database_url: str, platform: Conn, case: int) -> None:
    platform.commit()
    won: list[str] = []
    lost: list[CaseConflictError] = []
    start = threading.Barrier(4)

    def work(actor: str) -> None:
        verdict = Verdict(ground=Ground.BRANDED, proposals=None)
        start.wait()
        try:
            with database.connect(database_url) as connection:
                service.decide(connection, case_id=case, verdict=verdict, actor=actor, now=NOW)
            won.append(actor)
        except CaseConflictError as error:
            lost.append(error)

    threads = [threading.Thread(target=work, args=[f"user:{n}"]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert len(lost) == 3
    assert {error.present.decided_by for error in lost} == set(won)
    assert rows(platform, "SELECT count(*) FROM decisions") == [(1,)]
    assert len(rows(platform, "SELECT 1 FROM deliveries WHERE state = 'pending'")) == 3
    assert audit.verify(platform).intact


def test_several_cases_are_decided_all_or_none(platform: Conn) -> None:
    ids = [open_case(platform, subject) for subject in ("p-1", "p-2", "p-3")]
    verdict = Verdict(ground=Ground.BRANDED, proposals=None)
    wishes = [CaseVerdict(case_id=case_id, verdict=verdict) for case_id in ids]
    claim(platform, ids[1], "user:2")
    with pytest.raises(CaseConflictError), platform.transaction():
        service.decide_many(platform, verdicts=wishes, actor="user:1", now=NOW)
    assert rows(platform, "SELECT count(*) FROM decisions") == [(0,)]
    service.release(platform, case_id=ids[1], actor="user:2", now=NOW)
    decided = service.decide_many(platform, verdicts=wishes, actor="user:1", now=NOW)
    assert [one.case_id for one in decided] == ids
    with pytest.raises(RefusedError, match="twice"):
        service.decide_many(platform, verdicts=wishes * 2, actor="user:1", now=NOW)


def test_two_verdicts_on_one_account_decide_its_other_cases_once(platform: Conn) -> None:
    file_firings(platform, [firing(id_) for id_ in ("p-1", "p-2", "p-3")], NOW)
    first, second, third = (row[0] for row in rows(platform, "SELECT id FROM cases ORDER BY subject_id"))
    verdict = Verdict(ground=Ground.BRANDED, scope="account", reason="both of one account")
    wishes = [CaseVerdict(case_id=case, verdict=verdict) for case in (first, second)]
    made = service.decide_many(platform, verdicts=wishes, actor="user:1", now=NOW)
    assert [one.also_decided for one in made] == [(third,), ()]
    assert rows(platform, "SELECT case_id, count(*) FROM decisions GROUP BY 1 ORDER BY 1") == [
        (first, 1), (second, 1), (third, 1),
    ]  # fmt: skip


# Reversals


def test_a_reversal_undoes_everything(platform: Conn, case: int, state_of: StateOf) -> None:
    decided = decide(platform, case, proposals=None)
    remove, close = decided.ordered
    result = service.reverse(
        platform, decision_id=decided.decision_id, actor="user:2", reason="satire", now=NOW
    )
    assert result.reversed_actions == (remove, close)
    assert rows(
        platform,
        "SELECT kind, state, reverses FROM actions WHERE id = ANY(%s) ORDER BY id",
        list(result.ordered),
    ) == [("restore", "ordered", remove), ("restore", "ordered", close)]
    assert state_of(post("p-1")) == "held", "it waits for review again, as before"
    assert state_of(account("a-1")) == "active"
    assert rows(platform, "SELECT state, reversed_by, reversal_reason, reversed_at FROM decisions") == [
        ("reversed", "user:2", "satire", NOW)
    ]
    assert rows(platform, "SELECT state, decided_at FROM cases") == [("open", None)]
    assert service.strikes(platform, account="a-1") == 0
    sent = rows(platform, "SELECT action_id FROM deliveries WHERE state = 'pending' ORDER BY action_id")
    hold = rows(platform, "SELECT id FROM actions WHERE kind = 'hold'")[0][0]
    assert [row[0] for row in sent] == [hold, *result.ordered], "what was not sent yet is not sent any more"
    assert audit.verify(platform).intact


def test_what_was_delivered_is_told_to_be_restored(platform: Conn, case: int) -> None:
    decided = decide(platform, case, proposals=None)
    platform.execute("UPDATE actions SET state = 'confirmed' WHERE id = ANY(%s)", [list(decided.ordered)])
    platform.execute("UPDATE deliveries SET state = 'delivered'")
    service.reverse(platform, decision_id=decided.decision_id, actor="user:2", reason="error", now=NOW)
    assert rows(platform, "SELECT count(*) FROM deliveries WHERE state = 'pending'") == [(2,)]
    assert rows(platform, "SELECT count(*) FROM deliveries WHERE state = 'cancelled'") == [(0,)]


def test_reversals_in_any_order_end_where_they_should(platform: Conn, state_of: StateOf) -> None:
    hide = decide(platform, open_case(platform, "p-1"), add=(Order(kind=ActionKind.HIDE),))
    remove = decide(platform, open_case(platform, "p-1", rule="b"), add=(Order(kind=ActionKind.REMOVE),))
    for decided, expected in ((hide, "removed"), (remove, "visible")):
        service.reverse(platform, decision_id=decided.decision_id, actor="user:2", reason="error", now=NOW)
        assert state_of(post("p-1")) == expected


def test_what_the_platform_did_itself_is_not_undone(platform: Conn, state_of: StateOf) -> None:
    platform.execute("UPDATE accounts SET state = 'restricted' WHERE id = 'a-1'")
    decided = decide(platform, open_case(platform, "p-1"), add=(Order(kind=ActionKind.CLOSE_ACCOUNT),))
    service.reverse(platform, decision_id=decided.decision_id, actor="user:2", reason="error", now=NOW)
    assert state_of(account("a-1")) == "restricted"


def test_reversing_a_clearance_holds_and_proposes_again(platform: Conn, case: int, state_of: StateOf) -> None:
    cleared = decide(platform, case, Ground.NONE)
    service.reverse(platform, decision_id=cleared.decision_id, actor="user:2", reason="missed", now=NOW)
    assert state_of(post("p-1")) == "held"
    assert {("remove", "proposed"), ("close_account", "proposed")} <= set(actions(platform))
    decide(platform, case, Ground.NONE)
    assert state_of(post("p-1")) == "visible", "the renewed hold is lifted like the first"


def test_a_hold_that_returns_with_a_reversal_forgets_the_decision(
    platform: Conn, case: int, state_of: StateOf
) -> None:
    milder = decide(platform, case, add=(Order(kind=ActionKind.LABEL, label="sensitive"),))
    service.reverse(platform, decision_id=milder.decision_id, actor="user:2", reason="error", now=NOW)
    assert state_of(post("p-1")) == "held"
    decide(platform, case, Ground.NONE)
    assert state_of(post("p-1")) == "visible", "the label was taken back before the hold came again"


def test_a_reversed_decision_cannot_be_reversed_again(platform: Conn, case: int) -> None:
    decided = decide(platform, case)
    service.reverse(platform, decision_id=decided.decision_id, actor="user:2", reason="error", now=NOW)
    with pytest.raises(CaseConflictError, match="reversed already by user:2"):
        service.reverse(platform, decision_id=decided.decision_id, actor="user:3", reason="me too", now=NOW)


def test_a_reversal_needs_a_reason(platform: Conn, case: int) -> None:
    decided = decide(platform, case)
    with pytest.raises(RefusedError, match="reason"):
        service.reverse(platform, decision_id=decided.decision_id, actor="user:2", reason=" ", now=NOW)


def test_a_part_is_reversed_with_its_whole(platform: Conn, case: int) -> None:
    open_case(platform, "p-2")
    decided = decide(platform, case, scope="account")
    (part,) = rows(platform, "SELECT id FROM decisions WHERE part_of = %s", decided.decision_id)[0]
    with pytest.raises(RefusedError, match=f"part of decision {decided.decision_id}"):
        service.reverse(platform, decision_id=part, actor="user:2", reason="error", now=NOW)


def test_a_newer_open_case_takes_over(platform: Conn, case: int) -> None:
    decided = decide(platform, case)
    newer = open_case(platform, "p-1", rule="other")
    result = service.reverse(
        platform, decision_id=decided.decision_id, actor="user:2", reason="error", now=NOW
    )
    assert result.open_cases == (newer,)
    assert rows(platform, "SELECT state FROM cases WHERE id = %s", case) == [("decided",)]


def test_undo_is_for_the_author_within_a_minute(platform: Conn, case: int) -> None:
    decided = decide(platform, case)
    undo = service.undo
    with pytest.raises(RefusedError, match="made by user:1"):
        undo(platform, decision_id=decided.decision_id, actor="user:2", now=NOW)
    with pytest.raises(RefusedError, match="older"):
        undo(platform, decision_id=decided.decision_id, actor="user:1", now=NOW + 2 * MINUTE)
    assert undo(platform, decision_id=decided.decision_id, actor="user:1", now=NOW + MINUTE).open_cases == (
        case,
    )


def test_what_a_rule_did_alone_can_be_taken_back_for_good(platform: Conn, state_of: StateOf) -> None:
    quiet = firing(effects={"queue": None, "propose": (), "act": (ActionKind.HIDE,)})
    file_firings(platform, [quiet], NOW)
    action = rows(platform, "SELECT id FROM actions")[0][0]
    restore = service.reverse_action(
        platform, action_id=action, actor="user:2", reason="news report", now=NOW
    )
    assert state_of(post("p-1")) == "visible"
    assert rows(platform, "SELECT kind, reverses, origin FROM actions WHERE id = %s", restore) == [
        ("restore", action, "user:2")
    ]
    assert file_firings(platform, [quiet], NOW).ordered == 0, "a person's word stands"
    with pytest.raises(RefusedError, match="is reversed"):
        service.reverse_action(platform, action_id=action, actor="user:2", reason="again", now=NOW)


def test_an_action_of_a_decision_is_reversed_with_it(platform: Conn, case: int) -> None:
    decided = decide(platform, case, proposals=None)
    with pytest.raises(RefusedError, match="reverse the decision instead"):
        service.reverse_action(
            platform, action_id=decided.ordered[0], actor="user:2", reason="error", now=NOW
        )


def test_all_acts_are_in_the_audit_chain(platform: Conn, case: int) -> None:
    claim(platform, case, "user:1")
    service.note(platform, case_id=case, actor="user:1", text="hm", now=NOW)
    decided = decide(platform, case, proposals=None)
    service.reverse(platform, decision_id=decided.decision_id, actor="user:2", reason="error", now=NOW)
    assert acts(platform) == [
        ("system", "case.opened"),
        ("rule:branded@v1", "action.ordered"),
        ("user:1", "case.claimed"),
        ("user:1", "case.noted"),
        ("user:1", "case.decided"),
        ("user:1", "action.ordered"),
        ("user:1", "action.ordered"),
        ("user:2", "decision.reversed"),
        ("user:2", "action.ordered"),
        ("user:2", "action.ordered"),
    ]
