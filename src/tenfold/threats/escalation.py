"""What raises a threat above the level of its words: how its authors go on.

- cadence: an account's threats against its target come faster;
- fixation: much of what an account writes is about its target, beyond chance;
- return: somebody threatened the target, was closed or left, and threatens it again under another account.

Each is told with its numbers. However many hold, they raise by one level, because they rest on the same acts;
and to T0 only where something is to happen within a day, because a page at night needs a time. What is
somebody else's words is never raised.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tenfold.detectors.threat.levels import NONE, ORDER, T0, T1, URGENT_HOURS

WINDOW = timedelta(days=7)
APART = timedelta(hours=1)  # what one writes within an hour of an outburst is part of it
LEAST_NOW = 5  # outbursts in the last window
# As fast as in the window before, which must not be empty: a first week is no trend. Of accounts that
# threaten once a week, evenly, 5 % look like this once in a quarter; of those that do so twice a week, half.
TIMES_FASTER = 3
LEAST_SOURCES = LEAST_NOW + 1


def raised(level: str, soonest: float | None) -> str:
    """One level higher; T1 stays T1 unless something is to happen within `URGENT_HOURS`."""
    if level in (NONE, T0) or (level == T1 and (soonest is None or soonest > URGENT_HOURS)):
        return level
    return ORDER[ORDER.index(level) - 1]


def cadence(times: Sequence[datetime]) -> dict[str, Any] | None:
    """Whether threats that were made at these times, in order, came faster at some time: LEAST_NOW outbursts
    or more within a week, TIMES_FASTER as fast as in the week before, and some then. Of that week only what
    follows the first threat counts, a day at least. The numbers, or None.

    Of several such weeks the one with the most outbursts is told, then the first.
    """
    bursts: list[datetime] = []
    for at in times:
        if not bursts or at - bursts[-1] >= APART:
            bursts.append(at)
    best: dict[str, Any] | None = None
    for end in bursts:
        begin = end - WINDOW
        now = sum(begin < at <= end for at in bursts)
        before = sum(begin - WINDOW < at <= begin for at in bursts)
        observed = min(WINDOW, max(timedelta(days=1), begin - bursts[0]))
        faster = now * observed >= TIMES_FASTER * before * WINDOW
        if now >= LEAST_NOW and before and faster and (best is None or now > best["now"]):
            days = round(observed / timedelta(days=1), 1)
            best = {
                "now": now,
                "days": WINDOW.days,
                "before": before,
                "before_days": days,
                "until": end.isoformat(),
            }
    return best
