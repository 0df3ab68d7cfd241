"""Whom of those who are watched over the sources of a threat name, as its record keeps it."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tenfold.store import threats
from tenfold.store.database import Conn


class Named(NamedTuple):
    """A source by subject and field; the protectees that it names as (id, how, strength, start, end)."""

    threat_id: int
    subject_kind: str
    subject_id: str
    field: str
    protectees: Sequence[tuple[int, str, float, int, int]]


def note(conn: Conn, sources: Iterable[Named]) -> None:
    """Keep whom records name, by the surest match of each, with where they stand."""
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    for one in sources:
        for id_, how, strength, start, end in one.protectees:
            match = {"threat": one.threat_id, "protectee": id_, "how": how, "strength": strength}
            row = rows.setdefault((one.threat_id, id_), {**match, "spans": []})
            if strength > row["strength"]:
                row |= match
            place = {"subject_kind": one.subject_kind, "subject_id": one.subject_id, "field": one.field}
            row["spans"].append({**place, "start": start, "end": end})
    if rows:
        threats.note_protectees(conn, [rows[key] for key in sorted(rows)])
