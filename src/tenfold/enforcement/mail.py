"""Sending mail from the outbox: each mail at least once, or listed as dead.

A server's refusal (5xx) of a mail ends it; anything else is tried again. Nothing here writes a password, an
address or a text to the log.
"""

import logging
import smtplib
import ssl
from datetime import UTC, datetime, timedelta

import msgspec
from psycopg_pool import ConnectionPool

from tenfold.config import Settings
from tenfold.enforcement import mail_server
from tenfold.enforcement.mail_server import MailServer
from tenfold.store import audit, mails
from tenfold.store.audit import Entry
from tenfold.store.database import Conn
from tenfold.store.mails import Due, Outcome

AT_ONCE = 5  # mails over one connection
LEASE = timedelta(minutes=5)  # who needs longer may send a mail twice, under one Message-ID
# Waits between attempts; after the last a mail is dead. A call that is hours late helps nobody.
BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 30, 60, 120, 300, 600, 1_800))
MAX_ERROR = 300  # characters kept
UNSET = timedelta(hours=1)  # how long mails wait for a mail server to be set
_UNSET_ERROR = "no mail server is set: TENFOLD_SMTP_URL"

log = logging.getLogger("tenfold.mail")


class Attempt(msgspec.Struct, frozen=True):
    """What the server said to one mail: no error, an error for good, or one that may pass."""

    error: str | None = None
    final: bool = False


def send_due(pool: ConnectionPool[Conn], settings: Settings) -> int:
    """Send what is due until nothing is; returns how many attempts were made."""
    server = mail_server.read(settings)
    if server is None:
        with pool.connection() as conn:
            mails.expire(conn, datetime.now(UTC) - UNSET, _UNSET_ERROR)
        return 0
    attempts = 0
    while True:
        with pool.connection() as conn:
            due = mails.claim(conn, AT_ONCE, LEASE, datetime.now(UTC))
        if not due:
            return attempts
        attempts += len(due)
        _send_all(pool, server, due)


def _send_all(pool: ConnectionPool[Conn], server: MailServer, due: list[Due]) -> None:
    """Send claimed mails over one connection, each recorded as soon as it is out."""
    session: smtplib.SMTP | None = None
    try:
        for one in due:
            with pool.connection() as conn:
                if not mails.wanted(conn, one.id):
                    continue
            session, attempt = _send(session, server, one)
            with pool.connection() as conn:
                record(conn, one, attempt, datetime.now(UTC))
    finally:
        _leave(session)


def _send(session: smtplib.SMTP | None, server: MailServer, due: Due) -> tuple[smtplib.SMTP | None, Attempt]:
    """One attempt; the connection comes back if it is still of use."""
    try:
        message = mail_server.compose(due, server.sender, datetime.now(UTC))
        if session is None:
            session = mail_server.connect(server, ssl.create_default_context())
        session.send_message(message)
        return session, Attempt()
    except smtplib.SMTPRecipientsRefused as refused:
        code, text = next(iter(refused.recipients.values()))
        return session, Attempt(_clean(f"{code} {_text(text)}", server), final=code >= 500)
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as refused:
        error = f"{refused.smtp_code} {_text(refused.smtp_error)}"
        return session, Attempt(_clean(error, server), final=refused.smtp_code >= 500)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        _leave(session)
        final = isinstance(error, ValueError) and not isinstance(error, OSError)  # the mail itself is no mail
        return None, Attempt(_clean(f"{type(error).__name__}: {error}", server), final=final)


def record(conn: Conn, due: Due, attempt: Attempt, now: datetime) -> None:
    """Write what became of an attempt."""
    if attempt.error is None:
        mails.record(conn, [Outcome(id=due.id, state="sent")], now)
        return
    dead = attempt.final or due.attempts > len(BACKOFF)
    if not dead:
        next_at = now + BACKOFF[due.attempts - 1]
        mails.record(conn, [Outcome(id=due.id, state="pending", next_at=next_at, error=attempt.error)], now)
        return
    mails.record(conn, [Outcome(id=due.id, state="dead", error=attempt.error)], now)
    log.warning("mail %s is given up after %d attempts", due.id, due.attempts)
    details = {"error": attempt.error, "attempts": due.attempts}
    audit.append(conn, [Entry(actor="system", act="mail.dead", subject=f"mail:{due.id}", details=details)])


def _leave(session: smtplib.SMTP | None) -> None:
    if session is not None:
        session.close()


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer


def _clean(error: str, server: MailServer) -> str:
    """An error to keep: one line, and without the password should a server have said it back."""
    if server.password:
        error = error.replace(server.password, "***")
    return " ".join(error.split())[:MAX_ERROR]
