"""Groups: of communities and of the network; what they are called and who begins them."""

from random import Random

import msgspec
import numpy as np

from tenfold.simulation.grammar import Grammar, lexicon
from tenfold.simulation.population import COMMUNITIES, LANGUAGES, NETWORK_COMMUNITY, People
from tenfold.simulation.spec import DAY, HOUR, SimulationSpec
from tenfold.simulation.timeline import CLOSE_GROUP, CREATE_GROUP, JOIN_PLANNED, Plan, planned

ACCOUNTS_PER_GROUP = 70
OPERATORS_PER_GROUP = 5
JOINING_SHARE = 0.6  # of the network's accounts are members of one of its groups
CLOSED_SHARE, REOPENED_SHARE = 0.5, 0.7


class Group(msgspec.Struct, kw_only=True):
    """A group; `community` is an index as in population, NETWORK_COMMUNITY for the network's own."""

    id: str
    creator: int
    community: int
    language: int
    name: str
    description: str
    created: int
    closed: int | None = None
    before: str | None = None

    @property
    def of_network(self) -> bool:
        return self.community == NETWORK_COMMUNITY


def make(spec: SimulationSpec, people: People, random: Random) -> list[Group]:
    """All groups in the order of their ids."""
    groups: list[Group] = []
    old = np.flatnonzero((people.life < 0) & (people.created < spec.start_us) & (people.ending == 0))
    for _ in range(max(len(COMMUNITIES), spec.honest_accounts // ACCOUNTS_PER_GROUP)):
        creator = int(old[int(random.random() * len(old))])
        community, language = int(people.community[creator]), int(people.language[creator]) % 3
        created = int(people.created[creator]) + int(random.random() * 20 * HOUR)
        _add(groups, random, creator, community, language, min(created, spec.start_us - HOUR))
    founders = [life for life in people.lives if life.closed is None or life.closed - life.created > DAY]
    for _ in range(min(len(founders), max(1, spec.network_operators // OPERATORS_PER_GROUP))):
        life = founders[int(random.random() * len(founders))]
        created = life.created + HOUR + int(random.random() * 12 * HOUR)
        group = _add(groups, random, life.account, NETWORK_COMMUNITY, life.language % 3, created)
        _close_and_reopen(groups, group, spec, people, random)
    return [group for group in groups if group.created < spec.end_us - HOUR]


def _add(
    groups: list[Group], random: Random, creator: int, community: int, language: int, created: int
) -> Group:
    kind = (*COMMUNITIES, "network")[community]
    words = lexicon("groups")[LANGUAGES[language]]
    group = Group(
        id=f"g{len(groups) + 1}",
        creator=creator,
        community=community,
        language=language,
        name=Grammar(words[kind], words["slots"], f"groups.{kind}").say(random.random),
        description=Grammar(words["description"], words["slots"], "groups.description").say(random.random),
        created=created,
    )
    groups.append(group)
    return group


def _close_and_reopen(
    groups: list[Group], group: Group, spec: SimulationSpec, people: People, random: Random
) -> None:
    if random.random() > CLOSED_SHARE:
        return
    closed = max(group.created, spec.start_us) + int((1 + random.random() * 12) * DAY)
    if closed >= spec.end_us - HOUR:
        return
    group.closed = closed
    later = [
        life
        for life in people.lives
        if life.created < closed and (life.closed or spec.end_us) > closed + 2 * DAY
    ]
    if not later or random.random() > REOPENED_SHARE:
        return
    reopened = closed + HOUR + int(random.random() * DAY)
    if reopened >= spec.end_us - HOUR:
        return
    founder = later[int(random.random() * len(later))]
    again = _add(groups, random, founder.account, NETWORK_COMMUNITY, group.language, reopened)
    again.before = group.id
    number = int(random.random() * 8) + 2
    again.name = f"{group.name} {number}"


def group_events(spec: SimulationSpec, people: People, groups: list[Group], random: Random) -> Plan:
    """Creation and closure of groups, and the network's members joining their own."""
    rows: list[tuple[int, int, int, int]] = []
    for index, group in enumerate(groups):
        rows.append((group.created, group.creator, CREATE_GROUP, index))
        if group.closed is not None:
            rows.append((group.closed, group.creator, CLOSE_GROUP, index))
    own = [index for index, group in enumerate(groups) if group.of_network]
    for life in people.lives:
        if not own or random.random() > JOINING_SHARE:
            continue
        index = own[int(random.random() * len(own))]
        when = max(life.created, groups[index].created) + int((0.2 + random.random() * 20) * HOUR)
        if when < min(life.closed or spec.end_us, groups[index].closed or spec.end_us):
            rows.append((when, life.account, JOIN_PLANNED, index))
    return planned(rows)
