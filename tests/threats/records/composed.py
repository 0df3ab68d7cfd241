"""Sightings composed by hand: what is read of a text is said beside it, so these rest on no detector."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind
from tenfold.threats.aims import Sighting

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
GATES = {"news": ["news"], "game": ["game"]}


def details(text: str, target: str, **changes: Any) -> dict[str, Any]:
    """What the signal of a text says that threatens `target` (which stands in it) with killing."""
    start = text.index(target) if target else 0
    rows = [{"factor": "act", "span": [0, 0], "value": "kill"}]
    if target:
        rows.append({"factor": "target", "span": [start, start + len(target)], "value": "named_person"})
    found: dict[str, Any] = {
        "level": "T2",
        "ungated": "T2",
        "reasons": ["direct"],
        "speech_act": "own_threat",
        "says": "own_threat",
        "act": "kill",
        "target_kind": "named_person" if target else "vague",
        "target": target,
        "gates": [],
        "gated": False,
        "review": False,
        "reported_against": [],
        "factors": rows,
        "targets": [],
    }
    return found | changes


def sighting(
    post: str,
    account: str,
    text: str,
    target: str = "Jonas Vale",
    at: datetime = NOON,
    **changes: Any,
) -> Sighting:
    """A post that threatens `target`; `changes` are of its signal's details, but for fields of a sighting."""
    fields = {name: changes.pop(name) for name in list(changes) if name in Sighting.__struct_fields__}
    return Sighting(
        subject=Subject(SubjectKind.POST, post),
        field="text",
        account=account,
        at=at,
        text=text,
        details=details(text, target, **changes),
        **{"language": "en", **fields},
    )


def records(conn: Conn) -> list[tuple[Any, ...]]:
    """What the records are, apart from ids and times of the machine; in a canonical order."""
    rows = conn.execute(
        """
        SELECT array_agg(subject_id || ':' || account ORDER BY subject_id, text_sha256), threats.level,
            read_level, status, information, speech_act, target_kind, target, threats.language, reasons,
            raised,
            findings - 'return' AS findings, first_at, last_at, sources, accounts
        FROM threats JOIN threat_sources ON threat_id = threats.id WHERE merged_into IS NULL
        GROUP BY threats.id ORDER BY 1
        """
    )
    return rows.fetchall()


def parts(conn: Conn) -> list[list[str]]:
    """The posts of each record."""
    rows = conn.execute(
        "SELECT array_agg(subject_id ORDER BY subject_id) FROM threat_sources GROUP BY threat_id ORDER BY 1"
    )
    return [row[0] for row in rows]


def ids(taken: Sequence[Any]) -> list[int]:
    return [one.threat_id for one in taken]
