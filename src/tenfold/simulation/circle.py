"""What the people around an account do: whom its friends follow, who welcomes it, who tells others of it."""

from random import Random

from tenfold.simulation.network import Life
from tenfold.simulation.population import FRAMER, People
from tenfold.simulation.spec import DAY, HOUR, MICROSECONDS, SimulationSpec
from tenfold.simulation.timeline import BEFRIEND, BRAG, WELCOME, Plan, planned

CELL = 6  # operators who know one another
FOLLOWED_BACK_SHARE = 0.45  # of friends follow the account of an operator who hides nothing
MENTIONING_SHARE = 0.06  # of friends greet a return in public
WELCOMING_SHARE = 0.35  # of the cell's people tell others of a return
BRAGGING_SHARE = 0.2  # of returns say who they were
FRAMERS_FOLLOWS_SHARE = 0.8  # of the friends of the account they copy


def circle_events(spec: SimulationSpec, people: People, random: Random) -> Plan:
    """Friendships of the network's accounts in both directions, and what is said of their returns.

    How much of it there is falls with the operator's care: careful people let few know.
    """
    telling = _Telling(spec, people, random)
    for life in people.lives:
        telling.friendships(life)
        if life.before is not None:
            telling.welcomes(life, people.lives[life.before])
    for account in (people.role == FRAMER).nonzero()[0].tolist():
        telling.framing(account)
    return planned(telling.rows)


class _Telling:
    def __init__(self, spec: SimulationSpec, people: People, random: Random) -> None:
        self._spec, self._people, self._draw = spec, people, random.random
        self._cells: dict[int, list[Life]] = {}
        for life in people.lives:
            self._cells.setdefault(life.operator // CELL, []).append(life)
        self.rows: list[tuple[int, int, int, int]] = []

    def friendships(self, life: Life) -> None:
        """The operator follows all friends at once; some of them follow back, sooner or later."""
        openness = 1 - 0.7 * life.opsec if life.before is not None else 1.0
        for index, friend in enumerate(life.friends):
            self.rows.append((life.begins + (index + 1) * 47 * MICROSECONDS, life.account, BEFRIEND, friend))
            when = life.begins + HOUR + int(self._draw() * 3 * DAY)
            if self._draw() < FOLLOWED_BACK_SHARE * openness and self._alive(life, when):
                self.rows.append((when, friend, BEFRIEND, life.account))

    def welcomes(self, life: Life, before: Life) -> None:
        """Friends and the cell name the new account; a few returns name their old one."""
        openness = 1 - life.opsec
        for friend in life.friends:
            self._post(friend, WELCOME, life, MENTIONING_SHARE * openness)
        for fellow in self._cells[life.operator // CELL]:
            if fellow.operator != life.operator:
                self._post(fellow.account, WELCOME, life, WELCOMING_SHARE * openness, by=fellow)
        if "nothing_kept" not in life.evasions:
            self._post(life.account, BRAG, life, BRAGGING_SHARE * openness, by=life, about=before.account)

    def framing(self, account: int) -> None:
        """A framer follows whom the copied account followed: that is public."""
        people = self._people
        copied = people.lives[int(people.life[people.copies[account]])]
        created = int(people.created[account])
        for index, friend in enumerate(copied.friends):
            when = created + (index + 1) * 61 * MICROSECONDS
            if self._draw() < FRAMERS_FOLLOWS_SHARE and when < self._spec.end_us:
                self.rows.append((when, account, BEFRIEND, friend))

    def _post(
        self,
        who: int,
        action: int,
        life: Life,
        share: float,
        *,
        by: Life | None = None,
        about: int = -1,
    ) -> None:
        if self._draw() >= share:
            return
        when = max(life.begins, self._spec.start_us) + 2 * HOUR + int(self._draw() * 2 * DAY)
        if self._alive(life, when) and (by is None or by.begins < when < (by.closed or self._spec.end_us)):
            self.rows.append((when, who, action, life.account if about < 0 else about))

    def _alive(self, life: Life, when: int) -> bool:
        return when < (life.closed or self._spec.end_us)
