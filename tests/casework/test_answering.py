"""A link and its case answered at once, on a platform where closed accounts came back."""

from datetime import UTC, datetime

import pytest

from tenfold.casework import answering, linking, service
from tenfold.casework.answering import NothingDecidedError
from tenfold.casework.filing import file_firings
from tenfold.casework.linking import LinkVerdict, StandingVerdictError
from tenfold.casework.seconds import Proposed
from tenfold.casework.service import CaseConflictError, Decided, NotFoundError, RefusedError, Verdict
from tenfold.judgement import Part
from tenfold.store import link_decisions, seconds
from tenfold.store.database import Conn
from tenfold.store.link_decisions import Pair
from tenfold.store.link_decisions import Verdict as Word
from tenfold.taxonomy import ActionKind, Ground
from tests.casework.returning_platform import (
    BACK,
    CLOSED,
    ENGLISH,
    ENGLISH_BACK,
    case_of,
    database_url,
    linked,
    returning_template,
)
from tests.casework.small_platform import account, firing, rows

__all__ = ["database_url", "returning_template"]

NOW = datetime.now(UTC)
CLOSING = Verdict(ground=Ground.BRANDED, proposals=None, reason="الجهاز نفسه")
both = pytest.mark.parametrize("pair", [(CLOSED, BACK), (ENGLISH, ENGLISH_BACK)], ids=["ar", "en"])


def answer(conn: Conn, pair: Pair, word: Word, verdict: Verdict | None = CLOSING) -> Decided | Proposed:
    wish = LinkVerdict(accounts=pair, verdict=word, reason="الجهاز نفسه")
    return answering.answer(
        conn,
        link=wish,
        case_id=case_of(conn, pair[1]),
        verdict=verdict,
        actor="user:1",
        now=NOW,
        replace=False,
    )


def said(conn: Conn) -> list[tuple[str, bool]]:
    return rows(conn, "SELECT verdict, reversed_at IS NULL FROM link_decisions ORDER BY id")


def state_of(conn: Conn, id_: str) -> tuple[str, str]:
    ((found, case),) = rows(
        conn,
        "SELECT accounts.state, cases.state FROM accounts JOIN cases ON cases.id = %s WHERE accounts.id = %s",
        case_of(conn, id_),
        id_,
    )
    return found, case


@both
@pytest.mark.parametrize("word", ["same", "unsure"])
def test_one_answer_judges_the_link_and_closes_the_account_and_one_reversal_takes_both_back(
    conn: Conn, pair: Pair, word: Word
) -> None:
    made = answer(conn, pair, word)
    assert isinstance(made, Decided)
    assert (said(conn), state_of(conn, pair[1])) == ([(word, True)], ("closed", "decided"))
    assert rows(conn, "SELECT case_id FROM link_decisions") == [(case_of(conn, pair[1]),)]
    service.reverse(conn, decision_id=made.decision_id, actor="user:2", reason="خطأ", now=NOW)
    assert (said(conn), state_of(conn, pair[1])) == ([(word, False)], ("active", "open"))
    assert link_decisions.in_force(conn, [pair]) == {}


@both
@pytest.mark.parametrize("verdict", [None, Verdict(ground=Ground.NONE, reason="لا شيء")])
def test_who_is_not_the_same_is_cleared_by_that_alone(
    conn: Conn, pair: Pair, verdict: Verdict | None
) -> None:
    before = linked(conn)
    made = answer(conn, pair, "different", verdict)
    assert isinstance(made, Decided)
    assert pair not in linked(conn)
    assert state_of(conn, pair[1]) == ("active", "decided")
    service.reverse(conn, decision_id=made.decision_id, actor="user:2", reason="خطأ", now=NOW)
    assert linked(conn) == before


def also_praised(conn: Conn, id_: str) -> None:
    parts = (Part("signals.terms.score >= 0.9", "1.0"),)
    effects = {"propose": (ActionKind.RESTRICT,)}
    file_firings(conn, [firing(account(id_), "praise", account=id_, effects=effects, parts=parts)], NOW)


def test_a_case_that_rests_on_more_waits_for_what_is_said_of_it(conn: Conn) -> None:
    also_praised(conn, BACK)
    conn.commit()
    with pytest.raises(NothingDecidedError, match="say what it is"):
        answer(conn, (CLOSED, BACK), "different", None)
    conn.rollback()
    assert (said(conn), state_of(conn, BACK)) == ([], ("active", "open"))
    made = answer(conn, (CLOSED, BACK), "different", Verdict(ground=Ground.NONE, reason="لا شيء"))
    assert isinstance(made, Decided)
    assert (said(conn), state_of(conn, BACK)) == ([("different", True)], ("active", "decided"))


@pytest.mark.parametrize(("word", "ground"), [("same", "TVEC1"), ("different", "TVEC0")])
def test_where_two_are_needed_the_link_is_judged_and_the_case_waits_for_the_second(
    conn: Conn, word: Word, ground: str
) -> None:
    seconds.add_rule(conn, "ground", ground, "user:9", NOW)
    made = answer(conn, (CLOSED, BACK), word, CLOSING if word == "same" else None)
    assert isinstance(made, Proposed) and made.cases == (case_of(conn, BACK),)
    assert (said(conn), state_of(conn, BACK)) == ([(word, True)], ("active", "awaiting"))


def test_what_another_said_or_holds_is_refused_and_nothing_is_kept(conn: Conn) -> None:
    wish = LinkVerdict(accounts=(CLOSED, BACK), verdict="same", reason="نعم")
    linking.decide_link(conn, wish=wish, actor="user:7", now=NOW)
    conn.commit()
    with pytest.raises(StandingVerdictError):
        answer(conn, (CLOSED, BACK), "unsure")
    conn.rollback()
    service.decide(conn, case_id=case_of(conn, ENGLISH_BACK), verdict=CLOSING, actor="user:7", now=NOW)
    for word in ("same", "different"):
        with pytest.raises(CaseConflictError, match="decided already"):
            answer(conn, (ENGLISH, ENGLISH_BACK), word, None if word == "different" else CLOSING)


def test_a_link_is_not_answered_with_a_case_of_somebody_else(conn: Conn) -> None:
    wish = LinkVerdict(accounts=(CLOSED, BACK), verdict="same", reason="نعم")
    for case_id, refused in ((case_of(conn, ENGLISH_BACK), RefusedError), (10**9, NotFoundError)):
        with pytest.raises(refused):
            answering.answer(conn, link=wish, case_id=case_id, verdict=CLOSING, actor="user:1", now=NOW)
