"""Bringing records up to date with their sources, and with how their authors go on.

A person's assessment is in force over what the machine reads until new sources would rank higher than what
that person concluded and was shown: then the record asks again (`asks`: higher), is listed by the higher
level and its clock runs; the assessed level stays until a person changes it. A closed record asks again
(`again`) when it was credible and goes on, or when somebody in it writes something new; else further copies
are counted and leave it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from tenfold.detectors.threat.levels import NONE, ORDER, T0
from tenfold.store import threat_sources, threats
from tenfold.store.database import Conn
from tenfold.store.threat_sources import Source, Summary
from tenfold.store.threats import Said, Threat
from tenfold.threats import clocks, corrections, escalation, history

HIGHER, AGAIN = "higher", "again"
LOOK_AGAIN = timedelta(minutes=10)  # how often links and posts of the accounts of open records are looked at
AT_ONCE = 20  # records


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """Which records a batch opened, gave a further source, or gave one that says something new."""

    opened: frozenset[int] = frozenset()
    grown: frozenset[int] = frozenset()
    fresh_words: frozenset[int] = frozenset()


def listed_level(threat: Threat) -> str:
    """The level that a record is listed by: the higher one that it asks about, else the one in force."""
    if HIGHER in threat.asks:
        return min(threat.level, threat.read_level, key=ORDER.index)
    return threat.level


def is_urgent(threat: Threat, before: Threat | None) -> bool:
    """Whether a record asks for a person at once and did not before."""
    if threat.status == "closed" or listed_level(threat) != T0:
        return False
    return before is None or before.status == "closed" or listed_level(before) != T0


def renew(conn: Conn, touched: Mapping[int, Threat], growth: Growth, now: datetime) -> None:
    """Set what follows from their sources in these locked records, and write them."""
    sums = threat_sources.summaries(conn, touched)
    leads = threat_sources.gravest(conn, touched)
    findings = history.findings(conn, touched)
    lines: list[Said] = []
    for id_, threat in sorted(touched.items()):
        if id_ not in sums:
            continue  # retention took its sources
        was = msgspec.structs.replace(threat)
        _describe(threat, sums[id_], leads[id_], findings.get(id_, {}))
        threat.updated_at = now
        if id_ in growth.opened:
            threat.opened_at, threat.due_at = now, clocks.due(threat.level, now)
            lines.append(_said(threat, "opened", level=threat.level, raised=threat.raised))
        else:
            lines += _ask_again(threat, was, growth, now)
    threats.write(conn, touched.values())
    threats.log(conn, lines, now)


def look_again(conn: Conn, now: datetime) -> list[int] | None:
    """Look at the links and posts of the accounts of some open records whose turn it is; returns those that
    have become urgent, None when it was no record's turn."""
    held = threats.lock_due(conn, now - LOOK_AGAIN, AT_ONCE)
    if not held:
        return None
    before = {id_: msgspec.structs.replace(threat) for id_, threat in held.items()}
    found = history.findings(conn, held)
    changed = {id_: threat for id_, threat in held.items() if found.get(id_, {}) != threat.findings}
    renew(conn, changed, Growth(), now)
    threats.looked_again(conn, held, now)
    return [id_ for id_, threat in changed.items() if is_urgent(threat, before[id_])]


def skip_turn(conn: Conn, now: datetime) -> None:
    """Let the next records have their turn."""
    threats.looked_again(conn, threats.lock_due(conn, now - LOOK_AGAIN, AT_ONCE), now)


def _describe(threat: Threat, sums: Summary, lead: Source, findings: dict[str, Any]) -> None:
    """What the sources come to, with what people corrected in the gravest."""
    details = corrections.applied(lead.details, threat.corrected) if threat.corrected else lead.details
    threat.sources, threat.accounts = sums.sources, sums.accounts
    threat.first_at, threat.last_at = sums.first_at, sums.last_at
    threat.information, threat.protected = sums.information, sums.protected
    threat.language = lead.language
    threat.speech_act, threat.act = str(details["speech_act"]), str(details.get("act", ""))
    threat.target_kind = str(details.get("target_kind", "vague"))
    threat.target = str(details.get("target", ""))
    threat.review = bool(lead.details.get("review"))
    threat.findings = {} if lead.level == NONE else findings
    threat.raised = [*(["protectee"] if sums.protected else []), *sorted(threat.findings)]
    threat.reasons = [*lead.details.get("reasons", []), *sorted(threat.findings)]
    threat.read_level = escalation.raised(lead.level, sums.soonest) if threat.findings else lead.level
    threat.level = threat.assessed_level or threat.read_level


def _ask_again(threat: Threat, was: Threat, growth: Growth, now: datetime) -> list[Said]:
    """Whether a record that a person has assessed or closed asks again; and the clock of one that has
    risen."""
    rank = ORDER.index
    if threat.assessed_level is not None and HIGHER not in threat.asks:
        shown = min(rank(threat.assessed_level), rank(threat.assessed_read or NONE))
        if rank(threat.read_level) < shown:
            threat.asks = [*threat.asks, HIGHER]
    goes_on = threat.id in growth.grown and (threat.id in growth.fresh_words or threat.outcome == "credible")
    if threat.status == "closed" and ((goes_on and not threat.information) or HIGHER in threat.asks):
        threat.status, threat.closed_at, threat.outcome = "new", None, None
        threat.asks = [*threat.asks, AGAIN]
    asks = [one for one in threat.asks if one not in was.asks]
    risen = rank(listed_level(threat)) < rank(listed_level(was))
    if threat.status == "closed" or not (asks or risen):
        return []
    threat.due_at = clocks.sooner(threat.due_at, clocks.due(listed_level(threat), now))
    levels = {"level_before": was.read_level, "level": threat.read_level}
    return [_said(threat, "rose", **levels, asks=asks, raised=threat.raised)]


def _said(threat: Threat, act: str, **details: Any) -> Said:
    return Said(threat_id=threat.id, actor="system", act=act, details=details)
