"""Who is called to an urgent threat, how often, with which words, and when it stops."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg_pool import ConnectionPool

from tenfold import pipeline
from tenfold.config import Settings, load
from tenfold.detectors import shipped
from tenfold.enforcement import sealing
from tenfold.enforcement.mail import send_due
from tenfold.enforcement.outbox import deliver_due
from tenfold.linkage.online import Linker
from tenfold.pipeline import Tools
from tenfold.policy import load_policies
from tenfold.processing.suites import CurrentSuite
from tenfold.store import database, mails, on_call, people, threat_pages, webhooks
from tenfold.store import events as queue
from tenfold.store.database import Conn
from tenfold.store.people import Locale
from tenfold.taxonomy import Role
from tenfold.threats import paging, steps
from tenfold.threats.paging import EVERY, ROUNDS, Called
from tenfold.threats.protectees import Watch
from tests.enforcement.mailboxes import Mailbox, text_of
from tests.enforcement.receivers import Receiver, receiver
from tests.helpers import event
from tests.threats import desk_platform as platform

KEY = b"0123456789abcdef0123456789abcdef"
SECRET = sealing.new_secret()
DESK = "https://desk.example"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def person(conn: Conn, name: str, email: str, *, step: int = 1, locale: Locale = "en") -> int:
    user = people.add_user(conn, name, [Role.SECURITY], locale=locale)
    on_call.add(conn, user.id, email, step, "cli:test")
    return user.id


def pager(conn: Conn, url: str, *types: str, name: str = "pager") -> int:
    hook = webhooks.add(conn, name, url, sealing.seal(SECRET, KEY), types or (webhooks.THREAT_PAGE,))
    assert hook is not None
    return hook


def written(conn: Conn) -> list[tuple[Any, ...]]:
    return conn.execute("SELECT recipient, state, subject, body FROM mails ORDER BY id").fetchall()


def deliveries(conn: Conn) -> list[tuple[str, str, dict[str, Any]]]:
    return conn.execute(
        "SELECT webhooks.name, state, body FROM deliveries JOIN webhooks ON webhooks.id = webhook_id"
        " ORDER BY deliveries.id"
    ).fetchall()


def test_a_call_goes_to_those_who_asked_for_it_and_to_nobody_else(conn: Conn) -> None:
    pager(conn, "https://pager.example/hook")
    pager(conn, "https://platform.example/hook", webhooks.ACTION_ORDERED, name="platform")
    person(conn, "Nadia", "nadia@example.org")
    threat = platform.staff(conn, NOW)
    assert paging.page(conn, threat, NOW, DESK) == Called(webhooks=1, mails=1)
    ((name, state, body),) = deliveries(conn)
    assert (name, state, body["type"]) == ("pager", "pending", "threat.page")
    assert body["data"] == {
        "threat": threat,
        "level": "T0",
        "target_kind": "staff",
        "opened_at": "2026-03-01T12:00:00Z",
        "due_at": "2026-03-01T12:10:00Z",
        "round": 1,
        "rounds": ROUNDS,
        "desk": f"{DESK}/threats/{threat}",
    }


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_a_call_is_in_the_language_of_who_is_called_and_quotes_nothing(conn: Conn, locale: Locale) -> None:
    person(conn, "Nadia", "nadia@example.org", locale=locale)
    threat = platform.staff(conn, NOW)
    paging.page(conn, threat, NOW, DESK)
    ((_, _, subject, body),) = written(conn)
    assert f"{DESK}/threats/{threat}" in body
    assert "2026-03-01 12:10:00 UTC" in body
    assert ("طوارئ" in subject) == (locale == "ar") and ("emergency" in subject) == (locale == "en")
    for word in ("North", "shoot", "sawt_alraya", "a-1", "p-1", "صوت"):
        assert word not in subject + body


def test_calls_repeat_until_somebody_looks_and_then_nothing_more_goes_out(conn: Conn) -> None:
    pager(conn, "https://pager.example/hook")
    person(conn, "Nadia", "nadia@example.org")
    threat = platform.staff(conn, NOW)
    paging.page(conn, threat, NOW, DESK)
    assert paging.page(conn, threat, NOW, DESK) == Called()
    assert paging.repeat(conn, NOW + EVERY - timedelta(seconds=1), DESK) == 0
    assert paging.repeat(conn, NOW + EVERY, DESK) == 1
    assert paging.repeat(conn, NOW + EVERY, DESK) == 0
    assert [state for _, state, _, _ in written(conn)] == ["pending"] * 2
    steps.look(conn, threat, "user:1", NOW + EVERY)
    assert [state for _, state, _, _ in written(conn)] == ["cancelled"] * 2
    assert [state for _, state, _ in deliveries(conn)] == ["cancelled"] * 2
    assert paging.repeat(conn, NOW + 9 * EVERY, DESK) == 0
    found = threat_pages.load(conn, threat)
    assert found is not None and (found.ended_as, found.rounds) == ("seen", 2)


@pytest.mark.parametrize("step", ["take_on", "assess", "close"])
def test_whatever_a_person_does_with_it_ends_the_calls(conn: Conn, step: str) -> None:
    person(conn, "Nadia", "nadia@example.org")
    threat = platform.staff(conn, NOW)
    paging.page(conn, threat, NOW, DESK)
    if step == "take_on":
        steps.take_on(conn, threat, "user:1", NOW)
    elif step == "assess":
        steps.assess(conn, threat, level="T1", reason="seen", actor="user:1", now=NOW)
    else:
        steps.close(conn, threat, outcome="not_a_threat", reason="seen", actor="user:1", now=NOW)
    assert paging.repeat(conn, NOW + EVERY, DESK) == 0


def test_each_round_that_nobody_answers_calls_the_next_step_too(conn: Conn) -> None:
    person(conn, "Nadia", "nadia@example.org")
    person(conn, "Basil", "basil@example.org", step=3)
    person(conn, "Zaki", "zaki@example.org", step=7, locale="ar")
    threat = platform.staff(conn, NOW)
    paging.page(conn, threat, NOW, DESK)
    called = [sorted(row[0].split("@")[0] for row in written(conn))]
    for round_ in range(1, 4):
        known = len(written(conn))
        paging.repeat(conn, NOW + round_ * EVERY, DESK)
        called.append(sorted(row[0].split("@")[0] for row in written(conn)[known:]))
    assert called == [["nadia"], ["basil", "nadia"], ["basil", "nadia", "zaki"], ["basil", "nadia", "zaki"]]


def test_the_calls_end_by_themselves_and_say_so(conn: Conn) -> None:
    person(conn, "Nadia", "nadia@example.org")
    threat = platform.staff(conn, NOW)
    paging.page(conn, threat, NOW, DESK)
    for round_ in range(1, ROUNDS + 3):
        paging.repeat(conn, NOW + round_ * EVERY, DESK)
    assert len(written(conn)) == ROUNDS
    found = threat_pages.load(conn, threat)
    assert found is not None and found.ended_as == "spent"
    row = conn.execute(
        "SELECT act FROM threat_log WHERE threat_id = %s ORDER BY id DESC LIMIT 1", [threat]
    ).fetchone()
    assert row == ("page.spent",)


def test_a_threat_that_becomes_urgent_again_calls_again(conn: Conn) -> None:
    person(conn, "Nadia", "nadia@example.org")
    threat = platform.staff(conn, NOW)
    paging.page(conn, threat, NOW, DESK)
    steps.look(conn, threat, "user:1", NOW)
    assert paging.page(conn, threat, NOW + timedelta(hours=1), DESK) == Called(mails=1)


def test_a_record_that_became_part_of_another_calls_no_more(conn: Conn) -> None:
    person(conn, "Nadia", "nadia@example.org")
    threat, other = platform.staff(conn, NOW), platform.condition(conn, NOW)
    paging.page(conn, threat, NOW, DESK)
    conn.execute(
        "UPDATE threats SET status = 'closed', closed_at = now(), merged_into = %s WHERE id = %s",
        [other, threat],
    )
    paging.repeat(conn, NOW + EVERY, DESK)
    assert len(written(conn)) == 1


def test_who_may_not_look_is_not_called(conn: Conn) -> None:
    gone = person(conn, "Nadia", "nadia@example.org")
    moved = person(conn, "Basil", "basil@example.org")
    people.set_disabled(conn, gone, True)
    people.set_roles(conn, moved, [Role.MODERATOR])
    threat = platform.staff(conn, NOW)
    assert paging.page(conn, threat, NOW, DESK) == Called()


@pytest.fixture
def target() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


def test_from_the_event_to_those_who_are_called_in_one_pass(
    database_url: str, pool: ConnectionPool[Conn], box: Mailbox, target: Receiver
) -> None:
    """One turn of the pipeline, one of each outbox: nothing waits for a second look."""
    settings = Settings(
        smtp_url=f"smtp://127.0.0.1:{box.port}?tls=none",
        mail_from="desk@tenfold.example",
        webhook_private_addresses=True,
    )
    with pool.connection() as conn:
        shipped.install(conn)
        pager(conn, target.url)
        person(conn, "Nadia", "nadia@example.org", locale="ar")
        told = [
            event("account.created", "a-1", at=NOW, handle="sawt_alraya"),
            event("post.created", "a-1", at=NOW, post="p-1", text=platform.STAFF),
        ]
        queue.insert_events(conn, told)
    with database.connect(database_url, autocommit=True) as conn:
        tools = Tools(
            suite=CurrentSuite().get(conn), policy=load_policies(load({})), linker=Linker(), watch=Watch(KEY)
        )
        assert pipeline.run_once(conn, tools, 100).applied == 2
    assert deliver_due(pool, settings, KEY) == 1
    assert send_due(pool, settings) == 1
    (page,) = [request.verified(SECRET) for request in target.received]
    assert (page["type"], page["data"]["level"], page["data"]["target_kind"]) == (
        "threat.page",
        "T0",
        "staff",
    )
    (mail,) = box.received
    assert f"/threats/{page['data']['threat']}" in text_of(mail)
    with pool.connection() as conn:
        assert [row.state for row in mails.latest(conn)] == ["sent"]
