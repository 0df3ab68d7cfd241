"""Cases like one: near copies, shared evidence, how they were decided, at a bounded cost."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.casework import marks, precedents, service
from tenfold.casework.filing import file_firings
from tenfold.casework.precedents import Found
from tenfold.casework.service import Verdict
from tenfold.evidence import Signal
from tenfold.store import signals
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import Ground
from tests.casework.small_platform import NOW, add_post, firing, post

ENGLISH = "The grey road is open. Whoever wants to stand with the Ashen Banner writes to us before Friday"
ARABIC = "انضموا إلى الراية الرمادية قبل يوم الجمعة، الطريق مفتوح لكل من يريد أن يقف معنا ونجيب الجميع"


def open_case(conn: Conn, id_: str, text: str, rule: str = "branded", **changes: Any) -> int:
    add_post(conn, id_, "a-1", text)
    file_firings(conn, [firing(id_, rule, **changes)], NOW)
    row = conn.execute("SELECT id FROM cases WHERE subject_id = %s", [id_]).fetchone()
    assert row is not None
    return int(row[0])


def decide(conn: Conn, case: int, ground: Ground = Ground.PRAISE, actor: str = "user:1") -> int:
    verdict = Verdict(ground=ground, reason="words of its own")
    return service.decide(conn, case_id=case, verdict=verdict, actor=actor, now=NOW).decision_id


def similar(conn: Conn, case: int) -> Found:
    found = precedents.similar(conn, case)
    assert found is not None
    return found


@pytest.mark.parametrize("text", [ENGLISH, ARABIC])
def test_a_near_copy_that_was_decided_is_a_precedent_and_one_that_waits_a_copy(
    platform: Conn, text: str
) -> None:
    decided = open_case(platform, "x-1", text + " !!! 🔥 https://ashen-banner.example", "other-rule")
    decide(platform, decided)
    waiting = open_case(platform, "x-2", text.replace(" ", "  ").upper(), "third-rule")
    other = open_case(platform, "x-3", "Good morning to everybody, the bakery opens at nine today", "fourth")
    found = similar(platform, open_case(platform, "x-4", "@friend " + text))
    assert [like.case_id for like in found.precedents] == [decided]
    why = found.precedents[0].why[0]
    assert (why.sort, found.precedents[0].ground) == ("text", "TVEC7")
    assert why.near is not None
    assert why.near > 0.9
    assert [like.case_id for like in found.copies] == [waiting]
    assert other not in {like.case_id for like in found.precedents + found.copies}
    assert found.counted[0].grounds == [("TVEC7", 1)]


def test_what_shares_an_entry_or_a_rule_is_told_so_and_counted(platform: Conn) -> None:
    entry = {"bank": "ashen", "label": "slogan", "entry": "the grey road", "form": "plain", "count": 1}
    for id_, ground in (("y-1", Ground.PRAISE), ("y-2", Ground.PRAISE), ("y-3", Ground.NONE)):
        case = open_case(platform, id_, f"Unlike the others {id_}", "slogan")
        signals.add(platform, [_terms(post(id_), entry)])
        decide(platform, case, ground)
    mine = open_case(platform, "y-9", "Nothing of the kind at all", "slogan", language="ar")
    signals.add(platform, [_terms(post("y-9"), entry)])
    found = similar(platform, mine)
    assert {counted.sort: counted.grounds for counted in found.counted} == {
        "entry": [("TVEC7", 2), ("TVEC0", 1)],
        "rule": [("TVEC7", 2), ("TVEC0", 1)],
    }
    first = found.precedents[0]
    assert [(why.sort, why.named) for why in first.why] == [
        ("entry", ("ashen: slogan",)),
        ("rule", ("slogan",)),
    ]
    assert (first.same_language, first.same_ground) == (False, True)
    assert found.copies == []


def _terms(subject: Subject, details: dict[str, Any]) -> Signal:
    return Signal(
        subject=subject, name="terms", score=1, detector="text", version="1", key="ashen:k1", details=details
    )


def test_a_reversed_decision_counts_as_overturned(platform: Conn) -> None:
    decided = open_case(platform, "z-1", ENGLISH)
    made = decide(platform, decided)
    service.reverse(platform, decision_id=made, actor="user:2", reason="It was news", now=NOW)
    decide(platform, decided, Ground.EXCEPTION)
    found = similar(platform, open_case(platform, "z-2", ENGLISH))
    assert [(c.sort, c.total, c.overturned) for c in found.counted] == [("text", 1, 1), ("rule", 1, 1)]
    assert (found.precedents[0].ground, found.precedents[0].overturned) == ("TVEC0.1", True)


def test_pictures_are_alike_by_file_and_by_hash(platform: Conn) -> None:
    hashes = {"m-1": (1 << 255) | 12345, "m-2": (1 << 255) | 12344, "m-3": (1 << 256) - 1}
    found = {}
    for id_, pdq in hashes.items():
        platform.execute(
            "INSERT INTO media (id, account, created_at, kind, pdq, sha256, seq)"
            " VALUES (%s, 'a-1', now(), 'image', %s, %s, 1)",
            [id_, f"{pdq:064x}", id_ * 2],
        )
        subject = Subject(SubjectKind.MEDIA, id_)
        file_firings(platform, [firing(subject, f"rule-{id_}")], NOW)
        row = platform.execute("SELECT id FROM cases WHERE subject_id = %s", [id_]).fetchone()
        assert row is not None
        found[id_] = int(row[0])
    decide(platform, found["m-1"])
    like = similar(platform, found["m-2"])
    assert [(p.case_id, p.why[0].sort, p.why[0].near) for p in like.precedents] == [
        (found["m-1"], "picture", 1)
    ]
    assert similar(platform, found["m-3"]).precedents == []


def test_there_may_be_nothing(platform: Conn) -> None:
    assert precedents.similar(platform, 1) is None
    platform.execute("DELETE FROM posts")
    file_firings(platform, [firing("gone")], NOW)
    row = platform.execute("SELECT id FROM cases").fetchone()
    assert row is not None
    assert similar(platform, row[0]) == Found([], [], [])


@given(st.lists(st.text(), max_size=6))
def test_any_text_has_marks_and_equal_words_share_them(texts: list[str]) -> None:
    once, twice = marks.text_marks(texts), marks.text_marks([f"  {text}" for text in texts])
    assert [set(own) for own in once] == [set(own) for own in twice]
    like = marks.likeness("the same five words here", ["the same five words here", *texts])
    assert like[0] == 1
    assert all(0 <= share <= 1 for share in like)


FILL = """
INSERT INTO posts (id, account, created_at, text, seq)
    SELECT 'q' || n, 'a-1', now(), 'some words ' || n, n FROM generate_series(1, 100000) n;
INSERT INTO cases (subject_kind, subject_id, account, queue, severity, ground, due_at, state, decided_at)
    SELECT 'post', 'q' || n, 'a-1', 'q', 2, 'TVEC7', now(), 'decided', now()
    FROM generate_series(1, 100000) n;
INSERT INTO decisions (case_id, ground, scope, author)
    SELECT id, 'TVEC7', 'subject', 'user:1' FROM cases;
INSERT INTO case_marks (mark, judged, case_id) SELECT %(common)s, true, id FROM cases;
INSERT INTO case_marks (mark, judged, case_id)
    SELECT id * 1000003, true, id FROM cases;
DELETE FROM case_marks_due;
"""


@pytest.fixture
def full(platform: Conn) -> Iterator[tuple[Conn, int]]:
    """100,000 decided cases that all share one rule with an open one."""
    case = open_case(platform, "mine", ENGLISH, "common")
    common = next(
        mark.value for mark in marks.of_cases(platform, [_case(platform, case)])[case] if mark.named
    )
    platform.execute(FILL.replace("%(common)s", str(common)))
    platform.commit()
    platform.autocommit = True
    platform.execute("VACUUM ANALYZE")
    platform.autocommit = False
    yield platform, case


def _case(conn: Conn, case: int) -> Any:
    from tenfold.store import cases

    return cases.load(conn, [case])[case]


class Counting(psycopg.Cursor[Any]):
    """A cursor that has each SELECT explained with what it really reads."""

    seen: list[tuple[str, int, str]] = []  # noqa: RUF012 - of the class on purpose

    def execute(self, query: Any, params: Any = None, **options: Any) -> "Counting":
        text = query if isinstance(query, str) else query.as_string(self.connection)
        if text.lstrip().startswith(("SELECT", "WITH")):
            plain = psycopg.Cursor(self.connection)
            ((plan,),) = plain.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + text, params).fetchall()
            self._collect(plan[0]["Plan"], text)
        super().execute(query, params, **options)
        return self

    def _collect(self, node: dict[str, Any], query: str) -> None:
        rows = node["Actual Rows"] * node["Actual Loops"] + node.get("Rows Removed by Filter", 0)
        self.seen.append((node["Node Type"], int(rows), query))
        for child in node.get("Plans", ()):
            self._collect(child, query)


def test_a_hundred_thousand_decided_cases_cost_no_more_than_a_few(full: tuple[Conn, int]) -> None:
    conn, case = full
    Counting.seen.clear()
    conn.cursor_factory = Counting
    found = precedents.similar(conn, case)
    assert found is not None
    assert [(c.sort, c.total, c.more) for c in found.counted] == [("rule", precedents.LIMIT, True)]
    assert max(rows for _, rows, _ in Counting.seen) <= 4 * precedents.LIMIT
    big = {"case_marks", "cases", "decisions", "posts"}
    scans = [query for node, _, query in Counting.seen if node == "Seq Scan" and any(t in query for t in big)]
    assert scans == []


def test_what_is_marked_is_taken_from_the_list_once(platform: Conn) -> None:
    case = open_case(platform, "w-1", ENGLISH)
    assert marks.catch_up(platform) == 1
    assert marks.catch_up(platform) == 0
    decide(platform, case)
    assert marks.catch_up(platform) == 1
    row = platform.execute("SELECT bool_and(judged), count(*) FROM case_marks").fetchone()
    assert row == (True, marks.BANDS + 2)


def test_while_somebody_marks_cases_others_leave_them_alone(platform: Conn, database_url: str) -> None:
    open_case(platform, "v-1", ENGLISH)
    platform.commit()
    with psycopg.connect(database_url) as other:
        assert marks.catch_up(platform) == 1
        assert marks.catch_up(other) == 0
        platform.rollback()
        assert marks.catch_up(other) == 1
