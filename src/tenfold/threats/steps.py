"""What people do with threats: one function for each step (transitions.py says what may follow what).

`actor` names who acts: `user:3` (console), `key:1` (API), `cli:NAME`. Nothing here commits. Every step is in
the record's log and in the audit chain, which names nobody who is watched over.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from tenfold.detectors.threat.levels import ORDER, T0, T1
from tenfold.store import audit, threat_corrections, threat_sources, threats
from tenfold.store.audit import Entry
from tenfold.store.database import Conn
from tenfold.store.threats import Said, Threat
from tenfold.threats import clocks, corrections, paging
from tenfold.threats.corrections import CorrectionError
from tenfold.threats.transitions import (
    OUTCOMES,
    STEPS,
    MergedError,
    Outcome,
    Status,
    Step,
    StepRefusedError,
    UnknownThreatError,
    WishError,
)

MAX_REASON = 10_000
MONITORED_FOR = timedelta(days=7)  # until a monitored threat is due again, where nobody says when
GRAVE_LEVELS: Final = frozenset({T0, T1})  # only a person closes these


def look(conn: Conn, threat_id: int, actor: str, now: datetime) -> None:
    """A person has the record before him: the first such look is the end of the time to a human. Every look
    is in the audit chain."""
    threat = _begin(conn, threat_id, Step.LOOK)
    if _seen(threat, actor, now):
        threats.log(conn, [Said(threat_id=threat_id, actor=actor, act="seen")], now)
        threats.write(conn, [threat])
    paging.seen(conn, threat_id, now, actor)
    audit.append(conn, [Entry(actor=actor, act="threat.viewed", subject=f"threat:{threat_id}")])


def take_on(conn: Conn, threat_id: int, actor: str, now: datetime) -> None:
    """Become the record's owner, in another's place, too."""
    threat = _begin(conn, threat_id, Step.TAKE_ON)
    before, threat.owner = threat.owner, actor
    _done(conn, threat, Step.TAKE_ON, actor=actor, now=now, details={"before": before})


def hand_over(conn: Conn, threat_id: int, *, owner: str | None, actor: str, now: datetime) -> None:
    """Give the record to somebody else, or to nobody."""
    threat = _begin(conn, threat_id, Step.HAND_OVER)
    before, threat.owner = threat.owner, None if owner is None else _text("owner", owner)
    _done(
        conn, threat, Step.HAND_OVER, actor=actor, now=now, details={"before": before, "owner": threat.owner}
    )


def assess(
    conn: Conn,
    threat_id: int,
    *,
    level: str,
    outcome: Outcome | None = None,
    reason: str,
    actor: str,
    now: datetime,
) -> None:
    """Say how grave it is; from now on that is in force. `outcome` may be said before it is closed."""
    threat = _begin(conn, threat_id, Step.ASSESS)
    if level not in ORDER:
        raise WishError("level", f"{level[:40]!r} is none of {', '.join(ORDER)}")
    _check_outcome(outcome)
    reason = _text("reason", reason)
    before = threat.level
    _set_level(threat, level, actor, now)
    threat.outcome = outcome
    details = {"before": before, "level": level, "outcome": outcome, "reason": reason}
    _done(conn, threat, Step.ASSESS, actor=actor, now=now, details=details)


def correct(
    conn: Conn,
    threat_id: int,
    *,
    factor: str,
    value: Any,
    reason: str,
    actor: str,
    now: datetime,
) -> str:
    """Correct a factor (corrections.FACTORS; None: it is not there) and assess again; returns the level that
    is in force then. The correction is kept with the text that was read."""
    threat = _begin(conn, threat_id, Step.CORRECT)
    try:
        value = corrections.checked(factor, value)
    except CorrectionError as error:
        raise WishError(error.factor, error.reason) from None
    reason = _text("reason", reason)
    lead = threat_sources.gravest(conn, [threat_id]).get(threat_id)
    if lead is None:
        raise StepRefusedError(f"the sources of threat {threat_id} are no longer kept", threat.status)
    before = corrections.value_of(corrections.applied(lead.details, threat.corrected), factor)
    threat.corrected = {**threat.corrected, factor: value}
    level, was = _corrected_level(threat, lead.details), threat.level
    _set_level(threat, level, actor, now)
    threat_corrections.add(
        conn, threat_id, actor=actor, factor=factor, before=before, after=value, reason=reason,
        language=lead.language, text=lead.text, details=lead.details, now=now,
    )  # fmt: skip
    details = {"factor": factor, "level": level, "level_before": was, "reason": reason}
    _done(conn, threat, Step.CORRECT, actor=actor, now=now, details=details)
    return level


def escalate(conn: Conn, threat_id: int, *, reason: str, actor: str, now: datetime) -> None:
    """Ask for somebody above; nobody owns it until one takes it, and its clock runs anew."""
    threat = _begin(conn, threat_id, Step.ESCALATE)
    reason = _text("reason", reason)
    before, threat.owner = threat.owner, None
    _done(conn, threat, Step.ESCALATE, actor=actor, now=now, details={"before": before, "reason": reason})
    threat.due_at = clocks.due(threat.level, now)
    threats.write(conn, [threat])


def refer(conn: Conn, threat_id: int, *, referral: int, actor: str, now: datetime) -> None:
    """A referral of it was sent (threats.referrals calls this)."""
    threat = _begin(conn, threat_id, Step.REFER)
    _done(conn, threat, Step.REFER, actor=actor, now=now, details={"referral": referral})


def recall(conn: Conn, threat_id: int, *, referral: int, actor: str, now: datetime) -> None:
    """The last referral of it was withdrawn: it is escalated again."""
    threat = _begin(conn, threat_id, Step.RECALL)
    _done(conn, threat, Step.RECALL, actor=actor, now=now, details={"referral": referral})


def monitor(
    conn: Conn, threat_id: int, *, reason: str, actor: str, now: datetime, until: datetime | None = None
) -> None:
    """Keep an eye on it; it is due again at `until`, in a week where nobody says when."""
    threat = _begin(conn, threat_id, Step.MONITOR)
    reason = _text("reason", reason)
    if until is not None and until <= now:
        raise WishError("until", "is not to come")
    again = until or now + MONITORED_FOR
    _done(
        conn,
        threat,
        Step.MONITOR,
        actor=actor,
        now=now,
        details={"reason": reason, "until": again.isoformat()},
    )
    threat.due_at = again
    threats.write(conn, [threat])


def close(conn: Conn, threat_id: int, *, outcome: Outcome, reason: str, actor: str, now: datetime) -> None:
    """Conclude. T0 and T1, in force or asked about, are closed by a person at the console or the command
    line."""
    threat = _begin(conn, threat_id, Step.CLOSE)
    _check_outcome(outcome)
    reason = _text("reason", reason)
    if not actor.startswith(("user:", "cli:")) and not GRAVE_LEVELS.isdisjoint(
        {threat.level, threat.read_level}
    ):
        raise StepRefusedError(
            f"threat {threat_id} is {threat.level}, read as {threat.read_level}: only a person at the console"
            " closes T0 and T1",
            threat.status,
        )
    threat.outcome, threat.closed_at, threat.asks = outcome, now, []
    _done(
        conn,
        threat,
        Step.CLOSE,
        actor=actor,
        now=now,
        details={"outcome": outcome, "reason": reason, "level": threat.level},
    )


def reopen(conn: Conn, threat_id: int, *, reason: str, actor: str, now: datetime) -> None:
    """Take a closed record up again."""
    threat = _begin(conn, threat_id, Step.REOPEN)
    reason = _text("reason", reason)
    outcome, threat.outcome, threat.closed_at, threat.owner = threat.outcome, None, None, actor
    _done(conn, threat, Step.REOPEN, actor=actor, now=now, details={"outcome": outcome, "reason": reason})


def note(conn: Conn, threat_id: int, *, text: str, actor: str, now: datetime) -> None:
    """Write a note; it changes nothing."""
    _begin(conn, threat_id, Step.LOOK)
    threats.log(
        conn, [Said(threat_id=threat_id, actor=actor, act="note", details={"text": _text("text", text)})], now
    )
    audit.append(conn, [Entry(actor=actor, act="threat.noted", subject=f"threat:{threat_id}")])


def _begin(conn: Conn, threat_id: int, step: Step) -> Threat:
    """Lock the record and see whether the step is allowed."""
    threat = threats.load(conn, [threat_id], lock=True).get(threat_id)
    if threat is None:
        raise UnknownThreatError(f"there is no threat {threat_id}")
    if threat.merged_into is not None and step is not Step.LOOK:
        raise MergedError(threat_id, threat.merged_into)
    if (Status(threat.status), step) not in STEPS:
        words = step.value.replace("_", " ")
        raise StepRefusedError(f"threat {threat_id} is {threat.status}: it cannot {words} now", threat.status)
    return threat


def _seen(threat: Threat, actor: str, now: datetime) -> bool:
    """Stamp the first look of a person; whether this was it."""
    if threat.seen_at is not None:
        return False
    threat.seen_at = now
    threat.in_time = threat.due_at is None or now <= threat.due_at
    return True


def _set_level(threat: Threat, level: str, actor: str, now: datetime) -> None:
    threat.level = threat.assessed_level = level
    threat.assessed_read = threat.read_level
    threat.assessed_at, threat.assessed_by = now, actor
    threat.asks = []


def _corrected_level(threat: Threat, details: Mapping[str, Any]) -> str:
    """The level that the table gives to the corrected factors, raised by what raises the record."""
    changed = corrections.applied(details, threat.corrected)
    level = corrections.assess(changed).level
    return corrections.raised_again(level, threat.findings, changed)


def _done(
    conn: Conn, threat: Threat, step: Step, *, actor: str, now: datetime, details: Mapping[str, Any]
) -> None:
    """Write what the step makes of the record, its log and the audit chain. What a person did stops the
    clock."""
    _seen(threat, actor, now)
    if step not in (Step.TAKE_ON, Step.HAND_OVER):
        threat.due_at = None
    threat.status = STEPS[Status(threat.status), step].value
    threat.updated_at = now
    threats.write(conn, [threat])
    paging.seen(conn, threat.id, now, actor)
    threats.log(conn, [Said(threat_id=threat.id, actor=actor, act=step.value, details=dict(details))], now)
    told = {
        name: value for name, value in details.items() if name != "reason"
    }  # it may name who is watched over
    audit.append(
        conn, [Entry(actor=actor, act=f"threat.{step.value}", subject=f"threat:{threat.id}", details=told)]
    )


def _check_outcome(outcome: str | None) -> None:
    if outcome is not None and outcome not in OUTCOMES:
        raise WishError("outcome", f"{outcome[:40]!r} is none of {', '.join(OUTCOMES)}")


def _text(field: str, text: str) -> str:
    """A text that can be kept."""
    if not text.strip():
        raise WishError(field, "is empty; say why in a sentence")
    if len(text) > MAX_REASON:
        raise WishError(field, f"is longer than {MAX_REASON:,} characters")
    if "\0" in text:
        raise WishError(field, "holds the character U+0000; remove it")
    return text.strip()
