"""Mail reaches a real server: secured, in the reader's language, again when it fails, never in the clear."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg_pool import ConnectionPool

from tenfold.config import Settings, SettingsError
from tenfold.enforcement import mail_server
from tenfold.enforcement.mail import BACKOFF, LEASE, send_due
from tenfold.store import audit, mails
from tenfold.store.database import Conn
from tenfold.store.mails import Mail, NewMail
from tests.enforcement.mailboxes import PASSWORD, USER, Mailbox, certificate, mailbox, text_of

LOGIN = f"{USER}:{quote(PASSWORD, safe='')}@"
ARABIC = "تهديد ينتظر"


def settings(port: int, url: str = "smtp://127.0.0.1:{port}?tls=none") -> Settings:
    return Settings(smtp_url=url.format(port=port), mail_from="Tenfold <desk@tenfold.example>")


def write(pool: ConnectionPool[Conn], *recipients: str) -> list[UUID]:
    new = [
        NewMail(
            recipient=one,
            locale="ar",
            subject=ARABIC,
            body="سطر\n\nThe desk: https://desk.example/threats/7\n",
        )
        for one in recipients
    ]
    with pool.connection() as conn:
        return mails.write(conn, new, datetime.now(UTC))


def known(pool: ConnectionPool[Conn], mail_id: UUID) -> Mail:
    with pool.connection() as conn:
        found = mails.one(conn, mail_id)
    assert found is not None
    return found


def make_due(pool: ConnectionPool[Conn]) -> None:
    with pool.connection() as conn:
        conn.execute("UPDATE mails SET next_at = now() - interval '1 second'")


def test_a_mail_arrives_once_in_its_language(pool: ConnectionPool[Conn], box: Mailbox) -> None:
    (written,) = write(pool, "amal@example.org")
    assert send_due(pool, settings(box.port)) == 1
    assert send_due(pool, settings(box.port)) == 0
    (message,) = box.received
    assert message["subject"] == ARABIC
    assert message["to"] == "amal@example.org"
    assert message["from"] == "Tenfold <desk@tenfold.example>"
    assert message["message-id"] == f"<{written}@tenfold.example>"
    assert message["auto-submitted"] == "auto-generated"
    assert text_of(message).splitlines() == ["سطر", "", "The desk: https://desk.example/threats/7"]
    assert '<html lang="ar" dir="rtl">' in text_of(message, "html")
    assert "<p>سطر</p>" in text_of(message, "html")
    assert known(pool, written).state == "sent"


def test_what_was_written_cannot_become_a_header(pool: ConnectionPool[Conn], box: Mailbox) -> None:
    new = NewMail(recipient="a@example.org", locale="en", subject="a\r\nBcc: b@example.org", body="x\n")
    with pool.connection() as conn:
        (written,) = mails.write(conn, [new], datetime.now(UTC))
    send_due(pool, settings(box.port))
    assert box.received == []
    assert known(pool, written).state == "dead"


@pytest.mark.parametrize("starttls", [True, False])
def test_the_connection_is_secured_and_logged_in(
    pool: ConnectionPool[Conn], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starttls: bool
) -> None:
    context, trusted = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    scheme = "smtp" if starttls else "smtps"
    with mailbox(context, starttls=starttls, login=True) as box:
        write(pool, "amal@example.org")
        send_due(pool, settings(box.port, f"{scheme}://{LOGIN}127.0.0.1:{{port}}"))
        assert box.secured == [True]


def test_a_server_that_nobody_vouches_for_gets_nothing(pool: ConnectionPool[Conn], tmp_path: Path) -> None:
    context, _ = certificate(tmp_path)
    with mailbox(context, starttls=True, login=True) as box:
        (written,) = write(pool, "amal@example.org")
        send_due(pool, settings(box.port, f"smtp://{LOGIN}127.0.0.1:{{port}}"))
        assert box.received == []
    found = known(pool, written)
    assert found.state == "pending" and "CERTIFICATE_VERIFY_FAILED" in (found.last_error or "")


def test_without_starttls_nothing_goes_in_the_clear(pool: ConnectionPool[Conn], box: Mailbox) -> None:
    (written,) = write(pool, "amal@example.org")
    send_due(pool, settings(box.port, f"smtp://{LOGIN}127.0.0.1:{{port}}"))
    assert box.received == []
    found = known(pool, written)
    assert found.state == "pending" and "STARTTLS" in (found.last_error or "")


def test_a_passing_refusal_is_tried_again_and_a_final_one_is_not(
    pool: ConnectionPool[Conn], box: Mailbox
) -> None:
    box.answers = ["451 4.3.0 busy", "554 5.7.1 never"]
    first, second = write(pool, "amal@example.org", "basil@example.org")
    assert send_due(pool, settings(box.port)) == 2
    assert known(pool, first).state == "pending" and "busy" in (known(pool, first).last_error or "")
    assert known(pool, second).state == "dead" and "never" in (known(pool, second).last_error or "")
    make_due(pool)
    assert send_due(pool, settings(box.port)) == 1
    assert known(pool, first).state == "sent" and known(pool, first).last_error is None
    with pool.connection() as conn:
        acts = [(row.act, row.subject) for row in audit.stream(conn)]
    assert acts == [("mail.dead", f"mail:{second}")]


def test_one_address_that_is_refused_does_not_hold_up_the_rest(
    pool: ConnectionPool[Conn], box: Mailbox
) -> None:
    refused, taken = write(pool, "nobody@example.org", "zaki@example.org")
    send_due(pool, settings(box.port))
    assert known(pool, refused).state == "dead" and "550" in (known(pool, refused).last_error or "")
    assert known(pool, taken).state == "sent"


def test_a_server_that_is_away_is_waited_for_until_it_is_too_late(pool: ConnectionPool[Conn]) -> None:
    with mailbox() as box:
        port = box.port
    (written,) = write(pool, "amal@example.org")
    for attempts in range(1, len(BACKOFF) + 1):
        before = datetime.now(UTC)
        send_due(pool, settings(port))
        found = known(pool, written)
        assert (found.state, found.attempts) == ("pending", attempts)
        assert found.next_at >= before + BACKOFF[attempts - 1]
        make_due(pool)
    send_due(pool, settings(port))
    assert known(pool, written).state == "dead"
    with pool.connection() as conn:
        assert mails.again(conn, datetime.now(UTC)) == 1
    assert known(pool, written).state == "pending"


def test_what_was_claimed_by_one_who_died_is_sent_by_another(
    pool: ConnectionPool[Conn], box: Mailbox
) -> None:
    (written,) = write(pool, "amal@example.org")
    now = datetime.now(UTC)
    with pool.connection() as conn:
        assert [due.id for due in mails.claim(conn, 10, LEASE, now)] == [written]
    with pool.connection() as conn:
        assert mails.claim(conn, 10, LEASE, now + LEASE - timedelta(seconds=1)) == []
        assert [due.attempts for due in mails.claim(conn, 10, LEASE, now + LEASE)] == [2]


def test_no_password_is_kept_or_logged(
    pool: ConnectionPool[Conn],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    context, trusted = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    caplog.set_level(logging.DEBUG)
    with mailbox(context, starttls=True, login=True) as box:
        (written,) = write(pool, "amal@example.org")
        chosen = settings(box.port, "smtp://desk:wrong-secret@127.0.0.1:{port}")
        send_due(pool, chosen)
        assert "wrong-secret" not in repr(mail_server.read(chosen))
    found = known(pool, written)
    assert "535" in (found.last_error or "")
    ours = "".join(record.getMessage() for record in caplog.records if record.name != "mail.log")
    assert "wrong-secret" not in (found.last_error or "") + ours


def test_without_a_mail_server_mails_wait_an_hour(pool: ConnectionPool[Conn]) -> None:
    (written,) = write(pool, "amal@example.org")
    assert send_due(pool, Settings()) == 0
    assert known(pool, written).state == "pending"
    with pool.connection() as conn:
        conn.execute("UPDATE mails SET created_at = now() - interval '61 minutes'")
    send_due(pool, Settings())
    found = known(pool, written)
    assert found.state == "dead" and "TENFOLD_SMTP_URL" in (found.last_error or "")


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:notaport",
        "smtp://mail.example?tls=maybe",
        "smtp://mail.example?starttls=no",
        "smtp://me:secret@mail.example?tls=none",
        "smtps://mail.example?tls=none",
        "smtp://me:secret-كلمة@mail.example",
    ],
)
def test_a_url_that_cannot_be_a_mail_server_is_refused_without_telling_the_password(url: str) -> None:
    with pytest.raises(SettingsError, match="TENFOLD_SMTP_URL") as refused:
        mail_server.read(Settings(smtp_url=url, mail_from="desk@example.org"))
    assert "secret" not in str(refused.value)


def test_ports_and_security_follow_from_the_scheme() -> None:
    def read(url: str) -> tuple[int, str]:
        found = mail_server.read(Settings(smtp_url=url, mail_from="desk@example.org"))
        assert found is not None
        return found.port, found.security

    assert read("smtp://mail.example") == (587, "starttls")
    assert read("smtps://mail.example") == (465, "tls")
    assert read("smtp://localhost:25?tls=none") == (25, "none")


@pytest.mark.parametrize(
    "text", ["", "amal", "a b@example.org", "a@b@c, d@e", "أمل@example.org", "a@exa mple"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"mail address|ASCII"):
        mail_server.address(text)


def test_a_domain_may_be_arabic() -> None:
    assert mail_server.address("desk@مثال.إختبار").addr_spec == "desk@xn--mgbh0fb.xn--kgbechtv"


@given(st.text(max_size=60))
def test_an_address_is_refused_or_has_one_line(text: str) -> None:
    try:
        found = mail_server.address(text)
    except ValueError:
        return
    assert "\n" not in found.addr_spec and "\r" not in found.addr_spec and found.addr_spec.isascii()
