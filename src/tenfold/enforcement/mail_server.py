"""The operator's mail server: what TENFOLD_SMTP_URL says, a connection to it, and one mail as bytes."""

import smtplib
import ssl
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from tenfold.config import Settings, SettingsError
from tenfold.store.mails import Due

SECONDS = 20.0  # for each answer of the server
Security = Literal["starttls", "tls", "none"]
_PORTS = {"smtp": 587, "smtps": 465}
_FORMS = "smtp://user:password@host:587 (STARTTLS), smtps://... (TLS) or smtp://host:25?tls=none"


class MailServer(msgspec.Struct, frozen=True, kw_only=True):
    """Where mail is handed in, how the connection is secured, and who it is from."""

    host: str
    port: int
    security: Security
    user: str
    password: str
    sender: Address

    def __repr__(self) -> str:
        return f"MailServer({self.host}:{self.port}, {self.security})"


def address(text: str) -> Address:
    """A mail address as written by people: `on-call@example.org` or `Desk <desk@example.org>`.

    ValueError unless it is one address with an ASCII local part; the domain may be in any script.
    """
    name, bare = parseaddr(text)
    local, _, domain = bare.rpartition("@")
    plain = bare in text and text.isprintable() and len(text) <= 320
    if not (local and domain and plain) or any(mark in bare for mark in ' ,;:()<>"\\'):
        raise ValueError(f"{text[:80]!r} is not one mail address, such as on-call@example.org")
    try:
        local.encode("ascii")
        return Address(display_name=name, username=local, domain=domain.encode("idna").decode())
    except (UnicodeError, ValueError):
        raise ValueError(f"{text[:80]!r}: the part before @ must be ASCII, the domain a real one") from None


def read(settings: Settings) -> MailServer | None:
    """The mail server of the settings; None if none is set, SettingsError if it cannot be one."""
    if not settings.smtp_url:
        return None
    try:
        parts = urlsplit(settings.smtp_url)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
        choice = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
    except ValueError:
        raise SettingsError(f"TENFOLD_SMTP_URL: not a URL; write {_FORMS}") from None
    tls = choice.pop("tls", ["none"] if parts.scheme == "" else ["on"])[-1]
    if parts.scheme not in _PORTS or not host or choice or tls not in ("on", "none"):
        raise SettingsError(f"TENFOLD_SMTP_URL: write {_FORMS}")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if tls == "none" and (user or parts.scheme == "smtps"):
        raise SettingsError("TENFOLD_SMTP_URL: tls=none would send the password in the clear; leave it out")
    if not (user + password).isascii():
        raise SettingsError("TENFOLD_SMTP_URL: mail servers take users and passwords in ASCII alone")
    try:
        sender = address(settings.mail_from)
    except ValueError as error:
        raise SettingsError(f"TENFOLD_MAIL_FROM: {error}") from None
    security: Security = "none" if tls == "none" else "tls" if parts.scheme == "smtps" else "starttls"
    return MailServer(host=host, port=port, security=security, user=user, password=password, sender=sender)


def connect(server: MailServer, tls: ssl.SSLContext) -> smtplib.SMTP:
    """A connection that is secured and logged in; SMTPException or OSError if there is none to be had.

    With STARTTLS asked for, a server that does not offer it gets nothing.
    """
    if server.security == "tls":
        session: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=tls)
    else:
        session = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    try:
        if server.security == "starttls":
            session.starttls(context=tls)
        if server.user:
            session.login(server.user, server.password)
    except BaseException:
        session.close()
        raise
    return session


def compose(due: Due, sender: Address, now: datetime) -> EmailMessage:
    """The mail: plain text, and the same as HTML, which alone can say that Arabic runs from right to left.

    Its Message-ID is the outbox's id, so a mail that is sent twice can be known as one.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = address(due.recipient)
    message["Subject"] = due.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{due.id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Importance"] = "high"
    message.set_content(due.body, cte="base64")
    direction = "rtl" if due.locale == "ar" else "ltr"
    lines = "".join(f"<p>{escape(line)}</p>\n" for line in due.body.splitlines() if line)
    page = f'<html lang="{due.locale}" dir="{direction}"><body>\n{lines}</body></html>\n'
    message.add_alternative(page, subtype="html", cte="base64")
    return message
