"""Closing all accounts of the same people by one decision, and opening them again by one reversal."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tenfold.casework import closing, clusters, linking, seconds, service
from tenfold.casework.closing import Closed
from tenfold.casework.linking import LinkVerdict
from tenfold.casework.seconds import Proposed
from tenfold.casework.service import CaseConflictError, NotFoundError, RefusedError
from tenfold.store import audit, closures, link_decisions
from tenfold.store.database import Conn
from tenfold.taxonomy import Ground
from tests.casework import returning_platform as platform
from tests.casework.returning_platform import (
    BACK,
    BACK_AGAIN,
    CLOSED,
    COPY,
    HONEST,
    case_of,
    database_url,
    returning_template,
)
from tests.casework.small_platform import rows

__all__ = ["database_url", "returning_template"]

NOW = datetime.now(UTC)


@pytest.fixture
def confirmed(conn: Conn) -> Conn:
    """People have said that the two returns and one more account are the closed one's."""
    for other in (BACK, BACK_AGAIN):
        wish = LinkVerdict(accounts=(CLOSED, other), verdict="same", reason="نفس الجهاز")
        linking.decide_link(conn, wish=wish, actor="user:1", now=NOW)
    link_decisions.record(conn, (BACK, HONEST), "same", author="user:3", reason="mistaken", now=NOW)
    return conn


def close(conn: Conn, *chosen: str, **changes: Any) -> Closed:
    wish: dict[str, Any] = {"ground": Ground.BRANDED, "reason": "same people", "actor": "user:1", "now": NOW}
    return closing.close_cluster(conn, account=BACK, chosen=chosen, **(wish | changes))


def states(conn: Conn) -> dict[str, str]:
    ids = [CLOSED, BACK, BACK_AGAIN, HONEST, COPY]
    return dict(rows(conn, "SELECT id, state FROM accounts WHERE id = ANY(%s)", ids))


def test_a_cluster_holds_whom_people_confirmed_each_with_its_own_evidence(confirmed: Conn) -> None:
    found = clusters.cluster(confirmed, BACK_AGAIN, NOW)
    members = {member.brief.account: member for member in found.members}
    assert set(members) == {CLOSED, BACK, BACK_AGAIN, HONEST}, "the copy was never confirmed"
    assert [(c.other.account, c.author) for c in members[HONEST].evidence] == [(BACK, "user:3")]
    assert "device" in members[BACK_AGAIN].evidence[0].kinds
    assert [m.brief.account for m in found.members if m.closable] == [HONEST, BACK, BACK_AGAIN]
    assert members[BACK].open_cases == 1


def test_nobody_is_in_a_cluster_alone(conn: Conn) -> None:
    with pytest.raises(NotFoundError):
        clusters.cluster(conn, BACK, NOW)


def test_the_effects_count_only_who_can_be_closed(confirmed: Conn) -> None:
    found = clusters.cluster(confirmed, BACK, NOW)
    effects = closing.effects(found, [CLOSED, BACK, HONEST, "stranger"])
    assert (effects.closes, effects.cases, effects.left_out) == (2, 2, 2)


def test_whoever_is_closed_is_told_as_was_shown_before(confirmed: Conn) -> None:
    confirmed.execute("UPDATE accounts SET language = CASE id WHEN %s THEN 'ar' ELSE 'en' END", [BACK])
    found = clusters.cluster(confirmed, BACK, NOW)
    shown = closing.told(confirmed, found, [CLOSED, BACK, HONEST], Ground.BRANDED, "same people")
    assert dict(shown.notices) == {"ar": 1, "en": 1}, "whoever is closed already is told nothing"
    close(confirmed, BACK, HONEST, notify=True)
    sent = "SELECT subject_id, details->>'text' FROM actions WHERE kind = 'notify'"
    texts = {notice.language: notice.text for notice in shown.examples}
    assert dict(rows(confirmed, sent)) == {BACK: texts["ar"], HONEST: texts["en"]}


@pytest.mark.parametrize("change", ["told apart", "taken back"])
def test_what_two_people_close_is_looked_at_again_when_it_is_confirmed(confirmed: Conn, change: str) -> None:
    confirmed.execute("INSERT INTO users (name) VALUES ('first'), ('second')")
    seconds.set_rule(confirmed, kind="action", value="close_account", needed=True, actor="user:1", now=NOW)
    made = seconds.or_propose(
        confirmed, lambda: close(confirmed, BACK, BACK_AGAIN, HONEST), actor="user:1", now=NOW
    )
    assert isinstance(made, Proposed)
    later = NOW + timedelta(minutes=1)
    if change == "told apart":
        link_decisions.record(
            confirmed, (BACK_AGAIN, HONEST), "different", author="user:2", reason="a household", now=later
        )
        gone = {BACK_AGAIN, HONEST}
    else:
        ((id_,),) = rows(confirmed, "SELECT id FROM link_decisions WHERE reason = 'mistaken'")
        linking.reverse_link(confirmed, link_decision_id=id_, actor="user:2", reason="mistaken", now=later)
        gone = {HONEST}
    with pytest.raises(RefusedError, match="no longer tied") as refused, confirmed.transaction():
        seconds.confirm(confirmed, proposal_id=made.proposal_id, actor="user:2", now=later)
    assert {id_ for id_ in (CLOSED, BACK, BACK_AGAIN, HONEST) if id_ in str(refused.value)} == gone
    assert states(confirmed)[BACK] == "active"
    seconds.send_back(confirmed, proposal_id=made.proposal_id, words="not all", actor="user:2", now=later)
    again = seconds.or_propose(confirmed, lambda: close(confirmed, BACK), actor="user:1", now=later)
    assert isinstance(again, Proposed)
    seconds.confirm(confirmed, proposal_id=again.proposal_id, actor="user:2", now=later)
    assert states(confirmed)[BACK] == "closed"


def test_one_decision_closes_those_chosen_and_nobody_else(confirmed: Conn) -> None:
    made = close(confirmed, BACK, BACK_AGAIN)
    assert states(confirmed) == {
        CLOSED: "closed",
        BACK: "closed",
        BACK_AGAIN: "closed",
        HONEST: "active",
        COPY: "active",
    }
    decisions = rows(confirmed, "SELECT id, part_of, ground FROM decisions ORDER BY id")
    assert decisions == [
        (made.decision_id, None, "TVEC1"),
        (made.decision_id + 1, made.decision_id, "TVEC1"),
    ]
    assert [service.strikes(confirmed, account=id_) for id_ in (BACK, BACK_AGAIN, HONEST)] == [1, 1, 0]
    entry = list(audit.stream(confirmed))[-1]
    assert (entry.act, entry.details["closed"], entry.details["left_out"]) == (
        "cluster.closed",
        [BACK, BACK_AGAIN],
        [HONEST, CLOSED],
    )


def test_what_a_rule_proposed_is_ordered_and_not_doubled(confirmed: Conn) -> None:
    close(confirmed, BACK)
    found = rows(
        confirmed, "SELECT kind, state, origin LIKE 'decision:%%' FROM actions WHERE subject_id = %s", BACK
    )
    assert found == [("close_account", "ordered", True)]


def test_an_account_without_a_case_gets_one(confirmed: Conn) -> None:
    close(confirmed, HONEST)
    assert states(confirmed)[HONEST] == "closed"
    assert rows(confirmed, "SELECT queue, state FROM cases WHERE id = %s", case_of(confirmed, HONEST)) == [
        ("returns", "decided")
    ]


def test_one_reversal_opens_all_again(confirmed: Conn) -> None:
    before = states(confirmed)
    made = close(confirmed, BACK, BACK_AGAIN, HONEST)
    (standing,) = clusters.cluster(confirmed, BACK, NOW).closings
    assert (standing.decision_id, standing.accounts) == (made.decision_id, 3)
    with pytest.raises(RefusedError, match="is part of decision"):
        service.reverse(confirmed, decision_id=made.decision_id + 1, actor="user:2", reason="x", now=NOW)
    service.reverse(confirmed, decision_id=made.decision_id, actor="user:2", reason="mistaken", now=NOW)
    assert states(confirmed) == before
    assert rows(confirmed, "SELECT DISTINCT state FROM decisions") == [("reversed",)]
    undecided = rows(confirmed, "SELECT id FROM cases WHERE state = 'open' ORDER BY id")
    assert {case_of(confirmed, id_) for id_ in (BACK, BACK_AGAIN, HONEST)} <= {row[0] for row in undecided}
    assert service.strikes(confirmed, account=HONEST) == 0
    assert rows(
        confirmed, "SELECT state FROM actions WHERE subject_id = %s AND kind = 'close_account'", BACK
    ) == [("reversed",)]


def test_closures_are_kept_of_those_closed_and_erased_with_the_reversal(confirmed: Conn) -> None:
    made = close(confirmed, BACK)
    platform.happen(confirmed, [])
    assert closures.load(confirmed, [BACK])[BACK].origin == f"decision:{made.decision_id}"
    service.reverse(confirmed, decision_id=made.decision_id, actor="user:2", reason="mistaken", now=NOW)
    platform.happen(confirmed, [])
    assert closures.load(confirmed, [BACK]) == {}


@pytest.mark.parametrize(
    ("chosen", "changes", "message"),
    [
        ((), {}, "nobody is chosen"),
        ((CLOSED,), {}, "closed already"),
        ((COPY,), {}, "does not belong"),
        ((BACK,), {"ground": Ground.NONE}, "no violation"),
        ((BACK,), {"reason": " "}, "reason"),
    ],
)
def test_what_cannot_be_closed_is_refused(
    confirmed: Conn, chosen: tuple[str, ...], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(RefusedError, match=message):
        close(confirmed, *chosen, **changes)


def test_a_member_whose_case_another_holds_stops_it_all(confirmed: Conn) -> None:
    service.claim(
        confirmed, case_id=case_of(confirmed, BACK_AGAIN), actor="user:9", lease=timedelta(hours=1), now=NOW
    )
    found = {member.brief.account: member for member in clusters.cluster(confirmed, BACK, NOW).members}
    assert (found[BACK_AGAIN].holder, found[BACK_AGAIN].closable) == ("user:9", False)
    with pytest.raises(CaseConflictError), confirmed.transaction():
        close(confirmed, BACK, BACK_AGAIN)
    assert states(confirmed)[BACK] == "active"


def test_a_member_that_was_told_apart_from_another_is_marked(confirmed: Conn) -> None:
    link_decisions.record(confirmed, (CLOSED, HONEST), "different", author="user:4", now=NOW)
    found = {member.brief.account: member for member in clusters.cluster(confirmed, BACK, NOW).members}
    assert [brief.account for brief in found[HONEST].denied] == [CLOSED]
    assert found[BACK].denied == ()
