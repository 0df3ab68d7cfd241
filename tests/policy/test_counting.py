"""Counters of a policy: what they count, by what, and what rules then see."""

from datetime import UTC, datetime, timedelta
from functools import partial

from tenfold.policy import Facts, PolicySet
from tenfold.store import counters
from tenfold.store.counters import Hit
from tenfold.store.database import Conn
from tenfold.subjects import SubjectKind
from tests.policy.policy_world import Load, facts, rule_text

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
COUNTERS = """
counters:
  - {name: slogans, count: post.created, by: account, window: 1h, where: "'slogan' in signals.terms.labels"}
  - {name: shared, count: [post.created, post.updated], by: domain, window: 10m}
  - {name: reports, count: report.filed, by: subject, window: 1d}
  - {name: in_group, count: post.created, by: group, window: 7d}
rules:
"""


def policy_of(load_text: Load, *rules: str) -> PolicySet:
    return load_text(COUNTERS + "".join(rules))


def post(minute: int, labels: frozenset[str] = frozenset(), **fields: object) -> Facts:
    terms = {"score": 1.0, "count": 1, "banks": frozenset(), "labels": labels}
    return facts(
        time=NOON + timedelta(minutes=minute),
        account={"id": "a-1"},
        post={"id": "p", **fields},
        signals={"terms": terms},
    )


def test_hits_are_recorded_where_the_condition_is_true(load_text: Load) -> None:
    policy = policy_of(load_text, rule_text("post.length > 3 and counters.slogans >= 2"))

    def asked(one: Facts) -> list[tuple[str, str, bool]]:
        return [(hit.counter.partition("@")[0], hit.key, hit.records) for hit in policy.hits(one, 1)]

    assert asked(post(0, frozenset({"slogan"}))) == [("slogans", "a-1", True)]
    assert asked(post(0)) == [("slogans", "a-1", False)]  # the rule may be true: its length is not known
    assert asked(post(0, length=9)) == [("slogans", "a-1", False)]
    assert asked(post(0, length=3)) == []  # the rule is false whatever the number
    assert asked(post(0, domains={"b.example", "a.example"}, group="g")) == [
        ("shared", "a.example", True),
        ("shared", "b.example", True),
        ("in_group", "g", True),
        ("slogans", "a-1", False),
    ]
    updated = facts("post.updated", post={"domains": frozenset({"a.example"})})
    assert asked(updated) == [("shared", "a.example", True)]
    report = facts("report.filed", SubjectKind.ACCOUNT, report={"count": 1})
    assert asked(report) == [("reports", "account:p-1", True)]
    assert asked(facts("account.updated", SubjectKind.ACCOUNT)) == []
    assert policy.listens("report.filed", SubjectKind.GROUP)


def test_rules_see_the_numbers_of_their_event(load_text: Load, conn: Conn) -> None:
    policy = policy_of(
        load_text, rule_text("counters.slogans >= 2"), rule_text("counters.shared >= 3", "link")
    )
    batch = [
        post(0, frozenset({"slogan"}), domains={"a.example"}),
        post(1, domains={"a.example", "b.example"}),
        post(2, frozenset({"slogan"}), domains={"a.example"}),
        post(70, frozenset({"slogan"}), domains={"a.example"}),
    ]
    policy.count(batch, [1, 2, 3, 4], partial(counters.hit_and_read, conn))
    assert [one.counters["slogans"] for one in batch] == [1, 1, 2, 1]
    assert [one.counters["shared"] for one in batch] == [1, 2, 3, 1]
    assert [{firing.rule for firing in policy.judge(one)} for one in batch] == [
        set(),
        set(),
        {"r", "link"},
        set(),
    ]


def test_reading_says_what_would_be_counted(load_text: Load, conn: Conn) -> None:
    policy = policy_of(load_text, rule_text("counters.slogans >= 2"))
    policy.count([post(0, frozenset({"slogan"}))], [1], partial(counters.hit_and_read, conn))
    asked = [post(1, frozenset({"slogan"})), post(1)]
    policy.count(asked, [2, 3], partial(counters.read, conn))
    assert [one.counters["slogans"] for one in asked] == [2, 1]
    assert conn.execute("SELECT count(*) FROM counter_hits").fetchone() == (1,)


def test_nothing_to_count_asks_nothing(load_text: Load) -> None:
    def never(hits: list[Hit]) -> list[int]:
        raise AssertionError(hits)

    one = facts("account.updated", SubjectKind.ACCOUNT)
    policy_of(load_text).count([one], [1], never)
    assert one.counters == {}


def test_a_counter_that_counts_something_else_does_not_read_the_old_hits(load_text: Load) -> None:
    def stored(condition: str, window: str = "1h") -> str:
        counter = f'{{name: c, count: post.created, by: account, window: {window}, where: "{condition}"}}'
        policy = load_text(f"counters:\n  - {counter}\nrules:\n" + rule_text("counters.c >= 2"))
        return policy.counters[0].stored

    assert stored("post.length > 3") == stored("post.length  >  3", "2h")
    assert stored("post.length > 3") != stored("post.length > 4")


def test_counters_and_rules_search_a_text_together(load_text: Load) -> None:
    policy = load_text(
        """
counters:
  - {name: calls, count: post.created, by: account, window: 1h, where: "has_words(post.text, 'join us')"}
rules:
"""
        + rule_text("matches(post.text, '(?i)gate') and counters.calls >= 1", "gate")
        + rule_text("has_words(account.bio, 'join us') or has_words(post.text, 'الباب مفتوح')", "door")
    )

    def seen(text: str, bio: str | None = None) -> tuple[list[str], int, int]:
        one = facts(time=NOON, account={"id": "a-1", "bio": bio}, post={"text": text})
        policy.count([one], [1], lambda hits: [1] * len(hits))
        return [rule.name for rule in policy.fired(one)], len(one.counters), len(one.found)

    assert seen("join us at the Gate") == (["gate"], 1, 1)
    assert seen("at the gate") == (["gate"], 1, 1)  # read, not counted
    assert seen("الباب مفتوح") == (["door"], 0, 1)
    assert seen("nothing", bio="join us") == (["door"], 0, 2)
    assert seen("join usual") == ([], 0, 1)
