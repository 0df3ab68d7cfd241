"""With whom an account is: whom it follows and mentions, who follows, mentions and announces it.

Ties grow with posts. Friends of somebody who was closed find the new account again; how many do falls
with the operator's care. Honest people know those of their circle and the stars of their interests.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable

import msgspec

from tenfold.fingerprint import MAX_TIES
from tenfold.simulation import cast as casts
from tenfold.simulation.cast import Cast
from tenfold.simulation.drawing import Drawing
from tenfold.simulation.mixing import mix
from tenfold.simulation.personas import Persona

ACCOUNTS_PER_STAR = 500
INTERESTS = 40  # what circles care about: each has its own stars
CIRCLE_TIES = 0.45  # of an honest account's ties lie in its circle, the rest are stars
REFOLLOWED = (0.85, 0.85)  # of old friends an operator follows again: at no care, and less by full care
FOLLOWED_BACK = (0.5, 0.45)  # of old friends follow a return, likewise
MENTIONED_BACK = 0.3  # of these mention it
FELLOWS_SHARE = 0.35  # of the cell's people follow one another's accounts
FELLOW_ANNOUNCES, FRIEND_ANNOUNCES = 0.15, 0.03  # at no care; both at once after some 30 posts
BRAGGING_SHARE = 0.2  # of returns name their old account, at no care
SECOND_SAYS_SO = 0.3  # of honest second accounts name the first
SECOND_KEEPS = 0.6  # of the first account's follows
FRAMER_FOLLOWS = 0.8  # of the copied account's follows
FRAMER_BRAGS = 0.3  # of framers claim to be the copied account
FRAMER_ANNOUNCED = 0.1  # of framers have it told by another fresh account of theirs
FOOLED_SHARE = 0.05  # of the copied account's friends follow the framer

Draw = Callable[[], float]


class Ties(msgspec.Struct):
    """Accounts' ids, earliest first."""

    follows: list[str]
    followed_by: list[str]
    mentioned_by: list[str]
    announced_by: list[str]
    announces: list[str]


class Company:
    """Draws ties, each direction from its own seed."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self._cast, self._seed = cast, seed
        self._random = Drawing(seed)
        stars = max(8, len(cast) // ACCOUNTS_PER_STAR)
        self._stars = [
            [mix(rank + (interest << 32) ^ seed) for rank in range(stars)]
            for interest in range(INTERESTS + 1)
        ]
        self._count = float(stars)
        self._cells: dict[int, list[int]] = {}
        for number, operator in enumerate(cast.operators):
            if not operator.spammer:
                self._cells.setdefault(operator.cell, []).append(number)

    def ties(self, account: int, persona: Persona, posts: int, copied: Persona | None) -> Ties:
        """All ties after `posts` posts; `copied` is the persona that a framer, fan or parody wears, or that
        of the first account of the same honest person.
        """
        told = Ties(self._follows(account, persona, posts, copied), [], [], [], [])
        self._inbound(account, persona, posts, told)
        return told

    def _reseed(self, account: int, subject: int) -> None:
        self._random.restart(self._seed << 40 | account << 3 | subject)

    def acquaintance(self, account: int, persona: Persona, draw: Draw) -> str:
        """Somebody whom a post may name: an old friend, or anybody of the circle."""
        if persona.friends and draw() < 0.5:
            return f"a{persona.friends[int(draw() * len(persona.friends))]}"
        return f"a{self._somebody(account, persona.circle, draw)}"

    def _somebody(self, account: int, circle: int, draw: Draw) -> int:
        """A member of the circle who was there before, or a star."""
        cast = self._cast
        uniform = draw()
        if uniform < CIRCLE_TIES:
            low = cast.starts[circle]
            high = bisect_left(cast.members, account, low, cast.starts[circle + 1])
            if high > low:
                return cast.members[low + int(uniform / CIRCLE_TIES * (high - low))]
        stars = self._stars[circle % INTERESTS if uniform > 0.75 else INTERESTS]
        return stars[int(self._count ** draw()) - 1] % max(1, min(account, len(cast) // 3))

    def _follows(self, account: int, persona: Persona, posts: int, copied: Persona | None) -> list[str]:
        """Earliest first; people go on following as they write."""
        cast = self._cast
        first: list[int] = []
        owner, worn = cast.owner[account], cast.copied[account]
        kind = cast.kind[account]
        keeps = SECOND_KEEPS
        if copied is not None and kind in (casts.FRAMER, casts.FAKE):
            first, keeps = self._known(worn, copied), FRAMER_FOLLOWS
        elif copied is not None and owner != account:
            first = self._known(owner, copied)
        elif kind == casts.OPERATOR:
            first = self._known(account, persona)
            keeps = REFOLLOWED[0] - REFOLLOWED[1] * persona.opsec if persona.returned else 0.85
        self._reseed(account, 2)
        draw = self._random.random
        count = 2 + int(12 * draw() ** 2) + int(posts * 0.6 * draw())
        others = [self._somebody(account, persona.circle, draw) for _ in range(min(count, MAX_TIES))]
        if not first:
            return _ids(others, account)
        kept = [friend for friend in first if draw() < keeps]
        soon = kept[: 4 + int(posts * 0.8)]
        mixed = [friend for pair in zip(soon, others, strict=False) for friend in pair]
        return _ids([*mixed, *soon[len(others) :], *others[len(soon) :]], account)

    def _known(self, account: int, persona: Persona) -> list[int]:
        """Whom the person behind an account knows: an operator's friends and cell, or what others follow."""
        cast = self._cast
        if cast.kind[account] == casts.OPERATOR:
            return [*persona.friends, *self._fellows(account, persona)]
        self._reseed(account, 2)
        draw = self._random.random
        count = 2 + int(12 * draw() ** 2) + int(20 * draw())
        return [self._somebody(account, persona.circle, draw) for _ in range(count)]

    def _fellows(self, account: int, persona: Persona) -> list[int]:
        """Accounts that the others of the cell used when this one was first used."""
        cast = self._cast
        if persona.alone or cast.kind[account] != casts.OPERATOR:
            return []
        operator = cast.operators[cast.owner[account]]
        begins = next(life.begins for life in operator.lives if life.account == account)
        told = []
        for number in self._cells[operator.cell]:
            other = cast.operators[number]
            used = [
                life.account for life in other.lives if life.begins <= begins < (life.closed or begins + 1)
            ]
            if other is not operator and used:
                told.append(used[-1])
        return told

    def _inbound(self, account: int, persona: Persona, posts: int, told: Ties) -> None:
        """Everything that others do, and what the account says of itself."""
        fellows = self._fellows(account, persona)
        self._reseed(account, 3)
        draw = self._random.random
        grown = min(1.0, 0.35 + posts / 45)
        followers, mentions, announced = [], [], []
        low, loss = FOLLOWED_BACK
        known = low - loss * persona.opsec if persona.returned else low
        openness = 1 - persona.opsec if persona.returned else 0.0
        for friend in persona.friends:
            follows, mentioned, announces = draw(), draw(), draw()
            if follows < known * grown:
                followers.append(friend)
                if mentioned < MENTIONED_BACK * grown:
                    mentions.append(friend)
            if announces < FRIEND_ANNOUNCES * openness * grown:
                announced.append(friend)
        for fellow in fellows:
            follows, announces = draw(), draw()
            if follows < FELLOWS_SHARE * grown:
                followers.append(fellow)
            if announces < FELLOW_ANNOUNCES * openness * grown:
                announced.append(fellow)
        self._own_words(account, persona, told, announced)
        self._strangers(account, persona, posts, followers, mentions)
        told.followed_by, told.mentioned_by = _ids(followers, account), _ids(mentions, account)
        told.announced_by = _ids(announced, account)

    def _own_words(self, account: int, persona: Persona, told: Ties, announced: list[int]) -> None:
        """What an account says of its past; what framers have others say."""
        cast, draw = self._cast, self._random.random
        says, told_by, who = draw(), draw(), draw()
        owner, worn, kind = cast.owner[account], cast.copied[account], cast.kind[account]
        if kind == casts.OPERATOR:
            if persona.returned and says < BRAGGING_SHARE * (1 - persona.opsec):
                told.announces = _ids([self._before(account)], account)
        elif kind == casts.FRAMER:
            told.announces = _ids([worn], account) if says < FRAMER_BRAGS else []
            if told_by < FRAMER_ANNOUNCED:
                announced.append(int(who * account))
        elif kind not in (casts.SPAMMER, casts.FAKE) and owner != account and says < SECOND_SAYS_SO:
            told.announces = _ids([owner], account)
            if not cast.closed[owner]:
                announced.append(owner)

    def _before(self, account: int) -> int:
        """The account that the operator used before this one."""
        operator = self._cast.operators[self._cast.owner[account]]
        lives = operator.lives
        place = next(index for index, life in enumerate(lives) if life.account == account)
        closed = [
            life.account for life in lives[:place] if life.closed and life.closed <= lives[place].begins
        ]
        return closed[-1] if closed else account

    def _strangers(
        self, account: int, persona: Persona, posts: int, followers: list[int], mentions: list[int]
    ) -> None:
        """People of the circle and others; of the copied account's friends, those who are fooled."""
        cast, draw = self._cast, self._random.random
        count = int(5 * draw() ** 2) + int(posts * 0.5 * draw())
        fooled = cast.kind[account] == casts.FRAMER
        for place in range(min(count, MAX_TIES)):
            circle = persona.circle
            if fooled and draw() < FOOLED_SHARE:
                circle = cast.circle[cast.copied[account]]
            follower = self._somebody(account, circle, draw)
            followers.append(follower)
            if place % 4 == 3:
                mentions.append(follower)


def _ids(accounts: Iterable[int], own: int) -> list[str]:
    """Each once, as ids; nobody knows himself."""
    return [f"a{account}" for account in dict.fromkeys(accounts) if account != own][:MAX_TIES]
