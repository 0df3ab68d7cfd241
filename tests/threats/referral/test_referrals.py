"""Four eyes before anything leaves, copies that survive deletion, and a log of who got it."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest

from tenfold.fingerprint import Fingerprint
from tenfold.store import audit, closures, holds, people, protectees, retention, threats
from tenfold.store import referrals as store
from tenfold.store.closures import Closure
from tenfold.store.database import Conn
from tenfold.store.referrals import Translation, Wish
from tenfold.taxonomy import Role
from tenfold.threats import packet, referrals, steps
from tenfold.threats.referrals import FourEyesError, UnknownReferralError
from tenfold.threats.transitions import StepRefusedError, WishError
from tests.threats import desk_platform as platform

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=3)
NADIA, BASIL = "user:1", "user:2"


def wish(**changed: Any) -> Wish:
    values: dict[str, Any] = {
        "language": "en",
        "authority": "State police, unit 4",
        "country": "de",
        "legal_basis": ("dsa_18",),
        "statement": "An attack on staff is announced.",
        "unknown": ("Who the author is.",),
        "asks": "Nadia Haddad, security lead",
        "callback": "+00 111 222",
    }
    return Wish(**values | changed)


@pytest.fixture
def threat(conn: Conn) -> int:
    for name in ("Nadia Haddad", "Basil"):
        people.add_user(conn, name, [Role.SECURITY])
    return platform.staff(conn, NOW)


def approved(conn: Conn, threat: int, **changed: Any) -> int:
    made = referrals.draft(conn, threat, wish(**changed), NADIA, NOW)
    digest = referrals.draft_digest(conn, referrals.get(conn, made))
    referrals.approve(conn, made, seen=digest, actor=BASIL, now=LATER)
    return made


def told(conn: Conn, referral: int) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.json.decode(referrals.document(conn, referrals.get(conn, referral)))
    return document


def test_it_goes_from_draft_to_sent_by_two_people_and_says_who_got_it(conn: Conn, threat: int) -> None:
    made = approved(conn, threat)
    referrals.send(
        conn, made, recipient="Duty officer", channel="portal", reference="X-1", actor=NADIA, now=LATER
    )
    assert referrals.get(conn, made).state == "sent"
    assert threats.load(conn, [threat])[threat].status == "referred"
    referrals.send(conn, made, recipient="Europol", channel="mail", reference="", actor=NADIA, now=LATER)
    lines = store.log(conn, [made])[made]
    assert [line.act for line in lines] == ["drafted", "approved", "sent", "sent"]
    assert [line.details["recipient"] for line in lines[2:]] == ["Duty officer", "Europol"]
    acts = [(row.act, row.details) for row in audit.stream(conn) if row.act.startswith("referral.")]
    assert [act for act, _ in acts] == [f"referral.{line.act}" for line in lines]
    assert "Duty officer" not in str(acts)


@pytest.mark.parametrize("actor", [NADIA, "key:1", "cli:root", "system"])
def test_nobody_approves_alone_and_no_machine_at_all(conn: Conn, threat: int, actor: str) -> None:
    made = referrals.draft(conn, threat, wish(), NADIA, NOW)
    digest = referrals.draft_digest(conn, referrals.get(conn, made))
    with pytest.raises(FourEyesError):
        referrals.approve(conn, made, seen=digest, actor=actor, now=LATER)


def test_who_changed_it_cannot_approve_it_either(conn: Conn, threat: int) -> None:
    made = referrals.draft(conn, threat, wish(), NADIA, NOW)
    referrals.change(conn, made, wish(statement="Otherwise."), BASIL, NOW)
    digest = referrals.draft_digest(conn, referrals.get(conn, made))
    with pytest.raises(FourEyesError):
        referrals.approve(conn, made, seen=digest, actor=BASIL, now=LATER)


@pytest.mark.parametrize(
    "change",
    [
        "state = 'approved', approved_by = drafted_by, approved_at = now(), packet = '', packet_sha256 = ''",
        "state = 'approved', approved_by = 'key:1', approved_at = now(), packet = '', packet_sha256 = ''",
        "state = 'approved'",
        "state = 'sent', sent_at = now()",
    ],
)
def test_the_database_itself_asks_for_two_people(conn: Conn, threat: int, change: str) -> None:
    referrals.draft(conn, threat, wish(), NADIA, NOW)
    with pytest.raises(psycopg.Error), conn.transaction():
        conn.execute(f"UPDATE referrals SET {change}")


@pytest.mark.parametrize(
    "change",
    ["statement = 'another'", "packet = 'another'", "authority = 'another'", "drafted_by = 'user:9'"],
)
def test_the_database_keeps_what_was_approved(conn: Conn, threat: int, change: str) -> None:
    approved(conn, threat)
    with pytest.raises(psycopg.Error), conn.transaction():
        conn.execute(f"UPDATE referrals SET {change}")
    with pytest.raises(psycopg.Error), conn.transaction():
        conn.execute("DELETE FROM referrals")


def test_any_change_voids_the_approval(conn: Conn, threat: int) -> None:
    made = approved(conn, threat)
    referrals.change(conn, made, wish(statement="Otherwise."), NADIA, LATER)
    found = referrals.get(conn, made)
    assert (found.state, found.approved_by, found.packet) == ("draft", None, None)
    assert store.log(conn, [made])[made][-1].details["voided"] is True
    with pytest.raises(StepRefusedError):
        referrals.send(conn, made, recipient="a", channel="b", reference="", actor=NADIA, now=LATER)


def test_what_has_changed_since_it_was_shown_is_not_approved(conn: Conn, threat: int) -> None:
    made = referrals.draft(conn, threat, wish(), NADIA, NOW)
    digest = referrals.draft_digest(conn, referrals.get(conn, made))
    steps.assess(conn, threat, level="T1", reason="less sure", actor=NADIA, now=NOW)
    with pytest.raises(StepRefusedError, match="changed"):
        referrals.approve(conn, made, seen=digest, actor=BASIL, now=LATER)


@pytest.mark.parametrize("state", ["sent", "withdrawn"])
def test_what_was_sent_or_withdrawn_is_not_written_anew(conn: Conn, threat: int, state: str) -> None:
    made = approved(conn, threat)
    if state == "sent":
        referrals.send(conn, made, recipient="a", channel="b", reference="", actor=NADIA, now=LATER)
    else:
        referrals.withdraw(conn, made, reason="a mistake", actor=NADIA, now=LATER)
    with pytest.raises(StepRefusedError):
        referrals.change(conn, made, wish(), NADIA, LATER)


def test_withdrawing_the_last_one_that_was_sent_brings_the_threat_back(conn: Conn, threat: int) -> None:
    made = approved(conn, threat)
    referrals.send(conn, made, recipient="a", channel="b", reference="", actor=NADIA, now=LATER)
    referrals.withdraw(conn, made, reason="a mistake", actor=NADIA, now=LATER)
    assert threats.load(conn, [threat])[threat].status == "escalated"


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("authority", {"authority": " "}),
        ("country", {"country": "Germany"}),
        ("legal_basis", {"legal_basis": ()}),
        ("legal_note", {"legal_basis": ("national",)}),
        ("statement", {"statement": ""}),
        ("statement", {"statement": "x" * 20_001}),
        ("statement", {"statement": "a\0b"}),
        ("asks", {"asks": "x" * 301}),
        ("callback", {"callback": ""}),
        ("unknown", {"unknown": ("x",) * 51}),
        ("translations", {"translations": {"a": Translation(language="", text="x", by="human")}}),
    ],
)
def test_what_is_missing_is_named(conn: Conn, threat: int, field: str, changed: dict[str, Any]) -> None:
    with pytest.raises(WishError) as refused:
        referrals.draft(conn, threat, wish(**changed), NADIA, NOW)
    assert refused.value.field == field


def test_a_closed_threat_and_an_unknown_referral(conn: Conn, threat: int) -> None:
    steps.close(conn, threat, outcome="not_a_threat", reason="a rehearsal", actor=NADIA, now=NOW)
    with pytest.raises(StepRefusedError, match="reopen"):
        referrals.draft(conn, threat, wish(), NADIA, NOW)
    with pytest.raises(UnknownReferralError):
        referrals.get(conn, 999)


def test_the_packet_tells_everything_that_is_held(conn: Conn, threat: int) -> None:
    digest = hashlib.sha256(platform.STAFF.encode()).hexdigest()
    made = approved(
        conn, threat, translations={digest: Translation(language="German", text="Wir ...", by="machine")}
    )
    document = told(conn, made)
    (text,) = document["texts"]
    assert text["text"] == platform.STAFF
    assert text["text_sha256"] == digest
    assert text["posted_at"] == "2026-03-01T11:56:00Z"
    assert (text["url"], text["account"]) == ("https://platform.example/p/p-1", "a-1")
    assert text["translation"] == {"language": "German", "text": "Wir ...", "by": "machine"}
    (account,) = document["accounts"]
    assert account["handles"] == ["sawt_alraya"]
    assert account["sessions"][0]["address_token"] == "hmac:aa11"
    assert document["level"]["level"] == "T0" and document["level"]["by"] == "machine"
    assert document["unknown"] == ["Who the author is."]
    assert document["country"] == "DE"
    assert document["approved"]["name"] == "Basil"
    for evidence in document["evidence"]:
        assert evidence["sha256"] in {one.sha256 for one in holds.preserved(conn, made)}
    assert {one["what"] for one in document["evidence"]} == {"post:p-1:text", "account:a-1"}


@pytest.mark.parametrize("named", [True, False])
def test_who_is_watched_over_is_named_only_where_wished(conn: Conn, threat: int, named: bool) -> None:
    who = protectees.add(
        conn, {"kind": "office", "name": "North Office", "contact": "guard desk"}, "cli:test"
    )
    conn.execute("INSERT INTO threat_protectees VALUES (%s, %s, 'name', 1)", [threat, who])
    made = approved(conn, threat, protectees=named)
    found = told(conn, made)["target"]["protectees"]
    expected = {"kind": "office", "name": "North Office", "contact": "guard desk", "how": "name"}
    assert found == ([expected] if named else [])


def test_copies_outlive_deletion_and_retention(conn: Conn, threat: int, database_url: str) -> None:
    conn.execute(
        "INSERT INTO events (seq, received_at, body) VALUES (1, '2026-01-05', %s), (2, '2026-01-05', %s)",
        ['{"account": "a-1", "id": "e1"}', '{"account": "a-9", "id": "e2"}'],
    )
    platform.session(conn, 90, "a-1", datetime(2026, 1, 5, tzinfo=UTC))
    platform.account(conn, "a-9", "other", "Other", NOW)
    platform.session(conn, 91, "a-9", datetime(2026, 1, 5, tzinfo=UTC))
    conn.execute(
        "CREATE TABLE events_202601 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2025-01-02')"
    )
    conn.execute("ALTER TABLE events DETACH PARTITION events_202601")
    conn.execute("INSERT INTO events_202601 SELECT * FROM events")
    conn.execute("DELETE FROM events")
    conn.execute(
        "ALTER TABLE events ATTACH PARTITION events_202601 FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')"
    )
    made = approved(conn, threat)
    before = told(conn, made)
    conn.execute("UPDATE posts SET state = 'deleted', text = ''")
    conn.execute("UPDATE accounts SET handle = NULL, display_name = NULL, state = 'deleted'")
    assert retention.forget(conn, 1, datetime(2026, 4, 1, tzinfo=UTC)) == ["events_202601"]
    assert conn.execute("SELECT seq, account FROM held_events").fetchall() == [(1, "a-1")]
    assert conn.execute("SELECT seq FROM sessions ORDER BY seq").fetchall() == [(11,), (90,)]
    assert told(conn, made) == before
    assert {one.content for one in holds.preserved(conn, made)}


def test_a_closure_of_a_held_account_expires_when_the_hold_is_lifted(conn: Conn, threat: int) -> None:
    for account in ("a-1", "a-9"):
        closure = Closure(
            account=account,
            created_at=None,
            closed_at=NOW - timedelta(days=400),
            origin="platform",
            ground="",
            fingerprint=Fingerprint(account=account),
        )
        closures.keep(conn, [closure])
    made = approved(conn, threat)
    assert closures.expire(conn, NOW, days=365) == ["a-9"]
    referrals.withdraw(conn, made, reason="a mistake", actor=NADIA, now=LATER)
    referrals.lift(conn, made, reason="over", actor=NADIA, now=LATER)
    assert closures.expire(conn, NOW, days=365) == ["a-1"]


def test_a_lifted_hold_is_forgotten_a_month_later(conn: Conn, threat: int) -> None:
    made = approved(conn, threat)
    with pytest.raises(StepRefusedError):
        referrals.lift(conn, made, reason="over", actor=NADIA, now=LATER)
    referrals.withdraw(conn, made, reason="a mistake", actor=NADIA, now=LATER)
    assert referrals.lift(conn, made, reason="over", actor=NADIA, now=LATER) == 2
    assert holds.forget_lifted(conn, LATER + holds.LIFTED_FOR) == 0
    assert holds.forget_lifted(conn, LATER + holds.LIFTED_FOR + timedelta(seconds=1)) == 2
    assert holds.preserved(conn, made) == []


def test_a_copy_cannot_be_changed(conn: Conn, threat: int) -> None:
    referrals.draft(conn, threat, wish(), NADIA, NOW)
    for change in ("content = '{}'", "sha256 = repeat('0', 64)"):
        with pytest.raises(psycopg.Error), conn.transaction():
            conn.execute(f"UPDATE preserved SET {change}")
    with pytest.raises(psycopg.Error), conn.transaction():
        conn.execute("UPDATE referral_log SET actor = 'user:9'")


def test_the_same_state_gives_the_same_bytes(conn: Conn, threat: int) -> None:
    made = referrals.draft(conn, threat, wish(), NADIA, NOW)
    one, other = (packet.canonical(packet.build(conn, referrals.get(conn, made))) for _ in range(2))
    assert one == other


def test_proposals_of_what_is_not_known_follow_the_record(conn: Conn, threat: int) -> None:
    from tenfold.threats import shown
    from tenfold.threats.words import WORDS

    view = shown.view(conn, threat)
    assert view is not None
    english, arabic = (packet.proposed_unknown(view, WORDS[language]) for language in ("en", "ar"))
    assert len(english) == len(arabic) and english != arabic
    assert not any("When it is meant" in line for line in english)
