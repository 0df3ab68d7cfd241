"""StopNCII.org's list of hashes: pages with `hashRecords`, each the newest state of one hash."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
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

_KINDS: Final = {"ImagePDQ": "pdq", "VideoMD5": "md5"}
_GONE: Final = ("Withdrawn", "Deleted")
_VERDICTS: Final[dict[str, Verdict]] = {"Blocked": "agrees", "NotBlocked": "disagrees"}


class _Feedback(msgspec.Struct):
    value: str = msgspec.field(name="feedbackValue")
    source: str = ""
    tags: list[str] | None = None


class _Hash(msgspec.Struct):
    type: str = msgspec.field(name="signalType")
    value: str = msgspec.field(name="hashValue")
    status: str = msgspec.field(name="hashStatus", default="Active")
    updated: float | None = msgspec.field(name="lastModtimestamp", default=None)
    feedbacks: list[_Feedback] | None = msgspec.field(name="CSPFeedbacks", default=None)


def read(file: IO[str]) -> Iterator[Read]:
    """The records of one page or several. The id is kind and hash: the exchange has no other."""
    return json_records.records(file, ("hashRecords",), _Hash, _record)


def write(records: Iterable[Record], file: IO[str]) -> int:
    """Write records as companies hand them in; returns how many hashes had a kind that the exchange takes."""
    now = int(datetime.now(UTC).timestamp())
    count = 0
    file.write('{"hashRecords": [')
    for record in records:
        for name, digits in _taken(record):
            file.write(
                (",\n" if count else "\n") + msgspec.json.encode(_row(record, name, digits, now)).decode()
            )
            count += 1
    file.write(f'\n], "count": {count}}}\n')
    return count


def _record(line: int, found: _Hash) -> Record:
    if not found.value:
        raise ValueProblem("hashValue: is empty")
    kind = _KINDS.get(found.type)
    feedbacks = found.feedbacks or []
    return Record(
        line=line,
        id=f"{found.type}:{found.value}",
        hashes=(f"{kind}:{found.value}",) if kind else (),
        others=() if kind else (found.type,),
        label=label_of(tag for feedback in feedbacks for tag in feedback.tags or []),
        provenance=provenance_of("StopNCII.org"),
        updated_at=moment(found.updated, "lastModtimestamp"),
        withdrawn=found.status in _GONE,
        opinions=tuple(
            Opinion(
                source=one.source,
                verdict=_VERDICTS.get(one.value, "unsure"),
                tags=tuple(one.tags or ()),
            )
            for one in feedbacks
        ),
    )


def _taken(record: Record) -> Iterator[tuple[str, str]]:
    for word in record.hashes:
        kind, _, digits = word.partition(":")
        for name, ours in _KINDS.items():
            if ours == kind:
                yield name, digits


def _row(record: Record, name: str, digits: str, now: int) -> dict[str, Any]:
    feedback = {"feedbackValue": "Blocked", "tags": [record.label] if record.label else []}
    return {"lastModtimestamp": now, "signalType": name, "hashValue": digits, "CSPFeedbacks": [feedback]}
