"""The platform's people as columns of numbers: one row an account, in the order of their creation."""

from random import Random

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.simulation import addresses, rhythm
from tenfold.simulation.network import Life
from tenfold.simulation.spec import DAY, SimulationSpec

LANGUAGES = ("ar", "en", "ar-Latn", "mixed")
LANGUAGE_SHARES = (0.45, 0.40, 0.07, 0.08)
AR, EN, ARABIZI, MIXED = range(4)

COMMUNITIES = ("everyday", "news", "football", "cooking", "faith", "politics", "charity")
COMMUNITY_SHARES = (0.24, 0.14, 0.20, 0.12, 0.13, 0.12, 0.05)
NETWORK_COMMUNITY = len(COMMUNITIES)  # where the network's accounts are at home
NEWS, POLITICS = COMMUNITIES.index("news"), COMMUNITIES.index("politics")

ROLES = (
    "member",
    "journalist",
    "counter_speaker",
    "researcher",
    "parody",
    "propagandist",
    "recruiter",
    "helper",
    "framer",
)
MEMBER, JOURNALIST, COUNTER_SPEAKER, RESEARCHER, PARODY, PROPAGANDIST, RECRUITER, HELPER, FRAMER = range(9)
SPECIAL_SHARES = ((JOURNALIST, 0.02), (COUNTER_SPEAKER, 0.015), (RESEARCHER, 0.006))

FOREVER = np.iinfo(np.int64).max
CLOSED, DELETED = 1, 2  # how an account ended

OLD_SHARE = 0.85  # of honest people were there before the period
OLDEST = 3 * 365 * DAY
SPAM_SHARE, LEAVERS_SHARE = 0.006, 0.004
SHARED_HOME, SHARED_DEVICE = 0.35, 0.4  # live with somebody of the platform; and share a device with them
COMMON_DEVICE, VPN_HONEST = 0.10, 0.03
PARODIES_PER_ACCOUNT = 0.002
FRAMERS_PER_ACCOUNT = 0.001
COPYING_ACTIVITY = 4.0  # more than others: it is why they came
MOBILE_ONLY = 0.1  # of people
MOBILE = 0.35  # of sessions come through a carrier's shared address


class People(msgspec.Struct, kw_only=True):
    """Columns over accounts. Times in microseconds since 1970; `activity` is relative.

    `begins` is when an account is first used. `mobile`: only by way of a carrier; `hand`: the seed of
    the way of writing. `life` is the index into `lives` of an account of the network, -1 for all
    others; `person` is equal for all accounts of one operator; `copies` is the account whose look a
    parody or framer wears, or -1.
    """

    created: NDArray[np.int64]
    begins: NDArray[np.int64]
    ended: NDArray[np.int64]
    ending: NDArray[np.int8]
    role: NDArray[np.int8]
    community: NDArray[np.int8]
    language: NDArray[np.int8]
    zone: NDArray[np.int8]
    activity: NDArray[np.float64]
    followers: NDArray[np.int64]
    household: NDArray[np.int64]
    lease: NDArray[np.int64]
    device: NDArray[np.int64]
    carrier: NDArray[np.int64]
    vpn: NDArray[np.bool_]
    mobile: NDArray[np.bool_]
    hand: NDArray[np.int64]
    person: NDArray[np.int64]
    life: NDArray[np.int64]
    copies: NDArray[np.int64]
    lives: list[Life]

    def __len__(self) -> int:
        return len(self.created)


def honest(spec: SimulationSpec, generator: np.random.Generator) -> People:
    """Everybody outside the network, unsorted; households and devices are numbered from 1,000."""
    size = spec.honest_accounts
    language = generator.choice(len(LANGUAGES), size, p=LANGUAGE_SHARES).astype(np.int8)
    community = generator.choice(len(COMMUNITIES), size, p=COMMUNITY_SHARES).astype(np.int8)
    role = _roles(size, generator)
    community[role != MEMBER] = np.where(generator.random((role != MEMBER).sum()) < 0.5, NEWS, POLITICS)
    created = _joined(spec, size, generator)
    ended, ending = _endings(spec, created, role, generator)
    household, device = _homes(size, generator)
    activity = generator.lognormal(0.0, 1.5, size)
    carriers = max(4, size // addresses.ACCOUNTS_PER_CARRIER_ADDRESS)
    return People(
        created=created,
        begins=created,
        ended=ended,
        ending=ending,
        role=role,
        community=community,
        language=language,
        zone=rhythm.zones(size, language != EN, generator),
        activity=activity,
        followers=(8 * (1 + generator.pareto(1.1, size)) * np.sqrt(activity)).astype(np.int64),
        household=household,
        lease=np.zeros(size, dtype=np.int64),
        device=device,
        carrier=addresses.zipf(size, carriers, addresses.CARRIER_EXPONENT, generator),
        vpn=generator.random(size) < VPN_HONEST,
        mobile=generator.random(size) < MOBILE_ONLY,
        hand=generator.integers(0, 1 << 62, size),
        person=np.arange(size, dtype=np.int64),
        life=np.full(size, -1, dtype=np.int64),
        copies=np.full(size, -1, dtype=np.int64),
        lives=[],
    )


def _roles(size: int, generator: np.random.Generator) -> NDArray[np.int8]:
    role = np.full(size, MEMBER, dtype=np.int8)
    order = generator.permutation(size)
    taken = 0
    for special, share in SPECIAL_SHARES:
        count = max(1, round(size * share))
        role[order[taken : taken + count]] = special
        taken += count
    return role


def _joined(spec: SimulationSpec, size: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Most joined long ago, more of them lately; the rest join during the period."""
    old = generator.random(size) < OLD_SHARE
    before = spec.start_us - (OLDEST * generator.random(size) ** 1.5).astype(np.int64) - DAY
    during = spec.start_us + (spec.days * DAY * generator.random(size) * 0.97).astype(np.int64)
    return np.where(old, before, during)


def _endings(
    spec: SimulationSpec, created: NDArray[np.int64], role: NDArray[np.int8], generator: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """A few members are closed for spam, a few leave."""
    size = len(created)
    kind = generator.random(size)
    ending = np.zeros(size, dtype=np.int8)
    ending[(kind < SPAM_SHARE) & (role == MEMBER)] = CLOSED
    ending[(kind >= SPAM_SHARE) & (kind < SPAM_SHARE + LEAVERS_SHARE) & (role == MEMBER)] = DELETED
    begin = np.maximum(created, spec.start_us)
    when = begin + ((spec.end_us - begin) * (0.05 + 0.9 * generator.random(size))).astype(np.int64)
    return np.where(ending > 0, when, FOREVER), ending


def _homes(size: int, generator: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Household and device of each: some live with the one before, some of these share a device."""
    own = np.arange(size, dtype=np.int64)
    with_another = generator.random(size) < SHARED_HOME
    with_another[0] = False
    household = np.maximum.accumulate(np.where(with_another, 0, own))
    shares = with_another & (generator.random(size) < SHARED_DEVICE)
    device = np.where(shares, household, own) + 1_000
    common = generator.random(size) < COMMON_DEVICE
    device[common] = addresses.zipf(int(common.sum()), addresses.COMMON_FINGERPRINTS, 1.0, generator)
    scrambled = generator.permutation(size)  # households are not neighbours in order of joining
    return (household + 1_000)[scrambled], device[scrambled]


def with_network(
    spec: SimulationSpec, people: People, lives: list[Life], generator: np.random.Generator, random: Random
) -> People:
    """All accounts, the network's among them, sorted by creation and with references renumbered."""
    size = len(people)
    joined = _concatenate(people, _network(lives, size, int(people.carrier.max()) + 1, generator))
    order = np.argsort(joined.created, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    everybody = _reorder(joined, order)
    for index, life in enumerate(lives):
        life.account = int(rank[size + index])
        life.friends = tuple(int(rank[friend]) for friend in life.friends)
    everybody.lives = lives
    _dress(everybody, PARODY, PARODIES_PER_ACCOUNT, 0, random)
    # Who frames somebody has read the copied account, so that it wrote in the period.
    _dress(everybody, FRAMER, FRAMERS_PER_ACCOUNT, spec.start_us + DAY, random)
    return everybody


def _network(lives: list[Life], size: int, carriers: int, generator: np.random.Generator) -> People:
    """The columns of the network's accounts; `size` people are numbered before its operators."""
    count = len(lives)
    operators = np.array([life.operator for life in lives], dtype=np.int64)
    different = int(operators.max(initial=0)) + 1

    def column(values: list[int]) -> NDArray[np.int64]:
        return np.array(values, dtype=np.int64)

    arabic = column([life.language for life in lives]) != EN
    zone_of_operator = np.zeros(different, dtype=np.int8)
    zone_of_operator[operators] = rhythm.zones(count, arabic, generator)
    return People(
        created=column([life.created for life in lives]),
        begins=column([life.begins for life in lives]),
        ended=column([life.closed if life.closed is not None else FOREVER for life in lives]),
        ending=np.array([life.closed is not None for life in lives], dtype=np.int8),
        role=np.array([life.role for life in lives], dtype=np.int8),
        community=np.full(count, NETWORK_COMMUNITY, dtype=np.int8),
        language=np.array([life.language for life in lives], dtype=np.int8),
        zone=(zone_of_operator[operators] + column([life.identity.shift for life in lives])).astype(np.int8),
        activity=np.array([life.activity for life in lives], dtype=np.float64),
        followers=column([life.followers for life in lives]),
        household=column([life.identity.household for life in lives]),
        lease=column([life.identity.lease for life in lives]),
        device=column([life.identity.device for life in lives]),
        carrier=column([life.identity.carrier % carriers for life in lives]),
        vpn=np.array([life.identity.vpn for life in lives], dtype=np.bool_),
        mobile=np.array([life.identity.mobile for life in lives], dtype=np.bool_),
        hand=column([life.identity.hand for life in lives]),
        person=operators + size,
        life=np.arange(count, dtype=np.int64),
        copies=np.full(count, -1, dtype=np.int64),
        lives=[],
    )


def _columns() -> list[str]:
    return [name for name in People.__struct_fields__ if name != "lives"]


def _concatenate(first: People, second: People) -> People:
    columns = {name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in _columns()}
    return People(**columns, lives=[])


def _reorder(people: People, order: NDArray[np.int64]) -> People:
    return People(**{name: getattr(people, name)[order] for name in _columns()}, lives=people.lives)


def _dress(people: People, role: int, share: float, since: int, random: Random) -> None:
    """A few newcomers wear the name and picture of a closed account of the network: to mock it, or to
    have somebody accused. `since`: the account was closed after that.
    """
    closed = [life for life in people.lives if (life.closed or 0) > since and life.identity.avatar]
    first = min((life.closed for life in closed if life.closed), default=FOREVER)
    late = people.created > first
    newcomers = np.flatnonzero(late & (people.role == MEMBER) & (people.ending == 0) & (people.life < 0))
    wanted = max(1, round(len(people) * share))
    for account in random.sample(newcomers.tolist(), len(newcomers)):
        mocked = [life for life in closed if life.closed and life.closed < people.created[account]]
        if not wanted:
            break
        if not mocked:
            continue
        life = mocked[int(random.random() * len(mocked))]
        people.role[account] = role
        people.copies[account] = life.account
        people.language[account] = life.language
        people.community[account] = POLITICS
        people.activity[account] += COPYING_ACTIVITY
        wanted -= 1
