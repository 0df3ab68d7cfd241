"""What people are told of decisions: complete, in their language, kept with the decision."""

from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.casework import notices, service
from tenfold.casework.filing import file_firings
from tenfold.casework.notices import Facts, language_for, written
from tenfold.casework.service import Order, Verdict
from tenfold.store import actions
from tenfold.store.database import Conn
from tenfold.subjects import SubjectKind
from tenfold.taxonomy import ActionKind, Ground
from tests.casework.small_platform import NOW, firing

FACTS = Facts(
    subject=SubjectKind.POST,
    created_at=NOW,
    quote="Join the Ashen Banner tonight",
    ground=Ground.RECRUITMENT,
    measures=("remove", "close_account"),
    whole_account=False,
    reported=False,
    automated=True,
    reason="It calls on readers to join.",
    appeal="https://platform.example/appeal/5",
)


def case_on(conn: Conn, **changes: Any) -> int:
    file_firings(conn, [firing(**changes)], NOW)
    row = conn.execute("SELECT max(id) FROM cases").fetchone()
    assert row is not None
    return int(row[0])


def test_a_notice_says_what_the_law_asks_for_in_english() -> None:
    text = written(FACTS, "en").text
    for part in (
        "your post of 1 March 2026",
        "it was removed; your account was closed",
        "everywhere on this platform and has no date at which it ends",
        "“Join the Ashen Banner tonight”",
        "calls or ways to join a terrorist organisation",
        "It calls on readers to join.",
        "Nobody reported it",
        "A computer program pointed it out to us. A person looked at it and decided.",
        "object within six months, free of charge",
        "https://platform.example/appeal/5",
        "or to a court",
    ):
        assert part in text


def test_a_notice_says_the_same_in_arabic() -> None:
    text = written(FACTS, "ar").text
    for part in (
        "منشورك بتاريخ ١ مارس ٢٠٢٦",
        "حُذف؛ أُغلق حسابك",
        "الانضمام إلى تنظيم إرهابي",
        "لم يبلّغ عنه أحد",
        "خلال ستة أشهر",
        "https://platform.example/appeal/5",
        "القضاء",
    ):
        assert part in text


violations = st.sampled_from([ground for ground in Ground if ground.is_violation])
measures = st.lists(st.sampled_from([kind.value for kind in ActionKind]), unique=True).map(tuple)


@given(
    facts=st.builds(
        Facts, subject=st.sampled_from(SubjectKind), created_at=st.none() | st.datetimes(), ground=violations,
        measures=measures, quote=st.text(), reason=st.text(), appeal=st.text(),
        whole_account=st.booleans(), reported=st.booleans(), automated=st.booleans(),
    )
)  # fmt: skip
def test_both_languages_say_as_much_of_whatever_it_is(facts: Facts) -> None:
    english, arabic = written(facts, "en"), written(facts, "ar")
    assert len(english.paragraphs) == len(arabic.paragraphs)
    assert facts.quote.strip() in english.text
    assert facts.reason.strip() in arabic.text


def test_both_languages_have_the_same_words() -> None:
    assert notices.words_of("en").keys() == notices.words_of("ar").keys()


@pytest.mark.parametrize(
    ("code", "language"),
    [("ar", "ar"), ("ar-EG", "ar"), ("ar-Latn", "ar"), ("AR", "ar"), ("en", "en"), ("fa", "en"), (None, "en"),
     ("arc", "en"), ("", "en")],
)  # fmt: skip
def test_people_are_told_in_arabic_if_theirs_is_arabic(code: str | None, language: str) -> None:
    assert language_for(code) == language


def test_the_account_s_language_counts_before_that_of_the_post(platform: Conn) -> None:
    case = case_on(platform)
    verdict = Verdict(ground=Ground.BRANDED, proposals=None, reason="Its emblem")
    told = notices.preview(platform, case_id=case, verdict=verdict)
    assert told is not None
    assert told.language == "en"  # of the post, as the account has none
    assert "it was removed" in told.text
    platform.execute("UPDATE accounts SET language = 'ar' WHERE id = 'a-1'")
    told = notices.preview(platform, case_id=case, verdict=verdict)
    assert told is not None
    assert told.language == "ar"


def test_a_report_and_the_machine_are_told_of_if_there_were_any(platform: Conn) -> None:
    case = case_on(platform)
    verdict = Verdict(ground=Ground.BRANDED)
    before = notices.preview(platform, case_id=case, verdict=verdict)
    platform.execute(
        "INSERT INTO reports (seq, subject_kind, subject_id, reporter, reason, text, filed_at)"
        " VALUES (1, 'post', 'p-1', 'a-2', 'terror', '', now())"
    )
    platform.execute(
        "INSERT INTO signals (subject_kind, subject_id, name, score, detector, version)"
        " VALUES ('post', 'p-1', 'terms', 1, 'text', '1')"
    )
    after = notices.preview(platform, case_id=case, verdict=verdict)
    assert before is not None
    assert after is not None
    assert "Nobody reported it: we found it ourselves. No computer program" in before.text
    assert "Somebody reported it to us. A computer program pointed it out" in after.text
    assert "a-2" not in after.text
    assert "Nothing was removed" in after.text


@pytest.mark.parametrize("ground", [Ground.NONE, Ground.EXCEPTION])
def test_where_nothing_was_wrong_nothing_is_told(platform: Conn, ground: Ground) -> None:
    case = case_on(platform)
    verdict = Verdict(ground=ground)
    assert notices.preview(platform, case_id=case, verdict=verdict) is None
    assert notices.order(platform, case_id=case, verdict=verdict) is None
    assert notices.preview(platform, case_id=case + 1, verdict=Verdict(ground=Ground.PRAISE)) is None


def test_nobody_known_is_told_nothing(platform: Conn) -> None:
    case = case_on(platform, account=None)
    assert notices.preview(platform, case_id=case, verdict=Verdict(ground=Ground.PRAISE)) is None


def test_the_text_goes_out_with_the_decision_and_stays_with_it(platform: Conn) -> None:
    case = case_on(platform)
    verdict = Verdict(ground=Ground.BRANDED, add=(Order(kind=ActionKind.HIDE),), reason="Its emblem")
    told = notices.preview(platform, case_id=case, verdict=verdict)
    order = notices.order(platform, case_id=case, verdict=verdict)
    assert told is not None
    assert order is not None
    made = service.decide(
        platform,
        case_id=case,
        verdict=Verdict(ground=Ground.BRANDED, add=(*verdict.add, order), reason="Its emblem"),
        actor="user:1",
        now=NOW,
    )
    kept = {action.kind: action for action in actions.of_decisions(platform, [made.decision_id])}
    assert kept["notify"].details["text"] == told.text
    assert kept["notify"].details["language"] == "en"
    assert "it was hidden from others" in told.text
    assert kept["notify"].account == "a-1"


def test_a_notice_leaves_when_its_decision_can_no_longer_be_undone(platform: Conn) -> None:
    """The post is hidden at once, and shown again; what was said could not be unsaid."""
    case = case_on(platform)
    hide = Order(kind=ActionKind.HIDE)
    wanted = Verdict(ground=Ground.BRANDED, add=(hide,), reason="Its emblem")
    notice = notices.order(platform, case_id=case, verdict=wanted)
    assert notice is not None
    wanted = msgspec.structs.replace(wanted, add=(hide, notice))
    service.decide(platform, case_id=case, verdict=wanted, actor="user:1", now=NOW)

    def waiting(at: datetime) -> list[str]:
        due = "SELECT body -> 'data' ->> 'kind' FROM deliveries WHERE state = 'pending' AND next_at <= %s"
        return sorted(row[0] for row in platform.execute(due, [at]))

    assert waiting(NOW) == ["hide"]
    assert waiting(NOW + service.UNDO_WINDOW) == ["hide", "notify"]
    decision = platform.execute("SELECT max(id) FROM decisions").fetchone()
    assert decision is not None
    service.undo(platform, decision_id=decision[0], actor="user:1", now=NOW + service.UNDO_WINDOW / 2)
    assert "notify" not in waiting(NOW + 10 * service.UNDO_WINDOW)
