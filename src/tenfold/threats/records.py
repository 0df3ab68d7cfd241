"""Threats as records: every sighting makes one or joins the one that it is part of.

`take` runs in the transaction that keeps the sightings. Workers that come with the same threat at once wait
for each other at its keys (campaigns), so one opens the record and the other joins it. A sighting that ties
two records makes them one: the one in which people have done least, or the younger, becomes part of the
other.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from tenfold.store import threat_keys, threat_merging, threat_sources, threats
from tenfold.store.database import Conn
from tenfold.store.threat_sources import Source
from tenfold.store.threats import Said, Threat
from tenfold.threats import campaigns, clocks, escalation, naming
from tenfold.threats.aims import Sighting
from tenfold.threats.campaigns import Keys
from tenfold.threats.naming import Named
from tenfold.threats.renewing import Growth, is_urgent, listed_level, look_again, renew, skip_turn

__all__ = ["Sighting", "Taken", "listed_level", "look_again", "skip_turn", "take"]

# The more people have done, the later it stands.
_WORKED_ON = ("closed", "new", "assessing", "monitored", "escalated", "referred")


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a sighting. `level` is what its record is listed by. `raised`: what raised the words of
    its account (escalation), `said` their level with that. `urgent`: the record has become T0 now, so it
    pages."""

    threat_id: int
    new: bool
    level: str
    raised: tuple[str, ...]
    said: str
    urgent: bool


class _Part(msgspec.Struct, kw_only=True):
    """Sightings of one batch that are one threat, by their numbers; the keys and records that tie them; and
    the record that they end in."""

    sightings: list[int]
    keys: set[int]
    records: set[int]
    lead: int = 0


def take(conn: Conn, sightings: Sequence[Sighting], now: datetime, *, revision: int = -1) -> list[Taken]:
    """Make or join the record of each sighting; what became of each, in their order. `revision`: of the
    protectees that the sightings were searched for."""
    if not sightings:
        return []
    keys = campaigns.keys(sightings)
    held = threat_keys.lock(conn, (key for one in keys for key in one.all))
    known, whole = threat_merging.lock_whole(conn, {threat for threat in held.values() if threat is not None})
    before = {id_: msgspec.structs.replace(threat) for id_, threat in known.items()}
    parts = _parts(keys, {key: None if threat is None else whole[threat] for key, threat in held.items()})
    opened = _choose_records(conn, parts, known, now)
    for part in parts:
        searched = [known[id_].matched_revision for id_ in part.records]
        known[part.lead].matched_revision = min([revision, *searched])
    merged = {record: part.lead for part in parts for record in part.records - {part.lead}}
    _merge(conn, known, merged, now)
    threat_keys.give(conn, {key: part.lead for part in parts for key in part.keys if held[key] is None})
    record_of = {number: part.lead for part in parts for number in part.sightings}
    _note_targets(conn, keys, record_of)
    naming.note(conn, (_named(one, record_of[number]) for number, one in enumerate(sightings)))
    added = _add_sources(conn, sightings, record_of, now)
    fresh = {record_of[n] for n in added if all(held[key] is None for key in keys[n].texts)}
    growth = Growth(
        opened=frozenset(opened),
        grown=frozenset({record_of[n] for n in added} | set(merged.values())),
        fresh_words=frozenset(fresh | set(merged.values())),
    )
    renew(conn, {part.lead: known[part.lead] for part in parts}, growth, now)
    return [
        _taken(one, known[record_of[number]], before.get(record_of[number]))
        for number, one in enumerate(sightings)
    ]


def _parts(keys: Sequence[Keys], held: Mapping[int, int | None]) -> list[_Part]:
    """Sightings that share keys or records, together; in the order of the first of each."""
    found: dict[int, _Part] = {}  # by the number of one of its sightings
    by_tie: dict[tuple[str, int], _Part] = {}
    for number, one in enumerate(keys):
        records = {record for key in one.all if (record := held[key]) is not None}
        mine = _Part(sightings=[number], keys=set(one.all), records=records)
        others = {id(part): part for tie in _ties(mine) if (part := by_tie.get(tie))}
        for other in others.values():
            mine.sightings += other.sightings
            mine.keys |= other.keys
            mine.records |= other.records
            del found[other.sightings[0]]
        found[number] = mine
        by_tie.update(dict.fromkeys(_ties(mine), mine))
    return sorted(found.values(), key=lambda part: min(part.sightings))


def _ties(part: _Part) -> list[tuple[str, int]]:
    return [("key", key) for key in part.keys] + [("record", record) for record in part.records]


def _choose_records(conn: Conn, parts: Iterable[_Part], known: dict[int, Threat], now: datetime) -> set[int]:
    """Set which record each part ends in; returns those that were opened for it, which are known from now
    on."""
    without = [part for part in parts if not part.records]
    opened = threats.open_new(conn, len(without), now) if without else []
    for part, id_ in zip(without, opened, strict=True):
        part.lead = id_
    known |= threats.load(conn, opened) if opened else {}
    for part in parts:
        if part.records:
            part.lead = max(part.records, key=lambda id_: (*_weight(known[id_]), -id_))
    return set(opened)


def _weight(threat: Threat) -> tuple[bool, int]:
    return threat.assessed_at is not None, _WORKED_ON.index(threat.status)


def _merge(conn: Conn, known: Mapping[int, Threat], merged: Mapping[int, int], now: datetime) -> None:
    """Let locked records become part of others."""
    if not merged:
        return
    lines = []
    for part_id, whole_id in sorted(merged.items()):
        part, whole = known[part_id], known[whole_id]
        whole.owner = whole.owner or part.owner
        whole.opened_at = min(whole.opened_at, part.opened_at)
        whole.seen_at = clocks.sooner(whole.seen_at, part.seen_at)
        whole.due_at = clocks.sooner(whole.due_at, part.due_at)
        part.status, part.closed_at, part.outcome = "closed", part.closed_at or now, "duplicate"
        part.merged_into, part.due_at, part.asks, part.updated_at = whole_id, None, [], now
        lines += [
            Said(threat_id=part_id, actor="system", act="merged", details={"into": whole_id}),
            Said(threat_id=whole_id, actor="system", act="took_in", details={"threat": part_id}),
        ]
    threats.write(conn, [known[id_] for id_ in merged])
    threat_merging.absorb(conn, merged)
    threats.log(conn, lines, now)


def _add_sources(
    conn: Conn, sightings: Sequence[Sighting], record_of: Mapping[int, int], now: datetime
) -> set[int]:
    """Keep the sightings as sources; returns the numbers of those that were not known."""
    rows: dict[tuple[str, str, str, str], Source] = {}
    numbers: dict[tuple[str, str, str, str], int] = {}
    for number, one in enumerate(sightings):
        key = (one.subject.kind.value, one.subject.id, one.field, campaigns.digest(one.text).hex())
        rows[key] = Source(
            threat_id=record_of[number],
            subject_kind=key[0],
            subject_id=key[1],
            field=key[2],
            text_sha256=key[3],
            account=one.account,
            at=min(one.at, rows[key].at) if key in rows else one.at,
            seen_at=now,
            level=str(one.details["level"]),
            language=one.language,
            text=one.text,
            details=dict(one.details),
            gone_at=None,
        )
        numbers.setdefault(key, number)
    return {numbers[key] for key in threat_sources.add(conn, list(rows.values()))}


def _note_targets(conn: Conn, keys: Sequence[Keys], record_of: Mapping[int, int]) -> None:
    names: dict[int, set[str]] = {}
    for number, one in enumerate(keys):
        if one.targets:
            names.setdefault(record_of[number], set()).update(one.targets)
    if names:
        threats.add_targets(conn, names)


def _named(one: Sighting, threat_id: int) -> Named:
    return Named(threat_id, one.subject.kind.value, one.subject.id, one.field, one.protectees)


def _taken(one: Sighting, threat: Threat, before: Threat | None) -> Taken:
    mine = tuple(name for name, found in sorted(threat.findings.items()) if found["account"] == one.account)
    said = str(one.details["level"])
    return Taken(
        threat_id=threat.id,
        new=before is None,
        level=listed_level(threat),
        raised=mine,
        said=escalation.raised(said, one.details.get("imminence_hours")) if mine else said,
        urgent=is_urgent(threat, before),
    )
