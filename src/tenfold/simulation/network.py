"""The fictional network: who runs it, how long each account lives, and who comes back how."""

import math
from random import Random

import msgspec

from tenfold.simulation import evasions
from tenfold.simulation.identity import Identity, Wardrobe
from tenfold.simulation.spec import DAY, HOUR, SimulationSpec

GENERATIONS = 12  # nobody comes back more often than this in one period

# Role (as in population.ROLES), share, mean days until closed, probability of coming back, and activity
# (the median of honest people is 1, their mean 3.1).
ROLE_TABLE = (
    (5, 0.40, 8.0, 0.85, 18.0),  # propagandists
    (6, 0.25, 12.0, 0.75, 10.0),  # recruiters
    (7, 0.35, 22.0, 0.55, 7.0),  # helpers
)
LANGUAGE_TABLE = ((0, 0.50), (1, 0.30), (2, 0.08), (3, 0.12))
MEDIAN_ABSENCE = 1.5 * DAY  # between closure and return
LONG_ABSENCE = (5 * DAY, 14 * DAY)  # the evasion "delay"
LONG_ABSENCE_SHARE = 0.15
OLDEST_ACCOUNT = 60 * DAY  # before the period
OLD_SHARE = 0.65  # of the operators were there before the period
CHATTY_SHARE = 0.25  # of the accounts hide: nearly all they write is ordinary


class Life(msgspec.Struct, kw_only=True):
    """One account of the network, from creation to closure. Times in microseconds since 1970.

    `friends` are honest accounts that the operator follows; `before` is the index of the life of
    which this one is the return. `account` is known once the population is sorted.
    """

    operator: int
    role: int
    language: int
    activity: float
    followers: int
    quiet: bool
    created: int
    closed: int | None
    identity: Identity
    friends: tuple[int, ...]
    before: int | None = None
    evasions: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    account: int = -1


def lives(spec: SimulationSpec, wardrobe: Wardrobe, old_accounts: list[int], random: Random) -> list[Life]:
    """The lives of all operators' accounts; `old_accounts` are honest rows whom they may follow."""
    told: list[Life] = []
    for operator in range(spec.network_operators):
        _operator(spec, operator, wardrobe, old_accounts, random, told)
    return told


def _pick(table: tuple[tuple[float, ...], ...], random: Random) -> tuple[float, ...]:
    drawn = random.random()
    for row in table:
        drawn -= row[1]
        if drawn < 0:
            return row
    return table[-1]


def _operator(
    spec: SimulationSpec,
    operator: int,
    wardrobe: Wardrobe,
    old_accounts: list[int],
    random: Random,
    told: list[Life],
) -> None:
    role, _, mean_days, comes_back, activity = _pick(ROLE_TABLE, random)
    language = int(_pick(LANGUAGE_TABLE, random)[0])
    opsec = random.betavariate(2, 3)
    count = min(len(old_accounts), 8 + int(random.random() * 8))
    circle = tuple(random.sample(old_accounts, count))
    if random.random() < OLD_SHARE:
        created = spec.start_us - int(random.uniform(DAY, OLDEST_ACCOUNT))
    else:
        created = spec.start_us + int(random.uniform(0, 0.7) * spec.days * DAY)
    identity = wardrobe.network_identity(operator, language, random)
    followers = int(20 * random.paretovariate(1.2))
    before: int | None = None
    hid: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    for _ in range(GENERATIONS):
        closed: int | None = created + max(6 * HOUR, int(random.expovariate(1 / mean_days) * DAY))
        if closed is not None and closed >= spec.end_us - HOUR:
            closed = None
        told.append(
            Life(
                operator=operator,
                role=int(role),
                language=language,
                activity=activity * random.lognormvariate(0, 0.7),
                followers=followers,
                quiet=random.random() < CHATTY_SHARE,
                created=created,
                closed=closed,
                identity=identity,
                friends=_friends(circle, random),
                before=before,
                evasions=hid,
                kept=kept,
            )
        )
        if closed is None or random.random() > comes_back:
            return
        absence = _absence(random)
        if closed + absence >= spec.end_us - 6 * HOUR:
            return
        created, before = closed + absence, len(told) - 1
        identity, hid, kept = evasions.come_back(identity, opsec, wardrobe, random)
        hid = (*hid, "delay") if absence >= LONG_ABSENCE[0] else hid
        followers = max(3, int(followers * random.uniform(0.2, 0.8)))  # repeat closures cost followers


def _friends(circle: tuple[int, ...], random: Random) -> tuple[int, ...]:
    """Most of the operator's circle (at least three quarters), in another order each time."""
    count = max(min(4, len(circle)), math.ceil(len(circle) * random.uniform(0.75, 1)))
    return tuple(random.sample(circle, count))


def _absence(random: Random) -> int:
    if random.random() < LONG_ABSENCE_SHARE:
        return int(random.uniform(*LONG_ABSENCE))
    return min(LONG_ABSENCE[0] - 1, int(MEDIAN_ABSENCE * random.lognormvariate(0, 1.0)) + HOUR // 2)
