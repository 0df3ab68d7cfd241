"""A batch of firings becomes cases, proposals, orders and deliveries, exactly once."""

import random
import threading
from collections.abc import Callable
from datetime import timedelta

import msgspec

from tenfold.casework.filing import DUE, FilingResult, file_firings
from tenfold.store import audit, database
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import ActionKind, Ground, Severity
from tests.casework.small_platform import NOW, account, add_account, add_post, firing, post, rows

HOUR = timedelta(hours=1)


def decide(conn: Conn, ground: str = "TVEC1") -> None:
    """Write that every case is decided, as plainly as the schema allows."""
    conn.execute("UPDATE actions SET state = 'withdrawn' WHERE state = 'proposed'")
    conn.execute("UPDATE cases SET state = 'decided', decided_at = %s, ground = %s", [NOW, ground])


def test_a_firing_opens_a_case_with_its_proposal(platform: Conn) -> None:
    result = file_firings(platform, [firing()], NOW)
    assert result == FilingResult(
        firings=1, cases_opened=1, cases_merged=0, proposed=1, ordered=0, deliveries=0
    )
    assert rows(
        platform,
        "SELECT subject_kind, subject_id, account, queue, severity, ground, language, state, due_at"
        " FROM cases",
    ) == [("post", "p-1", "a-1", "content", 2, "TVEC1", "en", "open", NOW + DUE[Severity.MEDIUM])]
    assert rows(platform, "SELECT rule, policy, parts, case_id IS NOT NULL FROM firings") == [
        ("branded", "v1", [{"text": "terms.count >= 1", "value": "2"}], True)
    ]
    assert rows(platform, "SELECT kind, state, origin, subject_id FROM actions") == [
        ("remove", "proposed", "rule:branded@v1", "p-1")
    ]


def test_an_empty_batch_does_nothing(platform: Conn) -> None:
    assert file_firings(platform, [], NOW).firings == 0
    assert audit.verify(platform).rows == 0


def test_the_same_batch_again_does_nothing_again(platform: Conn) -> None:
    batch = [
        firing(effects={"hold": True, "labels": ("sensitive", "graphic")}),
        firing("p-2", effects={"act": (ActionKind.HIDE,)}),
        firing(account("a-1"), effects={"propose": (ActionKind.CLOSE_ACCOUNT,)}),
    ]
    first = file_firings(platform, batch, NOW)
    entries = audit.verify(platform).rows
    again = file_firings(platform, batch, NOW + HOUR)
    assert (first.cases_opened, first.proposed, first.ordered, first.deliveries) == (3, 3, 4, 4)
    assert again == FilingResult(
        firings=3, cases_opened=0, cases_merged=0, proposed=0, ordered=0, deliveries=0
    )
    assert audit.verify(platform).rows == entries


def test_a_firing_twice_in_one_batch_counts_once(platform: Conn) -> None:
    result = file_firings(platform, [firing(), firing()], NOW)
    assert (result.firings, result.cases_opened, result.proposed) == (1, 1, 1)


def test_firings_on_one_subject_make_one_case_led_by_the_worst(platform: Conn) -> None:
    file_firings(
        platform,
        [
            firing(rule="mild", severity=Severity.LOW, effects={"due": HOUR}),
            firing(
                rule="threat",
                severity=Severity.CRITICAL,
                ground=Ground.THREAT,
                effects={"queue": "threats", "due": 2 * HOUR},
            ),
        ],
        NOW,
    )
    assert rows(platform, "SELECT queue, severity, ground, due_at FROM cases") == [
        ("threats", 4, "TVEC2", NOW + HOUR)
    ]
    assert rows(platform, "SELECT count(*) FROM actions") == [(1,)], "both propose the same"


def test_an_open_case_is_joined(platform: Conn) -> None:
    file_firings(platform, [firing(effects={"due": HOUR})], NOW)
    worse = firing(rule="threat", severity=Severity.HIGH, ground=Ground.THREAT, effects={"queue": "threats"})
    result = file_firings(platform, [worse], NOW)
    assert (result.cases_opened, result.cases_merged) == (0, 1)
    assert rows(platform, "SELECT queue, severity, ground, due_at FROM cases") == [
        ("threats", 3, "TVEC2", NOW + HOUR)
    ]
    milder = firing(rule="mild", severity=Severity.LOW, effects={"queue": "other"})
    assert file_firings(platform, [milder], NOW).cases_merged == 1
    assert rows(platform, "SELECT queue, severity, ground FROM cases") == [("threats", 3, "TVEC2")]


def test_a_claimed_case_stays_with_its_holder_when_it_is_joined(platform: Conn) -> None:
    file_firings(platform, [firing()], NOW)
    platform.execute(
        "UPDATE cases SET state = 'claimed', claimed_by = 'user:1', lease_until = %s", [NOW + HOUR]
    )
    file_firings(platform, [firing(rule="threat", severity=Severity.HIGH)], NOW)
    assert rows(platform, "SELECT state, claimed_by, severity FROM cases") == [("claimed", "user:1", 3)]


def test_an_escalated_case_stays_with_the_leads(platform: Conn) -> None:
    file_firings(platform, [firing(effects={"queue": None, "escalate": True})], NOW)
    assert rows(platform, "SELECT state, queue FROM cases") == [("escalated", "lead")]
    file_firings(
        platform, [firing(rule="threat", severity=Severity.CRITICAL, effects={"queue": "threats"})], NOW
    )
    assert rows(platform, "SELECT state, queue, severity FROM cases") == [("escalated", "lead", 4)]


def test_a_rule_that_asks_for_nobody_opens_no_case(
    platform: Conn, state_of: Callable[[Subject], str]
) -> None:
    quiet = {"queue": None, "propose": (), "labels": ("sensitive",)}
    result = file_firings(platform, [firing(effects=quiet)], NOW)
    assert (result.cases_opened, result.ordered, result.deliveries) == (0, 1, 1)
    assert state_of(post("p-1")) == "labelled"


def test_a_hold_always_asks_for_a_person(platform: Conn, state_of: Callable[[Subject], str]) -> None:
    file_firings(platform, [firing(effects={"queue": None, "propose": (), "hold": True})], NOW)
    assert rows(platform, "SELECT queue FROM cases") == [("review",)]
    assert state_of(post("p-1")) == "held"


def test_closing_concerns_the_author_and_the_group_of_a_post(
    platform: Conn, state_of: Callable[[Subject], str]
) -> None:
    act = {"act": (ActionKind.CLOSE_ACCOUNT, ActionKind.CLOSE_GROUP, ActionKind.REMOVE)}
    file_firings(platform, [firing("p-3", effects=act)], NOW)
    assert state_of(account("a-1")) == "closed"
    assert state_of(Subject(SubjectKind.GROUP, "g-1")) == "closed"
    assert state_of(post("p-3")) == "removed"
    assert state_of(account("a-2")) == "active"


def test_what_has_no_known_target_is_left_out(platform: Conn) -> None:
    act = {"act": (ActionKind.CLOSE_ACCOUNT, ActionKind.CLOSE_GROUP)}
    result = file_firings(platform, [firing("p-1", account=None, effects=act)], NOW)
    assert result.ordered == 0


def test_the_strongest_order_shapes_the_state(platform: Conn, state_of: Callable[[Subject], str]) -> None:
    file_firings(platform, [firing(effects={"act": (ActionKind.REMOVE,)})], NOW)
    file_firings(platform, [firing(rule="label", effects={"labels": ("sensitive",)})], NOW)
    assert state_of(post("p-1")) == "removed"


def test_what_its_owner_deleted_stays_deleted(platform: Conn, state_of: Callable[[Subject], str]) -> None:
    platform.execute("UPDATE posts SET state = 'deleted' WHERE id = 'p-1'")
    file_firings(platform, [firing(effects={"hold": True})], NOW)
    assert state_of(post("p-1")) == "deleted"


def test_a_new_policy_version_does_not_order_the_same_again(platform: Conn) -> None:
    held = {"hold": True}
    assert file_firings(platform, [firing(effects=held)], NOW).ordered == 1
    assert file_firings(platform, [firing(policy="v2", effects=held)], NOW).ordered == 0


def test_every_enabled_webhook_receives_an_order(platform: Conn) -> None:
    platform.execute("INSERT INTO webhooks (name, url, secret) VALUES ('log', 'https://l.example/', 's')")
    platform.execute(
        "INSERT INTO webhooks (name, url, secret, enabled) VALUES ('off', 'https://o.example/', 's', false)"
    )
    assert file_firings(platform, [firing(effects={"hold": True})], NOW).deliveries == 2
    (body,) = {msgspec.json.encode(row[0]) for row in rows(platform, "SELECT body FROM deliveries")}
    message = msgspec.json.decode(body)
    action = rows(platform, "SELECT id, case_id FROM actions WHERE kind = 'hold'")[0]
    assert message["type"] == "action.ordered"
    assert message["data"] | {"reason": "", "details": {}} == {
        "action": action[0],
        "kind": "hold",
        "label": None,
        "subject": {"kind": "post", "id": "p-1"},
        "account": "a-1",
        "ground": "TVEC1",
        "reason": "",
        "origin": "rule:branded@v1",
        "case": action[1],
        "decision": None,
        "reversible": True,
        "reverses": None,
        "details": {},
    }


def test_a_decided_subject_is_left_in_peace_by_the_same_rule(platform: Conn) -> None:
    file_firings(platform, [firing(effects={"hold": True})], NOW)
    decide(platform)
    platform.execute("UPDATE actions SET state = 'reversed'")
    result = file_firings(platform, [firing(effects={"hold": True})], NOW + HOUR)
    assert (result.cases_opened, result.ordered, result.proposed) == (0, 0, 0)


def test_a_decided_subject_gets_a_case_when_another_rule_fires(platform: Conn) -> None:
    file_firings(platform, [firing()], NOW)
    decide(platform)
    result = file_firings(platform, [firing(), firing(rule="threat")], NOW + HOUR)
    assert (result.cases_opened, result.proposed) == (1, 1)


def test_a_decided_subject_gets_a_case_when_severity_rises(platform: Conn) -> None:
    file_firings(platform, [firing()], NOW)
    decide(platform)
    assert file_firings(platform, [firing(severity=Severity.HIGH)], NOW + HOUR).cases_opened == 1
    decide(platform)
    assert file_firings(platform, [firing(severity=Severity.HIGH)], NOW + HOUR).cases_opened == 0


def test_an_edit_after_a_clearance_is_looked_at_again(platform: Conn) -> None:
    file_firings(platform, [firing()], NOW)
    decide(platform, "TVEC0")
    platform.execute("UPDATE posts SET edited_at = %s WHERE id = 'p-1'", [NOW + HOUR])
    assert file_firings(platform, [firing()], NOW + 2 * HOUR).cases_opened == 1


def test_a_new_profile_after_a_clearance_is_looked_at_again(platform: Conn) -> None:
    about = firing(account("a-1"), effects={"propose": (ActionKind.CLOSE_ACCOUNT,)})
    file_firings(platform, [about], NOW)
    decide(platform, "TVEC0")
    assert file_firings(platform, [about], NOW + HOUR).cases_opened == 0
    platform.execute("INSERT INTO account_profiles (account, seq, at) VALUES ('a-1', 9, %s)", [NOW + HOUR])
    assert file_firings(platform, [about], NOW + 2 * HOUR).cases_opened == 1


def test_ids_in_any_script_are_kept(platform: Conn) -> None:
    odd = 'منشور \'; DROP TABLE cases; -- \\ "😀"'
    add_post(platform, odd, "a-1", "text")
    assert file_firings(platform, [firing(odd, effects={"hold": True})], NOW).cases_opened == 1
    assert rows(platform, "SELECT subject_id FROM cases") == [(odd,)]
    assert rows(platform, "SELECT state FROM posts WHERE id = %s", odd) == [("held",)]


def test_subjects_nobody_has_seen_are_filed_too(platform: Conn) -> None:
    assert file_firings(platform, [firing("unknown", effects={"hold": True})], NOW).ordered == 1


def test_opening_and_ordering_are_in_the_audit_chain(platform: Conn) -> None:
    file_firings(platform, [firing(effects={"hold": True})], NOW)
    found = [(row.actor, row.act, row.subject) for row in audit.stream(platform)]
    assert [(actor, act) for actor, act, _ in found] == [
        ("system", "case.opened"),
        ("rule:branded@v1", "action.ordered"),
    ]
    assert found[1][2] == "post:p-1"
    assert audit.verify(platform).intact


def test_workers_that_file_the_same_subjects_at_once_do_it_once(database_url: str) -> None:
    subjects = [f"p-{n}" for n in range(30)]
    with database.connect(database_url) as setup:
        add_account(setup, "a-1")
        for subject in subjects:
            add_post(setup, subject, "a-1", "text")
    failures: list[Exception] = []

    def work(seed: int) -> None:
        shuffled = random.Random(seed)
        try:
            with database.connect(database_url) as connection:
                for rule in ("one", "two", "three"):
                    batch = [firing(subject, rule, effects={"hold": True}) for subject in subjects]
                    shuffled.shuffle(batch)
                    file_firings(connection, batch, NOW)
                    connection.commit()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=[seed]) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.connect(database_url) as check:
        assert rows(check, "SELECT count(*), count(DISTINCT subject_id) FROM cases") == [(30, 30)]
        assert rows(check, "SELECT count(*) FROM firings") == [(90,)]
        assert rows(check, "SELECT kind, count(*) FROM actions GROUP BY kind ORDER BY kind") == [
            ("hold", 90),
            ("remove", 30),
        ]
        assert audit.verify(check).intact


def test_a_case_about_an_account_is_in_the_language_of_the_account(platform: Conn) -> None:
    """So that whoever reads Arabic gets the returns that write Arabic."""

    def opened(id_: str, rule: str) -> str | None:
        one = firing(account(id_), rule, account=id_, language=None)
        file_firings(platform, [one], NOW)
        ask = "SELECT language FROM cases WHERE subject_id = %s AND subject_kind = 'account'"
        language: str | None = rows(platform, ask, id_)[0][0]
        return language

    platform.execute("UPDATE accounts SET language = 'ar-EG' WHERE id = 'a-2'")
    assert opened("a-1", "return") == "en", "as it writes"
    assert opened("a-2", "return") == "ar", "as the platform told"
    platform.execute(
        "INSERT INTO accounts (id, created_at, first_seq, updated_at) VALUES ('a-3', %s, 1, %s)", [NOW, NOW]
    )
    assert opened("a-3", "return") is None
    platform.execute("UPDATE accounts SET language = 'en' WHERE id = 'a-2'")
    assert opened("a-2", "another") == "ar", "an open case stays where it is"
