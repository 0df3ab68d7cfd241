"""A simulated platform: honest people, the fictional Ashen Banner network, and the truth about both.

    for event in generate(SimulationSpec(events=20_000, seed=7), on_truth=records.append):
        ...

docs/simulation.md says what is modelled and what is not.
"""

from collections.abc import Callable, Iterator
from random import Random

import numpy as np

from tenfold.simulation import circle, groups, network, population, timeline
from tenfold.simulation.identity import Wardrobe
from tenfold.simulation.spec import MAX_EVENTS, MIN_EVENTS, SimulationSpec, SpecError
from tenfold.simulation.teller import Event, Teller
from tenfold.simulation.truth import AccountTruth, GroupTruth, Ledger, PostTruth, Truth

__all__ = [
    "MAX_EVENTS",
    "MIN_EVENTS",
    "AccountTruth",
    "Event",
    "GroupTruth",
    "Ledger",
    "PostTruth",
    "SimulationSpec",
    "SpecError",
    "Truth",
    "generate",
]


def generate(spec: SimulationSpec, on_truth: Callable[[Truth], None] = lambda truth: None) -> Iterator[Event]:
    """Exactly `spec.events` events as JSON objects (dicts), sorted by time; the same for equal specs.

    `on_truth` hears each account, group and post in question just before its event is yielded. What
    was there before the period comes first, with its own dates. Memory: the accounts (about 1 KB
    each) and one hour of events.
    """
    # Two generators: numpy for columns, the standard library's for single choices.
    generator = np.random.default_rng(spec.seed)
    random = Random(spec.seed)  # noqa: S311
    wardrobe = Wardrobe(random)
    honest = population.honest(spec, generator)
    long_there = honest.created < spec.start_us - network.OLDEST_ACCOUNT
    neighbours = [
        network.Neighbour(row, int(honest.household[row]), int(honest.device[row]))
        for row in np.flatnonzero(long_there & (honest.ending == 0)).tolist()
    ]
    lives = network.lives(spec, wardrobe, neighbours, random)
    people = population.with_network(spec, honest, lives, generator, random)
    all_groups = groups.make(spec, people, random)
    fixed = timeline.account_events(spec, people)
    fixed.append(groups.group_events(spec, people, all_groups, random))
    fixed.append(circle.circle_events(spec, people, random))
    told = timeline.Timeline(spec, people, timeline.joined(fixed), generator)
    teller = Teller(spec, people, all_groups, wardrobe=wardrobe, random=random, on_truth=on_truth)
    for plan in told.hours():
        yield from teller.tell(plan)
