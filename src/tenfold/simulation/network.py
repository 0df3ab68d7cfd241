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
SPLIT_SHARE = 0.06  # of returns open two accounts at once
SLEEPER_SHARE = 0.08  # of returns were opened before the closure, and slept
AGED_SHARE = 0.05  # of returns are old accounts of honest people, bought
SLEPT = (2 * DAY, 20 * DAY)
AGED = (90 * DAY, 600 * DAY)
MEDIAN_ABSENCE = 1.5 * DAY  # between closure and return
LONG_ABSENCE = (5 * DAY, 14 * DAY)  # the evasion "delay"
LONG_ABSENCE_SHARE = 0.15
OLDEST_ACCOUNT = 60 * DAY  # before the period
OLD_SHARE = 0.65  # of the operators were there before the period
FAMILY_SHARE = 0.15  # of the operators live with somebody who has nothing to do with it all
FAMILY_DEVICE_SHARE = 0.4  # of these use the same device
QUIET_SHARE = 0.25  # of the accounts hide: nearly all they write is ordinary


class Life(msgspec.Struct, kw_only=True):
    """One account of the network, from creation to closure. Times in microseconds since 1970.

    `friends` are honest accounts that the operator follows; `before` is the index of the life of
    which this one is the return; `begins` is when the operator first uses the account, which may be
    after its creation; `seller` is the look in which a bought account was created. `account` is known once
    the population is sorted.
    """

    operator: int
    role: int
    language: int
    opsec: float
    activity: float
    followers: int
    quiet: bool
    created: int
    begins: int
    closed: int | None
    identity: Identity
    seller: Identity | None = None
    friends: tuple[int, ...]
    before: int | None = None
    evasions: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    account: int = -1


class Neighbour(msgspec.Struct, frozen=True):
    """An honest account that has long been there: its row in the population, where it lives."""

    row: int
    household: int
    device: int


def lives(
    spec: SimulationSpec, wardrobe: Wardrobe, neighbours: list[Neighbour], random: Random
) -> list[Life]:
    """The lives of all operators' accounts; they may follow `neighbours` and a few live with one."""
    told: list[Life] = []
    for number in range(spec.network_operators):
        operator = _Operator(spec, number, neighbours, random)
        operator.live(wardrobe, told)
    return told


def pick(table: tuple[tuple[float, ...], ...], random: Random) -> tuple[float, ...]:
    """A row of a table, whose second column is its share."""
    drawn = random.random()
    for row in table:
        drawn -= row[1]
        if drawn < 0:
            return row
    return table[-1]


class _Operator:
    """One person of the network: what they are there for, how careful they are, whom they follow."""

    def __init__(
        self, spec: SimulationSpec, number: int, neighbours: list[Neighbour], random: Random
    ) -> None:
        role, _, self._mean_days, self._comes_back, self._activity = pick(ROLE_TABLE, random)
        self._spec, self._number, self._role, self._random = spec, number, int(role), random
        self._language = int(pick(LANGUAGE_TABLE, random)[0])
        self._opsec = random.betavariate(2, 3)
        self._neighbours = neighbours
        self._circle = self._acquaintances()
        with_family = bool(neighbours) and random.random() < FAMILY_SHARE
        self._family = neighbours[int(random.random() * len(neighbours))] if with_family else None

    def _acquaintances(self) -> tuple[int, ...]:
        count = min(len(self._neighbours), 8 + int(self._random.random() * 8))
        return tuple(friend.row for friend in self._random.sample(self._neighbours, count))

    def live(self, wardrobe: Wardrobe, told: list[Life]) -> None:
        """Open accounts one after the other until the period or the will to come back ends."""
        random = self._random
        followers = int(20 * random.paretovariate(1.2))
        life = self._life(self._begins(), self._first_identity(wardrobe), followers)
        told.append(life)
        for _ in range(GENERATIONS):
            if life.closed is None or random.random() > self._comes_back:
                return
            before = len(told) - 1 if told[-1] is life else len(told) - 2
            followers = max(3, int(followers * random.uniform(0.2, 0.8)))  # repeat closures cost followers
            again = self._return(life, before, followers, wardrobe)
            if again is None:
                return
            told.append(again)
            if random.random() < SPLIT_SHARE:
                twin = self._return(life, before, followers // 2, wardrobe)
                if twin is not None and twin.begins - again.begins < LONG_ABSENCE[0]:
                    again.evasions += ("split",)
                    twin.evasions += ("split",)
                    told.append(twin)
            life = again

    def _return(self, gone: Life, before: int, followers: int, wardrobe: Wardrobe) -> Life | None:
        """The account with which they come back after `gone`; None if that would be after the period."""
        random = self._random
        absence = time_away(random)
        begins = (gone.closed or 0) + absence
        if begins >= self._spec.end_us - 6 * HOUR:
            return None
        identity, used, kept = evasions.come_back(gone.identity, self._opsec, wardrobe, random)
        if "nothing_kept" in used:
            self._circle = self._acquaintances()
        life = self._life(begins, identity, followers)
        life.before, life.kept = before, kept
        if absence >= LONG_ABSENCE[0]:
            used += ("delay",)
        kind = random.random()
        if kind < AGED_SHARE:
            used += ("aged_account",)
            life.created = begins - int(random.uniform(*AGED))
            life.seller = wardrobe.honest_identity(life.language)
        elif (
            kind < AGED_SHARE + SLEEPER_SHARE
            and (slept := begins - absence - int(random.uniform(*SLEPT))) > gone.created
        ):
            used += ("sleeper",)
            life.created = slept
        life.evasions = used
        return life

    def _first_identity(self, wardrobe: Wardrobe) -> Identity:
        identity = wardrobe.network_identity(self._language, self._random)
        if self._family is None:
            return identity
        device = self._family.device if self._random.random() < FAMILY_DEVICE_SHARE else identity.device
        return msgspec.structs.replace(identity, household=self._family.household, device=device)

    def _begins(self) -> int:
        spec, random = self._spec, self._random
        if random.random() < OLD_SHARE:
            return spec.start_us - int(random.uniform(DAY, OLDEST_ACCOUNT))
        return spec.start_us + int(random.uniform(0, 0.7) * spec.days * DAY)

    def _life(self, begins: int, identity: Identity, followers: int) -> Life:
        random = self._random
        closed = begins + max(6 * HOUR, int(random.expovariate(1 / self._mean_days) * DAY))
        friends = max(min(4, len(self._circle)), math.ceil(len(self._circle) * random.uniform(0.75, 1)))
        return Life(
            operator=self._number,
            role=self._role,
            language=identity.language,
            opsec=self._opsec,
            activity=self._activity * random.lognormvariate(0, 0.7),
            followers=followers,
            quiet=random.random() < QUIET_SHARE,
            created=begins,
            begins=begins,
            closed=closed if closed < self._spec.end_us - HOUR else None,
            identity=identity,
            friends=tuple(random.sample(self._circle, friends)),
        )


def time_away(random: Random, longest: int = LONG_ABSENCE[1]) -> int:
    """Microseconds between a closure and the return, at most `longest`; some stay away on purpose."""
    if random.random() < LONG_ABSENCE_SHARE:
        return int(LONG_ABSENCE[0] * (longest / LONG_ABSENCE[0]) ** random.random())
    return min(LONG_ABSENCE[0] - 1, int(MEDIAN_ABSENCE * random.lognormvariate(0, 1.0)) + HOUR // 2)
