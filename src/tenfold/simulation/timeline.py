"""When what happens: planned events and sessions of people, hour by hour, in the order of time.

Memory is bounded by one hour of events, not by the period: the number of events of each hour is
drawn first (multinomial over the rhythm of all time zones), so that the total is exact.
"""

from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.simulation import rhythm
from tenfold.simulation.population import EN, FOREVER, People
from tenfold.simulation.spec import HOUR, MICROSECONDS, SimulationSpec, SpecError

# What can happen. The first block is planned, the second is what people do in a session.
CREATE, FIRST_SESSION, BEFRIEND, CLOSE, DELETE, CREATE_GROUP, JOIN_PLANNED, CLOSE_GROUP = range(8)
DRESS, WELCOME, BRAG = range(8, 11)
SESSION, POST, REPLY, REPOST, QUOTE, UPLOAD, FOLLOW, JOIN, REPORT, UPDATE, EDIT, UNPOST, UNFOLLOW = range(
    11, 24
)

# Shares of what is done in a session after its start, for people outside the network and in it.
HONEST_SHARES = {
    POST: 0.44,
    REPLY: 0.20,
    REPOST: 0.10,
    QUOTE: 0.03,
    UPLOAD: 0.07,
    FOLLOW: 0.08,
    JOIN: 0.02,
    REPORT: 0.012,
    UPDATE: 0.012,
    EDIT: 0.016,
    UNPOST: 0.014,
    UNFOLLOW: 0.006,
}
NETWORK_SHARES = HONEST_SHARES | {POST: 0.56, REPLY: 0.10, REPOST: 0.14, QUOTE: 0.01, REPORT: 0.02}
MEAN_SESSION = 5.0  # things done in a session, geometric
MEAN_GAP = 90.0  # seconds between two of them, exponential


class Plan(msgspec.Struct):
    """Columns of what happens, one row an event: microseconds since 1970, who, what, and to whom or what."""

    time: NDArray[np.int64]
    account: NDArray[np.int64]
    action: NDArray[np.int64]
    other: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.time)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Plan":
        """Only these rows."""
        return Plan(self.time[rows], self.account[rows], self.action[rows], self.other[rows])

    def sorted(self) -> "Plan":
        """By time; rows of one time stay in their order."""
        return self.take(np.argsort(self.time, kind="stable"))


def joined(plans: list[Plan]) -> Plan:
    """One after the other."""
    return Plan(
        *(
            np.concatenate([getattr(p, name) for p in plans])
            for name in ("time", "account", "action", "other")
        )
    )


def planned(rows: list[tuple[int, int, int, int]]) -> Plan:
    """Rows (time, account, action, other) as columns."""
    columns = np.array(rows, dtype=np.int64).reshape(len(rows), 4).T
    return Plan(*columns)


class Timeline:
    """Yields plans in the order of time: first what was before the period, then hour after hour."""

    def __init__(
        self, spec: SimulationSpec, people: People, fixed: Plan, generator: np.random.Generator
    ) -> None:
        self._spec = spec
        self._people = people
        self._fixed = fixed.sorted()
        self._generator = generator
        self._free = spec.events - len(fixed)
        if self._free < spec.events // 10:
            raise SpecError(f"operators: too many for {spec.events:,} events; take fewer, or more events")
        self._bands = self._by_zone()
        self._honest_limits = _limits(HONEST_SHARES)
        self._network_limits = _limits(NETWORK_SHARES)

    def hours(self) -> Iterator[Plan]:
        """What was before the period, then each hour of it."""
        spec, fixed = self._spec, self._fixed
        hours = np.arange(spec.start_us // HOUR, spec.end_us // HOUR)
        intensities = np.array([band.intensity(hours) for band in self._bands])
        total = intensities.sum(axis=0)
        counts = self._generator.multinomial(self._free, total / total.sum())
        yield fixed.take(fixed.time < spec.start_us)
        waiting = planned([])
        for index, hour in enumerate(hours.tolist()):
            begin, end = hour * HOUR, (hour + 1) * HOUR
            first, last = np.searchsorted(fixed.time, [begin, end])
            fresh = self._sessions(int(counts[index]), begin, intensities[:, index])
            here = joined([waiting, fixed.take(np.arange(first, last)), fresh])
            if index == len(hours) - 1:
                here.time = np.minimum(here.time, end - 1)
            yield here.take(here.time < end).sorted()
            waiting = here.take(here.time >= end)

    def _by_zone(self) -> list["_Band"]:
        people = self._people
        arabic = people.language != EN
        bands = []
        for zone in np.unique(people.zone):
            for culture in (True, False):
                rows = np.flatnonzero((people.zone == zone) & (arabic == culture))
                if len(rows):
                    bands.append(_Band(int(zone), culture, rows, np.cumsum(people.activity[rows])))
        return bands

    def _sessions(self, count: int, begin: int, intensities: NDArray[np.float64]) -> Plan:
        """Exactly `count` events in sessions that begin in the hour from `begin` on."""
        parts: list[Plan] = []
        missing = count
        while missing > 0:
            part = self._some_sessions(missing, begin, intensities)
            parts.append(part.take(np.arange(min(missing, len(part)))))
            missing -= len(parts[-1])
        return joined(parts) if parts else planned([])

    def _some_sessions(self, wanted: int, begin: int, intensities: NDArray[np.float64]) -> Plan:
        generator, people = self._generator, self._people
        sessions = int(wanted / MEAN_SESSION * 1.3) + 4
        account = self._who(sessions, intensities)
        start = begin + (generator.random(sessions) * HOUR).astype(np.int64)
        length = 1 + generator.geometric(1 / MEAN_SESSION, sessions)
        rows = np.repeat(np.arange(sessions), length)
        first = np.zeros(len(rows), dtype=np.bool_)
        first[np.cumsum(length) - length] = True
        gaps = generator.exponential(MEAN_GAP * MICROSECONDS, len(rows)).astype(np.int64) + 1_000
        gaps[first] = 0
        since = np.cumsum(gaps)
        time = start[rows] + since - since[first][rows]
        who = account[rows]
        alive = (people.begins[account] < start)[rows] & (time < people.ended[who])
        drawn = generator.random(len(rows))
        network = people.life[who] >= 0
        action = np.where(
            network,
            POST + np.searchsorted(self._network_limits, drawn, side="right"),
            POST + np.searchsorted(self._honest_limits, drawn, side="right"),
        )
        action[first] = SESSION
        return Plan(time, who, action, np.full(len(rows), -1, dtype=np.int64)).take(alive)

    def _who(self, size: int, intensities: NDArray[np.float64]) -> NDArray[np.int64]:
        """Accounts in proportion to how active they are at this hour of their day."""
        generator = self._generator
        share = intensities / intensities.sum()
        per_band = generator.multinomial(size, share)
        drawn = [
            band.rows[
                np.searchsorted(band.cumulative, generator.random(n) * band.cumulative[-1], side="right")
            ]
            for band, n in zip(self._bands, per_band, strict=True)
        ]
        return generator.permutation(np.concatenate(drawn))


class _Band(msgspec.Struct):
    """People of one time zone and weekend, with the running sum of their activity."""

    zone: int
    arabic: bool
    rows: NDArray[np.int64]
    cumulative: NDArray[np.float64]

    def intensity(self, hours: NDArray[np.int64]) -> NDArray[np.float64]:
        return rhythm.intensity(hours, self.zone, self.arabic) * float(self.cumulative[-1])


def _limits(shares: dict[int, float]) -> NDArray[np.float64]:
    """Upper limits of the cumulative shares of POST, POST + 1, ...; the last is open."""
    values = np.array([shares[action] for action in range(POST, UNFOLLOW + 1)])
    limits: NDArray[np.float64] = np.cumsum(values) / values.sum()
    return limits[:-1]


def account_events(spec: SimulationSpec, people: People) -> list[Plan]:
    """Creation, first session, new dress of bought accounts, closure and deletion."""
    rows = np.arange(len(people))
    none = np.full(len(people), -1, dtype=np.int64)
    plans = [Plan(people.created, rows, np.full(len(people), CREATE), none)]
    heard = (people.created >= spec.start_us) | (people.life >= 0)
    bought = np.zeros(len(people), dtype=np.bool_)
    bought[[life.account for life in people.lives if life.seller]] = True
    # The platform no longer knows where a bought account was opened.
    first = np.where(bought, people.begins, people.created) + MICROSECONDS
    sessions = Plan(first, rows, np.full(len(people), FIRST_SESSION), none)
    plans.append(sessions.take(heard & (sessions.time < spec.end_us)))
    plans.append(Plan(people.begins, rows, np.full(len(people), DRESS), none).take(bought))
    for ending, action in ((1, CLOSE), (2, DELETE)):
        ended = people.ending == ending
        plans.append(Plan(people.ended, rows, np.full(len(people), action), none).take(ended))
    return [plan.take(plan.time < FOREVER) for plan in plans]
