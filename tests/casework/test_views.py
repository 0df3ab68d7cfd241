"""What console and API read: pages, counts, one case; and that each hot query runs on an index."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, ClassVar

import msgspec
import psycopg
import pytest

from tenfold.casework import service, taking, views
from tenfold.casework.filing import file_firings
from tenfold.casework.service import Verdict
from tenfold.casework.taking import Wanted
from tenfold.judgement import Part
from tenfold.store import audit, cases, database, deliveries, delivery_log
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import ActionKind, Ground, Severity
from tests.casework.small_platform import NOW, TEXTS, account, firing, post, rows
from tests.databases import Databases

LEASE = timedelta(minutes=20)
HOUR = timedelta(hours=1)


def open_case(conn: Conn, subject: Subject | str, **changes: Any) -> int:
    file_firings(conn, [firing(subject, **changes)], NOW)
    id_ = subject if isinstance(subject, str) else subject.id
    return int(rows(conn, "SELECT max(id) FROM cases WHERE subject_id = %s", id_)[0][0])


def ids(conn: Conn, **filters: Any) -> list[int]:
    return [row.id for row in views.queue_page(conn, now=NOW, **filters).cases]


def test_a_row_shows_rules_and_proposals(platform: Conn) -> None:
    case = open_case(platform, "p-1")
    open_case(platform, "p-1", rule="threat", effects={"propose": (ActionKind.CLOSE_ACCOUNT,)})
    (row,) = views.queue_page(platform, now=NOW).cases
    assert (row.id, row.subject, row.account, row.state) == (case, post("p-1"), "a-1", "open")
    assert (row.rules, row.proposed) == (["branded", "threat"], ["remove", "close_account"])


def test_cases_come_by_severity_then_due_time(platform: Conn) -> None:
    low = open_case(platform, "p-1", severity=Severity.LOW, effects={"due": HOUR})
    late = open_case(platform, "p-2", severity=Severity.HIGH, effects={"due": 3 * HOUR})
    soon = open_case(platform, "p-3", severity=Severity.HIGH, effects={"due": 2 * HOUR})
    assert ids(platform) == [soon, late, low]


def test_cases_about_closed_accounts_come_after_all_others(platform: Conn) -> None:
    def tell(state: str, *accounts: str) -> None:
        for id_ in accounts:
            platform.execute("UPDATE accounts SET state = %s WHERE id = %s", [state, id_])

    tell("closed", "a-2")
    gone = [
        open_case(platform, account(id_), account=id_, severity=Severity.CRITICAL) for id_ in ("a-1", "a-2")
    ]
    waits = open_case(platform, "p-3", account="a-2", severity=Severity.LOW, effects={"due": 9 * HOUR})
    assert ids(platform) == [gone[0], waits, gone[1]], "what a closed account wrote is there still"
    tell("closed", "a-1")
    assert sorted(ids(platform)[1:]) == gone
    assert [row.ended for row in views.queue_page(platform, now=NOW).cases] == [False, True, True]
    first = views.queue_page(platform, now=NOW, limit=2)
    second = views.queue_page(platform, now=NOW, limit=2, cursor=first.next)
    assert [row.id for row in (*first.cases, *second.cases)] == ids(platform)
    (count,) = views.queue_counts(platform, now=NOW + 1000 * HOUR)
    assert (count.total, count.overdue) == (3, 1), "nothing is missed by waiting with who is gone"
    taken = taking.take(platform, actor="user:1", wanted=Wanted(), lease=LEASE, now=NOW)
    assert taken is not None and taken.case_id == waits
    tell("active", "a-1")
    assert ids(platform)[0] == gone[0], "it was opened again"


def test_pages_follow_each_other_without_gap_or_repeat(platform: Conn) -> None:
    batch = [
        firing(f"x-{n}", severity=Severity(1 + n % 4), effects={"due": HOUR * (n % 3)}) for n in range(23)
    ]
    file_firings(platform, batch, NOW)
    seen: list[int] = []
    cursor = None
    while True:
        page = views.queue_page(platform, now=NOW, cursor=cursor, limit=5)
        seen += [row.id for row in page.cases]
        cursor = page.next
        if cursor is None:
            break
    assert seen == ids(platform, limit=100)
    assert len(seen) == 23


def test_a_page_that_is_just_full_has_no_next(platform: Conn) -> None:
    open_case(platform, "p-1")
    assert views.queue_page(platform, now=NOW, limit=1).next is None


def test_decided_cases_come_newest_first_in_pages(platform: Conn) -> None:
    found = [open_case(platform, subject) for subject in ("p-1", "p-2", "p-3")]
    for hours, case in enumerate(found):
        service.decide(
            platform,
            case_id=case,
            verdict=Verdict(ground=Ground.NONE),
            actor="user:1",
            now=NOW + hours * HOUR,
        )
    first = views.queue_page(platform, now=NOW, state="decided", limit=2)
    second = views.queue_page(platform, now=NOW, state="decided", limit=2, cursor=first.next)
    assert [row.id for row in first.cases + second.cases] == found[::-1]
    assert second.next is None
    assert [views.queue_size(platform, now=NOW, state=state) for state in ("decided", None)] == [3, 0]
    assert views.queue_size(platform, now=NOW, state="decided", search="p-2") == 1
    assert ids(platform) == []


@pytest.mark.parametrize("cursor", ["x", "!!", "W10", "WyJhIl0", "ﷺ", "bnVsbA", "//8"])
def test_a_cursor_that_is_not_ours_is_refused(platform: Conn, cursor: str) -> None:
    for state in (None, "decided"):
        with pytest.raises(ValueError, match="cursor"):
            views.queue_page(platform, now=NOW, cursor=cursor, state=state)
    with pytest.raises(ValueError, match="cursor"):
        views.decisions_page(platform, cursor=cursor)


def test_filters_narrow_the_list(platform: Conn) -> None:
    english = open_case(platform, "p-1", account="a-1")
    arabic = open_case(
        platform,
        "p-2",
        account="a-2",
        language="ar",
        ground=Ground.THREAT,
        severity=Severity.HIGH,
        effects={"queue": "threats"},
    )
    assert ids(platform, queue="threats") == [arabic]
    assert ids(platform, severity=2) == [english]
    assert ids(platform, language="ar") == [arabic]
    assert ids(platform, ground="TVEC2") == [arabic]
    assert ids(platform, account="a-1") == [english]
    assert ids(platform, queue="threats", language="en") == []


def test_search_finds_the_beginning_of_ids_in_any_script(platform: Conn) -> None:
    first = open_case(platform, "p-1", account="a-1")
    arabic = open_case(platform, "منشور-٧", account="حساب")
    odd = open_case(platform, "100%_x", account=None)
    assert set(ids(platform, search="p-")) == {first}
    assert ids(platform, search="منشور") == [arabic]
    assert ids(platform, search="حس") == [arabic]
    assert ids(platform, search="100%_") == [odd], "% and _ mean themselves"
    assert ids(platform, search="%") == []
    assert ids(platform, search="'; --") == []


def test_a_lapsed_claim_reads_as_open(platform: Conn) -> None:
    case = open_case(platform, "p-1")
    service.claim(platform, case_id=case, actor="user:1", lease=LEASE, now=NOW)
    assert (ids(platform, state="claimed"), ids(platform, state="open")) == ([case], [])
    later = views.queue_page(platform, now=NOW + LEASE, state="open").cases
    assert [(row.state, row.claimed_by) for row in later] == [("open", None)]
    assert views.queue_page(platform, now=NOW + LEASE, state="claimed").cases == []


def test_counts_tell_how_full_queues_are(platform: Conn) -> None:
    claimed = open_case(platform, "p-1")
    open_case(platform, "p-2", severity=Severity.HIGH, effects={"due": -HOUR})
    open_case(platform, "p-3", effects={"queue": "threats", "escalate": True})
    service.claim(platform, case_id=claimed, actor="user:1", lease=LEASE, now=NOW)
    content, threats = views.queue_counts(platform, now=NOW)
    assert (content.queue, content.total, content.open, content.claimed) == ("content", 2, 1, 1)
    assert (content.overdue, content.by_severity) == (1, {2: 1, 3: 1})
    assert (threats.queue, threats.escalated, threats.open) == ("threats", 1, 0)


def view(conn: Conn, case: int) -> views.CaseView:
    found = views.case_view(conn, case_id=case, viewer="user:1", now=NOW)
    assert found is not None
    return found


def test_a_case_shows_everything(platform: Conn) -> None:
    case = open_case(platform, "p-2", language="ar", effects={"hold": True})
    platform.execute(
        "INSERT INTO signals (subject_kind, subject_id, name, key, score, detector, version, spans, details)"
        " VALUES ('post', 'p-2', 'terms', 'e1', 0.9, 'terms', '1', %s, %s)",
        ['[{"field": "text", "start": 11, "end": 26}]', '{"bank": "b", "label": "l", "entry": "e1"}'],
    )
    service.note(platform, case_id=case, actor="user:1", text="hm", now=NOW)
    found = view(platform, case)
    assert found.subject.fields == {"text": TEXTS["p-2"]}
    assert found.subject.state == "held"
    (signal,) = found.signals
    span = signal.spans[0]
    assert TEXTS["p-2"][span.start : span.end] == "الراية الرمادية"
    assert signal.details["bank"] == "b"
    assert found.firings[0].parts == [Part("terms.count >= 1", "2")]
    assert [note.text for note in found.notes] == ["hm"]
    assert [(action.kind, action.state) for action in found.actions] == [
        ("hold", "ordered"),
        ("remove", "proposed"),
    ]
    assert found.decisions == []
    assert msgspec.json.decode(msgspec.json.encode(found))["case"]["id"] == case


def test_a_case_shows_the_history_of_its_account(platform: Conn) -> None:
    earlier = open_case(platform, "p-1")
    decided = service.decide(
        platform, case_id=earlier, verdict=Verdict(ground=Ground.BRANDED), actor="user:1", now=NOW
    )
    for seq, handle in enumerate(["first", "second", "present"]):
        platform.execute(
            "INSERT INTO account_profiles (account, seq, at, handle) VALUES ('a-1', %s, %s, %s)",
            [seq, NOW, handle],
        )
    history = view(platform, open_case(platform, "p-2")).account
    assert history is not None
    assert history.strikes == 1
    assert [row.id for row in history.other_cases] == [earlier]
    assert [decision.id for decision in history.decisions] == [decided.decision_id]
    assert {brief.text for brief in history.last_posts} == set(TEXTS.values())
    assert [profile.handle for profile in history.earlier_profiles] == ["second", "first"]
    assert history.profile is not None
    assert history.profile.handle == "handle-a-1"


@pytest.mark.parametrize(
    ("subject", "fields"),
    [
        (account("a-1"), {"handle": "handle-a-1", "display_name": "Somebody", "bio": "A bio"}),
        (Subject(SubjectKind.GROUP, "g-1"), {"name": "Ashen friends"}),
        (Subject(SubjectKind.MEDIA, "unseen"), {}),
        (post("unseen"), {}),
    ],
)
def test_every_kind_of_subject_is_shown(platform: Conn, subject: Subject, fields: dict[str, str]) -> None:
    file_firings(platform, [firing(subject, account=None)], NOW)
    case = rows(platform, "SELECT id FROM cases")[0][0]
    found = view(platform, case)
    assert found.subject.fields == fields
    assert found.subject.known == bool(fields)
    assert found.account is None


def test_each_viewing_is_audited(platform: Conn) -> None:
    case = open_case(platform, "p-1")
    view(platform, case)
    views.account_view(platform, account="a-1", viewer="user:2", now=NOW)
    said = [(row.actor, row.act, row.subject) for row in audit.stream(platform)][-2:]
    assert said == [
        ("user:1", "case.viewed", f"case:{case}"),
        ("user:2", "account.viewed", "account:a-1"),
    ]


def test_what_is_not_there_is_none_and_not_audited(platform: Conn) -> None:
    assert views.case_view(platform, case_id=999, viewer="user:1", now=NOW) is None
    assert audit.verify(platform).rows == 0


def test_decisions_come_in_pages(platform: Conn) -> None:
    for subject in ("p-1", "p-2", "p-3"):
        case = open_case(platform, subject)
        service.decide(platform, case_id=case, verdict=Verdict(ground=Ground.NONE), actor="user:1", now=NOW)
    first, cursor = views.decisions_page(platform, limit=2)
    second, end = views.decisions_page(platform, limit=2, cursor=cursor)
    found = [decision.id for decision in first + second]
    assert found == sorted(found, reverse=True)
    assert (len(found), end) == (3, None)


# Plans


class RecordingCursor(psycopg.Cursor[Any]):
    """Keeps what is asked, so that its plan can be asked for."""

    asked: ClassVar[list[tuple[Any, Any]]] = []

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        type(self).asked.append((query, params))
        return super().execute(query, params, **options)


def fill(conn: Conn) -> None:
    """20,000 cases (a tenth of them undecided) of 4,000 accounts, with posts, firings and deliveries."""
    conn.execute(
        """
        INSERT INTO cases (subject_kind, subject_id, account, queue, severity, ground, language, state,
            due_at, decided_at)
        SELECT 'post', 'p-' || n, 'a-' || n % 4000, 'q' || n % 5, 1 + n % 4, 'TVEC1', 'en',
            CASE WHEN n % 10 = 0 THEN 'open' ELSE 'decided' END, now() + n * interval '1 second',
            CASE WHEN n % 10 = 0 THEN NULL ELSE now() - n * interval '1 second' END
        FROM generate_series(1, 20000) n
        """
    )
    conn.execute(
        """
        INSERT INTO posts (id, account, created_at, text, seq)
        SELECT 'p-' || n, 'a-' || n % 4000, now(), 'text', n FROM generate_series(1, 20000) n
        """
    )
    conn.execute(
        """
        INSERT INTO firings (subject_kind, subject_id, rule, policy, ground, severity, parts, case_id)
        SELECT subject_kind, subject_id, 'rule', 'v1', ground, severity, '[]', id FROM cases
        """
    )
    conn.execute(
        """
        INSERT INTO actions (kind, subject_kind, subject_id, state, ground, origin, case_id)
        SELECT 'remove', subject_kind, subject_id, 'confirmed', ground, 'decision:1', id FROM cases
        """
    )
    conn.execute("INSERT INTO webhooks (name, url, secret) VALUES ('a', 'https://a.example', 's')")
    conn.execute(
        """
        INSERT INTO deliveries (webhook_id, action_id, type, body, state)
        SELECT 1, id, 'action.ordered', '{}', CASE WHEN id % 100 = 0 THEN 'pending' ELSE 'delivered' END
        FROM actions
        """
    )
    conn.execute("ANALYZE")


@pytest.fixture
def crowd(databases: Databases) -> Iterator[Conn]:
    """A connection to a crowd of cases that keeps what is asked."""
    with databases.copy(databases.filled("crowd", fill)) as url, database.connect(url) as conn:
        conn.cursor_factory = RecordingCursor
        RecordingCursor.asked = []
        yield conn


HOT: dict[str, Callable[[Conn], object]] = {
    "queue": lambda conn: views.queue_page(conn, now=NOW, queue="q1"),
    "all": lambda conn: views.queue_page(conn, now=NOW),
    "next page": lambda conn: views.queue_page(
        conn, now=NOW, cursor=views.queue_page(conn, now=NOW, limit=5).next
    ),
    "decided": lambda conn: views.queue_page(conn, now=NOW, state="decided"),
    "search": lambda conn: views.queue_page(conn, now=NOW, search="p-777"),
    "search decided": lambda conn: views.queue_page(conn, now=NOW, search="a-77", state="decided"),
    "account": lambda conn: views.queue_page(conn, now=NOW, account="a-7"),
    "counts": lambda conn: views.queue_counts(conn, now=NOW),
    "case": lambda conn: views.case_view(conn, case_id=10, viewer="user:1", now=NOW),
    "decisions": views.decisions_page,
    "next": lambda conn: service.take_next(conn, actor="user:1", lease=LEASE, now=NOW),
    "next of a queue": lambda conn: service.take_next(
        conn, actor="user:1", lease=LEASE, now=NOW, queues=["q1", "q2"]
    ),
    "decide": lambda conn: service.decide(
        conn, case_id=10, verdict=Verdict(ground=Ground.NONE, scope="account"), actor="user:1", now=NOW
    ),
    "file": lambda conn: file_firings(conn, [firing("p-10", effects={"hold": True})], NOW),
    "claim deliveries": lambda conn: deliveries.claim(conn, {1: 4}, HOUR, NOW),
    "deliveries": lambda conn: delivery_log.deliveries(conn, webhook_id=1),
    "dead deliveries": lambda conn: delivery_log.deliveries(conn, state="dead"),
    "open case": lambda conn: cases.open_case_of(conn, post("p-10")),
}
LARGE = {"cases", "posts", "firings", "actions", "deliveries"}


def scanned(plan: Any) -> set[str]:
    """The large tables that a plan reads from end to end."""
    found = {plan["Relation Name"]} & LARGE if plan["Node Type"] == "Seq Scan" else set()
    return found.union(*(scanned(child) for child in plan.get("Plans", [])))


@pytest.mark.parametrize("name", HOT)
def test_hot_queries_run_on_an_index(crowd: Conn, name: str) -> None:
    HOT[name](crowd)
    asked, crowd.cursor_factory = RecordingCursor.asked, psycopg.Cursor
    explained = 0
    for query, params in asked:
        text = query if isinstance(query, str) else query.as_string(crowd)
        if text.strip().split()[0].upper() not in ("SELECT", "UPDATE", "INSERT", "WITH"):
            continue
        (plan,) = crowd.execute(f"EXPLAIN (FORMAT JSON) {text}", params).fetchall()
        explained += 1
        assert scanned(plan[0][0]["Plan"]) == set(), text
    assert explained > 0
