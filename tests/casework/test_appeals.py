"""Appeals: what comes in, by whom it is decided, and what that does."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from tenfold.casework import appeal_deciding, service, together
from tenfold.casework.appeal_deciding import AppealVerdict
from tenfold.casework.appeals import AppealConflictError, AppealWish, Times, contact_token, file_appeal
from tenfold.casework.filing import file_firings
from tenfold.casework.service import NotFoundError, Order, RefusedError, Verdict
from tenfold.store import appeals
from tenfold.store.appeals import Appeal
from tenfold.store.database import Conn, connect
from tenfold.subjects import Subject
from tenfold.taxonomy import ActionKind, Ground
from tests.casework.small_platform import NOW, account, firing, post, rows

TIMES = Times(window=timedelta(days=184), due=timedelta(days=14))
LATER = NOW + timedelta(days=3)
WORDS = "كان خبرًا عنهم \u202eلا دعاية لهم"
CLOSE = (Order(kind=ActionKind.CLOSE_ACCOUNT),)


@pytest.fixture
def decision(platform: Conn) -> int:
    """p-1 removed and a-1 closed, by user:1."""
    file_firings(platform, [firing("p-1")], NOW)
    return decide(platform, rows(platform, "SELECT id FROM cases")[0][0])


def decide(conn: Conn, case: int, **changes: Any) -> int:
    wish: dict[str, Any] = {"ground": Ground.BRANDED, "proposals": None, "add": CLOSE, "reason": "recruits"}
    verdict = Verdict(**(wish | changes))
    return service.decide(conn, case_id=case, verdict=verdict, actor="user:1", now=NOW).decision_id


def file(conn: Conn, id_: str = "ap-1", now: datetime = LATER, **about: Any) -> Appeal:
    wish = AppealWish(external_id=id_, **({"words": WORDS, "language": "ar"} | about))
    return file_appeal(conn, wish, times=TIMES, actor="key:1", now=now)[0]


def conclude(conn: Conn, appeal: Appeal, outcome: Any, actor: str = "user:2", **more: Any) -> Appeal:
    verdict = AppealVerdict(outcome=outcome, reason="it quotes", **more)
    return appeal_deciding.decide_appeal(conn, appeal_id=appeal.id, verdict=verdict, actor=actor, now=LATER)


def notices(conn: Conn) -> list[dict[str, Any]]:
    return [row[0] for row in rows(conn, "SELECT details FROM actions WHERE kind = 'notify' ORDER BY id")]


# Coming in


def test_an_appeal_is_kept_with_a_deadline_and_without_the_contact(platform: Conn, decision: int) -> None:
    token = contact_token(b"secret", " Someone@Example.org ")
    appeal = file(platform, decision=decision, contact=token)
    assert (appeal.decision_id, appeal.ground, appeal.words) == (decision, "TVEC1", WORDS)
    assert appeal.due_at == LATER + TIMES.due
    assert (
        token
        == contact_token(b"secret", "someone@example.org")
        != contact_token(b"other", "someone@example.org")
    )
    assert "example" not in token
    told = rows(platform, "SELECT actor, act, details::text FROM audit ORDER BY seq DESC LIMIT 1")[0]
    assert told[:2] == ("key:1", "appeal.filed")
    assert "خبر" not in told[2]


def test_sent_twice_it_is_one_and_an_id_that_says_something_else_is_a_conflict(
    platform: Conn, decision: int
) -> None:
    first = file(platform, decision=decision)
    wish = AppealWish(external_id="ap-1", words=WORDS, decision=decision)
    assert file_appeal(platform, wish, times=TIMES, actor="key:1", now=LATER) == (first, False)
    with pytest.raises(AppealConflictError, match="says something else"):
        file(platform, decision=decision, words="other words")


def test_it_finds_the_decision_by_action_case_and_subject(platform: Conn, decision: int) -> None:
    (case,) = rows(platform, "SELECT id FROM cases")[0]
    remove, close = (row[0] for row in rows(platform, "SELECT id FROM actions ORDER BY id"))
    for about in (
        {"action": remove},
        {"action": close},
        {"case": case},
        {"subject": post("p-1")},
        {"subject": account("a-1")},
    ):
        platform.execute("SAVEPOINT here")
        appeal = file(platform, **about)
        assert appeal.decision_id == decision
        assert appeal.subject == about.get("subject", post("p-1"))
        platform.execute("ROLLBACK TO here")


def test_what_a_rule_did_alone_can_be_appealed(platform: Conn, state_of: Callable[[Subject], str]) -> None:
    file_firings(platform, [firing("p-1", effects={"hold": True})], NOW)
    assert state_of(post("p-1")) == "held"
    appeal = file(platform, subject=post("p-1"))
    assert (appeal.decision_id, appeal.action_id is not None) == (None, True)
    with pytest.raises(RefusedError, match="rule acted alone"), platform.transaction():
        conclude(platform, appeal, "partly", ground=Ground.PRAISE)
    conclude(platform, appeal, "overturned")
    assert state_of(post("p-1")) == "visible"
    assert rows(platform, "SELECT state FROM cases") == [("open",)], "somebody still looks at it"


@pytest.mark.parametrize(
    ("about", "error", "says"),
    [
        ({}, RefusedError, "exactly one"),
        ({"decision": 1, "case": 1}, RefusedError, "exactly one"),
        ({"decision": 99}, NotFoundError, "no decision 99"),
        ({"action": 99}, NotFoundError, "no action 99"),
        ({"case": 99}, NotFoundError, "was not decided"),
        ({"subject": post("p-3")}, NotFoundError, "nothing was decided about post:p-3"),
    ],
)
def test_what_it_is_about_has_to_be_there(
    platform: Conn, decision: int, about: Any, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        file(platform, **about)


def test_a_decision_is_appealed_once_and_not_when_it_was_taken_back(platform: Conn, decision: int) -> None:
    first = file(platform, decision=decision)
    with pytest.raises(AppealConflictError, match="appealed before") as conflict:
        file(platform, "ap-2", subject=account("a-1"))
    assert conflict.value.present["appeal"] == first.id
    file_firings(platform, [firing("p-2")], NOW)
    other = decide(platform, rows(platform, "SELECT max(id) FROM cases")[0][0])
    service.reverse(platform, decision_id=other, actor="user:3", reason="satire", now=LATER)
    with pytest.raises(AppealConflictError, match="reversed already"):
        file(platform, "ap-3", decision=other)
    assert conflict.value.present["outcome"] is None


def test_a_clearance_and_a_restoration_take_nothing_from_anybody(platform: Conn) -> None:
    file_firings(platform, [firing("p-1", effects={"hold": True})], NOW)
    clear = decide(
        platform, rows(platform, "SELECT id FROM cases")[0][0], ground=Ground.NONE, proposals=(), add=()
    )
    with pytest.raises(RefusedError, match="no violation"):
        file(platform, decision=clear)
    (restore,) = rows(platform, "SELECT id FROM actions WHERE kind = 'restore'")[0]
    with pytest.raises(RefusedError, match="takes nothing"):
        file(platform, action=restore)


def test_the_window_counts_from_the_decision_to_when_the_user_wrote(platform: Conn, decision: int) -> None:
    end = NOW + TIMES.window
    with pytest.raises(RefusedError, match="ended at 2026-09-01"):
        file(platform, decision=decision, now=end + timedelta(seconds=1))
    with pytest.raises(RefusedError, match="future"):
        file(platform, decision=decision, filed_at=LATER + timedelta(hours=1))
    with pytest.raises(RefusedError, match="before the decision"):
        file(platform, decision=decision, filed_at=NOW - timedelta(hours=1))
    late = file(platform, decision=decision, filed_at=end, now=end + timedelta(days=30))
    assert late.due_at == end + timedelta(days=30) + TIMES.due, (
        "an outage of the platform costs nobody their right"
    )


# Deciding


def test_upheld_everything_stays_and_the_user_is_told_in_their_language(
    platform: Conn, decision: int, state_of: Callable[[Subject], str]
) -> None:
    conclude(platform, file(platform, decision=decision), "upheld")
    assert state_of(account("a-1")) == "closed"
    (told,) = notices(platform)
    assert (told["appeal"], told["outcome"], told["language"]) == ("ap-1", "upheld", "ar")
    assert "يبقى القرار كما هو" in told["text"]
    assert rows(platform, "SELECT origin, subject_kind FROM actions WHERE kind = 'notify'") == [
        ("appeal:1", "post")
    ]
    sent = rows(
        platform, "SELECT body->'data'->'details'->>'outcome' FROM deliveries ORDER BY id DESC LIMIT 1"
    )
    assert sent == [("upheld",)]


def test_overturned_all_effects_end_and_the_case_is_cleared(
    platform: Conn, decision: int, state_of: Callable[[Subject], str]
) -> None:
    filed = file(platform, decision=decision, language="en")
    platform.execute("DELETE FROM links_due")
    appeal = conclude(platform, filed, "overturned", exception=True)
    assert (state_of(post("p-1")), state_of(account("a-1"))) == ("visible", "active")
    assert rows(platform, "SELECT id, ground, state, author, appeal_id FROM decisions ORDER BY id") == [
        (decision, "TVEC1", "reversed", "user:1", None),
        (appeal.new_decision, "TVEC0.1", "in_force", "user:2", appeal.id),
    ]
    assert rows(platform, "SELECT state FROM cases") == [("decided",)], "nobody has to decide it again"
    assert service.strikes(platform, account="a-1") == 0
    assert rows(platform, "SELECT count(*) FROM links_due WHERE account = 'a-1'") == [(1,)], (
        "its closure goes"
    )
    assert "The decision was wrong" in notices(platform)[0]["text"]
    with pytest.raises(RefusedError, match="no violation"):
        file(platform, "ap-2", subject=post("p-1"))


def test_in_part_a_lighter_decision_takes_its_place(
    platform: Conn, decision: int, state_of: Callable[[Subject], str]
) -> None:
    appeal = file(platform, decision=decision, language="en")
    with pytest.raises(RefusedError, match="what was decided before"), platform.transaction():
        both = (ActionKind.REMOVE, ActionKind.CLOSE_ACCOUNT)
        conclude(platform, appeal, "partly", ground=Ground.BRANDED, actions=both)
    with pytest.raises(RefusedError, match="leaves a violation"), platform.transaction():
        conclude(platform, appeal, "partly", ground=Ground.NONE)
    done = conclude(platform, appeal, "partly", ground=Ground.PRAISE, actions=(ActionKind.HIDE,))
    assert (state_of(post("p-1")), state_of(account("a-1"))) == ("hidden", "active")
    assert rows(platform, "SELECT ground FROM decisions WHERE id = %s", done.new_decision) == [("TVEC7",)]
    text = notices(platform)[0]["text"]
    assert "praise or support" in text
    assert "hidden from others" in text
    with pytest.raises(AppealConflictError, match="made on appeal"):
        file(platform, "ap-2", subject=post("p-1"))


@pytest.mark.parametrize("actor", ["user:1", "key:1"])
def test_who_decided_and_programs_do_not_decide_the_appeal(platform: Conn, decision: int, actor: str) -> None:
    appeal = file(platform, decision=decision)
    with pytest.raises(RefusedError, match="another person"):
        conclude(platform, appeal, "upheld", actor=actor)
    with pytest.raises(psycopg.Error), platform.transaction():
        appeals.close(
            platform, appeal.id, outcome="upheld", by=actor, reason="so", new_decision=None, now=LATER
        )
    assert appeal_deciding.take_next(platform, actor="user:1", lease=timedelta(minutes=5), now=LATER) is None


def test_what_was_decided_is_not_written_over(platform: Conn, decision: int) -> None:
    appeal = conclude(platform, file(platform, decision=decision), "upheld")
    with pytest.raises(AppealConflictError, match="decided already by user:2") as conflict:
        conclude(platform, appeal, "overturned", actor="user:3")
    assert conflict.value.present["outcome"] == "upheld"
    for statement in ("UPDATE appeals SET outcome = 'overturned'", "DELETE FROM appeals"):
        with pytest.raises(psycopg.errors.RaiseException), platform.transaction():
            platform.execute(statement)


def test_words_of_old_appeals_go_and_outcomes_stay(platform: Conn, decision: int) -> None:
    appeal = file(platform, decision=decision, contact="0123")
    assert appeals.forget(platform, LATER + timedelta(days=1)) == 0, "it still waits"
    conclude(platform, appeal, "upheld")
    assert appeals.forget(platform, LATER) == 0
    assert appeals.forget(platform, LATER + timedelta(days=1)) == 1
    assert rows(platform, "SELECT words, contact, outcome, reason FROM appeals") == [
        ("", None, "upheld", "it quotes")
    ]


def test_reversed_meanwhile_it_can_only_be_overturned(platform: Conn, decision: int) -> None:
    appeal = file(platform, decision=decision)
    service.reverse(platform, decision_id=decision, actor="user:3", reason="satire", now=LATER)
    with pytest.raises(RefusedError, match="reversed meanwhile"), platform.transaction():
        conclude(platform, appeal, "upheld")
    assert conclude(platform, appeal, "overturned").new_decision is None
    assert rows(platform, "SELECT state FROM cases") == [("open",)], "as whoever reversed it left it"


def test_of_many_decided_as_one_only_the_appellants_part_ends(
    platform: Conn, state_of: Callable[[Subject], str]
) -> None:
    other = firing(account("a-2"), effects={"propose": (ActionKind.CLOSE_ACCOUNT,)}, account="a-2")
    file_firings(platform, [firing("p-1"), other], NOW)
    ids = [row[0] for row in rows(platform, "SELECT id FROM cases")]
    wish = together.Wish(ground=Ground.BRANDED, reason="one flood", add=(ActionKind.CLOSE_ACCOUNT,))
    report = together.decide_together(platform, case_ids=ids, wish=wish, actor="user:1", now=NOW)
    assert {state_of(account(id_)) for id_ in ("a-1", "a-2")} == {"closed"}
    conclude(platform, file(platform, subject=account("a-2")), "overturned")
    assert (state_of(account("a-1")), state_of(account("a-2"))) == ("closed", "active")
    service.reverse(platform, decision_id=report.decision_id, actor="user:3", reason="all of it", now=LATER)
    assert {state_of(account(id_)) for id_ in ("a-1", "a-2")} == {"active"}, "what was restored stays so"
    with pytest.raises(service.CaseConflictError):
        service.reverse(platform, decision_id=report.decision_id, actor="user:3", reason="again", now=LATER)


def test_a_newer_case_of_the_subject_is_looked_at_for_itself(platform: Conn, decision: int) -> None:
    appeal = file(platform, decision=decision)
    platform.execute("UPDATE posts SET edited_at = %s WHERE id = 'p-1'", [LATER])
    file_firings(platform, [firing("p-1")], LATER)
    with pytest.raises(RefusedError, match="is open on the same"), platform.transaction():
        conclude(platform, appeal, "partly", ground=Ground.PRAISE)
    assert conclude(platform, appeal, "overturned").new_decision is None
    assert rows(platform, "SELECT state FROM cases ORDER BY id") == [("decided",), ("open",)]


def test_two_who_decide_at_once_get_one_outcome(platform: Conn, decision: int, database_url: str) -> None:
    appeal = file(platform, decision=decision)
    platform.commit()
    conclude(platform, appeal, "upheld")
    with connect(database_url) as other:
        other.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable), other.transaction():
            conclude(other, appeal, "overturned", actor="user:3")
        platform.commit()
        with pytest.raises(AppealConflictError, match="decided already"):
            conclude(other, appeal, "overturned", actor="user:3")


def test_the_most_overdue_comes_first_and_a_claim_keeps_others_out(platform: Conn, decision: int) -> None:
    first = file(platform, decision=decision)
    file_firings(platform, [firing("p-2")], NOW)
    second = file(
        platform,
        "ap-2",
        now=NOW + timedelta(days=1),
        decision=decide(platform, rows(platform, "SELECT max(id) FROM cases")[0][0]),
    )
    lease = timedelta(minutes=20)
    assert appeal_deciding.take_next(platform, actor="user:2", lease=lease, now=LATER) == second.id
    assert appeal_deciding.take_next(platform, actor="user:2", lease=lease, now=LATER) == second.id
    assert appeal_deciding.take_next(platform, actor="user:3", lease=lease, now=LATER) == first.id
    with pytest.raises(AppealConflictError, match="in the hands of user:2"):
        conclude(platform, second, "upheld", actor="user:3")
    appeal_deciding.release(platform, appeal_id=second.id, actor="user:2", now=LATER)
    conclude(platform, second, "upheld", actor="user:3")
    assert [one.id for one in appeals.page(platform, decided=False, limit=9)] == [first.id]
    assert [one.id for one in appeals.page(platform, decided=True, limit=9)] == [second.id]
    assert appeals.waiting(platform, LATER) == (1, 0)
    assert appeals.waiting(platform, first.due_at + lease) == (1, 1)


def test_figures_have_their_denominators(platform: Conn) -> None:
    languages = {"p-1": "ar", "p-2": "ar", "p-3": None}
    for id_, outcome in (("p-1", "overturned"), ("p-2", "upheld"), ("p-3", None)):
        file_firings(platform, [firing(id_, language=None)], NOW)
        decided = decide(platform, rows(platform, "SELECT max(id) FROM cases")[0][0], add=())
        appeal = file(platform, id_, decision=decided, language=languages[id_])
        if outcome:
            conclude(platform, appeal, outcome)
    found = appeals.figures(platform, span=timedelta(days=30), now=LATER + TIMES.due + timedelta(hours=1))
    told = [(one.language, one.filed, one.decided, one.rate, one.waiting, one.overdue) for one in found]
    assert told == [("ar", 2, 2, 0.5, 0, 0), (None, 1, 0, None, 1, 1)]
    assert found[0].hours == 0
