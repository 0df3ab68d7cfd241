"""What people decide about links, with all effects, on a platform where closed accounts came back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tenfold.casework import linking, service
from tenfold.casework.filing import file_firings
from tenfold.casework.linking import LinkDecided, LinkVerdict
from tenfold.casework.service import CaseConflictError, NotFoundError, RefusedError
from tenfold.casework.shared_values import SharedWish
from tenfold.judgement import Part
from tenfold.store import audit, link_decisions, shared_keys, signals
from tenfold.store.database import Conn
from tenfold.store.link_decisions import Pair, Verdict
from tenfold.taxonomy import ActionKind
from tests.casework import returning_platform as platform
from tests.casework.returning_platform import (
    BACK,
    BACK_AGAIN,
    CLOSED,
    COPY,
    ENGLISH,
    ENGLISH_BACK,
    HONEST,
    case_of,
    database_url,
    linked,
    returning_template,
)
from tests.casework.small_platform import account, firing, rows
from tests.helpers import event

__all__ = ["database_url", "returning_template"]

NOW = datetime.now(UTC)
MINUTE = timedelta(minutes=1)
ARABIC, LATIN = (CLOSED, BACK), (ENGLISH, ENGLISH_BACK)
both = pytest.mark.parametrize("pair", [ARABIC, LATIN], ids=["ar", "en"])


def judge(
    conn: Conn, pair: Pair, verdict: Verdict, actor: str = "user:1", now: datetime = NOW, **more: Any
) -> LinkDecided:
    wish = LinkVerdict(accounts=pair, verdict=verdict, reason="نظرت فيه", **more)
    return linking.decide_link(conn, wish=wish, actor=actor, now=now)


def signals_of(conn: Conn, id_: str) -> list[str]:
    return [signal.key for signal in signals.load(conn, [account(id_)]).get(account(id_), [])]


def state_of_case(conn: Conn, id_: str) -> str:
    return str(rows(conn, "SELECT state FROM cases WHERE id = %s", case_of(conn, id_))[0][0])


def proposals(conn: Conn, id_: str) -> list[tuple[str, str]]:
    query = "SELECT kind, state FROM actions WHERE subject_id = %s ORDER BY id"
    return [(kind, state) for kind, state in rows(conn, query, id_)]


def test_the_platform_is_as_told(conn: Conn) -> None:
    assert linked(conn) == {
        (COPY, CLOSED): "possible",
        (CLOSED, BACK): "likely",
        (CLOSED, BACK_AGAIN): "likely",
        (ENGLISH, ENGLISH_BACK): "likely",
    }
    assert proposals(conn, BACK) == [("close_account", "proposed")]


@both
def test_a_verdict_is_kept_with_the_evidence_as_it_was_shown(conn: Conn, pair: Pair) -> None:
    shown = rows(
        conn,
        "SELECT evidence, probability, model FROM links WHERE closed = %s AND %s IN (account_a, account_b)",
        *pair,
    )
    judge(conn, pair, "same")
    kept = rows(
        conn,
        "SELECT evidence, probability, model, verdict, author, reason, case_id, decision_id"
        " FROM link_decisions",
    )
    assert kept == [(*shown[0], "same", "user:1", "نظرت فيه", case_of(conn, pair[1]), None)]
    assert pair in linked(conn)
    last = list(audit.stream(conn))[-1]
    assert (last.act, last.subject, last.details["verdict"]) == ("link.decided", f"account:{pair[1]}", "same")


@both
def test_not_the_same_takes_link_and_signal_and_clears_a_case_that_rests_on_it(
    conn: Conn, pair: Pair
) -> None:
    made = judge(conn, pair, "different")
    assert pair not in linked(conn)
    assert signals_of(conn, pair[1]) == []
    assert proposals(conn, pair[1]) == [("close_account", "withdrawn")]
    decision = rows(conn, "SELECT ground, author FROM decisions WHERE id = %s", made.decision_id)
    assert decision == [("TVEC0", "user:1")]
    assert state_of_case(conn, pair[1]) == "decided"


@both
def test_not_the_same_sticks_when_the_account_goes_on(conn: Conn, pair: Pair) -> None:
    judge(conn, pair, "different")
    new = pair[1]
    again = [event("session.started", new, NOW, device=f"hmac:{'d1' * 32}")]
    again += [event("post.created", new, NOW, post=f"again-{n}", text="صباح الخير") for n in range(3)]
    platform.happen(conn, again)
    assert pair not in linked(conn)
    assert signals_of(conn, new) == []
    assert state_of_case(conn, new) == "decided"


def test_what_hangs_on_another_link_stays(conn: Conn) -> None:
    told = signals.Link(
        account_a=BACK,
        account_b=ENGLISH,
        bits=9,
        probability=0.9,
        level="likely",
        evidence=[],
        origin="key:1",
    )
    signals.save_links(conn, [told])
    made = judge(conn, ARABIC, "different")
    assert (made.decision_id, made.withdrawn) == (None, ())
    assert proposals(conn, BACK) == [("close_account", "proposed")]
    assert state_of_case(conn, BACK) == "open"


def test_what_another_rule_proposes_stays(conn: Conn) -> None:
    other = firing(
        account(BACK),
        "praise",
        account=BACK,
        effects={"propose": (ActionKind.RESTRICT,)},
        parts=(Part("signals.terms.score >= 0.9", "1.0"),),
    )
    file_firings(conn, [other], NOW)
    made = judge(conn, ARABIC, "different")
    assert made.decision_id is None
    assert proposals(conn, BACK) == [("close_account", "withdrawn"), ("restrict", "proposed")]
    linking.reverse_link(
        conn, link_decision_id=made.link_decision_id, actor="user:2", reason="mistaken", now=NOW
    )
    assert proposals(conn, BACK) == [("close_account", "proposed"), ("restrict", "proposed")]


@both
def test_a_reversal_puts_everything_back(conn: Conn, pair: Pair) -> None:
    before = rows(conn, "SELECT * FROM links ORDER BY 1, 2"), signals_of(conn, pair[1])
    made = judge(conn, pair, "different")
    reversal = linking.reverse_link(
        conn, link_decision_id=made.link_decision_id, actor="user:2", reason="mistaken", now=NOW
    )
    assert reversal.open_cases == (case_of(conn, pair[1]),)
    assert (rows(conn, "SELECT * FROM links ORDER BY 1, 2"), signals_of(conn, pair[1])) == before
    assert proposals(conn, pair[1]) == [("close_account", "proposed")]
    assert state_of_case(conn, pair[1]) == "open"
    acts = [row.act for row in audit.stream(conn)]
    assert "link.reversed" in acts and "decision.reversed" in acts
    with pytest.raises(RefusedError, match="reversed already"):
        linking.reverse_link(
            conn, link_decision_id=made.link_decision_id, actor="user:2", reason="again", now=NOW
        )


def test_reversing_the_decision_on_the_case_takes_the_verdict_back_too(conn: Conn) -> None:
    made = judge(conn, ARABIC, "different")
    assert made.decision_id is not None
    service.reverse(conn, decision_id=made.decision_id, actor="user:2", reason="mistaken", now=NOW)
    assert ARABIC in linked(conn)
    assert rows(conn, "SELECT reversed_at IS NULL FROM link_decisions") == [(False,)]


def test_only_its_author_undoes_a_verdict_and_only_for_a_minute(conn: Conn) -> None:
    made = judge(conn, ARABIC, "same").link_decision_id
    with pytest.raises(RefusedError, match="made by user:1"):
        linking.undo_link(conn, link_decision_id=made, actor="user:2", now=NOW)
    with pytest.raises(RefusedError, match="older than"):
        linking.undo_link(conn, link_decision_id=made, actor="user:1", now=NOW + 2 * MINUTE)
    linking.undo_link(conn, link_decision_id=made, actor="user:1", now=NOW + MINUTE / 2)
    assert link_decisions.in_force(conn, [ARABIC]) == {}


def test_another_verdict_brings_back_what_not_the_same_took(conn: Conn) -> None:
    judge(conn, ARABIC, "different")
    judge(conn, ARABIC, "unsure", actor="user:2")
    assert ARABIC in linked(conn)
    assert state_of_case(conn, BACK) == "open"
    in_force = rows(conn, "SELECT verdict FROM link_decisions WHERE reversed_at IS NULL")
    assert in_force == [("unsure",)]


@pytest.mark.parametrize("verdict", ["same", "unsure"])
def test_the_other_verdicts_change_nothing_by_themselves(conn: Conn, verdict: Verdict) -> None:
    before = linked(conn), signals_of(conn, BACK), proposals(conn, BACK), state_of_case(conn, BACK)
    judge(conn, ARABIC, verdict)
    after = linked(conn), signals_of(conn, BACK), proposals(conn, BACK), state_of_case(conn, BACK)
    assert after == before


def test_what_cannot_be_decided_is_refused(conn: Conn) -> None:
    with pytest.raises(NotFoundError, match="nothing links"):
        judge(conn, (CLOSED, HONEST), "same")
    with pytest.raises(RefusedError, match="itself"):
        judge(conn, (CLOSED, CLOSED), "same")
    empty = LinkVerdict(accounts=ARABIC, verdict="same", reason="  ")
    with pytest.raises(RefusedError, match="reason"):
        linking.decide_link(conn, wish=empty, actor="user:1", now=NOW)
    with pytest.raises(NotFoundError):
        linking.reverse_link(conn, link_decision_id=999, actor="user:1", reason="x", now=NOW)


def test_a_case_in_anothers_hands_is_left_to_them(conn: Conn) -> None:
    service.claim(conn, case_id=case_of(conn, BACK), actor="user:2", lease=20 * MINUTE, now=NOW)
    with pytest.raises(CaseConflictError, match="held by user:2"):
        judge(conn, ARABIC, "different")
    judge(conn, ARABIC, "different", actor="user:2")


def test_which_of_two_came_first_does_not_hang_on_their_order(conn: Conn) -> None:
    made = judge(conn, (BACK, CLOSED), "unsure")
    assert (made.closed, made.new) == (CLOSED, BACK)


# Values that many people share


def test_a_shared_device_counts_for_nothing_any_more(conn: Conn) -> None:
    before = dict(rows(conn, "SELECT account_b, bits FROM links WHERE account_a = %s", CLOSED))
    shared = (SharedWish(kind="device", why="household", days=30),)
    made = judge(conn, ARABIC, "unsure", shared=shared)
    assert made.marked == 1
    (mark,) = shared_keys.list_all(conn)
    assert (mark.kind, mark.reason, mark.marked_by) == ("device", "household: نظرت فيه", "user:1")
    assert mark.until == NOW + timedelta(days=30)
    platform.happen(conn, [])
    after = dict(rows(conn, "SELECT account_b, bits FROM links WHERE account_a = %s", CLOSED))
    assert after.get(BACK_AGAIN, -9) < before[BACK_AGAIN] - 3, "nor for others who show it"


def test_a_stock_picture_is_marked_with_all_its_parts(conn: Conn) -> None:
    shared = (SharedWish(kind="avatar", why="stock_picture"),)
    assert judge(conn, LATIN, "unsure", shared=shared).marked > 1
    assert {mark.kind for mark in shared_keys.list_all(conn)} == {"avatar", "avatar_band"}


@pytest.mark.parametrize(
    "wish", [SharedWish(kind="phone"), SharedWish(kind="style"), SharedWish(kind="device", days=9)]
)
def test_what_they_do_not_have_in_common_cannot_be_marked(conn: Conn, wish: SharedWish) -> None:
    with pytest.raises(RefusedError, match="shared"):
        judge(conn, ARABIC, "unsure", shared=(wish,))


# Any order of verdicts and reversals


@example(steps=["different", "different", "same"])
@example(steps=["different", "different", "reverse", "reverse"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["same", "different", "unsure", "reverse"]), max_size=7))
def test_a_link_is_there_exactly_while_nobody_says_otherwise(conn: Conn, steps: list[str]) -> None:
    with conn.transaction(force_rollback=True):
        made: list[int] = []
        for step in steps:
            if step != "reverse":
                verdict = next(word for word in ("same", "different", "unsure") if word == step)
                made.append(judge(conn, ARABIC, verdict).link_decision_id)
            elif made:
                undone = rows(conn, "SELECT reversed_at FROM link_decisions WHERE id = %s", made[-1])[0][0]
                if undone is None:
                    linking.reverse_link(
                        conn, link_decision_id=made.pop(), actor="user:1", reason="no", now=NOW
                    )
        standing = rows(
            conn, "SELECT verdict FROM link_decisions WHERE reversed_at IS NULL ORDER BY id DESC LIMIT 1"
        )
        apart = standing == [("different",)]
        assert (ARABIC in linked(conn)) is not apart
        assert (CLOSED in signals_of(conn, BACK)) is not apart
        assert (state_of_case(conn, BACK) == "decided") is apart
        wanted = "withdrawn" if apart else "proposed"
        assert ("close_account", wanted) in proposals(conn, BACK)
