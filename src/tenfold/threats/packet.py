"""The packet of a referral as data: everything that law enforcement is told, and what is not known.

It is made from the referral, the threat's record and the preserved copies alone, in a fixed order, so that
the same state gives the same bytes: canonical JSON (keys sorted, no spaces, UTF-8). Its digest stands for it.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from tenfold.detectors.threat.levels import RESOLVABLE
from tenfold.store import holds, people, protectees, threat_sources
from tenfold.store.database import Conn
from tenfold.store.holds import Preserved
from tenfold.store.referrals import Referral
from tenfold.threats import preserving, shown
from tenfold.threats.shown import ThreatView
from tenfold.threats.words import WORDS, Words

FORMAT = "tenfold-referral/1"
TEXTS = 200  # texts in a packet, the gravest first; the others are preserved and counted
ACCOUNTS = 60  # accounts in a packet
SESSIONS = 50  # of an account in a packet, the latest


def build(
    conn: Conn, referral: Referral, approved_by: str | None = None, approved_at: datetime | None = None
) -> dict[str, Any]:
    """The packet as plain values. ValueError if the threat is not there any more."""
    view = shown.view(conn, referral.threat_id)
    if view is None:
        raise ValueError(f"there is no threat {referral.threat_id}")
    copies = _latest(holds.preserved(conn, referral.id))
    texts = [copy for copy in copies if copy.field]
    accounts = [copy for copy in copies if not copy.field]
    sources = threat_sources.page(conn, referral.threat_id, limit=preserving.SOURCES)
    gone = {
        (one.subject_kind, one.subject_id, one.field, one.text_sha256): one.gone_at
        for one in sources
        if one.gone_at
    }
    names = people.names(conn, _users([referral.drafted_by, approved_by]))
    return {
        "format": FORMAT,
        "referral": referral.id,
        "threat": referral.threat_id,
        "language": referral.language,
        "authority": referral.authority,
        "country": referral.country,
        "legal_basis": list(referral.legal_basis),
        "legal_note": referral.legal_note,
        "asks": referral.asks,
        "callback": referral.callback,
        "statement": referral.statement,
        "drafted": _act(names, referral.drafted_by, referral.drafted_at),
        "approved": _act(names, approved_by, approved_at) if approved_by and approved_at else None,
        "level": _level(view),
        "target": _target(conn, view, referral.protectees),
        "spread": _spread(view),
        "texts": [_text(copy, referral, gone) for copy in texts[:TEXTS]],
        "texts_left_out": view.threat.sources - len(texts[:TEXTS]),
        "accounts": [_account(copy) for copy in accounts[:ACCOUNTS]],
        "accounts_left_out": max(0, view.threat.accounts - len(accounts[:ACCOUNTS])),
        "unknown": list(referral.unknown),
        "evidence": [
            {"what": copy.key, "sha256": copy.sha256, "preserved_at": stamp(copy.at)} for copy in copies
        ],
    }


def canonical(packet: Mapping[str, Any]) -> str:
    """The packet as canonical JSON."""
    return msgspec.json.encode(packet, order="sorted").decode()


def stamp(at: datetime) -> str:
    """A time with its zone, as JSON writes it: UTC, to the microsecond."""
    return str(msgspec.to_builtins(at.astimezone(UTC)))


def direction(text: str) -> str:
    """The direction of a text by its first strong character: rtl or ltr."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in ("R", "AL"):
            return "rtl"
        if kind == "L":
            return "ltr"
    return "ltr"


def proposed_unknown(view: ThreatView, words: Words) -> list[str]:
    """What is not known, as far as the record shows it; people add to it and take away."""
    found = {factor.factor for factor in view.factors if factor.value not in (None, "", False)}
    missing = ["author", "network"]
    missing += [] if found & {"means", "preparation"} else ["capability"]
    missing += [name for name in ("when", "where") if name not in found]
    missing += [] if view.threat.target_kind in RESOLVABLE else ["target"]
    return [words.say(f"unknown.{name}") for name in [*missing, "serious"]]


def _latest(copies: Sequence[Preserved]) -> list[Preserved]:
    """Of copies of the same, the latest; texts first said first, then accounts by id."""
    latest = {copy.key: copy for copy in copies}
    return sorted(latest.values(), key=lambda copy: (not copy.field, _said_at(copy), copy.key))


def _said_at(copy: Preserved) -> str:
    return str(msgspec.json.decode(copy.content)["said_at"]) if copy.field else ""


def worth_saying(reasons: Sequence[str]) -> list[str]:
    """The reasons of a level without those that say nothing beside a graver one."""
    slight = ("some_detail", "low")
    grave = [one for one in dict.fromkeys(reasons) if one not in slight]
    return grave or list(dict.fromkeys(reasons))


def _users(actors: Sequence[str | None]) -> list[int]:
    numbers = (actor.removeprefix("user:") for actor in actors if actor and actor.startswith("user:"))
    return [int(number) for number in numbers]


def _act(names: Mapping[int, str], actor: str, at: datetime) -> dict[str, str]:
    name = names.get(_users([actor])[0], actor) if _users([actor]) else actor
    return {"actor": actor, "name": name, "at": stamp(at)}


def _level(view: ThreatView) -> dict[str, Any]:
    threat = view.threat
    return {
        "level": threat.level,
        "read_level": threat.read_level,
        "by": "person" if threat.assessed_level else "machine",
        "reasons": list(threat.reasons),
        "raised": list(threat.raised),
        "hours": view.imminence_hours,
        "factors": [
            {"factor": one.factor, "value": one.value, "corrected": one.corrected, "read": one.read}
            for one in view.factors
        ],
    }


def _target(conn: Conn, view: ThreatView, named: bool) -> dict[str, Any]:
    found = []
    for match in view.protectees if named else ():
        who = protectees.get(conn, match.protectee)
        found.append({"kind": who.kind, "name": who.name, "contact": who.contact, "how": match.how})
    return {
        "kind": view.threat.target_kind,
        "words": view.threat.target,
        "protected": view.threat.protected,
        "protectees": found,
    }


def _spread(view: ThreatView) -> dict[str, Any]:
    threat = view.threat
    return {
        "texts": threat.sources,
        "accounts": threat.accounts,
        "first_at": stamp(threat.first_at),
        "last_at": stamp(threat.last_at),
        "unit": view.spread.unit,
        "counts": [[stamp(at), texts, new] for at, texts, new in view.spread.counts],
    }


def _text(
    copy: Preserved, referral: Referral, gone: Mapping[tuple[str, str, str, str], datetime]
) -> dict[str, Any]:
    content = msgspec.json.decode(copy.content)
    gone_at = gone.get((copy.subject_kind, copy.subject_id, copy.field, content["text_sha256"]))
    translation = referral.translations.get(content["text_sha256"])
    return {
        "key": copy.key,
        "kind": copy.subject_kind,
        "id": copy.subject_id,
        "field": copy.field,
        "account": content["account"],
        "posted_at": content["said_at"],
        "read_at": content["read_at"],
        "gone_at": stamp(gone_at) if gone_at else None,
        "url": (content.get("post") or {}).get("url"),
        "language": content["language"],
        "direction": direction(content["text"]),
        "text": content["text"],
        "level": content["level"],
        "text_sha256": content["text_sha256"],
        "copy_sha256": copy.sha256,
        "translation": msgspec.to_builtins(translation) if translation else None,
    }


def _account(copy: Preserved) -> dict[str, Any]:
    content = msgspec.json.decode(copy.content)
    profile, profiles = content["profile"], [*content["profiles"], content["profile"]]

    def seen(name: str) -> list[str]:
        return list(dict.fromkeys(one[name] for one in profiles if one.get(name)))

    return {
        "id": copy.subject_id,
        "handles": seen("handle"),
        "names": seen("display_name"),
        "bio": profile.get("bio"),
        "location": profile.get("location"),
        "links": profile.get("links") or [],
        "created_at": profile.get("created_at"),
        "state": profile.get("state"),
        "identifiers": content["tokens"],
        "sessions": content["sessions"][:SESSIONS],
        "sessions_left_out": max(0, len(content["sessions"]) - SESSIONS),
        "hands": content["hands"],
        "copy_sha256": copy.sha256,
    }


def words_of(packet: Mapping[str, Any]) -> Words:
    """The words of a packet's language."""
    return WORDS["ar" if packet["language"] == "ar" else "en"]
