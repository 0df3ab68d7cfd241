"""What a person was shown, counted from the audit log, for this person alone.

Nothing new is recorded, and nobody else's figures can be asked for: every function here takes the person's
own actor name, which the console fills in from the session.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

import msgspec

from tenfold.store.care import Care
from tenfold.store.database import Conn
from tenfold.taxonomy import Severity

COUNTED: Final = timedelta(minutes=5)  # longer between two acts, and nobody knows whether somebody was there
BREAK: Final = timedelta(minutes=10)  # without an act is a rest
SHIFT_ENDS: Final = timedelta(hours=4)  # without an act
LOOKED_AT: Final = 3_000  # acts; a shift at one decision every ten seconds has fewer
SEVERE: Final = Severity.HIGH  # and worse


class Act(NamedTuple):
    """One row of the audit log."""

    at: datetime
    act: str
    subject: str


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """One shift. `minutes` at work; `cases` seen, of which `severe`; texts and media revealed; `decided`. The
    last two count since the last rest."""

    began: datetime
    ended: datetime
    minutes: int
    cases: int
    severe: int
    texts_revealed: int
    media_revealed: int
    decided: int
    minutes_on_end: int
    severe_on_end: int


def shifts(conn: Conn, actor: str) -> list[Exposure]:
    """The actor's own shifts, the latest first, as far as LOOKED_AT acts reach."""
    rows = conn.execute(
        "SELECT at, act, subject FROM audit WHERE actor = %s ORDER BY seq DESC LIMIT %s", [actor, LOOKED_AT]
    )
    acts = [Act(*row) for row in rows][::-1]
    severities = _severities(conn, acts)
    return [_exposure(part, severities) for part in _split(acts, SHIFT_ENDS)][::-1]


def break_due(found: Sequence[Exposure], care: Care, now: datetime) -> Exposure | None:
    """The present shift, if it is time to suggest a rest."""
    if not found or now - found[0].ended >= BREAK or (care.not_before and now < care.not_before):
        return None
    shift = found[0]
    long = 0 < care.break_minutes <= shift.minutes_on_end
    much = 0 < care.break_severe <= shift.severe_on_end
    return shift if long or much else None


def _exposure(acts: Sequence[Act], severities: Mapping[str, int]) -> Exposure:
    on_end = _split(acts, BREAK)[-1]
    return Exposure(
        began=acts[0].at,
        ended=acts[-1].at,
        minutes=_minutes(acts),
        cases=len(_seen(acts)),
        severe=_severe(acts, severities),
        texts_revealed=sum(act.act == "text.revealed" for act in acts),
        media_revealed=len({act.subject for act in acts if act.act == "media.revealed"}),
        decided=sum(act.act == "case.decided" for act in acts),
        minutes_on_end=_minutes(on_end),
        severe_on_end=_severe(on_end, severities),
    )


def _split(acts: Sequence[Act], pause: timedelta) -> list[Sequence[Act]]:
    """Runs of acts with less than a pause between them."""
    cuts = [i for i in range(1, len(acts)) if acts[i].at - acts[i - 1].at >= pause]
    edges = [0, *cuts, len(acts)]
    return [acts[start:end] for start, end in pairwise(edges) if start < end]


def _minutes(acts: Sequence[Act]) -> int:
    gaps = (later.at - earlier.at for earlier, later in pairwise(acts))
    return int(sum((gap for gap in gaps if gap <= COUNTED), timedelta()).total_seconds() // 60)


def _seen(acts: Iterable[Act]) -> set[str]:
    return {act.subject for act in acts if act.act == "case.viewed"}


def _severe(acts: Iterable[Act], severities: Mapping[str, int]) -> int:
    return sum(severities.get(subject, 0) >= SEVERE for subject in _seen(acts))


def _severities(conn: Conn, acts: Iterable[Act]) -> dict[str, int]:
    """How bad each case is, by `case:ID`."""
    ids = sorted(int(subject.partition(":")[2]) for subject in _seen(acts))
    rows = conn.execute("SELECT id, severity FROM cases WHERE id = ANY(%s)", [ids])
    return {f"case:{id_}": severity for id_, severity in rows}
