"""By when a person shall have looked at a threat of each level."""

from datetime import datetime, timedelta

CLOCKS = {
    "T0": timedelta(minutes=10),
    "T1": timedelta(hours=1),
    "T2": timedelta(hours=24),
    "T3": timedelta(days=7),
}


def due(level: str, now: datetime) -> datetime | None:
    """When a threat of this level that asks for a person at `now` is due; None for level N."""
    clock = CLOCKS.get(level)
    return now + clock if clock else None


def sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier of two times, either of which may not be."""
    return min(filter(None, (one, other)), default=None)
