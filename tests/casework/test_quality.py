"""Second looks and golden cases: who is given what, that it changes nothing, and what leads make of it."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from tenfold.casework import quality_checks, quality_leads, quality_sampling, service
from tenfold.casework.filing import file_firings
from tenfold.casework.quality_sampling import fraction
from tenfold.casework.service import Verdict
from tenfold.casework.taking import Wanted
from tenfold.casework.wishes import NotFoundError, RefusedError
from tenfold.evidence import Signal
from tenfold.store import audit, quality, quality_results, quality_samples, signals
from tenfold.store.database import Conn
from tenfold.taxonomy import ActionKind, Ground, Severity
from tests.casework.small_platform import NOW, account, firing, rows

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
LATER = NOW + 10 * MINUTE
LEASE = 20 * MINUTE
EFFECTS = ("cases", "decisions", "actions", "deliveries", "firings", "case_notes", "inbox")


def decided(conn: Conn, subject: str = "p-1", actor: str = "user:1", ground: Ground = Ground.BRANDED) -> int:
    """A case that somebody decided; its number."""
    file_firings(conn, [firing(subject)], NOW)
    case = int(rows(conn, "SELECT max(id) FROM cases WHERE subject_id = %s", subject)[0][0])
    verdict = Verdict(ground=ground, reason="seen", proposals=None if ground.is_violation else ())
    service.decide(conn, case_id=case, verdict=verdict, actor=actor, now=NOW)
    return case


def all_looked_at(conn: Conn, **only: Any) -> None:
    quality.save_settings(conn, quality.Settings(review_rate=1, golden_rate=0))
    conn.execute("UPDATE quality_settings SET drawn_until = %s", [NOW - DAY])
    quality_sampling.set_sample(conn, share=1, seed="stone", actor="user:9", now=NOW - DAY, **only)


def given(conn: Conn, actor: str = "user:2", **wanted: Any) -> int | None:
    return quality_checks.instead(conn, actor=actor, wanted=Wanted(**wanted), lease=LEASE, now=LATER)


def answer(conn: Conn, number: int, ground: Ground, actor: str = "user:2") -> None:
    quality_checks.answer(conn, number=number, actor=actor, ground=ground, reason="as I see it", now=LATER)


def everything(conn: Conn) -> dict[str, list[Any]]:
    return {name: rows(conn, f"SELECT * FROM {name} ORDER BY 1") for name in EFFECTS}


def golden(conn: Conn, case: int, ground: Ground = Ground.RECRUITMENT) -> int:
    return quality_leads.mark_golden(
        conn,
        case_id=case,
        ground=ground,
        explanation="It asks to write in private.",
        actor="user:9",
        now=LATER,
    )


def test_what_is_drawn_follows_from_the_seed_and_is_near_the_share(platform: Conn) -> None:
    conn = platform
    conn.execute(
        """
        INSERT INTO posts (id, account, created_at, text, seq) SELECT 'x-' || n, 'a-1', %(now)s, 'x', n
        FROM generate_series(1, 2000) AS n
        """,
        {"now": NOW},
    )
    conn.execute(
        """
        INSERT INTO cases (subject_kind, subject_id, queue, severity, ground, language, due_at, state)
        SELECT 'post', id, 'q', 2, 'TVEC7', CASE WHEN seq % 2 = 0 THEN 'ar' ELSE 'en' END, now(), 'decided'
        FROM posts WHERE id LIKE 'x-%'
        """
    )
    conn.execute(
        """
        INSERT INTO decisions (case_id, ground, scope, author, decided_at)
        SELECT id, 'TVEC7', 'subject', 'user:1', %(now)s FROM cases
        """,
        {"now": NOW},
    )
    conn.execute("UPDATE quality_settings SET drawn_until = %s", [NOW - DAY])
    sample = quality_sampling.set_sample(conn, share=0.2, language="ar", actor="user:9", now=NOW - DAY)
    (kept,) = quality_samples.samples(conn)
    assert 150 < quality_sampling.draw(conn, LATER) < 250, "a fifth of the 1,000 in Arabic"
    assert quality_sampling.draw(conn, LATER + MINUTE) == 0, "drawing again draws nothing else"
    again = {
        id_
        for (id_,) in rows(
            conn,
            "SELECT decisions.id FROM decisions JOIN cases ON cases.id = case_id WHERE language = 'ar'",
        )
        if fraction(kept.seed, id_) < 0.2
    }
    assert {row[0] for row in rows(conn, "SELECT decision_id FROM reviews")} == again
    (entry,) = [row for row in audit.stream(conn) if row.act == "sample.set"]
    assert entry.details["seed_sha256"] == hashlib.sha256(kept.seed.encode()).hexdigest()
    assert kept.seed not in str(entry)
    quality_sampling.end_sample(conn, sample_id=sample, actor="user:9", now=LATER)
    assert quality_samples.samples(conn) == []


def test_only_what_one_person_decided_by_themselves_and_still_stands_is_drawn(platform: Conn) -> None:
    all_looked_at(platform)
    reversed_ = decided(platform, "p-1")
    made = int(rows(platform, "SELECT id FROM decisions WHERE case_id = %s", reversed_)[0][0])
    service.reverse(platform, decision_id=made, actor="user:9", reason="was news", now=NOW)
    decided(platform, "p-2", actor="key:1")
    edited = decided(platform, "p-3")
    platform.execute("UPDATE posts SET edited_at = %s WHERE id = 'p-3'", [NOW + MINUTE])
    assert quality_sampling.draw(platform, LATER) == 0, edited
    assert quality_sampling.draw(platform, NOW + MINUTE) == 0


def test_a_second_person_answers_without_any_effect(platform: Conn) -> None:
    all_looked_at(platform)
    case = decided(platform)
    assert quality_sampling.draw(platform, LATER) == 1
    before = everything(platform)
    assert given(platform, "user:1") is None, "who decided does not look again"
    number = given(platform)
    assert number is not None and number > case
    assert given(platform, "user:3") is None, "one looks at it"
    answer(platform, number, Ground.NONE)
    assert everything(platform) == before
    told = quality_checks.told(platform, number=number, actor="user:2")
    assert (told.agree, told.golden) == (False, None)
    (review,) = quality_results.differing(platform, resolved=False, limit=9)
    assert (review.first_ground, review.second_ground, review.blind) == ("TVEC1", "TVEC0", True)
    with pytest.raises(RefusedError, match="answered already"):
        answer(platform, number, Ground.BRANDED)
    with pytest.raises(NotFoundError):
        answer(platform, number, Ground.BRANDED, actor="user:3")


def test_who_saw_the_case_is_not_asked_or_not_counted(platform: Conn) -> None:
    all_looked_at(platform)
    case = decided(platform)
    quality_sampling.draw(platform, LATER)

    def saw(actor: str) -> None:
        entry = audit.Entry(actor=actor, act="case.viewed", subject=f"case:{case}")
        audit.append(platform, [entry])

    saw("user:2")
    assert given(platform, "user:2") is None
    number = given(platform, "user:3")
    assert number is not None
    saw("user:3")
    answer(platform, number, Ground.BRANDED, actor="user:3")
    assert quality_results.pairs(platform, NOW, NOW + DAY) == []


def test_nobody_is_given_a_check_while_something_critical_waits(platform: Conn) -> None:
    all_looked_at(platform)
    decided(platform)
    quality_sampling.draw(platform, LATER)
    file_firings(platform, [firing("p-2", severity=Severity.CRITICAL)], NOW)
    assert given(platform) is None
    critical = int(rows(platform, "SELECT id FROM cases WHERE severity = 4")[0][0])
    service.claim(platform, case_id=critical, actor="user:5", lease=DAY, now=NOW)
    assert given(platform) is not None


def test_checks_keep_to_what_a_person_takes(platform: Conn) -> None:
    all_looked_at(platform)
    decided(platform)
    quality_sampling.draw(platform, LATER)
    assert given(platform, reads=("ar",)) is None
    assert given(platform, queues=["threats"]) is None
    assert given(platform, without_grounds=("TVEC1",)) is None
    assert given(platform, reads=("en",), queues=["content"]) is not None


def test_a_check_that_is_put_back_or_left_goes_to_somebody_else(platform: Conn) -> None:
    all_looked_at(platform)
    decided(platform)
    quality_sampling.draw(platform, LATER)
    number = given(platform)
    assert number is not None
    quality_checks.put_back(platform, number=number, actor="user:2", now=LATER)
    assert quality_checks.told(platform, number=number, actor="user:2").agree is None
    assert given(platform, "user:3") is not None


def test_golden_cases_are_mixed_in_and_told_about_afterwards(platform: Conn) -> None:
    case = decided(platform)
    quality.save_settings(platform, quality.Settings(review_rate=0, golden_rate=1))
    id_ = golden(platform, case)
    before = everything(platform)
    number = given(platform)
    assert number is not None
    answer(platform, number, Ground.BRANDED)
    told = quality_checks.told(platform, number=number, actor="user:2").golden
    assert told is not None and (told.ground, told.given, told.right) == ("TVEC6", 1, 0)
    assert "private" in told.explanation
    assert given(platform) is None, "a golden case says something about a person once"
    assert everything(platform) == before
    practice = quality_checks.practise(platform, actor="user:2", wanted=Wanted(), lease=LEASE, now=LATER)
    assert practice is not None
    answer(platform, practice, Ground.RECRUITMENT)
    scores = {one.practice: (one.answered, one.right) for one in quality_results.scores(platform, "user:2")}
    assert scores == {False: (1, 0), True: (1, 1)}
    quality_leads.end_golden(platform, golden_id=id_, actor="user:9", now=LATER)
    assert given(platform, "user:3") is None
    assert everything(platform) == before


def test_golden_is_only_what_is_decided(platform: Conn) -> None:
    file_firings(platform, [firing("p-1", effects={"propose": (ActionKind.REMOVE,)})], NOW)
    case = int(rows(platform, "SELECT id FROM cases")[0][0])
    with pytest.raises(RefusedError, match="not decided"):
        golden(platform, case)
    with pytest.raises(NotFoundError):
        golden(platform, case + 1)


def test_a_case_that_rests_on_a_link_cannot_be_golden_and_is_told_why(platform: Conn) -> None:
    file_firings(platform, [firing(account("a-1"))], NOW)
    case = int(rows(platform, "SELECT id FROM cases")[0][0])
    service.decide(platform, case_id=case, verdict=Verdict(ground=Ground.BRANDED), actor="user:1", now=NOW)
    linked = Signal(subject=account("a-1"), name="return", score=0.9, detector="linkage", version="1")
    signals.add(platform, [linked])
    with pytest.raises(RefusedError, match="rests on a link"):
        golden(platform, case)


def test_a_lead_resolves_a_disagreement_and_takes_the_decision_back(platform: Conn) -> None:
    all_looked_at(platform)
    case = decided(platform)
    quality_sampling.draw(platform, LATER)
    number = given(platform)
    assert number is not None
    answer(platform, number, Ground.NONE)
    (review,) = quality_results.differing(platform, resolved=False, limit=9)

    def resolve(actor: str, outcome: quality_leads.Outcome, *, back: bool) -> Any:
        return quality_leads.resolve(
            platform,
            review_id=review.id,
            outcome=outcome,
            words="It reports.",
            actor=actor,
            now=LATER,
            take_back=back,
        )

    for actor in ("user:1", "user:2"):
        with pytest.raises(RefusedError, match="another lead"):
            resolve(actor, "second", back=True)
    with pytest.raises(RefusedError, match="stays"):
        resolve("user:9", "first", back=True)
    reversal = resolve("user:9", "second", back=True)
    assert reversal.open_cases == (case,)
    assert rows(platform, "SELECT state, reversed_by FROM decisions") == [("reversed", "user:9")]
    with pytest.raises(RefusedError, match="resolved already"):
        resolve("user:8", "unclear", back=False)
    assert quality_results.outcomes(platform, NOW, NOW + DAY) == {"second": 1}


@pytest.mark.parametrize("share", [0.0, -1.0, 1.01, float("nan")])
def test_a_share_that_is_none_is_refused(platform: Conn, share: float) -> None:
    with pytest.raises(RefusedError, match="share"):
        quality_sampling.set_sample(platform, share=share, actor="user:9", now=NOW)
