"""Who there is on a platform of up to a million accounts: who runs which, when each began and ended.

Columns over accounts in the order of creation, and the few people who run several. What each account
shows is drawn later, from its own seed (returns.py), so that any account can be told alone.
"""

import math
from array import array
from bisect import bisect_left
from random import Random

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.simulation.operators import Operator, farms, operators
from tenfold.simulation.spec import DAY, MICROSECONDS, SpecError

NOW = 1_767_225_600 * MICROSECONDS  # 2026-01-01, when the population is looked at
OLDEST = 3 * 365 * DAY
NETWORK_SHARE = 0.04  # of the accounts are the network's
SPAM_FARM_SHARE = 0.1  # of the other closures
OPEN_RETURN_SHARE = 0.2  # of those closed for breaking rules come back openly
SECOND_SHARE = 0.04  # of the accounts are an honest person's second
FAN_SHARE, PARODY_SHARE, FRAMER_SHARE, FAKE_SHARE = 0.003, 0.001, 0.002, 0.002
FAKES_OF_ONE = 12  # accounts that copy one honest person, on average
FRAMER_COPIES_NETWORK = 0.7  # of framers copy a closed account of the network, the rest another closed one
VICTIM_SECOND_SHARE = 0.5  # of people copied by fakes open a second account later
HOUSEMATE_SHARE, HOUSEMATE_DEVICE_SHARE = 0.2, 0.4
CIRCLE_SIZE = 60  # accounts, on average

MEMBER, RULE_BREAKER, SECOND, FAN, PARODY, FRAMER, FAKE, OPERATOR, SPAMMER = range(9)
ROLES = ("member", "rule_breaker", "second_account", "fan", "parody", "framer", "fake", "", "spammer")
NOBODY = -1


class ReturnsSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Two populations of equal specs are equal. `closures_share`: of the accounts, closed by the
    platform; `posts`: how many an open account has written when it is looked at.
    """

    accounts: int = 1_000_000
    seed: int = 1
    closures_share: float = 0.1
    posts: int = 3

    def __post_init__(self) -> None:
        if not 1_000 <= self.accounts <= 10_000_000:
            raise SpecError(f"accounts: {self.accounts:,} is not between 1,000 and 10,000,000")
        if not 0.05 <= self.closures_share <= 0.5:
            raise SpecError(f"closures_share: {self.closures_share} is not between 0.05 and 0.5")
        if not 0 <= self.posts <= 1_000:
            raise SpecError(f"posts: {self.posts} is not between 0 and 1,000")
        if self.seed < 0:
            raise SpecError(f"seed: {self.seed} is negative; take 0 or more")


class Cast(msgspec.Struct, kw_only=True):
    """Columns over accounts, in the order of creation; times in microseconds since 1970.

    `closed` is 0 while open. `kind` is one of MEMBER ... SPAMMER. `owner` is the first account of the
    same honest person (often itself), or the index in `operators` for OPERATOR and SPAMMER. `copied` is
    the account whose look this one wears, or NOBODY. `members[starts[c]:starts[c + 1]]` are the
    accounts of circle c, in the order of creation.
    """

    created: "array[int]"
    closed: "array[int]"
    kind: "array[int]"
    owner: "array[int]"
    copied: "array[int]"
    circle: "array[int]"
    household: "array[int]"
    device: "array[int]"
    starts: "array[int]"
    members: "array[int]"
    operators: list[Operator]

    def __len__(self) -> int:
        return len(self.created)

    def there_at(self, time: int) -> int:
        """How many accounts had been opened before `time`."""
        return bisect_left(self.created, time)


class _Rows(msgspec.Struct):
    """Columns while they grow; `owner` and `copied` refer to rows before the sorting."""

    created: NDArray[np.int64]
    closed: NDArray[np.int64]
    kind: NDArray[np.int64]
    owner: NDArray[np.int64]
    copied: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.created)


def cast(spec: ReturnsSpec) -> Cast:
    """Everybody. About 1.5 s and 80 MB for a million accounts."""
    generator = np.random.default_rng([spec.seed, 1])
    random = Random(spec.seed)  # noqa: S311
    circles = max(2, spec.accounts // CIRCLE_SIZE)
    run = operators(round(spec.accounts * NETWORK_SHARE), circles, OLDEST // 2, NOW, random)
    network_closed = sum(1 for operator in run for life in operator.lives if life.closed)
    others = max(0, round(spec.accounts * spec.closures_share) - network_closed)
    run += farms(round(others * SPAM_FARM_SHARE), circles, OLDEST // 2, NOW, random)
    rows = _people(spec, run, others, generator)
    order = np.argsort(rows.created, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    _number(run, rank)
    return _columns(rows, order, rank, run, circles=circles, generator=generator)


def _number(run: list[Operator], rank: NDArray[np.int64]) -> None:
    """Tell each life of an operator its account; operators' rows come first."""
    row = 0
    for operator in run:
        for life in operator.lives:
            life.account = int(rank[row])
            row += 1


def _people(spec: ReturnsSpec, run: list[Operator], others: int, generator: np.random.Generator) -> _Rows:
    """All rows, operators' first, exactly `spec.accounts`."""
    lives = [(number, life) for number, operator in enumerate(run) for life in operator.lives]
    rows = _Rows(
        np.array([life.created for _, life in lives], dtype=np.int64),
        np.array([life.closed for _, life in lives], dtype=np.int64),
        np.array([SPAMMER if run[number].spammer else OPERATOR for number, _ in lives], dtype=np.int64),
        np.array([number for number, _ in lives], dtype=np.int64),
        np.full(len(lives), NOBODY, dtype=np.int64),
    )
    network = len(rows)
    farmed = sum(len(operator.lives) for operator in run if operator.spammer)
    breakers = max(2, round((others - farmed) / (1 + 0.3 * OPEN_RETURN_SHARE)))
    back = round(breakers * OPEN_RETURN_SHARE)
    size = spec.accounts
    seconds = round(size * SECOND_SHARE)
    wearers = [round(size * share) for share in (FAN_SHARE, PARODY_SHARE, FRAMER_SHARE, FAKE_SHARE)]
    members = size - network - breakers - back - seconds - sum(wearers)
    if members < size // 4:
        raise SpecError("closures_share: leaves too few honest people; take less")
    _append(rows, _joined(members, generator), MEMBER)
    first, honest = network, network + members
    created = NOW - (OLDEST * generator.random(breakers) ** 1.5).astype(np.int64) - DAY
    _append(rows, created, RULE_BREAKER, closed=_ended(created, generator))
    closed = rows.closed[honest : honest + breakers]
    owners = honest + generator.choice(breakers, back, replace=False)
    again = closed[owners - honest] + (3 * DAY * generator.lognormal(0, 1.2, back)).astype(np.int64)
    again = _before_now(closed[owners - honest], again, generator)
    ended = np.where(generator.random(back) < 0.3, _ended(again, generator), 0)
    _append(rows, again, RULE_BREAKER, closed=ended, owner=owners)
    owners = generator.integers(first, honest, seconds)
    after = rows.created[owners]
    _append(rows, after + ((NOW - after) * generator.random(seconds)).astype(np.int64), SECOND, owner=owners)
    _wearers(rows, wearers, network, (first, honest), generator)
    return rows


def _joined(count: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """More of them lately, as on a platform that grows."""
    return NOW - (OLDEST * generator.random(count) ** 1.5).astype(np.int64) - 1


def _ended(created: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
    """When accounts that broke rules were closed: after 60 days in the median, log-normal."""
    life = (60 * DAY * generator.lognormal(0, 1.3, len(created))).astype(np.int64)
    return np.maximum(created + 1, _before_now(created, created + life, generator))


def _append(
    rows: _Rows,
    created: NDArray[np.int64],
    kind: int,
    *,
    closed: NDArray[np.int64] | None = None,
    owner: NDArray[np.int64] | None = None,
    copied: NDArray[np.int64] | None = None,
) -> None:
    """More rows of one kind; whoever has no owner is one's own."""
    count, before = len(created), len(rows)
    rows.created = np.concatenate([rows.created, created])
    rows.closed = np.concatenate([rows.closed, np.zeros(count, np.int64) if closed is None else closed])
    rows.kind = np.concatenate([rows.kind, np.full(count, kind, dtype=np.int64)])
    own = np.arange(before, before + count) if owner is None else owner
    rows.owner = np.concatenate([rows.owner, own])
    rows.copied = np.concatenate([rows.copied, np.full(count, NOBODY) if copied is None else copied])


def _wearers(
    rows: _Rows, counts: list[int], network: int, honest: tuple[int, int], generator: np.random.Generator
) -> None:
    """Those who wear another's look: fans, parodies and framers of closed accounts, fakes of honest ones."""
    fans, parodies, framers, fakes = counts
    closed = np.flatnonzero(rows.closed)
    of_network = closed[(closed < network) & (rows.kind[closed] == OPERATOR)]
    elsewhere = closed[closed >= network]
    for kind, count, share in (
        (FAN, fans, 0.6),
        (PARODY, parodies, 1.0),
        (FRAMER, framers, FRAMER_COPIES_NETWORK),
    ):
        of_net = generator.random(count) < share
        worn = np.where(of_net, generator.choice(of_network, count), generator.choice(elsewhere, count))
        since = rows.closed[worn] if kind != FAN else rows.created[worn]
        _append(rows, _soon(since, generator), kind, copied=worn)
    victims = generator.integers(*honest, max(1, fakes // FAKES_OF_ONE))
    worn = generator.choice(victims, fakes)
    created = _soon(rows.created[worn] + 30 * DAY, generator)
    ended = np.where(generator.random(fakes) < 0.8, _ended(created, generator), 0)
    _append(rows, created, FAKE, closed=ended, copied=worn)
    seconds = np.flatnonzero(rows.kind == SECOND)
    moved = seconds[: math.ceil(len(victims) * VICTIM_SECOND_SHARE)]
    rows.owner[moved] = victims[: len(moved)]
    rows.created[moved] = _soon(rows.created[victims[: len(moved)]] + 90 * DAY, generator)


def _soon(since: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
    """Within weeks, but before now."""
    after = since + (10 * DAY * generator.lognormal(0, 1.2, len(since))).astype(np.int64)
    return _before_now(since, after, generator)


def _before_now(
    since: NDArray[np.int64], after: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.int64]:
    """`after`, or any time since where that is yet to come."""
    until = np.maximum(since + 1, NOW - 1)
    anywhere = since + ((until - since) * generator.random(len(since))).astype(np.int64)
    return np.where(after < NOW, after, anywhere)


def _columns(
    rows: _Rows,
    order: NDArray[np.int64],
    rank: NDArray[np.int64],
    run: list[Operator],
    *,
    circles: int,
    generator: np.random.Generator,
) -> Cast:
    """Sorted, with references renumbered, circles and homes given."""
    kind = rows.kind[order]
    own = (kind != OPERATOR) & (kind != SPAMMER)
    owner = rows.owner[order]
    owner[own] = rank[owner[own]]
    copied = rows.copied[order]
    copied[copied >= 0] = rank[copied[copied >= 0]]
    size = len(order)
    circle = (circles * generator.random(size) ** 1.4).astype(np.int64)
    circle[own] = circle[owner[own]]
    circle[~own] = np.array([run[number].circle for number in owner[~own].tolist()], dtype=np.int64)
    grouped = np.lexsort((np.arange(size), circle))
    grouped = grouped[own[grouped] & (kind[grouped] != FRAMER) & (kind[grouped] != FAKE)]
    starts = np.searchsorted(circle[grouped], np.arange(circles + 1))
    household, device = _homes(grouped, owner, own, generator)
    return Cast(
        created=array("q", rows.created[order].tobytes()),
        closed=array("q", rows.closed[order].tobytes()),
        kind=array("b", kind.astype(np.int8).tobytes()),
        owner=array("q", owner.tobytes()),
        copied=array("q", copied.tobytes()),
        circle=array("q", circle.tobytes()),
        household=array("q", household.tobytes()),
        device=array("q", device.tobytes()),
        starts=array("q", starts.astype(np.int64).tobytes()),
        members=array("q", grouped.tobytes()),
        operators=run,
    )


def _homes(
    grouped: NDArray[np.int64],
    owner: NDArray[np.int64],
    own: NDArray[np.bool_],
    generator: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Households and devices, numbered by the account that was there first. Housemates are of one circle."""
    household = np.arange(len(owner), dtype=np.int64)
    with_one_before = generator.random(len(grouped)) < HOUSEMATE_SHARE
    with_one_before[:1] = False
    position = np.maximum.accumulate(np.where(with_one_before, 0, np.arange(len(grouped))))
    household[grouped] = grouped[position]
    shares = with_one_before & (generator.random(len(grouped)) < HOUSEMATE_DEVICE_SHARE)
    device = np.arange(len(owner), dtype=np.int64)
    device[grouped] = np.where(shares, grouped[position], grouped)
    seconds = own & (owner != np.arange(len(owner)))
    household[seconds] = household[owner[seconds]]
    device[seconds] = device[owner[seconds]]
    return household, device
