"""People who run several accounts one after the other: the network's operators, and spammers."""

from enum import StrEnum
from random import Random

import msgspec

from tenfold.simulation.network import AGED, LANGUAGE_TABLE, LONG_ABSENCE, ROLE_TABLE, SLEPT, pick, time_away
from tenfold.simulation.spec import DAY, HOUR

GENERATIONS = 30
CELL = 8  # operators who know one another, on average
SPLIT_SHARE = 0.05  # of returns open two accounts at once
SLEEPER_SHARE = 0.06  # of returns were opened before the closure, and slept
AGED_SHARE = 0.03  # of returns are honest people's old accounts, bought
FAMILY_SHARE = 0.15  # of operators live with somebody who has nothing to do with it
LONGEST_ABSENCE = 180 * DAY
FARM = (5, 40)  # accounts of a spammer
ROLE_NAMES = {5: "propagandist", 6: "recruiter", 7: "helper"}


class Sort(StrEnum):
    """How an account came into an operator's hands."""

    FIRST = "first"
    RETURN = "return"
    SPLIT = "split"
    SLEEPER = "sleeper"
    AGED = "aged_account"


class Life(msgspec.Struct, kw_only=True):
    """One account of an operator. `begins` is when they first use it, `created` when it was opened."""

    created: int
    begins: int
    closed: int
    sort: Sort
    late: bool = False
    account: int = -1


class Operator(msgspec.Struct, kw_only=True):
    """A person and the accounts that they run, in the order of use.

    The people of a `cell` know the same `circle`; `home` is the circle that only this one knows.
    """

    role: str
    language: int
    opsec: float
    circle: int
    home: int
    cell: int
    family: bool
    spammer: bool
    lives: list[Life]


def operators(accounts: int, circles: int, span: int, now: int, random: Random) -> list[Operator]:
    """The network's people, until they have about `accounts` accounts (at least one operator)."""
    run: list[Operator] = []
    told = 0
    circle = 0
    while told < accounts or not run:
        if len(run) % CELL == 0:
            circle = int(random.random() * circles)
        operator = _operator(circle, len(run) // CELL, circles=circles, span=span, now=now, random=random)
        told += len(operator.lives)
        run.append(operator)
    return run


def _operator(circle: int, cell: int, *, circles: int, span: int, now: int, random: Random) -> Operator:
    role, _, mean_days, comes_back, _ = pick(ROLE_TABLE, random)
    operator = Operator(
        role=ROLE_NAMES[int(role)],
        language=int(pick(LANGUAGE_TABLE, random)[0]),
        opsec=random.betavariate(2, 3),
        circle=circle,
        home=int(random.random() * circles),
        cell=cell,
        family=random.random() < FAMILY_SHARE,
        spammer=False,
        lives=[],
    )
    begins = now - int(random.uniform(DAY, span))
    closed = _closing(begins, mean_days, now, random)
    operator.lives.append(Life(created=begins, begins=begins, closed=closed, sort=Sort.FIRST))
    while closed and len(operator.lives) < GENERATIONS and random.random() < comes_back:
        begins = closed + time_away(random, LONGEST_ABSENCE)
        if begins >= now:
            break
        gone, late = closed, begins - closed >= LONG_ABSENCE[0]
        closed = _closing(begins, mean_days, now, random)
        operator.lives.append(_next(begins, closed, gone, late, random))
        if random.random() < SPLIT_SHARE and begins + DAY < now:
            twin = begins + int(random.random() * DAY)
            ends = _closing(twin, mean_days, now, random)
            operator.lives.append(Life(created=twin, begins=twin, closed=ends, sort=Sort.SPLIT, late=late))
    return operator


def _next(begins: int, closed: int, gone: int, late: bool, random: Random) -> Life:
    """The account used from `begins` on, after one that was closed at `gone`."""
    kind = random.random()
    sort, created = Sort.RETURN, begins
    if kind < AGED_SHARE:
        sort, created = Sort.AGED, gone - int(random.uniform(*AGED))
    elif kind < AGED_SHARE + SLEEPER_SHARE:
        sort, created = Sort.SLEEPER, gone - int(random.uniform(*SLEPT))
    return Life(created=created, begins=begins, closed=closed, sort=sort, late=late)


def _closing(begins: int, mean_days: float, now: int, random: Random) -> int:
    """When the platform closes the account; 0 when it is still open."""
    closed = begins + max(6 * HOUR, int(random.expovariate(1 / mean_days) * DAY))
    return closed if closed < now else 0


def farms(accounts: int, circles: int, span: int, now: int, random: Random) -> list[Operator]:
    """Spammers with many accounts for one site, closed within days, one before the next or together."""
    run: list[Operator] = []
    told = 0
    while told < accounts:
        begins = now - int(random.uniform(30 * DAY, span))
        lives = []
        for _ in range(random.randint(*FARM)):
            created = min(begins + int(random.uniform(0, 20 * DAY)), now - 1)
            closed = _closing(created, 5.0, now, random)
            lives.append(Life(created=created, begins=created, closed=closed, sort=Sort.RETURN))
        lives.sort(key=lambda life: life.created)
        lives[0].sort = Sort.FIRST
        circle = int(random.random() * circles)
        run.append(
            Operator(
                role="spammer",
                language=int(random.random() * 2),
                opsec=random.betavariate(2, 3),
                circle=circle,
                home=circle,
                cell=-1,
                family=False,
                spammer=True,
                lives=lives,
            )
        )
        told += len(lives)
    return run
