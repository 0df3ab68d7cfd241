"""What to simulate: how many events, from when, under which seed."""

import math
from datetime import UTC, date, datetime

import msgspec

MIN_EVENTS = 1_000
MAX_EVENTS = 100_000_000
MAX_DAYS = 366
EVENTS_PER_ACCOUNT = 30  # over the whole period; heavy-tailed around this mean
DEFAULT_START = date(2026, 1, 1)  # fixed, so that the same seed means the same bytes on any day

MICROSECONDS = 1_000_000
HOUR = 3_600 * MICROSECONDS
DAY = 24 * HOUR


class SpecError(ValueError):
    """A simulation that cannot be: says which value and what would do."""


class SimulationSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Two simulations of equal specs are equal to the byte.

    `operators` is how many people run the network; None grows slower than the platform does, as
    networks do: 0.6 * accounts ** 0.55, at least 4.
    """

    events: int
    seed: int = 1
    start: date = DEFAULT_START
    days: int = 30
    operators: int | None = None

    def __post_init__(self) -> None:
        if not MIN_EVENTS <= self.events <= MAX_EVENTS:
            raise SpecError(f"events: {self.events:,} is not between {MIN_EVENTS:,} and {MAX_EVENTS:,}")
        if not 1 <= self.days <= MAX_DAYS:
            raise SpecError(f"days: {self.days} is not between 1 and {MAX_DAYS}")
        if self.seed < 0:
            raise SpecError(f"seed: {self.seed} is negative; take 0 or more")
        if self.operators is not None and not 0 <= self.operators <= self.events // 100:
            raise SpecError(f"operators: {self.operators} is not between 0 and a hundredth of the events")

    @property
    def honest_accounts(self) -> int:
        """How many accounts are outside the network."""
        return self.events // EVENTS_PER_ACCOUNT

    @property
    def network_operators(self) -> int:
        """How many people run the network."""
        if self.operators is not None:
            return self.operators
        return max(4, round(0.6 * math.pow(self.honest_accounts, 0.55)))

    @property
    def start_us(self) -> int:
        """Microseconds since 1970 at which the period begins (midnight UTC)."""
        begin = datetime(self.start.year, self.start.month, self.start.day, tzinfo=UTC)
        return int(begin.timestamp()) * MICROSECONDS

    @property
    def end_us(self) -> int:
        """Microseconds since 1970 before which every event happens."""
        return self.start_us + self.days * DAY
