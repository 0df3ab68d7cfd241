"""Threats as records: every sighting makes one or joins the one that it is part of.

`take` runs in the transaction that keeps the sightings. Workers that come with the same threat at once wait
for each other at its keys, so one opens the record and the other joins it.

A person's assessment is in force over what the machine reads until new sources would rank higher than what
that person concluded and was shown: then the record asks again (`asks`: higher), is listed by the higher
level and its clock runs; the assessed level stays until a person changes it. A closed record asks again
(`again`) when it was credible and goes on, or when somebody in it writes something new; else further copies
are counted and leave it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from tenfold.detectors.threat.levels import NONE, ORDER, T0
from tenfold.store import threat_sources, threats
from tenfold.store.database import Conn
from tenfold.store.threat_sources import Source, Summary
from tenfold.store.threats import Said, Threat
from tenfold.threats import campaigns, clocks, corrections, escalation
from tenfold.threats.campaigns import Keys, Sighting

HIGHER, AGAIN = "higher", "again"
_STANDS = (
    "closed",
    "new",
    "assessing",
    "monitored",
    "escalated",
    "referred",
)  # the later holds the more work


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a sighting. `level` is what the record is listed by; `raised` what raised the words of
    this sighting's account, `said` its level with that. `urgent`: the record has become T0 by this batch, so
    it pages.
    """

    threat_id: int
    new: bool
    level: str
    raised: tuple[str, ...]
    said: str
    urgent: bool


class _Part(msgspec.Struct, kw_only=True):
    """Sightings of one batch that are one threat, with the records that they are tied to."""

    sightings: list[int]
    keys: set[int]
    records: set[int]


def take(conn: Conn, sightings: Sequence[Sighting], now: datetime) -> list[Taken]:
    """Make or join the record of each sighting; what became of each, in their order."""
    if not sightings:
        return []
    keys = campaigns.keys(sightings)
    held = threats.lock_keys(conn, (key for one in keys for key in one.all))
    known, whole = threats.lock_whole(conn, {threat for threat in held.values() if threat is not None})
    before = {id_: _copy(threat) for id_, threat in known.items()}
    parts = _parts(keys, {key: threat and whole[threat] for key, threat in held.items()})
    fresh = iter(threats.open_new(conn, sum(not part.records for part in parts), now))
    of_part = [_lead(part, known) if part.records else next(fresh) for part in parts]
    merged = {
        record: lead for part, lead in zip(parts, of_part, strict=True) for record in part.records - {lead}
    }
    opened = set(of_part) - known.keys()
    known |= threats.load(conn, opened)
    _merge(conn, known, merged, now)
    threats.give_keys(
        conn,
        {
            key: lead
            for part, lead in zip(parts, of_part, strict=True)
            for key in part.keys
            if held[key] is None
        },
    )
    record_of = {number: lead for part, lead in zip(parts, of_part, strict=True) for number in part.sightings}
    added = _add_sources(conn, sightings, record_of, now)
    fresh_words = {
        record_of[number]
        for number, one in enumerate(keys)
        if number in added and all(held[key] is None for key in one.texts)
    }
    touched = {id_: known[id_] for id_ in set(of_part)}
    grown = {record_of[number] for number in added} | set(merged.values())
    _note_protectees(conn, sightings, record_of)
    renew(
        conn,
        touched,
        now,
        grown=grown - opened,
        fresh_words=fresh_words | set(merged.values()),
        opened=opened,
    )
    return [
        _taken(one, touched[record_of[number]], before.get(record_of[number]))
        for number, one in enumerate(sightings)
    ]


def renew(
    conn: Conn,
    touched: Mapping[int, Threat],
    now: datetime,
    *,
    grown: set[int] = frozenset(),  # type: ignore[assignment]
    fresh_words: set[int] = frozenset(),  # type: ignore[assignment]
    opened: set[int] = frozenset(),  # type: ignore[assignment]
) -> None:
    """Bring locked records up to date with their sources and write them.

    `grown`: those with a further source; `fresh_words`: with one that says something new; `opened`: just
    opened.
    """
    sums = threat_sources.summaries(conn, touched)
    leads = threat_sources.gravest(conn, touched)
    findings = _findings(conn, touched)
    lines: list[Said] = []
    for id_, threat in sorted(touched.items()):
        if id_ not in sums:
            continue  # retention took its sources
        was = _copy(threat)
        _describe(threat, sums[id_], leads[id_], findings.get(id_, {}))
        if id_ in opened:
            threat.opened_at = now
            threat.due_at = clocks.due(threat.level, now)
            lines.append(Said(threat_id=id_, actor="system", act="opened", details={"level": threat.level}))
        else:
            lines += _ask_again(threat, was, now, grown=id_ in grown, fresh_words=id_ in fresh_words)
        threat.updated_at = now
    threats.write(conn, touched.values())
    threats.log(conn, lines, now)


def listed_level(threat: Threat) -> str:
    """The level that a record is listed by: the higher one that it asks about, else the one in force."""
    if HIGHER in threat.asks:
        return min(threat.level, threat.read_level, key=ORDER.index)
    return threat.level


def _parts(keys: Sequence[Keys], held: Mapping[int, int | None]) -> list[_Part]:
    """Sightings that share keys or records, together; in the order of the first of each."""
    parts: list[_Part] = []
    by_key: dict[int, _Part] = {}
    by_record: dict[int, _Part] = {}
    for number, one in enumerate(keys):
        mine = _Part(
            sightings=[number],
            keys=set(one.all),
            records={record for key in one.all if (record := held[key]) is not None},
        )
        others = [by_key[key] for key in mine.keys if key in by_key]
        others += [by_record[record] for record in mine.records if record in by_record]
        for other in {id(part): part for part in others}.values():
            mine.sightings += other.sightings
            mine.keys |= other.keys
            mine.records |= other.records
            parts.remove(other)
        by_key.update(dict.fromkeys(mine.keys, mine))
        by_record.update(dict.fromkeys(mine.records, mine))
        parts.append(mine)
    return sorted(parts, key=lambda part: min(part.sightings))


def _lead(part: _Part, known: Mapping[int, Threat]) -> int:
    """The record that the others become part of: the one in which people have done most, then the oldest."""

    def weight(id_: int) -> tuple[bool, int, int]:
        threat = known[id_]
        return (threat.assessed_at is not None, _STANDS.index(threat.status), -id_)

    return max(part.records, key=weight)


def _merge(conn: Conn, known: Mapping[int, Threat], merged: Mapping[int, int], now: datetime) -> None:
    """Let locked records become part of others."""
    if not merged:
        return
    lines = []
    for part_id, whole_id in sorted(merged.items()):
        part, whole = known[part_id], known[whole_id]
        whole.owner = whole.owner or part.owner
        whole.seen_at = clocks.sooner(whole.seen_at, part.seen_at)
        whole.due_at = clocks.sooner(whole.due_at, part.due_at)
        part.status, part.closed_at, part.outcome = "closed", part.closed_at or now, "duplicate"
        part.merged_into, part.due_at, part.asks, part.updated_at = whole_id, None, [], now
        lines += [
            Said(threat_id=part_id, actor="system", act="merged", details={"into": whole_id}),
            Said(threat_id=whole_id, actor="system", act="took_in", details={"threat": part_id}),
        ]
    threats.write(conn, [known[id_] for id_ in merged])
    threats.absorb(conn, merged)
    threats.log(conn, lines, now)


def _add_sources(
    conn: Conn, sightings: Sequence[Sighting], record_of: Mapping[int, int], now: datetime
) -> set[int]:
    """Keep the sightings as sources; returns the numbers of those that were not known."""
    rows: dict[tuple[str, str, str, str], Source] = {}
    numbers: dict[tuple[str, str, str, str], int] = {}
    for number, one in enumerate(sightings):
        source = Source(
            threat_id=record_of[number],
            subject_kind=one.subject.kind.value,
            subject_id=one.subject.id,
            field=one.field,
            account=one.account,
            at=one.at,
            seen_at=now,
            level=str(one.details["level"]),
            language=one.language,
            text=one.text,
            text_sha256=campaigns.digest(one.text).hex(),
            details=dict(one.details),
            gone_at=None,
        )
        key = (source.subject_kind, source.subject_id, source.field, source.text_sha256)
        if key in rows:
            source = msgspec.structs.replace(source, at=min(source.at, rows[key].at))
        rows[key] = source
        numbers.setdefault(key, number)
    return {numbers[key] for key in threat_sources.add(conn, list(rows.values()))}


def _note_protectees(conn: Conn, sightings: Sequence[Sighting], record_of: Mapping[int, int]) -> None:
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    for number, one in enumerate(sightings):
        for id_, how, strength, start, end in one.protectees:
            row = rows.setdefault(
                (record_of[number], id_),
                {
                    "threat": record_of[number],
                    "protectee": id_,
                    "how": how,
                    "strength": strength,
                    "spans": [],
                },
            )
            if strength > row["strength"]:
                row |= {"how": how, "strength": strength}
            place = {"subject_kind": one.subject.kind.value, "subject_id": one.subject.id, "field": one.field}
            row["spans"].append({**place, "start": start, "end": end})
    if rows:
        threats.note_protectees(conn, [rows[key] for key in sorted(rows)])


def _findings(conn: Conn, touched: Mapping[int, Threat]) -> dict[int, dict[str, Any]]:
    """What raises each record, with its numbers."""
    found: dict[int, dict[str, Any]] = {}
    for threat_id, account, times in threat_sources.times(conn, touched, escalation.LEAST_SOURCES):
        numbers = escalation.cadence(times)
        if numbers and numbers["now"] > found.get(threat_id, {}).get("cadence", {"now": 0})["now"]:
            found.setdefault(threat_id, {})["cadence"] = {"account": account, **numbers}
    return found


def _describe(threat: Threat, sums: Summary, lead: Source, findings: dict[str, Any]) -> None:
    """Set what follows from the sources, and from what people corrected in them."""
    details = corrections.applied(lead.details, threat.corrected) if threat.corrected else lead.details
    threat.sources, threat.accounts = sums.sources, sums.accounts
    threat.first_at, threat.last_at = sums.first_at, sums.last_at
    threat.information, threat.protected = sums.information, sums.protected
    threat.language = lead.language
    threat.speech_act, threat.act = str(details["speech_act"]), str(details.get("act", ""))
    threat.target_kind, threat.target = (
        str(details.get("target_kind", "vague")),
        str(details.get("target", "")),
    )
    threat.review = bool(lead.details.get("review"))
    threat.findings = {} if lead.level == NONE else findings
    threat.raised = [*(["protectee"] if sums.protected else []), *sorted(threat.findings)]
    threat.reasons = [*lead.details.get("reasons", []), *sorted(threat.findings)]
    threat.read_level = escalation.raised(lead.level, sums.soonest) if threat.findings else lead.level
    threat.level = threat.assessed_level or threat.read_level


def _ask_again(threat: Threat, was: Threat, now: datetime, *, grown: bool, fresh_words: bool) -> list[Said]:
    """Whether a record that a person has seen, assessed or closed asks again; and the clock of what has
    risen."""
    rank = ORDER.index
    lines = []
    if threat.assessed_level is not None:
        shown = min(rank(threat.assessed_level), rank(threat.assessed_read or NONE))
        if rank(threat.read_level) < shown and HIGHER not in threat.asks:
            threat.asks = [*threat.asks, HIGHER]
    goes_on = grown and not threat.information and (fresh_words or threat.outcome == "credible")
    if threat.status == "closed" and threat.merged_into is None and (goes_on or HIGHER in threat.asks):
        threat.status, threat.closed_at, threat.outcome = "new", None, None
        threat.asks = [*threat.asks, AGAIN]
    new_asks = [one for one in threat.asks if one not in was.asks]
    risen = rank(listed_level(threat)) < rank(listed_level(was))
    if threat.status != "closed" and (new_asks or risen):
        threat.due_at = clocks.sooner(threat.due_at, clocks.due(listed_level(threat), now))
        details = {"from": was.read_level, "to": threat.read_level, "asks": new_asks, "raised": threat.raised}
        lines.append(Said(threat_id=threat.id, actor="system", act="rose", details=details))
    return lines


def _taken(one: Sighting, threat: Threat, before: Threat | None) -> Taken:
    mine = tuple(
        sorted(name for name, found in threat.findings.items() if found.get("account") == one.account)
    )
    said = str(one.details["level"])
    hours = one.details.get("imminence_hours")
    level = listed_level(threat)
    waits = before is not None and before.status != "closed"
    return Taken(
        threat_id=threat.id,
        new=before is None,
        level=level,
        raised=mine,
        said=escalation.raised(said, hours) if mine else said,
        urgent=level == T0 and threat.status != "closed" and not (waits and listed_level(before) == T0),  # type: ignore[arg-type]
    )


def _copy(threat: Threat) -> Threat:
    return msgspec.structs.replace(threat)
