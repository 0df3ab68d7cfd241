"""Groups: of communities and of the network; what they are called and who begins them."""

from random import Random

import msgspec
import numpy as np

from tenfold.simulation.grammar import Grammar, lexicon
from tenfold.simulation.network import Life
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
        """One of the organisation's own."""
        return self.community == NETWORK_COMMUNITY


class _Founding:
    """Founds groups and numbers them."""

    def __init__(self, spec: SimulationSpec, people: People, random: Random) -> None:
        self._spec, self._people, self._random = spec, people, random
        self.groups: list[Group] = []

    def ordinary(self, old: list[int]) -> None:
        """Somebody who has long been there founds a group of their community."""
        people, random = self._people, self._random
        creator = old[int(random.random() * len(old))]
        created = int(people.created[creator]) + int(random.random() * 20 * HOUR)
        created = min(created, self._spec.start_us - HOUR)
        self._found(creator, int(people.community[creator]), int(people.language[creator]) % 3, created)

    def of_network(self, life: Life) -> None:
        """Somebody of the network founds one of theirs; it may be closed and begun again."""
        spec, random = self._spec, self._random
        created = life.begins + HOUR + int(random.random() * 12 * HOUR)
        group = self._found(life.account, NETWORK_COMMUNITY, life.language % 3, created)
        closed = max(created, spec.start_us) + int((1 + random.random() * 12) * DAY)
        if random.random() > CLOSED_SHARE or closed >= spec.end_us - HOUR:
            return
        group.closed = closed
        reopened = closed + HOUR + int(random.random() * DAY)
        there = [
            other
            for other in self._people.lives
            if other.begins < closed and (other.closed or spec.end_us) > closed + 2 * DAY
        ]
        if not there or random.random() > REOPENED_SHARE or reopened >= spec.end_us - HOUR:
            return
        founder = there[int(random.random() * len(there))]
        again = self._found(founder.account, NETWORK_COMMUNITY, group.language, reopened)
        again.before = group.id
        again.name = f"{group.name} {int(random.random() * 8) + 2}"

    def _found(self, creator: int, community: int, language: int, created: int) -> Group:
        kind = (*COMMUNITIES, "network")[community]
        words = lexicon("groups")[LANGUAGES[language]]
        draw = self._random.random
        group = Group(
            id=f"g{len(self.groups) + 1}",
            creator=creator,
            community=community,
            language=language,
            name=Grammar(words[kind], words["slots"], f"groups.{kind}").say(draw),
            description=Grammar(words["description"], words["slots"], "groups.description").say(draw),
            created=created,
        )
        self.groups.append(group)
        return group


def make(spec: SimulationSpec, people: People, random: Random) -> list[Group]:
    """All groups in the order of their ids."""
    founding = _Founding(spec, people, random)
    old = np.flatnonzero((people.life < 0) & (people.created < spec.start_us) & (people.ending == 0)).tolist()
    for _ in range(max(len(COMMUNITIES), spec.honest_accounts // ACCOUNTS_PER_GROUP)):
        founding.ordinary(old)
    founders = [life for life in people.lives if life.closed is None or life.closed - life.begins > DAY]
    for _ in range(min(len(founders), max(1, spec.network_operators // OPERATORS_PER_GROUP))):
        founding.of_network(founders[int(random.random() * len(founders))])
    return [group for group in founding.groups if group.created < spec.end_us - HOUR]


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
        when = max(life.begins, groups[index].created) + int((0.2 + random.random() * 20) * HOUR)
        if when < min(life.closed or spec.end_us, groups[index].closed or spec.end_us):
            rows.append((when, life.account, JOIN_PLANNED, index))
    return planned(rows)
