"""NCMEC's hash-sharing API, version 2: documents `queryResult` with images and videos, and those deleted."""

from collections.abc import Iterator
from typing import IO, Final

from tenfold.detectors.exchanges import xml_records
from tenfold.detectors.exchanges.record import (
    Opinion,
    Read,
    Record,
    Unread,
    ValueProblem,
    Verdict,
    label_of,
    moment,
    provenance_of,
)
from tenfold.detectors.exchanges.xml_records import Node

ROOT: Final = "queryResult"
_HELD: Final = ("md5", "pdq", "sha256")
_GONE: Final = ("deletedimage", "deletedvideo")
_VERDICTS: Final[dict[str, Verdict]] = {"affirmativefeedback": "agrees", "negativefeedback": "disagrees"}


def read(file: IO[bytes]) -> Iterator[Read]:
    """The records of one document. The id is the member's number and the id that he gave."""
    for node in xml_records.elements(file, ROOT, ("image", "video", *_GONE)):
        try:
            yield _record(node)
        except ValueProblem as problem:
            yield Unread(node.line, str(problem))


def _record(node: Node) -> Record:
    member = node.child("member")
    id_ = node.texts("id")
    number = member.attributes.get("id", "") if member else ""
    if not id_ or not number:
        raise ValueProblem(f"<{node.name}>: has no id, or no member with an id")
    fingerprints = node.child("fingerprints")
    found = fingerprints.children if fingerprints else []
    return Record(
        line=node.line,
        id=f"{number}-{id_}",
        hashes=tuple(
            f"{one.name}:{one.text.strip()}" for one in found if one.name in _HELD and one.text.strip()
        ),
        others=tuple(one.name for one in found if one.name not in _HELD),
        label=label_of([node.texts("classification")]),
        provenance=provenance_of("NCMEC", f"member {number}"),
        updated_at=moment(node.texts("timestamp"), "timestamp"),
        withdrawn=node.name in _GONE,
        opinions=tuple(_opinions(node)),
    )


def _opinions(node: Node) -> Iterator[Opinion]:
    """Who agrees with a fingerprint and who does not; `tags`: with which kind, and why."""
    feedback = node.child("feedback")
    for part in feedback.children if feedback else []:
        verdict = _VERDICTS.get(part.name)
        if verdict is None:
            continue
        reasons = [one.attributes.get("name", "") for one in part.all("reason")]
        tags = tuple(tag for tag in [part.attributes.get("type", ""), *reasons] if tag)
        for member in part.all("member"):
            yield Opinion(source=member.attributes.get("id", ""), verdict=verdict, tags=tags)
