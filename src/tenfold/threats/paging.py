"""Calling people to an urgent threat: by signed webhook and by mail, again and again until somebody looks.

A call says level, kind of target, number, clock and where to look: no name and no quoted text, because it
passes through systems and screens that nobody guards.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from tenfold import config
from tenfold.store import deliveries, mails, on_call, threat_pages, threats, webhooks
from tenfold.store.database import Conn
from tenfold.store.deliveries import Message
from tenfold.store.mails import NewMail
from tenfold.store.people import Locale
from tenfold.store.threats import Said, Threat
from tenfold.threats import records
from tenfold.threats.words import WORDS, moment

EVERY = timedelta(minutes=5)
ROUNDS = 12  # an hour of calls; after that they are only a noise, and the list shows what is overdue
AT_ONCE = 50  # threats whose next round is written in one transaction


class Called(msgspec.Struct, frozen=True):
    """What one round wrote."""

    webhooks: int = 0
    mails: int = 0


def page(conn: Conn, threat_id: int, now: datetime, desk: str | None = None) -> Called:
    """Call the people of the first step, in the caller's transaction: what it wrote goes out when that
    commits. A threat that is calling already does not call twice. `desk`: the console's address.
    """
    if not threat_pages.start(conn, threat_id, now):
        return Called()
    return _round(conn, threat_id, now, desk)


def repeat(conn: Conn, now: datetime, desk: str | None = None) -> int:
    """Write the next round for threats that nobody has looked at; returns for how many."""
    due = threat_pages.due(conn, now, AT_ONCE)
    for paging in due:
        if _load(conn, paging.threat_id).status == "closed":
            threat_pages.end(conn, paging.threat_id, "closed")
        elif paging.rounds >= ROUNDS:
            threat_pages.end(conn, paging.threat_id, "spent")
            _note(conn, paging.threat_id, now, "page.spent", rounds=paging.rounds)
        else:
            _round(conn, paging.threat_id, now, desk)
    return len(due)


def seen(conn: Conn, threat_id: int, now: datetime, actor: str) -> bool:
    """Somebody looks: nobody is called any more, and what has not gone out yet does not. False if nobody
    was being called."""
    if not threat_pages.end(conn, threat_id, "seen"):
        return False
    mails.cancel_pages(conn, threat_id)
    deliveries.cancel_pages(conn, threat_id)
    _note(conn, threat_id, now, "page.answered", actor)
    return True


def _round(conn: Conn, threat_id: int, now: datetime, desk: str | None) -> Called:
    threat = _load(conn, threat_id)
    number = threat_pages.called(conn, threat_id, now + EVERY)
    link = f"{desk or config.load().url}/threats/{threat_id}"
    message = Message(type=webhooks.THREAT_PAGE, body=_body(threat, number, link, now))
    sent = deliveries.enqueue(conn, [message], now)
    called = on_call.called_in(on_call.load_all(conn), number)
    written = [_mail(person.email, person.locale, threat, number, link) for person in called]
    mails.write(conn, written, now)
    told = Called(webhooks=len(sent), mails=len(written))
    _note(conn, threat_id, now, "paged", round=number, webhooks=told.webhooks, mails=told.mails)
    return told


def _load(conn: Conn, threat_id: int) -> Threat:
    found = threats.load(conn, [threat_id]).get(threat_id)
    if found is None:
        raise ValueError(f"there is no threat {threat_id}")
    return found


def _body(threat: Threat, number: int, link: str, now: datetime) -> dict[str, Any]:
    return {
        "type": webhooks.THREAT_PAGE,
        "timestamp": _stamp(now),
        "data": {
            "threat": threat.id,
            "level": records.listed_level(threat),
            "target_kind": threat.target_kind,
            "opened_at": _stamp(threat.opened_at),
            "due_at": _stamp(threat.due_at) if threat.due_at else None,
            "round": number,
            "rounds": ROUNDS,
            "desk": link,
        },
    }


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _mail(address: str, locale: Locale, threat: Threat, number: int, link: str) -> NewMail:
    words = WORDS[locale]
    level = words.name("level", records.listed_level(threat))
    values: dict[str, str | int] = {
        "level": level,
        "threat": str(threat.id),
        "round": str(number),
        "rounds": str(ROUNDS),
    }
    lines = [
        words.say("page.lead"),
        "",
        words.say("page.level", level=level),
        words.say("page.target", target=words.name("target", threat.target_kind)),
        words.say("page.opened", at=moment(threat.opened_at)),
        *([words.say("page.due", at=moment(threat.due_at))] if threat.due_at else []),
        "",
        words.say("page.link", link=link),
        "",
        words.say("page.round", **values),
        words.say("page.silent"),
    ]
    subject = words.say("page.subject" if number == 1 else "page.subject.again", **values)
    return NewMail(
        recipient=address, locale=locale, subject=subject, body="\n".join(lines) + "\n", threat_id=threat.id
    )


def _note(conn: Conn, threat_id: int, now: datetime, act: str, actor: str = "system", **details: int) -> None:
    threats.log(conn, [Said(threat_id=threat_id, actor=actor, act=act, details=dict(details))], now)
