"""Meta's ThreatExchange as JSON: descriptors (one member's word on a hash), and updates of indicators (what
all members say of it).

Fields after https://developers.facebook.com/docs/threat-exchange/reference/apis
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import IO, Any, Final

import msgspec

from tenfold.detectors.exchanges import json_records
from tenfold.detectors.exchanges.record import (
    Opinion,
    Read,
    Record,
    ValueProblem,
    Verdict,
    label_of,
    moment,
    provenance_of,
)

_KINDS: Final = {"HASH_PDQ": "pdq", "HASH_MD5": "md5", "HASH_VIDEO_MD5": "md5", "HASH_SHA256": "sha256"}
_NAMES: Final = {"pdq": "HASH_PDQ", "md5": "HASH_MD5", "sha256": "HASH_SHA256"}
# Traffic Light Protocol 1.0, which the exchange uses, and 2.0.
_MARKINGS: Final = {"WHITE": "TLP:CLEAR", "GREEN": "TLP:GREEN", "AMBER": "TLP:AMBER", "RED": "TLP:RED"}
_LEVELS: Final = {ours: theirs for theirs, ours in _MARKINGS.items()} | {"TLP:AMBER+STRICT": "AMBER"}
_VERDICTS: Final[dict[str, Verdict]] = {"MALICIOUS": "agrees", "NON_MALICIOUS": "disagrees"}

_Id = int | str


class _Tag(msgspec.Struct):
    text: str


class _Tags(msgspec.Struct):
    data: list[_Tag]


class _Owner(msgspec.Struct):
    id: _Id


class _Descriptor(msgspec.Struct):
    id: _Id | None = None
    status: str = "UNKNOWN"
    owner: _Owner | None = None
    tags: _Tags | list[str] | None = None
    confidence: float | None = None
    share_level: str | None = None
    expired_on: _Id | float | None = None
    last_updated: _Id | float | None = None


class _Descriptors(msgspec.Struct):
    data: list[_Descriptor]


class _Item(_Descriptor):
    """A descriptor with its hash, or an update of an indicator."""

    type: str = ""
    raw_indicator: str = ""
    indicator: Any = None
    should_delete: bool = False
    descriptors: _Descriptors | None = None


def read(file: IO[str]) -> Iterator[Read]:
    """The records of one page or several."""
    return json_records.records(file, ("data",), _Item, _record)


def write(records: Iterable[Record], file: IO[str]) -> int:
    """Write records as a page of descriptors; returns how many hashes."""
    count = 0
    file.write('{"data": [')
    for record in records:
        for word in record.hashes:
            row = msgspec.json.encode(_row(record, *word.split(":", 1))).decode()
            file.write((",\n" if count else "\n") + row)
            count += 1
    file.write("\n]}\n")
    return count


def _record(line: int, found: _Item) -> Record:
    digits = found.raw_indicator or (found.indicator if isinstance(found.indicator, str) else "")
    if not digits or not found.type:
        raise ValueProblem("has no type, or neither raw_indicator nor indicator")
    update = found.descriptors is not None or found.should_delete
    said = found.descriptors.data if found.descriptors is not None else [] if update else [found]
    kind = _KINDS.get(found.type)
    opinions = tuple(map(_opinion, said))
    stated = [
        one.confidence
        for one in said
        if one.confidence is not None and _VERDICTS.get(one.status) != "disagrees"
    ]
    return Record(
        line=line,
        id=_id(found, digits, update),
        hashes=(f"{kind}:{digits}",) if kind else (),
        others=() if kind else (found.type,),
        label=label_of(tag for opinion in opinions for tag in opinion.tags),
        provenance=provenance_of(
            "ThreatExchange", *(f"owner {one.source}" for one in opinions if one.source)
        ),
        confidence=_confidence(stated),
        marking=_marking(said),
        expires_at=_expiry(said),
        updated_at=moment(found.last_updated, "last_updated"),
        withdrawn=update and (found.should_delete or not said),
        disputed=bool(opinions) and all(one.verdict == "disagrees" for one in opinions),
        opinions=opinions,
    )


def _id(found: _Item, digits: str, update: bool) -> str:
    """Of an indicator and of a descriptor, which count apart; without one, type and hash."""
    if found.id is None:
        return f"{found.type}:{digits}"
    return f"{'indicator' if update else 'descriptor'} {found.id}"


def _opinion(said: _Descriptor) -> Opinion:
    tags = [tag.text for tag in said.tags.data] if isinstance(said.tags, _Tags) else said.tags or []
    return Opinion(
        source=str(said.owner.id) if said.owner else "",
        verdict=_VERDICTS.get(said.status, "unsure"),
        tags=tuple(tags),
    )


def _confidence(stated: list[float]) -> float | None:
    """The highest that is stated, of 100."""
    if any(not 0 <= one <= 100 for one in stated):
        raise ValueProblem("confidence: is a number from 0 to 100")
    return max(stated) / 100 if stated else None


def _marking(said: Sequence[_Descriptor]) -> str | None:
    """The strictest that is stated."""
    levels = [one.share_level.upper() for one in said if one.share_level]
    unknown = sorted(set(levels) - _MARKINGS.keys())
    if unknown:
        raise ValueProblem(f"share_level: {unknown[0][:60]!r} is none of {', '.join(_MARKINGS)}")
    order = list(_MARKINGS)
    return _MARKINGS[max(levels, key=order.index)] if levels else None


def _expiry(said: Sequence[_Descriptor]) -> datetime | None:
    """When the last of them expires; None where one does not."""
    times = [moment(one.expired_on, "expired_on") for one in said]
    known = [time for time in times if time is not None]
    return max(known) if known and len(known) == len(times) else None


def _row(record: Record, kind: str, digits: str) -> dict[str, Any]:
    row: dict[str, Any] = {"raw_indicator": digits, "type": _NAMES[kind], "status": "MALICIOUS"}
    if record.confidence is not None:
        row["confidence"] = round(100 * record.confidence)
    if record.marking is not None:
        row["share_level"] = _LEVELS[record.marking]
    if record.expires_at is not None:
        row["expired_on"] = record.expires_at.isoformat()
    if record.label:
        row["tags"] = {"data": [{"text": record.label}]}
    return row
