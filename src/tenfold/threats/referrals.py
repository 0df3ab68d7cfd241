"""Referrals: drafted by one person, approved by another, sent, and the log of who got it.

Every change voids an approval. What was approved are the packet's very bytes; what leaves the house is made
from these. The database enforces both, and that two people act, whatever this module does (migration 0011).

Errors: UnknownReferralError, StepRefusedError (its state does not allow it), FourEyesError (the same person
twice), WishError (what was written; it names the field).
"""

from datetime import datetime
from typing import Any

import msgspec

from tenfold.store import audit, holds, referrals, threats
from tenfold.store.audit import Entry
from tenfold.store.database import Conn
from tenfold.store.referrals import Referral, Translation, Wish
from tenfold.threats import packet, packet_pdf, preserving, steps
from tenfold.threats.transitions import StepRefusedError, UnknownThreatError, WishError

MAX_LINE, MAX_TEXT = 300, 20_000  # characters
MAX_UNKNOWN = 50
MAX_TRANSLATIONS = 500


class UnknownReferralError(LookupError):
    """There is no such referral."""


class FourEyesError(StepRefusedError):
    """Who drafted or changed it cannot approve it."""


def draft(conn: Conn, threat_id: int, wish: Wish, actor: str, now: datetime) -> int:
    """Begin a referral; returns its id. Its evidence is preserved and held from now on."""
    threat = threats.load(conn, [threat_id], lock=True).get(threat_id)
    if threat is None:
        raise UnknownThreatError(f"there is no threat {threat_id}")
    if threat.status == "closed":
        raise StepRefusedError(f"threat {threat_id} is closed; reopen it to refer it", threat.status)
    wish = checked(wish)
    if threat.status == "new":
        steps.take_on(conn, threat_id, actor, now)
    referral_id = referrals.add(conn, threat_id, wish, actor, now)
    preserving.preserve(
        conn, threat_id, referral_id=referral_id, reason=f"referral {referral_id}", actor=actor, now=now
    )
    _say(conn, referral_id, actor, "drafted", now)
    return referral_id


def change(conn: Conn, referral_id: int, wish: Wish, actor: str, now: datetime) -> None:
    """Write it anew; an approval is void. What has come to the threat since is preserved, too."""
    referral = _begin(conn, referral_id, "change", "draft", "approved")
    referrals.change(conn, referral_id, checked(wish), actor, now)
    preserving.preserve(
        conn,
        referral.threat_id,
        referral_id=referral_id,
        reason=f"referral {referral_id}",
        actor=actor,
        now=now,
    )
    _say(conn, referral_id, actor, "changed", now, voided=referral.state == "approved")


def approve(conn: Conn, referral_id: int, *, seen: str, actor: str, now: datetime) -> str:
    """Approve what was looked at; returns the digest of the packet. `seen`: the digest of the draft as it was
    shown: if it has changed since, nothing is approved. A person approves, another than who wrote it."""
    referral = _begin(conn, referral_id, "approve", "draft")
    if not actor.startswith("user:"):
        raise FourEyesError("a person at the console approves referrals", referral.state)
    if actor in (referral.drafted_by, referral.changed_by):
        raise FourEyesError("who drafted or changed a referral cannot approve it", referral.state)
    if seen != draft_digest(conn, referral):
        raise StepRefusedError("it has changed since it was shown; look at it again", referral.state)
    text = packet.canonical(packet.build(conn, referral, actor, now))
    digest = holds.digest(text)
    referrals.approve(conn, referral_id, actor=actor, packet=text, sha256=digest, now=now)
    _say(conn, referral_id, actor, "approved", now, sha256=digest)
    return digest


def send(
    conn: Conn, referral_id: int, *, recipient: str, channel: str, reference: str, actor: str, now: datetime
) -> None:
    """Write who got it, how, and under which number; again for each further recipient."""
    referral = _begin(conn, referral_id, "be sent", "approved", "sent")
    told = {
        "recipient": _line("recipient", recipient),
        "channel": _line("channel", channel),
        "reference": _line("reference", reference, needed=False),
        "sha256": referral.packet_sha256,
    }
    if referral.state == "approved":
        steps.refer(conn, referral.threat_id, referral=referral_id, actor=actor, now=now)
    referrals.set_state(conn, referral_id, "sent", now)
    _say(conn, referral_id, actor, "sent", now, **told)


def withdraw(conn: Conn, referral_id: int, *, reason: str, actor: str, now: datetime) -> None:
    """Take it back; who has got it already has to be told by people. Its evidence stays held until lifted."""
    referral = _begin(conn, referral_id, "be withdrawn", "draft", "approved", "sent")
    reason = _text("reason", reason)
    referrals.set_state(conn, referral_id, "withdrawn", now)
    others = [one for one in referrals.of_threat(conn, referral.threat_id) if one.state == "sent"]
    threat = threats.load(conn, [referral.threat_id]).get(referral.threat_id)
    if referral.state == "sent" and not others and threat is not None and threat.status == "referred":
        steps.recall(conn, referral.threat_id, referral=referral_id, actor=actor, now=now)
    _say(conn, referral_id, actor, "withdrawn", now, reason=reason)


def lift(conn: Conn, referral_id: int, *, reason: str, actor: str, now: datetime) -> int:
    """Hold its evidence no longer; the copies are forgotten holds.LIFTED_FOR later. Returns how many
    subjects were held."""
    _begin(conn, referral_id, "be lifted", "sent", "withdrawn")
    reason = _text("reason", reason)
    count = holds.lift(conn, referral_id, actor, now)
    _say(conn, referral_id, actor, "hold_lifted", now, reason=reason, subjects=count)
    return count


def document(conn: Conn, referral: Referral) -> str:
    """The packet as canonical JSON: as approved, or as it would be."""
    return referral.packet or packet.canonical(packet.build(conn, referral))


def draft_digest(conn: Conn, referral: Referral) -> str:
    """The digest of a draft's packet, by which an approval says what was looked at."""
    return holds.digest(packet.canonical(packet.build(conn, referral)))


def export(conn: Conn, referral: Referral, form: str, *, actor: str, now: datetime) -> bytes:
    """The packet as `json` or `pdf`, with a line in the log that says who took it."""
    text = document(conn, referral)
    content = text.encode() if form == "json" else packet_pdf.render(text)
    told = {"form": form, "sha256": holds.digest(text), "state": referral.state}
    _say(conn, referral.id, actor, "exported", now, **told)
    return content


def names_protected(conn: Conn, referral: Referral) -> bool:
    """Whether its packet names who is watched over: as approved, or as it would be now."""
    if referral.packet is not None:
        return bool(msgspec.json.decode(referral.packet)["target"]["protectees"])
    return referral.protectees and referrals.names_anybody(conn, referral.threat_id)


def get(conn: Conn, referral_id: int) -> Referral:
    """One referral; UnknownReferralError if there is none."""
    found = referrals.load(conn, referral_id)
    if found is None:
        raise UnknownReferralError(f"there is no referral {referral_id}")
    return found


def checked(wish: Wish) -> Wish:
    """A wish that can be kept, without spaces around its texts; WishError."""
    if not wish.legal_basis:
        raise WishError("legal_basis", "is missing; say on which ground it is told")
    if len(wish.country) != 2 or not wish.country.isascii() or not wish.country.isalpha():
        raise WishError("country", "is two letters as in ISO 3166, such as DE")
    if len(wish.unknown) > MAX_UNKNOWN or len(wish.translations) > MAX_TRANSLATIONS:
        raise WishError("unknown", f"has more than {MAX_UNKNOWN} lines or {MAX_TRANSLATIONS} translations")
    if "national" in wish.legal_basis and not wish.legal_note.strip():
        raise WishError("legal_note", "is missing; name the national law")
    return msgspec.structs.replace(
        wish,
        authority=_line("authority", wish.authority),
        country=wish.country.upper(),
        legal_basis=tuple(dict.fromkeys(wish.legal_basis)),
        legal_note=_text("legal_note", wish.legal_note, needed=False),
        statement=_text("statement", wish.statement),
        unknown=tuple(_text("unknown", one) for one in wish.unknown if one.strip()),
        translations={key: _translation(one) for key, one in sorted(wish.translations.items())},
        asks=_line("asks", wish.asks),
        callback=_line("callback", wish.callback),
    )


def _translation(one: Translation) -> Translation:
    language = _line("translations", one.language)
    return msgspec.structs.replace(one, language=language, text=_text("translations", one.text))


def _begin(conn: Conn, referral_id: int, step: str, *states: str) -> Referral:
    """Lock it, and see whether its state allows the step."""
    found = referrals.load(conn, referral_id, lock=True)
    if found is None:
        raise UnknownReferralError(f"there is no referral {referral_id}")
    if found.state not in states:
        raise StepRefusedError(f"referral {referral_id} is {found.state}: it cannot {step} now", found.state)
    return found


def _line(field: str, text: str, *, needed: bool = True) -> str:
    text = " ".join(_text(field, text, needed=needed).split())
    if len(text) > MAX_LINE:
        raise WishError(field, f"is longer than {MAX_LINE} characters")
    return text


def _text(field: str, text: str, *, needed: bool = True) -> str:
    if needed and not text.strip():
        raise WishError(field, "is empty")
    if len(text) > MAX_TEXT:
        raise WishError(field, f"is longer than {MAX_TEXT:,} characters")
    if "\0" in text:
        raise WishError(field, "holds the character U+0000; remove it")
    return text.strip()


def _say(conn: Conn, referral_id: int, actor: str, act: str, now: datetime, **details: Any) -> None:
    """Into the referral's log, and the audit chain, which keeps no reasons: they may name people."""
    referrals.note(conn, referral_id, actor=actor, act=act, details=details, now=now)
    told = {
        name: value for name, value in details.items() if name not in ("reason", "recipient", "reference")
    }
    audit.append(
        conn, [Entry(actor=actor, act=f"referral.{act}", subject=f"referral:{referral_id}", details=told)]
    )
